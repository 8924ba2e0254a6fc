"""When people are reminded: the policy of a topic, what was said before, and the person's own settings."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.locales import load
from bot.outreach.owed import REST, Owed, Policy, Reader, due_today, moment
from bot.outreach.reminders import ways_out
from bot.outreach.schedule import Daytime

NAIROBI = Daytime(ZoneInfo("Africa/Nairobi"), 9, 19)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# A Monday; nine in the morning in Nairobi.
MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def owed(since: datetime = MONDAY, due: datetime | None = None, subject: str = "it", topic: str = "round") -> Owed:
    return Owed(
        participant_id=1,
        topic=topic,
        subject=subject,
        since=since,
        due=due,
        ask=lambda words: (),
        label=lambda words: "",
        token="",
    )


def lived_through(one: Owed, policy: Policy, days: int = 20, **settings: object) -> list[datetime]:
    """What a person is told over these days, hour by hour, who does nothing about it."""
    said: list[datetime] = []
    for hour in range(days * 24):
        now = MONDAY + hour * HOUR
        reader = Reader(
            daytime=NAIROBI,
            days={NAIROBI.day(at) for at in said},
            written_at=max(said, default=None),
            reminded={one.name: said},
            **settings,  # type: ignore[arg-type]  # any setting of a reader
        )
        if due_today([one], {one.topic: policy}, reader, now):
            said.append(now)
    return said


def test_without_a_deadline_it_counts_from_when_it_came_to_be_owed() -> None:
    policy = Policy(after=timedelta(days=1), at_most=3, gap=2)
    assert lived_through(owed(), policy) == [MONDAY + DAY, MONDAY + 3 * DAY, MONDAY + 5 * DAY]


def test_with_a_deadline_it_counts_backwards_from_that_and_ends_there() -> None:
    policy = Policy(before=(timedelta(days=7), timedelta(days=2), timedelta(days=1)), at_most=5, gap=1)
    due = MONDAY + 10 * DAY
    assert lived_through(owed(due=due), policy) == [MONDAY + 3 * DAY, MONDAY + 8 * DAY, MONDAY + 9 * DAY]


def test_what_is_overdue_may_be_reminded_of_when_the_policy_says_so() -> None:
    policy = Policy(before=(timedelta(days=1), timedelta(days=-2)), at_most=5, gap=1)
    assert lived_through(owed(due=MONDAY + 3 * DAY), policy) == [MONDAY + 2 * DAY, MONDAY + 5 * DAY]


def test_whoever_comes_late_is_not_told_at_once_what_was_missed() -> None:
    policy = Policy(before=(timedelta(days=7), timedelta(days=6), timedelta(days=5)), at_most=5, gap=1)
    assert lived_through(owed(due=MONDAY + 3 * DAY), policy) == [MONDAY]


def test_blocked_weekdays_are_left_out() -> None:
    policy = Policy(after=5 * DAY, at_most=1, gap=1, blocked=frozenset({5, 6}))
    assert lived_through(owed(), policy) == [MONDAY + 7 * DAY]


def test_who_did_something_about_it_is_reminded_anew_but_not_sooner() -> None:
    policy = Policy(after=DAY, at_most=1, gap=3)
    reader = Reader(daytime=NAIROBI, reminded={("round", "it"): [MONDAY]})
    assert moment(owed(since=MONDAY - DAY), policy, reader, MONDAY + HOUR) is None
    touched = owed(since=MONDAY + HOUR)
    assert moment(touched, policy, reader, MONDAY + 2 * HOUR) == datetime(2026, 11, 26, 6, 0, tzinfo=UTC)


def test_a_snooze_needs_no_gap_and_comes_even_when_all_reminders_are_used_up() -> None:
    policy = Policy(after=DAY, at_most=1, gap=3)
    tomorrow = MONDAY + DAY - 9 * HOUR
    reader = Reader(
        daytime=NAIROBI,
        days={NAIROBI.day(MONDAY)},
        written_at=MONDAY,
        reminded={("round", "it"): [MONDAY]},
        snoozed={("round", "it"): tomorrow},
    )
    assert moment(owed(since=MONDAY - DAY), policy, reader, MONDAY + HOUR) == MONDAY + DAY
    later = Reader(daytime=NAIROBI, reminded={("round", "it"): [MONDAY + DAY]}, snoozed={("round", "it"): tomorrow})
    assert moment(owed(since=MONDAY - DAY), policy, later, MONDAY + 2 * DAY) is None


def test_a_stopped_topic_and_a_pause() -> None:
    policy = Policy(at_most=9, gap=1)
    assert lived_through(owed(), policy, stopped=["round"]) == []
    assert lived_through(owed(), policy, days=3, paused_until=MONDAY + 2 * DAY) == [MONDAY + 2 * DAY]


def test_several_things_are_one_message_the_most_urgent_first() -> None:
    policies = {"round": Policy(at_most=9, gap=1), "report": Policy(after=5 * HOUR, at_most=9, gap=1)}
    old, new = owed(since=MONDAY - 2 * DAY, subject="old"), owed(since=MONDAY - DAY, subject="new")
    pressing = owed(due=MONDAY + DAY, subject="pressing")
    later_today, tomorrow = owed(topic="report"), owed(since=MONDAY + 20 * HOUR, topic="report", subject="tomorrow")
    owing = [tomorrow, later_today, new, pressing, old]
    together = due_today(owing, policies, Reader(daytime=NAIROBI), MONDAY)
    assert together == [pressing, old, new, later_today]
    assert due_today(owing, policies, Reader(daytime=NAIROBI, digest=False), MONDAY) == [pressing]
    assert due_today([later_today, tomorrow], policies, Reader(daytime=NAIROBI), MONDAY) == []


def test_a_day_that_is_taken_is_left_alone() -> None:
    reader = Reader(daytime=NAIROBI, days={date(2026, 11, 23)}, written_at=MONDAY)
    assert moment(owed(), Policy(at_most=1, gap=1), reader, MONDAY + HOUR) == MONDAY + DAY


def test_nobody_is_written_to_twice_in_twelve_hours_because_of_a_journey() -> None:
    los_angeles = Daytime(ZoneInfo("America/Los_Angeles"), 9, 19)
    reader = Reader(daytime=NAIROBI, days={los_angeles.day(MONDAY)}, written_at=MONDAY)
    now = MONDAY + HOUR
    at = moment(owed(), Policy(at_most=1, gap=1), reader, now)
    assert at is not None
    assert at >= MONDAY + REST


@given(
    after=st.integers(0, 200),
    at_most=st.integers(0, 5),
    gap=st.integers(1, 5),
    opens=st.integers(0, 20),
    length=st.integers(3, 24),
    zone=st.sampled_from(["Africa/Nairobi", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu"]),
    blocked=st.frozensets(st.integers(0, 6), max_size=5),
    wait=st.integers(0, 400),
)
def test_a_moment_keeps_every_rule(
    after: int, at_most: int, gap: int, opens: int, length: int, zone: str, blocked: frozenset[int], wait: int
) -> None:
    daytime = Daytime(ZoneInfo(zone), opens, min(opens + length, 24))
    policy = Policy(after=after * HOUR, at_most=at_most, gap=gap, blocked=blocked)
    reader = Reader(
        daytime=daytime, days={daytime.day(MONDAY)}, written_at=MONDAY, reminded={("round", "it"): [MONDAY]}
    )
    now = MONDAY + wait * HOUR
    at = moment(owed(since=MONDAY - DAY), policy, reader, now)
    if at_most <= 1:
        assert at is None
        return
    assert at is not None
    assert at >= max(now, MONDAY - DAY + after * HOUR, MONDAY + REST)
    assert daytime.holds(at)
    assert daytime.day(at).weekday() not in blocked
    assert (daytime.day(at) - daytime.day(MONDAY)).days >= gap
    # What is due once stays due until it is said or the daytime ends.
    assert moment(owed(since=MONDAY - DAY), policy, reader, at) == at


def test_what_asks_for_nothing_can_be_stopped_and_not_put_off() -> None:
    def offered(*due: Owed) -> list[list[str]]:
        return [[button.label for button in row] for row in ways_out(due, MONDAY.date(), load()["en"])]

    task = owed()
    news = replace(task, asks=False)
    assert offered(news) == [["Stop these reminders"]]
    assert offered(task) == offered(news, task) == [["Snooze 1 day", "Not now"], ["Stop these reminders"]]
