/** What a Slack app shows besides messages: its Home, published by the app, and what Slack says about it. */

import { drawBlocks } from "./blocks.js";
import { h, redraw } from "./dom.js";
import { avatar } from "./people.js";

/** Draw the Home of `view` into `desk`; `surfaceOf(home)` makes the surface its blocks are used on. */
export function drawHome(desk, view, surfaceOf) {
  desk.setAttribute("aria-label", "Home");
  if (!view.home) {
    redraw(desk, "no home", () =>
      h("div.empty", {}, avatar("", { bot: true }), h("p", {}, "This app has not published its Home yet.")),
    );
    return;
  }
  redraw(desk, view.home, (home) =>
    h(
      "div.blocks.home",
      { "aria-busy": home.busy ? "true" : null },
      drawBlocks(home.blocks, surfaceOf(home)),
    ),
  );
}

/** Draw the app's About tab: its slash commands. */
export function drawAbout(desk, view) {
  desk.setAttribute("aria-label", "About");
  redraw(desk, [view.bot, view.commands], () =>
    h(
      "div.about-app",
      {},
      avatar("", { bot: true }),
      h("h3", {}, view.bot.name),
      h("p", {}, "An app of this workspace. These are its slash commands:"),
      h(
        "dl",
        {},
        view.commands.map(({ command, description, hint }) => [
          h("dt", {}, h("code", {}, [command, hint].filter(Boolean).join(" "))),
          h("dd", {}, description),
        ]),
      ),
    ),
  );
}
