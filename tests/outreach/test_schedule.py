"""Local time: every zone, every day, every change of the clocks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.outreach.owed import Owed, Policy, Reader, due_today
from bot.outreach.schedule import Daytime, daytime_of, instant, midnight_after, zone_named

DAY = timedelta(days=1)
FIRST, DAYS = date(2026, 1, 1), 731
ZONES = sorted(available_timezones())
LETTERS = sorted({name[0] for name in ZONES})
NOONS = [datetime.combine(FIRST + n * DAY, time(12), UTC) for n in range(DAYS + 1)]


def changes(zone: ZoneInfo) -> Iterator[date]:
    """The days, in UTC, whose noon comes first after a change of the clocks."""
    before = None
    for noon in NOONS:
        offset = noon.astimezone(zone).utcoffset()
        if before is not None and offset != before:
            yield noon.date()
        before = offset


def shape(zone: ZoneInfo, change: date) -> tuple[timedelta | None, ...]:
    """The offsets from UTC, quarter of an hour by quarter of an hour, around a change: two changes of one shape are
    the same but for the date."""
    begins = instant(change - 2 * DAY, 0, zone)
    ticks = (begins + n * timedelta(minutes=15) for n in range(4 * 24 * 6))
    return (begins - datetime.combine(change, time(), UTC), *(tick.astimezone(zone).utcoffset() for tick in ticks))


@pytest.mark.parametrize("letter", LETTERS)
def test_a_daytime_begins_once_on_every_day_of_every_zone(letter: str) -> None:
    for name in (name for name in ZONES if name[0] == letter):
        zone = ZoneInfo(name)
        daytime = Daytime(zone, 9, 19)
        before = datetime.min.replace(tzinfo=UTC)
        for n in range(DAYS):
            day = FIRST + n * DAY
            window = daytime.on(day)
            assert window is not None, (name, day)
            begins, ends = window
            wall = begins.astimezone(zone)
            assert (wall.date(), wall.hour, wall.minute) == (day, 9, 0), (name, day)
            assert before < begins < ends, (name, day)
            before = ends


def test_a_daily_reminder_comes_once_a_local_day_in_its_daytime_whatever_the_clocks_do() -> None:
    """Played through quarter of an hour by quarter of an hour around each kind of change that there is in these years,
    with hours that it hits."""
    kinds = {shape(zone, change): (zone, change) for zone in map(ZoneInfo, ZONES) for change in changes(zone)}
    assert len(kinds) > 10
    for zone, change in kinds.values():
        for opens, closes in ((0, 24), (1, 4), (2, 3), (9, 19), (23, 24)):
            play_through(zone.key, Daytime(zone, opens, closes), change)


def play_through(name: str, daytime: Daytime, change: date) -> None:
    """Everything that a daily reminder does from two days before the change to a day after it."""
    begins, ends = change - 2 * DAY, change + DAY
    said = list(daily(daytime, instant(begins, 0, daytime.zone), instant(ends + DAY, 0, daytime.zone)))
    expected = [begins + n * DAY for n in range(4) if daytime.on(begins + n * DAY)]
    assert [daytime.day(at) for at in said] == expected, (name, daytime.opens, daytime.closes, change)
    for at in said:
        assert daytime.holds(at), (name, at)
        # In its hours by the clock on the wall; where the clocks skipped them, at the first instant after that.
        hour = at.astimezone(daytime.zone).hour
        assert daytime.opens <= hour < daytime.closes or at == instant(daytime.day(at), daytime.opens, daytime.zone)


def daily(daytime: Daytime, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """When something that is owed all the time is said, by the tick of a running bot."""
    policy = Policy(at_most=1000, gap=1)
    owed = Owed(
        participant_id=1,
        topic="daily",
        subject="",
        since=begins - DAY,
        ask=lambda words: (),
        label=lambda words: "",
        token="",
    )
    days: set[date] = set()
    past: list[datetime] = []
    now = begins
    while now < ends:
        # Only a day that is taken and the gap hold it back; that nobody is written to twice in twelve hours comes first
        # elsewhere, and would here hide what is tested.
        reader = Reader(daytime=daytime, days=days, reminded={owed.name: past})
        if due_today([owed], {"daily": policy}, reader, now):
            days.add(daytime.day(now))
            past.append(now)
            yield now
        now += timedelta(minutes=15)


def test_a_wall_time_that_is_skipped_stands_for_the_next_that_exists() -> None:
    paris = ZoneInfo("Europe/Paris")
    assert instant(date(2026, 3, 29), 2, paris) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert instant(date(2026, 3, 29), 2, paris) == instant(date(2026, 3, 29), 3, paris)


def test_a_wall_time_that_comes_twice_stands_for_the_first() -> None:
    paris = ZoneInfo("Europe/Paris")
    assert instant(date(2026, 10, 25), 2, paris) == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)


def test_half_an_hour_is_skipped_on_lord_howe_island() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert instant(date(2026, 10, 4), 2, lord_howe).astimezone(lord_howe).time() == time(2, 30)


def test_a_day_that_was_skipped_has_no_daytime() -> None:
    samoa = Daytime(ZoneInfo("Pacific/Apia"))
    assert samoa.on(date(2011, 12, 30)) is None
    before = instant(date(2011, 12, 29), 20, samoa.zone)
    assert samoa.next(before) == instant(date(2011, 12, 31), 9, samoa.zone)


def test_the_next_daytime() -> None:
    nairobi = Daytime(ZoneInfo("Africa/Nairobi"), 9, 19)
    morning = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    assert nairobi.next(morning) == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    noon = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert nairobi.next(noon) == noon
    evening = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert nairobi.next(evening) == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    weekdays = nairobi.next(datetime(2026, 11, 28, 9, 0, tzinfo=UTC), lambda day: day.weekday() < 5)
    assert weekdays == datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
    assert nairobi.next(noon, lambda _: False) is None


def test_midnight_is_the_local_one() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    assert midnight_after(datetime(2026, 6, 1, 13, 0, tzinfo=UTC), auckland) == datetime(2026, 6, 2, 12, 0, tzinfo=UTC)


def test_a_zone_is_known_by_its_name_or_not_at_all() -> None:
    assert zone_named("Europe/Paris") == ZoneInfo("Europe/Paris")
    for wrong in ("", "Atlantis", "../etc/passwd", "Europe/", "UTC+2\0"):
        assert zone_named(wrong) is None


@pytest.mark.parametrize("hour", range(24))
def test_where_nobody_said_it_is_daytime_when_the_person_was_awake(hour: int) -> None:
    wrote = datetime(2026, 11, 22, hour, 40, tzinfo=UTC)
    daytime = daytime_of(("", "Atlantis"), 9, 19, wrote)
    assert daytime.holds(wrote + DAY)
    assert daytime.holds(wrote + DAY + timedelta(minutes=75))
    assert not daytime.holds(wrote + DAY + timedelta(hours=2))
    assert not daytime.holds(wrote + DAY - timedelta(hours=1))
    assert daytime_of(("Atlantis", "Asia/Tokyo"), 8, 20, wrote) == Daytime(ZoneInfo("Asia/Tokyo"), 8, 20)
