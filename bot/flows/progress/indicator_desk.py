"""`/indicators`: what coalitions count, for the secretariat to look at, to change and to add to."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing
from bot.flows import describe
from bot.flows.colleagues import authorise
from bot.flows.flow import Beginning, Ending, Flow, Halt, Misfit, Option, PickOne, PickSeveral, Unsure, Write
from bot.flows.progress import figures
from bot.flows.progress.indicators import indicators_of
from bot.flows.turn import Turn
from bot.flows.typed import folded
from bot.progress.definition import LONGEST_CODE, LONGEST_NAME
from bot.progress.indicator import KINDS, REQUIREMENTS, UNITS, Indicator, Kind, Requirement
from bot.progress.numbers import Ambiguous, Misread, Value, read_number
from storage import coalitions, progress

Drawn = tuple[Markup, Rows]
NONE = "none"
BY_SECRETARIAT = "secretariat"


async def indicators(turn: Turn, argument: str) -> Drawn:
    """The list, or one's card (`land_area`); with `land_area-off` and `-on` it is no longer asked about, or again."""
    authorise(turn)
    code, _, switch = argument.partition("-")
    if code:
        return await _card(turn, await _indicator(turn, code), switch)
    known = list((await indicators_of(await turn.connection())).values())
    lines = [
        turn.words(
            "indicators.item" if one.active else "indicators.item_off", place=place, name=one.title(turn.language)
        )
        for place, one in enumerate(known, 1)
    ]
    buttons = [Button(str(place), str(Standing("indicators", one.code))) for place, one in enumerate(known, 1)]
    width = turn.limits.digits_in_row
    rows = tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
    return join([turn.words("indicators.head"), join(lines)], "\n\n"), (
        *rows,
        (turn.button("indicators.add", "indicator"),),
    )


async def _card(turn: Turn, one: Indicator, switch: str) -> Drawn:
    if switch in ("on", "off") and one.active != (switch == "on"):
        one = replace(one, active=switch == "on")
        await _keep(turn, one)
    words = turn.words
    targets = "; ".join(f"{year}: {figures.amount(value, turn.language)}" for year, value in one.targets.items())
    lines = [
        *(describe.line(words, f"indicator.name_{language}.label", name) for language, name in one.name.items()),
        describe.line(words, "indicator.kind.label", words.plain(f"indicator.kind.{one.kind}")),
        describe.line(words, "indicators.unit", one.unit),
        describe.line(
            words,
            "indicator.cumulative.label",
            words.plain(f"indicator.cumulative.{'yes' if one.cumulative else 'no'}") if one.is_number else "",
        ),
        describe.line(
            words,
            "indicator.requires.label",
            ", ".join(words.plain(f"indicator.requires.{requirement}") for requirement in one.requires),
        ),
        describe.line(words, "indicators.range", _range(turn, one)),
        describe.line(words, "indicators.targets", targets),
        describe.line(words, "indicator.facility.label", one.facility),
        describe.line(words, "indicator.objective.label", one.objective),
        describe.line(words, "indicators.source", one.source if one.source != BY_SECRETARIAT else ""),
        words("indicators.ours") if one.mark == "ours" else (),
        () if one.active else words("indicators.off"),
    ]
    switch_to = ("indicators.stop", "off") if one.active else ("indicators.resume", "on")
    return join([words("indicators.title", name=one.title(turn.language)), join(lines)], "\n\n"), (
        (turn.button("indicators.change", Standing("indicator", one.code)),),
        (turn.button(switch_to[0], Standing("indicators", f"{one.code}-{switch_to[1]}")),),
        (turn.button("indicators.all", "indicators"),),
    )


def _range(turn: Turn, one: Indicator) -> str:
    bounds = [one.plausible_from, one.plausible_to]
    if bounds == [None, None]:
        return ""
    low, high = ("…" if bound is None else figures.amount(bound, turn.language) for bound in bounds)
    return turn.words.plain("indicators.from_to", low=low, high=high)


class Definition(BaseModel):
    """What an indicator is. `code` is empty for a new one."""

    code: str = ""
    name_en: str | None = None
    name_fr: str | None = None
    name_es: str | None = None
    kind: str | None = None
    cumulative: str | None = None
    requires: list[str] | None = None
    lowest: str | None = None
    highest: str | None = None
    target_2030: str | None = None
    target_2050: str | None = None
    facility: str | None = None
    objective: str | None = None


def _is_new(answers: Definition) -> bool:
    return not answers.code


def _is_number(answers: Definition) -> bool:
    return answers.kind not in ("yes_no", "text")


async def _begin(turn: Turn, argument: str) -> Beginning:
    """With a code that indicator, to be changed; else a new one."""
    authorise(turn)
    if not argument:
        return Beginning({}, "new")
    one = await _indicator(turn, argument)
    return Beginning(
        {
            "code": one.code,
            **{f"name_{language}": one.name.get(language, "") for language in ("en", "fr", "es")},
            "kind": one.kind,
            "cumulative": "yes" if one.cumulative else "no",
            "requires": list(one.requires),
            "lowest": _plain(one.plausible_from),
            "highest": _plain(one.plausible_to),
            **{f"target_{year}": _plain(one.targets.get(year)) for year in ("2030", "2050")},
            "facility": one.facility or NONE,
            "objective": one.objective or NONE,
        },
        f"indicator {one.code}",
    )


