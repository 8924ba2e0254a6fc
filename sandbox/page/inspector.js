/** The inspector: the calls between the bot and the platforms, faults on demand, rules to switch. */

import { ask } from "./control.js";
import { drawCall } from "./calls.js";
import { ICONS, h, icon, keep, redraw } from "./dom.js";
import { FaultsPanel } from "./faults.js";
import { createRules } from "./rules.js";

const SHOWN = 200;
const KEPT = 1000;
const EVERY_MS = 800;
const TABS = [
  ["calls", "Calls"],
  ["faults", "Faults"],
  ["rules", "Strictness"],
];

export class Inspector {
  /** `app`: {people(), trouble(error), close()}. */
  constructor(root, app) {
    this.calls = [];
    this.next = 0;
    this.timer = null;
    this.tab = "calls";
    this.asking = false;
    this.faults = new FaultsPanel(app);
    this.rules = createRules(app);
    this.panels = { calls: this.#buildCalls(), faults: this.faults.element, rules: this.rules.element };
    this.tabs = h("div.tabs", {
      role: "tablist",
      "aria-label": "Inspector",
      onkeydown: (event) => this.#turn(event),
    });
    const shut = { type: "button", "aria-label": "Close the inspector", onclick: () => app.close() };
    const head = h(
      "header",
      {},
      h("h2", {}, "Inspector"),
      this.tabs,
      h("button.round.shut", shut, icon(ICONS.close)),
    );
    root.append(head, ...Object.values(this.panels));
    this.#choose("calls");
  }

  #buildCalls() {
    const redrawn = () => this.#draw();
    const option = (value, label) => h("option", { value }, label);
    const about = {
      placeholder: "Method, person, error…",
      "aria-label": "Filter calls",
      autocomplete: "off",
    };
    this.find = h("input", { type: "search", ...about, oninput: redrawn });
    this.platform = h(
      "select",
      { "aria-label": "Platform", onchange: redrawn },
      option("", "Both platforms"),
      option("slack", "Slack"),
      option("telegram", "Telegram"),
    );
    this.failed = h("input", { type: "checkbox", onchange: redrawn });
    const clear = h(
      "button.chip",
      {
        type: "button",
        onclick: () => {
          this.calls = [];
          redrawn();
        },
      },
      "Clear",
    );
    const only = h("label.tick", {}, this.failed, "Failed only");
    this.list = h("div.calls");
    this.none = h("p.calm");
    const filter = h("div.filter", {}, this.find, this.platform, only, clear);
    return h("div.panel", { role: "tabpanel", "aria-label": "Calls" }, filter, this.none, this.list);
  }

  /** Follow the calls, or stop. */
  open(yes) {
    clearInterval(this.timer);
    if (!yes) return;
    this.#poll();
    this.timer = setInterval(() => this.#poll(), EVERY_MS);
  }

  focus() {
    this.tabs.querySelector("[aria-selected='true']").focus();
  }

  /** The world began anew: so does the list. */
  forget() {
    this.calls = [];
    this.#draw();
  }

  #turn(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = TABS.findIndex(([name]) => name === this.tab);
    this.#choose(TABS[(index + step + TABS.length) % TABS.length][0]);
    this.focus();
  }

  #choose(name) {
    this.tab = name;
    const tab = ([key, label]) => {
      const here = key === name;
      const look = { "aria-selected": String(here), tabindex: here ? "0" : "-1", "data-focus": key };
      return h("button", { type: "button", role: "tab", ...look, onclick: () => this.#choose(key) }, label);
    };
    redraw(this.tabs, name, () => TABS.map(tab));
    for (const [key, panel] of Object.entries(this.panels)) panel.hidden = key !== name;
    if (name === "faults") this.faults.load();
    if (name === "rules") this.rules.load();
  }

  #fits({ name, person, error, fault, platform, ok }) {
    const word = this.find.value.trim().toLowerCase();
    if ((this.platform.value && platform !== this.platform.value) || (this.failed.checked && ok))
      return false;
    return [name, person, error, fault].some((text) => text?.toLowerCase().includes(word)) || !word;
  }

  #draw() {
    const shown = this.calls.filter((call) => this.#fits(call));
    this.none.hidden = shown.length > 0;
    this.none.textContent = this.calls.length
      ? "No call fits this filter."
      : "No calls yet. What the bot and the platforms say to each other appears here.";
    keep(
      this.list,
      shown
        .slice(-SHOWN)
        .reverse()
        .map((call) => ({ key: call.seq, data: call, draw: drawCall })),
    );
  }

  async #poll() {
    if (this.asking || document.hidden) return;
    this.asking = true;
    try {
      const news = await ask(`calls?after=${this.next}&limit=200`);
      if (news) {
        this.calls = [...this.calls, ...news.calls].slice(-KEPT);
        this.next = news.next;
      }
      this.#draw();
      if (this.tab === "faults") await this.faults.load();
    } catch {
      // The panes' own connection says when the sandbox is away; the next poll finds out when it is back.
    } finally {
      this.asking = false;
    }
  }
}
