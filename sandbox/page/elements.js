/** Block Kit's interactive elements, as native controls that keyboards and screen readers know. */

import { h, openDialog } from "./dom.js";
import { textObject } from "./mrkdwn.js";

function label(option, surface) {
  return textObject(option.text, surface.names);
}

function plain(text) {
  return text?.text ?? "";
}

/** Ask "are you sure" as the element's `confirm` says; true when there is nothing to ask. */
function confirmed(element, surface) {
  const { confirm } = element;
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const opened = openDialog(
      h(
        "div.sheet",
        {},
        h("h2", {}, plain(confirm.title)),
        h("p.rich", {}, textObject(confirm.text, surface.names)),
        h(
          "div.row.end",
          {},
          h(
            "button",
            { type: "button", onclick: () => opened.close("deny") },
            plain(confirm.deny) || "Cancel",
          ),
          h(
            confirm.style === "danger" ? "button.danger" : "button.primary",
            { type: "button", onclick: () => opened.close("yes") },
            plain(confirm.confirm) || "Yes",
          ),
        ),
      ),
      { label: plain(confirm.title), onclose: (reason) => resolve(reason === "yes") },
    );
  });
}

/** What every element shares: its name for focus, its labels, and how a change is told. */
function wiring(element, block, surface, { fires, labelled, described, invalid }) {
  const common = {
    id: surface.domId(block.block_id, element.action_id),
    "data-focus": `${block.block_id}/${element.action_id}`,
    "aria-label": labelled
      ? null
      : plain(element.placeholder) || plain(block.label) || plain(block.text) || element.type,
    "aria-describedby": described,
    "aria-invalid": invalid ? "true" : null,
    autofocus: element.focus_on_load || null,
  };
  async function change(value, { fire = fires } = {}) {
    surface.set(block.block_id, element.action_id, value);
    if (fire && (await confirmed(element, surface))) await surface.act(block.block_id, element, value);
  }
  return { common, change, value: surface.value(block.block_id, element) };
}

function button(element, block, surface) {
  const style = { primary: ".primary", danger: ".danger" }[element.style] ?? "";
  return h(
    `button.block-button${style}`,
    {
      type: "button",
      "data-focus": `${block.block_id}/${element.action_id}`,
      "aria-label": element.accessibility_label,
      onclick: async () => {
        if (!(await confirmed(element, surface))) return;
        if (element.url) surface.follow(element.url);
        await surface.act(block.block_id, element);
      },
    },
    textObject(element.text, surface.names),
  );
}

function optionsOf(element) {
  return element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
}

function choices(element, chosen, toOption) {
  if (element.option_groups) {
    return element.option_groups.map((group) =>
      h("optgroup", { label: plain(group.label) }, group.options.map(toOption)),
    );
  }
  return optionsOf(element).map(toOption);
}

function staticSelect(element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  return h(
    "select.block-select",
    { ...common, onchange: (event) => change(event.target.value || null) },
    h("option", { value: "", selected: !value }, plain(element.placeholder) || "Select an option"),
    choices(element, value, (option) =>
      h("option", { value: option.value, selected: option.value === value }, plain(option.text)),
    ),
  );
}

function peopleSelect(element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  const people = Object.entries(surface.users).sort(([, a], [, b]) => a.name.localeCompare(b.name));
  return h(
    "select.block-select",
    { ...common, onchange: (event) => change(event.target.value || null) },
    h("option", { value: "", selected: !value }, plain(element.placeholder) || "Select a person"),
    people.map(([id, user]) => h("option", { value: id, selected: id === value }, user.name)),
  );
}

/** Boxes for `options`, whose values `chosen` holds; at most `limit` of them. `changed()` hears of a change. */
function optionBoxes(options, chosen, { limit, focus, surface, changed }) {
  return options.map((option) => {
    const onchange = ({ target }) => {
      if (target.checked && chosen.size >= limit) target.checked = false;
      else if (target.checked) chosen.add(option.value);
      else chosen.delete(option.value);
      changed();
    };
    const box = { type: "checkbox", checked: chosen.has(option.value), value: option.value, onchange };
    const name = { "data-focus": `${focus}/${option.value}` };
    return h("label.tick", {}, h("input", { ...box, ...name }), h("span", {}, label(option, surface)));
  });
}

/** Several options of many: a list of boxes that opens under a line with what is chosen; told when it closes. */
function multiSelect(element, block, surface, use, options) {
  const { common, change, value } = wiring(element, block, surface, use);
  const { id, "data-focus": focus, ...described } = common;
  const chosen = new Set(value ?? []);
  const before = JSON.stringify([...chosen]);
  const said = h("span.chosen");
  const count = () => {
    const picks = options.filter((option) => chosen.has(option.value));
    const none = h("span.placeholder", {}, plain(element.placeholder) || "Select options");
    said.replaceChildren(
      ...(picks.length ? picks.map(({ text }) => h("span.pick", {}, plain(text))) : [none]),
    );
  };
  const changed = () => {
    change([...chosen], { fire: false });
    count();
  };
  const ontoggle = ({ target }) => {
    if (!target.open && use.fires && JSON.stringify([...chosen]) !== before) change([...chosen]);
  };
  const limit = element.max_selected_items ?? Infinity;
  const boxes = optionBoxes(options, chosen, { limit, focus, surface, changed });
  count();
  return h(
    "details.block-multi",
    { id, role: "group", ...described, ontoggle, onkeydown: closeOnEscape },
    h("summary", { "data-focus": focus, "aria-label": described["aria-label"] }, said),
    h("div.options", {}, boxes),
  );
}

/** Esc closes a list that is open, and nothing around it. */
function closeOnEscape(event) {
  const list = event.currentTarget;
  if (event.key !== "Escape" || !list.open) return;
  event.preventDefault();
  event.stopPropagation();
  list.open = false;
  list.firstElementChild.focus();
}

