/**
 * A surface is what Block Kit is drawn on: a message, a modal or a Home. It remembers what was typed and chosen there
 * until the platform has heard of it, so that a redraw never takes it away.
 */

const drafts = new Map();

/** The value that an element starts with, in the control interface's form of values. */
function initial(element) {
  switch (element.type) {
    case "checkboxes":
    case "multi_static_select":
      return (element.initial_options ?? []).map((option) => option.value);
    case "static_select":
    case "radio_buttons":
      return element.initial_option?.value ?? null;
    case "datepicker":
      return element.initial_date ?? null;
    case "timepicker":
      return element.initial_time ?? null;
    case "datetimepicker":
      return element.initial_date_time ?? null;
    case "users_select":
      return element.initial_user ?? null;
    case "multi_users_select":
      return element.initial_users ?? [];
    default:
      return element.initial_value ?? null;
  }
}

/**
 * `key` names the surface for good and `blocks` are what stands on it; `on` is what the control interface's `on` takes; `state`, `errors`, `busy` come from
 * the view. `post(body)` sends an action; `upload(file)` hands a file over and gives Slack's object for it. `names` and
 * `users` resolve ids.
 */
export function createSurface({
  key,
  blocks,
  on,
  state = {},
  errors = {},
  busy = false,
  post,
  names,
  users,
  follow,
  upload,
}) {
  if (!drafts.has(key)) drafts.set(key, {});
  const mine = drafts.get(key);
  // A view may be given other blocks: what was typed in those that are gone is nobody's any more.
  const here = new Set(blocks.map((block) => block.block_id));
  for (const blockId of Object.keys(mine)) if (!here.has(blockId)) delete mine[blockId];
  return {
    key,
    errors,
    busy,
    names,
    users,
    follow,
    upload,
    domId: (...parts) => [key, ...parts].join("-").replace(/[^\w-]/g, "_"),
    value(blockId, element) {
      const typed = mine[blockId]?.[element.action_id];
      if (typed !== undefined) return typed;
      const known = state[blockId]?.[element.action_id];
      return known !== undefined ? known : initial(element);
    },
    set(blockId, actionId, value) {
      (mine[blockId] ??= {})[actionId] = value;
    },
    /** What was typed or chosen here, {block_id: {action_id: value}}. */
    values: () => structuredClone(mine),
    /** The person used `element`: tell the app, with what the other inputs hold. */
    async act(blockId, element, value) {
      const body = { on, block_id: blockId, action_id: element.action_id, values: structuredClone(mine) };
      if (value !== undefined) body.value = value;
      await post(body);
    },
  };
}

/** Forget the drafts of surfaces that are gone: `alive(key)` says which still are. */
export function forgetDrafts(alive) {
  for (const key of drafts.keys()) if (!alive(key)) drafts.delete(key);
}
