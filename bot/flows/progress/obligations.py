"""The secretariat's desk for reports: which coalition owes them, how often, about what, and who writes them.

Screens without a state: each button says what it sets, and the screen that follows shows what the tables then say.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from bot.chat.markup import join, text
from bot.chat.messages import Button, Rows, Say
from bot.chat.tokens import row_id
from bot.flows.colleagues import authorise, colleagues
from bot.flows.flow import Halt
from bot.flows.progress import figures
from bot.flows.progress.indicators import indicators_of
from bot.flows.progress.obligation_card import EVERY, Drawn, card, in_rows, token_of, usual
from bot.flows.progress.report_owed import asked_of
from bot.flows.turn import Turn
from bot.progress.period import MONTHS, Every, Period
from storage import coalitions, obligations, people
from storage.coalitions import Coalition, Membership
from storage.obligations import Member, Obligation

DUE_DAYS = (15, 30, 45, 60, 90)
MOST_LISTED = 30
MOST_MEMBERS = 40


async def listed(turn: Turn, _argument: str) -> Drawn:
    """`/obligations`: every coalition, with what it owes."""
    authorise(turn)
    connection = await turn.connection()
    there = await coalitions.not_closed(connection)
    if not there:
        return turn.words("obligation.no_coalitions"), ()
    known = {one.coalition_id: one for one in await obligations.all_obligations(connection)}
    here = there[:MOST_LISTED]
    lines = [
        turn.words("obligation.item", place=place, title=one.title, owes=_short(turn, known.get(one.id)))
        for place, one in enumerate(here, 1)
    ]
    buttons = [Button(str(place), token_of(one.id)) for place, one in enumerate(here, 1)]
    return join([turn.words("obligation.head"), join(lines)], "\n\n"), in_rows(buttons, turn.limits.digits_in_row)


async def one(turn: Turn, argument: str) -> Drawn:
    """One coalition's card; with `7-every-monthly` and so on, what the button says is set first."""
    authorise(turn)
    number, _, rest = argument.partition("-")
    name, _, value = rest.partition("-")
    coalition = await _coalition(turn, number)
    screen = _SCREENS.get(name)
    return await screen(turn, coalition, value) if screen else await card(turn, coalition)


async def lost(turn: Turn, membership: Membership) -> None:
    """Somebody has left a coalition. Where they were to write its reports, the deputy learns that it is their turn, or
    the secretariat that somebody has to be named."""
    connection = await turn.connection()
    owes = await obligations.obligation(connection, membership.coalition_id)
    if owes is None or membership.participant_id not in (owes.lead_id, owes.deputy_id):
        return
    if owes.reporter_id is None:
        for colleague in await colleagues(turn):
            words = turn.words_for(colleague)
            way = Button(words.plain("obligation.name_lead"), token_of(owes.coalition_id))
            turn.tell(colleague, Say(words("obligation.nobody_left", title=owes.title), ((way,),)))
    elif membership.participant_id == owes.lead_id:
        await _tell(turn, owes.reporter_id, "obligation.your_turn", owes)


async def _use(turn: Turn, coalition: Coalition, _value: str) -> Drawn:
    """What is usual; who is to write learns of it."""
    if await obligations.obligation(await turn.connection(), coalition.id) is None:
        owes = await usual(turn, coalition)
        await _keep(turn, owes)
        if owes.lead_id is not None:
            await _tell(turn, owes.lead_id, "obligation.you_report", owes)
    return await card(turn, coalition)


async def _every(turn: Turn, coalition: Coalition, value: str) -> Drawn:
    """Reports of another length begin with the period of today; what was owed before it is owed no more."""
    owes = await _owes(turn, coalition)
    if value in MONTHS:
        every = value
        if every != owes.every:
            begins = Period.around(turn.now.date(), every).code
            await _keep(turn, replace(owes, every=every, from_period=begins))
        return await card(turn, coalition)
    choices = [turn.button(f"obligation.every_{one}", token_of(coalition.id, "every", one)) for one in MONTHS]
    owed = await asked_of(await turn.connection(), [owes], turn.now.date())
    warning = turn.words.count("obligation.every_drops", len(owed)) if owed else ()
    return join([turn.words("obligation.every_ask", title=coalition.title), warning], "\n\n"), _back(
        turn, coalition, choices
    )