function ticks(kind, element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  const many = kind === "checkbox";
  const chosen = new Set(many ? (value ?? []) : [value]);
  const { id, ...group } = common;
  return h(
    "div.block-ticks",
    { id, role: many ? "group" : "radiogroup", ...group, autofocus: null, "data-focus": null },
    optionsOf(element).map((option) =>
      h(
        "label.tick",
        {},
        h("input", {
          type: kind,
          name: id,
          value: option.value,
          checked: chosen.has(option.value),
          "data-focus": `${common["data-focus"]}/${option.value}`,
          onchange: (event) => {
            if (!many) return change(option.value);
            if (event.target.checked) chosen.add(option.value);
            else chosen.delete(option.value);
            return change([...chosen]);
          },
        }),
        h(
          "span.rich",
          {},
          label(option, surface),
          option.description
            ? h("span.description", {}, textObject(option.description, surface.names))
            : null,
        ),
      ),
    ),
  );
}

function textInput(element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  const when = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const properties = {
    ...common,
    placeholder: plain(element.placeholder) || null,
    maxlength: element.max_length,
    value: value ?? "",
    oninput: (event) =>
      change(event.target.value || null, { fire: use.fires && when.includes("on_character_entered") }),
    onkeydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey && use.fires && when.includes("on_enter_pressed")) {
        event.preventDefault();
        change(event.target.value || null);
      }
    },
  };
  if (element.multiline) return h("textarea.block-text", { ...properties, rows: "4" });
  const type = { email_text_input: "email", url_text_input: "url" }[element.type] ?? "text";
  return h("input.block-text", { ...properties, type, autocomplete: "off" });
}

function numberInput(element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  return h("input.block-text", {
    ...common,
    type: "text",
    inputmode: element.is_decimal_allowed ? "decimal" : "numeric",
    autocomplete: "off",
    placeholder: plain(element.placeholder) || null,
    value: value ?? "",
    oninput: (event) => change(event.target.value || null, { fire: false }),
    onchange: (event) => use.fires && change(event.target.value || null),
  });
}

function picker(type, element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  const seconds = type === "datetime-local";
  const shown = seconds && value ? new Date(value * 1000).toISOString().slice(0, 16) : (value ?? "");
  return h("input.block-text.short", {
    ...common,
    type,
    value: shown,
    onchange: (event) => {
      const typed = event.target.value;
      change(!typed ? null : seconds ? Date.parse(`${typed}:00Z`) / 1000 : typed);
    },
  });
}

/** Files, handed to Slack as soon as they are chosen; what was chosen before is named, since a browser forgets it. */
function fileInput(element, block, surface, use) {
  const { common, change, value } = wiring(element, block, surface, use);
  const told = (files) => (files.length ? `Uploaded: ${files.map((file) => file.name).join(", ")}` : "");
  const said = h("span.placeholder", { role: "status" }, told(value ?? []));
  const most = element.max_files ?? 10;
  const onchange = async ({ target }) => {
    const given = await Promise.all([...target.files].slice(0, most).map((file) => surface.upload(file)));
    const taken = given.filter(Boolean);
    said.textContent = told(taken);
    await change(taken);
  };
  const accept = (element.filetypes ?? []).map((type) => `.${type}`).join(",") || null;
  const picker = h("input.block-file", { ...common, type: "file", multiple: most > 1, accept, onchange });
  return h("div.block-files", {}, picker, said);
}

function overflow(element, block, surface) {
  const { common } = wiring(element, block, surface, { fires: true });
  return h(
    "details.block-overflow",
    {
      onkeydown: closeOnEscape,
    },
    h("summary", { "aria-label": "More actions", "data-focus": common["data-focus"] }, "⋯"),
    h(
      "div.options",
      {},
      element.options.map((option) =>
        h(
          "button",
          {
            type: "button",
            onclick: async (event) => {
              event.target.closest("details").open = false;
              if (!(await confirmed(element, surface))) return;
              if (option.url) surface.follow(option.url);
              await surface.act(block.block_id, element, option.value);
            },
          },
          label(option, surface),
        ),
      ),
    ),
  );
}

/**
 * One element. `use`: `fires` (a change is told to the app at once), `labelled` (a <label for> names it),
 * `described` (ids of hint and error), `invalid`.
 */
export function drawElement(element, block, surface, use = { fires: true }) {
  const users = () =>
    Object.entries(surface.users).map(([value, user]) => ({
      value,
      text: { type: "plain_text", text: user.name },
    }));
  switch (element.type) {
    case "button":
      return button(element, block, surface);
    case "static_select":
      return staticSelect(element, block, surface, use);
    case "users_select":
      return peopleSelect(element, block, surface, use);
    case "multi_static_select":
      return multiSelect(element, block, surface, use, optionsOf(element));
    case "multi_users_select":
      return multiSelect(element, block, surface, use, users());
    case "radio_buttons":
      return ticks("radio", element, block, surface, use);
    case "checkboxes":
      return ticks("checkbox", element, block, surface, use);
    case "plain_text_input":
    case "email_text_input":
    case "url_text_input":
      return textInput(element, block, surface, use);
    case "number_input":
      return numberInput(element, block, surface, use);
    case "datepicker":
      return picker("date", element, block, surface, use);
    case "timepicker":
      return picker("time", element, block, surface, use);
    case "datetimepicker":
      return picker("datetime-local", element, block, surface, use);
    case "file_input":
      return fileInput(element, block, surface, use);
    case "overflow":
      return overflow(element, block, surface);
    default:
      return h("span.unknown", {}, `The sandbox does not show “${element.type}”.`);
  }
}
