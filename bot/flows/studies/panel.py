"""Being on a panel: the invitation that says who sees what, taking part or not, leaving, and `/rounds`.

Nobody is asked anything before they have read who sees what and said that they take part.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Rows, Section
from bot.delphi.protocol import OpenItem, Protocol, in_language
from bot.flows.flow import Halt
from bot.flows.studies.attention import turn_away
from bot.flows.studies.item_screen import token
from bot.flows.studies.item_view import Drawn, Reader
from bot.flows.studies.sheet import sheet_of
from bot.flows.studies.times import local_date, moment
from bot.flows.turn import Turn
from storage import panels, studies
from storage.panels import Panellist
from storage.studies import AHEAD, ALIVE, Study

# What an item takes to read and answer.
ITEMS_A_MINUTE = 2


async def study(turn: Turn, argument: str) -> Drawn:
    """`soil`: the invitation, or for who takes part their card; `soil-fr`: in another language from now on. A link to
    it may come from anywhere."""
    code, _, language = argument.partition("-")
    found = await _study(turn, code)
    protocol = Protocol.model_validate(found.protocol)
    if language in protocol.languages:
        turn.person.language = language
    one = await panels.panellist(await turn.connection(), found.id, turn.person.id)
    if one is not None and one.state in ("consented", "withdrawn"):
        return await _card(turn, found, protocol, one)
    if found.state not in ALIVE:
        return turn.words("panel.over", title=_title(turn, protocol)), turn.onward((("start.help", "help"),))
    if one is None and not protocol.open_panel:
        contact = turn.house.contact or turn.words.plain("secretariat.name")
        return turn.words("panel.by_invitation", title=_title(turn, protocol), contact=contact), ()
    return await invitation(await turn.connection(), found, protocol, Reader.of(turn), turn.now)


async def take_part(turn: Turn, argument: str) -> Drawn:
    """`soil`: take part; who has no group yet is asked for it. `soil-farmers`: take part in that group."""
    code, _, chosen = argument.partition("-")
    found = await _study(turn, code)
    protocol = Protocol.model_validate(found.protocol)
    connection = await turn.connection()
    one = await panels.panellist(connection, found.id, turn.person.id)
    if found.state not in ALIVE or (one is None and not protocol.open_panel):
        return await study(turn, code)
    known = {group.id for group in protocol.groups}
    group = one.group if one is not None and one.group in known else chosen
    if known and group not in known:
        rows = tuple(
            (Button(in_language(each.name, turn.language), str(token("takepart", code, each.id))),)
            for each in protocol.groups
        )
        return turn.words("panel.which_group", least=protocol.smallest_group), rows
    if one is None:
        await panels.invite(connection, found.id, turn.person.id, group, turn.now)
        one = await panels.panellist(connection, found.id, turn.person.id)
    assert one is not None, "it was invited in this transaction"
    taken = await panels.consent(connection, one.id, group, turn.now)
    if taken is None:
        return await study(turn, code)
    welcome = turn.words("panel.welcome", title=_title(turn, protocol), pseudonym=taken.pseudonym)
    onward = await _onward(turn, found, taken)
    if taken.practised:
        return join([welcome, await _when(turn, found)], "\n\n"), onward
    practise = turn.button("panel.practise", token("practice", code))
    told = [welcome, await _when(turn, found), turn.words("panel.practise_ask")]
    return join(told, "\n\n"), ((practise,), *onward)


async def not_part(turn: Turn, argument: str) -> Drawn:
    """Not take part; it can be taken back as long as the study lives."""
    found = await _study(turn, argument)
    connection = await turn.connection()
    one = await panels.panellist(connection, found.id, turn.person.id)
    if one is not None and one.state == "consented":
        return await leave(turn, argument)
    if one is not None:
        await panels.decline(connection, one.id, turn.now)
    title = _title(turn, Protocol.model_validate(found.protocol))
    return turn.words("panel.declined", title=title), (
        (turn.button("panel.after_all", token("takepart", found.code)),),
    )


async def leave(turn: Turn, argument: str) -> Drawn:
    """Ask first, and say what becomes of the answers."""
    found = await own_study(turn, argument)
    title = _title(turn, Protocol.model_validate(found.protocol))
    yes = Button(turn.words.plain("panel.leave_yes"), str(token("leftstudy", found.code)), "danger")
    return turn.words("panel.leave_ask", title=title), (
        (yes, turn.button("panel.leave_no", token("rounds", found.code))),
    )


async def left(turn: Turn, argument: str) -> Drawn:
    """Leave: nothing more is asked, and what was answered stays under the pseudonym."""
    found = await own_study(turn, argument)
    one = await panels.panellist(await turn.connection(), found.id, turn.person.id)
    if one is not None:
        await panels.withdraw(await turn.connection(), one.id, turn.now)
    turn_away(turn)
    title = _title(turn, Protocol.model_validate(found.protocol))
    again = (turn.button("panel.after_all", token("takepart", found.code)),)
    return turn.words("panel.left", title=title), (again,) if found.state in ALIVE else ()


async def rounds(turn: Turn, argument: str) -> Drawn:
    """`/rounds`: the studies that this person is asked in or took part in; with a code (`soil`) the card of one."""
    if argument:
        return await study(turn, argument)
    mine = await _mine(turn)
    if not mine:
        return turn.words("rounds.none"), turn.onward((("start.join", "join"), ("start.help", "help")))
    if len(mine) == 1:
        return await study(turn, mine[0][0].code)
    lines = [
        turn.words("rounds.line", place=place, title=_title(turn, protocol), state=await _state(turn, found, one))
        for place, (found, protocol, one) in enumerate(mine, 1)
    ]
    buttons = [Button(str(place), str(token("rounds", found.code))) for place, (found, _, _) in enumerate(mine, 1)]
    width = turn.limits.digits_in_row
    rows = tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
    return join([turn.words("rounds.head"), *lines], "\n\n"), rows


async def section(turn: Turn) -> Section | None:
    """The part of Slack's Home about studies; None for who is on no panel."""
    lines, rows = [], []
    for found, protocol, one in await _mine(turn):
        state = await _state(turn, found, one)
        lines.append(turn.words("rounds.home", title=_title(turn, protocol), state=state))
        rows.append((turn.button("rounds.open", token("rounds", found.code), title=_title(turn, protocol)),))
    return Section(turn.words.plain("home.rounds"), join(lines), tuple(rows)) if lines else None


