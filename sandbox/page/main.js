/** The page, put together: the panes, the people, the clock and the inspector. */

import { Refused, ask } from "./control.js";
import { Clock } from "./clock.js";
import { h, redraw } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Layout, openHelp } from "./layout.js";
import { showPeople } from "./people.js";
import { PLATFORMS, Seats } from "./seats.js";
import { SlackPane } from "./slack.js";
import { TelegramPane } from "./telegram.js";

const NAMES = { slack: "Slack", telegram: "Telegram" };
const TROUBLE_MS = 6000;
const RETRY_MS = 1000;

const $ = (id) => document.getElementById(id);
let people = [];

function trouble(error) {
  const line = h("p", {}, error.message);
  $("trouble").append(line);
  setTimeout(() => line.remove(), TROUBLE_MS);
}

const connected = (yes) => document.body.classList.toggle("away", !yes);
const world = new Seats({ seen: () => show(), connected });

/** What a pane needs of the page. Acts are made by whoever sits in front of that platform. */
function appOf(platform) {
  const reading = new Set();
  return {
    people: () => people,
    follow,
    visible: () => !document.hidden && $(platform).getClientRects().length > 0,
    async act(path, body) {
      try {
        return await ask(path, { method: "POST", body: { person: world.seats[platform], ...body } });
      } catch (error) {
        trouble(new Refused(`Not done: ${error.message}`, error.status));
        return null;
      }
    },
    read(conversation) {
      const person = world.seats[platform];
      const key = `${person}/${conversation}`;
      if (reading.has(key)) return;
      reading.add(key);
      ask("read", { method: "POST", body: { person, platform, conversation } })
        .catch(() => {}) // an unread mark that stays is no reason to interrupt anybody
        .finally(() => reading.delete(key));
    },
  };
}

const slack = new SlackPane($("slack"), appOf("slack"));
const telegram = new TelegramPane($("telegram"), appOf("telegram"));
const inspector = new Inspector($("inspector"), {
  people: () => people,
  trouble,
  close: () => layout.inspect(false),
});
const panes = { slack, telegram, inspector };
const clock = new Clock($("clock"), (body) => ask("clock", { method: "POST", body }).catch(trouble));
const layout = new Layout({
  focus: (name) => panes[name].focus(),
  inspecting: (yes) => inspector.open(yes),
  turned: () => show(),
});

/** Follow a link: into the sandbox's own Telegram or Slack where it leads there, else in a new tab. */
function follow(url) {
  if (!followHere(url)) window.open(url, "_blank", "noopener,noreferrer");
}

function followHere(url) {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, pathname, searchParams } = new URL(url);
  const bot = world.view("telegram")?.telegram?.bot.username;
  const name = protocol === "tg:" ? searchParams.get("domain") : hostname === "t.me" && pathname.slice(1);
  if (bot && name === bot) {
    layout.turnTo("telegram");
    telegram.start(searchParams.get("start"));
    return true;
  }
  if (world.view("slack") && (protocol === "slack:" || pathname === "/app_redirect")) {
    layout.turnTo("slack");
    slack.openHome();
    return true;
  }
  return false;
}

document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[target='_blank']");
  if (anchor && followHere(anchor.href)) event.preventDefault();
});

/** Put `person` in front of every platform where they have an account; the other pane keeps whom it has. */
function play(person) {
  if (!people.some(({ id }) => id === person.id)) people = [...people, person];
  const where = PLATFORMS.filter((platform) => person[platform]);
  for (const platform of where) world.sit(platform, person.id);
  if (where.length && !where.includes(layout.pane)) layout.turnTo(where[0]);
  const seated = PLATFORMS.filter((platform) => world.seats[platform]);
  history.replaceState(
    null,
    "",
    `?${new URLSearchParams(seated.map((platform) => [platform, world.seats[platform]]))}`,
  );
  showPeople($("people"), people, world.seats, play);
}

const sitting = (platform) => people.find(({ id }) => id === world.seats[platform]);

function show() {
  const latest = PLATFORMS.map((platform) => world.view(platform))
    .filter(Boolean)
    .sort((a, b) => b.revision - a.revision)[0];
  if (!latest) return;
  const known = new Set(latest.people.map(({ id }) => id));
  people = [...latest.people, ...people.filter(({ id }) => !known.has(id))];
  for (const platform of PLATFORMS) {
    const view = world.view(platform);
    if (view?.[platform]) {
      $(platform).classList.add("known");
      panes[platform].show(view, sitting(platform));
    }
    const unread = sitting(platform)?.unread?.[platform] ?? 0;
    redraw($(`tab-${platform}`), unread, () => [
      NAMES[platform],
      unread ? h("span.badge", { "aria-label": `${unread} unread` }, String(unread)) : null,
    ]);
  }
  const reader = sitting(layout.pane) ?? sitting("slack") ?? sitting("telegram");
  clock.show(latest.clock, reader?.time_zone ?? "UTC");
  showPeople($("people"), people, world.seats, play);
}

async function startAnew() {
  await ask("reset", { method: "POST", body: {} }).catch(trouble);
  inspector.forget();
  world.startOver();
}

async function begin() {
  $("about").addEventListener("click", () => openHelp(startAnew));
  document.addEventListener("visibilitychange", () => !document.hidden && show());
  while (!people.length) {
    try {
      ({ people } = await ask("people?limit=100"));
    } catch {
      connected(false);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  const asked = new URLSearchParams(location.search);
  for (const platform of PLATFORMS) {
    const able = people.filter((person) => person[platform]);
    const first = able.find(({ id }) => id === asked.get(platform)) ?? able[0];
    if (first) world.sit(platform, first.id);
    else {
      $(platform).classList.add("known");
      $(platform).replaceChildren(
        h("div.empty", {}, h("p", {}, `Nobody here has a ${NAMES[platform]} account.`)),
      );
    }
  }
  world.begin();
}

begin();
