/** The frame: one pane at a time on a narrow window, the inspector's drawer, F6 from pane to pane, help. */

import { h, openDialog } from "./dom.js";

const PANES = ["slack", "telegram", "inspector"];
const $ = (id) => document.getElementById(id);

export class Layout {
  /**
   * `focus(pane)` puts focus into a pane; `inspecting(boolean)` hears of the drawer; `turned()` that another pane is
   * the one in use.
   */
  constructor({ focus, inspecting, turned }) {
    Object.assign(this, { focus, inspecting, turned, pane: "slack", drawer: false });
    for (const name of PANES) $(`tab-${name}`).addEventListener("click", () => this.#choose(name));
    $("panes-tabs").addEventListener("keydown", (event) => this.#arrow(event));
    $("inspect").addEventListener("click", () => this.inspect(!this.drawer));
    document.addEventListener("keydown", (event) => this.#nextPane(event));
    this.turnTo(this.pane);
  }

  /** Make `name` the pane that a narrow window shows. */
  turnTo(name) {
    this.pane = name;
    $("panes").dataset.pane = name;
    for (const each of PANES) {
      const tab = $(`tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
    }
    if (name === "inspector" && !this.drawer) this.#open(true);
    this.turned();
  }

  /** Open or close the inspector, and take focus along. */
  inspect(yes) {
    this.#open(yes);
    if (yes) {
      this.focus("inspector");
    } else {
      if (this.pane === "inspector") this.turnTo("slack");
      $("inspect").focus();
    }
  }

  #open(yes) {
    this.drawer = yes;
    $("inspector").hidden = !yes;
    $("inspect").setAttribute("aria-expanded", String(yes));
    document.body.classList.toggle("inspecting", yes);
    this.inspecting(yes);
  }

  /** Who chooses a pane on a small window wants to see all of it: the head of the page scrolls out of the way. */
  #choose(name) {
    this.turnTo(name);
    $("panes-tabs").scrollIntoView({ block: "start" });
  }

  #arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    this.#choose(PANES[(PANES.indexOf(this.pane) + step + PANES.length) % PANES.length]);
    $(`tab-${this.pane}`).focus();
  }

  #nextPane(event) {
    if (event.key !== "F6") return;
    event.preventDefault();
    const shown = PANES.filter((name) => name !== "inspector" || this.drawer);
    const now = shown.findIndex((name) => $(name).contains(document.activeElement));
    const next = now < 0 ? 0 : (now + (event.shiftKey ? -1 : 1) + shown.length) % shown.length;
    this.turnTo(shown[next]);
    this.focus(shown[next]);
  }
}

const INTRODUCTION =
  "One pane is a Slack, the other a Telegram. Both run on this machine, together with the bot. Choose above whom " +
  "you play: a member, a volunteer or the secretariat. Move the clock to see what happens tomorrow. The inspector " +
  "shows what the bot and the platforms say to each other, and lets things go wrong on purpose.";

const KEYS = [
  [["F6"], "Next pane"],
  [["Enter"], "Send"],
  [["Shift", "Enter"], "New line"],
  [["/"], "Commands, in a message"],
  [["↑", "↓"], "From message to message"],
  [["Esc"], "Close what is open"],
];

/** What the page is and which keys it knows; `startAnew` empties the world. */
export function openHelp(startAnew) {
  const anew = () => {
    opened.close();
    startAnew();
  };
  const shortcuts = KEYS.map(([keys, words]) => [
    h(
      "dt",
      {},
      keys.map((key) => h("kbd", {}, key)),
    ),
    h("dd", {}, words),
  ]);
  const sheet = h(
    "div.sheet",
    {},
    h("h2", {}, "How this works"),
    h("p", {}, INTRODUCTION),
    h("dl.shortcuts", {}, shortcuts),
    h("p.calm", {}, "Starting anew empties every chat. The bot keeps what it has stored."),
    h(
      "div.row.end",
      {},
      h("button.danger", { type: "button", onclick: anew }, "Start anew"),
      h("button.primary", { type: "button", autofocus: true, onclick: () => opened.close() }, "Close"),
    ),
  );
  const opened = openDialog(sheet, { label: "How this works" });
}
