"""What a panellist is told of a closed round's item: one plain sentence, a histogram in text, the middle half, groups.

Pure: an outcome goes in, words come out. Of an item that one or two answered nothing is shown but that: each would know
what the other one said. The outcome itself holds no number of a group that is too small.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal

from bot.chat.markup import Markup, join, text
from bot.delphi.disclosure import panel_shown
from bot.delphi.outcome import Chosen, GroupResult, ItemOutcome, Measured, Ranked, Rated
from bot.delphi.polarization import Flag
from bot.delphi.protocol import (
    AgreeItem,
    ChoiceItem,
    Item,
    NumberItem,
    Protocol,
    RankingItem,
    in_language,
)
from bot.delphi.report.wording import percent
from bot.delphi.scale import Scale, Zone
from bot.flows.studies.answering import MOST_DIGITS, Value, show, show_number
from bot.locales import Words

# Blocks in the longest bar: what a phone shows in one line beside the rest.
WIDEST = 12
BAR = "▇"


@dataclass(frozen=True, slots=True)
class Own:
    """One's own answer in that round; not `given` when there was none, and None is "unable to score"."""

    given: bool = False
    value: Value = None


def feedback(item: Item, came: ItemOutcome, own: Own, protocol: Protocol, words: Words) -> Markup:
    """All of it, in the order in which it is read."""
    if item.kind == "open":
        return ()
    first = own_sentence(item, own, words)
    if not panel_shown(came.n, protocol.smallest_group):
        return join([first, words("feedback.too_few", n=came.n)], " ")
    match came:
        case ItemOutcome(rated=Rated() as rated):
            body = _rated(item, rated, own, words)
        case ItemOutcome(chosen=Chosen() as chosen) if isinstance(item, ChoiceItem):
            body = _chosen(item, chosen, came.n, own, words)
        case ItemOutcome(ranked=Ranked() as ranked) if isinstance(item, RankingItem):
            body = [words("feedback.order", n=came.n), text(_ordered(item, ranked, words))]
        case ItemOutcome(measured=Measured() as measured) if isinstance(item, NumberItem):
            body = [words("feedback.answered", n=came.n), _middle(item, measured, words)]
        case _:
            body = [()]
    head = join([first, body[0]], " ")
    groups = _groups(item, came.groups, protocol, words) if protocol.feedback.groups else ()
    unable = words.count("feedback.unable", came.unable) if came.unable else ()
    return join([head, join([*body[1:], unable]), groups], "\n\n")


def feedback_line(item: Item, came: ItemOutcome, own: Own, protocol: Protocol, words: Words) -> Markup:
    """The first sentences alone, for where there is room for one line."""
    rated = came.rated if panel_shown(came.n, protocol.smallest_group) else None
    others = crowd(rated.scale, rated.in_zone, own.value, words, agree=isinstance(item, AgreeItem)) if rated else ()
    return () if item.kind == "open" else join([own_sentence(item, own, words), others], " ")


def own_sentence(item: Item, own: Own, words: Words) -> Markup:
    """`You said 6.`"""
    if not own.given:
        return words("feedback.silent")
    if own.value is None:
        return words("feedback.own_unable")
    return words("feedback.own", answer=show(item, own.value, words))


def crowd(scale: Scale, in_zone: Sequence[int], own: Value, words: Words, *, agree: bool = False) -> Markup:
    """`14 of 20 said 7 to 9.`: the third of the scale where most are, at a tie the reader's own."""
    heads = dict(zip(Zone, in_zone, strict=True))
    mine = next((zone for zone in Zone if own in scale.zone(zone)), Zone.HIGH)
    most = max(Zone, key=lambda zone: (heads[zone], zone is mine))
    n = sum(in_zone)
    if agree:
        return words(f"feedback.agree_{most}", heads=heads[most], n=n)
    return words("feedback.crowd", heads=heads[most], n=n, points=points_of(scale, most, words))


def points_of(scale: Scale, zone: Zone, words: Words) -> str:
    """The points of a third of the scale: `7 to 9`, or the one that it has."""
    points = scale.zone(zone)
    if len(points) == 1:
        return str(points[0])
    return words.plain("feedback.points", low=points[0], high=points[-1])


def bars(heads: Sequence[int], scale: Scale, own: Value, words: Words, *, agree: bool = False) -> Markup:
    """A line a point, the highest first: blocks, the number of people, and which is one's own."""
    counted = list(zip(scale.values, heads, strict=True))[::-1]
    if agree:
        names = {point: words.plain(f"agree.{point}") for point in scale.values}
        return _lines([(_bar_of(names[point], words), count, point == own) for point, count in counted], words)
    return _lines([(str(point), count, point == own) for point, count in counted], words)


