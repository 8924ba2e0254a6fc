/** Building elements and keeping lists of them in step with data, without losing focus, typing or scroll. */

/**
 * Make an element: h("button.primary", {type: "button", onclick: f}, "Send").
 * Properties starting with "on" are listeners; false, null and undefined attributes are left out; text is never HTML.
 */
export function h(selector, properties = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A decorative icon drawn from one path on a 24 × 24 grid; hidden from screen readers. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  clip: "M8 12.5l6-6a3 3 0 0 1 4.3 4.3l-8 8a5 5 0 0 1-7-7l7.6-7.7",
  thread: "M4 5h16v11H10l-5 4v-4H4V5Z",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4v-9Z",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3.5 2",
  inspect: "M9 8l-4 4 4 4M15 8l4 4-4 4",
  file: "M6 3h8l4 4v14H6V3Zm8 0v4h4",
  lock: "M6 11h12v9H6v-9Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3",
};

const FOCUSABLE = "button, input, select, textarea, a[href], summary, [tabindex='0']";

/** What Tab reaches inside `root`, in order. */
export function reachable(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter(
    (element) => !element.disabled && element.tabIndex >= 0 && element.getClientRects().length > 0,
  );
}

/** Where focus (and the caret) is inside `root`, as something that survives a redraw: a name, else a position. */
function focusMark(root) {
  const active = document.activeElement;
  if (!active || !root.contains(active)) return null;
  const hasCaret = typeof active.selectionStart === "number";
  return {
    name: active.dataset.focus,
    index: reachable(root).indexOf(active),
    caret: hasCaret ? [active.selectionStart, active.selectionEnd] : null,
  };
}

function restoreFocus(root, mark) {
  if (!mark) return;
  const all = reachable(root);
  const named = mark.name && all.find((element) => element.dataset.focus === mark.name);
  const target = named || (mark.index >= 0 && all[Math.min(mark.index, all.length - 1)]);
  if (!target) {
    root.tabIndex = -1;
    root.focus({ preventScroll: true });
    return;
  }
  target.focus({ preventScroll: true });
  if (mark.caret && typeof target.selectionStart === "number") target.setSelectionRange(...mark.caret);
}

/**
 * Bring the children of `parent` in step with `items`: [{key, data, draw}]. A child is drawn again only when its
 * data changed; focus inside a child that is drawn again stays where it was. Returns which keys are new, which changed.
 */
export function keep(parent, items) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const news = { added: [], changed: [] };
  let place = parent.firstElementChild;
  for (const { key, data, draw } of items) {
    const print = JSON.stringify(data);
    const known = old.get(String(key));
    let child = known;
    if (known?.print !== print) {
      child = draw(data);
      child.dataset.key = key;
      child.print = print;
      if (known) {
        const mark = focusMark(known);
        if (place === known) place = child;
        known.replaceWith(child);
        restoreFocus(child, mark);
      }
      news[known ? "changed" : "added"].push(key);
    }
    old.delete(String(key));
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of old.values()) child.remove();
  return news;
}

/** Draw `parent` anew when `data` changed since the last time; true when it did. */
export function redraw(parent, data, draw) {
  const print = JSON.stringify(data);
  if (parent.print === print) return false;
  parent.print = print;
  const mark = focusMark(parent);
  parent.replaceChildren(...[draw(data)].flat(Infinity).filter(Boolean));
  restoreFocus(parent, mark);
  return true;
}

/**
 * Keep a reader who is at the end of `box` at its end while messages arrive, pictures load and the window changes;
 * leave alone one who reads further up. `toEnd()` goes there.
 */
export function stayAtEnd(box) {
  let following = true;
  const settle = () => {
    if (following) box.scrollTop = box.scrollHeight;
  };
  box.addEventListener("scroll", () => {
    following = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  });
  box.addEventListener("load", settle, true);
  new ResizeObserver(settle).observe(box);
  return {
    settle,
    toEnd() {
      following = true;
      settle();
    },
  };
}

/**
 * Let the arrow keys go from message to message in `box`. The tools of a message (".hover") are reached by Tab from
 * that message only, so that Tab does not have to pass all of them.
 */
export function walkMessages(box) {
  const tools = (event, tabIndex) => {
    const message = event.target.closest("article");
    for (const tool of message?.querySelectorAll(".hover button") ?? []) tool.tabIndex = tabIndex;
  };
  box.addEventListener("focusin", (event) => tools(event, 0));
  box.addEventListener("focusout", (event) => tools(event, -1));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.closest("input, select, textarea, details")) return;
    const all = [...box.querySelectorAll("article")];
    const now = all.indexOf(event.target.closest("article"));
    const next = now < 0 ? all.at(-1) : all[now + step];
    if (!next) return;
    event.preventDefault();
    next.tabIndex = -1;
    next.focus();
  });
}

/** Say `text` to screen readers without moving focus. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
}

/**
 * Show `content` in a <dialog> over the page: focus is held inside, Esc and ✕ close it, focus returns to where it was.
 * `onclose` hears how it was closed: "esc" when the person dismissed it, else the reason given to close(reason).
 */
export function openDialog(content, { label, className = "", onclose = () => {} }) {
  const returnTo = document.activeElement;
  const dialog = h(`dialog.${className || "plain"}`, { "aria-label": label }, content);
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close("esc");
  });
  function close(reason) {
    if (!dialog.isConnected) return;
    dialog.close();
    dialog.remove();
    if (returnTo?.isConnected) returnTo.focus({ preventScroll: true });
    onclose(reason);
  }
  dialog.showModal();
  return { dialog, close };
}
