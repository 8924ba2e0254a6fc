/** Who sits in front of which platform, and following what each of them sees. */

import { Refused, look } from "./control.js";

export const PLATFORMS = ["slack", "telegram"];
const WAIT_SECONDS = 25;
const RETRY_MS = 1000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const once = (target, name) =>
  new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

export class Seats {
  /**
   * `seen()` is called when there is something new to show, `connected(boolean)` when the sandbox goes away or is
   * back. A window keeps one request open per person it shows, and none while it is hidden.
   */
  constructor({ seen, connected }) {
    Object.assign(this, { seen, connected });
    this.seats = { slack: null, telegram: null };
    this.views = { slack: null, telegram: null };
    this.interrupt = new AbortController();
  }

  /** What the person at `platform` sees, null until it is known. */
  view(platform) {
    const view = this.views[platform];
    return view?.person === this.seats[platform] ? view : null;
  }

  sit(platform, person) {
    this.seats[platform] = person;
    this.startOver();
  }

  /** Look again at once, as if nothing had been seen. */
  startOver() {
    this.interrupt.abort();
    this.interrupt = new AbortController();
  }

  begin() {
    for (const platform of PLATFORMS) this.#follow(platform);
  }

  async #follow(platform) {
    let revision = null;
    for (;;) {
      if (document.hidden) await once(document, "visibilitychange");
      const { signal } = this.interrupt;
      const person = this.seats[platform];
      if (!person || (platform === "telegram" && person === this.seats.slack)) {
        await once(signal, "abort"); // nobody is here, or the other platform's request tells of them
        continue;
      }
      try {
        const view = await look(person, { after: revision, wait: WAIT_SECONDS, signal });
        this.connected(true);
        if (view) this.#take(person, view);
        if (view) revision = view.revision;
        if (signal.aborted) revision = null;
      } catch (error) {
        revision = null;
        await this.#recover(error);
      }
    }
  }

  #take(person, view) {
    for (const platform of PLATFORMS) if (this.seats[platform] === person) this.views[platform] = view;
    this.seen();
  }

  async #recover(error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) console.error(error);
    this.connected(error.status !== 0);
    await pause(RETRY_MS);
  }
}
