"""Every screen of every flow can be read on a phone, in every language, on both platforms."""

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.events import Account, Origin, Platform, Text
from bot.chat.limits import LIMITS, units
from bot.chat.markup import plain
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Screen, parse
from bot.flows import screens
from bot.flows.conversation import CHANGE, REVIEW, answers_of, go_on, go_to, keep, store
from bot.flows.flow import Attach, Flow, Option, PickOne, PickSeveral, Step, Value
from bot.flows.forms import form_of
from bot.flows.router import FLOWS
from bot.flows.screens import draw, options_of
from bot.flows.turn import House, Turn
from bot.locales import LANGUAGES
from storage import coalitions, people
from storage.conversations import Conversation
from storage.database import open_database
from storage.people import Newcomer
from tests.flows.desk import furnish
from tests.outreach.far_side import START

LONG_TITLE = "Soils for the regeneration of degraded landscapes in all of the Sahel 2030 - 2050"[:80]
JOIN = FLOWS["join"]
# In each language, as long as they may be.
LONGEST_WORDS = {
    "title": 100,
    "introduction": 3000,
    "question": 1000,
    "text": 1000,
    "second": 1000,
    "low": 60,
    "high": 60,
    "unit": 30,
}
# Everything that can be written, as long as it may be.
LONGEST: dict[str, Value] = {
    "organisation": "National Organisation " * 5 + "of Soils",
    "country": "GS",
    "title": LONG_TITLE,
    **dict.fromkeys(("groups_en", "groups_fr", "groups_es"), "W" * 60 + ", " + "M" * 60),
    **dict.fromkeys(("options_en", "options_fr", "options_es"), "W" * 75 + "\n" + "M" * 75),
    "aim": "W" * 600,
    "amount": "9999999999999.99 XOF",
    **{f"{name}_{language}": "W" * most for name, most in LONGEST_WORDS.items() for language in LANGUAGES},
    "words": "W" * 1000,
    "closes": "2027-03-09T00:00:00",
    "opens": "2027-03-09",
    "currency": "EUR",
    **dict.fromkeys(("label_en", "label_fr", "label_es"), "W" * 30),
    "instant": "2027-03-09T14:30:00+00:00",
    **dict.fromkeys(("day", "other"), "2027-03-09"),
    "note": "W" * 1000,
    "reason": "W" * 1000,
    "place": "United States",
    **dict.fromkeys(("why", "milestones", "help"), "W" * 600),
    **dict.fromkeys(("total", "added", "level", "money_total", "money_added"), "999,999,999,999.999 t C/ha"),
    "told": "W" * 300,
    **dict.fromkeys(("method", "depth", "baseline_year", "verification"), "W" * 120),
    **dict.fromkeys(("name_en", "name_fr", "name_es"), "W" * 80),
    **dict.fromkeys(("lowest", "highest", "target_2030", "target_2050"), "999999999.999999"),
}

in_every_language = pytest.mark.parametrize("language", LANGUAGES)


@dataclass(slots=True)
class Reader:
    """Somebody in front of a screen."""

    turn: Turn
    membership: str
    # What conversations at the desk are opened with, by flow; the others are about the membership.
    openings: dict[str, str]

    async def answer_all(self, flow: Flow[Any]) -> AsyncIterator[Conversation]:
        """A conversation at each of its screens, answered as lengthily as can be."""
        known = {}
        if flow.name in self.openings:
            known = (await flow.begin(self.turn, self.openings[flow.name])).answers
        conversation = opened(flow, self.membership, **known)
        while (step := flow.step(conversation.step)) is not None:
            yield conversation
            value = await self.longest(flow, step, conversation)
            if isinstance(step, PickSeveral):
                store(conversation, step, value)
                yield conversation
            keep(flow, conversation, step, value)
        if flow.review:
            yield conversation
            go_to(conversation, CHANGE)
            yield conversation

    async def longest(self, flow: Flow[Any], step: Step, conversation: Conversation) -> Value:
        options = await options_of(self.turn, flow, step, answers_of(flow, conversation))
        if isinstance(step, PickSeveral):
            return [option.value for option in options]
        if isinstance(step, PickOne):
            chosen = {"agreement": "yes", "capacity": "organisation", "status": "partner", "facility": "global-4"}
            last = "new" if step.id == "coalition" else options[-1].value
            return chosen.get(step.id, last)
        return [] if isinstance(step, Attach) else LONGEST[step.id]


