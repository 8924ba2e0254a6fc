"""Making a study by conversation: words, languages, scale, groups, who, rounds and dates, the rule that decides.

The answers become a draft when the last one is given. Opened with a draft's number and a part (`12-rounds`), that part
is asked anew and everything else stays as it is.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel

from bot.chat.markup import Markup
from bot.delphi.checking import LONGEST
from bot.delphi.protocol import (
    Consensus,
    Ends,
    Group,
    Item,
    OpenItem,
    Protocol,
    Round,
    Seat,
    Stopping,
)
from bot.delphi.scale import Rule, Scale
from bot.flows.calls.draft import zone_of
from bot.flows.colleagues import authorise
from bot.flows.flow import Beginning, Ending, Flow, Halt, Misfit, PickOne, PickSeveral, Write
from bot.flows.studies.access import desk, draft_of, study_of
from bot.flows.studies.drafts import EXAMPLE, PARTS, heads, keep, show
from bot.flows.studies.spoken import named
from bot.flows.studies.times import date as day_and_month
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from bot.outreach.when import NotATime, read_day
from storage import studies

OPENS = time(9)
# Between two rounds: time to look at the questions of the next one.
PAUSE = timedelta(days=7)
FEWEST_ROUNDS = 2
# The open question of round 0.
QUESTION = "P1"


class Making(BaseModel):
    """The answers. A new study is asked for as a `whole`, and of a draft that is there already one `part`; `had` are
    the languages of that draft. Names of groups are written with commas between them."""

    study: str = ""
    part: str = ""
    whole: bool = True
    had: list[str] = []
    languages: list[str] | None = None
    title_en: str | None = None
    title_fr: str | None = None
    title_es: str | None = None
    introduction_en: str | None = None
    introduction_fr: str | None = None
    introduction_es: str | None = None
    scale: str | None = None
    low_en: str | None = None
    low_fr: str | None = None
    low_es: str | None = None
    high_en: str | None = None
    high_fr: str | None = None
    high_es: str | None = None
    grouped: str | None = None
    groups_en: str | None = None
    groups_fr: str | None = None
    groups_es: str | None = None
    who: str | None = None
    proposals: str | None = None
    question_en: str | None = None
    question_fr: str | None = None
    question_es: str | None = None
    rounds: str | None = None
    opens: str | None = None
    days: str | None = None
    rule: str | None = None
    threshold: str | None = None

    def texts(self, name: str) -> dict[str, str]:
        """The words in each language that the study has and that were written."""
        found = {language: getattr(self, f"{name}_{language}") for language in LANGUAGES}
        return {language: said for language, said in found.items() if said and _has(self, language)}


async def _begin(turn: Turn, argument: str) -> Beginning:
    if not argument:
        authorise(turn)
        return Beginning({})
    number, _, part = argument.partition("-")
    study, protocol = await draft_of(turn, number)
    if part not in PARTS:
        raise Halt(turn.words("draft.parts_ask"), (("desk.card", desk(study)),))
    known: dict[str, Any] = {"study": number, "part": part, "whole": False, "had": list(protocol.languages)}
    return Beginning(known, f"study {study.code} {part}")


def _asks(answers: Making, part: str) -> bool:
    return answers.whole or answers.part == part


def _has(answers: Making, language: str) -> bool:
    return language in (answers.had if answers.languages is None else answers.languages)


def _part(name: str) -> Callable[[Making], bool]:
    return lambda answers: _asks(answers, name)


def _in(part: str, language: str, also: Callable[[Making], bool] = lambda _answers: True) -> Callable[[Making], bool]:
    return lambda answers: _asks(answers, part) and _has(answers, language) and also(answers)


def _reader(kind: str) -> Callable[[Turn, str], str]:
    """A reader of words that have to fit what shows them."""

    def read(_turn: Turn, written: str) -> str:
        said = written.strip()
        length = len(said.encode("utf-16-le")) // 2
        if length > LONGEST[kind]:
            raise Misfit("write.too_long", longest=LONGEST[kind], length=length)
        return said

    return read


def _writes(
    name: str, part: str, kind: str, also: Callable[[Making], bool] = lambda _answers: True
) -> tuple[Write[Making], ...]:
    """A question for the words in each of the study's languages; what is skipped is listed before publishing."""
    return tuple(
        Write(
            id=f"{name}_{language}",
            page=name,
            texts=name,
            fills=named(language),
            when=_in(part, language, also),
            optional=True,
            long=kind in ("introduction", "text"),
            read=_reader(kind),
        )
        for language in LANGUAGES
    )


