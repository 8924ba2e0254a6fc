/** Who sits in front of which platform, and following what each of them sees. */

import { Refused, look } from "./control.js";

export const PLATFORMS = ["slack", "telegram"];
const WAIT_SECONDS = 25;
const RETRY_MS = 1000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

/**
 * `seen()` is called when there is something new to show, `connected(boolean)` when the sandbox goes away or is back.
 * A window keeps one request open per person it shows, and none while it is hidden.
 */
export function createSeats({ seen, connected }) {
  const seats = { slack: null, telegram: null };
  const views = { slack: null, telegram: null };
  let interrupt = new AbortController();

  function startOver() {
    interrupt.abort();
    interrupt = new AbortController();
  }

  async function follow(platform) {
    let revision = null;
    for (;;) {
      if (document.hidden) await once(document, "visibilitychange");
      const { signal } = interrupt;
      const person = seats[platform];
      if (!person || (platform === "telegram" && person === seats.slack)) {
        await once(signal, "abort");
        continue;
      }
      try {
        const view = await look(person, { after: revision, wait: WAIT_SECONDS, signal });
        connected(true);
        if (!view) continue;
        revision = signal.aborted ? null : view.revision;
        for (const each of PLATFORMS) if (seats[each] === person) views[each] = view;
        seen();
      } catch (error) {
        revision = null;
        if (error.name === "AbortError") continue;
        if (!(error instanceof Refused)) console.error(error);
        connected(error.status !== 0);
        await pause(RETRY_MS);
      }
    }
  }

  return {
    seats,
    /** What the person at `platform` sees, null until it is known. */
    view: (platform) => (views[platform]?.person === seats[platform] ? views[platform] : null),
    sit(platform, person) {
      seats[platform] = person;
      startOver();
    },
    startOver,
    begin() {
      for (const platform of PLATFORMS) follow(platform);
    },
  };
}
