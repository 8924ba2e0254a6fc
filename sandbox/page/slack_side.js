/** Slack's side bar: the workspace, its apps and channels, and adding a channel. */

import { h, openDialog, redraw } from "./dom.js";
import { avatar } from "./people.js";

function entry(conversation, current, go) {
  const { id, kind, name, unread, member } = conversation;
  return h(
    "button",
    {
      class: `entry${unread ? " unread" : ""}${member ? "" : " away"}`,
      type: "button",
      "aria-current": id === current ? "page" : null,
      "data-focus": `go-${id}`,
      onclick: () => go(id),
    },
    kind === "im" ? avatar(name, { bot: true }) : h("span.hash", { "aria-hidden": "true" }, "#"),
    h("span.label", {}, name),
    unread ? h("span.badge", { "aria-label": `${unread} unread` }, String(unread)) : null,
  );
}

/** Draw the side bar of `view` for `person`; `go(id)` opens a conversation, `add()` asks for a new channel. */
export function drawSide(side, { view, person, current, go, add }) {
  const listed = view.conversations.map(({ id, kind, name, unread, member }) => ({
    id,
    kind,
    name,
    unread,
    member,
  }));
  redraw(side, [view.team, person?.name, current, listed], () => [
    h(
      "header",
      {},
      h("strong", {}, view.team.name),
      h("span", {}, h("span.presence", { "aria-hidden": "true" }), person?.name ?? ""),
    ),
    h("h3", {}, "Apps"),
    listed.filter(({ kind }) => kind === "im").map((one) => entry(one, current, go)),
    h("h3", {}, "Channels"),
    listed.filter(({ kind }) => kind === "channel").map((one) => entry(one, current, go)),
    h(
      "button.entry.add",
      { type: "button", "aria-haspopup": "dialog", "data-focus": "add-channel", onclick: add },
      h("span.hash", { "aria-hidden": "true" }, "+"),
      h("span.label", {}, "Add a channel"),
    ),
  ]);
}

/** Ask for a channel's name; `create({name, bot})` makes it. */
export function askForChannel(botName, create) {
  const submit = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    opened.close();
    create({ name: data.get("name").trim().toLowerCase().replaceAll(/\s+/g, "-"), bot: data.has("bot") });
  };
  const opened = openDialog(
    h(
      "form.sheet",
      { onsubmit: submit },
      h("h2", {}, "Add a channel"),
      h("p.calm", {}, "Everybody who has a Slack account is in it."),
      h(
        "label.field",
        {},
        "Name",
        h("input", {
          name: "name",
          required: true,
          maxlength: "80",
          placeholder: "soil-news",
          autocomplete: "off",
        }),
      ),
      h("label.tick", {}, h("input", { type: "checkbox", name: "bot", checked: true }), `Invite ${botName}`),
      h(
        "div.row.end",
        {},
        h("button", { type: "button", onclick: () => opened.close() }, "Cancel"),
        h("button.primary", { type: "submit" }, "Add"),
      ),
    ),
    { label: "Add a channel" },
  );
}
