"""A study on its moderators' desk: who may do anything with it, and what its buttons carry.

Moderators are the secretariat and those whom the protocol names. Authority is checked here, on every act, whatever
button it came from.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from bot.chat.markup import Markup
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing, row_id
from bot.delphi.checking import Problem
from bot.delphi.protocol import Protocol, in_language
from bot.flows import zone
from bot.flows.flow import Halt
from bot.flows.studies.times import date
from bot.flows.turn import Turn
from bot.locales import LANGUAGES, Words
from storage import reminders, studies
from storage.studies import Round, Study

Drawn = tuple[Markup, Rows]

# So much of an item's words is shown where many stand together.
SHORT = 70


async def moderates(turn: Turn, study: Study) -> bool:
    """Whether this person may act on this study."""
    if turn.is_secretariat:
        return True
    accounts = study.protocol.get("moderators") or []
    return bool(accounts) and turn.person.id in await reminders.participants_of(await turn.connection(), accounts)


async def study_of(turn: Turn, argument: str, *, lock: bool = False) -> Study:
    """The study with this number, for its moderators only. Raises Halt."""
    id = row_id(argument)
    found = None if id is None else await studies.study(await turn.connection(), id, lock=lock)
    if found is None:
        if not turn.is_secretariat:
            raise Halt(turn.words("desk.not_yours"))
        raise Halt(turn.words("desk.gone"), (("desk.all", "studies"),))
    if not await moderates(turn, found):
        raise Halt(turn.words("desk.not_yours"))
    # What is said about a study is found again by this when the study is sealed.
    turn.subject = f"study {found.code}"
    return found


async def draft_of(turn: Turn, argument: str) -> tuple[Study, Protocol]:
    """The same, as long as everything in it can be changed. Raises Halt."""
    found = await study_of(turn, argument, lock=True)
    if found.state != "draft":
        raise Halt(turn.words("desk.no_draft", title=title_of(found, turn.words)), (("desk.card", desk(found)),))
    return found, Protocol.model_validate(found.protocol)


async def round_ahead(turn: Turn, argument: str) -> tuple[Study, Round]:
    """A round that has not opened yet, and its study. Raises Halt."""
    id = row_id(argument)
    found = None if id is None else await studies.round_by_id(await turn.connection(), id)
    study = await study_of(turn, str(found.study_id) if found is not None else "", lock=True)
    assert found is not None, "there is no study of no round"
    if found.state not in studies.AHEAD or study.state not in studies.ALIVE:
        text = f"nextround.is_{found.state if study.state in studies.ALIVE else 'dropped'}"
        raise Halt(turn.words(text, number=found.number), (("desk.card", desk(study)),))
    return study, found


def desk(study: Study, act: str = "", *details: object) -> str:
    """The token of an act on a study; of its card without one."""
    what = f"{study.id}_{act}" if act else str(study.id)
    return str(Standing("desk", "-".join([what, *map(str, details)])))


def title_of(study: Study, words: Words) -> str:
    """What a study is called, in the reader's language; a draft without a title by its short name."""
    return in_language(study.protocol.get("title", {}), words.language) or study.code


def shortly(texts: Mapping[Any, str], words: Words, most: int = SHORT) -> str:
    """An item's words on a line."""
    said = " ".join(in_language(texts, words.language).split())
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"


def problem_words(problem: Problem, protocol: Protocol, words: Words) -> Markup:
    """What is wrong and what to do, with the question or the round that it is about."""
    values = dict(problem.values)
    if values.get("language") in LANGUAGES:
        values["language"] = language_name(str(values["language"]), words)
    said = words(f"study.problem.{problem.id}", **values)
    match problem.paths[:1]:
        case [("items", int(at), *_)] if at < len(protocol.items):
            return words("desk.problem", place=protocol.items[at].id, what=said)
        case [("rounds", int(at), *_)] if at < len(protocol.rounds):
            place = words.plain("desk.round", number=protocol.numbered()[at][0])
            return words("desk.problem", place=place, what=said)
    return said


def language_name(code: str, words: Words) -> str:
    """`French`, at the beginning of a line."""
    name = words.plain(f"wording.{code}")
    return name[:1].upper() + name[1:]


def wall(at: datetime, words: Words, *, begins: bool = False) -> str:
    """A wall time of a protocol: `24 January, 24:00`, whatever zone it is read in. What `begins` at midnight does so
    with the day, and everything else ends with it."""
    day, clock = at, zone.clock(at)
    if at.time() == time() and not begins:
        day, clock = at - timedelta(minutes=1), "24:00"
    return words.plain("desk.wall", date=date(day, words), time=clock)


def digits(turn: Turn, buttons: Sequence[Button]) -> Rows:
    """Numbered buttons, as many in a row as fit."""
    width = turn.limits.digits_in_row
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))


def bullets(turn: Turn, lines: Sequence[Markup]) -> list[Markup]:
    """One line each."""
    return [turn.words("desk.bullet", what=line) for line in lines]