def _read_groups(_turn: Turn, written: str) -> str:
    """Two names or more, with commas or on lines of their own."""
    names = _split(written)
    if len(names) < 2:
        raise Misfit("making.few_groups")
    if too_long := [name for name in names if len(name) > LONGEST["group"]]:
        raise Misfit("write.too_long", longest=LONGEST["group"], length=len(too_long[0]))
    return ", ".join(names)


def _split(written: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (" ".join(name.split()) for name in re.split(r"[,;\n]", written)))))


def _day(turn: Turn, written: str) -> str:
    """A day to come, for the opening of the first round at nine."""
    try:
        day = read_day(written, zone_of(turn.person), turn.now, turn.words)
    except NotATime:
        raise Misfit("when.not_a_day") from None
    if day <= turn.now.astimezone(zone_of(turn.person)).date():
        raise Misfit("making.past")
    return day.isoformat()


async def _rounds_planned(turn: Turn, answers: Making) -> Markup:
    """When each round would be open, for rounds of one week, to choose by."""
    if not answers.opens:
        return ()
    number = int(answers.rounds or FEWEST_ROUNDS) + (answers.proposals == "yes")
    last = datetime.fromisoformat(answers.opens) + number * timedelta(days=14) + (number - 1) * PAUSE
    return turn.words("making.two_weeks", date=day_and_month(last, turn.words))


async def _in_heads(turn: Turn, answers: Making) -> Markup:
    """What a share comes to in people."""
    return turn.words("making.in_heads", n=EXAMPLE, **{f"of_{each}": heads(EXAMPLE, each) for each in (70, 75, 80)})


def _shares(answers: Making) -> bool:
    return _asks(answers, "rule") and answers.rule == Rule.AGREEMENT_SHARE


def _has_groups(answers: Making) -> bool:
    return answers.grouped == "yes"


def _collects(answers: Making) -> bool:
    return answers.proposals == "yes"


async def _finish(turn: Turn, answers: Making) -> Ending:
    connection = await turn.connection()
    if answers.study:
        study, protocol = await draft_of(turn, answers.study)
        await keep(turn, study, made(protocol, answers))
        id: int | None = study.id
    else:
        authorise(turn)
        taken = {one.code for one in await studies.listed(connection)}
        first = next(iter(answers.texts("title").values()), "")
        blank = Protocol(study=code_of(first, taken), title={}, introduction={}, items=[], rounds=[])
        protocol = made(blank, answers)
        id = await studies.create(
            connection, protocol.study, protocol.model_dump(mode="json"), turn.person.id, turn.now
        )
        if id is None:
            raise Halt(turn.words("making.taken"), (("desk.all", "studies"),))
    study = await study_of(turn, str(id))
    words, _ = await show(turn, study, turn.words("making.kept"))
    ways = [("desk.to_draft", desk(study))]
    if not study.protocol["items"]:
        ways = [("draft.add", f"draftitem_{id}"), ("draft.file", f"itemsfile_{id}"), *ways]
    return Ending(words, tuple(ways))


def made(before: Protocol, answers: Making) -> Protocol:
    """The protocol with the parts that were asked."""
    changes: dict[str, Any] = {}
    if answers.languages:
        changes["languages"] = [language for language in LANGUAGES if language in answers.languages]
    if _asks(answers, "words"):
        # What is skipped stays as it was.
        changes["title"] = {**before.title, **answers.texts("title")}
        changes["introduction"] = {**before.introduction, **answers.texts("introduction")}
    if _asks(answers, "scale"):
        earlier = before.ends or Ends(low={}, high={})
        ends = Ends.model_validate(
            {"low": {**earlier.low, **answers.texts("low")}, "high": {**earlier.high, **answers.texts("high")}}
        )
        changes |= {"scale": Scale.parse(answers.scale or "1-9"), "ends": ends if ends.low or ends.high else None}
    if _asks(answers, "groups"):
        changes |= _groups(before, answers)
    if _asks(answers, "who"):
        changes["open_panel"] = answers.who in ("link", "both")
    if _asks(answers, "rounds"):
        changes |= _rounds(before, answers)
    if _asks(answers, "rule"):
        changes["consensus"] = before.consensus.model_copy(update=_rule(answers))
    return Protocol.model_validate(before.model_copy(update=changes).model_dump())


def _rule(answers: Making) -> dict[str, Any]:
    rule = Rule(answers.rule or Rule.AGREEMENT_SHARE)
    threshold = Fraction(int(answers.threshold), 100) if answers.threshold else Consensus().threshold
    return {"rule": rule, "threshold": threshold}


