"""One simulated person on their way to a goal: look, decide by character, act, see what came of it."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from sandbox.people import CannotAct
from sandbox.person import Seen, SlackPerson, TelegramPerson, Unanswered
from sandbox.seeing import PATIENCE
from sandbox.simulation.character import Character
from sandbox.simulation.filling import Filling
from sandbox.simulation.goal import Goal, Move, Standing
from sandbox.simulation.mind import Mind
from sandbox.simulation.reading import Eyes, Screen, read
from sandbox.simulation.words import meaning
from sandbox.slack import acts as slack_acts
from sandbox.slack.form import Modal
from sandbox.world import World

State = Literal["here", "away", "sent", "gone", "stuck"]

PAUSE = 2.0
"""Seconds somebody waits on a screen that offers nothing, before they ask again."""
REDRAW = 0.2
"""Seconds somebody gives a form to change after a choice."""
REMEMBERED = 8
"""How many of their last acts somebody can tell of."""
HOPELESS = 4
"""After how many answers to one question, all but the first written with care, it must be the bot."""
GIVES_UP_FORM = 0.3
"""How often somebody closes a form that could not be sent, rather than send it again."""
ELSEWHERE = ("/help", "/privacy", "/objectives", "/coalitions", "/language")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long somebody waits to see an effect, in seconds, and after how many vain waits in a row the bot is broken.

    `words`: for so long somebody who is shown the same question again trusts that what they wrote will be read. None:
    at once, they were not understood. A bot that is killed and comes back may repeat itself.
    """

    seconds: float = PATIENCE
    silences: int = 2
    words: float | None = None


ORDINARY = Patience()


@dataclass(frozen=True, slots=True)
class Confusion:
    """Something did not go as this person expected: what, on which screen, and after what they had done."""

    what: str
    question: str
    after: str = field(default="", compare=False)


