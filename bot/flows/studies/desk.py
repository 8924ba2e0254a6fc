"""The moderators' desk for Delphi studies: `/studies`, the card of each, and what can be looked at from there.

A button carries the study's number and an act (`desk_12_stop`); it does what it says if that can still be done, and
shows where the study stands in any case.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows, Section
from bot.chat.tokens import Screen, Standing
from bot.delphi.checking import Weight, check, missing_in
from bot.delphi.lifecycle import Stop
from bot.delphi.protocol import Protocol
from bot.flows.studies import drafts as study_drafts
from bot.flows.studies import moderation
from bot.flows.studies import publishing as study_publishing
from bot.flows.studies import reports as study_reports
from bot.flows.studies.access import (
    Drawn,
    bullets,
    desk,
    digits,
    language_name,
    moderates,
    problem_words,
    study_of,
    title_of,
    wall,
)
from bot.flows.studies.item_view import Reader
from bot.flows.studies.live import live
from bot.flows.studies.making import MAKING
from bot.flows.studies.next_round import ASKED
from bot.flows.studies.panel import invitation
from bot.flows.studies.times import local_date, moment
from bot.flows.turn import Turn
from bot.locales import Words
from storage import conversations, panels, studies
from storage.studies import AHEAD, ALIVE, Round, Study

# How the list is ordered, and how many of each it shows.
LISTED: Mapping[str, tuple[tuple[str, ...], int]] = {
    "alive": (ALIVE, 10),
    "drafts": (("draft",), 10),
    "past": (("closed", "sealed"), 10),
}
# What amendments are called, and how that is said.
AMENDED: Mapping[str, str] = {
    "desk.amended_closes": r"round (?P<number>\d+) closes",
    "desk.amended_asked": r"round (?P<number>\d+) asks (?P<code>\S+)",
    "desk.amended_item": r"item (?P<code>\S+)",
}
STATES_ON_PANEL = ("consented", "invited", "declined", "withdrawn")

Act = Callable[[Turn, Study, str], Awaitable[Drawn]]


async def listed(turn: Turn, _argument: str) -> Drawn:
    """`/studies`: those under way, those being made, and the latest that are over."""
    mine = await _mine(turn)
    if not mine and not turn.is_secretariat:
        return turn.words("desk.not_yours"), turn.onward((("rounds.all", "rounds"), ("start.help", "help")))
    parts: list[Markup] = []
    buttons: list[Button] = []
    for group, (states, most) in LISTED.items():
        lines = []
        for study in [one for one in mine if one.state in states][:most]:
            buttons.append(Button(str(len(buttons) + 1), desk(study)))
            state = turn.words.plain(f"desk.is_{study.state}")
            lines.append(turn.words("desk.line", place=len(buttons), title=title_of(study, turn.words), state=state))
        if lines:
            parts.append(join([turn.words(f"desk.{group}"), *lines]))
    rows = [*digits(turn, buttons)]
    if turn.is_secretariat:
        begun = await conversations.of_person(await turn.connection(), turn.person.id, MAKING.name, "")
        if begun is not None and begun.state == "open" and begun.history:
            parts.append(turn.words("desk.unfinished"))
            rows.append((turn.button("stopped.continue", Screen(begun.id, begun.rev, "g")),))
        rows.append((turn.button("desk.new", MAKING.name),))
    head = turn.words("desk.head") if mine else turn.words("desk.none")
    return join([head, *parts], "\n\n"), tuple(rows)


async def section(turn: Turn) -> Section | None:
    """The part of Slack's Home for who moderates studies; None for everybody else."""
    mine = [study for study in await _mine(turn) if study.state in ("draft", *ALIVE)]
    if not mine:
        return None
    lines = [
        turn.words("desk.home", title=title_of(one, turn.words), state=turn.words.plain(f"desk.is_{one.state}"))
        for one in mine
    ]
    return Section(turn.words.plain("desk.home_title"), join(lines), ((turn.button("desk.all", "studies"),),))


async def card(turn: Turn, argument: str) -> Drawn:
    """`12`: a study as it stands, with everything that can be done; `12_stop`: what its button says."""
    number, _, rest = argument.partition("_")
    act, _, detail = rest.partition("-")
    return await _ACTS.get(act, _show)(turn, await study_of(turn, number), detail)


