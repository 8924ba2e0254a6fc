"""A coalition's card at the secretariat's desk for reports: what it owes, or what would be usual."""

from collections.abc import Sequence

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing
from bot.flows import describe
from bot.flows.progress import figures
from bot.flows.progress.indicators import indicators_of
from bot.flows.progress.report_owed import asked_of
from bot.flows.turn import Turn
from bot.progress.indicator import Indicator
from bot.progress.period import Every, Period
from storage import obligations
from storage.coalitions import Coalition
from storage.obligations import Member, Obligation

Drawn = tuple[Markup, Rows]

# What a coalition owes when nobody has said otherwise.
EVERY: Every = "quarterly"
DUE = 30
# Who writes, when nobody has been named: the first of these roles, then whoever came first.
REPORTING_ROLES = ("leader", "regional")


async def card(turn: Turn, coalition: Coalition) -> Drawn:
    """What a coalition owes, each with a button to change it; before anything is set, what would be usual."""
    connection = await turn.connection()
    owes = await obligations.obligation(connection, coalition.id)
    head = turn.words("obligation.title", kind=turn.words.plain(f"kind.{coalition.kind}"), title=coalition.title)
    if coalition.state == "closed":
        last = figures.period_name(Period.parse(owes.until_period), turn.language) if owes and owes.until_period else ""
        said = turn.words("obligation.closed_until", period=last) if last else turn.words("obligation.closed")
        return join([head, said], "\n\n"), (
            (turn.button("obligation.reopen", token_of(coalition.id, "reopen")),),
            (turn.button("obligation.all", "obligations"),),
        )
    if owes is None:
        proposed = await usual(turn, coalition)
        words = join([head, turn.words("obligation.none"), await _described(turn, proposed)], "\n\n")
        return words, (
            (Button(turn.words.plain("obligation.use"), token_of(coalition.id, "use"), "primary"),),
            (turn.button("obligation.close", token_of(coalition.id, "close")),),
            (turn.button("obligation.all", "obligations"),),
        )
    late = [one for one in await asked_of(connection, [owes], turn.now.date()) if one.due < turn.now.date()]
    parts = [head, await _described(turn, owes)]
    if late:
        parts.append(turn.words.count("obligation.late", len(late)))
    changes = [
        turn.button(f"obligation.change_{name}", token_of(coalition.id, name))
        for name in ("every", "due", "lead", "deputy", "about")
    ]
    return join(parts, "\n\n"), (
        *in_rows(changes, 2 if turn.limits.forms else 1),
        (turn.button("obligation.report", Standing("report", str(coalition.id))),),
        (turn.button("obligation.close", token_of(coalition.id, "close")),),
        (turn.button("obligation.all", "obligations"),),
    )


async def _described(turn: Turn, owes: Obligation) -> Markup:
    words = turn.words
    known = await indicators_of(await turn.connection())
    names = [known[code].title(turn.language) for code in owes.indicators if code in known]
    gone = words.plain("obligation.has_left")
    lead = owes.lead if owes.lead_belongs or not owes.lead else f"{owes.lead} ({gone})"
    deputy = owes.deputy if owes.deputy_belongs or not owes.deputy else f"{owes.deputy} ({gone})"
    return join(
        [
            describe.line(words, "obligation.every", words.plain(f"obligation.every_{owes.every}")),
            describe.line(words, "obligation.due", words.plain("obligation.days", n=owes.due_days)),
            describe.line(
                words,
                "obligation.from",
                figures.period_name(Period.parse(owes.from_period), turn.language),
            ),
            describe.line(words, "obligation.lead", lead or words.plain("obligation.nobody")),
            describe.line(words, "obligation.deputy", deputy or words.plain("obligation.nobody")),
            describe.line(words, "obligation.about", ", ".join(names) or words.plain("obligation.nothing")),
        ]
    )


async def usual(turn: Turn, coalition: Coalition) -> Obligation:
    """Quarterly reports, due 30 days after, beginning with this quarter, by the first who leads or represents, about
    what concerns its facility and objectives and what concerns everybody."""
    connection = await turn.connection()
    members = await obligations.members(connection, coalition.id)
    lead = _first(members)
    known = await indicators_of(connection)
    return Obligation(
        coalition_id=coalition.id,
        kind=coalition.kind,
        facility=coalition.facility,
        title=coalition.title,
        objectives=coalition.objectives,
        state=coalition.state,
        every=EVERY,
        due_days=DUE,
        from_period=Period.around(turn.now.date(), EVERY).code,
        until_period="",
        indicators=[code for code, one in known.items() if one.active and _concerns(turn, one, coalition)],
        lead_id=lead.participant_id if lead else None,
        lead=lead.name if lead else "",
        lead_belongs=lead is not None,
        deputy_id=None,
        deputy="",
        deputy_belongs=False,
    )


def _first(members: Sequence[Member]) -> Member | None:
    for role in REPORTING_ROLES:
        for one in members:
            if one.role == role:
                return one
    return members[0] if members else None


def _concerns(turn: Turn, indicator: Indicator, coalition: Coalition) -> bool:
    served = {one.code for one in turn.house.catalogue.objectives_of(coalition.facility)}
    if not indicator.facility and not indicator.objective:
        return True
    return indicator.facility == coalition.facility or indicator.objective in {*coalition.objectives, *served}


def token_of(coalition_id: int, *parts: str) -> str:
    """A button of its card."""
    return str(Standing("obligation", "-".join((str(coalition_id), *parts))))


def in_rows(buttons: Sequence[Button], width: int) -> Rows:
    """So many buttons a row."""
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
