/** Faults on demand, and switching the platforms' strictness. */

import { ask } from "./control.js";
import { h, redraw } from "./dom.js";

const NEEDS_SECONDS = new Set(["rate_limit", "timeout", "out_of_order"]);
const METHODS = ["*", "sendMessage", "editMessageText", "answerCallbackQuery", "sendPhoto", "sendDocument", "getUpdates",
  "chat.postMessage", "chat.update", "views.open", "views.update", "views.publish", "conversations.open", "users.info"];

function words(kind) {
  const spaced = kind.replaceAll("_", " ");
  return spaced[0].toUpperCase() + spaced.slice(1);
}

/** The form that adds faults and the list of those that are active. */
export function createFaults(app) {
  const active = h("ul.faults");
  const about = h("p.calm");
  const kind = h("select", { name: "kind", onchange: () => explain() });
  const person = h("select", { name: "person" });
  const seconds = h("label.field.small", {}, "Seconds", h("input", { name: "seconds", type: "number", min: "0", step: "0.5" }));
  let kinds = {};
  const methods = h("datalist", { id: "methods" }, METHODS.map((name) => h("option", { value: name })));
  const form = h("form.add-fault", { onsubmit: add },
    h("h3", {}, "Add a fault"),
    h("label.field", {}, "What", kind), about,
    h("div.pair", {},
      h("label.field", {}, "Platform", h("select", { name: "platform" }, h("option", { value: "*" }, "Both"),
        h("option", { value: "slack" }, "Slack"), h("option", { value: "telegram" }, "Telegram"))),
      h("label.field", {}, "Method", h("input", { name: "method", value: "*", list: "methods", autocomplete: "off" }))),
    h("div.pair", {},
      h("label.field", {}, "Person", person),
      h("label.field.small", {}, "Times", h("input", { name: "times", type: "number", min: "1", max: "1000", value: "1" })), seconds),
    methods, h("button.primary", { type: "submit" }, "Add"));
  const element = h("div.panel", { role: "tabpanel", "aria-label": "Faults", hidden: true }, form, h("h3", {}, "Active faults"), active);

  function explain() {
    about.textContent = kinds[kind.value] ?? "";
    seconds.hidden = !NEEDS_SECONDS.has(kind.value);
  }
  function show(answer) {
    kinds = answer.kinds;
    if (redraw(kind, Object.keys(kinds), (names) => names.map((name) => h("option", { value: name }, words(name))))) explain();
    redraw(person, app.people().map(({ id, name }) => [id, name]), (people) => [h("option", { value: "" }, "Anybody"),
      ...people.map(([id, name]) => h("option", { value: id }, name))]);
    redraw(active, answer.faults, (faults) => (faults.length
      ? faults.map((fault) => h("li", {},
        h("span", {}, h("strong", {}, words(fault.kind)), ` · ${fault.platform === "*" ? "both" : fault.platform} · ${fault.method === "*" ? "any method" : fault.method}${fault.person ? ` · ${fault.person}` : ""}`,
          h("span.left", {}, `${fault.left} of ${fault.times} to come`)),
        h("button.chip", { type: "button", "aria-label": `Remove ${words(fault.kind)}`, onclick: () => change(`faults/${fault.id}`, "DELETE") }, "Remove")))
      : [h("li.calm", {}, "None: everything works.")]));
  }
  async function change(path, method, body) {
    try {
      await ask(path, { method, body });
      await load();
    } catch (error) {
      app.trouble(error);
    }
  }
  function add(event) {
    event.preventDefault();
    const data = new FormData(form);
    const body = { kind: data.get("kind"), platform: data.get("platform"), method: data.get("method").trim() || "*", times: Number(data.get("times")) };
    if (data.get("person")) body.person = data.get("person");
    if (data.get("seconds") && NEEDS_SECONDS.has(body.kind)) body.seconds = Number(data.get("seconds"));
    change("faults", "POST", body);
  }
  async function load() {
    show(await ask("faults"));
  }
  return { element, load: () => load().catch(app.trouble) };
}

/** A switch for every rule the platforms hold; off means the sandbox lets it pass. */
export function createRules(app) {
  const list = h("div.rules");
  const element = h("div.panel", { role: "tabpanel", "aria-label": "Strictness", hidden: true },
    h("p.calm", {}, "The sandbox refuses what the platforms refuse. Switch a rule off to see who relies on it."), list);

  function show({ rules }) {
    redraw(list, rules, () => Object.entries(rules).map(([name, { on, about }]) => h("label.rule", {},
      h("input", { type: "checkbox", role: "switch", checked: on, "data-focus": name, onchange: (event) => turn(name, event.target.checked) }),
      h("span", {}, h("strong", {}, name), h("span", {}, about)))));
  }
  async function turn(name, on) {
    try {
      show(await ask("strict", { method: "POST", body: on ? { on: [name] } : { off: [name] } }));
    } catch (error) {
      app.trouble(error);
    }
  }
  return { element, load: () => ask("strict").then(show).catch(app.trouble) };
}
