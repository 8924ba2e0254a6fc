"""Words and pictures around an item: one's own comment, the reasons of others, the picture of a closed round."""

import asyncio

from bot.chat.markup import join
from bot.chat.messages import Button, File, Rows
from bot.chat.tokens import row_id
from bot.delphi.report.charts import item_picture
from bot.flows.studies.attention import Spot, turn_to
from bot.flows.studies.item_screen import token, wording
from bot.flows.studies.item_view import has_picture
from bot.flows.studies.rating import asked, over, own_sheet, rate, show_item
from bot.flows.studies.sheet import Sheet, before, came_of, looked_back
from bot.flows.turn import Turn
from storage import answers, files

LONGEST = 1000
# Comments of others on one screen.
AT_ONCE = 3


async def remark(turn: Turn, argument: str) -> None:
    """`12-345`: ask for a comment; `12-345-x` takes the one that is there back."""
    where, _, drop = argument.rpartition("-") if argument.endswith("-x") else (argument, "", "")
    sheet, place = await asked(turn, where)
    if place is None or not sheet.is_open(turn.now):
        await (rate(turn, where) if place is None else over(turn, sheet, lost=bool(drop)))
        return
    if drop:
        await keep(turn, sheet, place, "")
        return
    item = sheet.items[place]
    given = sheet.answers.get(item.id)
    back = token("rate", sheet.round.id, item.id)
    rows: Rows = ((turn.button("rate.back_to", back, code=item.code),),)
    now = turn.words("rate.remarked", comment=given.comment) if given is not None and given.comment else ()
    if now:
        rows = ((turn.button("rate.comment_drop", token("remark", sheet.round.id, item.id, "x")),), *rows)
    words = join([turn.words("rate.comment_ask", code=item.code), now, turn.words("rate.comment_who")], "\n\n")
    screen = await turn_to(turn, sheet, Spot(sheet.round.id, item.id, "remark"))
    turn.say(words, rows, edits=turn.tapped, screen=screen, subject=sheet.subject)


async def keep(turn: Turn, sheet: Sheet, place: int, written: str) -> None:
    """Save a comment, or none, and go back to its item."""
    item = sheet.items[place]
    taken = await answers.comment(
        await turn.connection(),
        round_id=sheet.round.id,
        item_id=item.id,
        pseudonym_id=sheet.pseudonym_id,
        words=written.strip()[:LONGEST],
        language=turn.language,
        now=turn.now,
    )
    if taken != "saved":
        await over(turn, sheet, lost=True)
        return
    kept = turn.words("rate.comment_kept" if written.strip() else "rate.comment_dropped", code=item.code)
    sheet = await own_sheet(turn, str(sheet.round.id))
    await show_item(turn, sheet, place, kept)


async def reasons(turn: Turn, argument: str) -> None:
    """`12-345-3`: what others said to an item in the round before, from the fourth one on."""
    where, _, start = argument.rpartition("-") if argument.count("-") > 1 else (argument, "", "0")
    sheet, place = await asked(turn, where)
    earlier = None if place is None else await before(await turn.connection(), sheet, sheet.items[place])
    if place is None or earlier is None or not sheet.protocol.feedback.reasons:
        await rate(turn, where)
        return
    item = sheet.items[place]
    said = await answers.reasons(await turn.connection(), earlier.round.id, item.id, sheet.pseudonym_id)
    first = (row_id(start) or 0) % max(len(said), 1)
    shown = said[first : first + AT_ONCE]
    lines = [turn.words("rate.reason", place=at, reason=one.shown) for at, one in enumerate(shown, first + 1)]
    head = turn.words.count("rate.reasons_head", len(said), code=item.code)
    row = []
    if len(said) > AT_ONCE:
        following = (first + AT_ONCE) if first + AT_ONCE < len(said) else 0
        more = token("reasons", sheet.round.id, item.id, following)
        row.append(turn.button("rate.reasons_more", more, n=len(said) - len(shown)))
    row.append(turn.button("rate.back_to", token("rate", sheet.round.id, item.id), code=item.code))
    screen = await turn_to(turn, sheet, Spot(sheet.round.id, item.id))
    turn.say(join([head, *lines], "\n\n"), (tuple(row),), edits=turn.tapped, screen=screen, subject=sheet.subject)


async def picture(turn: Turn, argument: str) -> None:
    """`11-345`: an item of a closed round as a picture, in a message of its own; one's own answer is marked in it."""
    number, _, item_id = argument.partition("-")
    sheet = await own_sheet(turn, number)
    id = row_id(item_id)
    place = sheet.place(id) if id is not None else None
    came = came_of(sheet.round, sheet.items[place]) if place is not None else None
    if place is None or came is None:
        turn.say(turn.words("rate.no_picture"), ((turn.button("rounds.all", "rounds"),),), subject=sheet.subject)
        return
    connection = await turn.connection()
    item = sheet.items[place]
    seen = await looked_back(connection, sheet, sheet.round, item, came)
    drawn = None
    if has_picture(sheet, seen):
        drawn = await asyncio.to_thread(
            item_picture,
            came,
            sheet.asked(place),
            sheet.protocol,
            turn.words,
            own=seen.own.value,
            rehearsal=sheet.study.rehearsal,
        )
    if drawn is None:
        turn.say(turn.words("rate.no_picture"), ((turn.button("rounds.all", "rounds"),),), subject=sheet.subject)
        return
    name = f"{item.code}.png"
    kept = await files.keep(
        connection,
        name=name,
        media_type="image/png",
        content=drawn.png,
        alt=drawn.alt,
        subject=sheet.subject,
        now=turn.now,
    )
    words = join([turn.words("rate.picture_head", number=sheet.round.number), wording(sheet.card(place), turn.words)])
    turn.say(
        words,
        ((await _back(turn, sheet, item.id, item.code),),),
        file=File(kept, name, "picture", drawn.alt),
        subject=sheet.subject,
    )


async def _back(turn: Turn, sheet: Sheet, item_id: int, code: str) -> Button:
    """Below the picture: to the item in the round that is open now, else to what became of it."""
    conversation = turn.conversation
    spot = Spot.of(conversation) if conversation is not None and conversation.flow == "rating" else None
    if spot is not None and spot.item == item_id:
        return turn.button("rate.back_to", token("rate", spot.round, item_id, "below"), code=code)
    return turn.button("rate.outcome", token("outcome", sheet.round.id, item_id))
