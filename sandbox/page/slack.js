/** The Slack pane: side bar, conversation, thread, the app's Home, modals. */

import { base64 } from "./control.js";
import { ICONS, announce, h, icon, keep, openDialog, redraw, stayAtEnd, walkMessages } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { createComposer } from "./composer.js";
import { createModal } from "./modal.js";
import { spoken } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { messageItems } from "./slack_messages.js";
import { createSurface, forgetDrafts } from "./surface.js";

const TABS = [["home", "Home"], ["messages", "Messages"], ["about", "About"]];

/** `app`: {act(path, body), read(conversation), follow(url), visible()}. Returns {show(view, person), openHome()}. */
export function createSlack(root, app) {
  const at = { person: null, conversation: null, tab: "messages", thread: null, side: false, noticed: null };
  let view = null;
  let zone = "UTC";

  const side = h("nav.slack-side", { "aria-label": "Channels and apps" });
  const head = h("header.slack-head");
  const scroller = h("div.slack-messages", { role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: "0" });
  const desk = h("div.slack-desk", { tabindex: "0", role: "tabpanel" });
  const notice = h("div.slack-notice", { role: "alert" });
  const composer = createComposer({ id: "slack", send: (text) => say(text), attach: (file) => attach(file),
    commands: () => view?.commands ?? [] });
  const threadHead = h("header.slack-head");
  const threadList = h("div.slack-messages", { role: "log", "aria-live": "off", "aria-label": "Thread", tabindex: "0" });
  const threadComposer = createComposer({ id: "slack-thread", send: (text) => say(text, at.thread),
    attach: (file) => attach(file, at.thread), commands: () => [] });
  const foot = h("div.slack-foot", {}, notice, composer.element);
  const main = h("div.slack-main", {}, head, scroller, desk, foot);
  const thread = h("section.slack-thread", { "aria-label": "Thread", hidden: true }, threadHead, threadList, threadComposer.element);
  const end = stayAtEnd(scroller);
  const threadEnd = stayAtEnd(threadList);
  for (const list of [scroller, threadList]) walkMessages(list);
  const layer = h("div.modal-layer", { hidden: true });
  const desktop = h("div.slack-window", {}, side, main, thread);
  root.append(desktop, layer);
  const modal = createModal({
    layer, behind: [desktop], otherwise: () => composer.focus(),
    surfaceOf: (opened) => surfaceOf(opened),
    submit: (opened, values) => app.act("slack/submit", { view: opened.id, values, wait: 5 }),
    close: (opened) => app.act("slack/close", { view: opened.id }),
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || modal.isOpen()) return;
    if (at.thread) closeThread();
    else if (at.side) toggleSide(false);
  });

  function names() {
    const known = Object.entries(view.users).map(([id, user]) => [id, user.name]);
    return new Map([...known, ...view.conversations.map(({ id, name }) => [id, name])]);
  }
  function surfaceOf(opened) {
    return createSurface({ key: opened.id, on: { view: opened.id }, state: opened.state, errors: opened.errors ?? {}, busy: opened.busy,
      post: postAction, names: names(), users: view.users, follow: app.follow });
  }
  const postAction = (body) => app.act("slack/action", body);
  const here = () => view.conversations.find(({ id }) => id === at.conversation);
  const isApp = () => at.conversation === view.bot.dm;

  function say(text, threadTs = null) {
    const [word, ...rest] = text.split(/\s+/);
    if (!text.startsWith("/")) {
      return app.act("slack/say", { text, conversation: at.conversation, ...(threadTs && { thread: threadTs }) });
    }
    if (threadTs) return tell(`${word} cannot be used in a thread. Type it in the conversation itself.`);
    if (view.commands.some(({ command }) => command === word)) {
      return app.act("slack/command", { command: word, text: rest.join(" "), conversation: at.conversation });
    }
    const [first] = view.commands;
    const instead = first && `${first.command} ${text.slice(1)}`;
    return tell(`${word} is not a command in this workspace.`, instead && {
      label: `Send ${instead}`, go: () => say(instead),
    });
  }
  async function attach(file, threadTs = null) {
    app.act("slack/send_file", { name: file.name, data: await base64(file), mimetype: file.type || undefined,
      conversation: at.conversation, ...(threadTs && { thread: threadTs }) });
  }

  /** A line of Slack itself above the composer; `offer` = {label, go} is a way on. */
  function tell(text, offer = null) {
    const clear = () => notice.replaceChildren();
    notice.replaceChildren(h("p", {}, text), h("div.row", {},
      offer ? h("button", { type: "button", onclick: () => { clear(); offer.go(); composer.focus(); } }, offer.label) : null,
      h("button", { type: "button", onclick: () => { clear(); composer.focus(); } }, "Dismiss")));
  }

  function go(conversation, tab = "messages") {
    at.conversation = conversation;
    at.tab = tab;
    at.thread = null;
    at.side = false;
    draw();
    if (isApp() && tab !== "about") app.act("slack/home", { tab });
    if (tab === "messages") {
      end.toEnd();
      composer.focus();
    }
  }
  function openThread(ts) {
    at.thread = ts;
    draw();
    threadEnd.toEnd();
    threadComposer.focus();
  }
  function closeThread() {
    at.thread = null;
    draw();
    composer.focus();
  }
  function toggleSide(open) {
    at.side = open;
    draw();
    (open ? side.querySelector("[aria-current]") : head.querySelector("button"))?.focus();
  }

  function drawSide(person) {
    const entry = (conversation, glyph, label) => h("button.entry", {
      type: "button", "aria-current": conversation.id === at.conversation ? "page" : null, "data-focus": `go-${conversation.id}`,
      class: `entry${conversation.unread ? " unread" : ""}${conversation.member ? "" : " away"}`, onclick: () => go(conversation.id),
    }, glyph, h("span.label", {}, label),
    conversation.unread ? h("span.badge", { "aria-label": `${conversation.unread} unread` }, String(conversation.unread)) : null);
    const of = (kind) => view.conversations.filter((conversation) => conversation.kind === kind);
    const data = [view.team, person?.name, at.conversation, view.conversations.map(({ id, name, unread, member }) => [id, name, unread, member])];
    redraw(side, data, () => [
      h("header", {}, h("strong", {}, view.team.name), h("span", {}, h("span.presence", { "aria-hidden": "true" }), person?.name ?? "")),
      h("h3", {}, "Apps"), of("im").map((im) => entry(im, avatar(im.name, { bot: true }), im.name)),
      h("h3", {}, "Channels"),
      of("channel").map((channel) => entry(channel, h("span.hash", { "aria-hidden": "true" }, "#"), channel.name)),
      h("button.entry.add", { type: "button", "aria-haspopup": "dialog", "data-focus": "add-channel", onclick: addChannel },
        h("span.hash", { "aria-hidden": "true" }, "+"), h("span.label", {}, "Add a channel")),
    ]);
    desktop.classList.toggle("side-open", at.side);
  }

  function addChannel() {
    const opened = openDialog(h("form.sheet", {
      onsubmit: async (event) => {
        event.preventDefault();
        const data = new FormData(event.target);
        const people = app.people().filter((person) => person.slack).map(({ id }) => id);
        opened.close();
        const made = await app.act("slack/channel", { name: data.get("name").trim().toLowerCase().replaceAll(/\s+/g, "-"), people,
          bot: data.has("bot") });
        if (made?.conversation) go(made.conversation);
      },
    }, h("h2", {}, "Add a channel"), h("p.calm", {}, "Everybody who has a Slack account is in it."),
    h("label.field", {}, "Name", h("input", { name: "name", required: true, maxlength: "80", placeholder: "soil-news", autocomplete: "off" })),
    h("label.tick", {}, h("input", { type: "checkbox", name: "bot", checked: true }), `Invite ${view.bot.name}`),
    h("div.row.end", {}, h("button", { type: "button", onclick: () => opened.close() }, "Cancel"),
      h("button.primary", { type: "submit" }, "Add"))), { label: "Add a channel" });
  }

  function drawHead() {
    const conversation = here();
    redraw(head, [conversation.id, conversation.name, at.tab, isApp()], () => [
      h("div.title", {},
        h("button.round.to-side", { type: "button", "aria-label": "Channels and apps", "data-focus": "side", onclick: () => toggleSide(!at.side) }, icon(ICONS.menu)),
        isApp() ? avatar("", { bot: true }) : h("span.hash", { "aria-hidden": "true" }, "#"),
        h("h2", {}, conversation.name), isApp() ? h("span.app", {}, "APP") : null),
      isApp() ? h("div.slack-tabs", { role: "tablist", "aria-label": conversation.name, onkeydown: (event) => turnTab(event) },
        TABS.map(([name, label]) => h("button", {
          type: "button", role: "tab", "aria-selected": String(at.tab === name), tabindex: at.tab === name ? "0" : "-1", "data-focus": `tab-${name}`,
          onclick: () => { go(conversation.id, name); head.querySelector("[aria-selected='true']").focus(); },
        }, label))) : null,
    ]);
  }
  function turnTab(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = TABS.findIndex(([name]) => name === at.tab);
    go(at.conversation, TABS[(index + step + TABS.length) % TABS.length][0]);
    head.querySelector("[aria-selected='true']").focus();
  }

  function drawDesk() {
    desk.setAttribute("aria-label", at.tab === "home" ? "Home" : "About");
    if (at.tab === "home" && view.home) {
      return redraw(desk, view.home, (home) => h("div.blocks.home", { "aria-busy": home.busy ? "true" : null }, drawBlocks(home.blocks, surfaceOf(home))));
    }
    if (at.tab === "home") {
      return redraw(desk, "no home", () => h("div.empty", {}, avatar("", { bot: true }), h("p", {}, "This app has not published its Home yet.")));
    }
    return redraw(desk, [view.bot, view.commands], () => h("div.about-app", {}, avatar("", { bot: true }), h("h3", {}, view.bot.name),
      h("p", {}, "An app of this workspace. These are its slash commands:"),
      h("dl", {}, view.commands.map(({ command, description, hint }) => [
        h("dt", {}, h("code", {}, `${command}${hint ? ` ${hint}` : ""}`)), h("dd", {}, description)]))));
  }

  function room(inThread) {
    return { conversation: at.conversation, inThread, names: names(), users: view.users, postAction, openThread, follow: app.follow };
  }
  function follow(box, items) {
    const news = keep(box, items);
    (box === scroller ? end : threadEnd).settle();
    return news;
  }
  function drawMessages() {
    const conversation = here();
    const top = conversation.messages.filter((message) => !message.thread_ts || message.thread_ts === message.ts || message.ephemeral);
    const items = messageItems(top, room(false), zone);
    if (!items.length) items.push({ key: "empty", data: "", draw: () => h("div.empty", {}, isApp() ? avatar("", { bot: true }) : null,
      h("p", {}, isApp() ? `This is the beginning of your conversation with ${conversation.name}. Say hello.` : `#${conversation.name} is quiet. Say something.`)) });
    const switched = scroller.dataset.of !== `${at.person}/${at.conversation}`;
    scroller.dataset.of = `${at.person}/${at.conversation}`;
    const news = follow(scroller, items);
    if (switched) end.toEnd();
    else speak(top, news);
  }
  function speak(messages, news) {
    const keys = new Set([...news.added, ...news.changed]);
    const heard = messages.filter((message) => keys.has(message.ts) && message.from !== "me" && !message.busy).at(-1);
    if (heard) announce(`${heard.name} in Slack: ${spoken(heard.text, names())}`);
  }
  function drawThread() {
    const root = at.thread && here().messages.find(({ ts }) => ts === at.thread);
    thread.hidden = !root;
    desktop.classList.toggle("thread-open", Boolean(root));
    if (!root) return;
    const replies = here().messages.filter((message) => message.thread_ts === at.thread && message.ts !== at.thread);
    redraw(threadHead, "thread", () => [h("div.title", {}, h("h2", {}, "Thread")),
      h("button.round", { type: "button", "aria-label": "Close the thread", onclick: closeThread }, icon(ICONS.close))]);
    speak(replies, follow(threadList, messageItems([root, ...replies], room(true), zone)));
    threadComposer.turnTo(`${at.person}/${at.thread}`, "Reply…");
  }

  function draw() {
    const person = app.people().find(({ id }) => id === at.person);
    if (!here()) at.conversation = view.bot.dm ?? view.conversations[0]?.id;
    drawSide(person);
    drawHead();
    const talking = at.tab === "messages" || !isApp();
    scroller.hidden = !talking;
    desk.hidden = talking;
    const readOnly = isApp() ? !view.messages_tab : !here().member;
    foot.classList.toggle("read-only", readOnly);
    composer.element.inert = readOnly;
    foot.hidden = !talking;
    if (talking) drawMessages();
    else drawDesk();
    const place = isApp() ? here().name : `#${here().name}`;
    composer.turnTo(`${at.person}/${at.conversation}`, readOnly ? (isApp() ? "Sending messages to this app has been turned off." : "You are not in this channel.") : `Message ${place}`);
    drawThread();
    modal.show(view.modals);
    if (view.notice && view.notice.id !== at.noticed) tell(view.notice.text);
    at.noticed = view.notice?.id ?? null;
    if (talking && here().unread && app.visible()) app.read(at.conversation);
    forgetDrafts((key) => key === view.home?.id || view.modals.some(({ id }) => id === key) || view.conversations.some(({ id }) => key.startsWith(`${id}-`)));
  }

  return {
    show(seen, person) {
      view = seen.slack;
      zone = person.time_zone;
      if (at.person !== person.id) {
        Object.assign(at, { person: person.id, conversation: view.bot.dm, tab: "messages", thread: null, side: false, noticed: view.notice?.id ?? null });
        notice.replaceChildren();
      }
      draw();
    },
    openHome: () => go(view.bot.dm, "home"),
    focus: () => (modal.isOpen() ? layer.querySelector("h2") : composer).focus(),
  };
}
