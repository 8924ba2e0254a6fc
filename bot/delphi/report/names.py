"""What a report calls things: groups, items, verdicts and the rest, in the reader's language."""

import re
from collections.abc import Iterable

from bot.delphi.outcome import Concordance, Outcome, Rated
from bot.delphi.protocol import Item, Protocol, in_language
from bot.delphi.report.data import MERGED, StudyData
from bot.delphi.report.wording import NO_FIGURE, Words, figure


class Names:
    """Names of one study in one language."""

    def __init__(self, study: StudyData, words: Words) -> None:
        self.words = words
        self.language = words.language
        self._groups = {group.id: in_language(group.name, words.language) for group in study.protocol.groups}
        self._items = {(item.code, item.version): item for item in study.items}
        self._versions = {
            code: max(v for c, v in self._items if c == code) for code in {item.code for item in study.items}
        }
        for each in study.rounds:
            for column in each.table.columns:
                self._versions[column.code] = max(self._versions.get(column.code, 1), column.version)

    def __call__(self, text: str, /, **values: object) -> str:
        """The words with this id of the report's."""
        return self.words.plain(f"paper.{text}", **values)

    def group(self, id: str) -> str:
        """A group's name; those in none, and those merged, have one of ours."""
        if id in ("", "-"):
            return self("group.none")
        return self("group.merged") if id == MERGED else self._groups.get(id, id)

    def item(self, code: str, version: int) -> str:
        """An item's code, with its version where there is more than one."""
        return f"{code} v{version}" if self._versions.get(code, 1) > 1 else code

    def said(self, kind: str, value: object) -> str:
        """A verdict, a cell, a reason …; a dash for none."""
        return NO_FIGURE if value is None else self(f"{kind}.{value}")

    def range(self, low: float | None, high: float | None) -> str:
        """Two quartiles."""
        return (
            NO_FIGURE if low is None or high is None else f"{figure(low, self.language)}–{figure(high, self.language)}"
        )

    def heads(self, rated: Rated | None, n: int) -> str:
        """How many of how many rated in the agree zone, and how many the protocol's rule takes of these."""
        if rated is None or not n:
            return NO_FIGURE
        if rated.needed is None:
            return self("of", some=rated.in_zone[2], n=n)
        return self("of_needed", some=rated.in_zone[2], n=n, needed=rated.needed)

    def changed(self, what: str) -> str:
        """What an amendment changed: `round 2 closes`, in the reader's words."""
        closes = re.fullmatch(r"round (\d+) closes", what)
        return self("amended.closes", round=int(closes[1])) if closes else what

    def leavers(self, outcome: Outcome, smallest: int) -> str:
        """Who did not come back, and whether they had thought differently; empty where no round was before."""
        if outcome.leavers is None:
            return ""
        left, apart = outcome.leavers.left, outcome.leavers.minority_view_on
        if not left:
            return self("leavers.none", round=outcome.round)
        if left < smallest:
            return self("leavers.few", round=outcome.round, n=left)
        return self("leavers", round=outcome.round, n=left, items=self.listed(apart))

    def w(self, found: Concordance | None) -> str:
        """Kendall's W with what it was computed from."""
        if found is None:
            return NO_FIGURE
        return self("w", w=figure(found.w, self.language, 3), raters=found.raters, items=found.items)

    def test(self, found: Concordance | None) -> str:
        """By which test Kendall's W has its p."""
        if found is None:
            return NO_FIGURE
        kind = {"chi-squared": "chi", "exact permutation": "exact"}.get(found.method, "drawn")
        return self(f"test.{kind}")

    def listed(self, values: Iterable[str]) -> str:
        """Several, or that there is none."""
        return ", ".join(values) or self("none")


def text_of(item: Item, language: str) -> str:
    """What an item asks."""
    return in_language(item.text, language)


def scale_words(protocol: Protocol, language: str) -> str:
    """The study's scale with what its ends mean."""
    if protocol.ends is None:
        return str(protocol.scale)
    low, high = in_language(protocol.ends.low, language), in_language(protocol.ends.high, language)
    return f"{protocol.scale} ({protocol.scale.low} = {low}, {protocol.scale.high} = {high})"


def last_outcomes(outcomes: Iterable[Outcome]) -> dict[tuple[str, int], Outcome]:
    """For each version of an item, the last round that asked it."""
    return {(item.code, item.version): outcome for outcome in outcomes for item in outcome.items}
