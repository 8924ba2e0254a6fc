"""What people want decides what they do; how they do it is their own."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler

from sandbox.person import Seen
from sandbox.simulation.character import Character, draw, steadfast
from sandbox.simulation.filling import Filling
from sandbox.simulation.goal import JOIN, Move
from sandbox.simulation.mind import Mind
from sandbox.simulation.rating import Answers, Rate
from sandbox.simulation.reading import read
from sandbox.simulation.visitor import Patience, Visitor
from sandbox.slack.form import Field, Modal
from tests.sandbox.conftest import FarSide

STRAIGHT = replace(steadfast(draw(Random(1))), language="en", arrives="command", closes_forms=1.0)
OPINIONS: dict[str, Answers | None] = {
    "A1": ("7",),
    "A2": None,
    "B1": ("3",),
    "C1": ("12 years",),
    "D1": ("Water", "Seeds"),
    "D2": ("Seeds", "Water"),
}
DIGITS = tuple("123456789")


def opinion(character: Character, words: str, offered: Sequence[str]) -> Answers | None:
    """What they think of the item whose code stands there."""
    return next(OPINIONS[code] for code in OPINIONS if code in words)


RATE = Rate(opinion, door=re.compile("^begin"), finished=re.compile("^you have answered all"), reason=1)


def decided(*buttons: str, text: str = "A1. Hedges\n\n1 of 3", who: Character = STRAIGHT) -> Move:
    return Mind(who, RATE, Random(1)).decide(read(Seen(1, text, buttons)))


def test_an_item_is_answered_by_opinion() -> None:
    assert decided(*DIGITS, "Unable to score") == Move("tap", "7")
    assert decided(*DIGITS, "Unable to score", text="A2. Fences\n\n2 of 3") == Move("tap", "Unable to score")
    assert decided("‹ Back", "Save for later", text="C1. How long?\n\n3 of 3") == Move("write", "12 years")


def test_the_last_rating_is_kept_with_one_tap_where_it_is_the_same() -> None:
    reminded = "A1. Hedges\n\nYou said {}. 14 of 20 said 7 to 9.\n\n1 of 3"
    assert decided(*DIGITS, "Keep my 7", text=reminded.format(7)) == Move("tap", "Keep my 7")
    assert decided(*DIGITS, "Keep my 6", text=reminded.format(6)) == Move("tap", "7")
    order = "D2. Put them in order.\n\nYou said 1. Seeds, 2. Water. The panel’s order:\n\n1 of 3"
    assert decided("Water", "Seeds", "Keep my answer", text=order) == Move("tap", "Keep my answer")


def test_an_answered_item_is_passed() -> None:
    assert decided("6", "✓ 7", "8", "Next ›") == Move("tap", "Next ›")


def test_several_answers_are_tapped_one_after_the_other() -> None:
    who = replace(STRAIGHT, typing=1.0)
    text = "D1. Which two?\n\n1 of 3"
    assert decided("Seeds", "Water", "Time", "Skip ›", text=text, who=who) == Move("tap", "Water")
    assert decided("Seeds", "✓ Water", "Time", "Next ›", text=text, who=who) == Move("tap", "Seeds")
    assert decided("✓ Seeds", "✓ Water", "Time", "Next ›", text=text, who=who) == Move("tap", "Next ›")


def test_why_an_answer_changed_is_said_with_one_tap() -> None:
    buttons = ("A new argument", "The others’ answers", "Go on without a reason ›")
    assert decided(*buttons, text="Before, it was 4. What made the difference?") == Move("tap", buttons[1])


def test_how_an_opinion_is_given_is_up_to_the_person() -> None:
    assert decided(*DIGITS, who=replace(STRAIGHT, typing=1.0)) == Move("write", "7")
    assert decided(*DIGITS, "Open as a form", who=replace(STRAIGHT, closes_forms=0.0)) == Move("tap", "Open as a form")


def test_what_is_no_item_is_left_to_the_person() -> None:
    assert decided("Begin", "Not now", text="A study of hedges") == Move("tap", "Begin")
    assert decided("I agree", "I do not agree", text="Who sees what?") == Move("tap", "I agree")
    refuses = replace(STRAIGHT, agrees=False)
    assert decided("I agree", "I do not agree", text="Who sees what?", who=refuses) == Move("quit", "I do not agree")


def test_a_form_of_items_is_filled_in_by_opinion() -> None:
    scale = Field("a1", "one", "A1. Hedges", "", DIGITS, (), False, False, "")
    unable = replace(scale, id="a2", label="A2. Fences", options=(*DIGITS, "Unable to score"))
    open_ = replace(scale, id="c1", kind="words", label="C1. How long?")
    form = Modal("V1", "Items", "", (scale, unable, open_), (), {}, "Send")
    filling = Filling(STRAIGHT, RATE, Random(1))
    entries = [filling.next(form) for _ in form.fields]
    assert [entry and entry.value for entry in entries] == ["7", "Unable to score", "12 years"]
    assert filling.next(form) is None


def test_a_request_is_sent_after_second_thoughts_perhaps() -> None:
    review = read(Seen(1, "Please check your request", ("Send the request", "Change an answer")))
    assert Mind(STRAIGHT, JOIN, Random(1)).decide(review) == Move("tap", "Send the request")
    doubtful = Mind(replace(STRAIGHT, second_thoughts=1.0), JOIN, Random(1))
    assert doubtful.decide(review) == Move("tap", "Change an answer")
    assert doubtful.reconsiders


@dataclass(slots=True)
class Study:
    """A bot that asks for ratings, and keeps them."""

    items: tuple[str, ...] = ("A1", "A2", "B1")
    given: list[str] = field(default_factory=list)

    def ask(self) -> tuple[str, InlineKeyboardMarkup | None]:
        if len(self.given) == len(self.items):
            return "You have answered all. Thank you!", None
        place = len(self.given)
        keys = [[InlineKeyboardButton(label, callback_data=label)] for label in (*DIGITS, "Unable to score")]
        return f"{self.items[place]}. How important?\n\n{place + 1} of {len(self.items)}", InlineKeyboardMarkup(keys)

    async def show(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        text, keys = self.ask()
        assert update.effective_message is not None
        await update.effective_message.reply_text(text, reply_markup=keys)

    async def tapped(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        assert query.data is not None
        self.given.append(query.data)
        text, keys = self.ask()
        await query.answer()
        await query.edit_message_text(text, reply_markup=keys)

    async def wrote(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        self.given.append(update.effective_message.text or "")
        await self.show(update, _)


@asynccontextmanager
async def asking(study: Study, far: FarSide) -> AsyncIterator[None]:
    root = f"{far.url}/telegram/bot"
    application = Application.builder().token(far.world.telegram.token).base_url(root).build()
    application.add_handler(CommandHandler(["start", "rounds"], study.show))
    application.add_handler(CallbackQueryHandler(study.tapped))
    application.add_handler(MessageHandler(None, study.wrote))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0)
        try:
            yield
        finally:
            far.world.telegram.arrived.end()
            await application.updater.stop()
            await application.stop()


@pytest.mark.parametrize("typing", [0.0, 1.0])
async def test_somebody_answers_two_rounds_one_after_the_other(far: FarSide, typing: float) -> None:
    far.world.add_person("Rosa", person_id="rosa", telegram=True)
    who = replace(STRAIGHT, platforms=("telegram",), typing=typing)
    rosa = Visitor(far.world, "rosa", who, RATE, asyncio.Semaphore(1), Patience())
    study = Study()
    async with asking(study, far):
        await rosa.sit_down()
        assert (rosa.state, rosa.verdict, rosa.reason) == ("sent", "granted", "")
        assert study.given == ["7", "Unable to score", "3"]
        study.given.clear()
        rosa.pursue(Rate(lambda *_: ("5",), RATE.door, RATE.finished))
        assert (rosa.state, rosa.verdict) == ("away", "")
        await rosa.sit_down()
    assert (rosa.state, rosa.verdict, rosa.reason) == ("sent", "granted", "")
    assert study.given == ["5", "5", "5"]