async def _finish(turn: Turn, answers: Definition) -> Ending:
    authorise(turn)
    known = await indicators_of(await turn.connection())
    was = known.get(answers.code)
    kind = was.kind if was else cast(Kind, answers.kind)
    lowest, highest = _number(answers.lowest), _number(answers.highest)
    if lowest is not None and highest is not None and lowest > highest:
        raise Halt(turn.words("indicator.exchanged"))
    one = Indicator(
        code=was.code if was else _code_for(answers.name_en or "", known),
        name={
            language: name
            for language, name in (("en", answers.name_en), ("fr", answers.name_fr), ("es", answers.name_es))
            if name
        },
        kind=kind,
        unit=UNITS[kind],
        # What has been reported would mean something else.
        cumulative=was.cumulative if was else answers.cumulative == "yes",
        requires=tuple(cast(list[Requirement], answers.requires or [])),
        plausible_from=lowest,
        plausible_to=highest,
        facility="" if answers.facility in (None, NONE) else str(answers.facility),
        objective="" if answers.objective in (None, NONE) else str(answers.objective),
        targets={
            year: value
            for year, written in (("2030", answers.target_2030), ("2050", answers.target_2050))
            if (value := _number(written)) is not None
        },
        source=was.source if was else BY_SECRETARIAT,
        mark=was.mark if was else "",
        position=was.position if was else max((each.position for each in known.values()), default=-1) + 1,
        active=was.active if was else True,
    )
    await _keep(turn, one)
    said = turn.words("indicator.changed" if was else "indicator.added", name=one.title(turn.language))
    return Ending(said, (("indicators.all", "indicators"), ("start.obligations", "obligations")))


async def _keep(turn: Turn, one: Indicator) -> None:
    connection = await turn.connection()
    await progress.store_indicators(connection, [one.row()])
    await coalitions.note_action(
        connection, actor_id=turn.person.id, action="indicator", subject=f"indicator {one.code}", now=turn.now
    )


async def _indicator(turn: Turn, code: str) -> Indicator:
    found = (await indicators_of(await turn.connection())).get(code)
    if found is None:
        raise Halt(turn.words("indicators.gone"), (("indicators.all", "indicators"),))
    return found


def _code_for(name: str, known: Any) -> str:
    """Out of the English name, one that no other has."""
    base = "_".join(re.findall(r"[a-z0-9]+", folded(name)))[: LONGEST_CODE - 3].strip("_") or "indicator"
    base = base if base[0].isalpha() else f"n_{base}"
    names = (base, *(f"{base}_{number}" for number in range(2, 100)))
    return next(code for code in names if code not in known)


def _name(_turn: Turn, written: str) -> str:
    tidy = " ".join(written.split())
    if len(tidy) < 2:
        raise Misfit("write.too_short")
    if len(tidy) > LONGEST_NAME:
        raise Misfit("write.too_long", longest=LONGEST_NAME, length=len(tidy))
    return tidy


def _read_number(turn: Turn, written: str) -> str:
    # Of all kinds the change of a stock is the one that may be below zero and need not be whole.
    match read_number(written, "carbon", turn.language):
        case Value(amount):
            return _plain(amount)
        case Ambiguous(readings, _):
            options = [Option(_plain(one), figures.amount(one, turn.language)) for one in readings]
            raise Unsure("figure.doubt_marks", options)
        case Misread(reason):
            raise Misfit("figure.not_none" if reason == "unit" else f"figure.not_{reason}")


def _show_number(turn: Turn, stored: str) -> str:
    return figures.amount(Decimal(stored), turn.language)


async def _facilities(turn: Turn, _answers: Definition) -> Sequence[Option]:
    entries = turn.house.catalogue.all_facilities
    return [
        Option(NONE, turn.words.plain("indicator.serves_none")),
        *(Option(one.code, describe.facility_in_list(one, turn.words)) for one in entries),
    ]


async def _objectives(turn: Turn, _answers: Definition) -> Sequence[Option]:
    options = [Option(NONE, turn.words.plain("indicator.serves_none"))]
    for one in turn.house.catalogue.all_objectives:
        label = one.label(turn.language)
        options.append(Option(one.code, f"{one.code} {label.text}" if label else one.code))
    return options


def _number(stored: str | None) -> Decimal | None:
    return Decimal(stored) if stored else None


def _plain(value: Decimal | None) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if value else "0"


INDICATOR: Flow[Definition] = Flow(
    name="indicator",
    version=1,
    answers=Definition,
    minutes=2,
    begin=_begin,
    finish=_finish,
    steps=(
        Write(id="name_en", page="names", read=_name),
        Write(id="name_fr", page="names", optional=True, read=_name),
        Write(id="name_es", page="names", optional=True, read=_name),
        PickOne(id="kind", page="what", when=_is_new, options=KINDS),
        PickOne(id="cumulative", page="what", when=lambda a: _is_new(a) and _is_number(a), options=("yes", "no")),
        PickSeveral(id="requires", page="what", when=_is_number, optional=True, options=REQUIREMENTS),
        Write(id="lowest", page="bounds", when=_is_number, optional=True, read=_read_number, show=_show_number),
        Write(id="highest", page="bounds", when=_is_number, optional=True, read=_read_number, show=_show_number),
        Write(id="target_2030", page="bounds", when=_is_number, optional=True, read=_read_number, show=_show_number),
        Write(id="target_2050", page="bounds", when=_is_number, optional=True, read=_read_number, show=_show_number),
        PickOne(id="facility", page="serves", options=_facilities),
        PickOne(id="objective", page="serves", options=_objectives),
    ),
)

FLOWS: tuple[Flow[Any], ...] = (INDICATOR,)