class Visitor:
    """A character who pursues a goal. Each step waits for `turns`, which bound how many people act at the same moment.

    `reason` says why somebody is gone or stuck, `story` what they did last. Whoever was `sent` has reached the goal;
    `verdict` is what came of it later.
    """

    def __init__(
        self,
        world: World,
        person_id: str,
        character: Character,
        goal: Goal,
        turns: AbstractAsyncContextManager[Any],
        patience: Patience,
    ) -> None:
        self.id = person_id
        self.character = character
        self.platform = character.platforms[0]
        self.state: State = "away"
        self.reason = ""
        self.acts = 0
        self.story: deque[str] = deque(maxlen=REMEMBERED)
        self.confusions: list[Confusion] = []
        self._world = world
        self._turns = turns
        self._patience = patience
        kind = SlackPerson if self.platform == "slack" else TelegramPerson
        self._person = kind(world, person_id, patience.seconds)
        self._eyes = Eyes(self._person)
        self._random = Random(character.seed)
        self._forms_met: set[str] = set()
        self._typed_at: Screen | None = None
        self._wrote = ""
        self._strayed = False
        self._silent = self._lost = 0
        self.pursue(goal)

    def pursue(self, goal: Goal) -> None:
        """Set out for a goal, the next time they sit down. What is on the screen already says nothing about it."""
        self.state, self.reason = "away", ""
        self._goal = goal
        self._mind = Mind(self.character, goal, self._random)
        self._filling = Filling(self.character, goal, self._random)
        self._verdict: Standing = ""
        self._begun_at = self.acts
        self._leaves_after = self.character.stays
        self._bygone = {message for message in self._eyes.messages() if goal.standing(message.text)}

    @property
    def question(self) -> str:
        """Where this person is, in the bot's words."""
        front = self._eyes.look()
        if front.form:
            return front.form.title
        return read(front.message).question if front.message else ""

    def screen(self) -> str:
        return self._person.screen()

    @property
    def verdict(self) -> Standing:
        """What came of it, as far as it is on the screen: "granted", "refused", "done", or empty."""
        if not self._verdict:
            self._verdict = next(
                (one for one in map(self._standing, self._eyes.messages()) if one not in ("", "sent")), ""
            )
        return self._verdict

    def _standing(self, message: Seen) -> Standing:
        return "" if message in self._bygone else self._goal.standing(message.text)

    async def sit_down(self) -> None:
        """Come, or come back, and stay until done, called away, fed up or stuck."""
        returning, self.state = self.acts > 0, "here"
        async with self._turns:
            await (self._return() if returning else self._arrive())
        while self.state == "here":
            async with self._turns:
                await self._step()
            if self.state == "here" and self.acts - self._begun_at >= self._goal.acts:
                self._end("stuck", f"goes round in circles after {self.acts} acts")

    def _end(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason

    # Coming and going

    async def _arrive(self) -> None:
        person, arrives = self._person, self.character.arrives
        if arrives == "link":
            await self._do(person.start(self._goal.link), "followed the link")
        elif arrives == "command":
            await self._ask()
        else:
            await self._do(person.start(), "started")

    async def _return(self) -> None:
        if isinstance(self._person, SlackPerson):
            slack_acts.reload(self._world.slack, self._person.persona)
        match self._random.choice(("screen", "start", "goal", "hello")):
            case "start":
                await self._do(self._person.command("/start"), "wrote /start")
            case "goal":
                await self._ask()
            case "hello":
                await self._say("hello")
            case _:
                pass  # They go on with what they find on the screen.

    async def _leave(self, screen: Screen | None) -> None:
        self._leaves_after = None
        how = self._random.choice(("silently", "later", "cancel"))
        if how == "later" and screen is not None and "later" in screen.controls:
            await self._tap(screen.controls["later"], screen)
        elif how == "cancel" and screen is not None:
            await self._do(self._person.command("/cancel"), "wrote /cancel")
        if self.state != "here":
            return
        if self.character.returns:
            self.state = "away"
        else:
            self._end("gone", "was called away and did not come back")

    # One step

    async def _step(self) -> None:
        front = self._eyes.look()
        screen = read(front.message) if front.message else None
        if screen is not None and screen.apologises:
            self._end("stuck", "the bot apologised")
        elif screen is not None and (standing := self._standing(screen.message)):
            self.state = "sent"
            self._verdict = "" if standing == "sent" else standing
        elif self._leaves_after is not None and self.acts - self._begun_at >= self._leaves_after:
            await self._leave(None if front.form else screen)
        elif front.form and isinstance(self._person, SlackPerson):
            await self._in_form(self._person, front.form)
        elif screen is None or not (screen.choices or screen.wants_words or _ways_on(screen)):
            await self._find_a_way(screen)
        else:
            self._lost, self._strayed = 0, False
            self._notice_misreading(screen)
            if self.state == "here" and not await self._sidestep(screen):
                await self._make(self._mind.decide(screen), screen)

    async def _find_a_way(self, screen: Screen | None) -> None:
        """Nothing here leads on: wait a moment, then ask again."""
        if self._strayed:
            self._strayed = False
            self.confusions.append(Confusion("no button leads back", screen.question if screen else ""))
            await self._ask()
            return
        if await self._changed(self._eyes.look().looks, min(PAUSE, self._patience.seconds)):
            return
        self._lost += 1
        if self._lost > self._patience.silences:
            self._end("stuck", "nothing on the screen leads on")
            return
        self._bother("nothing on the screen leads on", screen)
        await self._ask()

    async def _make(self, move: Move, screen: Screen) -> None:
        match move.how:
            case "command":
                await self._do(self._person.command(move.words), f"wrote {move.words}")
            case "write":
                await self._say(move.words, screen)
            case _:
                await self._tap(move.words, screen)
        if move.how == "quit" and self.state == "here":
            self._end("gone", "did not want to go on")

    # Off the straight way

    async def _sidestep(self, screen: Screen) -> bool:
        """Hesitate, tap an old button or go back, if that is how they are; tells whether they did."""
        random, character, mind = self._random, self.character, self._mind
        if random.random() < character.hesitation and mind.may_sidestep():
            elsewhere = random.choice(ELSEWHERE)
            self._strayed = True
            await self._do(self._person.command(elsewhere), f"wrote {elsewhere}", visible=False)
            return True
        if random.random() < character.old_taps and mind.may_sidestep():
            return await self._tap_old(screen)
        if "back" in screen.controls and random.random() < character.second_thoughts and mind.may_sidestep():
            mind.reconsiders = screen.place is not None
            await self._tap(screen.controls["back"], screen)
            return True
        return False

    async def _tap_old(self, screen: Screen) -> bool:
        older = [read(message) for message in self._eyes.messages()[1:] if message.buttons]
        harmless = [(old, choice.button) for old in older for choice in old.choices]
        harmless += [
            (old, old.controls[use]) for old in older for use in ("change", "back", "continue") if use in old.controls
        ]
        if not harmless:
            return False
        old, button = self._random.choice(harmless)
        await self._do(self._person.tap(button, old.message), f"tapped an old {button!r}", visible=False)
        return True

    # Acts

    async def _ask(self) -> None:
        await self._do(self._person.command(self._goal.command), f"wrote {self._goal.command}")

    async def _in_form(self, person: SlackPerson, form: Modal) -> None:
        if form.id not in self._forms_met:
            self._forms_met.add(form.id)
            if self._random.random() < self.character.closes_forms:
                await self._do(person.close(), "closed the form")
                return
        if self._silent and self._random.random() < GIVES_UP_FORM:
            await self._do(person.close(), "gave the form up")
            return
        entry = self._filling.next(form)
        if entry is not None:
            before = self._eyes.look().looks
            await self._do(person.choose(entry.field.id, entry.value), f"chose {entry.value!r}", visible=False)
            if entry.field.live and not self.character.hasty:
                await self._changed(before, REDRAW)
            return
        await self._do(person.submit(), "sent the form")
        now = self._eyes.look().form
        if now is not None and now.id == form.id:
            for field in self._filling.refused(now):
                self._misunderstood(field.label)
                self._bother(f"the form says: {field.error}", None)

    async def _tap(self, button: str, screen: Screen) -> None:
        twice = self._random.random() < self.character.double_taps
        tap = self._person.tap_twice if twice else self._person.tap
        await self._do(tap(button, screen.message), f"tapped {button!r}{' twice' if twice else ''}")

    async def _say(self, words: str, screen: Screen | None = None) -> None:
        self._typed_at, self._wrote = screen, words
        await self._do(self._person.say(words), f"wrote {words!r}", asked=screen)

    def _notice_misreading(self, screen: Screen) -> None:
        """Somebody who is asked again what they have just answered was not understood."""
        before, self._typed_at = self._typed_at, None
        if before is not None and before.asks_as(screen):
            self._misunderstood(screen.question)
            self._bother("not understood", screen, self._wrote)

    def _misunderstood(self, question: str) -> None:
        self._mind.misread[question] += 1
        if self._mind.misread[question] >= HOPELESS:
            self._end("stuck", f"is never understood at {question!r}")

    async def _do(
        self, act: Awaitable[object], what: str, *, visible: bool = True, asked: Screen | None = None
    ) -> None:
        """Do it and wait until it shows (a form tells at once what is wrong with it). `asked` is what they were asked
        if they wrote. Whoever sees no effect too often in a row is stuck."""
        self.acts += 1
        self.story.append(what)
        before = self._eyes.look().looks
        try:
            shown = await act
        except Unanswered:
            # The platform's own remark that the bot is away is no effect, and an effect may still come.
            *rest, _ = before
            seen = await self._read((*rest, self._eyes.look().remark), asked)
        except (LookupError, CannotAct):
            self._bother("a button was gone when it was tapped", None)
            return
        else:
            seen = bool(shown) or not visible or await self._read(before, asked)
        if seen:
            self._silent = 0
            return
        self._silent += 1
        self._bother("nothing happened", None, what)
        if self._silent >= self._patience.silences:
            self._end("stuck", f"the bot stays silent after this person {what}")

    async def _read(self, before: tuple[object, ...], asked: Screen | None) -> bool:
        """Wait until what they did, or wrote, shows."""
        if asked is None or self._patience.words is None:
            return await self._changed(before, self._patience.seconds)
        return await self._changed(before, self._patience.words, asked)

    async def _changed(self, before: tuple[object, ...], seconds: float, asked: Screen | None = None) -> bool:
        """Wait until what is in front of the eyes differs from `before`, and is not what they were asked once more."""
        changes = self._world.changed_for[self.id]
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            number = changes.number
            front = self._eyes.look()
            repeats = asked is not None and front.message is not None and asked.asks_as(read(front.message))
            if front.looks != before and not repeats:
                return True
            left = until - loop.time()
            if left <= 0 or not await changes.after(number, left):
                return self._eyes.look().looks != before

    def _bother(self, what: str, screen: Screen | None, after: str = "") -> None:
        self.confusions.append(Confusion(what, screen.question if screen else self.question, after))
        if len(self.confusions) > self.character.patience and self.state == "here":
            self._end("gone", "lost patience")


def _ways_on(screen: Screen) -> bool:
    return any(meaning(label) in ("agree", "continue", "done", "again", "back") for label in screen.message.buttons)
