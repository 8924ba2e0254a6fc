"""Several items of a round at once, where the platform has forms: pages of a few, saved page by page."""

from collections.abc import Mapping, Sequence

from bot.chat.markup import join, plain
from bot.chat.messages import Choice, Field, Form
from bot.chat.tokens import row_id
from bot.delphi.protocol import AGREE_POINTS, AgreeItem, ChoiceItem, RankingItem, in_language
from bot.flows.flow import Misfit
from bot.flows.standing import screen_here
from bot.flows.studies.answering import UNABLE, Value, is_tapped, read
from bot.flows.studies.attention import FLOW
from bot.flows.studies.feedback import feedback_line
from bot.flows.studies.item_screen import Card, ends, how, token
from bot.flows.studies.rating import ask_why, over, own_sheet, rate, save, says, show_done, show_item, unexplained
from bot.flows.studies.sheet import Sheet, before
from bot.flows.turn import Turn
from storage import conversations

AT_ONCE = 6
Filled = str | Sequence[str]


async def page(turn: Turn, argument: str) -> None:
    """`12-7`: the form with the item at place 7 on it. Where no form can be opened, the item as a message."""
    number, _, place = argument.partition("-")
    sheet = await own_sheet(turn, number)
    if not sheet.is_open(turn.now) or not turn.limits.forms or not turn.event.origin.trigger:
        await rate(turn, number)
        return
    turn.form = await _form(turn, sheet, (row_id(place) or 0) // AT_ONCE)


async def submitted(turn: Turn, argument: str, values: Mapping[str, Filled]) -> None:
    """A page was sent: what fits is saved, what does not is said beside its field; then the next page."""
    number, _, page = argument.partition("-")
    sheet = await own_sheet(turn, number)
    if not sheet.is_open(turn.now):
        await over(turn, sheet, lost=True)
        return
    index = row_id(page) or 0
    for place in _places(sheet, index):
        filled = values.get(str(sheet.items[place].id))
        if not filled:
            continue
        try:
            value = _read(turn, sheet.card(place), filled)
        except Misfit as misfit:
            turn.errors[str(sheet.items[place].id)] = turn.words.plain(misfit.text, **misfit.values)
            continue
        card = sheet.card(place)
        if card.given and card.value == value:
            continue
        saved = await save(turn, sheet, place, value)
        if saved is None:
            return
        sheet = saved
    if turn.errors:
        return
    following = index + 1
    if _places(sheet, following) and sheet.answered < len(sheet.items):
        turn.form = await _form(turn, sheet, following)
    await _refresh(turn, sheet, index)


async def _refresh(turn: Turn, sheet: Sheet, index: int) -> None:
    """The message behind the form goes along, so that closing it loses nothing. What was changed in the form across a
    third of the scale is asked about there, one after the other."""
    connection = await turn.connection()
    found = await conversations.of_person(connection, turn.person.id, FLOW, sheet.subject)
    behind = screen_here(turn, found) if found is not None else ""
    if (waiting := await unexplained(turn, sheet)) is not None:
        await ask_why(turn, sheet, *waiting, says(turn, sheet, waiting[0]), edits=behind)
        return
    place = sheet.next(_places(sheet, index)[-1])
    if place is None:
        await show_done(turn, sheet, edits=behind)
    else:
        await show_item(turn, sheet, place, edits=behind)


async def _form(turn: Turn, sheet: Sheet, index: int) -> Form:
    places = _places(sheet, index)
    return Form(
        token=str(token("page", sheet.round.id, index)),
        title=turn.words.plain("page.title", first=places[0] + 1, last=places[-1] + 1, total=len(sheet.items)),
        submit=turn.words.plain("page.submit"),
        close=turn.words.plain("screen.close"),
        fields=tuple([await _field(turn, sheet, place) for place in places]),
        intro=turn.words("page.intro"),
    )


def _places(sheet: Sheet, index: int) -> range:
    return range(index * AT_ONCE, min((index + 1) * AT_ONCE, len(sheet.items)))


async def _field(turn: Turn, sheet: Sheet, place: int) -> Field:
    card, words = sheet.card(place), turn.words
    earlier = await before(await turn.connection(), sheet, sheet.items[place])
    told = feedback_line(card.item, earlier.came, earlier.own, sheet.protocol, words) if earlier else ()
    label = words.plain("page.label", code=card.code, text=in_language(card.item.text, words.language))
    hint = plain(join([ends(card, words), told, how(card, words)], " "))
    choices = _choices(turn, card)
    several = isinstance(card.item, ChoiceItem) and card.item.most > 1
    kind = ("choices" if several else "choice") if choices else "paragraph" if card.item.kind == "open" else "text"
    return Field(
        id=str(card.id),
        kind=kind,  # type: ignore[arg-type]  # the literals are joined by the conditional
        label=label,
        hint=hint,
        choices=choices,
        value=_held(card),
        optional=True,
    )


def _choices(turn: Turn, card: Card) -> tuple[Choice, ...]:
    words, item = turn.words, card.item
    if isinstance(item, RankingItem) or not is_tapped(item, card.protocol):
        return ()
    scale = card.protocol.scale_of(item)
    if isinstance(item, AgreeItem):
        labels = {str(point): words.plain(f"agree.{point}") for point in AGREE_POINTS.values}
    elif isinstance(item, ChoiceItem):
        labels = {f"o{place}": in_language(each.text, words.language) for place, each in enumerate(item.options)}
    else:
        labels = {str(point): str(point) for point in scale.values} if scale is not None else {}
    if item.unable:
        labels[UNABLE] = words.plain("rate.unable")
    return tuple(Choice(value, label) for value, label in labels.items())


def _held(card: Card) -> tuple[str, ...]:
    """What was answered before, as the field holds it."""
    if not card.given:
        return ()
    if card.value is None:
        return (UNABLE,)
    if isinstance(card.item, ChoiceItem):
        chosen = card.value if isinstance(card.value, list) else [card.value]
        return tuple(f"o{place}" for place, option in enumerate(card.item.options) if option.id in chosen)
    if isinstance(card.item, RankingItem):
        places = {option.id: place for place, option in enumerate(card.item.options, 1)}
        order = card.value if isinstance(card.value, list) else []
        return (", ".join(str(places[id]) for id in order if id in places),)
    return (str(card.value),)


def _read(turn: Turn, card: Card, filled: Filled) -> Value:
    """What a field was filled with. Raises `Misfit`."""
    item = card.item
    if not isinstance(item, ChoiceItem):
        written = filled if isinstance(filled, str) else "".join(filled)
        if written == UNABLE and item.unable:
            return None
        return int(written) if isinstance(item, AgreeItem) else read(item, card.protocol, written, turn.words)
    picked = [filled] if isinstance(filled, str) else list(filled)
    if UNABLE in picked:
        if len(picked) > 1:
            raise Misfit("answer.unable_and_more")
        return None
    chosen = [option.id for place, option in enumerate(item.options) if f"o{place}" in picked]
    if len(chosen) > item.most:
        raise Misfit("answer.too_many", most=item.most)
    return chosen if item.most > 1 else chosen[0]