async def asked(turn: Turn) -> tuple[list[Markup], list[tuple[Button, ...]]]:
    """For Slack's Home: what of studies waits for this person, a line and a button each."""
    lines: list[Markup] = []
    rows: list[tuple[Button, ...]] = []
    for found, protocol, one in await _mine(turn):
        onward = [row[0].token for row in await _onward(turn, found, one) if row[0].token.startswith("rate_")]
        to = str(token("study", found.code)) if one.state == "invited" else next(iter(onward), "")
        if to:
            title, state = _title(turn, protocol), await _state(turn, found, one)
            lines.append(turn.words("rounds.home", title=title, state=state))
            rows.append((turn.button("home.continue", to, title=title),))
    return lines, rows


async def invitation(
    connection: AsyncConnection, found: Study, protocol: Protocol, reader: Reader, now: datetime
) -> Drawn:
    """Who asks what, for how long, and who sees what; the same words that the moderator is shown."""
    words = reader.words
    asked = [item for item in protocol.items if not (isinstance(item, OpenItem) and item.proposals)]
    minutes = max(1, round(len(asked) / ITEMS_A_MINUTE))
    least, most = protocol.stopping.least_rounds, protocol.stopping.most_rounds
    number = str(most) if least == most else f"{least}–{most}"
    parts = [
        words("panel.invited", title=in_language(protocol.title, words.language)),
        text(in_language(protocol.introduction, words.language)),
        words.count("panel.what", most, items=len(asked), minutes=minutes, rounds=number)
        if asked
        else words("panel.what_open"),
        await _first_round(connection, found, reader, now),
        words("panel.how"),
        words("panel.who_sees", least=protocol.smallest_group),
    ]
    others = [code for code in protocol.languages if code != words.language]
    rows: Rows = (
        (
            Button(words.plain("panel.take_part"), str(token("takepart", found.code)), "primary"),
            reader.button("panel.no_thanks", token("notpart", found.code)),
        ),
        tuple(reader.button(f"language.{code}", token("study", found.code, code)) for code in others),
    )
    return join(parts, "\n\n"), tuple(row for row in rows if row)


async def own_study(turn: Turn, code: str) -> Study:
    """A study that this person takes or took part in. Raises `Halt` when it is none."""
    found = await _study(turn, code)
    one = await panels.panellist(await turn.connection(), found.id, turn.person.id)
    if one is None or one.state not in ("consented", "withdrawn"):
        raise Halt(turn.words("rate.none"), (("panel.look", str(token("study", code))),))
    return found


async def onward(turn: Turn, found: Study) -> Rows:
    """From here to the round that is open."""
    one = await panels.panellist(await turn.connection(), found.id, turn.person.id)
    return await _onward(turn, found, one) if one is not None else ()