def _groups(before: Protocol, answers: Making) -> dict[str, Any]:
    """The groups; seats of groups that are no more are without one, which is listed as a problem."""
    if answers.grouped != "yes":
        return {"groups": [], "panel": [seat.model_copy(update={"group": ""}) for seat in before.panel]}
    by_language = {language: _split(said) for language, said in answers.texts("groups").items()}
    groups: list[Group] = []
    for place, names in enumerate(zip_longest(*by_language.values(), fillvalue=""), 1):
        texts = {language: name for language, name in zip(by_language, names, strict=True) if name}
        id = code_of(next(iter(texts.values())), {group.id for group in groups}, f"group{place}")
        groups.append(Group.model_validate({"id": id, "name": texts}))
    known = {group.id for group in groups}
    seats: list[Seat] = [
        seat if seat.group in known else seat.model_copy(update={"group": ""}) for seat in before.panel
    ]
    return {"groups": groups, "panel": seats}


def _rounds(before: Protocol, answers: Making) -> dict[str, Any]:
    """As many rounds as are wanted, one after the other, with a pause in between; the open question of round 0."""
    ratings = int(answers.rounds or FEWEST_ROUNDS)
    kinds = [*(["proposals"] if _collects(answers) else []), *["ratings"] * ratings]
    opens = datetime.combine(date.fromisoformat(answers.opens or ""), OPENS)
    length = timedelta(days=int(answers.days or 14))
    rounds: list[Round] = []
    for kind in kinds:
        # It closes at the end of its last day.
        closes = datetime.combine(opens.date() + length, time())
        rounds.append(Round.model_validate({"opens": opens, "closes": closes, "kind": kind}))
        opens = datetime.combine(closes.date() + PAUSE, OPENS)
    others: list[Item] = [item for item in before.items if not (isinstance(item, OpenItem) and item.proposals)]
    asked: list[Item] = []
    if _collects(answers):
        texts = answers.texts("question")
        ids = {item.id.casefold() for item in others}
        id = next(id for id in (QUESTION, *(f"P{n}" for n in range(2, 999))) if id.casefold() not in ids)
        asked = [OpenItem.model_validate({"id": id, "text": texts, "proposals": True, "unable": False})]
    stopping = Stopping(least_rounds=min(FEWEST_ROUNDS, ratings), most_rounds=ratings)
    return {"rounds": rounds, "items": [*asked, *others], "stopping": stopping}


def code_of(title: str, taken: "set[str]", otherwise: str = "study") -> str:
    """A short name out of a title: `Priorités pour les sols` is `priorites`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    word = max(re.findall(r"[a-z][a-z0-9]*", plain), key=len, default=otherwise)[:14]
    word = word if len(word) > 1 else otherwise
    return next(code for code in (word, *(f"{word}{n}" for n in range(2, 9999))) if code not in taken)


MAKING: Flow[Making] = Flow(
    name="making",
    version=1,
    answers=Making,
    minutes=10,
    begin=_begin,
    finish=_finish,
    steps=(
        PickSeveral(id="languages", options=LANGUAGES, when=_part("languages")),
        *_writes("title", "words", "title"),
        *_writes("introduction", "words", "introduction"),
        PickOne(id="scale", options=("1-9", "1-7", "1-5"), when=_part("scale")),
        *_writes("low", "scale", "end"),
        *_writes("high", "scale", "end"),
        PickOne(
            id="grouped",
            options=("yes", "no"),
            when=_part("groups"),
            resets=tuple(f"groups_{language}" for language in LANGUAGES),
        ),
        *(
            Write(
                id=f"groups_{language}",
                page="groups",
                texts="groups",
                fills=named(language),
                when=_in("groups", language, _has_groups),
                read=_read_groups,
            )
            for language in LANGUAGES
        ),
        PickOne(id="who", options=("link", "invited", "both"), when=_part("who")),
        PickOne(
            id="proposals",
            options=("yes", "no"),
            when=_part("rounds"),
            resets=tuple(f"question_{language}" for language in LANGUAGES),
        ),
        *_writes("question", "rounds", "text", _collects),
        PickOne(id="rounds", options=("2", "3", "4"), when=_part("rounds")),
        Write(
            id="opens",
            when=_part("rounds"),
            read=_day,
            show=lambda turn, day: day_and_month(datetime.fromisoformat(day), turn.words),
        ),
        PickOne(id="days", options=("7", "14", "21"), lead=_rounds_planned, when=_part("rounds")),
        PickOne(id="rule", options=tuple(Rule), when=_part("rule"), resets=("threshold",)),
        PickOne(id="threshold", options=("70", "75", "80"), lead=_in_heads, when=_shares),
    ),
)
FLOWS = (MAKING,)
