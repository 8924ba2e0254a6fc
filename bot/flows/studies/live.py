"""How an open round goes, as its moderators see it: who has answered by group, how long it takes, where dissent rises.

Never who rated what: questions are named and groups are counted, and neither where too few people are behind it.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from statistics import median

import numpy as np
from babel.dates import format_timedelta
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup, join
from bot.delphi.disclosure import shown_cells
from bot.delphi.dissent import rising, split
from bot.delphi.protocol import Protocol, in_language
from bot.flows.studies.round_data import ratings_before, table_of
from bot.locales import Words
from storage import answers
from storage.answers import Response
from storage.studies import Round

# The questions that are named, those first that stand out most.
MOST_NAMED = 5


async def live(connection: AsyncConnection, protocol: Protocol, each: Round, words: Words) -> Markup:
    """The whole view of an open round."""
    people = await answers.responses(connection, each.id)
    return join(
        [
            join([words("live.response"), *_response(protocol, people, words)]),
            _pace(protocol, each, people, words),
            await _dissent(connection, protocol, each, words),
        ],
        "\n\n",
    )


def _response(protocol: Protocol, people: Sequence[Response], words: Words) -> list[Markup]:
    """How many have answered all, a part, nothing; then by group, where that tells of nobody in particular."""
    lines = [_counted(people, words, words.plain("live.everybody"))]
    if not protocol.groups:
        return lines
    by_group = {group.id: [one for one in people if one.group == group.id] for group in protocol.groups}
    sizes = np.array([[len(members)] for members in by_group.values()])
    shown = shown_cells(sizes, protocol.smallest_group)[:, 0]
    for group, can_be_shown in zip(protocol.groups, shown, strict=True):
        name = in_language(group.name, words.language)
        if can_be_shown:
            lines.append(_counted(by_group[group.id], words, name))
        else:
            lines.append(words("live.hidden", name=name, least=protocol.smallest_group))
    return lines


def _counted(people: Sequence[Response], words: Words, name: str) -> Markup:
    there = [one for one in people if not one.withdrew]
    everything = sum(one.answered >= one.asked for one in there)
    nothing = sum(one.answered == 0 for one in there)
    line = words(
        "live.line",
        name=name,
        all=everything,
        total=len(there),
        part=len(there) - everything - nothing,
        nothing=nothing,
    )
    left = len(people) - len(there)
    return join([line, words.count("live.left", left) if left else ()], " ")


def _pace(protocol: Protocol, each: Round, people: Sequence[Response], words: Words) -> Markup:
    """How soon after the opening people are done, and how long it took them from the first answer to the last."""
    done = [
        (one.saved_at - (each.opened_at or each.opens_at), one.saved_at - one.first_at)
        for one in people
        if one.answered >= one.asked and one.first_at is not None and one.saved_at is not None
    ]
    if len(done) < protocol.smallest_group:
        return words("live.pace_hidden", least=protocol.smallest_group)
    waited, took = (timedelta(seconds=median(spans[place].total_seconds() for spans in done)) for place in (0, 1))
    return words("live.pace", waited=_span(waited, words), took=_span(took, words))


async def _dissent(connection: AsyncConnection, protocol: Protocol, each: Round, words: Words) -> Markup:
    """Questions on which people move apart; in the first round of ratings, those that divide the panel so far."""
    if not each.number:
        return ()
    table = await table_of(connection, each.study_id, each.id)
    before = await ratings_before(connection, each.study_id, each.number)
    if before is None:
        divided = (await asyncio.to_thread(split, protocol, table))[:MOST_NAMED]
        lines = [words("live.split", code=one.code, n=one.n, low=one.low, high=one.high) for one in divided]
        return join([words("live.dividing"), *lines]) if lines else words("live.none_dividing")
    risen = (await asyncio.to_thread(rising, protocol, table, before[1]))[:MOST_NAMED]
    lines = [
        words("live.rise", code=one.code, n=one.n, before=_percent(one.before), now=_percent(one.now)) for one in risen
    ]
    if not lines:
        return words("live.none_rising", number=before[0])
    return join([words("live.rising", number=before[0]), *lines])


def _span(span: timedelta, words: Words) -> str:
    """`2 days`, `12 minutes`: to the largest unit, as the language has it."""
    span = max(span, timedelta(minutes=1))
    return str(format_timedelta(span, granularity="minute", threshold=1.5, locale=words.language))


def _percent(share: Fraction) -> int:
    return round(share * 100)
