/** The box one writes in: Enter sends, Shift+Enter breaks the line, "/" offers the commands. One per pane. */

import { ICONS, h, icon } from "./dom.js";

/**
 * `send(text)` and `attach(file)` hear what is written and chosen; `commands()` gives [{command, description}] for the
 * offered list, `accept(command)` what choosing one does ("fill" or "send"). Drafts are kept per conversation.
 */
export function createComposer({ id, send, attach, commands, accept = "fill" }) {
  const drafts = new Map();
  let conversation = null;
  let chosen = 0;

  const list = h("ul.offers", { id: `${id}-offers`, role: "listbox", "aria-label": "Commands", hidden: true });
  const box = h("textarea", {
    id: `${id}-text`, rows: "1", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": `${id}-offers`, autocomplete: "off", spellcheck: "false",
    oninput: () => { grow(); offer(); }, onkeydown, onblur: () => setTimeout(hide, 120),
  });
  const picker = h("input", {
    type: "file", tabindex: "-1", "aria-hidden": "true", class: "unseen",
    onchange: () => { if (picker.files[0]) attach(picker.files[0]); picker.value = ""; },
  });
  const clip = h("button.round", { type: "button", "aria-label": "Attach a file", title: "Attach a file",
    onclick: () => picker.click() }, icon(ICONS.clip));
  const go = h("button.round.go", { type: "button", "aria-label": "Send", title: "Send", onclick: submit }, icon(ICONS.send));
  const element = h("div.composer", {}, list, clip, picker, box, go);

  function grow() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    element.classList.toggle("filled", box.value.trim() !== "");
  }
  function offered() {
    const word = box.value;
    if (!/^\/\S*$/.test(word)) return [];
    return commands().filter(({ command }) => command.startsWith(word.toLowerCase()));
  }
  function hide() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
  function offer() {
    const options = offered();
    if (!options.length) return hide();
    chosen = Math.min(chosen, options.length - 1);
    list.replaceChildren(...options.map(({ command, description, hint }, index) =>
      h("li", { role: "option", id: `${id}-offer-${index}`, "aria-selected": String(index === chosen),
        onmousedown: (event) => { event.preventDefault(); take(command); } },
      h("strong", {}, command), hint ? h("span.hint", {}, ` ${hint}`) : null, h("span.about", {}, description))));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    box.setAttribute("aria-activedescendant", `${id}-offer-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  }
  function take(command) {
    hide();
    if (accept === "send") {
      set("");
      send(command);
    } else {
      set(`${command} `);
    }
    box.focus();
  }
  function set(text) {
    box.value = text;
    chosen = 0;
    grow();
  }
  function submit() {
    const text = box.value.trim();
    hide();
    if (!text) return;
    set("");
    send(text);
    box.focus();
  }
  function onkeydown(event) {
    const options = list.hidden ? [] : offered();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (options.length && step) {
      chosen = (chosen + step + options.length) % options.length;
      offer();
    } else if (options.length && event.key === "Tab" && !event.shiftKey) {
      take(options[chosen].command);
    } else if (options.length && event.key === "Escape") {
      hide();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      if (options.length && box.value !== options[chosen].command) take(options[chosen].command);
      else submit();
    } else {
      return;
    }
    event.preventDefault();
  }

  return {
    element,
    set,
    focus: () => box.focus(),
    /** Show the composer of `key` with its draft. */
    turnTo(key, placeholder) {
      if (conversation !== null && conversation !== key) {
        drafts.set(conversation, box.value);
        set(drafts.get(key) ?? "");
      }
      conversation = key;
      box.placeholder = placeholder;
      box.setAttribute("aria-label", placeholder);
    },
  };
}
