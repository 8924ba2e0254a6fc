"""A whole study with a simulated panel, on a local Slack and a local Telegram, to the report.

The bot and the sandbox run in one process, and the world's clock goes from one thing that falls due to the next. A
panellist does something when their phone tells them to, as they are; whoever gets stuck has found a defect.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bot.app import App, running
from bot.crowd import SLOWEST, Bug, account_of, peak_memory, quiet
from bot.delphi.checking import Weight, check
from bot.delphi.protocol import (
    AGREE_POINTS,
    AgreeItem,
    ChoiceItem,
    Item,
    NumberItem,
    OpenItem,
    Protocol,
    RankingItem,
    Seat,
)
from bot.delphi.report.making import build_report
from bot.demo import demo_settings
from bot.flows.studies.acts import publish
from bot.flows.studies.round_data import study_data
from bot.locales import DEFAULT, Words, load
from sandbox.seeing import PATIENCE
from sandbox.server import serve
from sandbox.simulation.character import Character
from sandbox.simulation.crowd import AT_ONCE, characters, move_in
from sandbox.simulation.goal import Goal
from sandbox.simulation.panel import MOVED, Panellist, Question, seats
from sandbox.simulation.panellist import Answer, Join, Leave, Meet
from sandbox.simulation.visitor import ORDINARY, Confusion, Patience, Visitor
from sandbox.world import World
from storage import answers, reminders, studies
from storage.studies import Round, Study

# The panel says hello so long before the first round opens.
BEFORE = timedelta(days=4)
# Of several messages to several people, the last one leaves so long after the first.
WAVE = timedelta(minutes=1)
# Once the study has ended, nothing is waited for that is further away.
AFTERMATH = timedelta(days=3)
# Between which numbers people answer where the protocol sets no bounds.
USUAL = {"year": (2026.0, 2060.0), "percent": (0.0, 100.0), "money": (10.0, 1000.0), "number": (1.0, 100.0)}
# Lines of a screen that are shown of somebody who is stuck.
LINES = 40
# More times than any study has at which something falls due.
MOST_STEPS = 5_000


class Unfit(ValueError):
    """A study that cannot be published, and why."""


@dataclass(slots=True, eq=False)
class Member:
    """Somebody on the panel: what they are up to, and how often they were written to about it.

    `heard` is what they had seen of the world when they last put their phone away; `asked` the number of the round that
    they are being asked in, None while they are invited; `done` the rounds of which they saw that all is answered.
    """

    visitor: Visitor
    panellist: Panellist
    account: str
    goal: Goal
    heard: int = 0
    nudges: int = 0
    on_panel: bool | None = None
    asked: int | None = None
    done: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    comes_back: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """How a round went: of those who were asked, how many answered everything, a part, nothing; how many came late."""

    number: int
    asked: int
    everything: int
    part: int
    late: int


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of a rehearsal. `report` are the files of the report by name; `peak` is in bytes."""

    members: tuple[Member, ...]
    rounds: tuple[Attended, ...]
    stop_reason: str
    days: int
    report: Mapping[str, bytes]
    confusions: Counter[Confusion]
    bugs: tuple[Bug, ...]
    seconds: float
    peak: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rehearsal is: the world's time, and how many people are at their screens."""

    began: datetime
    ends: datetime
    now: datetime
    doing: str
    here: int
    stuck: int


Watch = Callable[[Progress], None]


async def rehearse(
    protocol: Protocol, panel: int, seed: int, database: Path, watch: Watch, at_once: int = AT_ONCE
) -> Rehearsed:
    """Hold the study of a protocol with so many simulated people; the people on its own panel are left out of it.
    Raises `Unfit` with what stands in the way of publishing it."""
    began = time.monotonic()
    opens = min(each.opens for each in protocol.rounds).replace(tzinfo=UTC)
    world = World(opens - BEFORE)
    # Slack's people can come by its Home tab, too, and then they have not said hello.
    cast = [replace(one, arrives="command") for one in characters(panel, seed)]
    rehearsal = Rehearsal(world, protocol, cast, seed, at_once, watch)
    if in_the_way := [each for each in check(rehearsal.protocol, world.now) if each.weight is not Weight.WARNING]:
        raise Unfit("\n".join([*map(str, in_the_way), "Nothing was rehearsed."]))
    async with serve(world) as address, running(demo_settings(world, address, database), lambda: world.now) as app:
        study = await rehearsal.hold(app)
        async with app.database.begin() as connection:
            data = await study_data(connection, study)
        rehearsal.show("writing the report")
        report = await asyncio.to_thread(build_report, data, app.house.words[DEFAULT], Random(seed), world.now)
    return Rehearsed(
        tuple(rehearsal.members),
        tuple(rehearsal.attended),
        study.stop_reason,
        (world.now - rehearsal.began).days,
        report,
        Counter(confusion for member in rehearsal.members for confusion in member.visitor.confusions),
        tuple(rehearsal.bugs),
        time.monotonic() - began,
        peak_memory(),
    )


