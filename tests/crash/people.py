"""People who join, from what they see, however often the bot falls silent.

What they do is what anybody would: when a tap shows no effect they tap again, when a command fails they give it
again, a form that could not be sent is sent again or closed. What they wrote stands in the chat, so they do not write
it twice.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

from sandbox.clock import Changes
from sandbox.person import Seen
from sandbox.seeing import Person, Unanswered
from sandbox.slack.inputs import elements, options
from sandbox.slack.person import SlackPerson
from sandbox.telegram.person import TelegramPerson
from sandbox.world import World
from tests.crash.wishes import ASKED, CONTRIBUTIONS, LABELS, NUMBERED, TICK, WORDS, Wish

SENT = "was sent."
OVER = WORDS.plain("join.over")
REVIEW = WORDS.plain("join.review")
SEND = WORDS.plain("join.send")
RESUME = WORDS.plain("stopped.continue")
SKIP, DONE = WORDS.plain("screen.skip"), WORDS.plain("screen.done")
MORE = "More ("

SILENCE = 60.0
"""Seconds without an answer after which what somebody wrote must have been lost."""
FIELD = 1.0
"""Seconds for which somebody waits for a field that their last choice calls for."""
ACTS = 300
"""More than anybody does who gets somewhere."""


class Turns:
    """How far people may go: each answer that somebody gives for the first time takes a turn. `acts` tells of
    everything they do."""

    def __init__(self) -> None:
        self.taken = 0
        self.allowed = 0.0
        self.changes = Changes()
        self.acts = Changes()

    def allow(self, more: float) -> None:
        """Let people take so many turns more."""
        self.allowed += more
        self.changes.touch()

    async def take(self) -> None:
        """Wait for a turn, and take it."""
        await self.changes.until(lambda: self.taken < self.allowed, None)
        self.taken += 1
        self.changes.touch()


class Attention:
    """What somebody looks at first: what changed last."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._known: dict[int | str, Seen] = {}

    async def watch(self) -> None:
        """Keep looking, until cancelled."""
        changes = self._person.world.changed_for[self._person.persona.id]
        while True:
            number = changes.number
            self.messages()
            await changes.after(number)

    def messages(self) -> list[Seen]:
        """The bot's messages, the latest news first."""
        for message in self._person.messages():
            if not message.mine and self._known.get(message.id) != message:
                self._known.pop(message.id, None)
                self._known[message.id] = message
        return list(self._known.values())[::-1]


