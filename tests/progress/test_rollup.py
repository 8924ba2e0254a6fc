"""Sums over coalitions: what counts into which window, what is never added up, and what a figure rests on."""

from decimal import Decimal

import pytest

from bot.progress.indicator import Indicator
from bot.progress.period import Period
from bot.progress.rollup import Coverage, Debt, Entry, Rollup, coarsest, roll_up, trend, windows

YEAR = Period.parse("2026")
LAND = Indicator(code="land", name={"en": "Land"}, kind="area", unit="ha", cumulative=True)
EVENTS = Indicator(code="events", name={"en": "Events"}, kind="count")
FUNDS = Indicator(code="funds", name={"en": "Funds"}, kind="money")
SHARE = Indicator(code="share", name={"en": "Share"}, kind="percentage", unit="%")
ADOPTED = Indicator(code="adopted", name={"en": "Adopted"}, kind="yes_no")


def said(coalition: int, period: str, indicator: Indicator, *amounts: str, words: str = "") -> Entry:
    """`1200`, or `1200 EUR`; nothing at all is nothing to report."""
    by_currency = {one.partition(" ")[2]: Decimal(one.partition(" ")[0]) for one in amounts}
    return Entry(coalition, Period.parse(period), indicator.code, by_currency, words)


def owes(coalition: int, *periods: str) -> Debt:
    codes = {one.code for one in (LAND, EVENTS, FUNDS, SHARE, ADOPTED)}
    return Debt(coalition, frozenset(codes), tuple(Period.parse(one) for one in periods))


QUARTERS = tuple(f"2026-Q{number}" for number in (1, 2, 3, 4))


def total(rolled: Rollup) -> str:
    return " + ".join(f"{amount.normalize():f} {currency}".strip() for currency, amount in rolled.totals.items())


def test_of_totals_so_far_the_latest_at_or_before_the_window_counts() -> None:
    entries = [said(1, "2025-Q4", LAND, "500"), said(1, "2026-Q1", LAND, "800"), said(2, "2025-Q4", LAND, "90")]
    debts = [owes(1, "2025-Q4", "2026-Q1"), owes(2, "2025-Q4", "2026-Q1"), owes(3, "2026-Q1")]
    rolled = roll_up(LAND, Period.parse("2026-Q1"), entries, debts)
    assert total(rolled) == "890"
    assert rolled.coverage == Coverage(counted=2, coalitions=3, reports=1, owed=3, earlier=1)
    assert total(roll_up(LAND, Period.parse("2025-Q4"), entries, debts)) == "590"


def test_nothing_to_report_keeps_the_total_so_far_and_counts_as_a_report() -> None:
    entries = [said(1, "2026-Q1", LAND, "800"), said(1, "2026-Q2", LAND)]
    rolled = roll_up(LAND, Period.parse("2026-Q2"), entries, [owes(1, "2026-Q1", "2026-Q2")])
    assert (total(rolled), rolled.coverage.is_full) == ("800", True)


def test_what_was_added_is_summed_over_the_window_whatever_the_periods() -> None:
    entries = [
        *(said(1, quarter, EVENTS, str(n)) for n, quarter in enumerate(QUARTERS, 1)),
        said(2, "2026", EVENTS, "20"),
        said(3, "2026-11", EVENTS, "100"),
        said(3, "2027-01", EVENTS, "1000"),
        said(4, "2025-Q4", EVENTS, "5000"),
    ]
    debts = [owes(1, *QUARTERS), owes(2, "2026"), owes(3, "2026-11", "2026-12"), owes(4, "2025-Q4")]
    rolled = roll_up(EVENTS, YEAR, entries, debts)
    assert total(rolled) == "130"
    assert rolled.coverage == Coverage(counted=3, coalitions=3, reports=6, owed=7, earlier=0)
    assert total(roll_up(EVENTS, Period.parse("2026-Q4"), entries, debts)) == "104"


def test_a_month_is_not_counted_again_in_its_quarter() -> None:
    entries = [said(1, "2026-07", EVENTS, "3"), said(1, "2026-Q3", EVENTS, "5"), said(2, "2026-07", EVENTS, "1")]
    assert total(roll_up(EVENTS, YEAR, entries, [])) == "6"


def test_currencies_are_never_mixed() -> None:
    entries = [
        said(1, "2026-Q1", FUNDS, "5000 EUR", "2000 USD"),
        said(2, "2026-Q1", FUNDS, "0.50 EUR"),
        said(3, "2026-Q1", FUNDS),
    ]
    rolled = roll_up(FUNDS, YEAR, entries, [])
    assert total(rolled) == "5000.5 EUR + 2000 USD"
    assert rolled.share_of(Decimal(10)) is None


def test_percentages_are_not_added_up() -> None:
    entries = [said(1, "2026-Q1", SHARE, "90"), said(1, "2026-Q2", SHARE, "40"), said(2, "2026-Q2", SHARE, "12")]
    rolled = roll_up(SHARE, YEAR, entries, [])
    assert not rolled.totals
    assert rolled.levels == (Decimal(12), Decimal(40))
    answers = [said(1, "2026-Q1", ADOPTED, words="yes"), said(2, "2026-Q1", ADOPTED, words="no")]
    assert roll_up(ADOPTED, YEAR, answers, []).yes == 1


def test_who_has_reported_without_owing_is_counted_among_those_who_owe() -> None:
    rolled = roll_up(EVENTS, YEAR, [said(1, "2026-Q1", EVENTS, "3")], [owes(2, "2026-Q1")])
    assert rolled.coverage == Coverage(counted=1, coalitions=2, reports=1, owed=2, earlier=0)
    assert not rolled.coverage.is_full


@pytest.mark.parametrize(
    ("indicator", "window", "expected"),
    [(EVENTS, "2026", 139), (EVENTS, "2026-Q1", None), (LAND, "2026-Q1", 139)],
)
def test_a_share_of_a_target_compares_like_with_like(indicator: Indicator, window: str, expected: int | None) -> None:
    entries = [said(1, "2026-Q1", indicator, "41.9")]
    assert roll_up(indicator, Period.parse(window), entries, []).share_of(Decimal(30)) == expected


def test_a_trend_passes_over_what_said_nothing() -> None:
    entries = [said(1, "2026-Q3", LAND, "1200"), said(1, "2026-Q1", LAND, "800"), said(1, "2026-Q2", LAND)]
    found = trend(LAND, entries)
    assert found is not None
    assert found.before is not None
    assert (found.latest.period.code, found.before.period.code) == ("2026-Q3", "2026-Q1")
    assert trend(EVENTS, entries) is None
    first = trend(LAND, entries[:1])
    assert first is not None
    assert first.before is None


def test_windows_are_as_long_as_the_longest_period_and_end_with_the_last() -> None:
    assert coarsest([Period.parse("2026-07"), Period.parse("2026-Q3")]) == "quarterly"
    assert coarsest([]) == "quarterly"
    assert [one.code for one in windows(Period.parse("2026-Q2"), 3)] == ["2025-Q4", "2026-Q1", "2026-Q2"]
