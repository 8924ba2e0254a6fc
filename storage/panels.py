"""Who is on a panel: invited, consented, declined, withdrawn; and the pseudonym that each gets when they consent.

What is known of people is on `panellists`, answers hang on `pseudonyms`, and `panel_links` joins the two.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import (
    accounts,
    answers,
    panel_links,
    panellists,
    participants,
    proposals,
    pseudonyms,
    studies,
    study_rounds,
)
from storage.studies import ALIVE, current_round

# Without those that are taken for one another.
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 6


@dataclass(frozen=True, slots=True)
class Panellist:
    """One person on one panel. `state`: invited, consented, declined, withdrawn. `pseudonym_id` and `pseudonym` are
    there once they have consented, until the study is sealed."""

    id: int
    study_id: int
    participant_id: int
    group: str
    state: str
    invited_at: datetime
    consented_at: datetime | None
    withdrawn_at: datetime | None
    practised: bool
    pseudonym_id: int | None
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a panellist may be: the zone they chose, and the one that their platform names."""

    zone: str
    zone_hint: str


_PANELLIST: Select[Any] = (
    select(
        panellists.c.id,
        panellists.c.study_id,
        panellists.c.participant_id,
        panellists.c.group,
        panellists.c.state,
        panellists.c.invited_at,
        panellists.c.consented_at,
        panellists.c.withdrawn_at,
        panellists.c.practised,
        panel_links.c.pseudonym_id,
        func.coalesce(pseudonyms.c.code, ""),
    )
    .join_from(panellists, panel_links, isouter=True)
    .join(pseudonyms, pseudonyms.c.id == panel_links.c.pseudonym_id, isouter=True)
    .order_by(panellists.c.id)
)
# A pseudonym is asked in a round when it came before it, and did not end before it.
IN_ROUND = and_(
    pseudonyms.c.study_id == study_rounds.c.study_id,
    pseudonyms.c.first_round <= study_rounds.c.number,
    or_(pseudonyms.c.last_round.is_(None), pseudonyms.c.last_round >= study_rounds.c.number),
)


