"""Once a month, what the coalitions have come to, in the channels and groups that the secretariat has chosen."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.catalogue.catalogue import Catalogue
from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Say, encode
from bot.clock import Clock
from bot.flows.progress import words as progress_words
from bot.flows.progress.data import Gathered, gather
from bot.flows.progress.figures import period_name
from bot.locales import DEFAULT, Words
from bot.progress.period import Period
from storage import obligations, places, rollups

# In UTC, on the month's first day that is no Saturday or Sunday, or as soon as the bot runs again after that.
HOUR = 9
SATURDAY = 5
MOST_SUMS = 10


class Digest:
    """`tick` it every few minutes. Each place gets each month's digest once, however many processes tick."""

    def __init__(self, database: AsyncEngine, words: Mapping[str, Words], catalogue: Catalogue, clock: Clock) -> None:
        self._database = database
        self._words = words
        self._catalogue = catalogue
        self._clock = clock

    async def tick(self) -> int:
        """Put down what is due; how many places it goes to."""
        now = self._clock()
        if now.weekday() >= SATURDAY or now.hour < HOUR:
            return 0
        month, posted = month_before(now), 0
        async with self._database.begin() as connection:
            due = [id for id, last in (await rollups.digested(connection)).items() if last < month.code]
            if not due:
                return 0
            gathered = await gather(connection, await obligations.all_obligations(connection), now.date())
            for place in await places.by_ids(connection, sorted(due)):
                words = self._words[place.language or DEFAULT]
                said = await digest(connection, gathered, month, words, self._catalogue)
                if await rollups.claim_digest(connection, place.id, month.code) and said and place.active:
                    look = Button(words.plain("progress.look"), start="progress")
                    await rollups.post(connection, place, encode(Say(said, ((look,),))).decode(), "digest", now)
                    posted += 1
        return posted


def month_before(now: datetime) -> Period:
    """The last month that is over."""
    return Period.around(now.date(), "monthly").previous


async def digest(
    connection: AsyncConnection, gathered: Gathered, month: Period, words: Words, catalogue: Catalogue
) -> Markup:
    """How many reports came in in this month, and what all of them come to in its year; empty when none came in."""
    came_in = await rollups.submitted_between(connection, _midnight(month.start), _midnight(month.next.start))
    if not came_in:
        return ()
    year = Period.around(month.start, "yearly")
    rolled = (await asyncio.to_thread(gathered.rolled_up, year))[:MOST_SUMS]
    return join(
        [
            words.count("progress.digest", came_in, month=period_name(month, words.language), year=year.code),
            progress_words.sums(rolled, words, catalogue),
            progress_words.ours([one.indicator for one in rolled], words),
        ],
        "\n\n",
    )


def _midnight(of: date) -> datetime:
    return datetime.combine(of, time.min, UTC)
