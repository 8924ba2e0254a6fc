"""What became of a closed round: how many took part, what was agreed, and item by item with one's own answer in it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import row_id
from bot.delphi.disclosure import panel_shown
from bot.delphi.outcome import Outcome, Why
from bot.delphi.protocol import Protocol, in_language
from bot.delphi.scale import Rule
from bot.flows.flow import Halt
from bot.flows.studies.feedback import feedback
from bot.flows.studies.item_screen import token, wording
from bot.flows.studies.item_view import Drawn, Reader, has_picture
from bot.flows.studies.sheet import Sheet, came_of, looked_back, sheet_of
from bot.flows.studies.times import local_date
from bot.flows.studies.verdict import verdict
from bot.flows.turn import Turn
from storage import proposals, studies
from storage.studies import Round

GONE = (Why.AGREED_IN, Why.AGREED_OUT, Why.STABLE_DISSENT, Why.ASKED_ONCE)
# Items on one screen, as many buttons as leave room for the ways on.
GRID = 50


async def outcome(turn: Turn, argument: str) -> Drawn:
    """`11`: a closed round; `11-345`: one of its items."""
    number, _, item = argument.partition("-")
    id = row_id(number)
    sheet = await sheet_of(await turn.connection(), id, turn.person.id) if id is not None else None
    if sheet is None:
        raise Halt(turn.words("rate.none"), (("rounds.all", "rounds"),))
    if sheet.round.outcome is None:
        raise Halt(turn.words("outcome.not_yet"), (("rounds.all", "rounds"),))
    turn.subject = sheet.subject
    connection, reader = await turn.connection(), Reader.of(turn)
    item_id = row_id(item)
    place = sheet.place(item_id) if item_id is not None else None
    if place is None:
        return await summary(connection, sheet, reader, turn.now)
    return await _item(connection, sheet, place, reader)


async def summary(connection: AsyncConnection, sheet: Sheet, reader: Reader, now: datetime) -> Drawn:
    """A closed round in a few lines, with a button for every item."""
    words = reader.words
    came = Outcome.model_validate(sheet.round.outcome)
    title = in_language(sheet.protocol.title, words.language)
    answered = came.response.everything + came.response.part
    head = words(
        "outcome.head", title=title, number=sheet.round.number, answered=answered, invited=came.response.invited
    )
    rounds = await studies.rounds(connection, sheet.study.id)
    following = next((one for one in rounds if one.number > sheet.round.number and one.state in _COMING), None)
    if sheet.round.number == 0:
        made = [one for one in await proposals.of_study(connection, sheet.study.id) if one.round_id == sheet.round.id]
        told = [words.count("outcome.proposals", len(made)), words("outcome.proposals_next")]
    else:
        told = _decided(sheet.protocol, came, following, reader)
    rows = _items(sheet, reader) if sheet.round.number > 0 else ()
    rows += ((reader.button("rounds.card", token("rounds", sheet.study.code)),),)
    next_ = _next(sheet, following, reader, now)
    how = words("outcome.look") if sheet.round.number > 0 else ()
    return join([head, join(told), next_, how], "\n\n"), rows


_COMING = ("planned", "proposed", "open")


def _decided(protocol: Protocol, came: Outcome, following: Round | None, reader: Reader) -> list[Markup]:
    """How many items were agreed on, were left, come back."""
    why = Counter(item.decision.why for item in came.items if not item.decision.stays)
    staying = sum(item.decision.stays for item in came.items)
    lines = [reader.words.count("outcome.items", len(came.items))]
    named: dict[Why, str] = {reason: reason for reason in GONE}
    if protocol.consensus.rule is Rule.THREE_BANDS:
        named[Why.AGREED_OUT] = "dropped"
    lines += [reader.words.count(f"outcome.{name}", why[reason]) for reason, name in named.items() if why[reason]]
    if staying:
        lines.append(reader.words.count("outcome.stay" if following is not None else "outcome.left_open", staying))
    return lines


def _next(sheet: Sheet, following: Round | None, reader: Reader, now: datetime) -> Markup:
    if sheet.study.state not in studies.ALIVE:
        rule = f"news.stopped_{sheet.study.stop_reason}"
        return join([reader.words(rule) if reader.words.has(rule) else (), reader.words("outcome.over")], " ")
    if following is None:
        return ()
    if following.state == "open" or following.opens_at <= now:
        return reader.words("outcome.next_open", number=following.number)
    opens = local_date(following.opens_at, reader.zone, reader.words)
    return reader.words("outcome.next", number=following.number, date=opens)


def _items(sheet: Sheet, reader: Reader) -> Rows:
    buttons = [Button(item.code, str(token("outcome", sheet.round.id, item.id))) for item in sheet.items[:GRID]]
    return _in_rows(buttons, reader.limits.digits_in_row)


async def _item(connection: AsyncConnection, sheet: Sheet, place: int, reader: Reader) -> Drawn:
    """One item: what came of it, one's own answer, the numbers; on to the next one."""
    words = reader.words
    item, asked = sheet.items[place], sheet.asked(place)
    came = came_of(sheet.round, item)
    if came is None:
        raise Halt(words("outcome.not_yet"), (("rounds.all", "rounds"),))
    seen = await looked_back(connection, sheet, sheet.round, item, came)
    shown = panel_shown(came.n, sheet.protocol.smallest_group)
    decided = verdict(asked, came, sheet.protocol, words) if shown else ()
    body = join(
        [wording(sheet.card(place), words), decided, feedback(asked, came, seen.own, sheet.protocol, words)], "\n\n"
    )
    rows: Rows = ()
    if has_picture(sheet, seen):
        rows += ((reader.button("rate.picture", token("picture", sheet.round.id, item.id)),),)
    beside = []
    if place > 0:
        before = sheet.items[place - 1]
        beside.append(Button(f"‹ {before.code}", str(token("outcome", sheet.round.id, before.id))))
    if place + 1 < len(sheet.items):
        after = sheet.items[place + 1]
        beside.append(Button(f"{after.code} ›", str(token("outcome", sheet.round.id, after.id))))
    rows += (tuple(beside), (reader.button("outcome.all", token("outcome", sheet.round.id)),))
    return body, tuple(row for row in rows if row)


def _in_rows(buttons: Sequence[Button], width: int) -> Rows:
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