async def invite(
    connection: AsyncConnection, study_id: int, participant_id: int, group: str, now: datetime
) -> int | None:
    """Put somebody on a panel; the panellist's id, or None when they are on it already, whatever they said."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = await connection.execute(
        insert_new(panellists)
        .values(study_id=study_id, participant_id=participant_id, group=group, state="invited", invited_at=now)
        .on_conflict_do_nothing()
        .returning(panellists.c.id)
    )
    id = made.scalar_one_or_none()
    return None if id is None else int(id)


async def panellist(connection: AsyncConnection, study_id: int, participant_id: int) -> Panellist | None:
    """This person on this panel."""
    return await _one(
        connection,
        _PANELLIST.where(panellists.c.study_id == study_id, panellists.c.participant_id == participant_id),
    )


async def by_id(connection: AsyncConnection, id: int, *, lock: bool = False) -> Panellist | None:
    """One panellist; locked until the transaction ends, for who changes how they stand."""
    query = _PANELLIST.where(panellists.c.id == id)
    return await _one(connection, query.with_for_update(of=panellists) if lock else query)


async def of_participants(connection: AsyncConnection, participant_ids: Collection[int]) -> list[Panellist]:
    """The panels that these people are on, in every state."""
    rows = await connection.execute(_PANELLIST.where(panellists.c.participant_id.in_(participant_ids)))
    return [Panellist(*row) for row in rows]


async def members(connection: AsyncConnection, study_id: int) -> list[Panellist]:
    """Everybody on a panel. For what has to be said to them; nothing about answers may be shown from it."""
    return [Panellist(*row) for row in await connection.execute(_PANELLIST.where(panellists.c.study_id == study_id))]


async def consent(
    connection: AsyncConnection,
    id: int,
    group: str,
    now: datetime,
    choice: Callable[[str], str] = secrets.choice,
) -> Panellist | None:
    """Take part, as a member of this group; with a pseudonym drawn by `choice`. Who takes part already stays as they
    are; who had withdrawn goes on under their pseudonym. None when there is no such panellist, or the study is over."""
    one = await by_id(connection, id, lock=True)
    if one is None or not await _alive(connection, one.study_id):
        return None
    if one.state == "consented":
        return one
    if one.pseudonym_id is None:
        pseudonym_id = await _draw(connection, one.study_id, group, choice)
        await connection.execute(insert(panel_links).values(panellist_id=id, pseudonym_id=pseudonym_id))
    else:
        group = one.group
        await connection.execute(
            update(pseudonyms).where(pseudonyms.c.id == one.pseudonym_id).values(last_round=null(), withdrew=False)
        )
    await connection.execute(
        update(panellists)
        .where(panellists.c.id == id)
        .values(state="consented", group=group, consented_at=now, withdrawn_at=None)
    )
    return await by_id(connection, id)


async def decline(connection: AsyncConnection, id: int, now: datetime) -> bool:
    """Not take part. False unless they were invited and had not answered."""
    done = await connection.execute(
        update(panellists)
        .where(panellists.c.id == id, panellists.c.state == "invited")
        .values(state="declined", withdrawn_at=now)
    )
    return bool(done.rowcount)


async def withdraw(connection: AsyncConnection, id: int, now: datetime) -> bool:
    """Leave the panel: nothing more is asked, and what was answered stays under the pseudonym. False unless they took
    part."""
    one = await by_id(connection, id, lock=True)
    if one is None or one.state != "consented":
        return False
    await connection.execute(
        update(panellists).where(panellists.c.id == id).values(state="withdrawn", withdrawn_at=now)
    )
    if one.pseudonym_id is not None:
        await _end(connection, one.study_id, one.pseudonym_id)
    return True


async def forget(connection: AsyncConnection, participant_id: int) -> int:
    """Before a person is erased: they leave every panel, their seats are taken out of the protocols, and nobody can say
    any more which pseudonym was theirs. What they answered stays. On how many panels they had a pseudonym."""
    there = [one for one in await of_participants(connection, [participant_id]) if one.pseudonym_id is not None]
    for one in there:
        if one.state == "consented" and one.pseudonym_id is not None:
            await _end(connection, one.study_id, one.pseudonym_id)
    await connection.execute(delete(panellists).where(panellists.c.participant_id == participant_id))
    keys = await connection.execute(select(accounts.c.key).where(accounts.c.participant_id == participant_id))
    await _take_seats_away(connection, set(keys.scalars()))
    return len(there)


async def practised(connection: AsyncConnection, id: int) -> None:
    """The practice item was seen, or passed over."""
    await connection.execute(update(panellists).where(panellists.c.id == id).values(practised=True))


async def counts(connection: AsyncConnection, study_id: int) -> Counter[tuple[str, str]]:
    """How many panellists there are, by state and group."""
    rows = await connection.execute(
        select(panellists.c.state, panellists.c.group, func.count())
        .where(panellists.c.study_id == study_id)
        .group_by(panellists.c.state, panellists.c.group)
    )
    return Counter({(state, group): count for state, group, count in rows})


async def names(connection: AsyncConnection, study_id: int) -> list[str]:
    """What the people of a panel are called: names and handles, to look for in comments. Sorted, each once."""
    rows = await connection.execute(
        select(participants.c.name, accounts.c.name, accounts.c.handle)
        .join_from(panellists, participants)
        .join(accounts, accounts.c.participant_id == participants.c.id, isouter=True)
        .where(panellists.c.study_id == study_id)
    )
    return sorted({name for row in rows for name in row if name})


async def whereabouts(connection: AsyncConnection, study_id: int) -> list[Whereabouts]:
    """Where those who take part are, one row per account; of all who are invited, as long as nobody takes part."""
    for states in (("consented",), ("invited",)):
        rows = await connection.execute(
            select(participants.c.zone, accounts.c.zone)
            .join_from(panellists, participants)
            .join(accounts, accounts.c.participant_id == participants.c.id)
            .where(panellists.c.study_id == study_id, panellists.c.state.in_(states))
            .order_by(accounts.c.id)
        )
        if found := [Whereabouts(*row) for row in rows]:
            return found
    return []


async def invited(connection: AsyncConnection, before: datetime, ids: Collection[int] | None = None) -> list[Panellist]:
    """Those who were invited to a living study until `before` and have not said whether they take part."""
    query = _PANELLIST.join(studies, studies.c.id == panellists.c.study_id).where(
        studies.c.state.in_(ALIVE), panellists.c.state == "invited", panellists.c.invited_at <= before
    )
    if ids is not None:
        query = query.where(panellists.c.participant_id.in_(ids))
    return [Panellist(*row) for row in await connection.execute(query)]


async def asked_in(connection: AsyncConnection, round_ids: Collection[int]) -> set[int]:
    """The people who take part and are asked in one of these rounds."""
    rows = await connection.execute(
        select(panellists.c.participant_id)
        .join_from(panellists, panel_links)
        .join(pseudonyms, pseudonyms.c.id == panel_links.c.pseudonym_id)
        .join(study_rounds, IN_ROUND)
        .where(panellists.c.state == "consented", study_rounds.c.id.in_(round_ids))
    )
    return set(rows.scalars())


async def participant_of(connection: AsyncConnection, pseudonym_id: int) -> int | None:
    """Who is to be told something that concerns a pseudonym alone, such as what became of a proposal. For messages to
    that person only; None when they have left for good or the study is sealed."""
    return (
        await connection.execute(
            select(panellists.c.participant_id)
            .join_from(panel_links, panellists)
            .where(panel_links.c.pseudonym_id == pseudonym_id)
        )
    ).scalar_one_or_none()


async def ask_silent_no_more(connection: AsyncConnection, study_id: int, round_id: int, number: int) -> int:
    """Those who answered nothing in this round are not asked in later ones; how many."""
    answered = exists().where(answers.c.round_id == round_id, answers.c.pseudonym_id == pseudonyms.c.id)
    done = await connection.execute(
        update(pseudonyms)
        .where(
            pseudonyms.c.study_id == study_id,
            pseudonyms.c.first_round <= number,
            pseudonyms.c.last_round.is_(None),
            ~answered,
        )
        .values(last_round=number)
    )
    return int(done.rowcount)


async def unite(connection: AsyncConnection, kept: int, gone: int) -> None:
    """Two people turn out to be one: on a panel that both are on they are there once afterwards.

    Who takes part stays; else who said no; else who was invited first. Where both took part, what only the other
    pseudonym has in a round that is still open goes to the one that stays; in rounds that are closed it stands, and the
    other pseudonym is asked nothing more.
    """
    by_study: dict[int, list[Panellist]] = {}
    for one in await of_participants(connection, [kept, gone]):
        by_study.setdefault(one.study_id, []).append(one)
    order = ("consented", "withdrawn", "declined", "invited")
    for study_id, both in by_study.items():
        stays, *others = sorted(both, key=lambda one: (order.index(one.state), one.id))
        for other in others:
            if stays.pseudonym_id is not None and other.pseudonym_id is not None:
                await _hand_over(connection, study_id, other.pseudonym_id, stays.pseudonym_id)
            await connection.execute(delete(panellists).where(panellists.c.id == other.id))
    await connection.execute(update(panellists).where(panellists.c.participant_id == gone).values(participant_id=kept))


async def _hand_over(connection: AsyncConnection, study_id: int, other: int, stays: int) -> None:
    open_rounds = select(study_rounds.c.id).where(study_rounds.c.study_id == study_id, study_rounds.c.state == "open")
    there = answers.alias("there")
    same = exists().where(
        there.c.round_id == answers.c.round_id, there.c.item_id == answers.c.item_id, there.c.pseudonym_id == stays
    )
    mine = and_(answers.c.pseudonym_id == other, answers.c.round_id.in_(open_rounds))
    await connection.execute(update(answers).where(mine, ~same).values(pseudonym_id=stays))
    await connection.execute(delete(answers).where(mine))
    await connection.execute(update(proposals).where(proposals.c.pseudonym_id == other).values(pseudonym_id=stays))
    left = (await connection.execute(select(answers.c.id).where(answers.c.pseudonym_id == other).limit(1))).first()
    if left is None:
        await connection.execute(delete(pseudonyms).where(pseudonyms.c.id == other))
    else:
        await _end(connection, study_id, other)


async def _take_seats_away(connection: AsyncConnection, gone: set[str]) -> None:
    """Who is asked is no part of a protocol's hash, so it stays the same."""
    rows = await connection.execute(select(studies.c.id, studies.c.protocol, studies.c.published).with_for_update())
    for id, protocol, published in rows.all():
        written = {"protocol": protocol, "published": published}
        changed = {
            name: raw | {"panel": [seat for seat in raw["panel"] if seat.get("account") not in gone]}
            for name, raw in written.items()
            if raw and any(seat.get("account") in gone for seat in raw.get("panel") or ())
        }
        if changed:
            await connection.execute(update(studies).where(studies.c.id == id).values(**changed))


