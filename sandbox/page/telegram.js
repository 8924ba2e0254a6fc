/** The Telegram pane: a phone-wide column with a list of chats, one chat, its command menu and its toasts. */

import { base64 } from "./control.js";
import { Composer } from "./composer.js";
import { ICONS, announce, h, icon, keep, openDialog, redraw, stayAtEnd, walkMessages } from "./dom.js";
import { avatar } from "./people.js";
import { askForGroup, askForLink, drawChats, moreMenu } from "./telegram_chats.js";
import { bubbleItems } from "./telegram_messages.js";

const TOAST_MS = 4000;

export class TelegramPane {
  /** `app`: {act(path, body), read(chat), follow(url), visible(), people()}. */
  constructor(root, app) {
    this.app = app;
    this.view = null;
    this.zone = "UTC";
    this.at = { person: null, chat: null, list: false, answered: null, reply: null, edit: null };
    this.#build(root);
    root.addEventListener("keydown", (event) => this.#escape(event));
    document.addEventListener("click", (event) => {
      for (const open of root.querySelectorAll("details[open]"))
        if (!open.contains(event.target)) open.open = false;
    });
  }

  #build(root) {
    this.head = h("header.tg-head");
    this.chats = h("nav.tg-chats", { "aria-label": "Chats" });
    this.scroller = h("div.tg-messages", {
      role: "log",
      "aria-live": "off",
      "aria-label": "Messages",
      tabindex: "0",
    });
    this.end = stayAtEnd(this.scroller);
    walkMessages(this.scroller);
    this.toast = h("div.tg-toast", { role: "status" });
    this.context = h("div.tg-context", { hidden: true });
    this.menu = h("div.tg-menu", { hidden: true });
    this.composer = new Composer({
      id: "telegram",
      send: (text) => this.#say(text),
      attach: (file) => this.#attach(file),
      sendsCommands: true,
      commands: () =>
        this.#commands().map(({ command, description }) => ({ command: `/${command}`, description })),
    });
    const toggle = {
      type: "button",
      "aria-expanded": "false",
      onclick: () => this.#toggleMenu(this.menu.hidden),
    };
    this.menuButton = h("button.tg-menu-button", toggle, "Menu");
    this.bar = h("div.tg-bar", {}, this.menuButton, this.composer.element);
    this.big = h("button.tg-start", { type: "button", onclick: () => this.#press() });
    this.foot = h("div.tg-foot", {}, this.menu, this.context, this.bar, this.big);
    this.phone = h("div.phone", {}, this.head, this.chats, this.scroller, this.toast, this.foot);
    root.append(this.phone);
  }

  /** Show what `person` sees; `seen` is the control interface's view. */
  show(seen, person) {
    this.view = seen.telegram;
    this.zone = person.time_zone;
    if (this.at.person !== person.id) {
      Object.assign(this.at, { person: person.id, chat: null, list: false });
      this.at.answered = this.#chat()?.callback?.id ?? null;
      this.#setContext({});
      this.#toggleMenu(false);
      this.toast.replaceChildren();
    }
    if (this.#chat()) this.#draw();
  }

  /** Press START, or follow a deep link with that payload. */
  start(payload = null) {
    if (!this.view) return;
    Object.assign(this.at, { chat: null, list: false });
    this.app.act("telegram/start", payload ? { payload } : {});
  }

  focus() {
    (this.big.hidden ? this.composer : this.big).focus();
  }

  /** The open chat: the one with the bot, unless another was chosen. */
  #chat() {
    const { chats } = this.view;
    return chats.find(({ id }) => id === this.at.chat) ?? chats.find(({ kind }) => kind === "private");
  }

  #isPrivate() {
    return this.#chat().kind === "private";
  }

  #commands() {
    return this.view ? (this.#chat()?.commands ?? []) : [];
  }

  #say(text) {
    const { reply, edit } = this.at;
    const chat = this.#chat().id;
    this.#setContext({});
    if (edit) this.app.act("telegram/edit", { chat, message: edit.id, text });
    else this.app.act("telegram/say", { chat, text, ...(reply && { reply_to: reply.id }) });
  }