class Rehearsal:
    """A study under way, with the people on its panel."""

    def __init__(
        self,
        world: World,
        protocol: Protocol,
        cast: Sequence[Character],
        seed: int,
        at_once: int,
        watch: Watch,
    ) -> None:
        self.attended: list[Attended] = []
        self.bugs: list[Bug] = []
        self.began = world.now
        self._world = world
        self._watch = watch
        self._doing = "saying hello"
        self._rounds: list[Round] = []
        groups = [group.id for group in protocol.groups]
        shares = Counter(seat.group for seat in protocol.panel if seat.group)
        asked = questions(protocol, load())
        turns = asyncio.Semaphore(at_once)
        patience = Patience(max(ORDINARY.seconds, at_once / SLOWEST))
        self.members = []
        for persona, character, group in zip(move_in(world, cast), cast, seats(len(cast), groups, shares), strict=True):
            visitor = Visitor(world, persona.id, character, Meet(), turns, patience)
            panellist = Panellist(seed, character, group, asked)
            self.members.append(Member(visitor, panellist, account_of(world, visitor), Meet()))
        panel = [Seat(account=member.account, group=member.panellist.group) for member in self.members]
        self.protocol = protocol.model_copy(update={"panel": panel, "moderators": []})
        self._ends = max(each.closes for each in protocol.rounds).replace(tzinfo=UTC) + AFTERMATH

    async def hold(self, app: App) -> Study:
        """From the first hello to the last message; the study as it then is."""
        self._app = app
        # What is said before the bot listens in Slack would be lost.
        await self._world.changed.until(lambda: self._world.slack.socket_mode, PATIENCE)
        await self._sit(dict.fromkeys(self.members))
        study_id = await self._publish()
        await self._tick(study_id)
        for _ in range(MOST_STEPS):
            await self._react()
            at = await self._next(study_id)
            if at is None:
                break
            self._world.advance(max(at - self._world.now, WAVE))
            await self._tick(study_id)
        async with self._app.database.begin() as connection:
            study = await studies.study(connection, study_id)
        assert study is not None, "nobody deletes a study"
        if study.state != "closed":
            self.bugs.append(Bug(study.code, f"the study is {study.state} when nothing falls due any more", ""))
        return study

    def show(self, doing: str = "") -> None:
        """Tell how far it is."""
        self._doing = doing or self._doing
        here = sum(member.visitor.state == "here" for member in self.members)
        self._watch(Progress(self.began, self._ends, self._world.now, self._doing, here, len(self.bugs)))

    async def _publish(self) -> int:
        now = self._world.now
        async with self._app.database.begin() as connection:
            raw = self.protocol.model_dump(mode="json")
            id = await studies.create(connection, self.protocol.study, raw, None, now, rehearsal=True)
            assert id is not None, "the database is new"
            problems = await publish(connection, id, now)
        assert problems == [], "it was checked before"
        return id

    # What falls due

    async def _tick(self, study_id: int) -> None:
        """What the bot does by itself at this time, until all of it has arrived."""
        await self._app.rounds.tick()
        while await self._app.reminders.tick():
            self._world.advance(WAVE)
            while await self._app.postbox.sweep():
                pass
            await quiet(self._app)
        async with self._app.database.begin() as connection:
            before = {each.number: each.state for each in self._rounds}
            self._rounds = await studies.rounds(connection, study_id)
        for each in self._rounds:
            if each.state == "closed" and before.get(each.number) == "open":
                await self._closed(study_id, each)
        opened = next((each for each in self._rounds if each.state == "open"), None)
        self.show(f"round {opened.number} is open" if opened else "between rounds" if self.attended else "inviting")

    async def _next(self, study_id: int) -> datetime | None:
        """When something happens next: in the study, by a reminder, or because somebody comes back."""
        now = self._world.now
        times = [member.comes_back for member in self.members if member.comes_back is not None]
        times += [one.at for one in await self._app.rounds.upcoming()]
        times += [one.at for one in (await self._app.reminders.upcoming())[:1]]
        is_over = not any(each.state in (*studies.AHEAD, "open") for each in self._rounds) or not times
        at = min(times, default=None)
        if at is None or (is_over and at > now + AFTERMATH):
            return None
        return at

    async def _closed(self, study_id: int, closed: Round) -> None:
        """Count who answered, hold it against what they saw, do what a moderator does, and let those come who are
        late."""
        number = closed.number
        async with self._app.database.begin() as connection:
            people = await reminders.participants_by_account(connection, [member.account for member in self.members])
            asked = {one.participant_id: one for one in await answers.asked(connection, [closed.id])}
            for comment in await answers.comments(connection, study_id, ("waiting",)):
                # They come from a list that names nobody.
                await answers.moderate(connection, comment.id, comment.words, "shown", comment.words)
        for member in self.members:
            one = asked.get(people.get(member.account, -1))
            everything = one is not None and one.answered == one.asked
            if everything != (number in member.done):
                told = "saw" if number in member.done else "did not see"
                count = "nobody" if one is None else f"{one.answered} of {one.asked} answers"
                self._report(member, f"{told} that round {number} is answered; the database has {count}")
        late = {
            member: Answer(member.panellist, number)
            for member in self.members
            if member.asked == number and member.on_panel and member.panellist.readiness(number) == "late"
        }
        await self._sit(late)
        counts = [min(one.answered, 1) + (one.answered == one.asked) for one in asked.values()]
        lateness = sum(number in member.late for member in self.members)
        self.attended.append(Attended(number, len(counts), counts.count(2), counts.count(1), lateness))

    # What people do

    async def _react(self) -> None:
        """Whose phone has told them something, or who wanted to come back, sits down if that is how they are."""
        now = self._world.now
        goals: dict[Member, Goal | None] = {}
        for member in self.members:
            if member.comes_back is not None and member.comes_back <= now:
                goals[member] = None
            elif self._world.changed_for[member.visitor.id].number > member.heard:
                member.heard = self._world.changed_for[member.visitor.id].number
                if (goal := self._nudged(member)) is not None:
                    goals[member] = goal
        await self._sit(goals)
        # Whoever has just joined and finds a round open goes on to it.
        joined = [member for member in goals if member.on_panel and member.asked is None]
        await self._sit({member: goal for member in joined if (goal := self._nudged(member)) is not None})

    def _nudged(self, member: Member) -> Goal | None:
        """What somebody does who was written to."""
        if member.on_panel is None:
            member.nudges += 1
            return Join(member.panellist) if member.nudges >= member.panellist.joins_after else None
        opened = next((each.number for each in self._rounds if each.state == "open"), None)
        if not member.on_panel or opened is None:
            return None
        if member.asked != opened:
            member.asked, member.nudges = opened, 0
        member.nudges += 1
        readiness = member.panellist.readiness(opened)
        if readiness == "leaves" and member.nudges == 1:
            return Leave()
        is_time = member.nudges == MOVED.get(readiness) and opened not in member.done
        return Answer(member.panellist, opened) if is_time else None

    async def _sit(self, goals: Mapping[Member, Goal | None]) -> None:
        """They sit down together, each with their goal, or with the one that they had; and what came of it."""
        if not goals:
            return
        for member, goal in goals.items():
            if goal is not None:
                member.goal = goal
                member.visitor.pursue(goal)
        async with asyncio.TaskGroup() as sitting:
            for member in goals:
                sitting.create_task(self._sit_down(member))
        await quiet(self._app)
        for member in goals:
            member.comes_back = None
            self._note(member)
            member.heard = self._world.changed_for[member.visitor.id].number
        self.show()

    async def _sit_down(self, member: Member) -> None:
        await member.visitor.sit_down()
        self.show()

    def _note(self, member: Member) -> None:
        """What came of a sitting."""
        visitor = member.visitor
        if visitor.state == "away":
            member.comes_back = visitor.character.comes_back(self._world.now)
        elif visitor.state == "stuck":
            self._report(member, f"{visitor.reason}\n· " + "\n· ".join(visitor.story))
        match member.goal:
            case Join() if visitor.state == "sent":
                member.on_panel = visitor.verdict == "granted"
                member.nudges = 0
            case Answer(number=number) if visitor.state == "sent":
                (member.done if visitor.verdict == "granted" else member.late).add(number)
            case Leave() if visitor.state == "sent":
                member.on_panel = False

    def _report(self, member: Member, what: str) -> None:
        screen = member.visitor.screen().splitlines()[-LINES:]
        self.bugs.append(Bug(member.visitor.id, what, "\n".join(screen)))


def questions(protocol: Protocol, words: Mapping[str, Words]) -> dict[str, Question]:
    """The items of a study by code, as simulated panellists know them."""
    return {item.id: _question(item, protocol, words) for item in protocol.items}


def _question(item: Item, protocol: Protocol, words: Mapping[str, Words]) -> Question:
    scale = protocol.scale_of(item)
    match item:
        case AgreeItem():
            points = [tuple(each.plain(f"agree.{point}") for each in words.values()) for point in AGREE_POINTS.values]
            return Question(item.id, "scale", tuple(points), unable=item.unable)
        case ChoiceItem() | RankingItem():
            options = tuple(tuple(option.text.values()) for option in item.options)
            return Question(item.id, item.kind, options, item.most or len(options), unable=item.unable)
        case NumberItem():
            low, high = USUAL[item.measure]
            low = low if item.least is None else item.least
            high = max(low, high) if item.most is None else item.most
            return Question(item.id, "number", least_number=low, most_number=high, unable=item.unable)
        case OpenItem():
            return Question(item.id, "proposals" if item.proposals else "words", unable=item.unable)
    assert scale is not None, "all the others are rated"
    return Question(item.id, "scale", tuple((str(point),) for point in scale.values), unable=item.unable)