async def note_practised(turn: Turn, found: Study) -> None:
    """Offer the practice item no more."""
    one = await panels.panellist(await turn.connection(), found.id, turn.person.id)
    if one is not None and not one.practised:
        await panels.practised(await turn.connection(), one.id)


async def _study(turn: Turn, code: str) -> Study:
    found = await studies.by_code(await turn.connection(), code)
    if found is None or found.state == "draft":
        raise Halt(turn.words("panel.unknown"), (("rounds.all", "rounds"), ("start.help", "help")))
    # What is said about a study is found again by this when the study is sealed.
    turn.subject = f"study {code}"
    return found


async def _mine(turn: Turn) -> list[tuple[Study, Protocol, Panellist]]:
    """The studies that are of interest to this person: those alive, and those over in which they took part."""
    connection = await turn.connection()
    mine = []
    for one in await panels.of_participants(connection, [turn.person.id]):
        found = await studies.study(connection, one.study_id)
        if found is None or one.state == "declined" or (found.state not in ALIVE and one.state == "invited"):
            continue
        mine.append((found, Protocol.model_validate(found.protocol), one))
    return mine[::-1]


async def _card(turn: Turn, found: Study, protocol: Protocol, one: Panellist) -> Drawn:
    rows: Rows = await _onward(turn, found, one) if one.state == "consented" else ()
    for each in await studies.rounds(await turn.connection(), found.id):
        if each.outcome is not None and one.pseudonym_id is not None:
            rows += ((turn.button("rounds.outcome", token("outcome", each.id), number=each.number),),)
    if one.state == "withdrawn" and found.state in ALIVE:
        rows += ((turn.button("panel.after_all", token("takepart", found.code)),),)
    elif found.state in ALIVE:
        rows += ((turn.button("panel.leave", token("leavestudy", found.code)),),)
    names = {group.id: in_language(group.name, turn.language) for group in protocol.groups}
    about = [
        turn.words("rounds.pseudonym", pseudonym=one.pseudonym) if one.pseudonym else (),
        turn.words("rounds.group", group=names[one.group]) if one.group in names else (),
    ]
    head = turn.words("rounds.title", title=_title(turn, protocol))
    return join([head, text(_sentence(await _state(turn, found, one))), join(about)], "\n\n"), rows


async def _onward(turn: Turn, found: Study, one: Panellist) -> Rows:
    for each in await studies.rounds(await turn.connection(), found.id):
        sheet = await sheet_of(await turn.connection(), each.id, turn.person.id) if each.state == "open" else None
        if sheet is None or not sheet.is_open(turn.now) or one.state != "consented":
            continue
        label = "rounds.begin" if not sheet.answered else "rate.go_on"
        if sheet.answered == len(sheet.items):
            label = "rate.look"
        to = token("grid" if label == "rate.look" else "rate", each.id)
        return ((Button(turn.words.plain(label, number=each.number), str(to), "primary"),),)
    return ()


async def _state(turn: Turn, found: Study, one: Panellist) -> str:
    """How far this person's study is, in a sentence."""
    words = turn.words
    if one.state == "invited":
        return words.plain("rounds.invited")
    if one.state == "withdrawn":
        return words.plain("rounds.left")
    if found.state not in ALIVE:
        return words.plain("rounds.over")
    connection = await turn.connection()
    for each in await studies.rounds(connection, found.id):
        if each.state == "open" and (sheet := await sheet_of(connection, each.id, turn.person.id)):
            until = moment(each.closes_at, turn.person.zone, words)
            return words.plain(
                "rounds.progress",
                number=each.number,
                answered=sheet.answered,
                total=len(sheet.items),
                until=until,
            )
    following = next((each for each in await studies.rounds(connection, found.id) if each.state in AHEAD), None)
    if following is None:
        return words.plain("rounds.between")
    opens = local_date(following.opens_at, turn.person.zone, words)
    return words.plain("rounds.coming", number=following.number, date=opens)


async def _when(turn: Turn, found: Study) -> Markup:
    return await _first_round(await turn.connection(), found, Reader.of(turn), turn.now)


async def _first_round(connection: AsyncConnection, found: Study, reader: Reader, now: datetime) -> Markup:
    """The round that is open or comes next, with its dates in the reader's zone."""
    for each in await studies.rounds(connection, found.id):
        until = moment(each.closes_at, reader.zone, reader.words)
        if each.state == "open" and now < each.closes_at:
            return reader.words("panel.when_open", number=each.number, until=until)
        if each.state in AHEAD:
            opens = local_date(each.opens_at, reader.zone, reader.words)
            return reader.words("panel.when", number=each.number, date=opens, until=until)
    return ()


def _title(turn: Turn, protocol: Protocol) -> str:
    return in_language(protocol.title, turn.language)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
