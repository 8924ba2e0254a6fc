"""`/report`: how a coalition is doing, in a few questions; the same again to correct it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Say
from bot.chat.tokens import Standing, row_id
from bot.flows.flow import Beginning, Ending, Flow, Halt, Step
from bot.flows.progress import figures, helping, report_steps
from bot.flows.progress import files as progress_files
from bot.flows.progress.indicators import indicators_of
from bot.flows.progress.report_owed import asked_of, asked_of_person, button, line, subject_of, token_of
from bot.flows.progress.report_steps import Before, Report
from bot.flows.turn import Turn, Ways
from bot.locales import Words
from bot.progress.indicator import Indicator
from bot.progress.period import Period
from storage import coalitions, files, obligations, people, progress
from storage.obligations import Obligation
from storage.progress import Given, Said

MOST_LISTED = 10
# Reports of so many periods back are offered for correction; every other one can be opened from its coalition's card.
CORRECTABLE = 4


async def _begin(turn: Turn, argument: str) -> Beginning:
    """With a coalition and a period (`7-2026-Q3`) that report, to write or to correct; with a coalition its oldest one
    that is owed; without anything the one that this person owes, or a list of several."""
    number, _, code = argument.partition("-")
    if (coalition_id := row_id(number)) is None:
        asked = await asked_of_person(turn)
        if len(asked) != 1:
            raise Halt(*await _listing(turn))
        obligation, period = asked[0].obligation, asked[0].period
    else:
        obligation = await _authorised(turn, coalition_id)
        period = _period(turn, obligation, code) if code else await _oldest(turn, obligation)
    written = await progress.report(await turn.connection(), obligation.coalition_id, period.code)
    answers: dict[str, Any] = {"coalition": obligation.coalition_id, "period": period.code}
    if written is not None:
        answers |= await _as_written(turn, written)
    return Beginning(answers, subject_of(obligation.coalition_id, period))


async def _authorised(turn: Turn, coalition_id: int, *, written: bool = False) -> Obligation:
    """The coalition's obligation. Says who reports to somebody who does not, or no longer; and, when they have
    `written` a report, that it was not sent and is not lost."""
    obligation = await obligations.obligation(await turn.connection(), coalition_id)
    if obligation is None:
        raise Halt(turn.words("report.not_owed"), (("start.coalitions", "coalitions"),))
    if not obligation.may_report(turn.person.id) and not turn.is_secretariat:
        words = turn.words("report.not_yours", title=obligation.title, who=_reporters(turn, obligation))
        kept = turn.words("report.not_sent") if written else ()
        raise Halt(join([words, kept], "\n\n"), (("start.coalitions", "coalitions"),))
    return obligation


def _reporters(turn: Turn, obligation: Obligation) -> str:
    """The lead and the deputy, as far as they are still members; else the secretariat."""
    names = [obligation.lead] * obligation.lead_belongs + [obligation.deputy] * obligation.deputy_belongs
    return ", ".join(name for name in names if name) or turn.words.plain("secretariat.name")


def _period(turn: Turn, obligation: Obligation, code: str) -> Period:
    """The period that a button names, when it is over and this coalition reports on it."""
    try:
        period = Period.parse(code)
    except ValueError:
        raise Halt(turn.words("report.not_owed"), (("start.coalitions", "coalitions"),)) from None
    name = figures.period_name(period, turn.language)
    last = Period.parse(obligation.until_period) if obligation.until_period else None
    if last is not None and period.start > last.start:
        last_name = figures.period_name(last, turn.language)
        raise Halt(turn.words("report.closed", title=obligation.title, period=last_name))
    if obligation.state == "closed" and last is None:
        raise Halt(turn.words("report.closed_at_once", title=obligation.title))
    if period.end >= turn.now.date():
        raise Halt(turn.words("report.too_early", period=name, date=figures.day(period.next.start, turn.language)))
    return period


async def _oldest(turn: Turn, obligation: Obligation) -> Period:
    asked = await asked_of(await turn.connection(), [obligation], turn.now.date())
    if not asked:
        if obligation.state == "closed":
            raise Halt(turn.words("report.closed_at_once", title=obligation.title))
        raise Halt(*await _listing(turn))
    return asked[0].period


async def _listing(turn: Turn) -> tuple[Markup, Ways]:
    """What this person owes, to choose from, or that nothing is owed; to the secretariat what anybody owes. With the
    latest reports, to correct them."""
    connection = await turn.connection()
    asked = await asked_of_person(turn)
    mine = await obligations.obligations_of(connection, [turn.person.id])
    head = turn.words.count("report.owed", len(asked))
    if not asked and turn.is_secretariat:
        mine = await obligations.all_obligations(connection)
        asked = await asked_of(connection, mine, turn.now.date())
        head = turn.words.count("report.owed_by_all", len(asked))
    if asked:
        here = asked[:MOST_LISTED]
        lines = [text(line(place, one, turn.words, turn.now.date())) for place, one in enumerate(here, 1)]
        return join([head, join(lines)], "\n\n"), tuple(
            button(place, one, turn.words, turn.limits.comfortable_label) for place, one in enumerate(here, 1)
        )
    titles = {one.coalition_id: one.title for one in mine}
    written = await progress.reports_of(connection, list(titles))
    newest = sorted(written, key=lambda one: Period.parse(one.period).end, reverse=True)[:CORRECTABLE]
    buttons: Ways = tuple(
        turn.button(
            "report.correct",
            token_of(one.coalition_id, Period.parse(one.period)),
            period=figures.period_name(Period.parse(one.period), turn.language),
        )
        for one in newest
    )
    return turn.words("report.none_owed"), (*buttons, ("start.coalitions", "coalitions"))


async def _as_written(turn: Turn, written: progress.Report) -> dict[str, Any]:
    """The answers of a report that was sent, to be corrected."""
    connection = await turn.connection()
    given = await progress.figures(connection, [written.id])
    indicators = await indicators_of(connection)
    answers: dict[str, Any] = {
        "correcting": written.id,
        "revision": written.revision,
        "status": written.status,
        "why": written.why,
        "milestones": written.milestones,
        "help": written.help,
        "files": [],
    }
    for code in {one.indicator for one in given}:
        indicator = indicators[code]
        answers[f"figure_{code}"] = figures.answer_of(indicator, given)
        details = next(one.details for one in given if one.indicator == code)
        answers |= {f"{requirement}_{code}": value for requirement, value in details.items()}
    return answers


async def _tailor(turn: Turn, answers: Mapping[str, Any]) -> Flow[Any]:
    """The report of one coalition, with the questions about its own indicators."""
    obligation = await obligations.obligation(await turn.connection(), answers.get("coalition", 0))
    if obligation is None:
        # The answers are not kept when a report is done, and what is said then needs none.
        return replace(REPORT, steps=())
    period = Period.parse(answers["period"])
    questions: list[Step] = []
    pledged = await obligations.pledged_funds(await turn.connection(), obligation.coalition_id)
    before = await _last_time(turn, obligation.coalition_id, period)
    for indicator in await _asked_about(turn, answers):
        questions += report_steps.about(indicator, before.get(indicator.code, Before()), pledged)

    def fills(words: Words) -> Mapping[str, object]:
        return {"title": obligation.title, "period": figures.period_name(period, words.language)}

    async def on_behalf(turn: Turn, _answers: Any) -> Markup:
        is_theirs = obligation.may_report(turn.person.id)
        return () if is_theirs else turn.words("report.for_others", who=_reporters(turn, obligation))

    first, *rest = report_steps.fitted(report_steps.FIRST, fills)
    last = report_steps.fitted(report_steps.LAST, fills)
    model = report_steps.answers_for(tuple(step.id for step in questions))
    return replace(REPORT, steps=(replace(first, lead=on_behalf), *rest, *questions, *last), answers=model)


async def _asked_about(turn: Turn, answers: Mapping[str, Any]) -> list[Indicator]:
    """The coalition's indicators that are asked about today, and in a correction those that the report has."""
    connection = await turn.connection()
    indicators = await indicators_of(connection)
    obligation = await obligations.obligation(connection, answers["coalition"])
    wanted = set(obligation.indicators if obligation else ())
    written = {name.removeprefix("figure_") for name in answers if answers.get("correcting")}
    return [one for code, one in indicators.items() if (code in wanted and one.active) or code in written]


