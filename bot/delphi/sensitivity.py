"""How far the verdicts of a round hang on the rule that the protocol chose."""

from dataclasses import dataclass

from bot.delphi.consensus import Band, Verdict, median_iqr
from bot.delphi.distribution import Distribution
from bot.delphi.outcome import ItemOutcome, Outcome, Rated
from bot.delphi.quantile import QuantileType
from bot.delphi.ram import Appropriateness
from bot.delphi.refused import attempt
from bot.delphi.rules import in_three_words

WORDS: dict[str, Verdict | Band | Appropriateness] = {
    str(word): word for words in (Verdict, Band, Appropriateness) for word in words
}


@dataclass(frozen=True, slots=True)
class Row:
    """One item: the protocol's verdict, that of every rule (None where it cannot be used), and those that differ."""

    code: str
    version: int
    verdict: Verdict | None
    rules: dict[str, Verdict | None]
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Every rated item under every rule; `flipping` names the items on which two rules differ."""

    rules: tuple[str, ...]
    rows: tuple[Row, ...]
    flipping: tuple[str, ...]
    counts: dict[str, dict[Verdict, int]]


def sensitivity(outcome: Outcome) -> Sensitivity:
    """The verdicts of all rules in three words: in, out, none. Median and IQR is there for each type of quantile."""
    rows = tuple(_row(item, item.rated) for item in outcome.items if item.rated is not None)
    names = tuple(rows[0].rules) if rows else ()
    return Sensitivity(
        rules=names,
        rows=rows,
        flipping=tuple(row.code for row in rows if len(set(filter(None, row.rules.values()))) > 1),
        counts={name: {word: sum(row.rules[name] is word for row in rows) for word in Verdict} for name in names},
    )


def _row(item: ItemOutcome, rated: Rated) -> Row:
    found: dict[str, Verdict | None] = {}
    for name, said in rated.rules.items():
        if name == "median_iqr":
            found |= _by_quantiles(rated)
        else:
            found[name] = None if said is None else in_three_words(WORDS[said])
    differing = tuple(name for name, verdict in found.items() if verdict not in {None, rated.verdict})
    return Row(item.code, item.version, rated.verdict, found, differing if rated.verdict is not None else ())


def _by_quantiles(rated: Rated) -> dict[str, Verdict | None]:
    whole = Distribution(rated.scale, rated.heads)
    verdicts = {kind: attempt(median_iqr, whole, kind) for kind in QuantileType}
    return {f"median_iqr_{kind}": said if isinstance(said, Verdict) else None for kind, said in verdicts.items()}
