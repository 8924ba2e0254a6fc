"""How a call for engagement comes on, for those who watch: one message each, edited when there is something new.

A message is watched when it was said with the call's `subject`. To edit it, its row of the outbox is put back with the
new words: so the row says what is shown, whichever process looks.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import encode
from bot.clock import Clock
from bot.locales import DEFAULT, Words, closest
from bot.outreach.call_words import card
from bot.outreach.campaigns import advance, zone_of
from storage import campaigns, outbox, people
from storage.campaigns import UNDER_WAY, Campaign

# People go on opening a call for days after it was sent.
WATCHED = timedelta(days=7)
# When the end comes, the last edit but one may still be on its way.
SETTLING = timedelta(minutes=1)
RARELY = timedelta(minutes=5)


def subject(campaign_id: int) -> str:
    """What the messages about a call are found by."""
    return f"campaign {campaign_id} progress"


class Watching:
    """`tick` it every few seconds. Harmless in several processes."""

    def __init__(self, database: AsyncEngine, words: Mapping[str, Words], clock: Clock) -> None:
        self._database = database
        self._words = words
        self._clock = clock
        self._looked_back: datetime | None = None

    async def tick(self) -> None:
        """Put down what has begun and what is over, and edit the messages of who watches."""
        now = self._clock()
        async with self._database.begin() as connection:
            for campaign in await campaigns.listed(connection, UNDER_WAY):
                await self._show(connection, await advance(connection, campaign, now), now)
            since = now - SETTLING
            if self._looked_back is None or not timedelta() <= now - self._looked_back < RARELY:
                self._looked_back, since = now, now - WATCHED
            for campaign in await campaigns.listed(connection, ("done", "cancelled")):
                if campaign.ended_at is not None and campaign.ended_at > since:
                    await self._show(connection, campaign, now)

    async def _show(self, connection: AsyncConnection, campaign: Campaign, now: datetime) -> None:
        latest = {row.account: row for row in await outbox.about(connection, subject(campaign.id))}
        if not latest:
            return
        counts = await campaigns.counts(connection, campaign.id)
        for person in await people.by_accounts(connection, sorted(latest)):
            words = self._words[person.language or closest(person.hint) or DEFAULT]
            row = latest[person.account]
            shown = card(campaign, counts, words, await zone_of(connection, person.id))
            await outbox.edit_anew(connection, row, encode(replace(shown, edits=row.message_id)).decode(), now)
