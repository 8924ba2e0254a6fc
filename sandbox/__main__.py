"""`python -m sandbox`: the sandbox on its own, for a bot that runs elsewhere on this machine."""

import argparse
import asyncio
import signal
import sys

from sandbox.rules import DEFAULT, RATES
from sandbox.server import serve
from sandbox.world import World


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Slack and a local Telegram.")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind to (default: the loopback one)")
    parser.add_argument("--port", type=int, default=8400, help="port of everything but Socket Mode (default: 8400)")
    parser.add_argument(
        "--slack-url", help="where the bot takes Slack's requests, e.g. http://127.0.0.1:8000/slack/events"
    )
    parser.add_argument("--rates", action="store_true", help="answer 429 where the platforms would")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    world = World(strict=DEFAULT | (RATES if arguments.rates else frozenset()))
    slack = world.slack
    slack.events_url = slack.interactivity_url = slack.commands_url = arguments.slack_url
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(world, arguments.host, arguments.port) as address:
        print(f"The sandbox is at {address}/")
        print(f"TELEGRAM_API_URL={address}/telegram TELEGRAM_BOT_TOKEN={world.telegram.token}")
        print(
            f"SLACK_API_URL={address}/slack/api/ SLACK_BOT_TOKEN={slack.bot_token} "
            f"SLACK_APP_TOKEN={slack.app_token} SLACK_SIGNING_SECRET={slack.signing_secret}",
            flush=True,
        )
        await stop.wait()


if __name__ == "__main__":
    try:
        asyncio.run(_run(_arguments()))
    except OSError as error:
        sys.exit(f"The sandbox cannot listen there: {error.strerror}")
