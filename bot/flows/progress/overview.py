"""`/progress`: how my coalitions are doing, and what the facilities and objectives of the plan have come to.

Screens without a state. A coalition's own card is for its members and the secretariat; sums are for everybody.
"""

import asyncio
from collections.abc import Sequence

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, File, Rows, Section
from bot.chat.tokens import Standing, row_id
from bot.flows import describe
from bot.flows.colleagues import authorise
from bot.flows.flow import Halt
from bot.flows.progress import desk as progress_desk
from bot.flows.progress import files as progress_files
from bot.flows.progress import picture as progress_picture
from bot.flows.progress import trace as progress_trace
from bot.flows.progress import words as progress_words
from bot.flows.progress.access import authorised, own
from bot.flows.progress.data import Gathered, debt_of, gather, latest_reports
from bot.flows.progress.figures import day, period_name
from bot.flows.progress.indicators import indicators_of
from bot.flows.progress.obligation_card import in_rows
from bot.flows.progress.report_owed import Asked, asked_of, token_of
from bot.flows.turn import Turn
from bot.progress.chart import MOST_PANELS
from bot.progress.period import Period
from bot.progress.rollup import trend
from storage import obligations, progress, rollups
from storage.files import StoredFile
from storage.obligations import Obligation
from storage.progress import Report

Shown = tuple[Markup, Rows]

# So many reports that a coalition owes are named on its card, the oldest ones.
MOST_OWED = 4


async def view(turn: Turn, argument: str) -> Shown | tuple[Markup, Rows, File]:
    """Everything (no argument), a coalition (`7`, or `7_2026-Q3` on one period), a facility (`global-4`), an objective
    (`C1`), with a year (`C1_2026`), the lists of them, or a page of the secretariat's."""
    what, _, detail = argument.partition("_")
    if (coalition := row_id(what)) is not None:
        return await _coalition(turn, await authorised(turn, coalition), detail)
    owing = await obligations.all_obligations(await turn.connection())
    if what in progress_desk.PAGES:
        authorise(turn)
        return await progress_desk.PAGES[what](turn, owing, detail)
    if not what:
        return await _everything(turn, owing)
    if what in ("facilities", "objectives"):
        return await _list(turn, owing, what)
    return await _sums(turn, owing, what, detail)


async def picture(turn: Turn, argument: str) -> tuple[Markup, Rows, File]:
    """What `view` shows of a coalition, a facility or an objective, as a picture with the same in words."""
    connection, today = await turn.connection(), turn.now.date()
    if (id := row_id(argument)) is not None:
        one = await authorised(turn, id)
        mine, name = await gather(connection, [one], today), one.title
    else:
        mine, name = await _scope(turn, await obligations.all_obligations(connection), argument)
    words = turn.words
    shown = await asyncio.to_thread(progress_picture.drawn, mine, progress_picture.up_to(name, mine, words), words)
    if not shown.panels:
        raise Halt(words("progress.no_picture"), (("progress.back", str(_token(argument))),))
    file = await progress_picture.keep(turn, shown, f"{argument}-{words.language}")
    lines = [words("progress.head", title=shown.title)]
    lines += [
        words("progress.figure", name=panel.heading, value=progress_picture.figures_of(panel, words))
        for panel in shown.panels
    ]
    if shown.note:
        lines.append(text(shown.note))
    if (left := len(shown.panels) - MOST_PANELS) > 0:
        lines.append(words.count("progress.panels_left", left))
    return join(lines, "\n\n"), ((turn.button("progress.back", _token(argument)),),), file


async def _everything(turn: Turn, owing: Sequence[Obligation]) -> Shown:
    mine = await own(turn, owing)
    parts: list[Markup] = [turn.words("progress.title")]
    if turn.is_secretariat:
        parts.append(await progress_desk.summary(turn, owing))
    if mine:
        parts.append(join([turn.words("progress.mine"), await _lines(turn, mine)]))
    elif not turn.is_secretariat:
        parts.append(turn.words("progress.none_mine"))
    numbers = [Button(str(place), str(_token(one.coalition_id))) for place, one in enumerate(mine, 1)]
    rows: Rows = in_rows(numbers, turn.limits.digits_in_row)
    if any(debt_of(one, turn.now.date()).periods for one in owing):
        parts.append(turn.words("progress.see_plan"))
        rows += (
            (turn.button("progress.facilities", _token("facilities")),),
            (turn.button("progress.objectives", _token("objectives")),),
        )
    elif not mine:
        parts.append(turn.words("progress.nothing_yet"))
    if turn.is_secretariat:
        rows += progress_desk.ways(turn)
    return join(parts, "\n\n"), rows


