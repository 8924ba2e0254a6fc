/** The world's clock: what time it is, and moving it. */

import { ICONS, h, icon, openDialog, redraw } from "./dom.js";

const STEPS = [
  ["+1 h", 3600, "one hour"],
  ["+1 day", 86400, "one day"],
  ["+1 week", 604800, "one week"],
];
const TICK_MS = 1000;
const HOUR_MS = 3600000;

function told(instant, timeZone, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone, ...options }).format(new Date(instant));
}

/** "14:05" in `timeZone`. */
export function timeOf(instant, timeZone) {
  return told(instant, timeZone, { hour: "2-digit", minute: "2-digit" });
}

/** "Sunday 22 November" in `timeZone`: what a day's divider says. */
export function dayOf(instant, timeZone) {
  return told(instant, timeZone, { weekday: "long", day: "numeric", month: "long" });
}

export class Clock {
  /** Build the clock in `root`; `move(body)` posts {advance} or {to}. */
  constructor(root, move) {
    this.move = move;
    this.shown = null;
    this.received = 0;
    this.timeZone = "UTC";
    this.face = h("time.face");
    this.moves = h("div.moves", { role: "group", "aria-label": "Move the clock" });
    root.append(icon(ICONS.clock), this.face, this.moves);
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** `clock` is the view's; `timeZone` that of the person played. */
  show(clock, timeZone) {
    Object.assign(this, { shown: clock, received: Date.now(), timeZone });
    this.#tick();
    redraw(this.moves, clock.occasions, (occasions) => [
      STEPS.map(([label, advance, words]) => this.#step(label, { advance }, `Move the clock by ${words}`)),
      occasions.map(({ name, at }) => this.#step(`To ${name}`, { to: at }, `Move the clock to ${name}`)),
      this.#chip("…", "Move the clock to a chosen instant", () => this.#choose()),
    ]);
  }

  #now() {
    return new Date(Date.parse(this.shown.now) + (this.shown.running ? Date.now() - this.received : 0));
  }

  #tick() {
    if (!this.shown) return;
    const now = this.#now();
    const place = this.timeZone.split("/").at(-1).replaceAll("_", " ");
    const day = told(now, this.timeZone, {
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
    });
    const time = timeOf(now, this.timeZone);
    redraw(this.face, [day, time, place], () => [h("strong", {}, time), h("span", {}, `${day} · ${place}`)]);
    this.face.dateTime = now.toISOString();
  }

  #chip(label, words, onclick) {
    const look = { type: "button", title: words, "aria-label": words, "data-focus": label };
    return h("button.chip", { ...look, onclick }, label);
  }

  #step(label, body, words) {
    return this.#chip(label, words, () => this.move(body));
  }

  #choose() {
    const soon = new Date(this.#now().getTime() + HOUR_MS).toISOString().slice(0, 16);
    const field = h("input", { type: "datetime-local", required: true, id: "clock-to", value: soon });
    const onsubmit = (event) => {
      event.preventDefault();
      opened.close();
      this.move({ to: `${field.value}:00Z` });
    };
    const form = h(
      "form.sheet",
      { onsubmit },
      h("h2", {}, "Move the clock"),
      h("p.calm", {}, "Time goes forward only. What falls due on the way happens in order."),
      h("label.field", { for: "clock-to" }, "To (UTC)", field),
      h(
        "div.row.end",
        {},
        h("button", { type: "button", onclick: () => opened.close() }, "Cancel"),
        h("button.primary", { type: "submit" }, "Move"),
      ),
    );
    const opened = openDialog(form, { label: "Move the clock" });
    field.focus();
  }
}
