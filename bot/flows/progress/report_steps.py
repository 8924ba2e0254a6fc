"""The questions of a report: those that every coalition is asked, and those about its own indicators."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from pydantic import BaseModel, create_model

from bot.flows import money
from bot.flows.flow import Attach, Misfit, Option, PickOne, Step, Unsure, Write
from bot.flows.progress import figures
from bot.flows.turn import Turn
from bot.locales import Words
from bot.progress.indicator import Indicator, Requirement
from bot.progress.period import Period

STATUSES = ("on_track", "at_risk", "off_track")
LONGEST, LONGEST_DETAIL = 600, 120
MOST_FILES = 5
FIRST_YEAR = 1900

_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b")
_YEAR = re.compile(r"(?<![\d./-])(20\d{2})(?![\d./-])")


class Report(BaseModel):
    """The answers. What is asked about each indicator comes with the indicators, under `figure_<code>` and
    `<requirement>_<code>`; the fields from `total` on stand for them in the declaration. `correcting` is the report
    that is being corrected, as it was at `revision`."""

    coalition: int = 0
    period: str = ""
    correcting: int | None = None
    revision: int = 0
    status: str | None = None
    why: str | None = None
    milestones: str | None = None
    help: str | None = None
    files: list[str] | None = None
    total: str | None = None
    added: str | None = None
    level: str | None = None
    money_total: str | None = None
    money_added: str | None = None
    yesno: str | None = None
    told: str | None = None
    method: str | None = None
    depth: str | None = None
    baseline_year: str | None = None
    verification: str | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What was said about an indicator the last time, and about which period; an empty answer when nothing was."""

    answer: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    period: Period | None = None


@lru_cache(maxsize=128)
def answers_for(ids: tuple[str, ...]) -> type[Report]:
    """The answers with a field for each of these questions."""
    fields: dict[str, Any] = dict.fromkeys(ids, (str | None, None))
    return create_model("Report", __base__=Report, **fields)


def words_of(indicator: Indicator) -> str:
    """Which words ask about it."""
    if indicator.kind == "money":
        return "money_total" if indicator.cumulative else "money_added"
    if indicator.kind in ("yes_no", "text"):
        return "yesno" if indicator.kind == "yes_no" else "told"
    if not indicator.adds_up:
        return "level"
    return "total" if indicator.cumulative else "added"


Fills = Callable[[Words], Mapping[str, object]]


def fitted(steps: Sequence[Step], fills: Fills) -> list[Step]:
    """These questions, with what their words are filled with."""
    return [replace(step, fills=fills) for step in steps]


def about(indicator: Indicator, before: Before, pledged: Mapping[str, Decimal]) -> list[Step]:
    """The questions about one indicator: its figure, and what has to be told with it."""
    id = f"figure_{indicator.code}"
    fills = _fills(indicator, before, pledged)
    if indicator.kind == "yes_no":
        return [PickOne(id=id, texts="yesno", page="figures", options=("yes", "no"), optional=True, fills=fills)]
    figure: Write[Any] = Write(
        id=id,
        texts=words_of(indicator),
        page="figures",
        optional=True,
        long=indicator.kind == "text",
        read=figures.reader(indicator, before.answer),
        show=lambda turn, answer: figures.shown(indicator, answer, turn.words),
        options=_same(before.answer),
        fills=fills,
    )
    details: list[Step] = [
        Write(
            id=f"{requirement}_{indicator.code}",
            texts=requirement,
            page=f"details:{indicator.code}",
            when=_answered(id),
            read=_DETAILS.get(requirement, written(LONGEST_DETAIL)),
            options=_same(before.details.get(requirement, "")),
            fills=fills,
        )
        for requirement in indicator.requires
    ]
    return [figure, *details]


def _answered(id: str) -> Callable[[Any], bool]:
    return lambda answers: bool(getattr(answers, id))


def _same(before: str) -> Callable[[Turn, Any], Any]:
    async def options(turn: Turn, _answers: Any) -> Sequence[Option]:
        return [Option(before, turn.words.plain("report.same"))] if before else []

    return options


