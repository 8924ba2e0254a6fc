/** Block Kit's layout blocks, as elements. */

import { drawElement } from "./elements.js";
import { h, openDialog } from "./dom.js";
import { mrkdwn, textObject } from "./mrkdwn.js";

/** A picture. Only those of this machine are loaded; of others the alternative text and the address are shown. */
export function picture(url, alt, { width, height, className = "picture" } = {}) {
  let local;
  try {
    const { hostname } = new URL(url, location.href);
    local = ["127.0.0.1", "localhost", location.hostname].includes(hostname) || url.startsWith("data:image/");
  } catch {
    local = false;
  }
  if (!local)
    return h(
      "span.not-loaded",
      {},
      h("strong", {}, alt),
      " (a picture from elsewhere, not loaded: ",
      h("code", {}, url),
      ")",
    );
  const drawn = () => h("img", { src: url, alt, width, height, loading: "lazy" });
  return h(
    `button.${className}`,
    {
      type: "button",
      "aria-label": `Enlarge: ${alt}`,
      onclick: () => {
        const opened = openDialog(
          h(
            "figure.enlarged",
            {},
            drawn(),
            h("figcaption", {}, alt, h("button", { type: "button", onclick: () => opened.close() }, "Close")),
          ),
          { label: alt, className: "lightbox" },
        );
      },
    },
    drawn(),
  );
}

function section(block, surface) {
  return h(
    "div.block-section",
    {},
    h(
      "div.block-body",
      {},
      block.text ? h("div.rich", {}, textObject(block.text, surface.names)) : null,
      block.fields?.length
        ? h(
            "div.block-fields",
            {},
            block.fields.map((field) => h("div.rich", {}, textObject(field, surface.names))),
          )
        : null,
    ),
    block.accessory ? h("div.block-accessory", {}, accessory(block, surface)) : null,
  );
}

function accessory(block, surface) {
  const { accessory: element } = block;
  if (element.type === "image")
    return picture(imageUrl(element), element.alt_text, { className: "thumbnail" });
  return drawElement(element, block, surface);
}

function imageUrl(block) {
  return (
    block.image_url ??
    block.slack_file?.url ??
    (block.slack_file?.id ? `/control/files/${block.slack_file.id}` : "")
  );
}

function context(block, surface) {
  return h(
    "div.block-context",
    {},
    block.elements.map((element) =>
      element.type === "image"
        ? picture(imageUrl(element), element.alt_text, { className: "glyph" })
        : h("span.rich", {}, textObject(element, surface.names)),
    ),
  );
}

function image(block, surface) {
  return h(
    "figure.block-image",
    {},
    block.title ? h("figcaption", {}, textObject(block.title, surface.names)) : null,
    picture(imageUrl(block), block.alt_text),
  );
}

const GROUPS = new Set(["radio_buttons", "checkboxes", "multi_static_select", "multi_users_select"]);

function input(block, surface) {
  const { element } = block;
  const id = surface.domId(block.block_id, element.action_id);
  const error = surface.errors[block.block_id];
  const described = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || null;
  const grouped = GROUPS.has(element.type);
  const name = [
    textObject(block.label, surface.names),
    block.optional ? h("span.optional", {}, " (optional)") : null,
  ];
  return h(
    "div.block-input",
    {
      class: `block-input${error ? " wrong" : ""}`,
      role: grouped ? "group" : null,
      "aria-labelledby": grouped ? `${id}-label` : null,
    },
    grouped ? h("span.block-label", { id: `${id}-label` }, name) : h("label.block-label", { for: id }, name),
    drawElement(element, block, surface, {
      fires: Boolean(block.dispatch_action),
      labelled: !grouped,
      described,
      invalid: Boolean(error),
    }),
    error ? h("p.block-error", { id: `${id}-error` }, error) : null,
    block.hint ? h("p.block-hint", { id: `${id}-hint` }, textObject(block.hint, surface.names)) : null,
  );
}

function richText(block, surface) {
  const style = (element, node) => {
    const tags = { bold: "strong", italic: "em", strike: "s", code: "code" };
    return Object.keys(tags).reduce(
      (inner, name) => (element.style?.[name] ? h(tags[name], {}, inner) : inner),
      node,
    );
  };
  const leaf = (element) => {
    if (element.type === "link")
      return style(element, h("span", {}, mrkdwn(`<${element.url}|${element.text ?? element.url}>`)));
    if (element.type === "user")
      return h("span.mention", {}, `@${surface.names.get(element.user_id) ?? element.user_id}`);
    if (element.type === "emoji") return h("span", {}, mrkdwn(`:${element.name}:`));
    return style(element, h("span", {}, element.text ?? ""));
  };
  const part = (element) => {
    if (element.type === "rich_text_list") {
      return h(
        element.style === "ordered" ? "ol" : "ul",
        {},
        element.elements.map((item) => h("li", {}, part(item))),
      );
    }
    const tag = { rich_text_quote: "blockquote", rich_text_preformatted: "pre" }[element.type] ?? "div";
    return h(tag, {}, element.elements.map(leaf));
  };
  return h("div.rich", {}, block.elements.map(part));
}

const BLOCKS = {
  section,
  context,
  image,
  input,
  rich_text: richText,
  header: (block, surface) => h("h3.block-header", {}, textObject(block.text, surface.names)),
  divider: () => h("hr.block-divider"),
  actions: (block, surface) =>
    h(
      "div.block-actions",
      {},
      block.elements.map((element) => drawElement(element, block, surface)),
    ),
  markdown: (block) => h("div.rich", {}, block.text),
};

/** The nodes of `blocks` on `surface`. A kind that the sandbox does not know says so instead of hiding. */
export function drawBlocks(blocks, surface) {
  return blocks.map(
    (block) =>
      BLOCKS[block.type]?.(block, surface) ??
      h("p.unknown", {}, `The sandbox does not show blocks of type “${block.type}”.`),
  );
}
