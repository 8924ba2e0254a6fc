/** The Slack pane: side bar, conversation, thread, the app's Home, modals. */

import { base64 } from "./control.js";
import { Composer } from "./composer.js";
import { ICONS, announce, h, icon, keep, redraw, stayAtEnd, walkMessages } from "./dom.js";
import { Modal } from "./modal.js";
import { spoken } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { drawAbout, drawHome } from "./slack_desk.js";
import { messageItems } from "./slack_messages.js";
import { askForChannel, drawSide } from "./slack_side.js";
import { createSurface, forgetDrafts } from "./surface.js";

const TABS = [
  ["home", "Home"],
  ["messages", "Messages"],
  ["about", "About"],
];
const LOG = { role: "log", "aria-live": "off", tabindex: "0" };

export class SlackPane {
  /** `app`: {act(path, body), read(conversation), follow(url), visible(), people()}. */
  constructor(root, app) {
    this.app = app;
    this.view = null;
    this.zone = "UTC";
    this.at = { person: null, conversation: null, tab: "messages", thread: null, side: false, noticed: null };
    this.#buildMain();
    this.#buildThread();
    this.side = h("nav.slack-side", { "aria-label": "Channels and apps" });
    this.desktop = h("div.slack-window", {}, this.side, this.main, this.thread);
    const layer = h("div.modal-layer", { hidden: true });
    root.append(this.desktop, layer);
    this.modal = new Modal({
      layer,
      behind: this.desktop,
      otherwise: () => this.composer.focus(),
      surfaceOf: (view) => this.#surfaceOf(view),
      submit: (view, values) => app.act("slack/submit", { view: view.id, values, wait: 5 }),
      close: (view) => app.act("slack/close", { view: view.id }),
    });
    root.addEventListener("keydown", (event) => this.#escape(event));
  }

  #buildMain() {
    this.head = h("header.slack-head");
    this.scroller = h("div.slack-messages", { ...LOG, "aria-label": "Messages" });
    this.end = stayAtEnd(this.scroller);
    walkMessages(this.scroller);
    this.desk = h("div.slack-desk", { tabindex: "0", role: "tabpanel" });
    this.notice = h("div.slack-notice", { role: "alert" });
    this.composer = new Composer({
      id: "slack",
      send: (text) => this.#say(text),
      attach: (file) => this.#attach(file),
      commands: () => this.view?.commands ?? [],
    });
    this.foot = h("div.slack-foot", {}, this.notice, this.composer.element);
    this.main = h("div.slack-main", {}, this.head, this.scroller, this.desk, this.foot);
  }

  #buildThread() {
    this.threadList = h("div.slack-messages", { ...LOG, "aria-label": "Thread" });
    this.threadEnd = stayAtEnd(this.threadList);
    walkMessages(this.threadList);
    this.threadComposer = new Composer({
      id: "slack-thread",
      send: (text) => this.#say(text, this.at.thread),
      attach: (file) => this.#attach(file, this.at.thread),
      commands: () => [],
    });
    const shut = { type: "button", "aria-label": "Close the thread", onclick: () => this.#closeThread() };
    const head = h(
      "header.slack-head",
      {},
      h("div.title", {}, h("h2", {}, "Thread")),
      h("button.round", shut, icon(ICONS.close)),
    );
    this.thread = h(
      "section.slack-thread",
      { "aria-label": "Thread", hidden: true },
      head,
      this.threadList,
      this.threadComposer.element,
    );
  }

  /** Show what `person` sees; `seen` is the control interface's view. */
  show(seen, person) {
    this.view = seen.slack;
    this.zone = person.time_zone;
    if (this.at.person !== person.id) {
      const noticed = this.view.notice?.id ?? null;
      this.at = {
        person: person.id,
        conversation: this.view.bot.dm,
        tab: "messages",
        thread: null,
        side: false,
        noticed,
      };
      this.notice.replaceChildren();
    }
    this.#draw();
  }

  openHome() {
    this.#go(this.view.bot.dm, "home");
  }

  focus() {
    if (this.modal.isOpen()) this.modal.focus();
    else this.composer.focus();
  }

