/** Telegram's messages: bubbles with text, pictures and documents, and the inline keyboards under them. */

import { picture } from "./blocks.js";
import { dayOf, timeOf } from "./clock.js";
import { ICONS, h, icon } from "./dom.js";
import { entities } from "./entities.js";
import { sizeOf } from "./slack_messages.js";

function keyboard(message, room) {
  if (!message.keyboard?.length) return null;
  const waiting =
    room.callback?.state === "waiting" && room.callback.message === message.id ? room.callback : null;
  return h(
    "div.keyboard",
    { role: "group", "aria-label": "Buttons" },
    message.keyboard.map((buttons, row) =>
      h(
        "div.keys",
        {},
        buttons.map((button, column) => {
          const busy = waiting?.row === row && waiting?.column === column;
          return h(
            "button.key",
            {
              type: "button",
              "aria-busy": busy ? "true" : null,
              "data-focus": `key-${row}-${column}`,
              onclick: () =>
                button.kind === "url" ? room.follow(button.url) : room.tap(message.id, row, column),
            },
            h("span", {}, button.label),
            busy ? h("span.spin", { "aria-hidden": "true" }) : null,
            button.kind === "url" ? h("span.leaves", { "aria-label": "opens a link" }, "↗") : null,
          );
        }),
      ),
    ),
  );
}

function documentCard(document) {
  return h(
    "a.file",
    { href: document.url, download: document.name },
    h("span.disc", {}, icon(ICONS.file)),
    h("span", {}, h("strong", {}, document.name), h("span", {}, sizeOf(document.size))),
  );
}

function quoted(message, room) {
  if (!message.reply_to) return null;
  const original = room.messages.find(({ id }) => id === message.reply_to);
  return h(
    "div.quoted",
    {},
    h("strong", {}, original?.name ?? "Message"),
    h("span", {}, original?.text || (original ? "Attachment" : "Deleted message")),
  );
}

function tools(message, room) {
  return h(
    "div.hover",
    {},
    h(
      "button",
      { type: "button", tabindex: "-1", "data-focus": "reply", onclick: () => room.reply(message) },
      "Reply",
    ),
    message.from === "me" && message.text && !message.photo
      ? h(
          "button",
          { type: "button", tabindex: "-1", "data-focus": "edit", onclick: () => room.edit(message) },
          "Edit",
        )
      : null,
  );
}

function drawMessage({ message, head, zone }, room) {
  const time = timeOf(message.at, zone);
  if (message.from === "service") return h("p.service", {}, h("span", {}, message.text));
  const mine = message.from === "me";
  const text = entities(message.text ?? "", message.entities, room.say);
  return h(
    "article.tg-message",
    {
      class: `tg-message ${mine ? "mine" : "theirs"}${head ? " head" : ""}`,
      "data-id": message.id,
      "aria-label": `${mine ? "You" : message.name}, ${time}`,
    },
    h(
      "div.bubble",
      { class: `bubble${message.photo ? " with-photo" : ""}` },
      head && room.group && !mine ? h("p.by", {}, message.name) : null,
      quoted(message, room),
      message.photo
        ? picture(message.photo.url, message.text?.split("\n")[0] || `Photo from ${message.name}`, {
            width: message.photo.width,
            height: message.photo.height,
          })
        : null,
      message.document ? documentCard(message.document) : null,
      text.length ? h("div.rich", { dir: "auto" }, text) : null,
      h("span.meta", {}, message.edited ? "edited " : "", h("time", { datetime: message.at }, time)),
    ),
    keyboard(message, room),
    tools(message, room),
  );
}

/**
 * What `keep` takes for the messages of a chat. `room`: {messages, callback, group, say, tap, reply, edit, follow};
 * `zone` is the reader's time zone.
 */
export function bubbleItems(messages, room, zone) {
  const items = [];
  let before = null;
  for (const message of messages) {
    const day = dayOf(message.at, zone);
    if (!before || dayOf(before.at, zone) !== day) {
      items.push({ key: `day-${day}`, data: day, draw: () => h("p.service.day", {}, h("span", {}, day)) });
      before = null;
    }
    const head = before?.name !== message.name || before?.from !== message.from;
    const { callback } = room;
    const waiting =
      callback?.message === message.id && callback.state === "waiting"
        ? [callback.row, callback.column]
        : null;
    const reply = message.reply_to ? room.messages.find(({ id }) => id === message.reply_to)?.text : null;
    items.push({
      key: `m-${message.id}`,
      data: { message, head, zone, waiting, reply },
      draw: (data) => drawMessage(data, room),
    });
    before = message;
  }
  return items;
}