async def _due(turn: Turn, coalition: Coalition, value: str) -> Drawn:
    owes = await _owes(turn, coalition)
    if row_id(value) in DUE_DAYS:
        await _keep(turn, replace(owes, due_days=int(value)))
        return await card(turn, coalition)
    choices = [Button(str(days), token_of(coalition.id, "due", str(days))) for days in DUE_DAYS]
    return turn.words("obligation.due_ask", title=coalition.title), _back(turn, coalition, choices, 5)


async def _lead(turn: Turn, coalition: Coalition, value: str) -> Drawn:
    """Another lead; both learn of it."""
    owes = await _owes(turn, coalition)
    chosen = await _member(turn, coalition, value)
    if chosen is None:
        return await _which(turn, coalition, "lead", owes.lead_id)
    if chosen.participant_id != owes.lead_id:
        deputy = None if owes.deputy_id == chosen.participant_id else owes.deputy_id
        await _keep(turn, replace(owes, lead_id=chosen.participant_id, deputy_id=deputy))
        await _tell(turn, chosen.participant_id, "obligation.you_report", owes)
        if owes.lead_id is not None and owes.lead_belongs:
            await _tell(turn, owes.lead_id, "obligation.you_no_longer", owes, who=chosen.name)
    return await card(turn, coalition)


async def _deputy(turn: Turn, coalition: Coalition, value: str) -> Drawn:
    owes = await _owes(turn, coalition)
    chosen = await _member(turn, coalition, value)
    if chosen is None and value != "none":
        return await _which(turn, coalition, "deputy", owes.deputy_id, others=owes.lead_id)
    id = chosen.participant_id if chosen else None
    if id != owes.deputy_id and (id is None or id != owes.lead_id):
        await _keep(turn, replace(owes, deputy_id=id))
        if id is not None:
            await _tell(turn, id, "obligation.you_stand_in", owes)
    return await card(turn, coalition)


async def _which(turn: Turn, coalition: Coalition, name: str, now: int | None, others: int | None = None) -> Drawn:
    """The members to choose from."""
    members = await obligations.members(await turn.connection(), coalition.id)
    here = [one for one in members if one.participant_id != others][:MOST_MEMBERS]
    choices = [
        Button(
            f"✓ {one.name}" if one.participant_id == now else one.name,
            token_of(coalition.id, name, str(one.participant_id)),
        )
        for one in here
    ]
    if name == "deputy":
        choices.append(turn.button("obligation.nobody", token_of(coalition.id, "deputy", "none")))
    ask = f"obligation.{name}_ask" if here else "obligation.no_members"
    return turn.words(ask, title=coalition.title), _back(turn, coalition, choices)


async def _about(turn: Turn, coalition: Coalition, value: str) -> Drawn:
    """What the coalition reports on: a tap adds an indicator or takes it away."""
    owes = await _owes(turn, coalition)
    known = await indicators_of(await turn.connection())
    chosen = set(owes.indicators)
    if value in known and known[value].active:
        chosen ^= {value}
        await _keep(turn, replace(owes, indicators=[code for code in known if code in chosen]))
    active = [one for one in known.values() if one.active]
    lines = [
        text(f"{place}. {'✓ ' if one.code in chosen else ''}{one.title(turn.language)}")
        for place, one in enumerate(active, 1)
    ]
    buttons = [
        Button(f"✓ {place}" if one.code in chosen else str(place), token_of(coalition.id, "about", one.code))
        for place, one in enumerate(active, 1)
    ]
    words = join([turn.words("obligation.about_ask", title=coalition.title), join(lines)], "\n\n")
    return words, _back(turn, coalition, buttons, turn.limits.digits_in_row)