class Joiner:
    """Somebody who goes from the first word to "was sent"."""

    def __init__(self, world: World, id: str, wish: Wish, turns: Turns, random: Random, *, slack: bool) -> None:
        patience = random.uniform(1.0, 2.5)
        self.id = id
        self.wish = wish
        self.person = SlackPerson(world, id, patience) if slack else TelegramPerson(world, id, patience)
        self.likes_forms = random.random() < 0.6
        likes_typing = random.choice([0.0, 0.3, 0.8])
        self.types = {question for question in wish.answers if random.random() < likes_typing}
        self.acts = 0
        self._turns = turns
        self._random = random
        self._begun: set[str] = set()
        self._filled: set[tuple[str, str]] = set()
        self._attention = Attention(self.person)

    @property
    def steps(self) -> int:
        """How many turns they take: asking to join, each answer, sending."""
        return len(self.wish.answers) + 2

    @property
    def is_through(self) -> bool:
        """Whether they see that their request was sent."""
        return any(SENT in message.text for message in self._attention.messages())

    async def join(self) -> None:
        """AssertionError with the screen when they get nowhere."""
        watching = asyncio.create_task(self._attention.watch())
        try:
            while not self.is_through:
                self.acts += 1
                assert self.acts < ACTS, f"{self.id} gets nowhere:\n{self.person.screen()}"
                await self._act()
        finally:
            watching.cancel()

    async def _act(self) -> None:
        """One thing, chosen from what is on the screen now."""
        if isinstance(self.person, SlackPerson) and self.person.modal is not None:
            await self._in_form(self.person)
            return
        for message in self._attention.messages():
            if OVER in message.text:
                # It was sent, then; the word on it is still to come.
                await self._news()
                return
            if RESUME in message.buttons:
                await self._tap(RESUME, message)
                return
            if asked := self._asks(message):
                if await self._may(asked):
                    await (self._tap(SEND, message) if asked == "send" else self._answer(asked, message))
                return
        if await self._may("join"):
            await self._command("/join")

    async def _may(self, step: str) -> bool:
        """Whether to go on from this screen at once. A first time takes a turn, and then the screen is read again."""
        if step in self._begun:
            return True
        await self._turns.take()
        self._begun.add(step)
        return False

    async def _answer(self, question: str, message: Seen) -> None:
        if self.wish.is_typed(question):
            words = self.wish.answers[question]
            await (self._write(str(words), message) if words else self._tap(SKIP, message))
            return
        wanted = self.wish.labels(question)
        if isinstance(self.person, SlackPerson) and self.likes_forms and self._form_button(message):
            await self._tap(self._form_button(message), message)
        elif question in self.types and wanted and question != "coalition":
            await self._write(", ".join(wanted), message)
        elif self.wish.is_several(question):
            await self._tick(message, wanted)
        else:
            await self._choose(message, wanted[0], begins=question == "coalition")

    async def _choose(self, message: Seen, label: str, *, begins: bool) -> None:
        """Tap the option, or the number in front of it, or look on the next page."""
        for button, words in _offered(message):
            if words == label or (begins and words.startswith(label)):
                await self._tap(button, message)
                return
        more = next((button for button in message.buttons if button.startswith(MORE)), "")
        assert more, f"{self.id} does not find {label!r}:\n{message}"
        await self._tap(more, message)

    async def _tick(self, message: Seen, wanted: list[str]) -> None:
        """Tick the next one, or untick what they do not want; when all is right, go on."""
        for button, words in _offered(message):
            label = words.removeprefix(TICK)
            if label in CONTRIBUTIONS and words.startswith(TICK) != (label in wanted):
                await self._tap(button, message)
                return
        await self._tap(DONE if wanted else SKIP, message)

    def _form_button(self, message: Seen) -> str:
        label = WORDS.plain("screen.form")
        return label if label in message.buttons else ""

    async def _do(self, act: Coroutine[Any, Any, None]) -> None:
        """Do it, whether the bot takes notice or not."""
        self._turns.acts.touch()
        with suppress(Unanswered):
            await act

    async def _tap(self, label: str, message: Seen) -> None:
        """Tap, and give it a while to show."""
        await self._do(self.person.tap(label, message))
        await self._news()

    async def _command(self, name: str) -> None:
        await self._do(self.person.command(name))
        await self._news()

    async def _write(self, words: str, question: Seen) -> None:
        """Write once, and wait until something else is asked."""
        await self._do(self.person.say(words))
        answered = await self.person.until(lambda: self._is_past(question), SILENCE)
        assert answered, f"{self.id} wrote {words!r} and was not answered:\n{self.person.screen()}"

    def _is_past(self, question: Seen) -> bool:
        """Whether below one's own words something stands that is not that question once more."""
        messages = self.person.messages()
        mine = max(place for place, message in enumerate(messages) if message.mine)
        return any(message.text != question.text and self._asks(message) for message in messages[mine:])

    def _asks(self, message: Seen) -> str:
        """The question that a message asks, `send` for the review; empty when it asks nothing."""
        if REVIEW in message.text and SEND in message.buttons:
            return "send"
        return next((id for id in self.wish.answers if ASKED[id] in message.text), "")

    async def _news(self) -> None:
        """Wait for news for as long as patience lasts."""
        await self.person.until(lambda: bool(self.person.news()), self.person.patience)

    async def _in_form(self, person: SlackPerson) -> None:
        """Fill in the next field, or send the form."""
        modal = person.modal
        assert modal is not None
        questions = [id for id in self.wish.answers if LABELS[id] in modal.fields]
        if not questions or not self.likes_forms:
            await self._close(person)
            return
        for question in self.wish.page(questions[0]):
            if (modal.id, question) not in self._filled:
                if not await person.until(partial(_has_field, person, question), FIELD):
                    # It will be asked for when the form is sent.
                    break
                if await self._may(question):
                    self._filled.add((modal.id, question))
                    await self._fill(person, question)
                return
        await self._submit(person)

    async def _fill(self, person: SlackPerson, question: str) -> None:
        answer = self.wish.answers[question]
        if not answer:
            return
        value: str | list[str] = str(answer)
        if not self.wish.is_typed(question):
            offered = _options_of(person, LABELS[question])
            wanted = self.wish.labels(question)
            found = [one for one in offered if any(one == each or _begins(question, one, each) for each in wanted)]
            value = found if self.wish.is_several(question) else found[0]
        # The form keeps what was chosen, whether the bot hears of it or not.
        await self._do(person.choose(LABELS[question], value))

    async def _submit(self, person: SlackPerson) -> None:
        before = person.modal
        self._turns.acts.touch()
        try:
            errors = await person.submit()
        except Unanswered:
            if self._random.random() < 0.3:
                await self._close(person)
            await self._news()
            return
        if errors:
            # A field that came late, or was never asked for: from the top.
            self._filled = {(id, question) for id, question in self._filled if before is None or id != before.id}
        elif person.modal is None:
            await self._news()

    async def _close(self, person: SlackPerson) -> None:
        """The message behind the form offers the same."""
        if person.modal is not None:
            await person.close()


def _offered(message: Seen) -> list[tuple[str, str]]:
    """The buttons with what they stand for: their own words, or those behind their number."""
    listed = dict(NUMBERED.findall(message.text))
    return [(button, listed.get(button.removeprefix(TICK), button)) for button in message.buttons]


def _begins(question: str, offered: str, wanted: str) -> bool:
    return question == "coalition" and offered.startswith(wanted)


def _has_field(person: SlackPerson, question: str) -> bool:
    return person.modal is not None and LABELS[question] in person.modal.fields


def _options_of(person: SlackPerson, label: str) -> list[str]:
    """What a field of the open form offers."""
    view = person.world.slack.people[person.user].modals[-1]
    for block, element in elements(view.blocks):
        if block["type"] == "input" and block["label"]["text"] == label:
            return [option["text"]["text"] for option in options(element)]
    raise LookupError(label)
