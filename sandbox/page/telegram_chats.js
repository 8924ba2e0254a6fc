/** Around Telegram's chats: their list, the menu of one, and the forms that open a link or make a group. */

import { ICONS, h, icon, openDialog, redraw } from "./dom.js";
import { avatar } from "./people.js";

/** Draw the list of `chats`; `open(id)` goes to one. */
export function drawChats(list, chats, open) {
  const shown = chats.map(({ id, title, unread, kind, messages }) => ({
    id,
    title,
    unread,
    kind,
    last: messages.at(-1),
  }));
  redraw(list, shown, () =>
    shown.map(({ id, title, unread, kind, last }) =>
      h(
        "button.entry",
        { type: "button", "data-focus": `chat-${id}`, onclick: () => open(id) },
        avatar(title, { bot: kind === "private" }),
        h(
          "span.label",
          {},
          h("strong", {}, title),
          h("span", {}, last?.text || (last ? "Attachment" : "No messages yet")),
        ),
        unread ? h("span.badge", { "aria-label": `${unread} unread` }, String(unread)) : null,
      ),
    ),
  );
}

/** The ⋮ of a chat: a list of `entries` [label, go]. */
export function moreMenu(entries) {
  const onkeydown = (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.firstElementChild.focus();
  };
  const choose = (go) => {
    menu.open = false;
    go();
  };
  const menu = h(
    "details.more",
    { onkeydown },
    h("summary.round", { "aria-label": "More", "data-focus": "more" }, icon(ICONS.more)),
    h(
      "div.options",
      {},
      entries.map(([label, go]) => h("button", { type: "button", onclick: () => choose(go) }, label)),
    ),
  );
  return menu;
}

function ask(title, words, submit, fields, done) {
  const onsubmit = (event) => {
    event.preventDefault();
    opened.close();
    done(new FormData(event.target));
  };
  const cancel = h("button", { type: "button", onclick: () => opened.close() }, "Cancel");
  const confirm = h("button.primary", { type: "submit" }, submit);
  const opened = openDialog(
    h(
      "form.sheet",
      { onsubmit },
      h("h2", {}, title),
      h("p.calm", {}, words),
      fields,
      h("div.row.end", {}, cancel, confirm),
    ),
    { label: title },
  );
}

/** Ask for what follows ?start= in a deep link of `bot`; a whole link will do. */
export function askForLink(bot, start) {
  const words = ["What follows ?start= in a link such as ", h("code", {}, `t.me/${bot.username}?start=…`)];
  const field = h(
    "label.field",
    {},
    "Payload",
    h("input", { name: "payload", autocomplete: "off", placeholder: "call-7" }),
  );
  ask("Open a deep link", words, "Open", field, (data) =>
    start(data.get("payload").trim().split("start=").at(-1)),
  );
}

/** Ask for the title and the members of a group; `create({title, people})` makes it. */
export function askForGroup(bot, others, create) {
  const member = ({ id, name }) =>
    h("label.tick", {}, h("input", { type: "checkbox", name: "who", value: id, checked: true }), name);
  const title = h("input", { name: "title", required: true, maxlength: "128", autocomplete: "off" });
  const fields = [
    h("label.field", {}, "Title", title),
    h("fieldset.field", {}, h("legend", {}, "With"), others.slice(0, 20).map(member)),
  ];
  ask("New group", `${bot.name} is in it too.`, "Create", fields, (data) =>
    create({ title: data.get("title").trim(), people: data.getAll("who") }),
  );
}
