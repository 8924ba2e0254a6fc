"""The files for a computer: answers and numbers as CSV, the protocol and the rounds as JSON.

They are what the script `recompute.py` reads. Its words are English in every language, its decimals have points.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import repeat
from typing import Any

from bot.delphi.outcome import Outcome
from bot.delphi.protocol import OpenItem, stored_item
from bot.delphi.report.data import Published, Text
from bot.delphi.round_table import Answer, Column

DIGITS, CLEAN = 9, 12
NOTHING_BELOW = 1e-12
UNABLE = "U"
WORDS_GIVEN = "T"
NO_GROUP = "-"
"""Those in no group are not the whole panel."""

Place = tuple[int, str, str, str, str]
"""Round, item, version, group, figure; what does not apply is empty."""


def numbers(outcomes: Iterable[Outcome]) -> dict[Place, str]:
    """Every figure of the report with its place, as it is written in `numbers.csv`."""
    found: dict[Place, str] = {}
    for outcome in outcomes:
        values = outcome.model_dump(mode="json", exclude={"items", "groups", "version", "round"})
        parts: list[tuple[tuple[str, str, str], Mapping[str, Any]]] = [(("", "", ""), values)]
        parts += [
            (("", "", each.group or NO_GROUP), each.model_dump(mode="json", exclude={"group"}))
            for each in outcome.groups
        ]
        for item in outcome.items:
            of_item = item.model_dump(mode="json", exclude={"code", "version", "groups"})
            parts.append(((item.code, str(item.version), ""), of_item))
            for group in item.groups:
                place = (item.code, str(item.version), group.group or NO_GROUP)
                parts.append((place, group.model_dump(mode="json", exclude={"group"})))
        for place, part in parts:
            found |= {(outcome.round, *place, figure): value for figure, value in _flat(part)}
    return found


def numbers_csv(found: Mapping[Place, str]) -> bytes:
    """One figure per row."""
    return _csv(("round", "item", "version", "group", "figure", "value"), ((*place, found[place]) for place in found))


def data_csv(published: Published) -> bytes:
    """One answer per row: a point, a number, an option, options with semicolons in between, U for unable to score, T
    for words, which are in another file; and why it was changed. Whoever gave no answer has no row."""
    rows = (
        (each.number, panellist, column.code, column.version, answer, why)
        for each in published.study.rounds
        for column in each.table.columns
        for panellist, answer, why in zip(
            each.table.panellists, _answers(column), column.why or repeat("", len(column.answers)), strict=True
        )
        if answer
    )
    return _csv(("round", "panellist", "item", "version", "answer", "why"), rows)


def panel_csv(published: Published) -> bytes:
    """Who was asked in which round, by pseudonym and group, and who had withdrawn by its end."""
    rows = (
        (each.number, panellist, group, int(withdrawn))
        for each in published.study.rounds
        for panellist, group, withdrawn in zip(
            each.table.panellists, each.table.groups, each.table.withdrawn.tolist(), strict=True
        )
    )
    return _csv(("round", "panellist", "group", "withdrew"), rows)


def rounds_json(published: Published) -> bytes:
    """What each round asked, what it is compared with, and how many never joined, by group."""
    rounds = [
        {
            "round": each.number,
            "compared_with": outcome.compared_with,
            "items": [
                {"code": column.code, "version": column.version, "item": stored_item(column.item)}
                for column in each.table.columns
            ],
            "waiting": dict(each.table.waiting),
            "declined": dict(each.table.declined),
        }
        for each, outcome in zip(published.study.rounds, published.outcomes, strict=True)
    ]
    return json.dumps(rounds, ensure_ascii=False, indent=1).encode()


def texts_csv(texts: Sequence[Text]) -> bytes:
    """Words of panellists, without whose they are."""
    return _csv(
        ("round", "item", "version", "words"), ((t.round, t.code, t.version, _harmless(t.words)) for t in texts)
    )


def proposals_csv(published: Published) -> bytes:
    """What was proposed, without by whom, and what became of it."""
    rows = (
        (_harmless(each.words), each.state, each.became, _harmless(each.reason)) for each in published.study.proposals
    )
    return _csv(("words", "state", "became", "reason"), rows)


def written(figure: str, value: object) -> str:
    """A value as the numbers' file has it: nine significant digits, and no dust of floating point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if abs(value) < NOTHING_BELOW and not figure.endswith(("_p", ".p")):
            return "0"
        # In two steps, so that dust does not decide where the digit to cut off is a 5 alone, as in exact p-values.
        clean = Decimal(f"{value:.{CLEAN - 1}e}")
        last = Decimal(1).scaleb(clean.adjusted() - DIGITS + 1)
        return f"{float(clean.quantize(last, ROUND_HALF_UP)):.{DIGITS}g}"
    return str(value)


def _flat(part: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names of figures; what is not there is left out, and lists of words are one value."""
    for name, value in part.items():
        figure = f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{figure}.")
        elif isinstance(value, list):
            if value and isinstance(value[0], Mapping):
                for each in value:
                    yield from _flat(each, f"{figure}.{each.get('scale', '')}.")
            elif value and isinstance(value[0], str):
                yield figure, ";".join(value)
            else:
                yield from ((f"{figure}.{place}", written(figure, each)) for place, each in enumerate(value))
        elif value is not None:
            yield figure, written(figure, value)


def _answers(column: Column) -> Iterator[str]:
    for answer, unable in zip(column.answers, column.unable.tolist(), strict=True):
        yield UNABLE if unable else "" if answer is None else _answer(column, answer)


def _answer(column: Column, answer: Answer) -> str:
    if isinstance(column.item, OpenItem):
        return WORDS_GIVEN
    if isinstance(answer, str | int):
        return str(answer)
    return repr(answer) if isinstance(answer, float) else ";".join(answer)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    written_rows = io.StringIO()
    writer = csv.writer(written_rows, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    # With a mark, without which spreadsheets take UTF-8 for something else.
    return written_rows.getvalue().encode("utf-8-sig")


def _harmless(words: str) -> str:
    """Words that a spreadsheet would take for a formula are words."""
    return f"'{words}" if words[:1] in {"=", "+", "-", "@", "\t"} else words