async def _last_time(turn: Turn, coalition_id: int, period: Period) -> dict[str, Before]:
    """What was said about each indicator in the latest report before this period that had something to say."""
    connection = await turn.connection()
    indicators = await indicators_of(connection)
    reports = [(Period.parse(one.period), one) for one in await progress.reports_of(connection, [coalition_id])]
    earlier = sorted((one for one in reports if one[0].end < period.start), key=lambda one: one[0].end)
    given = await progress.figures(connection, [one.id for _, one in earlier])
    before: dict[str, Before] = {}
    for when, report in earlier:
        mine = [one for one in given if one.report_id == report.id]
        for code in {one.indicator for one in mine}:
            answer = figures.answer_of(indicators[code], mine)
            details = next(one.details for one in mine if one.indicator == code)
            if answer or code not in before:
                before[code] = Before(answer, details, when)
    return before


async def _finish(turn: Turn, answers: Any) -> Ending:
    obligation = await _authorised(turn, answers.coalition, written=True)
    period = _period(turn, obligation, answers.period)
    connection = await turn.connection()
    said = Said(answers.status, answers.why or "", answers.milestones or "", answers.help or "")
    asked = await _asked_about(turn, answers.model_dump())
    given = {one.code: _given(one, answers) for one in asked}
    if answers.correcting:
        report_id, asks_anew = await _correct(turn, answers, said, given)
    else:
        report_id, asks_anew = await _submit(turn, obligation, period, said, given), bool(said.help)
    await files.adopt(connection, [int(id) for id in answers.files or ()], progress_files.subject(report_id))
    await coalitions.note_action(
        connection,
        actor_id=turn.person.id,
        action="corrected" if answers.correcting else "reported",
        subject=f"report {report_id}",
        now=turn.now,
    )
    if asks_anew:
        await helping.announce(turn, report_id)
    await _tell_reporter(turn, obligation, period)
    return await _ending(turn, obligation, period, corrected=bool(answers.correcting), asked_for_help=asks_anew)


