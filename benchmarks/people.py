"""Simulated people who fill in the join form, each at the pace of the bot's replies."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import orjson

from benchmarks.api import Api, How
from benchmarks.wire import Webhook

PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Tap:
    """Press one of these buttons, as each person likes; without labels, the first one."""

    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """Type these words."""

    words: str


Step = Tap | Write

NOTE = "We restore degraded pastures with local herders and can share ten years of soil measurements."

# What one person does from the first word to "your request was sent".
FORM: tuple[Step, ...] = (
    Write("/join"),
    Tap(("English",)),
    Tap(("I agree",)),
    Tap(("On my own",)),
    Tap(("Youth", "Senior", "Neither")),
    Tap(("Volunteer", "Professional")),
    Tap(tuple("12345678")),
    Tap(),
    Tap(("Team member",)),
    Tap(),
    Tap(("Done",)),
    Write(NOTE),
    Tap(("Send the request",)),
)


class Stuck(Exception):
    """The bot did not do what a person needs to go on."""


@dataclass(slots=True)
class Crowd:
    """Everybody who writes to one bot. `latencies` are seconds per step, in the order the steps ended."""

    api: Api
    webhook: Webhook
    random: Random
    latencies: list[float] = field(default_factory=list)
    forms: int = 0
    _updates: Iterator[int] = field(default_factory=lambda: count(1))
    _people: Iterator[int] = field(default_factory=lambda: count(5_000_000))

    async def keep_playing(self, people: int, until: float) -> None:
        """That many people at a time. Whoever is done is followed by a new one until the loop's clock says `until`;
        forms begun by then are finished. Raises `Stuck`."""

        async def one_after_the_other() -> None:
            while asyncio.get_running_loop().time() < until:
                await self.fill_in()

        async with asyncio.TaskGroup() as group:
            for _ in range(people):
                group.create_task(one_after_the_other())

    async def fill_in(self) -> None:
        """A new person fills in the form."""
        person = Person(next(self._people), self)
        self.api.readers[person.id] = person
        for step in FORM:
            await person.take(step)
        del self.api.readers[person.id]
        self.forms += 1

    @property
    def steps(self) -> int:
        return len(self.latencies)

    async def post(self, update: dict[str, Any]) -> int:
        return await self.webhook.post(orjson.dumps({"update_id": next(self._updates), **update}))


class Person:
    """One person in their private chat with the bot."""

    def __init__(self, id: int, crowd: Crowd) -> None:
        self.id = id
        self._crowd = crowd
        self._user = {"id": id, "is_bot": False, "first_name": "Awa", "last_name": "Diop", "language_code": "en"}
        self._chat = {"id": id, "type": "private", "first_name": "Awa", "last_name": "Diop"}
        self._screen: dict[str, Any] = {}
        self._expected: How = "sent"
        self._reply: asyncio.Future[dict[str, Any]] | None = None
        self._replied_at = 0.0
        self._written = count(1)

    async def take(self, step: Step) -> None:
        """Do it and wait for the reply: a tap is answered by an edit of its message, words by a new message. Raises
        `Stuck` when no reply comes, or the button is not there."""
        update = self._typed(step.words) if isinstance(step, Write) else self._tapped(step)
        self._expected = "sent" if isinstance(step, Write) else "edited"
        self._reply = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        status = await self._crowd.post(update)
        if status != 200:
            raise Stuck(f"the webhook answered {status}")
        try:
            self._screen = await asyncio.wait_for(self._reply, PATIENCE_SECONDS)
        except TimeoutError:
            raise Stuck(f"nothing came in {PATIENCE_SECONDS} s after {step}") from None
        self._crowd.latencies.append(self._replied_at - began)

    def receive(self, how: How, message: dict[str, Any]) -> None:
        """What the bot said arrived."""
        if how == self._expected and self._reply is not None and not self._reply.done():
            self._replied_at = time.perf_counter()
            self._reply.set_result(message)

    def _typed(self, words: str) -> dict[str, Any]:
        message = {
            "message_id": next(self._written),
            "from": self._user,
            "chat": self._chat,
            "date": int(time.time()),
            "text": words,
        }
        if words.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(words)}]
        return {"message": message}

    def _tapped(self, step: Tap) -> dict[str, Any]:
        query = {
            "id": f"{self.id}{next(self._written):08}",
            "from": self._user,
            "chat_instance": "-3788",
            "message": self._screen,
            "data": self._button(step.labels),
        }
        return {"callback_query": query}

    def _button(self, labels: Sequence[str]) -> str:
        """The token behind one of the buttons that the last reply brought."""
        rows = self._screen.get("reply_markup", {}).get("inline_keyboard", [])
        tokens = {button["text"]: button.get("callback_data", "") for row in rows for button in row}
        label = self._crowd.random.choice(labels) if labels else next(iter(tokens), "")
        if label not in tokens:
            raise Stuck(f"there is no button {label!r} among {list(tokens)}: {self._screen.get('text')!r}")
        return str(tokens[label])
