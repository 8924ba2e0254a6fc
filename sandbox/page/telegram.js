/** The Telegram pane: a phone-wide column with a list of chats, one chat, its command menu and its toasts. */

import { base64 } from "./control.js";
import { ICONS, announce, h, icon, keep, openDialog, redraw, stayAtEnd, walkMessages } from "./dom.js";
import { createComposer } from "./composer.js";
import { avatar } from "./people.js";
import { bubbleItems } from "./telegram_messages.js";

const TOAST_MS = 4000;

/** `app`: {act(path, body), read(chat), follow(url), visible(), people()}. Returns {show(view, person), start(payload)}. */
export function createTelegram(root, app) {
  const at = { person: null, chat: null, list: false, answered: null, reply: null, edit: null };
  let view = null;
  let zone = "UTC";

  const head = h("header.tg-head");
  const chats = h("nav.tg-chats", { "aria-label": "Chats" });
  const scroller = h("div.tg-messages", { role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: "0" });
  const toast = h("div.tg-toast", { role: "status" });
  const context = h("div.tg-context", { hidden: true });
  const commandList = h("div.tg-menu", { hidden: true });
  const composer = createComposer({ id: "telegram", send: (text) => say(text), attach: (file) => attach(file), accept: "send",
    commands: () => menu().map(({ command, description }) => ({ command: `/${command}`, description })) });
  const menuButton = h("button.tg-menu-button", { type: "button", "aria-expanded": "false", onclick: () => toggleMenu(commandList.hidden) }, "Menu");
  const bar = h("div.tg-bar", {}, menuButton, composer.element);
  const big = h("button.tg-start", { type: "button" });
  const foot = h("div.tg-foot", {}, commandList, context, bar, big);
  const end = stayAtEnd(scroller);
  walkMessages(scroller);
  const phone = h("div.phone", {}, head, chats, scroller, toast, foot);
  root.append(phone);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (!commandList.hidden) toggleMenu(false);
    else if (at.reply || at.edit) setContext({});
    else return;
    composer.focus();
  });
  document.addEventListener("click", (event) => {
    for (const open of root.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.open = false;
  });

  const chat = () => view.chats.find(({ id }) => id === at.chat) ?? view.chats.find(({ kind }) => kind === "private");
  const menu = () => (view ? chat()?.commands ?? [] : []);
  const isPrivate = () => chat().kind === "private";

  function say(text) {
    const { reply, edit } = at;
    setContext({});
    if (edit) return app.act("telegram/edit", { chat: chat().id, message: edit.id, text });
    return app.act("telegram/say", { chat: chat().id, text, ...(reply && { reply_to: reply.id }) });
  }
  async function attach(file) {
    const kind = file.type.startsWith("image/") && file.type !== "image/svg+xml" ? "photo" : "document";
    app.act("telegram/send_file", { chat: chat().id, kind, name: file.name, data: await base64(file), mime_type: file.type || undefined });
  }
  function setContext({ reply = null, edit = null }) {
    Object.assign(at, { reply, edit });
    const of = reply ?? edit;
    context.hidden = !of;
    if (!of) return;
    context.replaceChildren(h("div", {}, h("strong", {}, edit ? "Edit message" : `Reply to ${of.name}`), h("span", {}, of.text || "Attachment")),
      h("button.round", { type: "button", "aria-label": "Cancel", onclick: () => { setContext({}); composer.set(""); composer.focus(); } }, icon(ICONS.close)));
    if (edit) composer.set(edit.text);
    composer.focus();
  }
  function toggleMenu(open) {
    commandList.hidden = !open;
    menuButton.setAttribute("aria-expanded", String(open));
    if (!open) return;
    commandList.replaceChildren(...menu().map(({ command, description }) => h("button", {
      type: "button", onclick: () => { toggleMenu(false); say(`/${command}`); composer.focus(); },
    }, h("strong", {}, `/${command}`), h("span", {}, description))));
    commandList.firstElementChild?.focus();
  }
  function goTo(id) {
    Object.assign(at, { chat: id, list: id === null });
    setContext({});
    toggleMenu(false);
    draw();
    if (id === null) chats.querySelector("button")?.focus();
    else composer.focus();
  }
  function start(payload) {
    if (!view) return null;
    at.chat = view.chats.find(({ kind }) => kind === "private")?.id ?? null;
    at.list = false;
    return app.act("telegram/start", payload ? { payload } : {});
  }

  function moreMenu() {
    const entry = (label, go) => h("button", { type: "button", onclick: (event) => { event.target.closest("details").open = false; go(); } }, label);
    return h("details.more", { onkeydown: (event) => {
      if (event.key !== "Escape" || !event.currentTarget.open) return;
      event.preventDefault();
      event.currentTarget.open = false;
      event.currentTarget.firstElementChild.focus();
    } },
    h("summary.round", { "aria-label": "More", "data-focus": "more" }, icon(ICONS.more)),
    h("div.options", {},
      entry("Open a deep link…", openLink), entry("New group…", newGroup),
      isPrivate() ? entry(chat().blocked ? "Unblock the bot" : "Stop and block the bot", () => app.act("telegram/block", { blocked: !chat().blocked })) : null,
      chat().kind === "group" ? entry("Convert to supergroup", async () => {
        const moved = await app.act("telegram/migrate", { chat: chat().id });
        if (moved?.chat) goTo(moved.chat);
      }) : null));
  }
  function openLink() {
    const opened = openDialog(h("form.sheet", {
      onsubmit: (event) => {
        event.preventDefault();
        const typed = new FormData(event.target).get("payload").trim();
        opened.close();
        start(typed.includes("start=") ? typed.split("start=")[1] : typed);
      },
    }, h("h2", {}, "Open a deep link"), h("p.calm", {}, "What follows ?start= in a link such as ", h("code", {}, `t.me/${view.bot.username}?start=…`)),
    h("label.field", {}, "Payload", h("input", { name: "payload", autocomplete: "off", placeholder: "call-7" })),
    h("div.row.end", {}, h("button", { type: "button", onclick: () => opened.close() }, "Cancel"),
      h("button.primary", { type: "submit" }, "Open"))), { label: "Open a deep link" });
  }
  function newGroup() {
    const others = app.people().filter((person) => person.telegram && person.id !== at.person);
    const opened = openDialog(h("form.sheet", {
      onsubmit: async (event) => {
        event.preventDefault();
        const data = new FormData(event.target);
        opened.close();
        const made = await app.act("telegram/group", { title: data.get("title").trim(), people: data.getAll("who") });
        if (made?.chat) goTo(made.chat);
      },
    }, h("h2", {}, "New group"), h("p.calm", {}, `${view.bot.name} is in it too.`),
    h("label.field", {}, "Title", h("input", { name: "title", required: true, maxlength: "128", autocomplete: "off" })),
    h("fieldset.field", {}, h("legend", {}, "With"), others.slice(0, 20).map(({ id, name }) =>
      h("label.tick", {}, h("input", { type: "checkbox", name: "who", value: id, checked: true }), name))),
    h("div.row.end", {}, h("button", { type: "button", onclick: () => opened.close() }, "Cancel"),
      h("button.primary", { type: "submit" }, "Create"))), { label: "New group" });
  }

  function drawHead() {
    const open = chat();
    const status = open.typing ? "typing…" : isPrivate() ? "bot" : open.kind;
    const others = view.chats.filter(({ id }) => id !== open.id).reduce((sum, { unread }) => sum + unread, 0);
    redraw(head, [at.list, open.id, open.title, status, open.blocked, others], () => (at.list
      ? [h("h2", {}, "Chats")]
      : [h("button.round", { type: "button", "aria-label": others ? `All chats, ${others} unread` : "All chats", "data-focus": "back", onclick: () => goTo(null) },
        icon(ICONS.back), others ? h("span.badge", { "aria-hidden": "true" }, String(others)) : null),
      avatar(open.title, { bot: isPrivate() }),
      h("div.title", {}, h("h2", {}, open.title), h("span", { class: open.typing ? "typing" : "" }, status)), moreMenu()]));
  }
  function drawChats() {
    redraw(chats, view.chats.map(({ id, title, unread, kind, messages }) => ({ id, title, unread, kind, last: messages.at(-1) })), (list) =>
      list.map(({ id, title, unread, kind, last }) => h("button.entry", { type: "button", "data-focus": `chat-${id}`, onclick: () => goTo(id) },
        avatar(title, { bot: kind === "private" }),
        h("span.label", {}, h("strong", {}, title), h("span", {}, last?.text || (last ? "Attachment" : "No messages yet"))),
        unread ? h("span.badge", { "aria-label": `${unread} unread` }, String(unread)) : null)));
  }

  function drawMessages() {
    const open = chat();
    const room = { messages: open.messages, callback: open.callback, group: !isPrivate(), say, follow: app.follow,
      tap: (message, row, column) => app.act("telegram/tap", { chat: open.id, message, row, column }),
      reply: (message) => setContext({ reply: message }), edit: (message) => setContext({ edit: message }) };
    const items = bubbleItems(open.messages, room, zone);
    if (!items.length) items.push({ key: "empty", data: [view.bot, open.id], draw: () => h("div.tg-about", {}, avatar("", { bot: true }),
      h("strong", {}, isPrivate() ? "What can this bot do?" : open.title),
      h("p", {}, isPrivate() ? view.bot.description || "Press START to begin." : "No messages here yet.")) });
    const switched = scroller.dataset.of !== `${at.person}/${open.id}`;
    scroller.dataset.of = `${at.person}/${open.id}`;
    const news = keep(scroller, items);
    if (switched) end.toEnd();
    else end.settle();
    if (switched) return;
    const keys = new Set([...news.added, ...news.changed]);
    const heard = open.messages.filter((message) => keys.has(`m-${message.id}`) && message.from === "bot" && open.callback?.state !== "waiting").at(-1);
    if (heard) announce(`${heard.name} in Telegram: ${heard.text || "a picture or a file"}`);
  }

  function answer({ id, state, text, alert, url }) {
    if (state !== "answered" || at.answered === id) return;
    at.answered = id;
    if (url) app.follow(url);
    if (text && alert) {
      const opened = openDialog(h("div.sheet", {}, h("h2", {}, view.bot.name), h("p", {}, text),
        h("div.row.end", {}, h("button.primary", { type: "button", onclick: () => opened.close() }, "OK"))), { label: view.bot.name });
    } else if (text) {
      const shown = h("p", {}, text);
      toast.replaceChildren(shown);
      setTimeout(() => shown.remove(), TOAST_MS);
    }
  }

  function drawFoot() {
    const open = chat();
    const idle = isPrivate() && (!open.started || open.blocked);
    const pressed = document.activeElement === big;
    bar.hidden = idle;
    big.hidden = !idle;
    big.textContent = open.blocked ? "UNBLOCK" : "START";
    big.onclick = () => (open.blocked ? app.act("telegram/block", { blocked: false }) : start());
    menuButton.hidden = !menu().length;
    composer.turnTo(`${at.person}/${open.id}`, "Message");
    if (pressed && !idle) composer.focus();
  }

  function draw() {
    const open = chat();
    drawHead();
    phone.classList.toggle("listing", at.list);
    chats.hidden = !at.list;
    scroller.hidden = at.list;
    foot.hidden = at.list;
    if (at.list) return drawChats();
    drawMessages();
    drawFoot();
    if (open.callback) answer(open.callback);
    if (open.unread && app.visible()) app.read(open.id);
  }

  return {
    show(seen, person) {
      view = seen.telegram;
      zone = person.time_zone;
      if (at.person !== person.id) {
        Object.assign(at, { person: person.id, chat: null, list: false });
        setContext({});
        toggleMenu(false);
        at.answered = chat()?.callback?.id ?? null;
        toast.replaceChildren();
      }
      if (chat()) draw();
    },
    start,
    focus: () => (big.hidden ? composer : big).focus(),
  };
}
