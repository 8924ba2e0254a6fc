"""Sealing a study: what joins people and answers is destroyed for good, in the tables and in the files below them.

What stays is what was answered, under pseudonyms drawn anew, in random order and without times; who was on the panel,
without when they came or went; and what came of each round. Nothing of it says any more who is who:

- `panel_links` goes, and with it every way from a person to a pseudonym;
- answers and pseudonyms are written anew (`storage.redrawing`): neither ids nor order tell when they came;
- who took part in other rounds than most is no longer followed from one round to the next, since somebody who came late
  could be known by when their account was made;
- words lose their pseudonym, since language and manner tell who wrote them;
- groups below the protocol's minimum are no groups any more;
- messages, conversations, reminders, files and log entries about taking part are deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, delete, exists, func, insert, null, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.redrawing import open_items, redraw
from storage.reminders import DAY
from storage.schema import (
    accounts,
    answers,
    audit,
    conversations,
    files,
    inbox,
    occasions,
    outbox,
    panel_links,
    panellists,
    participants,
    proposals,
    pseudonyms,
    snoozes,
    studies,
    study_log,
    study_rounds,
)

ABOUT_A_PERSON = "panellist."

REWRITTEN = (
    answers,
    audit,
    conversations,
    files,
    inbox,
    occasions,
    outbox,
    panel_links,
    panellists,
    participants,
    proposals,
    pseudonyms,
    snoozes,
    studies,
    study_log,
)


class Busy(Exception):
    """The study is sealed, but its database's files could not be written anew: somebody else was in a transaction."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """How much it is about: people on the panel, pseudonyms, answers, words that are kept without a pseudonym, words
    that nobody was shown and that are deleted; messages, conversations and files that are deleted."""

    people: int
    pseudonyms: int
    answers: int
    texts: int
    unshown: int
    messages: int
    conversations: int
    files: int


async def preview(connection: AsyncConnection, study_id: int) -> Sealing | None:
    """What sealing would do; None where the study is not closed, or a round has not been evaluated yet."""
    study = await _ready(connection, study_id)
    if study is None:
        return None
    of_study = answers.c.round_id.in_(select(study_rounds.c.id).where(study_rounds.c.study_id == study_id))
    commented, shown = answers.c.comment != "", answers.c.comment_state == "shown"
    in_words = and_(answers.c.item_id.in_(open_items(study_id)), answers.c.value.is_not(null()))
    return Sealing(
        people=await _count(connection, panellists, panellists.c.study_id == study_id),
        pseudonyms=await _count(connection, pseudonyms, pseudonyms.c.study_id == study_id),
        answers=await _count(connection, answers, of_study),
        texts=await _count(connection, answers, of_study, or_(and_(commented, shown), in_words)),
        unshown=await _count(connection, answers, of_study, commented, ~shown),
        messages=await _count(connection, outbox, _about(outbox, study.code)),
        conversations=await _count(connection, conversations, _about(conversations, study.code)),
        files=await _count(connection, files, _about(files, study.code)),
    )


async def seal(
    engine: AsyncEngine, study_id: int, now: datetime, rng: Random, scrub: Callable[[str], str]
) -> Sealing | None:
    """Seal a closed study, and write the database's files anew; None as for `preview`.

    Of a study that is sealed already the files are written once more, in case that was interrupted, and None is
    returned too. `rng` must be one that nobody can guess (`random.SystemRandom`); `scrub` takes names out of words.
    Raises Busy. Backups that were made before are beyond its reach, as is PostgreSQL's write-ahead log.
    """
    async with engine.begin() as connection:
        study = await _ready(connection, study_id)
        sealed = await preview(connection, study_id)
        if study is not None:
            await _destroy(connection, study, now, rng, scrub)
        elif not await _is_sealed(connection, study_id):
            return None
    await _write_files_anew(engine)
    return sealed


async def _destroy(
    connection: AsyncConnection, study: Row[Any], now: datetime, rng: Random, scrub: Callable[[str], str]
) -> None:
    since = study.published_at or study.created_at
    await _forget_messages(connection, study, since)
    await redraw(connection, study, int(study.protocol["smallest_group"]), rng, scrub)
    # When somebody came or went would tell which answers can be theirs; who took part is told by nothing else.
    took_part = panellists.c.state.in_(("consented", "withdrawn"))
    await connection.execute(
        update(panellists).where(panellists.c.study_id == study.id, took_part).values(state="consented", group="")
    )
    await connection.execute(
        update(panellists)
        .where(panellists.c.study_id == study.id)
        .values(invited_at=since, consented_at=None, withdrawn_at=None, practised=False)
    )
    without_people = {
        name: dict(protocol) | {"panel": []}
        for name, protocol in (("protocol", study.protocol), ("published", study.published))
        if protocol is not None
    }
    await connection.execute(
        update(studies).where(studies.c.id == study.id).values(state="sealed", sealed_at=now, **without_people)
    )
    await connection.execute(insert(study_log).values(study_id=study.id, at=now, what="sealed", detail={}))


async def _forget_messages(connection: AsyncConnection, study: Row[Any], since: datetime) -> None:
    """Everything that was said or done about the study, and the words of what was said to its people meanwhile."""
    people = select(panellists.c.participant_id).where(panellists.c.study_id == study.id)
    theirs = select(accounts.c.id).where(accounts.c.participant_id.in_(people))
    gone = select(conversations.c.id).where(_about(conversations, study.code))
    await connection.execute(
        update(participants).where(participants.c.conversation_id.in_(gone)).values(conversation_id=None)
    )
    for table in (conversations, outbox, occasions, snoozes, files):
        await connection.execute(delete(table).where(_about(table, study.code)))
    meanwhile = and_(outbox.c.account_id.in_(theirs), outbox.c.created_at >= since, outbox.c.state != "waiting")
    # On which days somebody was reminded tells how far they were with their answers.
    await connection.execute(delete(outbox).where(meanwhile, outbox.c.dedupe_key.startswith(f"{DAY} ")))
    reminded = and_(occasions.c.participant_id.in_(people), occasions.c.topic == DAY)
    await connection.execute(delete(occasions).where(reminded, occasions.c.at.between(since, study.closed_at)))
    await connection.execute(update(outbox).where(meanwhile).values(payload=""))
    await connection.execute(delete(audit).where(_about(audit, study.code), audit.c.actor_id.in_(people)))
    await connection.execute(delete(inbox).where(inbox.c.received_at <= study.closed_at))
    await connection.execute(
        delete(study_log).where(study_log.c.study_id == study.id, study_log.c.what.startswith(ABOUT_A_PERSON))
    )


async def _write_files_anew(engine: AsyncEngine) -> None:
    """Leave nothing of deleted rows behind: not in free pages, in the log beside the file, or in statistics."""
    if engine.dialect.name == "postgresql":
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for table in REWRITTEN:
                await connection.execute(text(f"VACUUM (FULL, ANALYZE) {table.name}"))
        return
    async with engine.connect() as connection:
        # Below SQLAlchemy, which would begin a transaction.
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        cursor = driver.cursor()
        await cursor.execute("VACUUM")
        await cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if (await cursor.fetchall())[0][0]:
            raise Busy


def _about(table: Table, code: str) -> ColumnElement[bool]:
    """Rows with the subject `study <code>` or one below it, as `study <code> round 2`."""
    subject = table.c.subject
    return or_(subject == f"study {code}", subject.startswith(f"study {code} ", autoescape=True))


async def _ready(connection: AsyncConnection, study_id: int) -> Row[Any] | None:
    """The study where it is closed and every round of it evaluated; locked until the transaction ends."""
    unfinished = exists().where(
        study_rounds.c.study_id == studies.c.id,
        or_(
            study_rounds.c.state.in_(("planned", "proposed", "open")),
            and_(study_rounds.c.state == "closed", study_rounds.c.outcome.is_(null())),
        ),
    )
    closed = select(studies).where(studies.c.id == study_id, studies.c.state == "closed", ~unfinished)
    return (await connection.execute(closed.with_for_update())).first()


async def _is_sealed(connection: AsyncConnection, study_id: int) -> bool:
    state = await connection.execute(select(studies.c.state).where(studies.c.id == study_id))
    return state.scalar_one_or_none() == "sealed"


async def _count(connection: AsyncConnection, table: Table, *where: ColumnElement[bool]) -> int:
    return int((await connection.execute(select(func.count()).select_from(table).where(*where))).scalar_one())
