"""Studies, their rounds, and what is put down about them.

    draft ──publish──▶ published ──first round opens──▶ running ──▶ closed ──▶ sealed
    round: planned ──items chosen──▶ proposed ──▶ open ──▶ closed;  planned or proposed ──▶ dropped

A change of state says whether it was this call that made it, so that what hangs on it happens once, whoever ticks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import amendments, panellists, pseudonyms, studies, study_items, study_log, study_rounds

ALIVE = ("published", "running")
AHEAD = ("planned", "proposed")


@dataclass(frozen=True, slots=True)
class Study:
    """`protocol` is the one in force, with `protocol_hash`; `published` the one that was frozen before round 1."""

    id: int
    code: str
    state: str
    protocol: dict[str, Any]
    protocol_hash: str
    published: dict[str, Any] | None
    rehearsal: bool
    created_by: int | None
    created_at: datetime
    published_at: datetime | None
    closed_at: datetime | None
    sealed_at: datetime | None
    stop_reason: str


@dataclass(frozen=True, slots=True)
class Round:
    """Number 0 is the round of proposals. `opens` and `closes` are wall times (`2027-01-11T09:00:00`); `opens_at` and
    `closes_at` are the instants that they come to: in the first zone of the panel, and in the last. `outcome` is the
    JSON of `bot.delphi.outcome.Outcome`, once the round is closed and evaluated."""

    id: int
    study_id: int
    number: int
    state: str
    opens: str
    closes: str
    opens_at: datetime
    closes_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    outcome: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A round to come."""

    number: int
    opens: str
    closes: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of a published protocol; `protocol_hash` is that of the protocol after it."""

    id: int
    at: datetime
    what: str
    before: Any
    after: Any
    reason: str
    protocol_hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened in a study; never who answered what."""

    id: int
    at: datetime
    what: str
    detail: dict[str, Any] = field(default_factory=dict)


_STUDY: Select[Any] = select(
    studies.c.id,
    studies.c.code,
    studies.c.state,
    studies.c.protocol,
    studies.c.protocol_hash,
    studies.c.published,
    studies.c.rehearsal,
    studies.c.created_by,
    studies.c.created_at,
    studies.c.published_at,
    studies.c.closed_at,
    studies.c.sealed_at,
    studies.c.stop_reason,
).order_by(studies.c.id)
ROUND: Select[Any] = select(
    study_rounds.c.id,
    study_rounds.c.study_id,
    study_rounds.c.number,
    study_rounds.c.state,
    study_rounds.c.opens,
    study_rounds.c.closes,
    study_rounds.c.opens_at,
    study_rounds.c.closes_at,
    study_rounds.c.opened_at,
    study_rounds.c.closed_at,
    study_rounds.c.outcome,
).order_by(study_rounds.c.study_id, study_rounds.c.number)


async def create(
    connection: AsyncConnection,
    code: str,
    protocol: Mapping[str, Any],
    created_by: int | None,
    now: datetime,
    *,
    rehearsal: bool = False,
) -> int | None:
    """A new draft's id, or None where a study has this code already."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = await connection.execute(
        insert_new(studies)
        .values(
            code=code,
            state="draft",
            protocol=dict(protocol),
            rehearsal=rehearsal,
            created_by=created_by,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(studies.c.id)
    )
    id = made.scalar_one_or_none()
    return None if id is None else int(id)


async def change_draft(connection: AsyncConnection, id: int, code: str, protocol: Mapping[str, Any]) -> bool:
    """Replace a draft's protocol. False when it is a draft no longer. The code must be free: see `by_code`."""
    done = await connection.execute(
        update(studies).where(studies.c.id == id, studies.c.state == "draft").values(code=code, protocol=dict(protocol))
    )
    return bool(done.rowcount)


async def discard(connection: AsyncConnection, id: int) -> bool:
    """Delete a draft. False when it is a draft no longer."""
    return bool(
        (await connection.execute(delete(studies).where(studies.c.id == id, studies.c.state == "draft"))).rowcount
    )


async def publish(
    connection: AsyncConnection,
    id: int,
    protocol: Mapping[str, Any],
    protocol_hash: str,
    rounds: Sequence[Planned],
    now: datetime,
) -> bool:
    """Freeze a draft with its rounds. False when it is a draft no longer. Its items: `storage.study_items.put_down`."""
    done = await connection.execute(
        update(studies)
        .where(studies.c.id == id, studies.c.state == "draft")
        .values(
            state="published",
            protocol=dict(protocol),
            protocol_hash=protocol_hash,
            published=dict(protocol),
            published_at=now,
        )
    )
    if not done.rowcount:
        return False
    await connection.execute(
        insert(study_rounds),
        [
            {
                "study_id": id,
                "number": each.number,
                "state": "planned",
                "opens": each.opens,
                "closes": each.closes,
                "opens_at": each.opens_at,
                "closes_at": each.closes_at,
            }
            for each in rounds
        ],
    )
    await note(connection, id, "published", {"hash": protocol_hash}, now)
    return True


