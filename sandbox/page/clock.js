/** The world's clock: what time it is, and moving it. */

import { ICONS, h, icon, openDialog, redraw } from "./dom.js";

const STEPS = [["+1 h", 3600, "one hour"], ["+1 day", 86400, "one day"], ["+1 week", 604800, "one week"]];

/** The instant as people in `timeZone` read it. */
export function told(instant, timeZone, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone, ...options }).format(new Date(instant));
}

/** "14:05" in `timeZone`. */
export function timeOf(instant, timeZone) {
  return told(instant, timeZone, { hour: "2-digit", minute: "2-digit" });
}

/** "Sunday, 22 November" in `timeZone`: what a day's divider says. */
export function dayOf(instant, timeZone) {
  return told(instant, timeZone, { weekday: "long", day: "numeric", month: "long" });
}

/** The clock in the header. `move(body)` posts {advance} or {to}. */
export function createClock(root, move) {
  let shown = null;
  let received = 0;
  let timeZone = "UTC";
  const face = h("time.face");
  const moves = h("div.moves", { role: "group", "aria-label": "Move the clock" });
  root.append(icon(ICONS.clock), face, moves);

  function now() {
    return new Date(Date.parse(shown.now) + (shown.running ? Date.now() - received : 0));
  }
  function tick() {
    if (!shown) return;
    const when = now();
    const place = timeZone.split("/").at(-1).replaceAll("_", " ");
    const day = told(when, timeZone, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
    redraw(face, [day, timeOf(when, timeZone), place], () => [
      h("strong", {}, timeOf(when, timeZone)), h("span", {}, `${day} · ${place}`)]);
    face.dateTime = when.toISOString();
  }
  setInterval(tick, 1000);

  function step(label, body, title) {
    return h("button.chip", { type: "button", title, "aria-label": title, "data-focus": label, onclick: () => move(body) }, label);
  }
  function choose() {
    const field = h("input", { type: "datetime-local", required: true, id: "clock-to",
      value: new Date(now().getTime() + 3600000).toISOString().slice(0, 16) });
    const opened = openDialog(h("form.sheet", {
      onsubmit: (event) => {
        event.preventDefault();
        opened.close();
        move({ to: `${field.value}:00Z` });
      },
    }, h("h2", {}, "Move the clock"),
    h("p.calm", {}, "Time goes forward only. What falls due on the way happens in order."),
    h("label.field", { for: "clock-to" }, "To (UTC)", field),
    h("div.row.end", {}, h("button", { type: "button", onclick: () => opened.close() }, "Cancel"),
      h("button.primary", { type: "submit" }, "Move"))), { label: "Move the clock" });
    field.focus();
  }

  return {
    /** `clock` is the view's; `zone` the time zone of who is played. */
    show(clock, zone) {
      shown = clock;
      received = Date.now();
      timeZone = zone;
      tick();
      redraw(moves, clock.occasions, (occasions) => [
        STEPS.map(([label, seconds, words]) => step(label, { advance: seconds }, `Move the clock by ${words}`)),
        occasions.map(({ name, at }) => step(`To ${name}`, { to: at }, `Move the clock to ${name}`)),
        h("button.chip", { type: "button", "aria-haspopup": "dialog", "data-focus": "to", title: "Choose an instant",
          "aria-label": "Move the clock to a chosen instant", onclick: choose }, "…"),
      ]);
    },
  };
}