  #here() {
    return this.view.conversations.find(({ id }) => id === this.at.conversation);
  }

  #isApp() {
    return this.at.conversation === this.view.bot.dm;
  }

  #names() {
    const people = Object.entries(this.view.users).map(([id, user]) => [id, user.name]);
    return new Map([...people, ...this.view.conversations.map(({ id, name }) => [id, name])]);
  }

  #shared() {
    return {
      names: this.#names(),
      users: this.view.users,
      follow: this.app.follow,
      post: (body) => this.app.act("slack/action", body),
      upload: (file) => this.#upload(file),
    };
  }

  #surfaceOf(view) {
    const { state, busy } = view;
    return createSurface({
      key: view.id,
      blocks: view.blocks,
      on: { view: view.id },
      state,
      busy,
      errors: view.errors ?? {},
      ...this.#shared(),
    });
  }

  #say(text, thread = null) {
    const [word, ...rest] = text.split(/\s+/);
    const { conversation } = this.at;
    if (!text.startsWith("/")) {
      this.app.act("slack/say", { text, conversation, ...(thread && { thread }) });
    } else if (thread) {
      this.#tell(`${word} cannot be used in a thread. Type it in the conversation itself.`);
    } else if (this.view.commands.some(({ command }) => command === word)) {
      this.app.act("slack/command", { command: word, text: rest.join(" "), conversation });
    } else {
      const [first] = this.view.commands;
      const instead = first && `${first.command} ${text.slice(1)}`;
      this.#tell(`${word} is not a command in this workspace.`, instead);
    }
  }

  async #attach(file, thread = null) {
    const data = await base64(file);
    const { conversation } = this.at;
    this.app.act("slack/send_file", {
      name: file.name,
      data,
      mimetype: file.type || undefined,
      conversation,
      ...(thread && { thread }),
    });
  }

  /** The file as Slack knows it from now on; nothing when it was refused, which has been said. */
  async #upload(file) {
    const data = await base64(file);
    const answer = await this.app.act("slack/upload", { name: file.name, data, mimetype: file.type || undefined });
    return answer?.file;
  }

  /** A line of Slack itself above the composer; `instead` is a text that it offers to send. */
  #tell(text, instead = null) {
    const button = (label, go = () => {}) =>
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            this.notice.replaceChildren();
            go();
            this.composer.focus();
          },
        },
        label,
      );
    this.notice.replaceChildren(
      h("p", {}, text),
      h("div.row", {}, instead ? button(`Send ${instead}`, () => this.#say(instead)) : "", button("Dismiss")),
    );
  }

  #go(conversation, tab = "messages") {
    Object.assign(this.at, { conversation, tab, thread: null, side: false });
    this.#draw();
    if (this.#isApp() && tab !== "about") this.app.act("slack/home", { tab });
    if (tab !== "messages") return;
    this.end.toEnd();
    this.composer.focus();
  }

  #openThread(ts) {
    this.at.thread = ts;
    this.#draw();
    this.threadEnd.toEnd();
    this.threadComposer.focus();
  }

  #closeThread() {
    this.at.thread = null;
    this.#draw();
    this.composer.focus();
  }

  #toggleSide(open) {
    this.at.side = open;
    this.#draw();
    (open ? this.side.querySelector("[aria-current]") : this.head.querySelector("button"))?.focus();
  }

  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || this.modal.isOpen()) return;
    if (this.at.thread) this.#closeThread();
    else if (this.at.side) this.#toggleSide(false);
  }

  #addChannel() {
    askForChannel(this.view.bot.name, async ({ name, bot }) => {
      const people = this.app
        .people()
        .filter((person) => person.slack)
        .map(({ id }) => id);
      const made = await this.app.act("slack/channel", { name, people, bot });
      if (made) this.#go(made.conversation);
    });
  }

  #draw() {
    const { view, at } = this;
    if (!this.#here()) at.conversation = view.bot.dm ?? view.conversations[0]?.id;
    const person = this.app.people().find(({ id }) => id === at.person);
    drawSide(this.side, {
      view,
      person,
      current: at.conversation,
      go: (id) => this.#go(id),
      add: () => this.#addChannel(),
    });
    this.desktop.classList.toggle("side-open", at.side);
    this.#drawHead();
    const talking = at.tab === "messages" || !this.#isApp();
    this.scroller.hidden = this.foot.hidden = !talking;
    this.desk.hidden = talking;
    if (talking) this.#drawMessages();
    else if (at.tab === "home") drawHome(this.desk, view, (home) => this.#surfaceOf(home));
    else drawAbout(this.desk, view);
    this.#drawFoot();
    this.#drawThread();
    this.modal.show(view.modals);
    if (talking && this.#here().unread && this.app.visible()) this.app.read(at.conversation);
    const places = [...view.modals, view.home].filter(Boolean).map(({ id }) => id);
    forgetDrafts(
      (key) => places.includes(key) || view.conversations.some(({ id }) => key.startsWith(`${id}-`)),
    );
  }

  #drawHead() {
    const { id, name } = this.#here();
    const app = this.#isApp();
    const toSide = {
      type: "button",
      "aria-label": "Channels and apps",
      "data-focus": "side",
      onclick: () => this.#toggleSide(!this.at.side),
    };
    redraw(this.head, [id, name, this.at.tab, app], () => [
      h(
        "div.title",
        {},
        h("button.round.to-side", toSide, icon(ICONS.menu)),
        app ? avatar("", { bot: true }) : h("span.hash", { "aria-hidden": "true" }, "#"),
        h("h2", {}, name),
        app ? h("span.app", {}, "APP") : null,
      ),
      app ? this.#drawTabs(name) : null,
    ]);
  }

  #drawTabs(name) {
    const tab = ([key, label]) => {
      const here = key === this.at.tab;
      const look = {
        type: "button",
        role: "tab",
        "aria-selected": String(here),
        tabindex: here ? "0" : "-1",
        "data-focus": `tab-${key}`,
      };
      return h("button", { ...look, onclick: () => this.#turnTo(key) }, label);
    };
    const onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const index = TABS.findIndex(([key]) => key === this.at.tab);
      this.#turnTo(TABS[(index + step + TABS.length) % TABS.length][0]);
    };
    return h("div.slack-tabs", { role: "tablist", "aria-label": name, onkeydown }, TABS.map(tab));
  }

  #turnTo(tab) {
    this.#go(this.at.conversation, tab);
    this.head.querySelector("[aria-selected='true']").focus();
  }

  #room(inThread) {
    return {
      conversation: this.at.conversation,
      inThread,
      openThread: (ts) => this.#openThread(ts),
      ...this.#shared(),
    };
  }

  #drawMessages() {
    const { messages, name } = this.#here();
    const top = messages.filter(
      ({ ts, thread_ts: thread, ephemeral }) => !thread || thread === ts || ephemeral,
    );
    const items = messageItems(top, this.#room(false), this.zone);
    const words = this.#isApp()
      ? `This is the beginning of your conversation with ${name}. Say hello.`
      : `#${name} is quiet. Say something.`;
    if (!items.length) {
      const draw = () =>
        h("div.empty", {}, this.#isApp() ? avatar("", { bot: true }) : null, h("p", {}, words));
      items.push({ key: "empty", data: words, draw });
    }
    const of = `${this.at.person}/${this.at.conversation}`;
    const switched = this.scroller.dataset.of !== of;
    this.scroller.dataset.of = of;
    const news = keep(this.scroller, items);
    if (switched) {
      this.end.toEnd();
    } else {
      this.end.settle();
      this.#speak(top, news);
    }
  }

  #drawThread() {
    const { thread } = this.at;
    const root = thread && this.#here().messages.find(({ ts }) => ts === thread);
    this.thread.hidden = !root;
    this.desktop.classList.toggle("thread-open", Boolean(root));
    if (!root) return;
    const replies = this.#here().messages.filter(({ ts, thread_ts: of }) => of === thread && ts !== thread);
    const news = keep(this.threadList, messageItems([root, ...replies], this.#room(true), this.zone));
    this.threadEnd.settle();
    this.#speak(replies, news);
    this.threadComposer.turnTo(`${this.at.person}/${thread}`, "Reply…");
  }

  #drawFoot() {
    const { view, at } = this;
    const app = this.#isApp();
    const closed = app ? !view.messages_tab : !this.#here().member;
    const why = app ? "Sending messages to this app has been turned off." : "You are not in this channel.";
    const place = app ? this.#here().name : `#${this.#here().name}`;
    this.foot.classList.toggle("read-only", closed);
    this.composer.element.inert = closed;
    this.composer.turnTo(`${at.person}/${at.conversation}`, closed ? why : `Message ${place}`);
    if (view.notice && view.notice.id !== at.noticed) this.#tell(view.notice.text);
    at.noticed = view.notice?.id ?? null;
  }

  #speak(messages, { added, changed }) {
    const fresh = new Set([...added, ...changed]);
    const heard = messages.findLast(({ ts, from, busy }) => fresh.has(ts) && from !== "me" && !busy);
    if (heard) announce(`${heard.name} in Slack: ${spoken(heard.text, this.#names())}`);
  }
}
