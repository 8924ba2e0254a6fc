/** The inspector: every call between the bot and the platforms with its answer, faults on demand, rules to switch. */

import { ask } from "./control.js";
import { ICONS, h, icon, keep, redraw } from "./dom.js";
import { createFaults, createRules } from "./faults.js";

const SHOWN = 200;
const EVERY_MS = 800;
const TABS = [["calls", "Calls"], ["faults", "Faults"], ["rules", "Strictness"]];

function json(value) {
  return h("pre.json", { tabindex: "0" }, JSON.stringify(value, null, 2));
}

function verdict(call) {
  if (call.ok) return h("span.verdict.good", {}, `${call.status} ok`);
  return h("span.verdict.bad", {}, call.status ? `${call.status} ${call.error ?? "error"}` : call.error ?? "no answer");
}

function drawCall(call) {
  const fromBot = call.direction === "from_bot";
  return h("details.call", { class: `call ${call.platform}${call.ok ? "" : " failed"}` },
    h("summary", {},
      h("span.way", { title: fromBot ? "The bot called the platform" : "The platform delivered to the bot" },
        h("span", { "aria-hidden": "true" }, fromBot ? "→" : "←"), h("span.unseen", {}, fromBot ? "from the bot" : "to the bot")),
      h("span.what", {}, h("strong", {}, call.name), h("span", {}, [call.platform, call.person].filter(Boolean).join(" · "))),
      call.attempt > 1 ? h("span.tag", {}, `attempt ${call.attempt}`) : null,
      call.fault ? h("span.tag.fault", {}, call.fault.replaceAll("_", " ")) : null,
      h("span.took", {}, `${call.milliseconds.toFixed(call.milliseconds < 10 ? 1 : 0)} ms`), verdict(call)),
    h("div.detail", {}, h("h4", {}, fromBot ? "Asked" : "Delivered"), json(call.request), h("h4", {}, "Answered"), json(call.answer)));
}

/** `app`: {people(), trouble(error), closeInspector()}. Returns {open(boolean), focus(), forget()}. */
export function createInspector(root, app) {
  let calls = [];
  let next = 0;
  let timer = null;
  let tab = "calls";
  let asking = false;

  const find = h("input", { type: "search", placeholder: "Method, person, error…", "aria-label": "Filter calls", autocomplete: "off", oninput: () => draw() });
  const platform = h("select", { "aria-label": "Platform", onchange: () => draw() },
    h("option", { value: "" }, "Both platforms"), h("option", { value: "slack" }, "Slack"), h("option", { value: "telegram" }, "Telegram"));
  const failed = h("input", { type: "checkbox", onchange: () => draw() });
  const list = h("div.calls", { "aria-label": "Calls, newest first" });
  const none = h("p.calm.none", {}, "No calls yet. What the bot and the platforms say to each other appears here.");
  const callsPanel = h("div.panel", { role: "tabpanel", "aria-label": "Calls" },
    h("div.filter", {}, find, platform, h("label.tick", {}, failed, "Failed only"),
      h("button.chip", { type: "button", onclick: () => { calls = []; draw(); } }, "Clear")), none, list);
  const faults = createFaults(app);
  const rules = createRules(app);
  const panels = { calls: callsPanel, faults: faults.element, rules: rules.element };
  const tabs = h("div.tabs", { role: "tablist", "aria-label": "Inspector", onkeydown: turn });
  root.append(h("header", {}, h("h2", {}, "Inspector"), tabs,
    h("button.round.shut", { type: "button", "aria-label": "Close the inspector", onclick: () => app.closeInspector() }, icon(ICONS.close))),
  ...Object.values(panels));

  function turn(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = TABS.findIndex(([name]) => name === tab);
    choose(TABS[(index + step + TABS.length) % TABS.length][0]);
    tabs.querySelector("[aria-selected='true']").focus();
  }
  function choose(name) {
    tab = name;
    redraw(tabs, tab, () => TABS.map(([key, label]) => h("button", { type: "button", role: "tab", "data-focus": key,
      "aria-selected": String(key === tab), tabindex: key === tab ? "0" : "-1", onclick: () => choose(key) }, label)));
    for (const [key, panel] of Object.entries(panels)) panel.hidden = key !== tab;
    if (tab === "faults") faults.load();
    if (tab === "rules") rules.load();
  }
  function draw() {
    const word = find.value.trim().toLowerCase();
    const shown = calls.filter((call) =>
      (!platform.value || call.platform === platform.value) && (!failed.checked || !call.ok) &&
      (!word || `${call.name} ${call.person ?? ""} ${call.error ?? ""} ${call.fault ?? ""}`.toLowerCase().includes(word)));
    none.hidden = shown.length > 0;
    none.textContent = calls.length ? "No call fits this filter." : "No calls yet. What the bot and the platforms say to each other appears here.";
    keep(list, shown.slice(-SHOWN).reverse().map((call) => ({ key: call.seq, data: call, draw: drawCall })));
  }
  async function poll() {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const news = await ask(`calls?after=${next}&limit=200`);
      if (news) {
        calls = [...calls, ...news.calls].slice(-1000);
        next = news.next;
        if (news.calls.length) draw();
      }
      if (tab === "faults") await faults.load();
    } catch {
      // The page's own connection says when the sandbox is away; the next poll finds out when it is back.
    } finally {
      asking = false;
    }
  }

  choose("calls");
  return {
    open(opened) {
      clearInterval(timer);
      if (!opened) return;
      poll();
      timer = setInterval(poll, EVERY_MS);
    },
    focus: () => tabs.querySelector("[aria-selected='true']").focus(),
    forget() {
      calls = [];
      next = 0;
      draw();
    },
  };
}
