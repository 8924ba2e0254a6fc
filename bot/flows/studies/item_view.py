"""An item before one panellist: what is asked, what the panel said the last time, and every way on.

The same on every platform and in the message that opens a round; only what a platform can show differs.
"""

from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.events import Platform
from bot.chat.limits import LIMITS, Limits
from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Rows
from bot.delphi.disclosure import panel_shown
from bot.delphi.protocol import ChoiceItem, OpenItem, in_language
from bot.flows.studies.answering import show
from bot.flows.studies.feedback import feedback
from bot.flows.studies.item_screen import Card, how, options, token, unable, wording
from bot.flows.studies.sheet import Before, Sheet, before
from bot.flows.studies.times import moment
from bot.flows.turn import Turn
from bot.locales import Words
from storage import proposals, study_items
from storage.study_items import Item

Drawn = tuple[Markup, Rows]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: in which language, in which time zone (an IANA name, or empty), on which platform."""

    participant_id: int
    words: Words
    zone: str
    platform: Platform

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Whose turn it is."""
        return cls(turn.person.id, turn.words, turn.person.zone, turn.event.origin.account.platform)

    @property
    def limits(self) -> Limits:
        return LIMITS[self.platform]

    def button(self, label: str, to: object, **values: object) -> Button:
        return Button(self.words.plain(label, **values), str(to))


async def draw(
    connection: AsyncConnection, sheet: Sheet, place: int, reader: Reader, ordered: tuple[int, ...] = ()
) -> Drawn:
    """The item at this place; `ordered` is what of a ranking was tapped so far."""
    item, card, words = sheet.items[place], sheet.card(place), reader.words
    earlier = await before(connection, sheet, item)
    proposing = sheet.round.number == 0 and isinstance(card.item, OpenItem)
    listing, choices = (
        await own_proposals(connection, sheet, item, reader)
        if proposing
        else options(card, words, reader.limits, ordered)
    )
    told = feedback(card.item, earlier.came, earlier.own, sheet.protocol, words) if earlier else ()
    said_now = join([_given(card, words), _remark(sheet, item, words)])
    asked = join([wording(card, words), words("propose.how") if proposing else how(card, words)])
    body = join([asked, await _wording_before(connection, item, words), told, listing, said_now], "\n\n")
    keep = _keep(card, earlier, reader) if earlier is not None and not ordered else ()
    more = (*unable(card, words, proposing=proposing), *_comment(sheet, item, card, reader, proposing=proposing))
    looks = _looks(sheet, card, earlier, reader) if earlier is not None else ()
    rows = (keep, *choices, more, looks, *ways(sheet, place, reader))
    return join([body, footer(sheet, place, reader)], "\n\n"), tuple(row for row in rows if row)


def footer(sheet: Sheet, place: int, reader: Reader) -> Markup:
    """`7 of 24 · 6 answered · open until January 24, 23:59 (your time)`"""
    until = moment(sheet.round.closes_at, reader.zone, reader.words)
    return reader.words("rate.footer", place=place + 1, total=len(sheet.items), answered=sheet.answered, until=until)


def ways(sheet: Sheet, place: int, reader: Reader) -> Rows:
    """Back and on, the overview, stopping for now, and several items at once where the platform has forms."""
    onward = "rate.next" if sheet.has(sheet.items[place].id) else "rate.skip"
    row = []
    if place > 0:
        row.append(reader.button("screen.back", token("rate", sheet.round.id, sheet.items[place - 1].id)))
    if place + 1 < len(sheet.items):
        row.append(reader.button(onward, token("rate", sheet.round.id, sheet.items[place + 1].id)))
    elif len(sheet.items) > 1 or sheet.answered == len(sheet.items):
        row.append(reader.button(onward, token("rate", sheet.round.id)))
    rows: Rows = (tuple(row), (reader.button("rate.grid", token("grid", sheet.round.id)), _later(sheet, reader)))
    if reader.limits.forms and sheet.round.number > 0:
        rows += ((reader.button("rate.form", token("page", sheet.round.id, place)),),)
    return rows


async def own_proposals(connection: AsyncConnection, sheet: Sheet, item: Item, reader: Reader) -> Drawn:
    """What this panellist has proposed to an open question, with a button each to change or remove it."""
    mine = [
        one for one in await proposals.own(connection, sheet.round.id, sheet.pseudonym_id) if one.item_id == item.id
    ]
    if not mine:
        return (), ()
    listing = text("\n".join(f"{place}. {one.words}" for place, one in enumerate(mine, 1)))
    buttons = [
        Button(str(place), str(token("proposal", sheet.round.id, item.id, one.id))) for place, one in enumerate(mine, 1)
    ]
    width = reader.limits.digits_in_row
    rows = tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
    return join([reader.words("propose.yours"), listing]), rows


def _given(card: Card, words: Words) -> Markup:
    if not card.given:
        return ()
    several = isinstance(card.item, ChoiceItem) and card.item.most > 1
    text = "rate.given_several" if several else "rate.given"
    return words(text, answer=show(card.item, card.value, words))


def _remark(sheet: Sheet, item: Item, words: Words) -> Markup:
    given = sheet.answers.get(item.id)
    return words("rate.remarked", comment=given.comment) if given is not None and given.comment else ()


def _keep(card: Card, earlier: Before, reader: Reader) -> tuple[Button, ...]:
    """One tap for the same answer as the last time, as long as there is none now."""
    if card.given or not earlier.own.given:
        return ()
    label = reader.words.plain("rate.keep_mine")
    if isinstance(earlier.own.value, int | float):
        named = reader.words.plain("rate.keep", answer=show(card.item, earlier.own.value, reader.words))
        label = named if len(named) <= reader.limits.comfortable_label and card.item.kind != "agree" else label
    return (Button(label, str(token("rated", card.round, card.id, "k")), "primary"),)


def _comment(sheet: Sheet, item: Item, card: Card, reader: Reader, *, proposing: bool) -> tuple[Button, ...]:
    if not card.item.comment or proposing:
        return ()
    given = sheet.answers.get(item.id)
    label = "rate.comment_change" if given is not None and given.comment else "rate.comment"
    return (reader.button(label, token("remark", sheet.round.id, item.id)),)


def _looks(sheet: Sheet, card: Card, earlier: Before, reader: Reader) -> tuple[Button, ...]:
    """The reasons of others, and the picture."""
    row = []
    if earlier.reasons:
        row.append(reader.button("rate.reasons", token("reasons", card.round, card.id), n=earlier.reasons))
    if has_picture(sheet, earlier):
        row.append(reader.button("rate.picture", token("picture", earlier.round.id, card.id)))
    return tuple(row)


def has_picture(sheet: Sheet, earlier: Before) -> bool:
    """Whether there is something to draw of a closed round that may be shown."""
    came = earlier.came
    drawn = came.rated or came.chosen or came.ranked or came.measured
    return sheet.protocol.feedback.picture and drawn is not None and panel_shown(came.n, sheet.protocol.smallest_group)


def _later(sheet: Sheet, reader: Reader) -> Button:
    return reader.button("screen.save", token("later", sheet.round.id))


async def _wording_before(connection: AsyncConnection, item: Item, words: Words) -> Markup:
    """What it said before it was reworded: its numbers do not go together with those of now."""
    reworded = [one for one in item.lineage if one.get("how") == "reworded"]
    if not reworded:
        return ()
    for one in await study_items.all_of(connection, item.study_id):
        if (one.code, one.version) == (reworded[-1]["item"], reworded[-1]["version"]):
            return words("rate.reworded", text=in_language(one.item["text"], words.language))
    return ()
