"""Answers to a round that are typed: a number, the words of an option, a comment, a proposal."""

from datetime import timedelta

from bot.chat.markup import Markup, join
from bot.delphi.protocol import OpenItem
from bot.flows.flow import Misfit
from bot.flows.standing import screen_here
from bot.flows.studies.answering import is_tapped, read
from bot.flows.studies.attention import Spot, turn_away
from bot.flows.studies.item_screen import token
from bot.flows.studies.proposing import propose, reword
from bot.flows.studies.rating import after, grid, later, over, own_sheet, rate, save, says, show_item
from bot.flows.studies.remarks import keep, remark
from bot.flows.studies.sheet import Sheet, before, sheet_of
from bot.flows.turn import Turn
from bot.flows.typed import folded
from storage import panels, studies
from storage.conversations import Conversation

# Who was misunderstood so often is offered a person.
ENOUGH = 3
# So long after its end a bare number is still meant for the round.
LATELY = timedelta(days=1)


async def typed(turn: Turn, conversation: Conversation, written: str) -> None:
    """Words for the item that is on the screen."""
    spot = Spot.of(conversation)
    sheet = await sheet_of(await turn.connection(), spot.round, turn.person.id) if spot is not None else None
    place = sheet.place(spot.item) if sheet is not None and spot is not None else None
    if spot is None or sheet is None or place is None or sheet.panellist.state != "consented":
        turn_away(turn)
        turn.say(turn.words("rate.none"), ((turn.button("rounds.all", "rounds"),),))
        return
    if not sheet.is_open(turn.now):
        await over(turn, sheet, lost=True, place=place if spot.use == "answer" else None)
        return
    if await _control(turn, sheet, place, written):
        return
    if spot.use == "remark":
        _leave(turn, conversation, sheet, place, turn.words("rate.remarked", comment=written))
        await keep(turn, sheet, place, written)
    elif spot.use == "proposal":
        _leave(turn, conversation, sheet, place, turn.words("propose.written", words=written))
        await reword(turn, sheet, place, spot.proposal, written)
    elif sheet.round.number == 0 and isinstance(sheet.asked(place), OpenItem):
        _leave(turn, conversation, sheet, place, turn.words("propose.written", words=written))
        await propose(turn, sheet, place, written)
    else:
        await _answer(turn, conversation, sheet, place, written)


async def is_long_over(turn: Turn, conversation: Conversation) -> bool:
    """Whether the item on the screen belongs to a round that closed so long ago that words are not meant for it: they
    may answer the message that opened the next one."""
    spot = Spot.of(conversation)
    asked = await studies.round_by_id(await turn.connection(), spot.round) if spot is not None else None
    return asked is not None and asked.state == "closed" and asked.closes_at + LATELY <= turn.now


async def typed_unasked(turn: Turn, written: str) -> bool:
    """Words that come when nothing is on the screen, but the message that opened a round may be: they answer its first
    item as long as nothing else was answered. Of a number that comes just after the end it is said that it is too late.
    Whether they were for a round."""
    connection = await turn.connection()
    waiting, closed = [], []
    for one in await panels.of_participants(connection, [turn.person.id]):
        if one.state != "consented":
            continue
        for round_ in await studies.rounds(connection, one.study_id):
            sheet = await sheet_of(connection, round_.id, turn.person.id) if round_.state == "open" else None
            if sheet is not None and sheet.is_open(turn.now) and sheet.items and not sheet.answered:
                waiting.append(sheet)
            if round_.state in ("open", "closed") and round_.closes_at <= turn.now < round_.closes_at + LATELY:
                closed.append(round_.id)
    if closed and not waiting and written.strip().isdecimal():
        await over(turn, await own_sheet(turn, str(closed[0])), lost=True)
        return True
    if len(waiting) != 1 or not is_tapped(waiting[0].asked(0), waiting[0].protocol):
        return False
    [sheet] = waiting
    try:
        value = read(sheet.asked(0), sheet.protocol, written, turn.words)
    except Misfit:
        return False
    earlier = await before(connection, sheet, sheet.items[0])
    if (saved := await save(turn, sheet, 0, value)) is not None:
        await after(turn, saved, 0, earlier)
    return True


async def _answer(turn: Turn, conversation: Conversation, sheet: Sheet, place: int, written: str) -> None:
    try:
        value = read(sheet.asked(place), sheet.protocol, written, turn.words)
    except Misfit as misfit:
        misses = conversation.misses + 1
        words = [turn.words(misfit.text, **misfit.values)]
        if misses >= ENOUGH:
            contact = turn.house.contact or turn.words.plain("secretariat.name")
            words.append(turn.words("rate.ask_a_person", contact=contact))
        await show_item(turn, sheet, place, join(words, "\n\n"))
        conversation.misses = misses
        return
    earlier = await before(await turn.connection(), sheet, sheet.items[place])
    if (saved := await save(turn, sheet, place, value)) is not None:
        seen = _leave(turn, conversation, saved, place, says(turn, saved, place))
        await after(turn, saved, place, earlier, seen=seen)


def _leave(turn: Turn, conversation: Conversation, sheet: Sheet, place: int, line: Markup) -> bool:
    """The message that showed the item stays above, with what was written, and without its buttons but for Change.
    Whether there is one."""
    screen = screen_here(turn, conversation)
    if not screen:
        return False
    card = sheet.card(place)
    name = turn.words("rate.item", code=card.code, text=card.shortly(turn.language))
    change = turn.button("rate.change", token("rate", card.round, card.id), code=card.code)
    turn.say(join([name, line]), ((change,),), edits=screen, subject=sheet.subject)
    return True


async def _control(turn: Turn, sheet: Sheet, place: int, written: str) -> bool:
    """The words of a button of the screen do what the button does. Whether they did."""
    word = folded(written)
    last = len(sheet.items) - 1
    here = f"{sheet.round.id}-{sheet.items[place].id}"
    ways = {
        "screen.back": (rate, f"{sheet.round.id}-{sheet.items[max(place - 1, 0)].id}"),
        "rate.next": (rate, f"{sheet.round.id}-{sheet.items[min(place + 1, last)].id}"),
        "rate.skip": (rate, f"{sheet.round.id}-{sheet.items[min(place + 1, last)].id}"),
        "rate.grid": (grid, str(sheet.round.id)),
        "screen.save": (later, str(sheet.round.id)),
        "rate.comment": (remark, here),
    }
    for label, (act, argument) in ways.items():
        if folded(turn.words.plain(label)) == word:
            await act(turn, argument)
            return True
    return False
