"""One simulated person on their way to a goal: look, decide by character, act, see what came of it."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from sandbox.people import CannotAct
from sandbox.person import SlackPerson, TelegramPerson, Unanswered
from sandbox.simulation import writing
from sandbox.simulation.character import Character, misspelt
from sandbox.simulation.choosing import favourite, wanted
from sandbox.simulation.filling import WRITES, Filling
from sandbox.simulation.goal import Goal, says
from sandbox.simulation.reading import Choice, Eyes, OpenForm, Screen, read
from sandbox.simulation.words import meaning
from sandbox.slack import acts as slack_acts
from sandbox.world import World

State = Literal["here", "away", "sent", "gone", "stuck"]
Verdict = Literal["granted", "refused", ""]

PAUSE = 2.0
"""Seconds somebody waits on a screen that offers nothing, before they ask again."""
REDRAW = 0.2
"""Seconds somebody gives a form to change after a choice."""
ACTS = 200
"""More than anybody does who gets somewhere."""
REMEMBERED = 8
"""How many of their last acts somebody can tell of."""
HOPELESS = 4
"""After how many answers to one question, all but the first written with care, it must be the bot."""
SIDEWAYS = 4
"""How often somebody leaves the straight way, whatever their character."""
ELSEWHERE = ("/help", "/privacy", "/objectives", "/coalitions", "/language")


@dataclass(frozen=True, slots=True)
class Confusion:
    """Something did not go as this person expected: what, on which screen, and after what they had done."""

    what: str
    question: str
    after: str = field(default="", compare=False)


class Visitor:
    """A character who pursues a goal. `turns` bounds how many people act at the same moment.

    `reason` says why somebody is gone or stuck, `story` what they did last. Whoever was `sent` is done; `verdict` is
    the answer that came later.
    """

    def __init__(
        self, world: World, person_id: str, character: Character, goal: Goal, turns: asyncio.Semaphore, patience: float
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
        self._goal = goal
        self._turns = turns
        kind = SlackPerson if self.platform == "slack" else TelegramPerson
        self._person = kind(world, person_id, patience)
        self._eyes = Eyes(self._person)
        self._random = Random(character.seed)
        self._filling = Filling(character, self._random)
        self._leaves_after = character.stays
        self._forms_met: set[str] = set()
        self._misread: Counter[str] = Counter()
        self._typed_at: Screen | None = None
        self._wrote = ""
        self._reconsiders = self._strayed = self._asked_a_person = False
        self._looked_further: set[str] = set()
        self._seen: set[str] = set()
        self._sideways = self._browsed = self._silent = self._lost = 0

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
    def verdict(self) -> Verdict:
        """The answer to what was sent, as far as it is on the screen."""
        return next(filter(None, (self._verdict_in(message.text) for message in self._eyes.messages())), "")

    def _verdict_in(self, text: str) -> Verdict:
        if says(self._goal.granted, text):
            return "granted"
        return "refused" if says(self._goal.refused, text) else ""

    async def sit_down(self) -> None:
        """Come, or come back, and stay until done, called away, fed up or stuck."""
        returning, self.state = self.acts > 0, "here"
        async with self._turns:
            await (self._return() if returning else self._arrive())
        while self.state == "here":
            async with self._turns:
                await self._step()
            if self.state == "here" and self.acts >= ACTS:
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
        elif screen is not None and (says(self._goal.reached, screen.text) or self._verdict_in(screen.text)):
            self.state = "sent"
        elif self._leaves_after is not None and self.acts >= self._leaves_after:
            await self._leave(None if front.form else screen)
        elif front.form and isinstance(self._person, SlackPerson):
            await self._in_form(self._person, front.form)
        elif screen is None or not (screen.choices or screen.wants_words or _ways_on(screen)):
            await self._find_a_way(screen)
        else:
            self._lost, self._strayed = 0, False
            self._notice_misreading(screen)
            if self.state == "here" and not await self._sidestep(screen):
                await self._decide(screen)

    async def _find_a_way(self, screen: Screen | None) -> None:
        """Nothing here leads on: wait a moment, then ask again."""
        if self._strayed:
            self._strayed = False
            self.confusions.append(Confusion("no button leads back", screen.question if screen else ""))
            await self._ask()
            return
        if await self._changed(self._eyes.look().looks, min(PAUSE, self._person.patience)):
            return
        self._lost += 1
        if self._lost > 2:
            self._end("stuck", "nothing on the screen leads on")
            return
        self._bother("nothing on the screen leads on", screen)
        await self._ask()

    async def _decide(self, screen: Screen) -> None:
        controls, random, character = screen.controls, self._random, self.character
        labels = [choice.label for choice in screen.choices]
        commit = next((label for label in labels if says(self._goal.commit, label)), "")
        door = next((choice for choice in screen.choices if says(self._goal.door, choice.label)), None)
        if commit and "change" in controls and random.random() < character.second_thoughts and self._may_sidestep():
            self._reconsiders = True
            await self._tap(controls["change"], screen)
        elif commit:
            await self._tap(commit, screen)
        elif "agree" in controls:
            await self._tap(controls["agree" if character.agrees else "disagree"], screen)
            if not character.agrees and self.state == "here":
                self._end("gone", "did not agree")
        elif "continue" in controls:
            await self._tap(controls["continue"], screen)
        elif screen.place is not None:
            self._browsed = 0
            await self._answer(screen)
        elif door is not None:
            await self._tap(door.button, screen)
        elif (fresh := self._unseen(screen)) and self._browsed < SIDEWAYS:
            self._browsed += 1
            self._seen.add(fresh.label)
            await self._tap(fresh.button, screen)
        elif "again" in controls:
            await self._tap(controls["again"], screen)
        else:
            self._browsed = 0
            await self._ask()

    async def _answer(self, screen: Screen) -> None:
        controls, character = screen.controls, self.character
        indifferent = "skip" in controls and character.liking(screen.question) < WRITES
        if "form" in controls and self._random.random() > character.closes_forms:
            await self._tap(controls["form"], screen)
        elif "human" in controls and self._misread[screen.question] > 2 and not self._asked_a_person:
            self._asked_a_person = True
            await self._tap(controls["human"], screen)
        elif indifferent and not any(choice.chosen for choice in screen.choices):
            await self._tap(controls["skip"], screen)
        elif not screen.choices:
            words = writing.answer(screen.question, character, self._random, self._misread[screen.question])
            await self._say(words, screen)
        elif "more" in controls and screen.question not in self._looked_further and self._random.random() < 0.3:
            self._looked_further.add(screen.question)
            await self._tap(controls["more"], screen)
        else:
            await self._give(screen)

    async def _give(self, screen: Screen) -> None:
        """Answer with one or several of the choices, by tapping or by typing."""
        ticked = [choice for choice in screen.choices if choice.chosen]
        labels = [choice.label for choice in screen.choices]
        liked = wanted(self.character, labels) if screen.several else []
        missing = [choice for choice in screen.choices if choice.label in liked and not choice.chosen]
        if screen.several and not missing:
            await self._tap(screen.controls["done"] if "done" in screen.controls else ticked[0].button, screen)
            return
        choice = missing[0] if missing else self._choice(screen)
        self._reconsiders = False
        typing = self._random.random() < self.character.typing and not self._misread[screen.question]
        if typing and not ticked:
            await self._say(self._typed(screen, choice), screen)
        else:
            await self._tap(choice.button, screen)

    def _unseen(self, screen: Screen) -> Choice | None:
        """What somebody who looks around has not looked at yet and likes best."""
        unseen = {choice.label: choice for choice in screen.choices if choice.label not in self._seen}
        return unseen[favourite(self.character, list(unseen))] if unseen else None

    def _choice(self, screen: Screen) -> Choice:
        label = favourite(self.character, [choice.label for choice in screen.choices], self._reconsiders)
        return next(choice for choice in screen.choices if choice.label == label)

    def _typed(self, screen: Screen, choice: Choice) -> str:
        if screen.numbered and self._random.random() < 0.6:
            return choice.button
        slips = self._random.random() < self.character.misspelling
        return misspelt(choice.label, self._random) if slips else choice.label

    # Off the straight way

    def _may_sidestep(self) -> bool:
        self._sideways += 1
        return self._sideways <= SIDEWAYS

    async def _sidestep(self, screen: Screen) -> bool:
        """Hesitate, tap an old button or go back, if that is how they are; tells whether they did."""
        random, character = self._random, self.character
        if random.random() < character.hesitation and self._may_sidestep():
            elsewhere = random.choice(ELSEWHERE)
            self._strayed = True
            await self._do(self._person.command(elsewhere), f"wrote {elsewhere}", visible=False)
            return True
        if random.random() < character.old_taps and self._may_sidestep():
            return await self._tap_old(screen)
        if "back" in screen.controls and random.random() < character.second_thoughts and self._may_sidestep():
            self._reconsiders = screen.place is not None
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

    async def _in_form(self, person: SlackPerson, form: OpenForm) -> None:
        if form.id not in self._forms_met:
            self._forms_met.add(form.id)
            if self._random.random() < self.character.closes_forms:
                await self._do(person.close(), "closed the form")
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
        await self._do(self._person.say(words), f"wrote {words!r}")

    def _notice_misreading(self, screen: Screen) -> None:
        """Somebody who is asked again what they have just answered was not understood."""
        before, self._typed_at = self._typed_at, None
        if before is not None and (before.question, before.place) == (screen.question, screen.place):
            self._misunderstood(screen.question)
            self._bother("not understood", screen, self._wrote)

    def _misunderstood(self, question: str) -> None:
        self._misread[question] += 1
        if self._misread[question] >= HOPELESS:
            self._end("stuck", f"is never understood at {question!r}")

    async def _do(self, act: Awaitable[object], what: str, *, visible: bool = True) -> None:
        """Do it and wait until it shows (a form tells at once what is wrong with it). Whoever sees no effect twice in a
        row is stuck."""
        self.acts += 1
        self.story.append(what)
        before = self._eyes.look().looks
        try:
            shown = await act
        except Unanswered:
            seen = False
        except (LookupError, CannotAct):
            self._bother("a button was gone when it was tapped", None)
            return
        else:
            seen = bool(shown) or not visible or await self._changed(before, self._person.patience)
        if seen:
            self._silent = 0
            return
        self._silent += 1
        self._bother("nothing happened", None, what)
        if self._silent > 1:
            self._end("stuck", f"the bot stays silent after this person {what}")

    async def _changed(self, before: object, seconds: float) -> bool:
        """Wait until what is in front of the eyes differs from `before`."""
        changes = self._world.changed_for[self.id]
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            number = changes.number
            if self._eyes.look().looks != before:
                return True
            left = until - loop.time()
            if left <= 0 or not await changes.after(number, left):
                return self._eyes.look().looks != before

    def _bother(self, what: str, screen: Screen | None, after: str = "") -> None:
        self.confusions.append(Confusion(what, screen.question if screen else self.question, after))
        if len(self.confusions) > self.character.patience and self.state == "here":
            self._end("gone", "lost patience")


def _ways_on(screen: Screen) -> bool:
    return any(meaning(label) in ("agree", "continue", "done", "again") for label in screen.message.buttons)
