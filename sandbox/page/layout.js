/** The frame: one pane at a time on a narrow window, the inspector's drawer, F6 from pane to pane, help. */

import { h, openDialog } from "./dom.js";

const PANES = ["slack", "telegram", "inspector"];
const $ = (id) => document.getElementById(id);

/** Arrow keys move among the tabs of a tab list, as people expect of one. `turn(step)` goes to a neighbour. */
function byArrows(list, turn) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) turn(step);
  });
}

/**
 * `focus(pane)` puts focus into a pane; `inspecting(boolean)` hears of the drawer; `turned(pane)` that another pane is
 * the one in use. Returns {turnTo, inspect, pane()}.
 */
export function createLayout({ focus, inspecting, turned }) {
  let pane = "slack";
  let drawer = false;

  function turnTo(name) {
    pane = name;
    $("panes").dataset.pane = name;
    for (const each of PANES) {
      const tab = $(`tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
    }
    if (name === "inspector" && !drawer) open(true);
    turned(name);
  }
  function open(yes) {
    drawer = yes;
    $("inspector").hidden = !yes;
    $("inspect").setAttribute("aria-expanded", String(yes));
    document.body.classList.toggle("inspecting", yes);
    inspecting(yes);
  }
  function inspect(yes) {
    open(yes);
    if (yes) focus("inspector");
    else {
      if (pane === "inspector") turnTo("slack");
      $("inspect").focus();
    }
  }

  /** Who chooses a pane on a small window wants to see all of it: the head of the page scrolls out of the way. */
  function choose(name) {
    turnTo(name);
    $("panes-tabs").scrollIntoView({ block: "start" });
  }
  for (const name of PANES) $(`tab-${name}`).addEventListener("click", () => choose(name));
  byArrows($("panes-tabs"), (step) => {
    choose(PANES[(PANES.indexOf(pane) + step + PANES.length) % PANES.length]);
    $(`tab-${pane}`).focus();
  });
  $("inspect").addEventListener("click", () => inspect(!drawer));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const shown = PANES.filter((name) => name !== "inspector" || drawer);
    const now = shown.findIndex((name) => $(name).contains(document.activeElement));
    const next = now < 0 ? 0 : (now + (event.shiftKey ? -1 : 1) + shown.length) % shown.length;
    turnTo(shown[next]);
    focus(shown[next]);
  });
  turnTo(pane);
  return { turnTo, inspect, pane: () => pane };
}

/** What the page is and which keys it knows; `startAnew` empties the world. */
export function openHelp(startAnew) {
  const key = (keys, words) => [h("dt", {}, keys.map((name) => h("kbd", {}, name))), h("dd", {}, words)];
  const opened = openDialog(h("div.sheet", {},
    h("h2", {}, "How this works"),
    h("p", {}, "One pane is a Slack, the other a Telegram. Both run on this machine, together with the bot. Choose above whom you play: ",
      "a member, a volunteer or the secretariat. Move the clock to see what happens tomorrow. The inspector shows what the bot ",
      "and the platforms say to each other, and lets things go wrong on purpose."),
    h("dl.shortcuts", {}, key(["F6"], "Next pane"), key(["Enter"], "Send"), key(["Shift", "Enter"], "New line"),
      key(["↑", "↓"], "From message to message"),
      key(["/"], "Commands, in a message"), key(["Esc"], "Close what is open")),
    h("p.calm", {}, "Starting anew empties every chat. The bot keeps what it has stored."),
    h("div.row.end", {},
      h("button.danger", { type: "button", onclick: () => { opened.close(); startAnew(); } }, "Start anew"),
      h("button.primary", { type: "button", autofocus: true, onclick: () => opened.close() }, "Close"))), { label: "How this works" });
}
