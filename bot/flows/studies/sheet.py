"""What lies before one panellist in one round: what is asked, what they answered, what they said the last time.

Read from the tables at every act, so that it is the same on every platform and no button can be ahead of it. It is read
for the person themselves only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delphi.outcome import ItemOutcome
from bot.delphi.protocol import Item as AskedItem
from bot.delphi.protocol import Protocol, read_item
from bot.flows.studies.feedback import Own
from bot.flows.studies.item_screen import Card
from storage import answers, panels, proposals, studies, study_items
from storage.answers import Answer
from storage.panels import Panellist
from storage.studies import Round, Study
from storage.study_items import Item


@dataclass(frozen=True, slots=True)
class Sheet:
    """One panellist's round. `proposed` counts what they proposed to each open question of round 0."""

    study: Study
    protocol: Protocol
    panellist: Panellist
    pseudonym_id: int
    round: Round
    items: Sequence[Item]
    answers: dict[int, Answer]
    proposed: dict[int, int] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What messages and conversations about it are found by."""
        return subject_of(self.study.code, self.round.number)

    @property
    def answered(self) -> int:
        return sum(self.has(item.id) for item in self.items)

    def is_open(self, now: datetime) -> bool:
        """Whether an answer would be counted now."""
        return self.round.state == "open" and now < self.round.closes_at

    def has(self, item_id: int) -> bool:
        """Whether this item is answered: a comment alone does not count, a proposal does."""
        given = self.answers.get(item_id)
        return (given is not None and given.given) or item_id in self.proposed

    def place(self, item_id: int) -> int | None:
        """Where the item stands among those asked, from 0; None when it is not asked."""
        return next((place for place, item in enumerate(self.items) if item.id == item_id), None)

    def next(self, place: int) -> int | None:
        """The first item after this place that is not answered, around the end; None when all are."""
        around = [*range(place + 1, len(self.items)), *range(place + 1)]
        return next((one for one in around if not self.has(self.items[one].id)), None)

    def asked(self, place: int) -> AskedItem:
        return read_item(self.items[place].item)

    def card(self, place: int) -> Card:
        """The item at this place with what was answered to it."""
        item = self.items[place]
        given = self.answers.get(item.id)
        answered = given is not None and given.given
        value = given.value if given is not None and answered and not given.unable else None
        return Card(self.round.id, item.id, item.code, self.asked(place), self.protocol, answered, value)


@dataclass(frozen=True, slots=True)
class Before:
    """The last closed round in which this version of an item was asked: what came of it there, one's own answer, and
    how many comments of others can be read."""

    round: Round
    came: ItemOutcome
    own: Own
    reasons: int


def subject_of(code: str, number: int) -> str:
    """`study soil round 2`: the subject of whatever is said about a round."""
    return f"study {code} round {number}"


async def sheet_of(connection: AsyncConnection, round_id: int, participant_id: int) -> Sheet | None:
    """This person's sheet of a round, or None when there is none: they do not take part, or the study is sealed."""
    round_ = await studies.round_by_id(connection, round_id)
    study = await studies.study(connection, round_.study_id) if round_ is not None else None
    if round_ is None or study is None:
        return None
    one = await panels.panellist(connection, study.id, participant_id)
    if one is None or one.pseudonym_id is None:
        return None
    proposed: dict[int, int] = {}
    if round_.number == 0:
        for proposal in await proposals.own(connection, round_id, one.pseudonym_id):
            proposed[proposal.item_id] = proposed.get(proposal.item_id, 0) + 1
    return Sheet(
        study,
        Protocol.model_validate(study.protocol),
        one,
        one.pseudonym_id,
        round_,
        await study_items.of_round(connection, round_id),
        await answers.given(connection, round_id, one.pseudonym_id),
        proposed,
    )


async def before(connection: AsyncConnection, sheet: Sheet, item: Item) -> Before | None:
    """The round before for this version of an item, or None when it is asked for the first time."""
    for earlier in reversed(await studies.rounds(connection, sheet.study.id)):
        if earlier.number >= sheet.round.number or earlier.outcome is None:
            continue
        if came := came_of(earlier, item):
            return await looked_back(connection, sheet, earlier, item, came)
    return None


async def moved(connection: AsyncConnection, sheet: Sheet) -> list[tuple[int, ItemOutcome, Own]]:
    """The places of items that are answered otherwise than the last time this version was asked, with what came of it
    then and one's own answer."""
    found = {}
    for earlier in await studies.rounds(connection, sheet.study.id):
        if earlier.number >= sheet.round.number or earlier.outcome is None:
            continue
        last = await answers.given(connection, earlier.id, sheet.pseudonym_id)
        for place, item in enumerate(sheet.items):
            card, before = sheet.card(place), last.get(item.id)
            if not card.given or before is None or not before.given or before.value == card.value:
                continue
            if came := came_of(earlier, item):
                found[place] = (place, came, Own(True, None if before.unable else before.value))
    return [found[place] for place in sorted(found)]


async def looked_back(
    connection: AsyncConnection, sheet: Sheet, closed: Round, item: Item, came: ItemOutcome
) -> Before:
    """What came of an item in a closed round, with one's own answer there."""
    given = (await answers.given(connection, closed.id, sheet.pseudonym_id)).get(item.id)
    own = Own(given.given, None if given.unable else given.value) if given is not None else Own()
    reasons = 0
    if sheet.protocol.feedback.reasons:
        reasons = len(await answers.reasons(connection, closed.id, item.id, sheet.pseudonym_id))
    return Before(closed, came, own, reasons)


def came_of(closed: Round, item: Item) -> ItemOutcome | None:
    """What came of this version of an item in a closed round, if it was asked there."""
    for one in (closed.outcome or {}).get("items", ()):
        if one["code"] == item.code and one["version"] == item.version:
            return ItemOutcome.model_validate(one)
    return None
