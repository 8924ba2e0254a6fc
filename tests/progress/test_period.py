"""Periods of the calendar, and which of them are owed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.progress.period import MONTHS, Every, Period, owed

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
everies: st.SearchStrategy[Every] = st.sampled_from(list(MONTHS))


@pytest.mark.parametrize(
    ("code", "start", "end", "following", "before"),
    [
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "2027-01", "2026-11"),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29), "2028-03", "2028-01"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "2026-Q2", "2025-Q4"),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "2027-Q1", "2026-Q3"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2027", "2025"),
    ],
)
def test_a_period_by_its_code(code: str, start: date, end: date, following: str, before: str) -> None:
    period = Period.parse(code)
    assert (period.code, period.start, period.end) == (code, start, end)
    assert (period.next.code, period.previous.code) == (following, before)


@pytest.mark.parametrize("code", ["", "26", "2026-13", "2026-00", "2026-Q5", "2026-q1", "2026-7", "2026-Q1 ", "0999"])
def test_what_is_no_period(code: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        Period.parse(code)


@given(days, everies)
def test_every_day_lies_in_one_period(day: date, every: Every) -> None:
    period = Period.around(day, every)
    assert period.start <= day <= period.end
    assert period.next.start == period.end + timedelta(days=1)
    assert period.next.previous == period == Period.parse(period.code)


def test_a_period_is_owed_from_the_day_after_its_end_until_it_is_reported() -> None:
    def codes(until: str, reported: set[str], today: date) -> list[str]:
        return [one.code for one in owed("2026-Q1", until, reported, today)]

    assert codes("", set(), date(2026, 3, 31)) == []
    assert codes("", set(), date(2026, 4, 1)) == ["2026-Q1"]
    assert codes("", {"2026-Q2"}, date(2026, 10, 1)) == ["2026-Q1", "2026-Q3"]
    assert codes("2026-Q2", set(), date(2027, 1, 1)) == ["2026-Q1", "2026-Q2"]
    assert Period.parse("2026-Q1").due(30) == date(2026, 4, 30)
