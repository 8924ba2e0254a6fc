/** The list of everyone in the world, and adding a person. */

import { ask } from "./control.js";
import { h, openDialog } from "./dom.js";
import { card } from "./people.js";

const SHOWN = 60;

/** Let the visitor choose among everyone; `choose(person)` hears whom, also one just added. */
export async function openEveryone(choose) {
  const { people, total } = await ask("people?limit=1000");
  const chosen = (person) => {
    opened.close();
    choose(person);
  };
  const list = h("div.everyone");
  const about = { id: "find-person", placeholder: "Name or role", autocomplete: "off" };
  const search = h("input", { type: "search", ...about, oninput: () => draw() });
  function draw() {
    const word = search.value.trim().toLowerCase();
    const found = people.filter(({ name, about: role }) => `${name} ${role}`.toLowerCase().includes(word));
    const none = h("p.calm", {}, "Nobody of that name.");
    list.replaceChildren(
      ...found.slice(0, SHOWN).map((person) => card(person, {}, chosen)),
      found.length ? "" : none,
    );
  }
  const close = h("button", { type: "button", onclick: () => opened.close() }, "Close");
  const head = h("header", {}, h("h2", {}, total === 1 ? "One person" : `${total} people`), close);
  const find = h("label.field", { for: "find-person" }, "Find", search);
  const opened = openDialog(h("div.sheet", {}, head, find, list, addPerson(chosen)), { label: "People" });
  draw();
  search.focus();
}

function addPerson(added) {
  const problem = h("p.problem", { role: "alert" });
  const option = (value, label) => h("option", { value }, label);
  const tick = (name, label) =>
    h("label.tick", {}, h("input", { type: "checkbox", name, checked: true }), label);
  const languages = [option("en", "English"), option("fr", "French"), option("es", "Spanish")];
  const text = (properties) => h("input", { autocomplete: "off", ...properties });
  const onsubmit = async (event) => {
    event.preventDefault();
    try {
      added(await ask("people", { method: "POST", body: described(new FormData(event.target)) }));
    } catch (error) {
      problem.textContent = `Not added: ${error.message}`;
    }
  };
  return h(
    "form.add",
    { onsubmit },
    h("h3", {}, "Add a person"),
    h("label.field", {}, "Name", text({ name: "name", required: true, maxlength: "60" })),
    h("label.field", {}, "Role", text({ name: "about", placeholder: "senior volunteer" })),
    h("label.field", {}, "Language", h("select", { name: "language" }, languages)),
    h(
      "fieldset.field",
      {},
      h("legend", {}, "Accounts"),
      tick("slack", "Slack"),
      tick("telegram", "Telegram"),
    ),
    problem,
    h("button.primary", { type: "submit" }, "Add and play"),
  );
}

function described(data) {
  return {
    name: data.get("name").trim(),
    about: data.get("about").trim() || "visitor",
    language: data.get("language"),
    telegram: data.has("telegram"),
    slack: data.has("slack"),
  };
}
