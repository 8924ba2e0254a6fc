/** Faults on demand: a form that adds one, and the list of those that are active. */

import { ask } from "./control.js";
import { h, redraw } from "./dom.js";

const TIMED = new Set(["rate_limit", "timeout", "out_of_order"]);
const METHODS = [
  "*",
  "sendMessage",
  "editMessageText",
  "answerCallbackQuery",
  "sendPhoto",
  "sendDocument",
  "getUpdates",
  "chat.postMessage",
  "chat.update",
  "views.open",
  "views.update",
  "views.publish",
  "conversations.open",
  "users.info",
];

function words(kind) {
  const spaced = kind.replaceAll("_", " ");
  return spaced[0].toUpperCase() + spaced.slice(1);
}

const option = (value, label) => h("option", { value }, label);
const field = (label, control, small = "") => h(`label.field${small}`, {}, label, control);

export class FaultsPanel {
  /** `app`: {people(), trouble(error)}. */
  constructor(app) {
    this.app = app;
    this.kinds = {};
    this.active = h("ul.faults");
    this.form = this.#buildForm();
    const about = { role: "tabpanel", "aria-label": "Faults", hidden: true };
    this.element = h("div.panel", about, this.form, h("h3", {}, "Active faults"), this.active);
  }

  #buildForm() {
    this.about = h("p.calm");
    this.kind = h("select", { name: "kind", onchange: () => this.#explain() });
    this.person = h("select", { name: "person" });
    const number = (name, properties) => h("input", { name, type: "number", ...properties });
    this.seconds = field("Seconds", number("seconds", { min: "0", step: "0.5" }), ".small");
    const times = field("Times", number("times", { min: "1", max: "1000", value: "1" }), ".small");
    const platforms = [option("*", "Both"), option("slack", "Slack"), option("telegram", "Telegram")];
    const method = h("input", { name: "method", value: "*", list: "methods", autocomplete: "off" });
    return h(
      "form.add-fault",
      { onsubmit: (event) => this.#add(event) },
      h("h3", {}, "Add a fault"),
      field("What", this.kind),
      this.about,
      h(
        "div.pair",
        {},
        field("Platform", h("select", { name: "platform" }, platforms)),
        field("Method", method),
      ),
      h("div.pair", {}, field("Person", this.person), times, this.seconds),
      h(
        "datalist",
        { id: "methods" },
        METHODS.map((name) => option(name, name)),
      ),
      h("button.primary", { type: "submit" }, "Add"),
    );
  }

  /** Ask the sandbox which faults there are. */
  async load() {
    try {
      this.#show(await ask("faults"));
    } catch (error) {
      this.app.trouble(error);
    }
  }

  #explain() {
    this.about.textContent = this.kinds[this.kind.value] ?? "";
    this.seconds.hidden = !TIMED.has(this.kind.value);
  }

  #show({ kinds, faults }) {
    this.kinds = kinds;
    const drawn = redraw(this.kind, Object.keys(kinds), (names) =>
      names.map((name) => option(name, words(name))),
    );
    if (drawn) this.#explain();
    const people = this.app.people().map(({ id, name }) => [id, name]);
    redraw(this.person, people, () => [
      option("", "Anybody"),
      ...people.map(([id, name]) => option(id, name)),
    ]);
    redraw(this.active, faults, () =>
      faults.length
        ? faults.map((fault) => this.#drawFault(fault))
        : h("li.calm", {}, "None: everything works."),
    );
  }

  #drawFault({ id, kind, platform, method, person, left, times }) {
    const where = [platform === "*" ? "both" : platform, method === "*" ? "any method" : method, person];
    const what = h("span", {}, h("strong", {}, words(kind)), ` · ${where.filter(Boolean).join(" · ")}`);
    what.append(h("span.left", {}, `${left} of ${times} to come`));
    const remove = () => this.#change(`faults/${id}`, "DELETE");
    const label = `Remove ${words(kind)}`;
    return h(
      "li",
      {},
      what,
      h("button.chip", { type: "button", "aria-label": label, onclick: remove }, "Remove"),
    );
  }

  async #change(path, method, body) {
    try {
      await ask(path, { method, body });
    } catch (error) {
      this.app.trouble(error);
    }
    await this.load();
  }

  #add(event) {
    event.preventDefault();
    const data = new FormData(this.form);
    const body = {
      kind: data.get("kind"),
      platform: data.get("platform"),
      method: data.get("method").trim() || "*",
      times: Number(data.get("times")),
    };
    if (data.get("person")) body.person = data.get("person");
    if (data.get("seconds") && TIMED.has(body.kind)) body.seconds = Number(data.get("seconds"));
    this.#change("faults", "POST", body);
  }
}
