"""What panellists propose in round 0, and what the moderator makes of it.

waiting ──▶ accepted (became an item), merged (into an item), declined (with a reason)
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.answers import Taken, open_to
from storage.schema import panel_links, panellists, proposals, pseudonyms, study_items, study_rounds

Decision = Literal["accepted", "merged", "declined"]
# More than this from one panellist to one question is no proposal any more.
MOST = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal. `became_id` is the item that it became or was merged into, `became_code` what that is called."""

    id: int
    round_id: int
    item_id: int
    pseudonym_id: int | None
    pseudonym: str
    group: str
    words: str
    language: str
    state: str
    reason: str
    became_id: int | None
    became_code: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a proposal, for the one who made it. `at` is when they may hear of it."""

    participant_id: int
    study_id: int
    proposal_id: int
    words: str
    at: datetime


_became = study_items.alias("became")
_PROPOSAL: Select[Any] = (
    select(
        proposals.c.id,
        proposals.c.round_id,
        proposals.c.item_id,
        proposals.c.pseudonym_id,
        func.coalesce(pseudonyms.c.code, ""),
        func.coalesce(pseudonyms.c.group, ""),
        proposals.c.words,
        proposals.c.language,
        proposals.c.state,
        proposals.c.reason,
        proposals.c.became_id,
        func.coalesce(_became.c.code, ""),
        proposals.c.at,
    )
    .join_from(proposals, study_rounds)
    .join(pseudonyms, pseudonyms.c.id == proposals.c.pseudonym_id, isouter=True)
    .join(_became, _became.c.id == proposals.c.became_id, isouter=True)
    .order_by(proposals.c.id)
)


async def propose(
    connection: AsyncConnection,
    *,
    round_id: int,
    item_id: int,
    pseudonym_id: int,
    words: str,
    language: str,
    now: datetime,
) -> int | Taken:
    """The new proposal's id, or why it was not taken. The same words once more are the same proposal; `not_asked` also
    where there are `MOST` already."""
    if (refused := await open_to(connection, round_id, item_id, pseudonym_id, now)) != "saved":
        return refused
    there = [one for one in await own(connection, round_id, pseudonym_id) if one.item_id == item_id]
    for one in there:
        if one.words.casefold().split() == words.casefold().split():
            return one.id
    if len(there) >= MOST:
        return "not_asked"
    made = await connection.execute(
        insert(proposals)
        .values(
            round_id=round_id,
            item_id=item_id,
            pseudonym_id=pseudonym_id,
            words=words,
            language=language,
            state="waiting",
            at=now,
        )
        .returning(proposals.c.id)
    )
    return int(made.scalar_one())


async def change(
    connection: AsyncConnection, id: int, pseudonym_id: int, words: str, language: str, now: datetime
) -> Taken:
    """Other words for one's own proposal, as long as the round is open and it has not been decided on."""
    if (refused := await _own_and_open(connection, id, pseudonym_id, now)) != "saved":
        return refused
    await connection.execute(
        update(proposals).where(proposals.c.id == id).values(words=words, language=language, at=now)
    )
    return "saved"


async def remove(connection: AsyncConnection, id: int, pseudonym_id: int, now: datetime) -> Taken:
    """Take one's own proposal back, as long as the round is open and it has not been decided on."""
    if (refused := await _own_and_open(connection, id, pseudonym_id, now)) != "saved":
        return refused
    await connection.execute(delete(proposals).where(proposals.c.id == id))
    return "saved"


async def own(connection: AsyncConnection, round_id: int, pseudonym_id: int) -> list[Proposal]:
    """What one pseudonym proposed in a round, in its order."""
    return await _all(
        connection, _PROPOSAL.where(proposals.c.round_id == round_id, proposals.c.pseudonym_id == pseudonym_id)
    )


async def of_study(connection: AsyncConnection, study_id: int, states: Sequence[str] = ()) -> list[Proposal]:
    """A study's proposals in these states (all of them by default), the oldest first."""
    query = _PROPOSAL.where(study_rounds.c.study_id == study_id)
    return await _all(connection, query.where(proposals.c.state.in_(states)) if states else query)


async def by_id(connection: AsyncConnection, id: int) -> Proposal | None:
    """One proposal."""
    return next(iter(await _all(connection, _PROPOSAL.where(proposals.c.id == id))), None)


async def decide(
    connection: AsyncConnection,
    id: int,
    decision: Decision,
    now: datetime,
    *,
    became_id: int | None = None,
    reason: str = "",
) -> bool:
    """Decide on a proposal that waits. `became_id` is the item that it became or was merged into, `reason` what its
    author is told when it was declined. False when it waits no more."""
    done = await connection.execute(
        update(proposals)
        .where(proposals.c.id == id, proposals.c.state == "waiting")
        .values(state=decision, became_id=became_id, reason=reason, decided_at=now)
    )
    return bool(done.rowcount)


async def decided(
    connection: AsyncConnection, since: datetime, participant_ids: Collection[int] | None = None
) -> list[Decided]:
    """Proposals that were decided on, of rounds that have closed: either of it at this instant or later. For messages
    to who made them, and to nobody else; nothing of people who have left for good or of a study that is sealed."""
    query = (
        select(
            panellists.c.participant_id,
            study_rounds.c.study_id,
            proposals.c.id,
            proposals.c.words,
            proposals.c.decided_at,
            study_rounds.c.closed_at,
        )
        .join_from(proposals, study_rounds)
        .join(panel_links, panel_links.c.pseudonym_id == proposals.c.pseudonym_id)
        .join(panellists, panellists.c.id == panel_links.c.panellist_id)
        .where(
            proposals.c.state != "waiting",
            study_rounds.c.state == "closed",
            or_(proposals.c.decided_at >= since, study_rounds.c.closed_at >= since),
        )
        .order_by(proposals.c.id)
    )
    if participant_ids is not None:
        query = query.where(panellists.c.participant_id.in_(participant_ids))
    rows = await connection.execute(query)
    return [Decided(*row[:4], max(row.decided_at, row.closed_at)) for row in rows]


async def _own_and_open(connection: AsyncConnection, id: int, pseudonym_id: int, now: datetime) -> Taken:
    found = (
        await connection.execute(
            select(proposals.c.round_id, proposals.c.item_id, proposals.c.state)
            .where(proposals.c.id == id, proposals.c.pseudonym_id == pseudonym_id)
            .with_for_update()
        )
    ).first()
    if found is None:
        return "not_asked"
    if found.state != "waiting":
        return "closed"
    return await open_to(connection, found.round_id, found.item_id, pseudonym_id, now)


async def _all(connection: AsyncConnection, query: Select[Any]) -> list[Proposal]:
    return [Proposal(*row) for row in await connection.execute(query)]
