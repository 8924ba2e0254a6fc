/** Whom the visitor plays: the strip of people, and their pictures. */

import { h, redraw } from "./dom.js";
import { openEveryone } from "./everyone.js";

const SHOWN = 7;
const HUES = [152, 28, 205, 340, 262, 88, 12, 185];

/** Initials on a colour that depends on the name only. */
export function avatar(name, { bot = false } = {}) {
  if (bot)
    return h("span.avatar.bot", { "aria-hidden": "true" }, h("img", { src: "/page/icon.svg", alt: "" }));
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("");
  const hue =
    HUES[[...name].reduce((sum, letter) => (sum * 33 + letter.codePointAt(0)) % 9973, 7) % HUES.length];
  return h("span.avatar", { "aria-hidden": "true", "data-hue": hue }, letters.toUpperCase());
}

function platforms(person) {
  return [person.slack && "Slack", person.telegram && "Telegram"].filter(Boolean);
}

/** A person as a button; `seats` says where they sit already. */
export function card(person, seats, choose) {
  const sitting = Object.keys(seats).filter((platform) => seats[platform] === person.id && person[platform]);
  const unread = (person.unread?.telegram ?? 0) + (person.unread?.slack ?? 0);
  return h(
    "button.person",
    {
      type: "button",
      "aria-pressed": String(sitting.length > 0),
      "data-focus": `person-${person.id}`,
      onclick: () => choose(person),
    },
    avatar(person.name),
    h("span.who", {}, h("strong", {}, person.name), h("span", {}, person.about)),
    h(
      "span.on",
      {},
      platforms(person).map((name) =>
        h("span", { class: sitting.includes(name.toLowerCase()) ? "here" : "" }, name),
      ),
    ),
    unread && !sitting.length ? h("span.badge", { "aria-label": `${unread} unread` }, String(unread)) : null,
  );
}

/** Draw the strip. `seats` = {slack: id, telegram: id}; `choose(person)` puts somebody into the panes. */
export function showPeople(strip, people, seats, choose) {
  const seated = people.filter((person) => Object.values(seats).includes(person.id));
  const first = people.slice(0, SHOWN);
  const shown = [...first, ...seated.filter((person) => !first.includes(person))];
  redraw(strip, { shown, seats, more: people.length > SHOWN }, () => [
    h("h2", {}, "You play"),
    h(
      "div.strip",
      {},
      shown.map((person) => card(person, seats, choose)),
      h(
        "button.person.other",
        {
          type: "button",
          "aria-haspopup": "dialog",
          "data-focus": "everyone",
          title: "Everyone, and adding a person",
          "aria-label": "Everyone, and adding a person",
          onclick: () => openEveryone(choose),
        },
        people.length > SHOWN ? "Everyone…" : "+",
      ),
    ),
  ]);
}
