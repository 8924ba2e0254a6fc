"""Answering a round: one tap saves, and the next item takes the message's place.

Screens without a state of their own: every button names its round and its item, so it does the same on every message
and on every platform.
"""

from dataclasses import replace

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import row_id
from bot.delphi.disclosure import panel_shown
from bot.delphi.outcome import ItemOutcome
from bot.delphi.protocol import in_language
from bot.delphi.scale import Zone
from bot.flows.flow import Halt, Misfit
from bot.flows.studies.answering import Choosing, Value, from_button, show
from bot.flows.studies.attention import Spot, turn_away, turn_to
from bot.flows.studies.feedback import Own
from bot.flows.studies.item_screen import Card, token
from bot.flows.studies.item_view import Drawn, Reader, draw
from bot.flows.studies.sheet import Before, Sheet, before, moved, sheet_of
from bot.flows.studies.times import local_date, moment
from bot.flows.turn import Turn
from storage import answers, marks, studies

REASONS = ("new_argument", "others", "time", "mistake", "other")
UNSAID = "unsaid"
"""Who was asked for a reason and went on without."""
# Items on one page of the overview: as many buttons as leave room for the way on.
GRID = 50


async def rate(turn: Turn, argument: str) -> None:
    """`12-345`: an item of a round; `12`: the first one that is not answered, or that all are. `-below` shows it in a
    message of its own: the one that was tapped is a picture."""
    bare = argument.removesuffix("-below")
    sheet, place = await asked(turn, bare)
    if not sheet.is_open(turn.now):
        await over(turn, sheet)
    elif place is None:
        await show_done(turn, sheet)
    else:
        await show_item(turn, sheet, place, edits="" if bare != argument else None)


async def rated(turn: Turn, argument: str) -> None:
    """`12-345-7`: a button of an item. A tap that comes twice, or from an old message, is the same answer again."""
    where, _, move = argument.rpartition("-")
    sheet, place = await asked(turn, where)
    if place is None:
        await rate(turn, str(sheet.round.id))
        return
    card = sheet.card(place)
    earlier = await before(await turn.connection(), sheet, sheet.items[place])
    try:
        chosen = _chosen(card, move, earlier)
    except Misfit as misfit:
        turn.toast = turn.words.plain(misfit.text, **misfit.values)
        await show_item(turn, sheet, place, turn.words(misfit.text, **misfit.values))
        return
    if chosen is None or not sheet.is_open(turn.now):
        await (show_item(turn, sheet, place) if sheet.is_open(turn.now) else over(turn, sheet, lost=True, place=place))
    elif not chosen.keep:
        await show_item(turn, sheet, place, ordered=chosen.ordered)
    elif (saved := await save(turn, sheet, place, chosen.value)) is not None:
        if move[0] in "ad" and card.item.kind == "choice":
            # Several may be chosen: the way on is theirs to take.
            await show_item(turn, saved, place)
        else:
            await after(turn, saved, place, earlier)


async def because(turn: Turn, argument: str) -> None:
    """`12-345-others`: why a rating was changed; anything else leaves it unsaid. Then the next one that a form changed,
    or the next item."""
    where, _, why = argument.rpartition("-")
    sheet, place = await asked(turn, where)
    if place is None or not sheet.is_open(turn.now):
        await rate(turn, str(sheet.round.id))
        return
    connection = await turn.connection()
    await answers.explain(
        connection,
        round_id=sheet.round.id,
        item_id=sheet.items[place].id,
        pseudonym_id=sheet.pseudonym_id,
        why=why if why in REASONS else UNSAID,
        now=turn.now,
    )
    sheet = replace(sheet, answers=await answers.given(connection, sheet.round.id, sheet.pseudonym_id))
    if (waiting := await unexplained(turn, sheet)) is not None:
        await ask_why(turn, sheet, *waiting, says(turn, sheet, waiting[0]))
        return
    await onward(turn, sheet, place, says(turn, sheet, place))


