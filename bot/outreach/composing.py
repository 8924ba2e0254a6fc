"""The words of a call for engagement, found when it is sent: for this reader, as they stand at that moment.

A reader gets it in the daytime where they are, on a day on which nothing else was said to them unasked; else it waits
for the next such moment. Who stopped calls or paused since the call was confirmed gets nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

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


class Composer:
    """The worker's `Compose`. Rows that are asked for at the same time share a transaction."""

    def __init__(self, database: AsyncEngine, words: Mapping[str, Words], clock: Clock) -> None:
        self._database = database
        self._words = words
        self._clock = clock
        self._asked: list[tuple[BulkRow, asyncio.Future[Answer]]] = []
        self._answering: asyncio.Task[None] | None = None
        self._calls: dict[int, tuple[Campaign, File | None]] = {}
        self._said: dict[_Key, Say] = {}

    async def __call__(self, row: BulkRow) -> Answer:
        """See `bot.outreach.worker.Compose`."""
        if row.campaign_id is None:
            return await as_stored(row)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((row, answer))
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        """While one group is answered, the next gathers."""
        while self._asked:
            group, self._asked = self._asked, []
            try:
                async with self._database.begin() as connection:
                    answers = await self._answers(connection, [row for row, _ in group])
            except Exception as error:
                for _, asked in group:
                    if not asked.done():
                        asked.set_exception(error)
                continue
            for row, asked in group:
                if not asked.done():
                    asked.set_result(answers[row.id])

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


def _daytime(reader: Reader) -> Daytime:
    return daytime_of((reader.zone, reader.zone_hint), reader.daytime_from, reader.daytime_to, reader.seen_at)


def _wishes_for_calls(reader: Reader, now: datetime) -> bool:
    paused = reader.paused_until is not None and reader.paused_until > now
    return reader.consent_version > 0 and not paused and TOPIC not in reader.stopped_topics


def _later(daytime: Daytime, at: datetime) -> Later | None:
    """The next moment at which it is day there; None on a day that never comes."""
    found = daytime.next(at)
    return None if found is None else Later(found)