  async #attach(file) {
    const kind = file.type.startsWith("image/") && file.type !== "image/svg+xml" ? "photo" : "document";
    const data = await base64(file);
    const { name, type } = file;
    this.app.act("telegram/send_file", {
      chat: this.#chat().id,
      kind,
      name,
      data,
      mime_type: type || undefined,
    });
  }

  #press() {
    if (this.#chat().blocked) this.app.act("telegram/block", { blocked: false });
    else this.start();
  }

  /** What the next message answers or replaces, above the composer. */
  #setContext({ reply = null, edit = null }) {
    Object.assign(this.at, { reply, edit });
    const of = reply ?? edit;
    this.context.hidden = !of;
    if (!of) return;
    const title = edit ? "Edit message" : `Reply to ${of.name}`;
    const cancel = { type: "button", "aria-label": "Cancel", onclick: () => this.#cancelContext() };
    this.context.replaceChildren(
      h("div", {}, h("strong", {}, title), h("span", {}, of.text || "Attachment")),
      h("button.round", cancel, icon(ICONS.close)),
    );
    if (edit) this.composer.set(edit.text);
    this.composer.focus();
  }

  #cancelContext() {
    if (this.at.edit) this.composer.set("");
    this.#setContext({});
    this.composer.focus();
  }

  #toggleMenu(open) {
    this.menu.hidden = !open;
    this.menuButton.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const choose = (command) => {
      this.#toggleMenu(false);
      this.#say(command);
      this.composer.focus();
    };
    this.menu.replaceChildren(
      ...this.#commands().map(({ command, description }) => {
        const go = { type: "button", onclick: () => choose(`/${command}`) };
        return h("button", go, h("strong", {}, `/${command}`), h("span", {}, description));
      }),
    );
    this.menu.firstElementChild?.focus();
  }

  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (!this.menu.hidden) {
      this.#toggleMenu(false);
      this.menuButton.focus();
    } else if (this.at.reply || this.at.edit) {
      this.#cancelContext();
    }
  }

  /** Go to a chat, or to the list of them (null). */
  #goTo(id) {
    Object.assign(this.at, { chat: id, list: id === null });
    this.#setContext({});
    this.#toggleMenu(false);
    this.#draw();
    if (id === null) this.chats.querySelector("button")?.focus();
    else this.composer.focus();
  }

  async #actAndGo(path, body) {
    const made = await this.app.act(path, body);
    if (made) this.#goTo(made.chat);
  }

  #entries() {
    const { id, kind, blocked } = this.#chat();
    const { bot } = this.view;
    const others = () =>
      this.app.people().filter((person) => person.telegram && person.id !== this.at.person);
    const entries = [
      ["Open a deep link…", () => askForLink(bot, (payload) => this.start(payload))],
      ["New group…", () => askForGroup(bot, others(), (group) => this.#actAndGo("telegram/group", group))],
    ];
    if (kind === "private") {
      const words = blocked ? "Unblock the bot" : "Stop and block the bot";
      entries.push([words, () => this.app.act("telegram/block", { blocked: !blocked })]);
    }
    if (kind === "group") {
      entries.push(["Convert to supergroup", () => this.#actAndGo("telegram/migrate", { chat: id })]);
    }
    return entries;
  }

  #draw() {
    const open = this.#chat();
    const { list } = this.at;
    this.#drawHead();
    this.phone.classList.toggle("listing", list);
    this.chats.hidden = !list;
    this.scroller.hidden = this.foot.hidden = list;
    if (list) {
      drawChats(this.chats, this.view.chats, (id) => this.#goTo(id));
      return;
    }
    this.#drawMessages();
    this.#drawFoot();
    if (open.callback) this.#hearAnswer(open.callback);
    if (open.unread && this.app.visible()) this.app.read(open.id);
  }

  #drawHead() {
    const { id, title, typing, blocked, kind } = this.#chat();
    const status = typing ? "typing…" : kind === "private" ? "bot" : kind;
    const others = this.view.chats
      .filter((chat) => chat.id !== id)
      .reduce((sum, { unread }) => sum + unread, 0);
    const label = others ? `All chats, ${others} unread` : "All chats";
    const back = {
      type: "button",
      "aria-label": label,
      "data-focus": "back",
      onclick: () => this.#goTo(null),
    };
    redraw(this.head, [this.at.list, id, title, status, blocked, others], () => {
      if (this.at.list) return h("h2", {}, "Chats");
      const count = others ? h("span.badge", { "aria-hidden": "true" }, String(others)) : null;
      return [
        h("button.round", back, icon(ICONS.back), count),
        avatar(title, { bot: kind === "private" }),
        h("div.title", {}, h("h2", {}, title), h(typing ? "span.typing" : "span", {}, status)),
        moreMenu(this.#entries()),
      ];
    });
  }

  #room() {
    const { id, messages, callback } = this.#chat();
    return {
      messages,
      callback,
      group: !this.#isPrivate(),
      follow: this.app.follow,
      say: (text) => this.#say(text),
      tap: (message, row, column) => this.app.act("telegram/tap", { chat: id, message, row, column }),
      reply: (message) => this.#setContext({ reply: message }),
      edit: (message) => this.#setContext({ edit: message }),
    };
  }

  #drawMessages() {
    const { id, messages } = this.#chat();
    const items = bubbleItems(messages, this.#room(), this.zone);
    if (!items.length) items.push({ key: "empty", data: [this.view.bot, id], draw: () => this.#drawAbout() });
    const of = `${this.at.person}/${id}`;
    const switched = this.scroller.dataset.of !== of;
    this.scroller.dataset.of = of;
    const news = keep(this.scroller, items);
    if (switched) {
      this.end.toEnd();
    } else {
      this.end.settle();
      this.#speak(news);
    }
  }

  #drawAbout() {
    const [title, words] = this.#isPrivate()
      ? ["What can this bot do?", this.view.bot.description || "Press START to begin."]
      : [this.#chat().title, "No messages here yet."];
    return h("div.tg-about", {}, avatar("", { bot: true }), h("strong", {}, title), h("p", {}, words));
  }

  #speak({ added, changed }) {
    const fresh = new Set([...added, ...changed]);
    const { messages, callback } = this.#chat();
    const heard = messages.findLast(({ id, from }) => from === "bot" && fresh.has(`m-${id}`));
    const waiting = callback?.state === "waiting" && callback.message === heard?.id;
    if (heard && !waiting) announce(`${heard.name} in Telegram: ${heard.text || "a picture or a file"}`);
  }

  /** The answer to a tap: a toast, or an alert that waits for OK. */
  #hearAnswer({ id, state, text, alert, url }) {
    if (state !== "answered" || this.at.answered === id) return;
    this.at.answered = id;
    if (url) this.app.follow(url);
    if (!text) return;
    if (!alert) {
      const shown = h("p", {}, text);
      this.toast.replaceChildren(shown);
      setTimeout(() => shown.remove(), TOAST_MS);
      return;
    }
    const { name } = this.view.bot;
    const ok = h("button.primary", { type: "button", onclick: () => opened.close() }, "OK");
    const opened = openDialog(
      h("div.sheet", {}, h("h2", {}, name), h("p", {}, text), h("div.row.end", {}, ok)),
      { label: name },
    );
  }

  #drawFoot() {
    const { id, started, blocked } = this.#chat();
    const idle = this.#isPrivate() && (!started || blocked);
    const pressed = document.activeElement === this.big;
    this.bar.hidden = idle;
    this.big.hidden = !idle;
    this.big.textContent = blocked ? "UNBLOCK" : "START";
    this.menuButton.hidden = !this.#commands().length;
    this.composer.turnTo(`${this.at.person}/${id}`, "Message");
    if (pressed && !idle) this.composer.focus();
  }
}