async def _draw(connection: AsyncConnection, study_id: int, group: str, choice: Callable[[str], str]) -> int:
    """A new pseudonym, which nobody of this study has."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    first_round = await current_round(connection, study_id)
    while True:
        code = "P-" + "".join(choice(SIGNS) for _ in range(LENGTH))
        made = await connection.execute(
            insert_new(pseudonyms)
            .values(study_id=study_id, code=code, group=group, first_round=first_round)
            .on_conflict_do_nothing()
            .returning(pseudonyms.c.id)
        )
        if (id := made.scalar_one_or_none()) is not None:
            return int(id)


async def _end(connection: AsyncConnection, study_id: int, pseudonym_id: int) -> None:
    """Asked nothing after the round that is open, or the next one, in which they count as withdrawn."""
    last = await current_round(connection, study_id)
    await connection.execute(
        update(pseudonyms)
        .where(pseudonyms.c.id == pseudonym_id, pseudonyms.c.last_round.is_(None))
        .values(last_round=last, withdrew=True)
    )


async def _alive(connection: AsyncConnection, study_id: int) -> bool:
    state = (await connection.execute(select(studies.c.state).where(studies.c.id == study_id))).scalar_one_or_none()
    return state in ALIVE


async def _one(connection: AsyncConnection, query: Select[Any]) -> Panellist | None:
    row = (await connection.execute(query)).first()
    return Panellist(*row) if row else None
