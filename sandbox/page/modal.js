/** Slack's modals: the topmost view of the stack over the Slack pane, with focus held inside until it is closed. */

import { ICONS, h, icon, keep, reachable } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { avatar } from "./people.js";

const hasErrors = (view) => Object.keys(view.errors ?? {}).length > 0;

/** Tab goes round inside `box`. */
function holdFocus(box, event) {
  if (event.key !== "Tab") return;
  const all = reachable(box);
  const edge = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== edge && box.contains(document.activeElement)) return;
  event.preventDefault();
  (event.shiftKey ? all.at(-1) : all[0])?.focus();
}

export class Modal {
  /**
   * `layer` lies over `behind`, which cannot be used while a modal is open. `surfaceOf(view)` makes the surface of a
   * view; `submit(view, values)` and `close(view)` tell the platform. Focus goes back to where it was, `otherwise()`
   * when that is gone.
   */
  constructor({ layer, behind, otherwise, surfaceOf, submit, close }) {
    Object.assign(this, { layer, behind, otherwise, surfaceOf, submit, close });
    this.open = null;
    this.returnTo = null;
    this.submitted = false;
  }

  isOpen() {
    return this.open !== null;
  }

  focus() {
    const body = this.layer.querySelector(".modal-body");
    const first = body.querySelector("[autofocus]") ?? reachable(body)[0];
    (first ?? this.layer.querySelector("h2")).focus();
  }

  /** The open view is the last of `modals`; an empty list closes. */
  show(modals) {
    const view = modals.at(-1) ?? null;
    const { activeElement } = document;
    const inside = activeElement === document.body || this.layer.parentElement.contains(activeElement);
    if (view && !this.open) this.returnTo = inside ? activeElement : null;
    const scroll = this.layer.querySelector(".modal-body")?.scrollTop;
    this.behind.inert = Boolean(view);
    this.layer.hidden = !view;
    keep(this.layer, view ? [{ key: view.id, data: view, draw: () => this.#draw(view) }] : []);
    if (view && view.id === this.open) this.layer.querySelector(".modal-body").scrollTop = scroll;
    else if (view && inside) this.focus();
    else if (!view && this.open && inside) this.#giveBack();
    this.open = view?.id ?? null;
    if (view && this.submitted && hasErrors(view) && !view.busy) this.#focusError();
  }

  #focusError() {
    this.submitted = false;
    this.layer.querySelector("[aria-invalid='true'], .wrong input, .wrong summary")?.focus();
  }

  /** Focus what had it before the modal; it may have been drawn anew since, under the same name. */
  #giveBack() {
    const name = this.returnTo?.dataset.focus;
    const again = name && this.behind.querySelector(`[data-focus="${CSS.escape(name)}"]`);
    const same = this.returnTo?.isConnected && this.returnTo !== document.body ? this.returnTo : null;
    if (again || same) (again || same).focus({ preventScroll: true });
    else this.otherwise();
  }

  #draw(view) {
    const titleId = `modal-${view.id}-title`;
    const surface = this.surfaceOf(view);
    const close = () => this.close(view);
    const onkeydown = (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else {
        holdFocus(form, event);
      }
    };
    const onsubmit = (event) => {
      event.preventDefault();
      this.submitted = true;
      this.submit(view, surface.values());
    };
    const about = { role: "dialog", "aria-modal": "true", "aria-labelledby": titleId, novalidate: true };
    const shut = { type: "button", "aria-label": "Close", "data-focus": "modal-x", onclick: close };
    const warning = h("p.problem", { role: "alert" }, "Some answers need another look.");
    const form = h(
      "form.modal",
      { ...about, "aria-busy": view.busy ? "true" : null, onkeydown, onsubmit },
      h(
        "header",
        {},
        avatar("", { bot: true }),
        h("h2", { id: titleId, tabindex: "-1" }, view.title),
        h("button.round", shut, icon(ICONS.close)),
      ),
      h(
        "div.modal-body",
        { tabindex: "-1" },
        hasErrors(view) ? warning : null,
        drawBlocks(view.blocks, surface),
      ),
      this.#drawFoot(view, close),
    );
    return form;
  }

  #drawFoot(view, close) {
    const submit = { type: "submit", "data-focus": "modal-submit", disabled: view.busy };
    const spinner = view.busy ? h("span.spin", { "aria-hidden": "true" }) : null;
    const words = view.close || (view.submit ? "Cancel" : "Close");
    return h(
      "footer",
      {},
      h("button", { type: "button", "data-focus": "modal-close", onclick: close }, words),
      view.submit ? h("button.primary", submit, spinner, view.submit) : null,
    );
  }
}
