"""The world: its people, its clock, its two platforms, and what goes wrong in it."""

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.calls import CallLog
from sandbox.clock import Changes, WorldClock
from sandbox.faults import Faults
from sandbox.people import FIRST_TELEGRAM_ID, Persona, default_personas
from sandbox.rules import DEFAULT, RULES
from sandbox.slack.state import Slack
from sandbox.telegram.state import Telegram


class World:
    """One Telegram bot and one Slack workspace, and the people who use them.

    Without `now` its clock runs with the system's; with `now` (an aware instant) it stands still until it is moved.
    `strict` holds the names of the rules in force (see `sandbox.rules`) and may be changed at any time.
    `changed` counts what anybody could see change; `changed_for` the same for one person.
    """

    def __init__(
        self,
        now: datetime | None = None,
        *,
        people: Iterable[Persona] | None = None,
        strict: Iterable[str] = DEFAULT,
        clock: WorldClock | None = None,
    ) -> None:
        self.clock = clock or WorldClock(now)
        self.strict = set(strict)
        if unknown := self.strict - RULES.keys():
            raise ValueError(f"unknown rules: {', '.join(sorted(unknown))}")
        self.faults = Faults()
        self.calls = CallLog()
        self.changed = Changes()
        self.base_url = ""
        self.socket_url = ""
        self.people: dict[str, Persona] = {}
        self.by_telegram: dict[int, Persona] = {}
        self.by_slack: dict[str, Persona] = {}
        self.changed_for: dict[str, Changes] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self._files = itertools.count(1)
        self.telegram = Telegram(self)
        self.slack = Slack(self)
        self._cast = tuple(default_personas() if people is None else people)
        for persona in self._cast:
            self._settle(persona)

    def _settle(self, persona: Persona) -> None:
        self.people[persona.id] = persona
        self.changed_for[persona.id] = Changes()
        if persona.telegram is not None:
            self.by_telegram[persona.telegram] = persona
            self.telegram.private_chat(persona)
        if persona.slack is not None:
            self.by_slack[persona.slack] = persona
            self.slack.settle(persona)

    @property
    def now(self) -> datetime:
        """The world's time, an aware instant in UTC."""
        return self.clock.now

    @property
    def revision(self) -> int:
        return self.changed.number

    def advance(self, delta: timedelta) -> None:
        """Move the clock forward."""
        self.clock.advance(delta)
        self.touch()

    def touch(self, *people: str) -> None:
        """Say that something changed, and for whom."""
        for person in people:
            self.changed_for[person].touch()
        self.changed.touch()

    def is_strict(self, rule: str) -> bool:
        if rule not in RULES:
            raise KeyError(rule)
        return rule in self.strict

    def next_file_number(self) -> int:
        return next(self._files)

    def add_person(
        self,
        name: str,
        *,
        about: str = "",
        language: str = "en",
        time_zone: str = "UTC",
        telegram: bool = True,
        slack: bool = False,
        person_id: str | None = None,
    ) -> Persona:
        """A new person with the accounts asked for; ValueError when `person_id` is taken or the time zone unknown."""
        number = len(self.people) + 1
        new_id = person_id or f"person-{number}"
        if new_id in self.people:
            raise ValueError(f"there is a person {new_id} already")
        if not name.strip():
            raise ValueError("a person has a name")
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"unknown time zone {time_zone!r}") from None
        persona = Persona(
            new_id,
            name,
            about,
            language,
            time_zone,
            FIRST_TELEGRAM_ID + 1000 + number if telegram else None,
            f"U0SAND{number:05d}" if slack else None,
        )
        self._settle(persona)
        self.touch(new_id)
        return persona

    def end_waiting(self, over: bool = True) -> None:
        """Let nobody wait for a change any longer: the server closes."""
        for changes in (self.changed, self.calls.changes, self.clock.moves, self.telegram.arrived):
            changes.end(over)

    def reset(self) -> None:
        """People and empty chats as at the start; the clock, all counts and the bot's own settings stay."""
        for forgotten in (self.people, self.by_telegram, self.by_slack, self.changed_for, self.files):
            forgotten.clear()
        self.telegram.clear()
        self.slack.clear()
        self.faults.clear()
        for persona in self._cast:
            self._settle(persona)
        self.touch()
