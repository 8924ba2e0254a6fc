"""Which reports are owed, by whom, and since when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Button
from bot.chat.tokens import Standing
from bot.flows.progress.figures import day, period_name
from bot.flows.turn import Turn
from bot.locales import Words
from bot.progress.period import Period, owed
from storage import obligations, progress
from storage.obligations import Obligation


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that a coalition owes."""

    obligation: Obligation
    period: Period

    @property
    def due(self) -> date:
        """The last day on which it is in time."""
        return self.period.due(self.obligation.due_days)

    @property
    def token(self) -> str:
        """Opens it."""
        return str(token_of(self.obligation.coalition_id, self.period))


def token_of(coalition_id: int, period: Period) -> Standing:
    """Opens the report of a coalition on a period."""
    return Standing("report", f"{coalition_id}-{period.code}")


def subject_of(coalition_id: int, period: Period) -> str:
    """What its conversation is about."""
    return f"report {coalition_id} {period.code}"


async def asked_of(connection: AsyncConnection, owing: Sequence[Obligation], today: date) -> list[Asked]:
    """What these coalitions owe, the oldest first."""
    reported: dict[int, set[str]] = defaultdict(set)
    for report in await progress.reports_of(connection, [one.coalition_id for one in owing]):
        reported[report.coalition_id].add(report.period)
    asked = [
        Asked(one, period)
        for one in owing
        for period in owed(one.from_period, one.until_period, reported[one.coalition_id], today)
        # One that closed without a last period owes nothing.
        if one.until_period or one.state != "closed"
    ]
    return sorted(asked, key=lambda one: (one.due, one.obligation.title, one.obligation.coalition_id))


async def asked_of_person(turn: Turn) -> list[Asked]:
    """What the person whose turn it is is asked to report, the oldest first."""
    connection = await turn.connection()
    mine = [
        one for one in await obligations.obligations_of(connection, [turn.person.id]) if one.may_report(turn.person.id)
    ]
    return await asked_of(connection, mine, turn.now.date())


def line(place: int, one: Asked, words: Words, today: date) -> str:
    """`1. Soil Regeneration, Q3 2026: due on 30 October 2026`, or late since then."""
    when = words.plain("report.late" if one.due < today else "report.due", date=day(one.due, words.language))
    period = period_name(one.period, words.language)
    return words.plain("report.item", place=place, title=one.obligation.title, period=period, when=when)


def button(place: int, one: Asked, words: Words, longest: int) -> Button:
    """Opens it; the title is cut where the label would be too long for a phone."""
    period = period_name(one.period, words.language)
    room = longest - len(f"{place}. , {period}")
    title = one.obligation.title if len(one.obligation.title) <= room else one.obligation.title[: room - 1] + "…"
    return Button(f"{place}. {title}, {period}", one.token)
