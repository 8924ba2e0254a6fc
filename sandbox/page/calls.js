/** One call between the bot and a platform, as a line that opens. */

import { h } from "./dom.js";

function json(value) {
  return h("pre.json", { tabindex: "0" }, JSON.stringify(value, null, 2));
}

function verdict({ ok, status, error }) {
  if (ok) return h("span.verdict.good", {}, `${status} ok`);
  return h(
    "span.verdict.bad",
    {},
    [status || null, error ?? (status ? "error" : "no answer")].filter(Boolean).join(" "),
  );
}

/** Draw a call of the control interface's log. */
export function drawCall(call) {
  const { name, platform, person, attempt, fault, milliseconds, request, answer } = call;
  const fromBot = call.direction === "from_bot";
  const took = `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
  return h(
    `details.call${call.ok ? "" : ".failed"}`,
    {},
    h(
      "summary",
      {},
      h(
        "span.way",
        { title: fromBot ? "The bot called the platform" : "The platform delivered to the bot" },
        h("span", { "aria-hidden": "true" }, fromBot ? "→" : "←"),
        h("span.unseen", {}, fromBot ? "from the bot" : "to the bot"),
      ),
      h(
        "span.what",
        {},
        h("strong", {}, name),
        h("span", {}, [platform, person].filter(Boolean).join(" · ")),
      ),
      attempt > 1 ? h("span.tag", {}, `attempt ${attempt}`) : null,
      fault ? h("span.tag.fault", {}, fault.replaceAll("_", " ")) : null,
      h("span.took", {}, took),
      verdict(call),
    ),
    h(
      "div.detail",
      {},
      h("h4", {}, fromBot ? "Asked" : "Delivered"),
      json(request),
      h("h4", {}, "Answered"),
      json(answer),
    ),
  );
}