def opened(flow: Flow[Any], membership: str = "1", **answers: Any) -> Conversation:
    conversation = Conversation(2**31, 1, flow.name, flow.version, "", REVIEW, {"membership": membership, **answers})
    conversation.rev = 2**15
    go_on(flow, conversation)
    return conversation


@pytest.fixture
async def connection(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    """What screens read: a facility with more coalitions than one page shows, and a membership."""
    path = shutil.copyfile(sqlite_template, tmp_path / "screens.db")
    database = open_database(f"sqlite:///{path}")
    async with database.begin() as opened:
        yield opened
    await database.dispose()


@pytest.fixture
def language() -> str:
    """English where the words do not matter."""
    return "en"


@pytest.fixture(params=LIMITS)
def platform(request: pytest.FixtureRequest) -> Platform:
    return cast(Platform, request.param)


@pytest.fixture
async def reader(connection: AsyncConnection, house: House, language: str, platform: Platform) -> Reader:
    account = Account("telegram", "42") if platform == "telegram" else Account("slack", "U02", "T01")
    newcomer = Newcomer(str(account), platform, "Ada Rowan", "", language, "")
    person = (await people.meet(connection, [newcomer], START))[str(account)]
    person.language = language
    joined = 0
    for number in range(12):
        title = f"{number} {LONG_TITLE}"[:80]
        joined = await coalitions.propose(
            connection,
            kind="alliance",
            facility="global-4",
            title=title,
            aim="W" * 600,
            objectives=[],
            proposed_by=person.id,
            now=START,
        )
    membership = await coalitions.request(
        connection,
        participant_id=person.id,
        account_id=person.account_id,
        organisation_id=None,
        coalition_id=joined,
        role="member",
        note="",
        now=START,
    )

    async def ready() -> AsyncConnection:
        return connection

    event = Text(Origin(key="k", account=account, at=START, chat="42"), "")
    turn = Turn(event, person, replace(house, secretariat=frozenset({person.account})), START, ready)
    return Reader(turn, str(membership), await furnish(connection, LONG_TITLE, START))


def buttons_of(rows: Rows) -> list[Button]:
    return list(chain.from_iterable(rows))


def options_on(rows: Rows) -> list[Button]:
    """The buttons that choose an option."""
    return [button for button in buttons_of(rows) if move_of(button).lstrip("+-").isdigit()]


def move_of(button: Button) -> str:
    token = parse(button.token)
    assert isinstance(token, Screen)
    return token.move


@in_every_language
@pytest.mark.parametrize("name", FLOWS)
async def test_every_screen_fits_the_platform_and_a_phone(reader: Reader, name: str) -> None:
    flow, limits = FLOWS[name], reader.turn.limits
    drawn = 0
    async for conversation in reader.answer_all(flow):
        for page in range(3):
            words, rows = await draw(reader.turn, flow, conversation, page)
            drawn += 1
            assert 0 < units(plain(words)) <= limits.text, conversation.step
            assert len(buttons_of(rows)) <= limits.buttons
            for row in rows:
                assert 0 < len(row) <= 5
            for button in buttons_of(rows):
                assert 0 < units(button.label) <= limits.comfortable_label, (conversation.step, button.label)
                assert 0 < len(button.token.encode()) <= limits.token_bytes
    assert drawn >= 3 * len(flow.asked(answers_of(flow, conversation)))


@in_every_language
@pytest.mark.parametrize("name", FLOWS)
async def test_every_question_says_where_one_is_and_how_to_stop(reader: Reader, name: str) -> None:
    flow = FLOWS[name]
    async for conversation in reader.answer_all(flow):
        words, rows = await draw(reader.turn, flow, conversation)
        moves = [move_of(button) for button in buttons_of(rows)]
        step = flow.step(conversation.step)
        if conversation.step != CHANGE:
            assert "v" in moves
        if step is not None:
            asked = [one.id for one in flow.asked(answers_of(flow, conversation))]
            footer = plain(words).splitlines()[-1]
            assert re.findall(r"\d+", footer)[:2] == [str(asked.index(step.id) + 1), str(len(asked))]
            assert reader.turn.command("cancel") in footer
            assert ("b" in moves) == (bool(conversation.history) and conversation.history[0] != step.id)
            assert ("s" in moves) == (step.optional and not getattr(answers_of(flow, conversation), step.id))


@in_every_language
@pytest.mark.parametrize("name", FLOWS)
async def test_every_form_fits_the_platform(reader: Reader, name: str) -> None:
    flow, limits = FLOWS[name], reader.turn.limits
    async for conversation in reader.answer_all(flow):
        form = await form_of(reader.turn, flow, conversation)
        if form is None:
            continue
        assert limits.forms
        assert len(form.fields) <= limits.form_fields
        for words in (form.title, form.submit, form.close):
            assert 0 < units(words) <= limits.form_title
        assert units(plain(form.intro)) <= limits.text
        for field in form.fields:
            assert field.label
            # What people wrote themselves may be shortened in the list; it stands in full in the message.
            labels = [choice.label for choice in field.choices if field.id != "coalition"]
            assert all(0 < units(label) <= limits.form_option for label in labels), field.id


async def test_options_longer_than_a_phones_button_become_a_numbered_list(reader: Reader) -> None:
    conversation = opened(JOIN, language="en", agreement="yes", capacity="organisation", organisation="Green Soils")
    words, rows = await draw(reader.turn, JOIN, conversation)
    assert conversation.step == "organisation_type"
    labels = [option.label for option in await offered(reader, conversation)]
    assert max(map(len, labels)) > reader.turn.limits.comfortable_label
    assert [button.label for button in options_on(rows)] == [str(place) for place in range(1, 8)]
    assert [len(row) for row in rows][:2] == [5, 2]
    for place, label in enumerate(labels, 1):
        assert f"{place}. {label}" in plain(words)


async def test_short_options_are_buttons_with_their_words(reader: Reader) -> None:
    conversation = opened(JOIN, language="en", agreement="yes", capacity="alone")
    words, rows = await draw(reader.turn, JOIN, conversation)
    labels = [option.label for option in await offered(reader, conversation)]
    assert [button.label for button in options_on(rows)] == labels
    assert not any(label in plain(words).splitlines() for label in labels)
    assert max(len(row) for row in rows if row[0] in options_on(rows)) <= reader.turn.limits.words_in_row


async def test_what_suits_stands_on_the_first_page_and_the_rest_is_one_tap_away(reader: Reader) -> None:
    volunteer = {"capacity": "alone", "generation": "youth", "engagement": "volunteer"}
    ministry = volunteer | {"capacity": "organisation", "organisation": "Ministry", "organisation_type": "government"}
    ministry |= {"country": "KE", "status": "partner"}
    alliances = [f"global-{number}" for number in range(1, 9)]
    partnerships = [f"core-{number}" for number in range(1, 7)]
    for answers, first, second in ((volunteer, alliances, partnerships), (ministry, partnerships, alliances)):
        conversation = opened(JOIN, language="en", agreement="yes", **answers)
        assert conversation.step == "facility"
        assert await chosen_on(reader, conversation, 0) == first
        assert await chosen_on(reader, conversation, 1) == second
        _, rows = await draw(reader.turn, JOIN, conversation, 0)
        more = next(button for button in buttons_of(rows) if move_of(button) == "p1")
        assert str(len(second)) in more.label
        _, rows = await draw(reader.turn, JOIN, conversation, 1)
        assert "p0" in map(move_of, buttons_of(rows))


async def test_ten_options_a_page_and_numbers_that_go_on(reader: Reader) -> None:
    volunteer = {"capacity": "alone", "generation": "youth", "engagement": "volunteer"}
    conversation = opened(JOIN, language="en", agreement="yes", **volunteer)
    keep(JOIN, conversation, _step(JOIN, conversation), "global-4")
    assert conversation.step == "coalition"
    options = await offered(reader, conversation)
    assert len(options) == 14
    _, rows = await draw(reader.turn, JOIN, conversation, 0)
    assert [button.label for button in options_on(rows)] == [str(place) for place in range(1, 11)]
    words, rows = await draw(reader.turn, JOIN, conversation, 1)
    assert [button.label for button in options_on(rows)] == ["11", "12", "13", "14"]
    assert f"14. {options[13].label}" in plain(words)
    assert await chosen_on(reader, conversation, 1) == [option.value for option in options[10:]]
    # After the last page comes the first one again.
    assert await draw(reader.turn, JOIN, conversation, 2) == await draw(reader.turn, JOIN, conversation, 0)


async def test_what_is_chosen_is_ticked_and_taken_back_by_the_same_button(reader: Reader) -> None:
    conversation = opened(FLOWS["pledge"], reader.membership)
    flow = FLOWS["pledge"]
    _, rows = await draw(reader.turn, flow, conversation)
    assert {move_of(button)[0] for button in options_on(rows)} == {"+"}
    assert "d" not in map(move_of, buttons_of(rows))
    store(conversation, _step(flow, conversation), ["staff"])
    _, rows = await draw(reader.turn, flow, conversation)
    ticked = [button for button in options_on(rows) if button.label.startswith("✓")]
    place = conversation.drawn.index("staff") + 1
    assert [move_of(button) for button in ticked] == [f"-{place}"]
    assert "d" in map(move_of, buttons_of(rows))
    assert "s" not in map(move_of, buttons_of(rows))


async def test_the_review_shows_every_answer(reader: Reader) -> None:
    flow = JOIN
    async for conversation in reader.answer_all(flow):
        if conversation.step != REVIEW:
            continue
        words = plain((await draw(reader.turn, flow, conversation))[0])
        answers = answers_of(flow, conversation)
        for step in flow.asked(answers):
            value = await screens.shown(reader.turn, flow, step, answers, getattr(answers, step.id))
            assert f"{reader.turn.words.plain(f'join.{step.id}.label')}" in words
            assert value in words
        return
    pytest.fail("no review")


async def test_after_three_misses_a_person_is_offered(reader: Reader) -> None:
    conversation = opened(JOIN, language="en")
    assert "h" not in map(move_of, buttons_of((await draw(reader.turn, JOIN, conversation))[1]))
    conversation.misses = 3
    assert "h" in map(move_of, buttons_of((await draw(reader.turn, JOIN, conversation))[1]))


async def test_a_form_is_offered_where_the_platform_has_forms(reader: Reader) -> None:
    conversation = opened(JOIN, language="en", agreement="yes")
    offered = "f" in map(move_of, buttons_of((await draw(reader.turn, JOIN, conversation))[1]))
    assert offered == reader.turn.limits.forms
    assert (await form_of(reader.turn, JOIN, conversation) is not None) == offered


async def test_drawing_twice_gives_the_same(reader: Reader) -> None:
    async for conversation in reader.answer_all(JOIN):
        before = await draw(reader.turn, JOIN, conversation)
        kept = replace(conversation)
        assert await draw(reader.turn, JOIN, conversation) == before
        assert conversation == kept


async def offered(reader: Reader, conversation: Conversation) -> list[Option]:
    return list(await options_of(reader.turn, JOIN, _step(JOIN, conversation), answers_of(JOIN, conversation)))


async def chosen_on(reader: Reader, conversation: Conversation, page: int) -> list[str]:
    """The values behind the buttons of a page."""
    _, rows = await draw(reader.turn, JOIN, conversation, page)
    return [conversation.drawn[int(move_of(button)) - 1] for button in options_on(rows)]


def _step(flow: Flow[Any], conversation: Conversation) -> Step:
    return cast(Step, flow.step(conversation.step))
