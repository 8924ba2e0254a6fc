/** Slack's modals: the topmost view of the stack over the Slack pane, with focus held inside until it is closed. */

import { ICONS, h, icon, keep, reachable } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { avatar } from "./people.js";

/** Tab goes round inside `box`. */
function holdFocus(box, event) {
  if (event.key !== "Tab") return;
  const all = reachable(box);
  const edge = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== edge && box.contains(document.activeElement)) return;
  event.preventDefault();
  (event.shiftKey ? all.at(-1) : all[0])?.focus();
}

/**
 * `surfaceOf(view)` makes the surface of a view; `submit(view, values)` and `close(view)` tell the platform.
 * `behind` are the elements that cannot be used while a modal is open; focus goes back to where it was, `otherwise()`
 * when that is gone.
 */
export function createModal({ layer, behind, otherwise, surfaceOf, submit, close }) {
  let open = null;
  let returnTo = null;
  let wantsError = false;

  function draw(view) {
    const surface = surfaceOf(view);
    const titleId = `modal-${view.id}-title`;
    const form = h("form.modal", {
      role: "dialog", "aria-modal": "true", "aria-labelledby": titleId, novalidate: true, "aria-busy": view.busy ? "true" : null,
      onkeydown: (event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          close(view);
        } else {
          holdFocus(form, event);
        }
      },
      onsubmit: (event) => {
        event.preventDefault();
        wantsError = true;
        submit(view, surface.values());
      },
    },
    h("header", {}, avatar("", { bot: true }), h("h2", { id: titleId, tabindex: "-1" }, view.title),
      h("button.round", { type: "button", "aria-label": "Close", "data-focus": "modal-x", onclick: () => close(view) }, icon(ICONS.close))),
    h("div.modal-body", { tabindex: "-1" },
      Object.keys(view.errors ?? {}).length ? h("p.problem.summary", { role: "alert" }, "Some answers need another look.") : null,
      drawBlocks(view.blocks, surface)),
    h("footer", {},
      h("button", { type: "button", "data-focus": "modal-close", onclick: () => close(view) }, view.close || (view.submit ? "Cancel" : "Close")),
      view.submit
        ? h("button.primary", { type: "submit", "data-focus": "modal-submit", disabled: view.busy },
          view.busy ? h("span.spin", { "aria-hidden": "true" }) : null, view.submit)
        : null));
    return form;
  }

  function focusFirst() {
    const form = layer.firstElementChild;
    const first = form?.querySelector("[autofocus]") ?? reachable(form.querySelector(".modal-body"))[0];
    (first ?? form?.querySelector("h2"))?.focus();
  }

  /** Focus what had it before the modal; it may have been drawn anew since, under the same name. */
  function giveBack() {
    const name = returnTo?.dataset.focus;
    const again = name && behind.map((element) => element.querySelector(`[data-focus="${CSS.escape(name)}"]`)).find(Boolean);
    const target = again ?? (returnTo?.isConnected && returnTo !== document.body ? returnTo : null);
    if (target) target.focus({ preventScroll: true });
    else otherwise();
  }

  return {
    /** The open view is the last of `modals`; an empty list closes. */
    show(modals) {
      const view = modals.at(-1) ?? null;
      const pane = layer.parentElement;
      const inside = document.activeElement === document.body || pane.contains(document.activeElement);
      if (view && !open) returnTo = inside ? document.activeElement : null;
      const body = layer.querySelector(".modal-body");
      const scroll = body?.scrollTop ?? 0;
      for (const element of behind) element.inert = Boolean(view);
      layer.hidden = !view;
      keep(layer, view ? [{ key: view.id, data: view, draw }] : []);
      if (view && view.id === open) layer.querySelector(".modal-body").scrollTop = scroll;
      if (view && view.id !== open && inside) focusFirst();
      if (!view && open && inside) giveBack();
      open = view?.id ?? null;
      if (wantsError && view && Object.keys(view.errors ?? {}).length && !view.busy) {
        wantsError = false;
        layer.querySelector("[aria-invalid='true'], .wrong input, .wrong summary")?.focus();
      }
    },
    isOpen: () => open !== null,
  };
}
