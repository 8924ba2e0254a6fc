"""The words of a call for engagement, found when it is sent: for this reader, as they stand at that moment.

A reader gets it in the daytime where they are, on a day on which nothing else was said to them unasked; else it waits
for the next such moment. Who stopped calls or paused since the call was confirmed gets nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import File, Say
from bot.clock import Clock
from bot.locales import DEFAULT, Words, closest
from bot.outreach.calls import message
from bot.outreach.recipients import TOPIC
from bot.outreach.schedule import Daytime, daytime_of, midnight_after
from bot.outreach.worker import Later, as_stored
from storage import campaigns, files, readers
from storage.bulk import BulkRow
from storage.campaigns import Campaign
from storage.readers import Reader

Answer = Say | Later | None

# A call in one language, on one kind of place: (campaign, language, in public).
_Key = tuple[int, str, bool]

# A message is sent within so much time after its words were found, or they are looked for once more.
FRESH = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Found:
    """The answers for a row and those that were looked up with it, and when that began."""

    answers: asyncio.Task[dict[int, Answer]]
    at: datetime


class Composer:
    """The worker's `Compose`. A row that is asked for takes those that come next along into its transaction."""

    def __init__(self, database: AsyncEngine, words: Mapping[str, Words], clock: Clock) -> None:
        self._database = database
        self._words = words
        self._clock = clock
        self._found: dict[int, _Found] = {}
        self._calls: dict[int, tuple[Campaign, File | None]] = {}
        self._said: dict[_Key, Say] = {}

    async def __call__(self, row: BulkRow, following: Sequence[BulkRow]) -> Answer:
        """See `bot.outreach.worker.Compose`."""
        if row.campaign_id is None:
            return await as_stored(row, ())
        now = self._clock()
        found = self._found.pop(row.id, None)
        if found is None or not _is_fresh(found, now) or _has_failed(found):
            found = self._look_up(row, following, now)
        try:
            # The others' answers are in it, too, whatever becomes of this row.
            return (await asyncio.shield(found.answers))[row.id]
        except (SQLAlchemyError, OSError):
            raise
        except Exception:
            # There is no message for one of them; for which, shows when each is looked up alone.
            return (await self._answer([row]))[row.id]

    def _look_up(self, row: BulkRow, following: Sequence[BulkRow], now: datetime) -> _Found:
        self._found = {id: each for id, each in self._found.items() if _is_fresh(each, now)}
        others = [each for each in following if each.campaign_id is not None and each.id not in self._found]
        found = _Found(asyncio.create_task(self._answer([row, *others])), now)
        self._found |= {each.id: found for each in others}
        return found

    async def _answer(self, rows: Sequence[BulkRow]) -> dict[int, Answer]:
        async with self._database.begin() as connection:
            return await self._answers(connection, rows)

    async def _answers(self, connection: AsyncConnection, rows: Sequence[BulkRow]) -> dict[int, Answer]:
        # No message leaves before the worker has put down that it will, in a later transaction.
        await readers.need_not_last(connection)
        now = self._clock()
        found = await readers.of_rows(connection, [row.id for row in rows])
        answers: dict[int, Answer] = {}
        ready: dict[int, tuple[Reader, Daytime]] = {}
        for row in rows:
            asked = found.get(row.id)
            if asked is None or row.campaign_id is None:
                answers[row.id] = None
                continue
            await self._learn(connection, row.campaign_id, asked.confirmed_at)
            if asked.reader is None:
                answers[row.id] = self._say(row, row.language or DEFAULT)
                continue
            daytime = _daytime(asked.reader)
            if not _wishes_for_calls(asked.reader, now):
                answers[row.id] = None
            elif daytime.holds(now):
                ready[row.id] = asked.reader, daytime
            else:
                answers[row.id] = _later(daytime, now)
        return answers | await self._take_days(connection, rows, ready, now)

    async def _take_days(
        self,
        connection: AsyncConnection,
        rows: Sequence[BulkRow],
        ready: Mapping[int, tuple[Reader, Daytime]],
        now: datetime,
    ) -> dict[int, Answer]:
        """The call for those whose day is free; the others wait for the next one."""
        asked = {
            row.id: (ready[row.id][0].participant_id, ready[row.id][1].day(now), row.campaign_id or 0)
            for row in rows
            if row.id in ready
        }
        taken = await readers.take_days(connection, asked.values(), now)
        answers: dict[int, Answer] = {}
        for row in rows:
            if row.id in asked:
                participant_id, _, campaign_id = asked[row.id]
                reader, daytime = ready[row.id]
                answers[row.id] = (
                    self._say(row, reader.language or closest(reader.hint) or DEFAULT)
                    if (participant_id, campaign_id) in taken
                    else _later(daytime, midnight_after(now, daytime.zone))
                )
        return answers

    async def _learn(self, connection: AsyncConnection, id: int, confirmed_at: datetime | None) -> None:
        """Read a call that is new, or that was taken back and confirmed anew."""
        if id in self._calls and self._calls[id][0].confirmed_at == confirmed_at:
            return
        campaign = await campaigns.get(connection, id)
        assert campaign is not None, "it was there in this transaction"
        self._calls[id] = campaign, await picture_of(connection, campaign.draft.picture)
        self._said = {key: say for key, say in self._said.items() if key[0] != id}

    def _say(self, row: BulkRow, language: str) -> Say:
        assert row.campaign_id is not None
        key = row.campaign_id, language, row.account_id is None
        if key not in self._said:
            campaign, picture = self._calls[row.campaign_id]
            self._said[key] = message(*key[:1], campaign.draft, language, self._words, picture, in_public=key[2])
        return self._said[key]


async def picture_of(connection: AsyncConnection, file_id: int | None) -> File | None:
    """The picture as messages carry it; None where there is none (any more)."""
    stored = await files.get(connection, file_id) if file_id is not None else None
    return File(stored.id, stored.name, "picture", stored.alt) if stored is not None else None


def _is_fresh(found: _Found, now: datetime) -> bool:
    # A clock that was moved ends it as well.
    return timedelta() <= now - found.at < FRESH


def _has_failed(found: _Found) -> bool:
    """The database may be there again."""
    task = found.answers
    return task.done() and (task.cancelled() or task.exception() is not None)


def _daytime(reader: Reader) -> Daytime:
    return daytime_of((reader.zone, reader.zone_hint), reader.daytime_from, reader.daytime_to, reader.seen_at)


def _wishes_for_calls(reader: Reader, now: datetime) -> bool:
    paused = reader.paused_until is not None and reader.paused_until > now
    return reader.agreed and not paused and TOPIC not in reader.stopped_topics


def _later(daytime: Daytime, at: datetime) -> Later | None:
    """The next moment at which it is day there; None on a day that never comes."""
    found = daytime.next(at)
    return None if found is None else Later(found)
