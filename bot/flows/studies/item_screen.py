"""An item of a study as a message: its words, what the ends of its scale mean, and the buttons that answer it.

Pure. A button names the round, the item and the move (`rated_12-345-7`), so it means the same whenever it is tapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.chat.limits import Limits
from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing
from bot.delphi.protocol import (
    AGREE_POINTS,
    AgreeItem,
    ChoiceItem,
    Item,
    NumberItem,
    OpenItem,
    Protocol,
    RankingItem,
    in_language,
)
from bot.flows.studies.answering import UNABLE, Value, is_tapped, ranks, show_number
from bot.locales import Words

SHORT = 120
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Card:
    """An item of a round before one panellist. `given` says whether they have answered it, and `value` what."""

    round: int
    id: int
    code: str
    item: Item
    protocol: Protocol
    given: bool = False
    value: Value = None

    def shortly(self, language: str) -> str:
        """The item's words on a line or two."""
        words = in_language(self.item.text, language)
        return words if len(words) <= SHORT else words[: SHORT - 1].rstrip() + "…"


def token(name: str, *parts: object) -> Standing:
    """A button's token with its parts: `rated_12-345-7`."""
    return Standing(name, "-".join(str(part) for part in parts))


def wording(card: Card, words: Words) -> Markup:
    """The item, its explanation and what its scale's ends mean."""
    item = card.item
    head = words("rate.item", code=card.code, text=in_language(item.text, words.language))
    return join([head, text(in_language(item.explanation, words.language)), ends(card, words)])


def ends(card: Card, words: Words) -> Markup:
    """`1 = not at all · 9 = entirely`, where the protocol says so."""
    scale, meant = card.protocol.scale_of(card.item), card.protocol.ends_of(card.item)
    if scale is None or meant is None:
        return ()
    low, high = in_language(meant.low, words.language), in_language(meant.high, words.language)
    return words("rate.ends", low=scale.low, low_means=low, high=scale.high, high_means=high)


def options(card: Card, words: Words, limits: Limits, ordered: Sequence[int] = ()) -> tuple[Markup, Rows]:
    """The buttons that answer the item, above them the options as a numbered list where they are too long for a phone.
    `ordered` are the places of a ranking's options that were tapped so far."""
    item = card.item
    scale = card.protocol.scale_of(item)
    if isinstance(item, AgreeItem):
        labels = [words.plain(f"agree.{point}") for point in AGREE_POINTS.values]
        moves = [str(point) for point in AGREE_POINTS.values]
        return _labelled(card, labels, moves, [card.value == point for point in AGREE_POINTS.values], limits)
    if scale is not None and is_tapped(item, card.protocol):
        digits = [_button(card, str(point), str(point), card.value == point) for point in scale.values]
        return (), _rows(digits, limits.digits_in_row)
    match item:
        case ChoiceItem():
            chosen = card.value if isinstance(card.value, list) else [card.value]
            ticked = [option.id in chosen for option in item.options]
            labels = [in_language(option.text, words.language) for option in item.options]
            return _labelled(card, labels, _moves(item, ticked), ticked, limits)
        case RankingItem():
            return _ranking(card, item, words, limits, ordered)
    return (), ()


def unable(card: Card, words: Words, *, proposing: bool = False) -> tuple[Button, ...]:
    """The button for who cannot answer, where the protocol offers it; for who has nothing to propose."""
    if not card.item.unable:
        return ()
    label = words.plain("propose.none" if proposing else "rate.unable")
    return (_button(card, label, UNABLE, card.given and card.value is None),)


def how(card: Card, words: Words) -> Markup:
    """What to do where tapping a button is not all."""
    item = card.item
    scale = card.protocol.scale_of(item)
    if scale is not None and not is_tapped(item, card.protocol):
        return words("rate.type_scale", low=scale.low, high=scale.high)
    match item:
        case ChoiceItem() if item.most > 1:
            return words("rate.choose_several", most=item.most)
        case RankingItem():
            return words("rate.rank", n=ranks(item))
        case NumberItem():
            return _how_number(item, words)
        case OpenItem():
            return words("rate.write")
    return ()


def _how_number(item: NumberItem, words: Words) -> Markup:
    unit = "%" if item.measure == "percent" else item.currency or in_language(item.unit, words.language)
    if item.measure == "year":
        ask = words("rate.type_year")
    else:
        ask = words("rate.type_number", unit=unit) if unit else words("rate.type_bare")
    least, most = (
        "" if bound is None else show_number(item, Decimal(str(bound)), words) for bound in (item.least, item.most)
    )
    if least and most:
        return join([ask, words("rate.between", least=least, most=most)], " ")
    if least:
        return join([ask, words("rate.at_least", least=least)], " ")
    return join([ask, words("rate.at_most", most=most) if most else ()], " ")


def _moves(item: ChoiceItem, ticked: Sequence[bool]) -> list[str]:
    """One option is chosen; of several, each is added or dropped, so that a tap that comes twice does the same."""
    if item.most == 1:
        return [f"o{place}" for place in range(len(ticked))]
    return [f"d{place}" if is_on else f"a{place}" for place, is_on in enumerate(ticked)]


def _ranking(
    card: Card, item: RankingItem, words: Words, limits: Limits, ordered: Sequence[int]
) -> tuple[Markup, Rows]:
    labels = [in_language(option.text, words.language) for option in item.options]
    left = [place for place in range(len(labels)) if place not in ordered]
    so_far = "".join(_BASE36[place] for place in ordered)
    listing = text("\n".join(f"{rank}. {labels[place]}" for rank, place in enumerate(ordered, 1)))
    moves = [f"r{so_far}{_BASE36[place]}" for place in left]
    more, rows = _labelled(card, [labels[place] for place in left], moves, [False] * len(left), limits)
    if ordered:
        rows += ((Button(words.plain("rate.rank_again"), str(token("rate", card.round, card.id))),),)
    tapped = join([words("rate.ranked_so_far"), listing]) if ordered else ()
    return join([tapped, more], "\n\n"), rows


def _labelled(
    card: Card, labels: Sequence[str], moves: Sequence[str], ticked: Sequence[bool], limits: Limits
) -> tuple[Markup, Rows]:
    if all(len(label) + 2 <= limits.comfortable_label for label in labels):
        buttons = [_button(card, *each) for each in zip(labels, moves, ticked, strict=True)]
        return (), _rows(buttons, limits.words_in_row)
    marks = ["✓ " if is_on else "" for is_on in ticked]
    lines = [f"{place}. {mark}{label}" for place, (mark, label) in enumerate(zip(marks, labels, strict=True), 1)]
    buttons = [
        _button(card, str(place), move, is_on) for place, (move, is_on) in enumerate(zip(moves, ticked, strict=True), 1)
    ]
    return text("\n".join(lines)), _rows(buttons, limits.digits_in_row)


def _button(card: Card, label: str, move: str, is_given: bool) -> Button:
    return Button(f"✓ {label}" if is_given else label, str(token("rated", card.round, card.id, move)))


def _rows(buttons: Sequence[Button], width: int) -> Rows:
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
