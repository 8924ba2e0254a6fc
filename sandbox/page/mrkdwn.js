/** Slack's mrkdwn and emoji names, as elements. Follows docs.slack.dev "Formatting message text". */

import { h } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  warning: "⚠️",
  wave: "👋",
  tada: "🎉",
  seedling: "🌱",
  herb: "🌿",
  deciduous_tree: "🌳",
  evergreen_tree: "🌲",
  earth_africa: "🌍",
  earth_americas: "🌎",
  bell: "🔔",
  calendar: "📅",
  date: "📅",
  clock1: "🕐",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  bar_chart: "📊",
  chart_with_upwards_trend: "📈",
  memo: "📝",
  pencil2: "✏️",
  pencil: "📝",
  busts_in_silhouette: "👥",
  bust_in_silhouette: "👤",
  handshake: "🤝",
  lock: "🔒",
  link: "🔗",
  speech_balloon: "💬",
  star: "⭐",
  smile: "😄",
  slightly_smiling_face: "🙂",
  thumbsup: "👍",
  "+1": "👍",
  "-1": "👎",
  pray: "🙏",
  heart: "❤️",
  green_heart: "💚",
  arrow_right: "➡️",
  arrow_left: "⬅️",
  point_right: "👉",
  information_source: "ℹ️",
  question: "❓",
  mag: "🔍",
  house: "🏠",
  gear: "⚙️",
  globe_with_meridians: "🌐",
  inbox_tray: "📥",
  outbox_tray: "📤",
  mega: "📣",
  large_green_circle: "🟢",
  large_blue_circle: "🔵",
  white_circle: "⚪",
  one: "1️⃣",
  two: "2️⃣",
  three: "3️⃣",
};

const ENTITY = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Undo Slack's three escapes. */
export function unescape(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITY[entity]);
}

/** ":wave:" → 👋; names that are not in the table stay as they are, as Slack does. */
export function emojify(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);
}

/** A link that opens elsewhere; anything but http(s), mailto and tel stays plain text. */
export function link(url, label) {
  if (!/^(https?|mailto|tel):/i.test(url)) return document.createTextNode(label);
  return h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, label);
}

function dateToken(body) {
  const [, stamp, format] = body.split("^");
  const when = new Date(Number(stamp) * 1000);
  const options = { timeZone: undefined };
  const day = when.toLocaleDateString(undefined, { ...options, dateStyle: "long" });
  const time = when.toLocaleTimeString(undefined, { ...options, timeStyle: "short" });
  return format
    .replace(/\{date(?:_\w+)?\}/g, day)
    .replace(/\{time(?:_secs)?\}/g, time)
    .replace(/\{ago\}/g, day);
}

/** One "<…>" token: a mention, a channel, a date or a link. `names` maps ids to what people read. */
function angle(inner, names) {
  const cut = inner.indexOf("|");
  const body = cut < 0 ? inner : inner.slice(0, cut);
  const label = cut < 0 ? "" : inner.slice(cut + 1);
  if (body.startsWith("@"))
    return h("span.mention", {}, `@${names.get(body.slice(1)) ?? (label || body.slice(1))}`);
  if (body.startsWith("#"))
    return h("span.mention", {}, `#${label || (names.get(body.slice(1)) ?? body.slice(1))}`);
  if (body.startsWith("!date^")) return h("time", {}, body.split("^").length > 2 ? dateToken(body) : label);
  if (body.startsWith("!")) return h("span.mention", {}, label || `@${body.slice(1)}`);
  return link(unescape(body), emojify(unescape(label || body)));
}

const PAIRS = { "*": "strong", _: "em", "~": "s" };
const INLINE = /<([^>\n]+)>|`([^`\n]+)`|(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\3(?![\w*_~])/g;

function inline(text, names) {
  const out = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    out.push(emojify(unescape(text.slice(last, match.index))));
    last = match.index + match[0].length;
    const [, token, code, mark, body] = match;
    if (token !== undefined) out.push(angle(token, names));
    else if (code !== undefined) out.push(h("code", {}, unescape(code)));
    else out.push(h(PAIRS[mark], {}, inline(body, names)));
  }
  out.push(emojify(unescape(text.slice(last))));
  return out.filter((part) => part !== "");
}

function lines(text, names) {
  const out = [];
  let quote = [];
  const flush = () => {
    if (quote.length) out.push(h("blockquote", {}, inline(quote.join("\n"), names)));
    quote = [];
  };
  const plain = [];
  const flushPlain = () => {
    if (plain.length) out.push(...inline(plain.join("\n"), names));
    plain.length = 0;
  };
  for (const line of text.split("\n")) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quoted) {
      flushPlain();
      quote.push(quoted[1]);
    } else {
      flush();
      plain.push(line);
    }
  }
  flushPlain();
  flush();
  return out;
}

/** mrkdwn → nodes. Line breaks are kept by the style sheet (white-space: pre-wrap). */
export function mrkdwn(text, names = new Map()) {
  return String(text ?? "")
    .split(/```/)
    .flatMap((part, index) =>
      index % 2 ? [h("pre", {}, unescape(part.replace(/^\n/, "")))] : lines(part, names),
    );
}

/** A Block Kit text object ({type: "plain_text" | "mrkdwn", text}) → nodes. */
export function textObject(object, names) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  return [object.emoji === false ? object.text : emojify(object.text)];
}

/** What a reader hears of a mrkdwn text: no marks, no tokens. */
export function spoken(text, names = new Map()) {
  return h("div", {}, mrkdwn(text, names)).textContent;
}
