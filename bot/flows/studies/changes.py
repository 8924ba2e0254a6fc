"""Changing what was published: a round that stays open for longer, and ending a study. Both are previewed, counted and
confirmed; an extension is an amendment that the report prints."""

from datetime import datetime, time, timedelta

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.delphi.lifecycle import changed_rounds, rescheduled
from bot.delphi.protocol import Protocol
from bot.flows import describe
from bot.flows.calls.draft import zone_of
from bot.flows.flow import Beginning, Ending, Flow, Halt, Misfit, PickOne, Write
from bot.flows.studies.access import desk, study_of, title_of, wall
from bot.flows.studies.acts import extend, stop
from bot.flows.turn import Turn
from bot.outreach.when import NotATime, read_day
from storage import answers, panels, studies
from storage.studies import AHEAD, ALIVE, Round, Study

SURE = ("yes", "no")
# What the log keeps of a reason, and the panel reads.
LONGEST_REASON = 500


class Extension(BaseModel):
    """`round` is `12-2`: the study and the number of its round. `closes` is the last day, as ISO has it."""

    round: str
    closes: str | None = None
    reason: str | None = None
    sure: str | None = None


async def _begin_extension(turn: Turn, argument: str) -> Beginning:
    study, each = await _extendable(turn, argument)
    return Beginning({"round": argument}, f"study {study.code} round {each.number} extension")


async def _extendable(turn: Turn, argument: str) -> tuple[Study, Round]:
    """A round that has not closed. Raises Halt."""
    number, _, of_round = argument.partition("-")
    study = await study_of(turn, number, lock=True)
    rounds = await studies.rounds(await turn.connection(), study.id)
    found = next((each for each in rounds if str(each.number) == of_round), None)
    if found is None or study.state not in ALIVE or found.state not in (*AHEAD, "open"):
        raise Halt(turn.words("extend.closed"), (("desk.card", desk(study)),), drop=True)
    return study, found


async def _closes_now(turn: Turn, answers_: Extension) -> Markup:
    study, each = await _extendable(turn, answers_.round)
    closes = wall(datetime.fromisoformat(each.closes), turn.words)
    return turn.words("extend.now", number=each.number, title=title_of(study, turn.words), closes=closes)


def _last_day(turn: Turn, written: str) -> str:
    """The day at the end of which it closes."""
    try:
        day = read_day(written, zone_of(turn.person), turn.now, turn.words)
    except NotATime:
        raise Misfit("when.not_a_day") from None
    return day.isoformat()


def _closes(answers_: Extension) -> datetime:
    """The wall time, exclusive, at which the round closes."""
    return datetime.combine(datetime.fromisoformat(answers_.closes or "").date() + timedelta(days=1), time())


async def _is_later(turn: Turn, answers_: Extension) -> None:
    """A round is not cut short: people were told until when they can answer."""
    study, each = await _extendable(turn, answers_.round)
    if _closes(answers_) <= datetime.fromisoformat(each.closes):
        closes = wall(datetime.fromisoformat(each.closes), turn.words)
        again = f"extend_{answers_.round}"
        raise Halt(
            turn.words("extend.not_later", closes=closes),
            (("extend.again", again), ("desk.card", desk(study))),
            drop=True,
        )


async def _who_is_affected(turn: Turn, answers_: Extension) -> Markup:
    """What becomes of this round and of those after it, and how many people are told."""
    study, each = await _extendable(turn, answers_.round)
    connection, words = await turn.connection(), turn.words
    before = Protocol.model_validate(study.protocol)
    after = rescheduled(before, each.number, _closes(answers_))
    later = dict(after.numbered())
    lines = [
        words(
            "extend.preview",
            number=each.number,
            closes=wall(later[each.number].closes, words),
            instead=wall(datetime.fromisoformat(each.closes), words),
        )
    ]
    lines += [
        words(
            "extend.moved",
            number=number,
            opens=wall(later[number].opens, words, begins=True),
            closes=wall(later[number].closes, words),
        )
        for number in changed_rounds(before, after)
        if number != each.number
    ]
    if each.state == "open":
        people = [one for one in await answers.responses(connection, each.id) if not one.withdrew]
        owing = sum(one.answered < one.asked for one in people)
        lines.append(words.count("extend.told", owing, total=len(people)))
    return join([*lines, words("extend.amendment")])


async def _finish_extension(turn: Turn, answers_: Extension) -> Ending:
    study, each = await _extendable(turn, answers_.round)
    onward = (("desk.card", desk(study)),)
    if answers_.sure != "yes":
        return Ending(turn.words("extend.not"), onward)
    reason = answers_.reason or ""
    done = await extend(await turn.connection(), study, each.number, _closes(answers_), reason, turn.now)
    if done is None:
        raise Halt(turn.words("extend.closed"), onward, drop=True)
    return Ending(turn.words("extend.done", number=each.number, closes=wall(_closes(answers_), turn.words)), onward)


EXTEND: Flow[Extension] = Flow(
    name="extend",
    version=1,
    answers=Extension,
    review=False,
    begin=_begin_extension,
    finish=_finish_extension,
    steps=(
        Write(
            id="closes",
            lead=_closes_now,
            read=_last_day,
            after=_is_later,
            show=lambda turn, day: wall(datetime.fromisoformat(day) + timedelta(days=1), turn.words),
        ),
        Write(id="reason", optional=True, long=True, read=lambda _turn, written: written[:LONGEST_REASON]),
        PickOne(id="sure", options=SURE, lead=_who_is_affected),
    ),
)


class End(BaseModel):
    """Ending a study."""

    study: str
    reason: str | None = None
    sure: str | None = None


async def _begin_end(turn: Turn, argument: str) -> Beginning:
    study = await _alive(turn, argument)
    return Beginning({"study": argument}, f"study {study.code} end")


async def _alive(turn: Turn, argument: str) -> Study:
    study = await study_of(turn, argument, lock=True)
    if study.state not in ALIVE:
        raise Halt(turn.words("endstudy.over"), (("desk.card", desk(study)),), drop=True)
    return study


async def _what_ends(turn: Turn, answers_: End) -> Markup:
    """Which round closes, what does not happen any more, and how many people are told."""
    study = await _alive(turn, answers_.study)
    connection, words = await turn.connection(), turn.words
    rounds = await studies.rounds(connection, study.id)
    counts = await panels.counts(connection, study.id)
    told = sum(n for (state, _), n in counts.items() if state == "consented")
    lines = [words("endstudy.preview", title=title_of(study, words))]
    lines += [words("endstudy.closes", number=each.number) for each in rounds if each.state == "open"]
    lines += [words("endstudy.dropped", number=each.number) for each in rounds if each.state in AHEAD]
    return join([*lines, words.count("endstudy.told", told), words("endstudy.for_good")])


async def _finish_end(turn: Turn, answers_: End) -> Ending:
    study = await _alive(turn, answers_.study)
    onward = (("desk.card", desk(study)),)
    if answers_.sure != "yes":
        return Ending(turn.words("endstudy.not"), onward)
    await stop(await turn.connection(), study, answers_.reason or "", turn.now)
    return Ending(turn.words("endstudy.done", title=title_of(study, turn.words)), onward)


END: Flow[End] = Flow(
    name="endstudy",
    version=1,
    answers=End,
    review=False,
    begin=_begin_end,
    finish=_finish_end,
    steps=(
        Write(id="reason", long=True, read=lambda _turn, written: describe.shortened(written)[:LONGEST_REASON]),
        PickOne(id="sure", options=SURE, lead=_what_ends),
    ),
)
FLOWS = (EXTEND, END)
