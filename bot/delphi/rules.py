"""Every consensus rule at once: which of an item's verdicts hang on the rule that was chosen."""

from collections.abc import Iterable
from enum import StrEnum

from bot.delphi.consensus import THRESHOLDS, Band, Verdict, agreement, comet, median_iqr, three_bands
from bot.delphi.distribution import Distribution
from bot.delphi.quantile import QuantileType
from bot.delphi.ram import Appropriateness, Disagreement, Halfway, ram
from bot.delphi.refused import Refused, attempt

_IN_OTHER_WORDS: dict[StrEnum, Verdict] = {
    Band.KEEP: Verdict.IN,
    Band.DISCUSS: Verdict.NONE,
    Band.DROP: Verdict.OUT,
    Appropriateness.APPROPRIATE: Verdict.IN,
    Appropriateness.UNCERTAIN: Verdict.NONE,
    Appropriateness.INAPPROPRIATE: Verdict.OUT,
}


def verdicts(
    ratings: Distribution, kind: QuantileType = QuantileType.R, halfway: Halfway = Halfway.UNCERTAIN
) -> dict[str, StrEnum | Refused]:
    """The verdict under each rule in its own words, or why the rule cannot be used."""
    found: dict[str, StrEnum | Refused] = {
        f"agreement_{int(threshold * 100)}": attempt(agreement, ratings, threshold) for threshold in THRESHOLDS
    }
    found["comet"] = attempt(comet, ratings)
    found["three_bands"] = attempt(three_bands, ratings)
    found["median_iqr"] = attempt(median_iqr, ratings, kind)
    for definition in Disagreement:
        by_ram = attempt(ram, ratings, kind, definition, halfway)
        found[f"ram_{definition}"] = by_ram if isinstance(by_ram, Refused) else by_ram.verdict
    return found


def in_three_words(verdict: StrEnum) -> Verdict:
    """The verdict of any rule as in, out or none: keep and appropriate are in, discuss and uncertain are none."""
    return _IN_OTHER_WORDS.get(verdict) or Verdict(verdict)


def flips(found: Iterable[StrEnum | Refused]) -> bool:
    """Whether the rules that can be used come to different verdicts (in, out, none) on an item."""
    return len({in_three_words(verdict) for verdict in found if not isinstance(verdict, Refused)}) > 1