async def grid(turn: Turn, argument: str) -> None:
    """`12`: every item as a button, those that are answered ticked; `12-1` is its second page."""
    number, _, page = argument.partition("-")
    sheet = await own_sheet(turn, number)
    if not sheet.is_open(turn.now):
        await over(turn, sheet)
        return
    pages = -(-len(sheet.items) // GRID)
    start = (row_id(page) or 0) % max(pages, 1) * GRID
    shown = sheet.items[start : start + GRID]
    buttons = [
        Button(f"✓ {item.code}" if sheet.has(item.id) else item.code, str(token("rate", sheet.round.id, item.id)))
        for item in shown
    ]
    width = turn.limits.digits_in_row
    rows: Rows = tuple(tuple(buttons[at : at + width]) for at in range(0, len(buttons), width))
    if pages > 1:
        more = token("grid", sheet.round.id, start // GRID + 1)
        rows += ((turn.button("screen.more", more, n=len(sheet.items) - len(shown)),),)
    if sheet.answered < len(sheet.items):
        rows += ((turn.button("rate.go_on", token("rate", sheet.round.id)),),)
    rows += ((turn.button("rounds.card", token("rounds", sheet.study.code)),),)
    words = turn.words(
        "rate.grid_head",
        title=title(turn, sheet),
        number=sheet.round.number,
        answered=sheet.answered,
        total=len(sheet.items),
        until=_until(turn, sheet),
    )
    await _say(turn, sheet, None, (join([words, turn.words("rate.grid_how")], "\n\n"), rows))


async def later(turn: Turn, argument: str) -> None:
    """Enough for now: all that was answered is saved."""
    sheet = await own_sheet(turn, argument)
    words = turn.words(
        "rate.later",
        title=title(turn, sheet),
        answered=sheet.answered,
        total=len(sheet.items),
        until=_until(turn, sheet),
    )
    await _say(turn, sheet, None, (words, turn.onward((("rate.go_on", str(token("rate", sheet.round.id))),))))


async def own_sheet(turn: Turn, argument: str) -> Sheet:
    """This person's sheet of the round. Raises `Halt` when they have none."""
    id = row_id(argument)
    sheet = await sheet_of(await turn.connection(), id, turn.person.id) if id is not None else None
    if sheet is None:
        raise Halt(turn.words("rate.none"), (("rounds.all", "rounds"),))
    if sheet.panellist.state != "consented":
        raise Halt(turn.words("rate.left", title=title(turn, sheet)), (("rounds.all", "rounds"),))
    return sheet


async def save(turn: Turn, sheet: Sheet, place: int, value: Value) -> Sheet | None:
    """Save an answer; the sheet as it then is. None when it was not taken, which is then said."""
    connection = await turn.connection()
    taken = await answers.save(
        connection,
        round_id=sheet.round.id,
        item_id=sheet.items[place].id,
        pseudonym_id=sheet.pseudonym_id,
        value=value,
        unable=value is None,
        now=turn.now,
    )
    if taken != "saved":
        await over(turn, sheet, lost=True, place=place)
        return None
    return replace(sheet, answers=await answers.given(connection, sheet.round.id, sheet.pseudonym_id))


async def after(turn: Turn, sheet: Sheet, place: int, earlier: Before | None, *, seen: bool = False) -> None:
    """What follows an answer that was saved: why it was changed so far, or the next item. `seen`: what was answered
    stands in a message above."""
    lead = () if seen else says(turn, sheet, place)
    if earlier is None or not is_far(sheet, place, earlier.came, earlier.own):
        await onward(turn, sheet, place, lead)
        return
    await ask_why(turn, sheet, place, earlier.own, lead)


async def ask_why(
    turn: Turn, sheet: Sheet, place: int, last: Own, lead: Markup = (), *, edits: str | None = None
) -> None:
    """Why an answer is far from the `last` one: one tap, or none."""
    card = sheet.card(place)
    rows = tuple((turn.button(f"why.{why}", token("because", card.round, card.id, why)),) for why in REASONS)
    rows += ((turn.button("why.go_on", token("because", card.round, card.id, UNSAID)),),)
    told = turn.words("why.ask", code=card.code, answer=show(card.item, last.value, turn.words))
    await _say(turn, sheet, place, (join([lead, told], "\n\n"), rows), edits=edits)


async def unexplained(turn: Turn, sheet: Sheet) -> tuple[int, Own] | None:
    """The first item whose answer is far from the last one while nobody was asked why, and that last answer."""
    for place, came, last in await moved(await turn.connection(), sheet):
        if not sheet.answers[sheet.items[place].id].why_changed and is_far(sheet, place, came, last):
            return place, last
    return None


async def onward(turn: Turn, sheet: Sheet, place: int, lead: Markup) -> None:
    """To the next item that is not answered, with the one before still in sight and one tap away."""
    card = sheet.card(place)
    change = turn.button("rate.change", token("rate", card.round, card.id), code=card.code) if lead else None
    following = sheet.next(place)
    if following is None:
        await show_done(turn, sheet, lead, change)
    else:
        await show_item(turn, sheet, following, lead, change)


async def show_item(
    turn: Turn,
    sheet: Sheet,
    place: int,
    lead: Markup = (),
    change: Button | None = None,
    ordered: tuple[int, ...] = (),
    *,
    edits: str | None = None,
) -> None:
    """An item, below `lead` and with the button that changes the one before. It takes the place of the message that was
    tapped, or of the one that it `edits`."""
    words, rows = await draw(await turn.connection(), sheet, place, Reader.of(turn), ordered)
    if change is not None:
        rows += ((change,),)
    await _say(turn, sheet, place, (join([lead, words], "\n\n"), rows), edits=edits)


async def show_done(
    turn: Turn, sheet: Sheet, lead: Markup = (), change: Button | None = None, *, edits: str | None = None
) -> None:
    """All is answered: thanks, until when it can be changed, what happens next and when."""
    await marks.complete(await turn.connection(), turn.person.id, f"round {sheet.study.code}", turn.now)
    words = join(
        [
            lead,
            turn.words.count("rate.done", len(sheet.items)),
            turn.words("rate.done_change", until=_until(turn, sheet)),
            await _what_next(turn, sheet),
        ],
        "\n\n",
    )
    rows: Rows = ((change,),) if change is not None else ()
    rows += ((turn.button("rate.look", token("grid", sheet.round.id)),), (turn.button("rounds.all", "rounds"),))
    await _say(turn, sheet, None, (words, rows), edits=edits)


async def over(turn: Turn, sheet: Sheet, *, lost: bool = False, place: int | None = None) -> None:
    """The round is not open: when it closed or opens. With `lost`, an answer came too late and does not count; the one
    that was given to the item at `place` in time does."""
    number, zone = sheet.round.number, turn.person.zone
    if sheet.round.state in studies.AHEAD:
        words = turn.words("rate.early", number=number, at=moment(sheet.round.opens_at, zone, turn.words))
    else:
        closed = min(sheet.round.closes_at, sheet.round.closed_at or sheet.round.closes_at)
        words = turn.words("rate.closed", number=number, at=moment(closed, zone, turn.words))
    if lost:
        card = sheet.card(place) if place is not None else None
        given = show(card.item, card.value, turn.words) if card is not None and card.given else ""
        counts = turn.words("rate.still_counts", answer=given) if given else ()
        words = join([words, turn.words("rate.not_counted"), counts], " ")
    turn.toast = turn.words.plain("rate.closed_toast") if lost else ""
    rows: Rows = ((turn.button("rounds.all", "rounds"),),)
    if sheet.round.outcome is not None:
        rows = ((turn.button("rate.outcome", token("outcome", sheet.round.id)),), *rows)
    await _say(turn, sheet, None, (words, rows))


def is_far(sheet: Sheet, place: int, came: ItemOutcome, own: Own) -> bool:
    """Whether an answer lies in another third of the scale than the last time, or has left the panel's middle half."""
    card, rated = sheet.card(place), came.rated
    scale = sheet.protocol.scale_of(card.item)
    now, last = card.value, own.value
    if scale is None or rated is None or not isinstance(now, int) or not isinstance(last, int) or now == last:
        return False
    if any((now in scale.zone(third)) != (last in scale.zone(third)) for third in Zone):
        return True
    return (
        panel_shown(came.n, sheet.protocol.smallest_group)
        and rated.q1 is not None
        and rated.q3 is not None
        and rated.q1 <= last <= rated.q3
        and not rated.q1 <= now <= rated.q3
    )


def title(turn: Turn, sheet: Sheet) -> str:
    """The study's title in the reader's language."""
    return in_language(sheet.protocol.title, turn.language)


def says(turn: Turn, sheet: Sheet, place: int) -> Markup:
    """`✓ A3: you said 7.`"""
    card = sheet.card(place)
    if not card.given:
        return ()
    if card.value is None:
        return turn.words("rate.said_unable", code=card.code)
    return turn.words("rate.said", code=card.code, answer=show(card.item, card.value, turn.words))


async def asked(turn: Turn, argument: str) -> tuple[Sheet, int | None]:
    """The sheet that `12-345` names, and the place of the item; of `12` the first that is not answered, None when all
    are. A round that no longer asks the item gives the same as `12`."""
    number, _, item = argument.partition("-")
    sheet = await own_sheet(turn, number)
    id = row_id(item)
    place = sheet.place(id) if id is not None else None
    return sheet, sheet.next(-1) if place is None else place


def _chosen(card: Card, move: str, earlier: Before | None) -> Choosing | None:
    """What a button of this item stands for; `k` is the same answer as the last time."""
    if move == "k":
        return Choosing(True, earlier.own.value) if earlier is not None and earlier.own.given else None
    return from_button(card.item, card.protocol, move, card.value)


async def _what_next(turn: Turn, sheet: Sheet) -> Markup:
    """What happens once the round has closed."""
    rounds = await studies.rounds(await turn.connection(), sheet.study.id)
    following = next((one for one in rounds if one.number == sheet.round.number + 1), None)
    if following is None or following.state not in studies.AHEAD:
        return turn.words("rate.next_result")
    opens = local_date(following.opens_at, turn.person.zone, turn.words)
    return turn.words("rate.next_round", number=following.number, date=opens)


async def _say(turn: Turn, sheet: Sheet, place: int | None, drawn: Drawn, *, edits: str | None = None) -> None:
    """In the place of the message that was tapped, or of another; with an item, what is typed next belongs to it."""
    words, rows = drawn
    screen = None
    if place is None:
        turn_away(turn)
    else:
        screen = await turn_to(turn, sheet, Spot(sheet.round.id, sheet.items[place].id))
    turn.say(words, rows, edits=turn.tapped if edits is None else edits, screen=screen, subject=sheet.subject)


def _until(turn: Turn, sheet: Sheet) -> str:
    return moment(sheet.round.closes_at, turn.person.zone, turn.words)