async def unpublish(connection: AsyncConnection, id: int) -> bool:
    """Make a draft of a study again in which nothing has happened yet. False when a round has opened, or somebody has
    consented."""
    begun = select(study_rounds.c.id).where(study_rounds.c.study_id == id, study_rounds.c.state.not_in(AHEAD))
    agreed = select(pseudonyms.c.id).where(pseudonyms.c.study_id == id)
    done = await connection.execute(
        update(studies)
        .where(studies.c.id == id, studies.c.state == "published", ~begun.exists(), ~agreed.exists())
        .values(state="draft", protocol_hash="", published=null(), published_at=None)
    )
    if not done.rowcount:
        return False
    for table in (study_rounds, study_items, panellists, study_log):
        await connection.execute(delete(table).where(table.c.study_id == id))
    return True


async def study(connection: AsyncConnection, id: int, *, lock: bool = False) -> Study | None:
    """One study; locked until the transaction ends, for who decides on what is in it."""
    query = _STUDY.where(studies.c.id == id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return Study(*row) if row else None


async def by_code(connection: AsyncConnection, code: str) -> Study | None:
    """The study with this short name."""
    row = (await connection.execute(_STUDY.where(studies.c.code == code))).first()
    return Study(*row) if row else None


async def listed(connection: AsyncConnection, states: Collection[str] = ()) -> list[Study]:
    """Studies in these states (all of them by default), the newest first."""
    query = _STUDY.order_by(None).order_by(studies.c.id.desc())
    if states:
        query = query.where(studies.c.state.in_(states))
    return [Study(*row) for row in await connection.execute(query)]


async def close(connection: AsyncConnection, id: int, reason: str, now: datetime) -> bool:
    """End a study: rounds that have not opened are dropped. `reason` is a rule of the protocol (`most_rounds`,
    `all_retired`, `all_stable`) or a moderator's words. False when it has ended already. An open round has to be closed
    before."""
    done = await connection.execute(
        update(studies)
        .where(studies.c.id == id, studies.c.state.in_(ALIVE))
        .values(state="closed", closed_at=now, stop_reason=reason)
    )
    if not done.rowcount:
        return False
    await connection.execute(
        update(study_rounds)
        .where(study_rounds.c.study_id == id, study_rounds.c.state.in_(AHEAD))
        .values(state="dropped")
    )
    await note(connection, id, "closed", {"reason": reason}, now)
    return True


async def rounds(connection: AsyncConnection, study_id: int) -> list[Round]:
    """A study's rounds in their order."""
    return [Round(*row) for row in await connection.execute(ROUND.where(study_rounds.c.study_id == study_id))]


async def round_by_id(connection: AsyncConnection, id: int) -> Round | None:
    """One round."""
    row = (await connection.execute(ROUND.where(study_rounds.c.id == id))).first()
    return Round(*row) if row else None


async def amend(
    connection: AsyncConnection,
    study_id: int,
    *,
    what: str,
    before: Any,
    after: Any,
    reason: str,
    protocol: Mapping[str, Any],
    protocol_hash: str,
    now: datetime,
) -> int:
    """Put a changed protocol in force, and the amendment down; its id."""
    await connection.execute(
        update(studies).where(studies.c.id == study_id).values(protocol=dict(protocol), protocol_hash=protocol_hash)
    )
    made = await connection.execute(
        insert(amendments)
        .values(
            study_id=study_id,
            at=now,
            what=what,
            before=before,
            after=after,
            reason=reason,
            protocol_hash=protocol_hash,
        )
        .returning(amendments.c.id)
    )
    return int(made.scalar_one())


async def amended(connection: AsyncConnection, study_id: int) -> list[Amendment]:
    """A study's amendments in their order."""
    rows = await connection.execute(
        select(
            amendments.c.id,
            amendments.c.at,
            amendments.c.what,
            amendments.c.before,
            amendments.c.after,
            amendments.c.reason,
            amendments.c.protocol_hash,
        )
        .where(amendments.c.study_id == study_id)
        .order_by(amendments.c.id)
    )
    return [Amendment(*row) for row in rows]


async def note(connection: AsyncConnection, study_id: int, what: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Put into the study's log what happened; never who answered what, and no words of a panellist's."""
    await connection.execute(insert(study_log).values(study_id=study_id, at=now, what=what, detail=dict(detail)))


async def log(connection: AsyncConnection, study_id: int) -> list[Entry]:
    """What happened in a study, in its order."""
    rows = await connection.execute(
        select(study_log.c.id, study_log.c.at, study_log.c.what, study_log.c.detail)
        .where(study_log.c.study_id == study_id)
        .order_by(study_log.c.id)
    )
    return [Entry(*row) for row in rows]


async def current_round(connection: AsyncConnection, study_id: int) -> int:
    """The number of the round that is open; else of the next one; else of the last one."""
    numbers = await connection.execute(
        select(func.min(study_rounds.c.number)).where(
            study_rounds.c.study_id == study_id, study_rounds.c.state.in_((*AHEAD, "open"))
        )
    )
    number = numbers.scalar_one()
    if number is None:
        last = select(func.coalesce(func.max(study_rounds.c.number), 0)).where(study_rounds.c.study_id == study_id)
        number = (await connection.execute(last)).scalar_one()
    return int(number)