def _given(indicator: Indicator, answers: Any) -> list[Given]:
    """What is said about one indicator; with its details only when there is a figure."""
    answer = getattr(answers, f"figure_{indicator.code}", None) or ""
    details = {one: getattr(answers, f"{one}_{indicator.code}", None) or "" for one in indicator.requires}
    return figures.given(indicator, answer, {name: value for name, value in details.items() if answer and value})


async def _submit(
    turn: Turn, obligation: Obligation, period: Period, said: Said, given: Mapping[str, list[Given]]
) -> int:
    connection = await turn.connection()
    id = await progress.submit(
        connection,
        coalition_id=obligation.coalition_id,
        period=period.code,
        said=said,
        given=[one for each in given.values() for one in each],
        by=turn.person.id,
        now=turn.now,
    )
    if id is None:
        other = await progress.report(connection, obligation.coalition_id, period.code)
        who = other.submitter if other else ""
        raise Halt(
            turn.words("report.already", who=who or turn.words.plain("secretariat.name")),
            (("report.open", str(token_of(obligation.coalition_id, period))),),
            drop=True,
        )
    return id


async def _correct(turn: Turn, answers: Any, said: Said, given: Mapping[str, list[Given]]) -> tuple[int, bool]:
    """Keep what has changed; the report's id, and whether it asks for help that it did not ask for."""
    connection = await turn.connection()
    id = int(answers.correcting)
    was = await progress.report_by_id(connection, id)
    assert was is not None, "a report stays as long as its coalition"
    if was.revision != answers.revision:
        who = was.corrector or turn.words.plain("secretariat.name")
        again = str(token_of(was.coalition_id, Period.parse(was.period)))
        raise Halt(turn.words("report.corrected_meanwhile", who=who), (("report.open", again),), drop=True)
    there = await progress.figures(connection, [id])
    before = {
        code: [
            Given(one.indicator, one.amount, one.words, one.currency, one.details)
            for one in there
            if one.indicator == code
        ]
        for code in given
    }
    changed = [one for code, each in given.items() if _sorted(each) != _sorted(before[code]) for one in each]
    if not changed and said == Said(was.status, was.why, was.milestones, was.help):
        return id, False
    await progress.correct(connection, id, said=said, given=changed, by=turn.person.id, now=turn.now)
    return id, bool(said.help) and said.help != was.help


def _sorted(given: list[Given]) -> list[Given]:
    return sorted(given, key=lambda one: one.currency)


async def _tell_reporter(turn: Turn, obligation: Obligation, period: Period) -> None:
    """Whoever is asked for the report learns that somebody else has written it."""
    reporter = obligation.reporter_id
    if reporter is None or reporter == turn.person.id:
        return
    connection = await turn.connection()
    account = await people.account_to_write(connection, reporter, None)
    other = await people.by_account_id(connection, account) if account else None
    if other is None:
        return
    words = turn.words_for(other)
    said = words(
        "report.on_behalf",
        who=turn.person.name or words.plain("secretariat.name"),
        title=obligation.title,
        period=figures.period_name(period, words.language),
    )
    look = Button(words.plain("report.open"), str(token_of(obligation.coalition_id, period)))
    turn.tell(other, Say(said, ((look,),)))


async def _ending(
    turn: Turn, obligation: Obligation, period: Period, *, corrected: bool, asked_for_help: bool
) -> Ending:
    words = turn.words(
        "report.corrected" if corrected else "report.sent",
        title=obligation.title,
        period=figures.period_name(period, turn.language),
    )
    parts = [words, turn.words("report.help_sent") if asked_for_help else ()]
    still = [one for one in await asked_of_person(turn) if one.period != period or one.obligation != obligation]
    if still:
        parts.append(turn.words.count("report.still_owed", len(still)))
    onward: Ways = (("report.next", str(Standing("report"))),) if still else ()
    again = str(token_of(obligation.coalition_id, period))
    seen = ("progress.see", str(Standing("progress", str(obligation.coalition_id))))
    return Ending(join(parts, "\n\n"), (*onward, ("report.change_it", again), seen, ("start.coalitions", "coalitions")))


REPORT: Flow[Report] = Flow(
    name="report",
    version=1,
    answers=Report,
    minutes=2,
    begin=_begin,
    finish=_finish,
    tailor=_tailor,
    steps=(*report_steps.FIRST, *report_steps.SAMPLES, *report_steps.LAST),
)

FLOWS: tuple[Flow[Any], ...] = (REPORT,)