async def _show(turn: Turn, study: Study, _detail: str = "", lead: Markup = ()) -> Drawn:
    if study.state == "draft":
        return await study_drafts.show(turn, study, lead)
    words, protocol = turn.words, Protocol.model_validate(study.protocol)
    rounds = await studies.rounds(await turn.connection(), study.id)
    now_open = next((each for each in rounds if each.state == "open"), None)
    body = [
        lead,
        words("desk.title", title=title_of(study, words), state=words.plain(f"desk.is_{study.state}")),
        join([words("desk.rehearsal") if study.rehearsal else (), _why_over(turn, study)]),
        join([await _panel(turn, study), *(_round(turn, each) for each in rounds)]),
        await live(await turn.connection(), protocol, now_open, words) if now_open is not None else (),
        await moderation.waiting(turn, study),
        _link(turn, study, protocol),
    ]
    return join(body, "\n\n"), await _rows(turn, study, rounds)


async def _rows(turn: Turn, study: Study, rounds: list[Round]) -> Rows:
    rows: Rows = study_publishing.undo_row(turn, study)
    now_open = next((each for each in rounds if each.state == "open"), None)
    ahead = next((each for each in rounds if each.state in AHEAD), None)
    alive = study.state in ALIVE
    if ahead is not None and alive and ahead.state == "proposed":
        token = Standing("studyround", str(ahead.id))
        rows += ((turn.button("desk.next_round", token, number=ahead.number),),)
    rows += await moderation.rows(turn, study)
    current = now_open or ahead
    if alive and current is not None:
        token = Standing("extend", f"{study.id}-{current.number}")
        rows += ((turn.button("desk.extend", token, number=current.number),),)
    if any(each.outcome is not None for each in rounds):
        rows += ((turn.button("desk.report", desk(study, "report")),),)
    amendments = turn.button("desk.amendments", desk(study, "amendments"))
    rows += ((turn.button("desk.look", desk(study, "look")), amendments) if alive else (amendments,),)
    if alive:
        rows += ((Button(turn.words.plain("desk.stop"), str(Standing("endstudy", str(study.id))), "danger"),),)
    return (*rows, (turn.button("desk.refresh", desk(study)), turn.button("desk.all", "studies")))


async def _panel(turn: Turn, study: Study) -> Markup:
    """How many take part, have not answered, said no, left."""
    counts = await panels.counts(await turn.connection(), study.id)
    said = []
    for state in STATES_ON_PANEL:
        count = sum(n for (each, _), n in counts.items() if each == state)
        if count or state == "consented":
            said.append(turn.words.count(f"desk.panel_{state}", count))
    return turn.words("desk.panel", who=join(said, ", "))


def _round(turn: Turn, each: Round) -> Markup:
    zone, words = turn.person.zone, turn.words
    return words(
        f"desk.round_{each.state}",
        number=each.number,
        opens=local_date(each.opened_at or each.opens_at, zone, words),
        closes=moment(each.closed_at or each.closes_at, zone, words),
    )


def _why_over(turn: Turn, study: Study) -> Markup:
    if not study.stop_reason:
        return ()
    if study.stop_reason in set(Stop):
        return turn.words(f"desk.stopped_{study.stop_reason}")
    return turn.words("desk.stopped", reason=study.stop_reason)


def _link(turn: Turn, study: Study, protocol: Protocol) -> Markup:
    """How people come to the study."""
    if study.state not in ALIVE or not protocol.open_panel:
        return ()
    username = turn.house.telegram_username
    if username:
        return turn.words("desk.link", url=f"https://t.me/{username}?start=study_{study.code}", code=study.code)
    return turn.words("desk.link_slack", code=study.code)


async def _look(turn: Turn, study: Study, _detail: str) -> Drawn:
    """The invitation exactly as panellists read it; its buttons would speak for the moderator as a panellist."""
    protocol = Protocol.model_validate(study.protocol)
    said, _ = await invitation(await turn.connection(), study, protocol, Reader.of(turn), turn.now)
    return join([turn.words("desk.looks_so"), said], "\n\n"), turn.onward((("desk.card", desk(study)),))


