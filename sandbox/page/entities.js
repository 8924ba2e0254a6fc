/** Telegram's message entities, as elements. Offsets count UTF-16 units, as JavaScript strings do. */

import { h } from "./dom.js";
import { link } from "./mrkdwn.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

/** The nodes of `text` with `entities` ({type, offset, length, url?}); `onCommand(text)` hears taps on /commands. */
export function entities(text, list = [], onCommand = () => {}) {
  const sorted = [...(list ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, 0, text.length, sorted, onCommand);
}

function build(text, from, to, list, onCommand) {
  const out = [];
  let at = from;
  let rest = list;
  while (rest.length) {
    const [first, ...others] = rest;
    const end = Math.min(first.offset + first.length, to);
    if (first.offset > at) out.push(text.slice(at, first.offset));
    const inside = others.filter((entity) => entity.offset < end);
    out.push(
      wrap(
        first,
        text.slice(first.offset, end),
        build(text, first.offset, end, inside, onCommand),
        onCommand,
      ),
    );
    at = end;
    rest = others.filter((entity) => entity.offset >= end);
  }
  if (at < to) out.push(text.slice(at, to));
  return out;
}

function wrap(entity, plain, children, onCommand) {
  switch (entity.type) {
    case "text_link":
      return linked(entity.url, children);
    case "url":
      return linked(/^[a-z][a-z0-9+.-]*:/i.test(plain) ? plain : `https://${plain}`, children);
    case "email":
      return linked(`mailto:${plain}`, children);
    case "bot_command":
      return h("button.command", { type: "button", onclick: () => onCommand(plain) }, children);
    case "spoiler":
      return h("span.spoiler", { tabindex: "0", title: "Hidden: point or focus to read" }, children);
    case "text_mention":
    case "mention":
    case "hashtag":
      return h("span.mention", {}, children);
    default:
      return TAGS[entity.type] ? h(TAGS[entity.type], {}, children) : children;
  }
}

function linked(url, children) {
  const anchor = link(url, "");
  if (anchor instanceof Element) {
    anchor.append(...children.flat(Infinity));
    return anchor;
  }
  return h("span", {}, children);
}
