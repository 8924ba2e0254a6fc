"""What people owe, and when they are reminded of it. Pure.

A topic has a policy, a person has settings; the two and what was said before give the moment of the next reminder. A
reminder takes the local day that it is sent on: on that day nothing else is said unasked.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup
from bot.chat.messages import Say
from bot.locales import Words
from bot.outreach.schedule import Daytime, midnight_after
from storage.reminders import Recipient

# A person who has just been written to is left alone for so long, also when midnight or a journey lies in between.
REST = timedelta(hours=12)
SATURDAY, SUNDAY = 5, 6


Show = Callable[[AsyncConnection, Recipient, Words, datetime], Awaitable[Say | None]]
"""Composes a message for somebody, at an instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing that a person has yet to do. `subject` names it within its topic. `since` is when it came to be owed,
    or when the person last did something about it; `due` is its deadline. `ask` gives the words (another text when it
    is half done than when it is not begun), `label` those of the button, and `token` where that leads. With `show` it
    is news, and has a message of its own for when it is said alone; None from it says that there is none after all.
    Without `asks` there is nothing to do about it, and so nothing to put off."""

    participant_id: int
    topic: str
    subject: str
    since: datetime
    due: datetime | None = None
    ask: Callable[[Words], Markup]
    label: Callable[[Words], str]
    token: str
    show: Show | None = None
    asks: bool = True

    @property
    def name(self) -> tuple[str, str]:
        """What it is known by, for one person."""
        return self.topic, self.subject

    @property
    def urgency(self) -> tuple[bool, datetime]:
        """Sorts the most urgent first: what has a deadline by it, then what has waited longest."""
        return self.due is None, self.due or self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How one topic is reminded of.

    Not sooner than `after` it came to be owed. With a deadline, once at each time that lies so long `before` it (a
    negative one lies behind it). Never more than `at_most` times while the person does nothing about it, never twice
    within `gap` local days, never on the weekdays `blocked` (0 is Monday).
    """

    after: timedelta = timedelta()
    before: tuple[timedelta, ...] = ()
    at_most: int
    gap: int
    blocked: frozenset[int] = frozenset()


POLICIES: Mapping[str, Policy] = {
    "unfinished": Policy(after=timedelta(days=1), at_most=2, gap=3),
    # A week before, on the day, and twice after it.
    "reports": Policy(
        before=(timedelta(days=7), timedelta(), timedelta(days=-3), timedelta(days=-14)),
        at_most=5,
        gap=3,
        blocked=frozenset({SATURDAY, SUNDAY}),
    ),
    "decisions": Policy(after=timedelta(days=2), at_most=3, gap=2, blocked=frozenset({SATURDAY, SUNDAY})),
    # What is new in a study is said once. What is still to be answered, three days and one day before the end.
    "studies": Policy(at_most=1, gap=1),
    "rounds": Policy(after=timedelta(days=1), before=(timedelta(days=3), timedelta(days=1)), at_most=4, gap=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How a person stands with being written to: their settings, and what they were told and when.

    `days` are the local days that are taken, `written_at` is when the last unasked message was sent; `reminded` is
    when they were reminded of what, `snoozed` until when they put it off.
    """

    daytime: Daytime
    paused_until: datetime | None = None
    digest: bool = True
    stopped: Collection[str] = ()
    days: Collection[date] = ()
    written_at: datetime | None = None
    reminded: Mapping[tuple[str, str], Sequence[datetime]] = field(default_factory=dict)
    snoozed: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


def earliest(owed: Owed, policy: Policy, reader: Reader) -> datetime | None:
    """From when on the person may be reminded of this, be it day or night; None when never."""
    if owed.topic in reader.stopped:
        return None
    past = reader.reminded.get(owed.name, ())
    last = max(past, default=None)
    snoozed = reader.snoozed.get(owed.name)
    if snoozed is not None and (last is None or snoozed > last):
        # That was asked for: it needs no gap, and comes even when all the others are used up.
        at: datetime | None = snoozed
    else:
        at = _planned(owed, policy, past)
        if at is not None and last is not None:
            at = max(at, midnight_after(last, reader.daytime.zone, policy.gap))
    if at is None or reader.paused_until is None:
        return at
    return max(at, reader.paused_until)


def moment(owed: Owed, policy: Policy, reader: Reader, now: datetime) -> datetime | None:
    """When the person is to be reminded of this, `now` or later; None when never, as things stand."""
    at = earliest(owed, policy, reader)
    if at is None:
        return None
    at = max(at, now, reader.written_at + REST if reader.written_at else now)
    found = reader.daytime.next(at, lambda day: day.weekday() not in policy.blocked and day not in reader.days)
    return None if found is None or _too_late(owed, policy, found) else found


def due_today(owing: Sequence[Owed], policies: Mapping[str, Policy], reader: Reader, now: datetime) -> list[Owed]:
    """What is to be said now, in one message, the most urgent first; nothing when nothing is due yet. What will be due
    later on the same day is said with it, because the day is then taken."""
    if not any(moment(one, policies[one.topic], reader, now) == now for one in owing):
        return []
    midnight = midnight_after(now, reader.daytime.zone)
    today = reader.daytime.day(now).weekday()
    due = [
        one
        for one in sorted(owing, key=lambda one: one.urgency)
        if today not in policies[one.topic].blocked
        and not _too_late(one, policies[one.topic], now)
        and (at := earliest(one, policies[one.topic], reader)) is not None
        and at < midnight
    ]
    return due if reader.digest else due[:1]


def _planned(owed: Owed, policy: Policy, past: Sequence[datetime]) -> datetime | None:
    if sum(at >= owed.since for at in past) >= policy.at_most:
        return None
    begins = owed.since + policy.after
    if owed.due is None or not policy.before:
        return begins
    stages = sorted(owed.due - before for before in policy.before)
    stage = next((stage for stage in stages if all(at < stage for at in past)), None)
    return None if stage is None else max(begins, stage)


def _too_late(owed: Owed, policy: Policy, at: datetime) -> bool:
    """Whether its deadline has passed by then, and nothing is said about it after that."""
    return owed.due is not None and at >= owed.due and not any(before < timedelta() for before in policy.before)