def _fills(indicator: Indicator, before: Before, pledged: Mapping[str, Decimal]) -> Fills:
    """The indicator's name with its unit, and what was said last time beside it."""

    def fills(words: Words) -> Mapping[str, object]:
        name = indicator.title(words.language)
        if before.period is None:
            last = words.plain("report.first")
        else:
            value = figures.shown(indicator, before.answer, words)
            last = words.plain("report.last", period=figures.period_name(before.period, words.language), value=value)
        if indicator.kind == "money":
            funds = "; ".join(money.shown(amount, currency, words.language) for currency, amount in pledged.items())
            last += " " + (words.plain("report.pledged", funds=funds) if funds else words.plain("report.no_pledges"))
        return {"about": f"{name} ({indicator.unit})" if indicator.unit else name, "last": last}

    return fills


def written(longest: int) -> Callable[[Turn, str], str]:
    """A reader of free text, in characters."""

    def read(_turn: Turn, text: str) -> str:
        if len(text) > longest:
            raise Misfit("write.too_long", longest=longest, length=len(text))
        return text

    return read


def _baseline_year(turn: Turn, text: str) -> str:
    if not re.fullmatch(r"\d{4}", text) or int(text) < FIRST_YEAR:
        raise Misfit("report.not_a_year")
    if int(text) > turn.now.year:
        raise Misfit("report.year_ahead", year=text)
    return text


def _milestones(turn: Turn, text: str) -> str:
    """What has been reached; a date that lies ahead is asked about."""
    tidy = written(LONGEST)(turn, text)
    ahead = ahead_of(tidy, turn.now.date(), turn.language)
    if ahead:
        raise Unsure("report.doubt_ahead", [Option(tidy, turn.words.plain("report.is_reached"))], date=ahead)
    return tidy


def ahead_of(text: str, today: date, language: str) -> str:
    """A date or year in the text that lies after today, as it is said in this language; empty when there is none."""
    for pattern, order in ((_ISO, (0, 1, 2)), (_DAY_FIRST, (2, 1, 0))):
        for match in pattern.finditer(text):
            try:
                day = date(*(int(match.groups()[place]) for place in order))
            except ValueError:
                continue
            if day > today:
                return str(format_date(day, "long", locale=language))
    return next((year for year in _YEAR.findall(text) if int(year) > today.year), "")


_DETAILS: dict[Requirement, Callable[[Turn, str], str]] = {"baseline_year": _baseline_year}


def _not_on_track(answers: Report) -> bool:
    return answers.status in ("at_risk", "off_track")


def unfilled(_words: Words) -> Mapping[str, object]:
    """What the words of the declaration are filled with, which is about no coalition and no indicator."""
    return dict.fromkeys(("title", "period", "about", "last"), "…")


FIRST: tuple[Step, ...] = (
    PickOne(id="status", page="state", options=STATUSES, fills=unfilled),
    Write(id="why", page="state", when=_not_on_track, long=True, read=written(LONGEST), fills=unfilled),
)
LAST: tuple[Step, ...] = (
    Write(id="milestones", page="more", optional=True, long=True, read=_milestones, fills=unfilled),
    Write(id="help", page="more", optional=True, long=True, read=written(LONGEST), fills=unfilled),
    Attach(id="files", page="more", most=MOST_FILES, fills=unfilled),
)
# One of each kind of question that an indicator can bring, for the declaration: `engage flow show` draws them, and
# `engage flow lint` sees to their words.
SAMPLES: tuple[Step, ...] = (
    *(
        Write(id=id, page="figures", optional=True, read=written(LONGEST), fills=unfilled)
        for id in ("total", "added", "level", "money_total", "money_added", "told")
    ),
    PickOne(id="yesno", page="figures", options=("yes", "no"), optional=True, fills=unfilled),
    *(
        Write(id=id, page="details", read=written(LONGEST), fills=unfilled)
        for id in ("method", "depth", "baseline_year", "verification")
    ),
)
