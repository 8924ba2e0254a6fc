/** Whom the visitor plays: a strip of people, a list of everyone, and adding one. */

import { ask } from "./control.js";
import { h, openDialog, redraw } from "./dom.js";

const SHOWN = 7;
const HUES = [152, 28, 205, 340, 262, 88, 12, 185];

/** Initials on a colour that depends on the name only. */
export function avatar(name, { bot = false } = {}) {
  if (bot) return h("span.avatar.bot", { "aria-hidden": "true" }, h("img", { src: "/page/icon.svg", alt: "" }));
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("");
  const hue = HUES[[...name].reduce((sum, letter) => (sum * 33 + letter.codePointAt(0)) % 9973, 7) % HUES.length];
  return h("span.avatar", { "aria-hidden": "true", "data-hue": hue }, letters.toUpperCase());
}

function platforms(person) {
  return [person.slack && "Slack", person.telegram && "Telegram"].filter(Boolean);
}

function card(person, seats, choose) {
  const sitting = Object.keys(seats).filter((platform) => seats[platform] === person.id && person[platform]);
  const unread = (person.unread?.telegram ?? 0) + (person.unread?.slack ?? 0);
  return h("button.person", {
    type: "button", "aria-pressed": String(sitting.length > 0), "data-focus": `person-${person.id}`,
    onclick: () => choose(person),
  },
  avatar(person.name),
  h("span.who", {}, h("strong", {}, person.name), h("span", {}, person.about)),
  h("span.on", {}, platforms(person).map((name) =>
    h("span", { class: sitting.includes(name.toLowerCase()) ? "here" : "" }, name))),
  unread && !sitting.length ? h("span.badge", { "aria-label": `${unread} unread` }, String(unread)) : null);
}

/** Draw the strip. `seats` = {slack: id, telegram: id}; `choose(person)` puts somebody into the panes. */
export function showPeople(strip, people, seats, choose) {
  const seated = people.filter((person) => Object.values(seats).includes(person.id));
  const first = people.slice(0, SHOWN);
  const shown = [...first, ...seated.filter((person) => !first.includes(person))];
  redraw(strip, { shown, seats, more: people.length > SHOWN }, () => [
    h("h2", {}, "You play"),
    h("div.strip", {}, shown.map((person) => card(person, seats, choose)),
      h("button.person.other", { type: "button", "aria-haspopup": "dialog", "data-focus": "everyone", title: "Everyone, and adding a person",
        "aria-label": "Everyone, and adding a person", onclick: () => everyone(choose) }, people.length > SHOWN ? "Everyone…" : "+")),
  ]);
}

async function everyone(choose) {
  const list = h("div.everyone");
  const search = h("input", { type: "search", id: "find-person", placeholder: "Name or role", autocomplete: "off",
    oninput: () => draw() });
  const { people, total } = await ask("people?limit=1000");
  const opened = openDialog(
    h("div.sheet", {},
      h("header", {}, h("h2", {}, total === 1 ? "One person" : `${total} people`),
        h("button", { type: "button", onclick: () => opened.close() }, "Close")),
      h("label.field", { for: "find-person" }, "Find", search), list,
      addPerson((person) => { opened.close(); choose(person); })),
    { label: "People" });
  function draw() {
    const word = search.value.trim().toLowerCase();
    const found = people.filter(({ name, about }) => `${name} ${about}`.toLowerCase().includes(word)).slice(0, 60);
    list.replaceChildren(...found.map((person) =>
      card(person, {}, () => { opened.close(); choose(person); })));
    if (!found.length) list.append(h("p.calm", {}, "Nobody of that name."));
  }
  draw();
  search.focus();
}

function addPerson(added) {
  const problem = h("p.problem", { role: "alert" });
  const option = (value, label) => h("option", { value }, label);
  const form = h("form.add", {
    onsubmit: async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      try {
        added(await ask("people", { method: "POST", body: {
          name: data.get("name").trim(), about: data.get("about").trim() || "visitor", language: data.get("language"),
          telegram: data.has("telegram"), slack: data.has("slack"),
        } }));
      } catch (error) {
        problem.textContent = `Not added: ${error.message}`;
      }
    },
  },
  h("h3", {}, "Add a person"),
  h("label.field", {}, "Name", h("input", { name: "name", required: true, maxlength: "60", autocomplete: "off" })),
  h("label.field", {}, "Role", h("input", { name: "about", placeholder: "senior volunteer", autocomplete: "off" })),
  h("label.field", {}, "Language",
    h("select", { name: "language" }, option("en", "English"), option("fr", "French"), option("es", "Spanish"))),
  h("fieldset.field", {}, h("legend", {}, "Accounts"),
    h("label.tick", {}, h("input", { type: "checkbox", name: "slack", checked: true }), "Slack"),
    h("label.tick", {}, h("input", { type: "checkbox", name: "telegram", checked: true }), "Telegram")),
  problem,
  h("button.primary", { type: "submit" }, "Add and play"));
  return form;
}
