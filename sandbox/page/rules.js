/** A switch for every rule the platforms hold; off means that the sandbox lets it pass. */

import { ask } from "./control.js";
import { h, redraw } from "./dom.js";

/** `app`: {trouble(error)}. Returns {element, load()}. */
export function createRules(app) {
  const list = h("div.rules");
  const words = "The sandbox refuses what the platforms refuse. Switch a rule off to see who relies on it.";
  const element = h(
    "div.panel",
    { role: "tabpanel", "aria-label": "Strictness", hidden: true },
    h("p.calm", {}, words),
    list,
  );

  async function turn(name, on) {
    await ask("strict", { method: "POST", body: on ? { on: [name] } : { off: [name] } })
      .then(show)
      .catch(app.trouble);
  }
  function drawRule([name, { on, about }]) {
    const onchange = (event) => turn(name, event.target.checked);
    const toggle = h("input", {
      type: "checkbox",
      role: "switch",
      checked: on,
      "data-focus": name,
      onchange,
    });
    return h("label.rule", {}, toggle, h("span", {}, h("strong", {}, name), h("span", {}, about)));
  }
  function show({ rules }) {
    redraw(list, rules, () => Object.entries(rules).map(drawRule));
  }
  return { element, load: () => ask("strict").then(show).catch(app.trouble) };
}
