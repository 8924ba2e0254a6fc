"""What a button carries: a short opaque token, never data.

A *screen* token belongs to one conversation, to the `rev` of it that was on the screen, and names a move (`3` for
the third option, `b` for Back). A *standing* token belongs to no conversation: it opens a view or a flow, and so is
good for as long as the thing it names exists. Deep links carry standing tokens in the same form. One that stands
below a call for engagement ends with that call's number (`join_7--c12`), so that what came of it can be counted.
"""

import re
from dataclasses import dataclass

# Twelve digits in base 36 are the most that a database's 64 bits always hold.
_SCREEN = re.compile(r"q([0-9a-z]{1,12})\.([0-9a-z]{1,12})\.([a-z0-9+~-]{1,12})")
# So short that the token fits a button of every platform, also within `anew_`.
_STANDING = re.compile(r"([a-z]{1,12})(?:_([A-Za-z0-9_-]{1,48}?))?(?:--c([1-9][0-9]{0,8}))?")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Screen:
    """A button of a question: which conversation, drawn at which revision, which move."""

    conversation: int
    rev: int
    move: str

    def __str__(self) -> str:
        return f"q{_short(self.conversation)}.{_short(self.rev)}.{self.move}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A button that opens something by name: `join_7`, `coalitions`, `decide_12_approve`."""

    name: str
    argument: str = ""
    campaign: int | None = None

    def __str__(self) -> str:
        written = f"{self.name}_{self.argument}" if self.argument else self.name
        return f"{written}--c{self.campaign}" if self.campaign else written


def parse(written: str) -> Screen | Standing | None:
    """The token as written, or None when it is not one of ours."""
    if screen := _SCREEN.fullmatch(written):
        return Screen(int(screen[1], 36), int(screen[2], 36), screen[3])
    if standing := _STANDING.fullmatch(written):
        return Standing(standing[1], standing[2] or "", int(standing[3]) if standing[3] else None)
    return None


def row_id(argument: str) -> int | None:
    """The row that an argument names, or None when it names none. 18 digits always fit a database's 64 bits."""
    return int(argument) if argument.isdecimal() and len(argument) <= 18 else None


def _short(number: int) -> str:
    """The number in base 36."""
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
