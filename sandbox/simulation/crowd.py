"""Many simulated people at once, and what became of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

from sandbox.people import Persona
from sandbox.simulation.character import Character, draw
from sandbox.simulation.clerk import Clerk, Stuck
from sandbox.simulation.goal import JOIN, Goal
from sandbox.simulation.visitor import ORDINARY, Confusion, Patience, State, Visitor
from sandbox.world import World

AT_ONCE = 24
"""How many people act at the same moment. All the others are in the middle of something, too, and wait their turn."""

HOUR = timedelta(hours=1)
"""Those who come back within the same hour meet again."""


def characters(people: int, seed: int) -> list[Character]:
    """The people of a seed. Fewer people of the same seed are the first of them."""
    return [draw(Random(f"{seed} {number}")) for number in range(people)]


def move_in(world: World, cast: Sequence[Character]) -> list[Persona]:
    """Have these people live in the world, with accounts on their platforms."""
    return [
        world.add_person(
            character.name,
            person_id=f"visitor-{number}",
            about="simulated",
            language=character.language,
            time_zone=character.time_zone,
            telegram="telegram" in character.platforms,
            slack="slack" in character.platforms,
        )
        for number, character in enumerate(cast, 1)
    ]


class Crowd:
    """People who pursue a goal in a world, and the secretariat who answers them.

    `quiet` waits until the bot has said all it has to say: the clock moves on only then.
    """

    def __init__(
        self,
        world: World,
        cast: Sequence[Character],
        secretariat: Sequence[str],
        quiet: Callable[[], Awaitable[None]],
        *,
        goal: Goal = JOIN,
        at_once: int = AT_ONCE,
        patience: Patience = ORDINARY,
    ) -> None:
        self.visitors: list[Visitor] = []
        self.clerks = [Clerk(world, person, patience.seconds) for person in secretariat]
        self.troubles: list[str] = []
        self._world = world
        self._quiet = quiet
        self._secretariat = tuple(secretariat)
        turns = asyncio.Semaphore(at_once)
        for persona, character in zip(move_in(world, cast), cast, strict=True):
            self.visitors.append(Visitor(world, persona.id, character, goal, turns, patience))

    def counts(self) -> Counter[State]:
        """How many people are where now."""
        return Counter(visitor.state for visitor in self.visitors)

    def in_the_middle(self) -> int:
        """How many people are in the middle of it now."""
        return sum(visitor.state == "here" and visitor.acts > 0 for visitor in self.visitors)

    def confusions(self) -> Counter[Confusion]:
        """What did not go as people expected, and how often."""
        return Counter(confusion for visitor in self.visitors for confusion in visitor.confusions)

    def pursue(self, goal: Goal, visitors: Iterable[Visitor]) -> None:
        """These people have something new to do; the next run is theirs."""
        for visitor in visitors:
            visitor.pursue(goal)

    async def run(self) -> None:
        """All who have something to do come at once; those who are called away come back in their own hours, for which
        the world's clock moves on. Returns when nobody is left who would come."""
        await asyncio.gather(*(clerk.begin() for clerk in self.clerks))
        here = [visitor for visitor in self.visitors if visitor.state == "away"]
        expected: dict[Visitor, datetime] = {}
        while here:
            await self._meet(here)
            expected = {visitor: at for visitor, at in expected.items() if visitor not in here}
            for visitor in here:
                if visitor.state == "away":
                    expected[visitor] = visitor.character.comes_back(self._world.now)
            if not expected:
                break
            soon = min(expected.values()) + HOUR
            self._world.advance(max(soon - self._world.now, timedelta()))
            here = [visitor for visitor, at in expected.items() if at <= soon]
        for visitor in self.visitors:
            if visitor.state == "sent" and not visitor.verdict:
                visitor.state, visitor.reason = "stuck", "never heard what became of the request"

    async def _meet(self, here: Sequence[Visitor]) -> None:
        """One gathering: everybody sits down, and the secretariat decides on what comes in meanwhile."""
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as working:
            for clerk in self.clerks:
                working.create_task(self._work(clerk, ended))
            async with asyncio.TaskGroup() as visitors:
                for visitor in here:
                    visitors.create_task(visitor.sit_down())
            await self._quiet()
            ended.set()
            self._world.touch(*self._secretariat)
        await self._quiet()

    async def _work(self, clerk: Clerk, ended: asyncio.Event) -> None:
        try:
            await clerk.work(ended)
        except Stuck as trouble:
            self.troubles.append(f"the secretariat: {trouble}")