async def section(turn: Turn) -> Section | None:
    """What of it stands on the Home; nothing where nobody owes reports."""
    owing = await obligations.all_obligations(await turn.connection())
    if not owing:
        return None
    head = await progress_desk.summary(turn, owing) if turn.is_secretariat else ()
    said = join([head, await _lines(turn, await own(turn, owing))]) or turn.words("progress.see_plan")
    way = turn.button("progress.look", "progress")
    return Section(turn.words.plain("start.progress"), said, ((way,),))


async def _lines(turn: Turn, theirs: Sequence[Obligation]) -> Markup:
    """A line for each coalition, with its latest status."""
    reports = await latest_reports(await turn.connection(), [one.coalition_id for one in theirs])
    return join(
        [
            progress_words.line(turn.words, place, one.title, reports.get(one.coalition_id))
            for place, one in enumerate(theirs, 1)
        ]
    )


async def _list(turn: Turn, owing: Sequence[Obligation], what: str) -> Shown:
    catalogue, words = turn.house.catalogue, turn.words
    if what == "facilities":
        reporting = {one.facility for one in owing}
        found = [
            (one.code, describe.facility_in_list(one, words))
            for one in catalogue.all_facilities
            if one.code in reporting
        ]
    else:
        asked = [debt for one in owing if (debt := debt_of(one, turn.now.date())).periods]
        concerned = (await rollups.told(await turn.connection())).union(*(one.indicators for one in asked))
        indicators = await indicators_of(await turn.connection())
        serving = {one.objective for one in indicators.values() if one.code in concerned}
        found = [
            (one.code, f"{one.code} {label.text}" if (label := one.label(turn.language)) else one.code)
            for one in catalogue.all_objectives
            if one.code in serving
        ]
    if not found:
        raise Halt(words("progress.nothing_yet"), (("progress.all", "progress"),))
    lines = [text(f"{place}. {name}") for place, (_, name) in enumerate(found, 1)]
    buttons = [Button(str(place), str(_token(code))) for place, (code, _) in enumerate(found, 1)]
    return join([words(f"progress.choose_{what}"), join(lines)], "\n\n"), (
        *in_rows(buttons, turn.limits.digits_in_row),
        (turn.button("progress.all", "progress"),),
    )


async def _scope(turn: Turn, owing: Sequence[Obligation], code: str) -> tuple[Gathered, str]:
    """What is reported for a facility or an objective, and how that is called. Raises `Halt` for what is neither."""
    catalogue, connection, today = turn.house.catalogue, await turn.connection(), turn.now.date()
    if code in {one.code for one in catalogue.all_facilities}:
        there = [one for one in owing if one.facility == code]
        return await gather(connection, there, today), describe.facility(catalogue.facility(code), turn.words)
    if code in {one.code for one in catalogue.all_objectives}:
        label = catalogue.objective(code).label(turn.language)
        serving = [one.code for one in (await indicators_of(connection)).values() if one.objective == code]
        gathered = (await gather(connection, owing, today, serving)).of_objective(code)
        return gathered, f"{code} {describe.wording(label, turn.words)}" if label else code
    raise Halt(turn.words("objectives.gone"), (("progress.all", "progress"),))


async def _sums(turn: Turn, owing: Sequence[Obligation], code: str, detail: str) -> Shown:
    mine, name = await _scope(turn, owing, code)
    words, years = turn.words, mine.years
    year = next((one for one in years if one.code == detail), years[-1])
    served = code if "-" in code else ""
    rolled = await asyncio.to_thread(mine.rolled_up, year)
    sums = progress_words.sums(rolled, words, turn.house.catalogue, served)
    open_year = year.end >= turn.now.date()
    parts = [
        words("progress.head_so_far" if open_year else "progress.head_year", title=name, year=year.code),
        sums or words("progress.nothing_here"),
        progress_words.ours(mine.indicators, words) if sums else (),
    ]
    others = [one for one in (year.previous, year.next) if one in years]
    turns = tuple(Button(one.code, str(_token(f"{code}_{one.code}"))) for one in others)
    rows: Rows = (turns,) if turns else ()
    if sums:
        rows += ((turn.button("progress.as_picture", Standing("trend", code)),),)
    back = "facilities" if served else "objectives"
    return join(parts, "\n\n"), (*rows, (turn.button(f"progress.{back}", _token(back)),))


