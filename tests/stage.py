"""The stage on which scenarios are played: the sandbox, the bot over HTTP beside it, and people.

An `Actor` has one vocabulary on both platforms. What it says, taps and fills goes over real HTTP through the real
clients; what it sees is what the sandbox shows.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.app import App, assemble
from bot.chat.events import Account
from bot.settings import read_settings
from sandbox.person import Seen
from sandbox.server import serve
from sandbox.slack.person import SlackPerson
from sandbox.slack.state import TEAM_ID
from sandbox.telegram.person import TelegramPerson
from sandbox.world import World
from tests.web import listening

UNHURRIED = dict.fromkeys(("TELEGRAM_CHAT_RATE", "SLACK_CHANNEL_RATE", "SLACK_WORKSPACE_RATE"), "1000")
"""Nobody waits in real time for the next second in which a chat may be written to: tests/outreach measures that."""
WEBHOOK_SECRET = "scenario-webhook-secret"  # noqa: S105 - made up, the stage's own


class Actor:
    """Somebody who uses the bot on one platform."""

    def __init__(self, stage: "Stage", person: TelegramPerson | SlackPerson) -> None:
        self.stage = stage
        self.person = person
        self.in_slack = isinstance(person, SlackPerson)

    async def say(self, text: str) -> None:
        """Write words, or give a command: `/join` is `/4p1000 join` in Slack."""
        if text.startswith("/"):
            name, _, rest = text.partition(" ")
            await self.person.command(name, rest)
        else:
            await self.person.say(text)
        await self.stage.quiet()

    async def tap(self, label: str, on: Seen | None = None) -> None:
        """Tap the button with this label, on the newest message that has it, or on an old one."""
        if isinstance(self.person, SlackPerson) and self.person.modal is not None:
            # The form that opened by itself offers the same as the message behind it.
            await self.person.close()
        await self.person.tap(label, on)
        await self.stage.quiet()

    async def tap_twice(self, label: str) -> None:
        """Tap twice before anything happens."""
        await self.person.tap_twice(label)
        await self.stage.quiet()

    async def fill(self, answers: Mapping[str, Any], *, open_form: str = "Open as a form") -> None:
        """Answer these questions: in Slack in the form, on Telegram one after the other, with buttons where there are
        some. A list chooses several, and None skips."""
        if isinstance(self.person, SlackPerson):
            await self._fill_form(self.person, answers, open_form)
        else:
            for label, value in answers.items():
                await self._answer(label, value)

    def one_message(self) -> Seen:
        """What the bot said or changed since the last act, which must be one message."""
        news = self.person.news()
        assert len(news) == 1, f"not one message but {len(news)}:\n" + "\n\n".join(map(str, news))
        return news[0]

    def sees(self, *texts: str) -> None:
        """Every text stands in the messages on the screen."""
        for text in texts:
            assert text in self.messages, f"{text!r} is not in:\n{self.messages}"

    def sees_not(self, text: str) -> None:
        """The text stands in no message on the screen."""
        assert text not in self.messages, f"{text!r} is in:\n{self.messages}"

    @property
    def messages(self) -> str:
        """The newest messages with their buttons."""
        return "\n\n".join(map(str, self.person.messages()))

    @property
    def last(self) -> Seen:
        """The newest message of the bot."""
        return next(message for message in reversed(self.person.messages()) if not message.mine)

    async def _fill_form(self, person: SlackPerson, answers: Mapping[str, Any], open_form: str) -> None:
        if person.modal is None:
            await person.tap(open_form)
            await person.until(lambda: person.modal is not None)
        for label, value in answers.items():
            if value is not None:
                await person.choose(label, value)
                await self.stage.quiet()
        errors = await person.submit()
        assert not errors, errors
        await self.stage.quiet()

    async def _answer(self, label: str, value: Any) -> None:
        if value is None:
            await self.tap("Skip")
        elif isinstance(value, list):
            if all(each in self.last.buttons for each in value):
                for each in value:
                    await self.tap(each, self.last)
                await self.tap("Done")
            else:
                await self.say(", ".join(value))
        else:
            await self._tap_or_say(value)

    async def _tap_or_say(self, answer: str) -> None:
        if answer in self.last.buttons:
            await self.tap(answer, self.last)
        else:
            await self.say(answer)


class Stage:
    """The world, the bot in it, and its people."""

    def __init__(self, world: World, app: App) -> None:
        self.world = world
        self.app = app

    def telegram(self, persona: str) -> Actor:
        """Somebody on Telegram."""
        return Actor(self, TelegramPerson(self.world, persona))

    def slack(self, persona: str) -> Actor:
        """Somebody in Slack."""
        return Actor(self, SlackPerson(self.world, persona))

    async def quiet(self) -> None:
        """Wait until the bot has said all it has to say."""
        for platform in (self.app.telegram, self.app.slack):
            if platform is not None:
                await platform.aclose()
        await self.app.postbox.settle()


@asynccontextmanager
async def stage(database_url: str, *, secretariat: tuple[str, ...] = ("tom", "ruth")) -> AsyncIterator[Stage]:
    """Open the curtain: a fresh world, and the bot with webhooks from both platforms."""
    world = World()
    async with serve(world) as sandbox:
        settings = read_settings(
            "web",
            {
                "DATABASE_URL": database_url,
                "PUBLIC_URL": "http://127.0.0.1",
                "TELEGRAM_BOT_TOKEN": world.telegram.token,
                "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "TELEGRAM_API_URL": f"{sandbox}/telegram",
                "SLACK_BOT_TOKEN": world.slack.bot_token,
                "SLACK_SIGNING_SECRET": world.slack.signing_secret,
                "SLACK_API_URL": f"{sandbox}/slack/api/",
                "SECRETARIAT": ",".join(str(account(world, persona)) for persona in secretariat),
                "CONTACT": "help@example.org",
                **UNHURRIED,
            },
        )
        async with assemble(settings, lambda: world.now) as app, listening(app.asgi()) as address:
            assert app.telegram is not None
            await app.telegram.register(address, WEBHOOK_SECRET)
            slack = world.slack
            slack.events_url = slack.interactivity_url = slack.commands_url = f"{address}/slack/events"
            yield Stage(world, app)
            await asyncio.sleep(0)


def account(world: World, persona: str) -> Account:
    """A persona's account, as SECRETARIAT names it; Slack's where there is one."""
    person = world.people[persona]
    return Account("slack", person.slack, TEAM_ID) if person.slack else Account("telegram", str(person.telegram))
