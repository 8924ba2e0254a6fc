"""Rounds by their times: what is ahead, what is due, what has just ended."""

from datetime import datetime

from sqlalchemy import ColumnElement, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import studies, study_rounds
from storage.studies import AHEAD, ALIVE, ROUND, Round


async def ahead(connection: AsyncConnection) -> list[Round]:
    """Rounds of living studies that have not opened, or not closed."""
    living = study_rounds.c.state.in_((*AHEAD, "open"))
    return await _of_living(connection, living)


async def to_open(connection: AsyncConnection, now: datetime) -> list[Round]:
    """Rounds whose time has come and that have items; not before the one ahead of them is closed and evaluated."""
    before = study_rounds.alias("before")
    unfinished = select(before.c.id).where(
        before.c.study_id == study_rounds.c.study_id,
        before.c.number < study_rounds.c.number,
        before.c.state.in_((*AHEAD, "open")) | (before.c.state == "closed") & before.c.outcome.is_(null()),
    )
    return await _of_living(
        connection,
        study_rounds.c.state == "proposed",
        study_rounds.c.opens_at <= now,
        study_rounds.c.closes_at > now,
        ~unfinished.exists(),
    )


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


async def _of_living(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Round]:
    query = ROUND.join_from(study_rounds, studies).where(studies.c.state.in_(ALIVE), *conditions)
    return [Round(*row) for row in await connection.execute(query)]