async def _amendments(turn: Turn, study: Study, _detail: str) -> Drawn:
    """What was changed of the protocol since it was published, each with its date."""
    made = await studies.amended(await turn.connection(), study.id)
    lines = [
        join(
            [
                turn.words(
                    "desk.amended",
                    date=local_date(one.at, turn.person.zone, turn.words),
                    what=_what(one.what, turn.words),
                    before=_written(one.before, turn.words),
                    after=_written(one.after, turn.words),
                ),
                turn.words("desk.amended_why", reason=one.reason) if one.reason else (),
            ]
        )
        for one in made
    ]
    hash_ = turn.words("desk.hash", hash=study.protocol_hash[:12])
    head = turn.words("desk.amendments_head") if made else turn.words("desk.no_amendments")
    return join([head, *lines, hash_], "\n\n"), turn.onward((("desk.card", desk(study)),))


def _written(value: object, words: Words) -> str:
    """A value of an amendment: a wall time as a date, whether a question is asked, everything else as it stands."""
    if value in ASKED:
        return words.plain("desk.amended_not" if value == ASKED[1] else "desk.amended_yes")
    try:
        return wall(datetime.fromisoformat(str(value)), words)
    except ValueError:
        return str(value) if value else "–"


def _what(what: str, words: Words) -> str:
    """What was amended, in the reader's language."""
    for text, form in AMENDED.items():
        if found := re.fullmatch(form, what):
            return words.plain(text, **found.groupdict())
    return what


async def _missing(turn: Turn, study: Study, _detail: str) -> Drawn:
    """What has no words yet, language by language."""
    protocol = Protocol.model_validate(study.protocol)
    lines = []
    for language in protocol.languages:
        for what, total, places in missing_in(protocol, language):
            names = ", ".join(name for name, _ in places)
            values = {"language": language_name(language, turn.words), "count": len(places), "total": total}
            lines.append(turn.words(f"study.problem.untranslated_{what}", **values, places=names))
    head = turn.words("desk.missing_head") if lines else turn.words("desk.nothing_missing")
    return join([head, *bullets(turn, lines)], "\n\n"), turn.onward((("desk.card", desk(study)),))


async def _check(turn: Turn, study: Study, _detail: str) -> Drawn:
    """Everything that is wrong with a draft, at once."""
    protocol = Protocol.model_validate(study.protocol)
    found = check(protocol, turn.now)
    parts: list[Markup] = []
    for weight in Weight:
        lines = [problem_words(one, protocol, turn.words) for one in found if one.weight is weight]
        if lines:
            parts.append(join([turn.words(f"desk.problems_{weight}"), *bullets(turn, lines)]))
    head = turn.words.count("desk.problems", len(found)) if found else turn.words("desk.no_problems")
    return join([head, *parts], "\n\n"), turn.onward((("desk.card", desk(study)),))


async def _report(turn: Turn, study: Study, _detail: str) -> Drawn:
    """Have the report written; it comes in a message of its own."""
    lead = await study_reports.ask_for(turn, study)
    return await _show(turn, study, lead=lead)


async def _publish(turn: Turn, study: Study, detail: str) -> Drawn:
    if study.state != "draft":
        return await _show(turn, study)
    return await study_publishing.publish(turn, study, detail) or await _show(
        turn, await study_of(turn, str(study.id)), lead=turn.words("publish.done")
    )


async def _undo(turn: Turn, study: Study, _detail: str) -> Drawn:
    lead = await study_publishing.undo(turn, study)
    return await _show(turn, await study_of(turn, str(study.id)), lead=lead)


async def _mine(turn: Turn) -> list[Study]:
    everything = await studies.listed(await turn.connection())
    return [study for study in everything if await moderates(turn, study)]


_ACTS: Mapping[str, Act] = {
    "look": _look,
    "amendments": _amendments,
    "missing": _missing,
    "check": _check,
    "report": _report,
    "publish": _publish,
    "undo": _undo,
    "items": study_drafts.items,
    "parts": study_drafts.parts,
    "delete": study_drafts.delete,
}
