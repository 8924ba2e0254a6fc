"""What people are reminded of about reports: those they owe, and coalitions where nobody is left to write one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup
from bot.chat.tokens import Standing
from bot.flows.progress.figures import day, period_name
from bot.flows.progress.report_owed import Asked, asked_of, subject_of
from bot.locales import Words
from bot.outreach.owed import Owed
from storage import conversations, obligations, reminders

# A report that was begun longer ago than this counts as not begun.
BEGUN = timedelta(days=120)


class Reports:
    """Reports that are owed by somebody who is there to write them."""

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Every lead, or deputy in place of one who has left, of a coalition that owes a report by then."""
        asked = await asked_of(connection, await obligations.all_obligations(connection), by.date())
        return {one.obligation.reporter_id for one in asked if one.obligation.reporter_id is not None}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """A report each; those already begun in other words."""
        theirs = await obligations.obligations_of(connection, participants)
        asked = await asked_of(connection, theirs, now.date())
        begun = await _begun(connection, participants, now)
        return [
            _owed(one, reporter, now.date(), begun=begun.get((reporter, _subject(one)), False))
            for one in asked
            if (reporter := one.obligation.reporter_id) is not None and reporter in participants
        ]


class Unwritten:
    """Reports that are owed where the lead has left and there is no deputy: the secretariat names somebody."""

    def __init__(self, secretariat: Collection[str]) -> None:
        self._secretariat = sorted(secretariat)

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may name a lead, when one is missing."""
        missing = await self._missing(connection, by.date())
        return await reminders.participants_of(connection, self._secretariat) if missing else ()

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """The oldest such report of each coalition."""
        missing = await self._missing(connection, now.date())
        deciders = set(await reminders.participants_of(connection, self._secretariat)) & set(participants)
        return [
            Owed(
                participant_id=decider,
                topic="decisions",
                subject=f"reporter {one.obligation.coalition_id}",
                since=_midnight(one.period.next.start),
                ask=partial(_ask_to_name, one),
                label=lambda words: words.plain("obligation.name_lead"),
                token=str(Standing("obligation", str(one.obligation.coalition_id))),
            )
            for decider in sorted(deciders)
            for one in missing
        ]

    async def _missing(self, connection: AsyncConnection, today: date) -> list[Asked]:
        asked = await asked_of(connection, await obligations.all_obligations(connection), today)
        oldest: dict[int, Asked] = {}
        for one in asked:
            if one.obligation.reporter_id is None:
                oldest.setdefault(one.obligation.coalition_id, one)
        return list(oldest.values())


def _owed(one: Asked, reporter: int, today: date, *, begun: bool) -> Owed:
    return Owed(
        participant_id=reporter,
        topic="reports",
        subject=_subject(one),
        since=_midnight(one.period.next.start),
        due=_midnight(one.due),
        ask=partial(_ask_to_report, one, today, begun),
        label=lambda words: words.plain("report.go_on" if begun else "report.begin"),
        token=one.token,
    )


def _ask_to_report(one: Asked, today: date, begun: bool, words: Words) -> Markup:
    """Other words before it is due, on the day, and after it; and others again for one that is half done."""
    when = "late" if one.due < today else "today" if one.due == today else "soon"
    return words(
        f"remind.report_{'begun' if begun else 'new'}_{when}",
        title=one.obligation.title,
        period=period_name(one.period, words.language),
        date=day(one.due, words.language),
    )


def _ask_to_name(one: Asked, words: Words) -> Markup:
    period = period_name(one.period, words.language)
    return words("remind.no_reporter", title=one.obligation.title, period=period)


async def _begun(
    connection: AsyncConnection, participants: Sequence[int], now: datetime
) -> Mapping[tuple[int, str], bool]:
    """Whether each of these people has answered something of a report, by what it is about."""
    found = await reminders.unfinished(connection, ["report"], now - BEGUN, now, participants)
    opened = await conversations.by_ids(connection, [one.conversation_id for one in found])
    return {(one.participant_id, one.subject): bool(one.history) for one in opened.values()}


def _subject(one: Asked) -> str:
    return subject_of(one.obligation.coalition_id, one.period)


def _midnight(of: date) -> datetime:
    return datetime.combine(of, time.min, UTC)