async def _coalition(turn: Turn, owes: Obligation, detail: str) -> Shown:
    connection, today = await turn.connection(), turn.now.date()
    mine = await gather(connection, [owes], today)
    written = await progress.reports_of(connection, [owes.coalition_id])
    asked = await asked_of(connection, [owes], today)
    reports = sorted(written, key=lambda one: Period.parse(one.period).end)
    if not reports:
        parts = [turn.words("progress.head", title=owes.title), turn.words("progress.no_report"), _owed(turn, asked)]
        return join(parts, "\n\n"), _card_rows(turn, owes, asked, reports, None, ())
    report = next((one for one in reports if one.period == detail), reports[-1])
    words, period = turn.words, Period.parse(report.period)
    sent = await progress_files.sent_with(turn, report)
    so_far = [one for one in mine.entries if one.period.end <= period.end]
    figures = [
        progress_words.trend(indicator, found, period, words)
        for indicator in mine.indicators
        if (found := trend(indicator, so_far)) is not None
    ]
    parts = [
        join([_status(turn, owes, report, period), describe.line(words, "report.why.label", report.why)]),
        join(figures) or words("progress.no_figures"),
        join(
            [
                describe.line(words, "report.milestones.label", describe.shortened(report.milestones)),
                describe.line(words, "report.help.label", describe.shortened(report.help)),
                progress_files.listed(sent, words),
            ]
        ),
        _origin(turn, report),
        _owed(turn, asked),
        progress_words.ours(mine.indicators, words),
    ]
    return join(parts, "\n\n"), _card_rows(turn, owes, asked, reports, report, sent)


def _status(turn: Turn, owes: Obligation, report: Report, period: Period) -> Markup:
    status = turn.words.plain(f"report.status.{report.status}")
    name = period_name(period, turn.language)
    return turn.words("progress.card", title=owes.title, period=name, status=status)


def _origin(turn: Turn, report: Report) -> Markup:
    """Who reported and when, and who corrected it last."""
    words, nobody = turn.words, turn.words.plain("secretariat.name")
    given = words("progress.given", who=report.submitter or nobody, date=day(report.submitted_at.date(), turn.language))
    if not report.revision or report.corrected_at is None:
        return given
    corrected = words.count(
        "progress.corrected",
        report.revision,
        who=report.corrector or nobody,
        date=day(report.corrected_at.date(), turn.language),
    )
    return join([given, corrected], " ")


def _owed(turn: Turn, asked: Sequence[Asked]) -> Markup:
    """What the coalition owes now, with what is late marked."""
    lines = [turn.words("progress.owed", what=_when(turn, one)) for one in asked[:MOST_OWED]]
    more = len(asked) - MOST_OWED
    return join([*lines, turn.words.count("progress.more_owed", more) if more > 0 else ()])


def _when(turn: Turn, one: Asked) -> str:
    late = one.due < turn.now.date()
    when = turn.words.plain("report.late" if late else "report.due", date=day(one.due, turn.language))
    return f"{period_name(one.period, turn.language)}, {when}"


def _card_rows(
    turn: Turn,
    owes: Obligation,
    asked: Sequence[Asked],
    reports: Sequence[Report],
    report: Report | None,
    sent: Sequence[StoredFile],
) -> Rows:
    rows: Rows = ()
    if report is not None:
        rows += ((turn.button("progress.as_picture", Standing("trend", str(owes.coalition_id))),),)
        rows += progress_files.ways(turn, sent)
        if report.revision:
            rows += ((turn.button("progress.to_corrections", Standing("corrections", str(report.id))),),)
        at = [one.id for one in reports].index(report.id)
        around = [*reports[max(0, at - 1) : at], *reports[at + 1 : at + 2]]
        names = [(one.period, period_name(Period.parse(one.period), turn.language)) for one in around]
        if names:
            rows += (tuple(Button(name, str(_token(f"{owes.coalition_id}_{code}"))) for code, name in names),)
    if owes.may_report(turn.person.id) or turn.is_secretariat:
        if asked:
            rows += ((Button(turn.words.plain("report.begin"), asked[0].token, "primary"),),)
        if report is not None:
            correct = token_of(owes.coalition_id, Period.parse(report.period))
            rows += ((turn.button("report.change_it", correct),),)
    return (*rows, (turn.button("progress.all", "progress"),))


def _token(argument: object) -> Standing:
    return Standing("progress", str(argument))


VIEWS = {
    "progress": view,
    "trend": picture,
    "attached": progress_files.opened,
    "corrections": progress_trace.view,
    "digest": progress_desk.digests,
}
