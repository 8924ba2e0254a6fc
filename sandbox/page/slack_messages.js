/** Slack's messages: rows with their blocks, files and thread line, under dividers of days. */

import { dayOf, timeOf } from "./clock.js";
import { ICONS, h, icon } from "./dom.js";
import { drawBlocks, picture } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { createSurface } from "./surface.js";

const TOGETHER_MS = 5 * 60 * 1000;

/** "12 kB": the size of a file as people say it. */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function fileCard(file) {
  const name = file.title || file.name;
  if (file.width || file.mimetype?.startsWith("image/")) {
    return h(
      "figure.slack-picture",
      {},
      h("figcaption", {}, name),
      picture(file.url, name, { width: file.width, height: file.height }),
    );
  }
  return h(
    "a.file",
    { href: file.url, download: file.name },
    icon(ICONS.file),
    h("span", {}, h("strong", {}, name), h("span", {}, `${file.mimetype ?? "file"} · ${sizeOf(file.size)}`)),
  );
}

function body(message, surface) {
  if (message.blocks?.length) return h("div.blocks", {}, drawBlocks(message.blocks, surface));
  return message.text ? h("div.rich", {}, mrkdwn(message.text, surface.names)) : null;
}

function threadLine(message, room) {
  if (room.inThread || !message.reply_count) return null;
  const words = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h(
    "button.thread-line",
    { type: "button", "data-focus": `thread-${message.ts}`, onclick: () => room.openThread(message.ts) },
    icon(ICONS.thread),
    words,
    h("span", {}, "View thread"),
  );
}

function byLine(message, bot, time) {
  const badge = bot ? h("span.app", {}, "APP") : null;
  return h("p.by", {}, h("strong", {}, message.name), badge, h("time", { datetime: message.at }, time));
}

function tools(message, room) {
  if (room.inThread || message.ephemeral) return null;
  const words = "Reply in thread";
  const look = { type: "button", tabindex: "-1", title: words, "aria-label": words };
  const open = { "data-focus": `reply-${message.ts}`, onclick: () => room.openThread(message.ts) };
  return h("div.hover", {}, h("button", { ...look, ...open }, icon(ICONS.thread)));
}

function drawRow({ message, head, zone }, room) {
  const { ts, state, busy, ephemeral, edited, files } = message;
  const { conversation, post, names, users, follow } = room;
  const key = `${conversation}-${ts}`;
  const surface = createSurface({ key, blocks: message.blocks ?? [], on: { conversation, ts }, state, busy, post, names, users, follow });
  const bot = message.from === "bot";
  const time = timeOf(message.at, zone);
  return h(
    `article.slack-message${head ? ".head" : ""}${ephemeral ? ".ephemeral" : ""}`,
    { "aria-busy": busy ? "true" : null, "aria-label": `${message.name}, ${time}`, "data-ts": ts },
    h("div.gutter", {}, head ? avatar(message.name, { bot }) : h("time.aside", {}, time)),
    h(
      "div.said",
      {},
      ephemeral ? h("p.only-you", {}, icon(ICONS.lock), "Only visible to you") : null,
      head ? byLine(message, bot, time) : null,
      body(message, surface),
      edited ? h("span.edited", {}, "(edited)") : null,
      files?.length ? h("div.files", {}, files.map(fileCard)) : null,
      threadLine(message, room),
    ),
    tools(message, room),
  );
}

/**
 * What `keep` takes for a list of messages. `room`: {conversation, inThread, names, users, post, openThread,
 * follow}; `zone` the reader's time zone.
 */
export function messageItems(messages, room, zone) {
  const items = [];
  let before = null;
  for (const message of messages) {
    const day = dayOf(message.at, zone);
    if (!before || dayOf(before.at, zone) !== day) {
      if (!room.inThread)
        items.push({
          key: `day-${day}`,
          data: day,
          draw: () => h("div.day", { role: "separator" }, h("span", {}, day)),
        });
      before = null;
    }
    const head =
      !before ||
      before.user !== message.user ||
      before.ephemeral !== message.ephemeral ||
      Date.parse(message.at) - Date.parse(before.at) > TOGETHER_MS;
    items.push({ key: message.ts, data: { message, head, zone }, draw: (data) => drawRow(data, room) });
    before = message;
  }
  return items;
}
