"""A round's answers and a study's history, from the tables to what the method computes with."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delphi import names
from bot.delphi.protocol import OpenItem, Protocol, read_item
from bot.delphi.report import data
from bot.delphi.round_table import Column, RoundTable
from storage import answer_table, answers, panels, proposals, studies, study_items
from storage.studies import Study

# What stands where a name was.
BLANK = "…"
# What sealing calls comments and answers to open questions in a study's log.
KEPT = ("text.comment", "text.open")


async def table_of(connection: AsyncConnection, study_id: int, round_id: int) -> RoundTable:
    """Everything that was answered in a round so far. Raises LookupError where there is no such round."""
    stored = await answer_table.table(connection, round_id)
    if stored.number == 0:
        stored = replace(stored, columns=await _with_proposals(connection, study_id, stored))
    counts = await panels.counts(connection, study_id)
    by_state: dict[str, Counter[str]] = {"invited": Counter(), "declined": Counter()}
    for (state, group), count in counts.items():
        if state in by_state:
            by_state[state][group] += count
    return RoundTable(
        panellists=tuple(stored.panellists),
        groups=tuple(stored.groups),
        columns=tuple(
            Column(
                each.code,
                each.version,
                read_item(each.item),
                each.values,
                np.array(each.unable, dtype=np.bool_),
                each.why_changed,
            )
            for each in stored.columns
        ),
        withdrawn=np.array(stored.withdrew, dtype=np.bool_),
        waiting=by_state["invited"],
        declined=by_state["declined"],
    )


async def ratings_before(connection: AsyncConnection, study_id: int, number: int) -> tuple[int, RoundTable] | None:
    """The last closed round of ratings before this one."""
    closed = [
        each
        for each in await studies.rounds(connection, study_id)
        if 0 < each.number < number and each.state == "closed"
    ]
    return (closed[-1].number, await table_of(connection, study_id, closed[-1].id)) if closed else None


async def study_data(connection: AsyncConnection, study: Study) -> data.StudyData:
    """All that a report of a study is made of; only rounds that have closed are in it."""
    rounds = [each for each in await studies.rounds(connection, study.id) if each.state == "closed"]
    tables = {each.number: await table_of(connection, study.id, each.id) for each in rounds}
    comments = await answers.comments(connection, study.id, ("shown",))
    scrub = await scrubbing(connection, study.id)
    # Of a study that is sealed, words are kept apart from their pseudonyms.
    kept = [entry for entry in await studies.log(connection, study.id) if entry.what in KEPT]
    texts = {what: [_text(entry.detail) for entry in kept if entry.what == what] for what in KEPT}
    return data.StudyData(
        protocol=Protocol.model_validate(study.protocol),
        published=Protocol.model_validate(study.published or study.protocol),
        rehearsal=study.rehearsal,
        published_at=study.published_at,
        closed_at=study.closed_at,
        sealed_at=study.sealed_at,
        stop_reason=study.stop_reason,
        rounds=tuple(
            data.Round(each.number, each.opens, each.closes, each.opened_at, each.closed_at, tables[each.number])
            for each in rounds
        ),
        items=tuple(
            data.ItemVersion(
                each.code,
                each.version,
                read_item(each.item),
                each.origin,
                each.lineage,
                each.state,
                each.verdict,
                each.retired_round,
            )
            for each in await study_items.all_of(connection, study.id)
        ),
        amendments=tuple(
            data.Amendment(each.at, each.what, each.before, each.after, each.reason, each.protocol_hash)
            for each in await studies.amended(connection, study.id)
        ),
        comments=(
            *(
                data.Text(each.round_number, each.item_code, each.item_version, each.shown)
                for each in comments
                if each.round_number in tables
            ),
            *texts["text.comment"],
        ),
        open_answers=(
            *(
                data.Text(each.number, column.code, column.version, scrub(words))
                for each in rounds
                for column in tables[each.number].columns
                if isinstance(column.item, OpenItem) and not column.item.proposals
                for words in column.answers
                if isinstance(words, str) and words
            ),
            *texts["text.open"],
        ),
        proposals=tuple(
            data.Proposal(scrub(each.words), each.state, each.reason, each.became_code)
            for each in await proposals.of_study(connection, study.id)
        ),
    )


async def scrubbing(connection: AsyncConnection, study_id: int) -> Callable[[str], str]:
    """Takes the names of a study's panel out of words."""
    known = names.Known.of(await panels.names(connection, study_id))
    return lambda words: names.scrub(words, names.find(words, known), BLANK)


async def _with_proposals(
    connection: AsyncConnection, study_id: int, stored: answer_table.RoundTable
) -> list[answer_table.Column]:
    """Columns in which what somebody proposed to an open question is their answer to it."""
    proposed: dict[tuple[int, str], list[str]] = defaultdict(list)
    for one in await proposals.of_study(connection, study_id):
        proposed[one.item_id, one.pseudonym].append(one.words)
    return [
        replace(
            column,
            values=[
                "\n".join(proposed[column.item_id, code]) if (column.item_id, code) in proposed else value
                for code, value in zip(stored.panellists, column.values, strict=True)
            ],
        )
        for column in stored.columns
    ]


def _text(detail: dict[str, Any]) -> data.Text:
    return data.Text(detail["round"], detail["item"], detail["version"], detail["words"])
