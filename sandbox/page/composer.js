/** The box one writes in: Enter sends, Shift+Enter breaks the line, "/" offers the commands. */

import { ICONS, h, icon } from "./dom.js";

const MAX_HEIGHT = 160;

export class Composer {
  /**
   * `send(text)` and `attach(file)` hear what is written and chosen. `commands()` gives [{command, description, hint?}]
   * to offer; choosing one fills it in, or sends it when `sendsCommands`.
   */
  constructor({ id, send, attach, commands, sendsCommands = false }) {
    Object.assign(this, { id, send, attach, commands, sendsCommands });
    this.drafts = new Map();
    this.conversation = null;
    this.chosen = 0;
    this.#build();
  }

  #build() {
    const listId = `${this.id}-offers`;
    this.list = h("ul.offers", { id: listId, role: "listbox", "aria-label": "Commands", hidden: true });
    this.box = h("textarea", {
      id: `${this.id}-text`,
      rows: "1",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": listId,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
      onblur: () => this.#hide(),
    });
    const picker = h("input.unseen", {
      type: "file",
      tabindex: "-1",
      "aria-hidden": "true",
      onchange: () => {
        if (picker.files[0]) this.attach(picker.files[0]);
        picker.value = "";
      },
    });
    const button = (className, label, path, onclick) =>
      h(className, { type: "button", "aria-label": label, title: label, onclick }, icon(path));
    const clip = button("button.round", "Attach a file", ICONS.clip, () => picker.click());
    const go = button("button.round.go", "Send", ICONS.send, () => this.#submit());
    this.element = h("div.composer", {}, this.list, clip, picker, this.box, go);
  }

  focus() {
    this.box.focus();
  }

  /** Replace what is written. */
  set(text) {
    this.box.value = text;
    this.chosen = 0;
    this.#grow();
  }

  /** Show the composer of the conversation `key`, with what was left unsent there. */
  turnTo(key, placeholder) {
    if (this.conversation !== null && this.conversation !== key) {
      this.drafts.set(this.conversation, this.box.value);
      this.set(this.drafts.get(key) ?? "");
    }
    this.conversation = key;
    this.box.placeholder = placeholder;
    this.box.setAttribute("aria-label", placeholder);
  }

  #grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, MAX_HEIGHT)}px`;
    this.element.classList.toggle("filled", this.box.value.trim() !== "");
  }

  #typed() {
    this.#grow();
    this.#offer();
  }

  #offered() {
    const word = this.box.value.toLowerCase();
    return /^\/\S*$/.test(word) ? this.commands().filter(({ command }) => command.startsWith(word)) : [];
  }

  #hide() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }

  #offer() {
    const offered = this.#offered();
    if (!offered.length) {
      this.#hide();
      return;
    }
    this.chosen = Math.min(this.chosen, offered.length - 1);
    this.list.replaceChildren(...offered.map((one, index) => this.#drawOffer(one, index)));
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    this.box.setAttribute("aria-activedescendant", `${this.id}-offer-${this.chosen}`);
    this.list.children[this.chosen].scrollIntoView({ block: "nearest" });
  }

  #drawOffer({ command, description, hint }, index) {
    const onmousedown = (event) => {
      event.preventDefault(); // keeps focus, and with it the list, until the command is taken
      this.#take(command);
    };
    const selected = String(index === this.chosen);
    return h(
      "li",
      { role: "option", id: `${this.id}-offer-${index}`, "aria-selected": selected, onmousedown },
      h("strong", {}, command),
      hint ? h("span.hint", {}, ` ${hint}`) : null,
      h("span.about", {}, description),
    );
  }

  #take(command) {
    this.#hide();
    this.set(this.sendsCommands ? "" : `${command} `);
    if (this.sendsCommands) this.send(command);
    this.box.focus();
  }

  #submit() {
    const text = this.box.value.trim();
    this.#hide();
    if (!text) return;
    this.set("");
    this.send(text);
    this.box.focus();
  }

  #key(event) {
    const offered = this.list.hidden ? [] : this.#offered();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    const tab = event.key === "Tab" && !event.shiftKey;
    if (offered.length && step) {
      this.chosen = (this.chosen + step + offered.length) % offered.length;
      this.#offer();
    } else if (offered.length && (tab || (enter && this.box.value !== offered[this.chosen].command))) {
      this.#take(offered[this.chosen].command);
    } else if (offered.length && event.key === "Escape") {
      this.#hide();
    } else if (enter) {
      this.#submit();
    } else {
      return;
    }
    event.preventDefault();
  }
}
