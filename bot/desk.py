"""The secretariat's desk of an operator at a terminal: calls for engagement over an open database."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.catalogue.catalogue import load, merge
from bot.catalogue.rows import Cell, rows_of
from bot.chat.markup import Markup, join, plain, text
from bot.clock import Clock, system_clock
from bot.locales import DEFAULT, Words
from bot.locales import read as read_words
from bot.outreach import call_report, campaigns
from bot.outreach.audience import describe, read
from bot.outreach.call_words import card, problem_words, reach_words, when_words
from bot.outreach.calls import Facts, leads_to, problems, target_problem
from bot.outreach.campaign_file import CallFile
from bot.outreach.campaigns import NotPossible, Titles
from bot.settings import Settings
from storage import campaigns as stored
from storage import catalogue, files
from storage.campaigns import Campaign, Counts, Draft
from storage.database import open_database
from storage.migrate import at_head

UTC = ZoneInfo("UTC")


class Unprepared(Exception):
    """The database does not have the tables of this version."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft that was kept: its number, whom it reaches and when, what holds it up, and what will happen."""

    id: int
    summary: str
    faults: list[str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operator can do. Everything is said in English, and times are in UTC."""

    database: AsyncEngine
    titles: Titles
    words: Words
    clock: Clock
    four_eyes: bool

    async def keep(self, call: CallFile) -> Kept:
        """Keep a call as a draft, be it good to go or not."""
        now = self.clock()
        async with self.database.begin() as connection:
            id = await stored.create(connection, call.draft, None, now)
            draft = await self._with_picture(connection, call, id)
            await stored.change(connection, id, draft)
            facts = await campaigns.gather(connection, draft, self.titles, UTC, now)
            found = problems(draft, facts)
        lines = {
            warning: [
                f"{one.place}: {plain(problem_words(one, self.words))}" for one in found if one.warning is warning
            ]
            for warning in (False, True)
        }
        return Kept(id, self._summary(draft, facts), lines[False], lines[True])

    async def confirm(self, id: int) -> str:
        """Send a draft on its way."""
        async with self.database.begin() as connection:
            campaign = await campaigns.confirm(
                connection, id, None, self.titles, self.clock(), four_eyes=self.four_eyes
            )
        return f"Call {id}: {self.words.plain(f'call.is_{campaign.state}')}."

    async def act(self, act: str, id: int) -> str:
        """Pause, resume, cancel, or try failures again."""
        acts = {"pause": campaigns.pause, "resume": campaigns.resume, "cancel": campaigns.cancel}
        async with self.database.begin() as connection:
            if act == "retry":
                n = await campaigns.retry(connection, id, None, self.clock())
                return f"Call {id}: {n} messages are tried again."
            campaign = await acts[act](connection, id, None, self.clock())
        return f"Call {id}: {self.words.plain(f'call.is_{campaign.state}')}."

    async def all(self) -> list[tuple[Campaign, Counts]]:
        """Every call with its counts, the newest first."""
        async with self.database.begin() as connection:
            return [(one, await stored.counts(connection, one.id)) for one in await stored.listed(connection)]

    async def look(self, id: int) -> tuple[Campaign, Counts]:
        """How far a call has come."""
        async with self.database.begin() as connection:
            campaign = await campaigns.advance(connection, await _campaign(connection, id), self.clock())
            return campaign, await stored.counts(connection, id)

    async def describe(self, id: int) -> str:
        """What a call says, whom it is for, and how far it has come."""
        now = self.clock()
        async with self.database.begin() as connection:
            campaign = await _campaign(connection, id)
            facts = await campaigns.gather(connection, campaign.draft, self.titles, UTC, now)
            counts = await stored.counts(connection, id)
        draft = campaign.draft
        said = [f"[{language}]\n{words}" for language, words in draft.texts.items()]
        parts = [
            f"Call {id}: {draft.title} ({self.words.plain(f'call.is_{campaign.state}')})",
            *said,
            self._summary(draft, facts),
        ]
        if counts.total:
            parts.append(plain(card(campaign, counts, self.words, UTC).text))
        return "\n\n".join(parts)

    async def report(self, id: int, to: Path) -> int:
        """Write the report into a file, in the form that its name ends in; how many messages it has."""
        async with self.database.begin() as connection:
            campaign = await _campaign(connection, id)
            counts = await stored.counts(connection, id)
            rows = await stored.recipients(connection, id)
        if to.suffix == ".csv":
            content = call_report.table(rows, self.words, UTC).encode()
        else:
            content = await asyncio.to_thread(call_report.workbook, campaign, counts, rows, self.words, UTC)
        await asyncio.to_thread(to.write_bytes, content)
        return len(rows)

    async def _with_picture(self, connection: AsyncConnection, call: CallFile, id: int) -> Draft:
        if call.picture is None:
            return call.draft
        picture = await files.keep(
            connection,
            name=call.picture.name,
            media_type=mimetypes.guess_type(call.picture.name)[0] or "application/octet-stream",
            content=await asyncio.to_thread(call.picture.read_bytes),
            alt=call.alt,
            subject=f"campaign {id}",
            now=self.clock(),
        )
        return replace(call.draft, picture=picture)

    def _summary(self, draft: Draft, facts: Facts) -> str:
        """Whom it is for, how many that is, where its button leads, and when."""
        lines: list[Markup] = []
        if facts.reach is not None:
            sentence = describe(read(draft.audience, facts.known), self.words, facts.known)
            lines += [text(sentence), reach_words(facts.reach, self.words, len(draft.places))]
        target = str(draft.button.get("target", ""))
        if target and target_problem(target, facts.known) is None:
            lines.append(text(f"Button: {leads_to(target, self.words, facts.known)}"))
        if not any(one.place == "when" for one in problems(draft, facts)):
            lines.append(text(f"When: {when_words(draft, self.words, UTC)}"))
        return plain(join(lines))


@asynccontextmanager
async def desk(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Desk]:
    """With the database open. Raises Unprepared."""
    database = open_database(settings.database_url.get_secret_value())
    try:
        if not await at_head(database):
            raise Unprepared
        async with database.begin() as connection:
            cells = [Cell(*row) for row in await catalogue.cells(connection)]
        titles = merge(load(), rows_of(cells)).facility_titles()
        yield Desk(database, titles, Words(DEFAULT, read_words(DEFAULT)), clock, settings.four_eyes)
    finally:
        await database.dispose()


async def _campaign(connection: AsyncConnection, id: int) -> Campaign:
    found = await stored.get(connection, id)
    if found is None:
        raise NotPossible("call.not.there")
    return found