def _lines(rows: Sequence[tuple[str, int, bool]], words: Words) -> Markup:
    """Rows of name, number of people, and whether that is the reader's own."""
    most = max(count for _, count, _ in rows)
    lines = []
    for name, count, is_own in rows:
        bar = BAR * (count if most <= WIDEST else -(-count * WIDEST // most))
        mark = f"◂ {words.plain('feedback.you')}" if is_own else ""
        lines.append(" ".join(part for part in (name, bar, str(count), mark) if part))
    return text("\n".join(lines))


def _bar_of(name: str, words: Words) -> str:
    return words.plain("feedback.bar", name=name)


def number(value: float, language: str) -> str:
    """Half points as the language writes them: 6.5, `6,5`."""
    return str(format_decimal(value, format="0.##", locale=language))


def _rated(item: Item, rated: Rated, own: Own, words: Words) -> list[Markup]:
    body = [crowd(rated.scale, rated.in_zone, own.value, words, agree=isinstance(item, AgreeItem))]
    if rated.scale.points <= MOST_DIGITS:
        body.append(bars(rated.heads, rated.scale, own.value, words, agree=isinstance(item, AgreeItem)))
    return [*body, _split(item, rated, words), _share(item, rated, words), _middle(item, rated, words)]


def _split(item: Item, rated: Rated, words: Words) -> Markup:
    """Where both ends of the scale have their share, the sentence about the larger one says too little."""
    if Flag.THIRDS not in rated.flags:
        return ()
    low, _, high = rated.in_zone
    n = sum(rated.in_zone)
    if isinstance(item, AgreeItem):
        return words("feedback.split_agree", low=low, high=high, n=n)
    ends = {str(zone): points_of(rated.scale, zone, words) for zone in (Zone.LOW, Zone.HIGH)}
    return words("feedback.split", low=low, high=high, n=n, lowest=ends["low"], highest=ends["high"])


def _share(item: Item, rated: Rated, words: Words) -> Markup:
    """The agreement share, also where the largest part of the panel said something else."""
    if rated.agreement is None:
        return ()
    heads, n, share = rated.in_zone[2], sum(rated.in_zone), percent(Fraction(rated.agreement), words.language)
    if isinstance(item, AgreeItem):
        return words("feedback.share_agree", heads=heads, n=n, share=share)
    points = points_of(rated.scale, Zone.HIGH, words)
    return words("feedback.share", heads=heads, n=n, share=share, points=points)


def _said(item: Item, value: float, words: Words) -> str:
    """An answer or the middle between two, as the item's own answers are written."""
    if isinstance(item, NumberItem):
        return show_number(item, Decimal(str(value)), words)
    if isinstance(item, AgreeItem):
        around = dict.fromkeys((math.floor(value), math.ceil(value)))
        return " / ".join(words.plain(f"agree.{point}") for point in around)
    return number(value, words.language)


def _middle(item: Item, came: Rated | Measured, words: Words) -> Markup:
    if came.q1 is None or came.median is None or came.q3 is None:
        return ()
    low, middle, high = (_said(item, each, words) for each in (came.q1, came.median, came.q3))
    if low == high:
        return words("feedback.middle_same", median=middle, low=low)
    return words("feedback.middle", median=middle, low=low, high=high)


def _chosen(item: ChoiceItem, chosen: Chosen, n: int, own: Own, words: Words) -> list[Markup]:
    foremost = max(item.options, key=lambda option: chosen.counts.get(option.id, 0))
    mine = own.value if isinstance(own.value, list) else [own.value]
    rows = [
        (_bar_of(in_language(option.text, words.language), words), chosen.counts.get(option.id, 0), option.id in mine)
        for option in item.options
    ]
    name = in_language(foremost.text, words.language)
    first = words("feedback.chosen", heads=chosen.counts.get(foremost.id, 0), n=n, option=name)
    return [first, _lines(rows, words)]


def _ordered(item: RankingItem, ranked: Ranked, words: Words) -> str:
    labels = {option.id: in_language(option.text, words.language) for option in item.options}
    return "\n".join(f"{place}. {labels.get(id, id)}" for place, id in enumerate(ranked.order, 1))


def _groups(item: Item, groups: Sequence[GroupResult], protocol: Protocol, words: Words) -> Markup:
    names = {group.id: in_language(group.name, words.language) for group in protocol.groups}
    scale = protocol.scale_of(item)
    agreed = points_of(scale, Zone.HIGH, words) if scale is not None else ""
    shown = [group for group in groups if group.shown and group.group]
    lines = [line for group in shown if (line := _group(item, group, names, agreed, words))]
    if not lines:
        return ()
    hidden = words("feedback.groups_hidden") if any(not group.shown for group in groups) else ()
    return join([words("feedback.by_group"), *lines, hidden])


def _group(item: Item, group: GroupResult, names: Mapping[str, str], agreed: str, words: Words) -> Markup:
    name = names.get(group.group, group.group)
    if group.median is not None and group.in_zone:
        text_id = "feedback.group_agree" if isinstance(item, AgreeItem) else "feedback.group_rated"
        middle, heads = _said(item, group.median, words), group.in_zone[2]
        return words(text_id, name=name, n=group.n, heads=heads, points=agreed, median=middle)
    if group.median is not None:
        return words("feedback.group", name=name, n=group.n, median=_said(item, group.median, words))
    if group.counts and isinstance(item, ChoiceItem):
        foremost = max(item.options, key=lambda option: group.counts.get(option.id, 0))
        return words(
            "feedback.group_chosen",
            name=name,
            heads=group.counts.get(foremost.id, 0),
            n=group.n,
            option=in_language(foremost.text, words.language),
        )
    return ()
