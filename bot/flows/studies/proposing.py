"""Round 0: as many proposals to an open question as one has, listed below it, to change or take back meanwhile."""

from bot.chat.markup import join, text
from bot.chat.messages import Rows
from bot.chat.tokens import row_id
from bot.flows.studies.attention import Spot, turn_to
from bot.flows.studies.item_screen import token
from bot.flows.studies.rating import asked, over, own_sheet, rate, show_item
from bot.flows.studies.sheet import Sheet
from bot.flows.turn import Turn
from storage import proposals
from storage.proposals import Proposal

SHORTEST = 3
LONGEST = 500


async def proposal(turn: Turn, argument: str) -> None:
    """`12-345-6`: one's own proposal, to be written anew; `12-345-6-x` takes it back."""
    number, item_id, id, *drop = (*argument.split("-"), "", "")[:4]
    sheet, place = await asked(turn, f"{number}-{item_id}")
    mine = await _own(turn, sheet, id)
    if place is None or mine is None or not sheet.is_open(turn.now):
        await (rate(turn, f"{number}-{item_id}") if sheet.is_open(turn.now) else over(turn, sheet, lost="x" in drop))
        return
    connection = await turn.connection()
    if "x" in drop:
        taken = await proposals.remove(connection, mine.id, sheet.pseudonym_id, turn.now)
        await _show(turn, place, sheet, "propose.removed" if taken == "saved" else "propose.decided")
        return
    back = token("rate", sheet.round.id, mine.item_id)
    rows: Rows = (
        (turn.button("propose.remove", token("proposal", sheet.round.id, mine.item_id, mine.id, "x")),),
        (turn.button("rate.back_to", back, code=sheet.items[place].code),),
    )
    screen = await turn_to(turn, sheet, Spot(sheet.round.id, mine.item_id, "proposal", mine.id))
    words = join([turn.words("propose.change_ask"), text(mine.words)], "\n\n")
    turn.say(words, rows, edits=turn.tapped, screen=screen, subject=sheet.subject)


async def propose(turn: Turn, sheet: Sheet, place: int, written: str) -> None:
    """Keep what was written as a proposal."""
    words = written.strip()[:LONGEST]
    if len(words) < SHORTEST:
        await show_item(turn, sheet, place, turn.words("propose.too_short"))
        return
    made = await proposals.propose(
        await turn.connection(),
        round_id=sheet.round.id,
        item_id=sheet.items[place].id,
        pseudonym_id=sheet.pseudonym_id,
        words=words,
        language=turn.language,
        now=turn.now,
    )
    if made in ("closed", "early"):
        await over(turn, sheet, lost=True)
        return
    await _show(turn, place, sheet, "propose.kept" if isinstance(made, int) else "propose.enough")


async def reword(turn: Turn, sheet: Sheet, place: int, id: int, written: str) -> None:
    """Other words for one's own proposal."""
    words = written.strip()[:LONGEST]
    connection = await turn.connection()
    if len(words) < SHORTEST:
        await show_item(turn, sheet, place, turn.words("propose.too_short"))
        return
    taken = await proposals.change(connection, id, sheet.pseudonym_id, words, turn.language, turn.now)
    await _show(turn, place, sheet, "propose.changed" if taken == "saved" else "propose.decided")


async def _show(turn: Turn, place: int, sheet: Sheet, said: str) -> None:
    """The question as it is now, below what just happened."""
    await show_item(turn, await own_sheet(turn, str(sheet.round.id)), place, turn.words(said))


async def _own(turn: Turn, sheet: Sheet, id: str) -> Proposal | None:
    """One's own proposal with this number."""
    mine = await proposals.own(await turn.connection(), sheet.round.id, sheet.pseudonym_id)
    return next((one for one in mine if one.id == row_id(id)), None)
