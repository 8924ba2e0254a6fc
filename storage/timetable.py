"""Rounds by their times: what is ahead, what is due, what has just ended; and each step from planned to closed.

A step says whether it was this call that made it, so that what hangs on it happens once, whoever ticks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import studies, study_rounds
from storage.studies import AHEAD, ALIVE, ROUND, Planned, Round


async def ahead(connection: AsyncConnection) -> list[Round]:
    """Rounds of living studies that have not opened, or not closed."""
    living = study_rounds.c.state.in_((*AHEAD, "open"))
    return await _of_living(connection, living)


async def to_open(connection: AsyncConnection, now: datetime) -> list[Round]:
    """Rounds whose time has come and that have items; not before the one ahead of them is closed and evaluated."""
    return await _next(connection, study_rounds.c.opens_at <= now, study_rounds.c.closes_at > now)


async def missed(connection: AsyncConnection, now: datetime) -> list[Round]:
    """Rounds that would be next, and whose whole time is over: they open when they are given another."""
    return await _next(connection, study_rounds.c.closes_at <= now)


async def to_close(connection: AsyncConnection, now: datetime) -> list[Round]:
    """Rounds whose time is over."""
    return await _of_living(connection, study_rounds.c.state == "open", study_rounds.c.closes_at <= now)


async def to_evaluate(connection: AsyncConnection) -> list[Round]:
    """Closed rounds whose outcome is not there yet; also of a study that was stopped."""
    query = ROUND.join_from(study_rounds, studies).where(
        studies.c.state.in_((*ALIVE, "closed")), study_rounds.c.state == "closed", study_rounds.c.outcome.is_(null())
    )
    return [Round(*row) for row in await connection.execute(query)]


async def lately_closed(connection: AsyncConnection, since: datetime) -> list[Round]:
    """Rounds that closed at this instant or later and whose outcome is there; none of a study that is sealed."""
    query = ROUND.join_from(study_rounds, studies).where(
        studies.c.state.in_((*ALIVE, "closed")),
        study_rounds.c.state == "closed",
        study_rounds.c.closed_at >= since,
        study_rounds.c.outcome.is_not(null()),
    )
    return [Round(*row) for row in await connection.execute(query)]


async def _next(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Round]:
    """Rounds that have items and wait for no other."""
    before = study_rounds.alias("before")
    unfinished = select(before.c.id).where(
        before.c.study_id == study_rounds.c.study_id,
        before.c.number < study_rounds.c.number,
        before.c.state.in_((*AHEAD, "open")) | (before.c.state == "closed") & before.c.outcome.is_(null()),
    )
    return await _of_living(connection, study_rounds.c.state == "proposed", *conditions, ~unfinished.exists())


async def _of_living(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Round]:
    query = ROUND.join_from(study_rounds, studies).where(studies.c.state.in_(ALIVE), *conditions)
    return [Round(*row) for row in await connection.execute(query)]


async def propose_round(connection: AsyncConnection, round_id: int) -> bool:
    """Its items are chosen: from now on moderators see it, and it opens at its time."""
    return await _move(connection, round_id, "planned", "proposed")


async def open_round(connection: AsyncConnection, round_id: int, now: datetime) -> bool:
    """Open a round, and with the first one the study."""
    if not await _move(connection, round_id, "proposed", "open", opened_at=now):
        return False
    study_id = select(study_rounds.c.study_id).where(study_rounds.c.id == round_id).scalar_subquery()
    await connection.execute(
        update(studies).where(studies.c.id == study_id, studies.c.state == "published").values(state="running")
    )
    return True


async def close_round(connection: AsyncConnection, round_id: int, now: datetime) -> bool:
    """Close a round. Waits for answers that are just being saved; none is saved after it."""
    return await _move(connection, round_id, "open", "closed", closed_at=now)


async def keep_outcome(connection: AsyncConnection, round_id: int, outcome: Mapping[str, Any]) -> bool:
    """Put down what came of a closed round. False when that was done already."""
    done = await connection.execute(
        update(study_rounds)
        .where(study_rounds.c.id == round_id, study_rounds.c.state == "closed", study_rounds.c.outcome.is_(null()))
        .values(outcome=dict(outcome))
    )
    return bool(done.rowcount)


async def reschedule(connection: AsyncConnection, round_id: int, planned: Planned) -> bool:
    """Another time for a round that has not closed. False when it has."""
    done = await connection.execute(
        update(study_rounds)
        .where(study_rounds.c.id == round_id, study_rounds.c.state.in_((*AHEAD, "open")))
        .values(opens=planned.opens, closes=planned.closes, opens_at=planned.opens_at, closes_at=planned.closes_at)
    )
    return bool(done.rowcount)


async def _move(connection: AsyncConnection, round_id: int, before: str, after: str, **values: datetime) -> bool:
    done = await connection.execute(
        update(study_rounds)
        .where(study_rounds.c.id == round_id, study_rounds.c.state == before)
        .values(state=after, **values)
    )
    return bool(done.rowcount)
