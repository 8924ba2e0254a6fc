"""What is wrong with a protocol, across its parts: every problem at once, each with its place and its remedy. Pure.

The parts alone were checked by the model already; here is what only shows when they are seen together.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from bot.delphi.protocol import (
    ChoiceItem,
    Item,
    Language,
    NumberItem,
    OpenItem,
    Option,
    Protocol,
    RankingItem,
    Round,
    ScaleItem,
    Texts,
)
from bot.delphi.scale import Scale

Path = tuple[str | int, ...]
"""Where something stands in a protocol: ("items", 3, "id"), places in a list counted from 0."""

EXAMPLE = "telegram:42, slack:T01/U02"
ACCOUNT = re.compile(r"telegram:\d+|slack:\w+/\w+")
# Digits are buttons on a phone; a longer scale is a number item.
MOST_POINTS = 10
# In UTF-16 units, as the platforms count. A message holds an item with its explanation, the ends of its scale and what
# came of it before; a button or a form's choice holds an option.
LONGEST = {"title": 100, "introduction": 3000, "text": 1000, "explanation": 1000, "end": 60, "option": 75, "group": 60}
# Of a rule that fits no item it is enough to name some.
MOST_NAMED = 6
# Whoever moderates wants to look at the next round before it opens.
TIME_TO_LOOK = timedelta(days=2)


class Weight(StrEnum):
    """What a problem stands in the way of: keeping the protocol at all, publishing it, or nothing."""

    ERROR = "error"
    PUBLISHING = "publishing"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """`id` and `values` say it in any language (`study.problem.<id>` in the catalogues), `str` in English."""

    id: str
    paths: tuple[Path, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    weight: Weight = Weight.ERROR

    def __str__(self) -> str:
        return SAID[self.id].format(**self.values)


SAID = {
    "file": "{what}",
    "used_twice": "{id} is used twice: give one of them another id",
    "seat_twice": "{account} has two seats: remove one of them",
    "empty_text": "says nothing: write it in {language}",
    "too_long": "is {length} characters long in {language}, and {most} are the most that can be shown: shorten it",
    "languages": "names no language, or one of them twice: write each of en, fr and es that the study is in once",
    "misfit_comet": "comet is stated for 1-9 and does not fit {items} ({scale}): choose another rule or scale",
    "misfit_ram": "ram is stated for 1-9 and does not fit {items} ({scale}): choose another rule or scale",
    "misfit_median_iqr": "median_iqr has limits for 5 and 9 points and does not fit {items} ({scale}): choose another "
    "rule or scale",
    "threshold": "a threshold of {share} decides nothing: choose more than 50 % and at most 100 %",
    "net_change": "a net change of {share} cannot be reached: choose more than 0 % and less than 100 %",
    "many_points": "has {points} points, and {most} can be buttons: use a shorter scale, or kind: number",
    "no_ends": "the ends of the scale have no meaning yet: say under `ends` what {low} and {high} stand for",
    "few_options": "has {count} options: give at least 2",
    "most_options": "`most` is {most}, and there are {count} options: choose from 1 to {count}",
    "bounds": "`least` is {least} and `most` is {most}: the first one has to be the smaller",
    "no_currency": "an amount of money needs its currency: add `currency: EUR`, or another one of three letters",
    "no_unit": "the unit is missing: say under `unit` what is counted",
    "no_items": "asks nothing: add items that can be rated, or a round of proposals",
    "no_rounds": "there is no round of ratings: add one with `opens` and `closes`",
    "round_order": "closes at {closes}, before it opens at {opens}: swap or correct them",
    "round_past": "closes at {closes}, which lies in the past: choose a later time",
    "round_overlap": "opens at {opens}, before round {before} is over at {closes}: let it open later",
    "round_haste": "opens less than 2 days after round {before} closes: there is little time to look at its items",
    "proposals_first": "a round of proposals can only be the first one: move it there, or make it one of ratings",
    "proposals_nothing": "a round of proposals needs an open question: add an item of kind open with `proposals: true`",
    "proposals_never": "{items} ask for proposals, and no round does: add one of kind proposals, or remove it",
    "least_most": "`least_rounds` is {least} and `most_rounds` is {most}: choose at least 1, and most not below least",
    "rounds_few": "there are {count} rounds of ratings, and `least_rounds` is {least}: add rounds, or lower it",
    "rounds_many": "there are {count} rounds of ratings, and `most_rounds` is {most}: remove rounds, or raise it",
    "account": "{account} is no account: write it as {example}",
    "group_unknown": "{group} is none of the groups: {known}",
    "group_missing": "has no group: choose one of {known}",
    "group_empty": "nobody is in the group {group}: add a seat in it, or remove it",
    "group_small": "the group {group} has {count} seats; under {smallest} answers its results are not shown",
    "nobody": "nobody is on the panel: add seats, or let people join by its link with `open_panel: true`",
    "untranslated_items": "{language}: {count} of {total} items: {places}. Translate them, or drop the language",
    "untranslated_texts": "{language}: {count} of {total} other texts: {places}. Translate them, or drop the language",
}


def check(protocol: Protocol, now: datetime) -> list[Problem]:
    """Every problem of a protocol; `now` is aware. An empty list says that it can be published."""
    return [
        *_words(protocol),
        *_items(protocol),
        *_method(protocol),
        *_rounds(protocol, now),
        *_panel(protocol),
        *_translations(protocol),
    ]


def _words(protocol: Protocol) -> Iterator[Problem]:
    if not protocol.languages or len(set(protocol.languages)) < len(protocol.languages):
        yield Problem("languages", (("languages",),))
    for path, texts, kind in texts_of(protocol):
        if kind != "explanation" and not any(text.strip() for text in texts.values()):
            yield Problem("empty_text", (path,), {"language": " or ".join(protocol.languages)})
        for language, text in texts.items():
            if (length := len(text.encode("utf-16-le")) // 2) > LONGEST[kind]:
                values = {"length": length, "most": LONGEST[kind], "language": language}
                yield Problem("too_long", ((*path, language),), values)


def _items(protocol: Protocol) -> Iterator[Problem]:
    yield from _twice((("items", at, "id"), item.id) for at, item in enumerate(protocol.items))
    for at, item in enumerate(protocol.items):
        path: Path = ("items", at)
        if isinstance(item, ScaleItem):
            yield from _scale(protocol, item, path)
        elif isinstance(item, ChoiceItem | RankingItem):
            yield from _options(item.options, item.most, path)
        elif isinstance(item, NumberItem):
            yield from _number(item, path)


def _scale(protocol: Protocol, item: ScaleItem, path: Path) -> Iterator[Problem]:
    scale = item.scale or protocol.scale
    if scale.points > MOST_POINTS:
        yield Problem("many_points", ((*path, "scale"),), {"points": scale.points, "most": MOST_POINTS})
    # The study's ends speak of the study's scale only.
    if item.ends is None and (protocol.ends is None or scale != protocol.scale):
        yield Problem("no_ends", (path,), {"low": scale.low, "high": scale.high})


def _options(options: list[Option], most: int | None, path: Path) -> Iterator[Problem]:
    yield from _twice(((*path, "options", at, "id"), option.id) for at, option in enumerate(options))
    if len(options) < 2:
        yield Problem("few_options", ((*path, "options"),), {"count": len(options)})
    elif most is not None and not 1 <= most <= len(options):
        yield Problem("most_options", ((*path, "most"),), {"most": most, "count": len(options)})


def _number(item: NumberItem, path: Path) -> Iterator[Problem]:
    if item.least is not None and item.most is not None and item.least >= item.most:
        yield Problem("bounds", ((*path, "least"),), {"least": f"{item.least:g}", "most": f"{item.most:g}"})
    if item.measure == "money" and not re.fullmatch(r"[A-Z]{3}", item.currency):
        yield Problem("no_currency", (path,))
    if item.measure == "number" and not any(item.unit.values()):
        yield Problem("no_unit", (path,))


def _method(protocol: Protocol) -> Iterator[Problem]:
    rule, stopping = protocol.consensus.rule, protocol.stopping
    by_scale: dict[Scale, list[str]] = defaultdict(list)
    for item in protocol.items:
        if (scale := protocol.scale_of(item)) is not None:
            by_scale[scale].append(item.id)
    for scale, ids in by_scale.items():
        if scale.misfit(rule):
            named = [*ids[:MOST_NAMED], f"… ({len(ids)})"] if len(ids) > MOST_NAMED else ids
            values = {"items": ", ".join(named), "scale": scale}
            yield Problem(f"misfit_{rule}", (("consensus", "rule"),), values)
    if not Fraction(1, 2) < protocol.consensus.threshold <= 1:
        yield Problem("threshold", (("consensus", "threshold"),), {"share": _percent(protocol.consensus.threshold)})
    if not 0 < stopping.net_change < 1:
        yield Problem("net_change", (("stopping", "net_change"),), {"share": _percent(stopping.net_change)})
    if not 1 <= stopping.least_rounds <= stopping.most_rounds:
        limits = {"least": stopping.least_rounds, "most": stopping.most_rounds}
        yield Problem("least_most", (("stopping",),), limits)


def _rounds(protocol: Protocol, now: datetime) -> Iterator[Problem]:
    rounds = protocol.numbered()
    wall = now.replace(tzinfo=None)
    for at, (_, each) in enumerate(rounds):
        path: Path = ("rounds", at)
        if each.closes <= each.opens:
            yield Problem("round_order", ((*path, "closes"),), _times(each))
        elif each.closes <= wall:
            yield Problem("round_past", ((*path, "closes"),), _times(each))
        if each.kind == "proposals" and at:
            yield Problem("proposals_first", ((*path, "kind"),))
    for at, ((before, earlier), (_, later)) in enumerate(pairwise(rounds), 1):
        path = ("rounds", at, "opens")
        if later.opens < earlier.closes:
            values = {"opens": _wall(later.opens), "closes": _wall(earlier.closes), "before": before}
            yield Problem("round_overlap", (path, ("rounds", at - 1, "closes")), values)
        elif later.opens < earlier.closes + TIME_TO_LOOK:
            yield Problem("round_haste", (path,), {"before": before}, Weight.WARNING)
    yield from _enough(protocol)
    yield from _proposals(protocol)


def _enough(protocol: Protocol) -> Iterator[Problem]:
    """Whether the rounds that are planned are as many as the stopping rule wants."""
    stopping = protocol.stopping
    ratings = sum(each.kind == "ratings" for each in protocol.rounds)
    values: dict[str, object] = {"count": ratings, "least": stopping.least_rounds, "most": stopping.most_rounds}
    if not ratings:
        yield Problem("no_rounds", (("rounds",),), weight=Weight.PUBLISHING)
    elif ratings < stopping.least_rounds <= stopping.most_rounds:
        yield Problem("rounds_few", (("rounds",), ("stopping", "least_rounds")), values, Weight.PUBLISHING)
    elif ratings > stopping.most_rounds >= stopping.least_rounds:
        yield Problem("rounds_many", (("rounds",), ("stopping", "most_rounds")), values)


def _proposals(protocol: Protocol) -> Iterator[Problem]:
    asking = [(at, item.id) for at, item in enumerate(protocol.items) if isinstance(item, OpenItem) and item.proposals]
    begins_with_them = bool(protocol.rounds) and protocol.rounds[0].kind == "proposals"
    if begins_with_them and not asking:
        yield Problem("proposals_nothing", (("rounds", 0),))
    elif asking and not begins_with_them:
        paths = tuple(("items", at) for at, _ in asking)
        yield Problem("proposals_never", paths, {"items": ", ".join(id for _, id in asking)})
    if not begins_with_them and len(asking) == len(protocol.items):
        yield Problem("no_items", (("items",),), weight=Weight.PUBLISHING)


def _panel(protocol: Protocol) -> Iterator[Problem]:
    known = {group.id for group in protocol.groups}
    listed = ", ".join(group.id for group in protocol.groups) or "–"
    yield from _twice((("groups", at, "id"), group.id) for at, group in enumerate(protocol.groups))
    for at, account in enumerate(protocol.moderators):
        if not ACCOUNT.fullmatch(account):
            yield Problem("account", (("moderators", at),), {"account": account, "example": EXAMPLE})
    seats: dict[str, int] = {}
    members: dict[str, int] = defaultdict(int)
    for at, seat in enumerate(protocol.panel):
        members[seat.group] += 1
        if not ACCOUNT.fullmatch(seat.account):
            yield Problem("account", (("panel", at, "account"),), {"account": seat.account, "example": EXAMPLE})
        if seat.account in seats:
            yield Problem("seat_twice", (("panel", at), ("panel", seats[seat.account])), {"account": seat.account})
        seats.setdefault(seat.account, at)
        if seat.group and seat.group not in known:
            yield Problem("group_unknown", (("panel", at, "group"),), {"group": seat.group, "known": listed})
        elif known and not seat.group:
            yield Problem("group_missing", (("panel", at),), {"known": listed})
    if not protocol.panel and not protocol.open_panel:
        yield Problem("nobody", (("panel",),), weight=Weight.PUBLISHING)
    if not protocol.panel or protocol.open_panel:
        return
    for at, group in enumerate(protocol.groups):
        if not members[group.id]:
            yield Problem("group_empty", (("groups", at),), {"group": group.id})
        elif members[group.id] < protocol.smallest_group:
            values = {"group": group.id, "count": members[group.id], "smallest": protocol.smallest_group}
            yield Problem("group_small", (("groups", at),), values, Weight.WARNING)


def _translations(protocol: Protocol) -> Iterator[Problem]:
    """What is missing in each language, items by their ids, other texts by where they stand."""
    for language in protocol.languages:
        for what, total, places in missing_in(protocol, language):
            named = ", ".join(name for name, _ in places)
            values = {"language": language, "count": len(places), "total": total, "places": named}
            yield Problem(f"untranslated_{what}", tuple(path for _, path in places), values, Weight.PUBLISHING)


def missing_in(protocol: Protocol, language: Language) -> list[tuple[str, int, list[tuple[str, Path]]]]:
    """What has no words in a language that it has in another one: ("items" or "texts", of how many, [(name,
    path)]); kinds that miss nothing are left out."""
    items: dict[int, Path] = {}
    others: list[tuple[str, Path]] = []
    total = 0
    for path, texts, _ in texts_of(protocol):
        is_missing = any(texts.values()) and not texts.get(language, "").strip()
        if path[0] == "items":
            if is_missing:
                items.setdefault(int(path[1]), path)
            continue
        total += 1
        if is_missing:
            others.append((".".join(str(part) for part in path), path))
    of_items = [(protocol.items[at].id, path) for at, path in items.items()]
    found = [("items", len(protocol.items), of_items), ("texts", total, others)]
    return [each for each in found if each[2]]


def texts_of(protocol: Protocol) -> Iterator[tuple[Path, Texts, str]]:
    """Everything that a protocol says to people: where it stands, the words by language, and which of `LONGEST`."""
    yield ("title",), protocol.title, "title"
    yield ("introduction",), protocol.introduction, "introduction"
    if protocol.ends is not None:
        yield ("ends", "low"), protocol.ends.low, "end"
        yield ("ends", "high"), protocol.ends.high, "end"
    for at, group in enumerate(protocol.groups):
        yield ("groups", at, "name"), group.name, "group"
    for at, item in enumerate(protocol.items):
        yield from _texts_of_item(item, ("items", at))


def _texts_of_item(item: Item, path: Path) -> Iterator[tuple[Path, Texts, str]]:
    yield (*path, "text"), item.text, "text"
    yield (*path, "explanation"), item.explanation, "explanation"
    if isinstance(item, ScaleItem) and item.ends is not None:
        yield (*path, "ends", "low"), item.ends.low, "end"
        yield (*path, "ends", "high"), item.ends.high, "end"
    elif isinstance(item, ChoiceItem | RankingItem):
        for at, option in enumerate(item.options):
            yield (*path, "options", at, "text"), option.text, "option"
    elif isinstance(item, NumberItem) and item.unit:
        yield (*path, "unit"), item.unit, "end"


def _twice(ids: Iterable[tuple[Path, str]]) -> Iterator[Problem]:
    """What stands there twice; upper and lower case are one."""
    first: dict[str, Path] = {}
    for path, id in ids:
        if (earlier := first.setdefault(id.casefold(), path)) != path:
            yield Problem("used_twice", (earlier, path), {"id": id})


def _times(each: Round) -> dict[str, object]:
    return {"opens": _wall(each.opens), "closes": _wall(each.closes)}


def _wall(at: datetime) -> str:
    """A wall time to read in any language; midnight is the end of the day before."""
    if at.time() == datetime.min.time():
        return f"{(at - timedelta(days=1)):%Y-%m-%d} 24:00"
    return f"{at:%Y-%m-%d %H:%M}"


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:g} %"
