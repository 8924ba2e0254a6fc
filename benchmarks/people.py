"""The sandbox's people, who fill in the join form at the pace of the bot's replies.

They act on a Telegram that costs next to nothing (`benchmarks/api.py`), in place of the sandbox's.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

import orjson

from benchmarks.api import Api, How
from benchmarks.wire import Webhook
from sandbox.person import Seen
from sandbox.simulation.character import Character, draw, steadfast
from sandbox.simulation.choosing import favourite
from sandbox.simulation.goal import JOIN, Move, Standing
from sandbox.simulation.mind import Mind
from sandbox.simulation.reading import Screen, read
from sandbox.slack.form import Field, Modal

PATIENCE_SECONDS = 60
STEPS = 13
"""What one person does from the first word to "your request was sent": language, agreement, on my own, generation,
engagement, facility, coalition, role, one contribution and Done, a note typed, send."""
LONGER = ("For an organisation", "Funds")
"""The answers that call for further questions."""
NOTE = "We restore degraded pastures with local herders and can share ten years of soil measurements."


class SameForm:
    """A `Goal`: to join by the same questions as everybody else; which answers they give is up to the person."""

    command = JOIN.command
    link = JOIN.link
    acts = STEPS

    def standing(self, text: str) -> Standing:
        return JOIN.standing(text)

    def choose(self, character: Character, screen: Screen) -> Move | None:
        labels = {choice.label: choice.button for choice in screen.choices if choice.label not in LONGER}
        if "agree" in screen.controls:
            return Move("tap", screen.controls["agree"])
        if "done" in screen.controls:
            return Move("tap", screen.controls["done"])
        if not labels:
            return Move("write", NOTE)
        if send := JOIN.choose(character, screen):
            return send
        return Move("tap", labels[favourite(character, list(labels))])

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        """Telegram has no forms."""
        return None


FORM = SameForm()


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
        character = replace(steadfast(draw(self.random)), language="en")
        person = Person(next(self._people), self, Mind(character, FORM, self.random))
        self.api.readers[person.id] = person
        await person.join()
        del self.api.readers[person.id]
        self.forms += 1

    @property
    def steps(self) -> int:
        return len(self.latencies)

    async def post(self, update: dict[str, Any]) -> int:
        return await self.webhook.post(orjson.dumps({"update_id": next(self._updates), **update}))


class Person:
    """One person in their private chat with the bot."""

    def __init__(self, id: int, crowd: Crowd, mind: Mind) -> None:
        self.id = id
        self._crowd = crowd
        self._mind = mind
        self._user = {"id": id, "is_bot": False, "first_name": "Awa", "last_name": "Diop", "language_code": "en"}
        self._chat = {"id": id, "type": "private", "first_name": "Awa", "last_name": "Diop"}
        self._screen: dict[str, Any] = {}
        self._expected: How = "sent"
        self._reply: asyncio.Future[dict[str, Any]] | None = None
        self._replied_at = 0.0
        self._written = count(1)

    async def join(self) -> None:
        """Go on until the bot says that the request was sent. Raises `Stuck`."""
        goal = self._mind.goal
        move = Move("command", goal.command)
        for _ in range(goal.acts):
            await self._take(move)
            if goal.standing(self._screen["text"]):
                return
            move = self.decide(self._screen)
        raise Stuck(f"took {goal.acts} steps, and sees {self._screen['text']!r}")

    def decide(self, message: dict[str, Any]) -> Move:
        """What to do on a Message object of the Bot API."""
        return self._mind.decide(read(Seen(message["message_id"], message["text"], tuple(_tokens(message)))))

    async def _take(self, move: Move) -> None:
        """Do it and wait for the reply: a tap is answered by an edit of its message, words by a new message. Raises
        `Stuck` when no reply comes."""
        taps = move.how == "tap"
        update = self._tapped(_tokens(self._screen)[move.words]) if taps else self._typed(move.words)
        self._expected = "edited" if taps else "sent"
        self._reply = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        status = await self._crowd.post(update)
        if status != 200:
            raise Stuck(f"the webhook answered {status}")
        try:
            self._screen = await asyncio.wait_for(self._reply, PATIENCE_SECONDS)
        except TimeoutError:
            raise Stuck(f"nothing came in {PATIENCE_SECONDS} s after {move}") from None
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

    def _tapped(self, token: str) -> dict[str, Any]:
        query = {
            "id": f"{self.id}{next(self._written):08}",
            "from": self._user,
            "chat_instance": "-3788",
            "message": self._screen,
            "data": token,
        }
        return {"callback_query": query}


def _tokens(message: dict[str, Any]) -> dict[str, str]:
    """The tokens behind a message's buttons, by label."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button.get("callback_data", "") for row in rows for button in row}