async def _close(turn: Turn, coalition: Coalition, value: str) -> Drawn:
    """Ask first; then close, and end the reports with the period of today."""
    connection = await turn.connection()
    owes = await obligations.obligation(connection, coalition.id)
    every = cast(Every, owes.every) if owes else EVERY
    last = Period.around(turn.now.date(), every)
    period = figures.period_name(last, turn.language)
    if value != "yes":
        ask = turn.words.count("obligation.close_ask", coalition.members, title=coalition.title)
        ends = turn.words("obligation.ends_with", period=period) if owes else ()
        return join([ask, ends], "\n\n"), (
            (
                Button(turn.words.plain("obligation.close_yes"), token_of(coalition.id, "close", "yes"), "danger"),
                turn.button("obligation.close_no", token_of(coalition.id)),
            ),
        )
    if await coalitions.set_closed(connection, coalition.id, True):
        await obligations.end_obligation(connection, coalition.id, last.code)
        await _note(turn, coalition.id, "closed")
    return await card(turn, replace(coalition, state="closed"))


async def _reopen(turn: Turn, coalition: Coalition, _value: str) -> Drawn:
    connection = await turn.connection()
    if await coalitions.set_closed(connection, coalition.id, False):
        owes = await obligations.obligation(connection, coalition.id)
        if owes is not None:
            await _keep(turn, replace(owes, until_period=""))
        await _note(turn, coalition.id, "reopened")
    return await card(turn, await _coalition(turn, str(coalition.id)))


_SCREENS: Mapping[str, Callable[[Turn, Coalition, str], Awaitable[Drawn]]] = {
    "use": _use,
    "every": _every,
    "due": _due,
    "lead": _lead,
    "deputy": _deputy,
    "about": _about,
    "close": _close,
    "reopen": _reopen,
}


async def _keep(turn: Turn, owes: Obligation) -> None:
    await obligations.oblige(
        await turn.connection(),
        owes.coalition_id,
        every=owes.every,
        due_days=owes.due_days,
        from_period=owes.from_period,
        until_period=owes.until_period,
        lead_id=owes.lead_id,
        deputy_id=owes.deputy_id,
        indicators=owes.indicators,
    )
    await _note(turn, owes.coalition_id, "obliged")


async def _note(turn: Turn, coalition_id: int, action: str) -> None:
    await coalitions.note_action(
        await turn.connection(),
        actor_id=turn.person.id,
        action=action,
        subject=f"coalition {coalition_id}",
        now=turn.now,
    )


async def _tell(turn: Turn, participant_id: int, said: str, owes: Obligation, **values: object) -> None:
    """Somebody learns what they are asked for, or no longer."""
    connection = await turn.connection()
    account = await people.account_to_write(connection, participant_id)
    person = await people.by_account_id(connection, account) if account else None
    if person is None or person.id == turn.person.id:
        return
    words = turn.words_for(person)
    way = Button(words.plain("report.to_reports"), "report")
    turn.tell(person, Say(words(said, title=owes.title, **values), ((way,),)))


async def _owes(turn: Turn, coalition: Coalition) -> Obligation:
    owes = await obligations.obligation(await turn.connection(), coalition.id)
    if owes is None:
        raise Halt(turn.words("obligation.none"), (("obligation.back", token_of(coalition.id)),))
    return owes


async def _member(turn: Turn, coalition: Coalition, value: str) -> Member | None:
    members = await obligations.members(await turn.connection(), coalition.id)
    return next((one for one in members if one.participant_id == row_id(value)), None)


async def _coalition(turn: Turn, number: str) -> Coalition:
    id = row_id(number)
    found = None if id is None else await coalitions.coalition(await turn.connection(), id)
    if found is None:
        raise Halt(turn.words("obligation.gone"), (("obligation.all", "obligations"),))
    return found


def _short(turn: Turn, owes: Obligation | None) -> str:
    if owes is None:
        return turn.words.plain("obligation.owes_nothing")
    every = turn.words.plain(f"obligation.every_{owes.every}")
    belongs = owes.lead_belongs or owes.deputy_belongs
    who = (owes.lead if owes.lead_belongs else owes.deputy) if belongs else turn.words.plain("obligation.nobody")
    return f"{every}, {who}"


def _back(turn: Turn, coalition: Coalition, choices: Sequence[Button], width: int = 1) -> Rows:
    return (*in_rows(choices, width), (turn.button("obligation.back", token_of(coalition.id)),))
