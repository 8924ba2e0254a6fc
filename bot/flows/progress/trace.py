"""What a report said before it was corrected, what it says since, who changed it and when."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bot.chat.markup import Markup, join
from bot.chat.messages import Rows
from bot.chat.tokens import Standing, row_id
from bot.flows.flow import Halt
from bot.flows.progress import figures
from bot.flows.progress.access import authorised
from bot.flows.progress.indicators import indicators_of
from bot.flows.turn import Turn
from bot.locales import Words
from bot.progress.indicator import Indicator
from bot.progress.period import Period
from storage import progress, rollups
from storage.progress import Figure, Report
from storage.rollups import Earlier

# So many of them fit a message, with so much of what was written. The export has all.
MOST, LONGEST = 8, 150
TEXTS = ("status", "why", "milestones", "help")


@dataclass(frozen=True, slots=True)
class Change:
    """A correction of one thing: an indicator, whose figures were `figures` and are `then` (one for each currency), or
    one of `TEXTS`, which was `words` and is `then_words`. `version` is 0 for what was said first. `given_by` said what
    was there before, `by` corrected it; both are names, and empty when they are gone."""

    about: str
    version: int
    given_by: str
    given_at: datetime
    by: str
    at: datetime
    figures: tuple[Figure, ...] = ()
    then: tuple[Figure, ...] = ()
    words: str = ""
    then_words: str = ""


def changes(report: Report, told: Sequence[Figure], before: Sequence[Earlier]) -> list[Change]:
    """Every correction of a report, the oldest first. `told` are all its figures, also those that were corrected."""
    versions: dict[str, dict[int, list[Figure]]] = defaultdict(lambda: defaultdict(list))
    for one in told:
        versions[one.indicator][one.revision].append(one)
    found = [
        Change(code, version, old[0].giver, old[0].given_at, new[0].giver, new[0].given_at, tuple(old), tuple(new))
        for code, each in versions.items()
        for (version, old), (_, new) in pairwise(sorted(each.items()))
    ]
    said: list[Earlier | Report] = [*before, report]
    for earlier, after in zip(before, said[1:], strict=True):
        by, at = _given(after)
        for about in TEXTS:
            was, then = getattr(earlier, about), getattr(after, about)
            if was != then:
                first = about, earlier.revision, earlier.giver, earlier.given_at
                found.append(Change(*first, by, at, words=was, then_words=then))
    return sorted(found, key=lambda one: (one.at, one.about))


def _given(said: Earlier | Report) -> tuple[str, datetime]:
    if isinstance(said, Earlier):
        return said.giver, said.given_at
    return said.corrector, said.corrected_at or said.submitted_at


async def view(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """What was corrected in a report, by its number; for those who may see the report."""
    connection, words = await turn.connection(), turn.words
    id = row_id(argument)
    report = None if id is None else await progress.report_by_id(connection, id)
    if report is None:
        raise Halt(words("progress.nothing_here"), (("progress.all", "progress"),))
    owes = await authorised(turn, report.coalition_id)
    told = await progress.every_figure(connection, [report.id])
    found = changes(report, told, await rollups.earlier(connection, report.id))
    indicators = await indicators_of(connection)
    period = figures.period_name(Period.parse(report.period), words.language)
    parts = [
        words("progress.corrections", title=owes.title, period=period),
        *(_said(one, indicators, words) for one in found[-MOST:]),
        words.count("progress.more_corrections", len(found) - MOST) if len(found) > MOST else (),
    ]
    back = Standing("progress", f"{report.coalition_id}_{report.period}")
    return join(parts, "\n\n"), ((turn.button("progress.back", back),),)


def _said(change: Change, indicators: Mapping[str, Indicator], words: Words) -> Markup:
    if change.about in TEXTS:
        about = words.plain(f"report.{change.about}.label")
        was, then = (_text(change.about, one, words) for one in (change.words, change.then_words))
    else:
        indicator = indicators[change.about]
        about = indicator.title(words.language)
        has_other_details = change.figures[0].details != change.then[0].details
        was, then = (_figures(indicator, one, words, has_other_details) for one in (change.figures, change.then))
    who = change.by or words.plain("secretariat.name")
    date = figures.day(change.at.date(), words.language)
    return words("progress.correction", about=about, was=was, then=then, who=who, date=date)


def _text(about: str, written: str, words: Words) -> str:
    if not written:
        return words.plain("screen.skipped")
    if about == "status":
        return words.plain(f"report.status.{written}")
    return written if len(written) <= LONGEST else written[: LONGEST - 1].rstrip() + "…"


def _figures(indicator: Indicator, version: Sequence[Figure], words: Words, with_details: bool) -> str:
    said = figures.shown_figures(indicator, version, words)
    details = "; ".join(value for value in version[0].details.values() if value)
    return f"{said} ({details})" if with_details and details else said
