"""The secretariat, played: reads each request and decides on it from what it says."""

import asyncio
from collections.abc import Awaitable
from random import Random

from sandbox.people import CannotAct
from sandbox.person import Seen, SlackPerson, TelegramPerson, Unanswered
from sandbox.simulation.character import fraction
from sandbox.simulation.reading import read
from sandbox.world import World

DECLINED = 0.06
"""The share of requests that they do not find convincing."""
REASON = "Please join the group of your own country first."


class Stuck(Exception):
    """The bot did not let somebody decide."""


class Clerk:
    """One of those who decide. Several may work at the same time, and will want the same request now and then."""

    def __init__(self, world: World, person_id: str, patience: float) -> None:
        persona = world.people[person_id]
        kind = SlackPerson if persona.slack else TelegramPerson
        self.decided = 0
        self._person = kind(world, person_id, patience)
        self._changes = world.changed_for[person_id]
        self._random = Random(person_id)
        self._may_have_missed = True

    def screen(self) -> str:
        return self._person.screen()

    async def begin(self) -> None:
        """Say hello: on Telegram nobody can be written to before."""
        await self._person.start()

    async def work(self, ended: asyncio.Event) -> None:
        """Decide until nothing waits for a decision after the event was set (and this person's screen touched).
        Raises `Stuck`."""
        while True:
            number, final = self._changes.number, ended.is_set()
            if request := self._undecided():
                await self._decide(request)
            elif (final or self._may_have_missed) and await self._look_up():
                continue
            elif final:
                return
            else:
                await self._changes.after(number)

    def _undecided(self) -> Seen | None:
        """A request on the screen that still has its buttons; no two people go through them in the same order."""
        waiting = [one for one in self._person.messages() if {"approve", "decline"} <= read(one).controls.keys()]
        return self._random.choice(waiting) if waiting else None

    async def _look_up(self) -> bool:
        """Ask for what waits and has left the screen; tells whether there was any."""
        await self._attempt(self._person.command("/requests"))
        if not await self._person.until(lambda: bool(self._person.news())):
            raise Stuck("no answer to /requests")
        lists = [one for one in self._person.news() if read(one).numbered]
        self._may_have_missed = bool(lists)
        if lists:
            await self._tap(lists[-1], lists[-1].buttons[0])
        return bool(lists)

    async def _decide(self, request: Seen) -> None:
        controls = read(request).controls
        self._may_have_missed = True
        if fraction(request.text) >= DECLINED:
            await self._tap(request, controls["approve"])
        else:
            await self._tap(request, controls["decline"])
            question = self._again(request)
            if question is not None and read(question).wants_words:
                await self._explain(question)
        self.decided += 1

    async def _explain(self, question: Seen) -> None:
        screen = read(question)
        if "skip" in screen.controls and self._random.random() < 0.3:
            await self._tap(question, screen.controls["skip"])
            return
        await self._attempt(self._person.say(REASON))
        await self._see_change(question)

    async def _tap(self, message: Seen, button: str) -> None:
        await self._attempt(self._person.tap(button, message))
        await self._see_change(message)

    async def _see_change(self, message: Seen) -> None:
        if not await self._person.until(lambda: self._again(message) != message):
            raise Stuck(f"nothing happened to: {message}")

    def _again(self, message: Seen) -> Seen | None:
        """The message as it is now, None when it has left the screen."""
        return next((one for one in self._person.messages() if one.id == message.id), None)

    async def _attempt(self, act: Awaitable[None]) -> None:
        """Do it; a button that somebody else's decision has just taken away needs no tap any more."""
        try:
            await act
        except Unanswered as silence:
            raise Stuck(str(silence)) from silence
        except (LookupError, CannotAct):
            pass
