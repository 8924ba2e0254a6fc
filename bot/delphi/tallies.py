"""What a panel answered to an item that is no rating: options chosen, options put in order, numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.delphi import spread
from bot.delphi.concordance import KendallW, kendall_w
from bot.delphi.outcome import Chosen, Concordance, GroupResult, Measured, Ranked
from bot.delphi.protocol import ChoiceItem, NumberItem, OpenItem, Option, RankingItem
from bot.delphi.quantile import Q1, Q3, QuantileType, median, quantile
from bot.delphi.refused import Refused, attempt
from bot.delphi.round_table import Answer

MOST_BINS = 10
SEED = 1
"""Of the permutation test of Kendall's W, so that it can be computed again."""


def chosen(item: ChoiceItem, answers: Sequence[Answer]) -> Chosen:
    """How many chose each option, in the order of the item."""
    return Chosen(counts=_counts(item.options, answers))


def ranked(item: RankingItem, answers: Sequence[Answer]) -> Ranked:
    """Mean ranks, and how well the panellists' orders agree. What someone left out shares the ranks that are left."""
    options = [option.id for option in item.options]
    ranks = np.array([_ranks(options, answer) for answer in answers if not isinstance(answer, int | float)])
    means = dict.fromkeys(options, 0.0) if not len(ranks) else dict(zip(options, _means(ranks), strict=True))
    concordance = attempt(kendall_w, _doubled(ranks), np.random.default_rng(SEED)) if len(ranks) else None
    return Ranked(
        order=tuple(sorted(options, key=lambda option: (means[option], options.index(option)))) if len(ranks) else (),
        mean_ranks=means if len(ranks) else {},
        firsts=_counts(item.options, [answer[0] for answer in answers if not isinstance(answer, int | float)]),
        kendall_w=concordance_of(concordance),
    )


def measured(answers: Sequence[Answer], kind: QuantileType) -> Measured:
    """Where the numbers lie, in the unit of the item."""
    values = _values(answers)
    edges, bins = _bins(values)
    return Measured(
        mean=as_float(attempt(spread.mean, values)),
        sd=as_float(attempt(spread.sd, values)),
        q1=as_float(attempt(quantile, values, Q1, kind)),
        median=as_float(attempt(median, values)),
        q3=as_float(attempt(quantile, values, Q3, kind)),
        edges=edges,
        bins=bins,
    )


def group_result(
    group: str,
    item: ChoiceItem | RankingItem | NumberItem | OpenItem,
    answers: Sequence[Answer],
    kind: QuantileType,
) -> GroupResult:
    """What may be shown of a group that is large enough; of rankings, what was put first."""
    n = len(answers)
    match item:
        case ChoiceItem():
            return GroupResult(group=group, shown=True, n=n, counts=_counts(item.options, answers))
        case RankingItem():
            return GroupResult(group=group, shown=True, n=n, counts=ranked(item, answers).firsts)
        case NumberItem():
            values = _values(answers)
            q1, middle, q3 = quantile(values, Q1, kind), median(values), quantile(values, Q3, kind)
            mean = spread.mean(values)
            return GroupResult(
                group=group, shown=True, n=n, mean=mean, q1=float(q1), median=float(middle), q3=float(q3)
            )
        case OpenItem():
            return GroupResult(group=group, shown=True, n=n)


def concordance_of(found: KendallW | Refused | None) -> Concordance | None:
    """Kendall's W as an outcome keeps it; None where it is not valid."""
    if not isinstance(found, KendallW):
        return None
    return Concordance(
        w=found.w,
        chi2=found.chi2,
        df=found.df,
        p=found.p,
        method=found.method,
        raters=found.n_raters,
        items=found.n_items,
    )


def as_float(figure: object) -> float | None:
    """A figure as a float, None where it was refused."""
    return None if isinstance(figure, Refused) else float(figure)  # type: ignore[arg-type]  # a Fraction or a float


def _counts(options: Sequence[Option], answers: Sequence[Answer]) -> dict[str, int]:
    counted = Counter(
        option for answer in answers for option in ((answer,) if isinstance(answer, str | int | float) else answer)
    )
    return {option.id: counted[option.id] for option in options}


def _ranks(options: Sequence[str], answer: Sequence[str]) -> list[float]:
    """The rank of each option from 1; those not named have the mean of the ranks that are left."""
    left = (len(answer) + 1 + len(options)) / 2
    placed: Mapping[str, int] = {option: place for place, option in enumerate(answer, start=1)}
    return [float(placed.get(option, left)) for option in options]


def _means(ranks: NDArray[np.float64]) -> list[float]:
    return [float(spread.mean(column)) for column in ranks.T]


def _doubled(ranks: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ranks as whole numbers in the same order, as Kendall's W takes ratings."""
    return np.rint(2 * ranks).astype(np.int64)


def _values(answers: Sequence[Answer]) -> NDArray[np.float64]:
    return np.array([float(answer) for answer in answers if isinstance(answer, int | float)])


def _bins(values: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Even intervals over the range of the values, as many as the square root of their number says, up to ten."""
    if not len(values):
        return (), ()
    lowest, highest = float(values.min()), float(values.max())
    if lowest == highest:
        return (lowest, highest), (len(values),)
    heads, edges = np.histogram(values, bins=min(MOST_BINS, max(2, round(len(values) ** 0.5))))
    return tuple(edges.tolist()), tuple(heads.tolist())
