"""`/objectives`: the plan, from goals to objectives to the facility that serves them to what can be joined."""

from bot.catalogue.catalogue import OBJECTIVES_IN_PLAN, Facility, Objective, Wording
from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing
from bot.flows import describe
from bot.flows.flow import Halt
from bot.flows.turn import Turn
from storage import coalitions


async def browse(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The plan (no argument), a goal (`A`), an objective (`A1`), or a facility (`global-4`)."""
    catalogue = turn.house.catalogue
    codes = {entry.code for entry in catalogue.entries}
    if not argument or argument not in codes:
        return _plan(turn)
    if "-" in argument:
        return await _facility(turn, catalogue.facility(argument))
    if len(argument) == 1:
        return _goal(turn, argument)
    return _objective(turn, catalogue.objective(argument))


def _plan(turn: Turn) -> tuple[Markup, Rows]:
    catalogue = turn.house.catalogue
    lines, buttons = [], []
    for goal in catalogue.goals():
        n = len(catalogue.objectives(goal.code))
        title = _said(turn, goal.title(turn.language))
        lines.append(turn.words("objectives.goal_line", code=goal.code, title=title, n=n))
        buttons.append(_button(goal.code, goal.code))
    known = len(catalogue.all_objectives)
    head = turn.words("objectives.plan", known=known, total=OBJECTIVES_IN_PLAN)
    facilities = [
        (turn.button("objectives.core", Standing("facilities", "core")),),
        (turn.button("objectives.global", Standing("facilities", "global")),),
    ]
    return join([head, join(lines)], "\n\n"), (*_in_rows(buttons), *facilities)


async def facilities(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The Core or the Global Facilities."""
    if argument not in ("core", "global"):
        raise Halt(turn.words("objectives.gone"), (("start.objectives", "objectives"),))
    entries = turn.house.catalogue.facilities("core" if argument == "core" else "global")
    lines = [text(f"{place}. {describe.facility_in_list(entry, turn.words)}") for place, entry in enumerate(entries, 1)]
    buttons = [_button(str(place), entry.code) for place, entry in enumerate(entries, 1)]
    note = describe.original_wording(entries, turn.words)
    return join([turn.words(f"objectives.about_{argument}"), note, join(lines)], "\n\n"), (
        *_in_rows(buttons),
        (turn.button("objectives.to_plan", "objectives"),),
    )


def _goal(turn: Turn, code: str) -> tuple[Markup, Rows]:
    catalogue = turn.house.catalogue
    title = _said(turn, catalogue.goal(code).title(turn.language))
    lines, buttons = [], []
    for objective in catalogue.objectives(code):
        lines.append(
            turn.words("objectives.line", code=objective.code, title=_said(turn, objective.label(turn.language)))
        )
        buttons.append(_button(objective.code, objective.code))
    listing = join(lines) if lines else turn.words("objectives.none_known")
    return join([turn.words("objectives.goal", code=code, title=title), listing], "\n\n"), (
        *_in_rows(buttons),
        (turn.button("objectives.to_plan", "objectives"),),
    )


def _objective(turn: Turn, objective: Objective) -> tuple[Markup, Rows]:
    facility = turn.house.catalogue.facility(objective.facility) if objective.facility else None
    served = describe.facility(facility, turn.words) if facility else ""
    if not served:
        kind = objective.facility_kind
        served = turn.words.plain(f"objectives.some_{kind}" if kind else "objectives.unknown")
    card = [
        turn.words("objectives.line", code=objective.code, title=_said(turn, objective.label(turn.language))),
        text(_said(turn, objective.title(turn.language))),
        describe.line(turn.words, "objectives.facility", served),
        *(_target(turn, objective, year) for year in (2030, 2050)),
    ]
    rows: Rows = ((turn.button("objectives.to_facility", Standing("objectives", facility.code)),),) if facility else ()
    back = turn.button("objectives.to_goal", Standing("objectives", objective.goal), code=objective.goal)
    return join(card, "\n\n"), (*rows, (back, turn.button("objectives.to_plan", "objectives")))


def _target(turn: Turn, objective: Objective, year: int) -> Markup:
    target = objective.target(2030 if year == 2030 else 2050, turn.language)
    return describe.line(turn.words, f"objectives.target_{year}", _said(turn, target)) if target else ()


async def _facility(turn: Turn, facility: Facility) -> tuple[Markup, Rows]:
    existing = await coalitions.open_in(await turn.connection(), facility.code)
    served = ", ".join(objective.code for objective in turn.house.catalogue.objectives_of(facility.code))
    kind = "partnership" if facility.kind == "core" else "alliance"
    lines = [
        join(
            [
                turn.words(f"objectives.coalition_{one.state}", title=one.title, place=place),
                turn.words.count("coalitions.members", one.members),
            ],
            " · ",
        )
        for place, one in enumerate(existing, 1)
    ]
    card = [
        turn.words("objectives.facility_head", title=describe.facility(facility, turn.words)),
        describe.line(turn.words, "join.serves", served),
        turn.words(f"join.kind_{kind}"),
        join(lines) if lines else turn.words("objectives.no_coalitions"),
    ]
    buttons = [Button(str(place), str(Standing("join", str(one.id)))) for place, one in enumerate(existing, 1)]
    return join(card, "\n\n"), (
        *_in_rows(buttons),
        (turn.button(f"objectives.start_{kind}", Standing("join", facility.code)),),
        (turn.button("objectives.to_facilities", Standing("facilities", facility.kind)),),
    )


def _said(turn: Turn, official: Wording | None) -> str:
    return describe.wording(official, turn.words) if official else turn.words.plain("wording.unknown")


def _button(label: str, code: str) -> Button:
    return Button(label, str(Standing("objectives", code)))


def _in_rows(buttons: list[Button]) -> Rows:
    return tuple(tuple(buttons[start : start + 5]) for start in range(0, len(buttons), 5))
