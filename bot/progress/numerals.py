"""Numerals in a text: digits with the marks that people put between them, and the word for thousands or millions behind
them. What `1.200` means is not decided here: a numeral says what it can mean.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# Everything that people put between groups of three digits, besides full stops and commas.
_SPACES = " \t\u00a0\u2007\u2008\u2009\u202f'’´"
_NUMERAL = re.compile(rf"[.,]?\d(?:[\d{_SPACES}.,]*\d)?")
_BY_SPACES = re.compile(rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?")
_SCALE = re.compile(r"[^\W\d_]+")
# Digits that belong to a unit, and how to write it without them.
_UNITS_WITH_DIGITS = (
    (re.compile(r"(?<=m)\^?2\b"), "²"),
    (re.compile(r"(?<=ha)(?:\^|\*\*)?-1\b"), "⁻¹"),
    (re.compile(r"(?<=co)2(?=e?q?\b)", re.IGNORECASE), "₂"),
)

# As a keyboard offers them: `2½`, `½ million`.
_FRACTION = re.compile(r"(\d*) ?([½¼¾])")
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}

_THOUSAND, _MILLION, _THOUSAND_MILLION = (3,), (6,), (9,)
_SCALES: dict[str, tuple[int, ...]] = {
    "hundred": (2,),
    **dict.fromkeys(("k", "thousand", "mille", "millier", "milliers", "miles"), _THOUSAND),
    "lakh": (5,),
    "lakhs": (5,),
    **dict.fromkeys(("m", "mm", "mn", "mln", "mio", "million", "millions"), _MILLION),
    **dict.fromkeys(("millón", "millon", "millones"), _MILLION),
    "crore": (7,),
    "crores": (7,),
    **dict.fromkeys(("bn", "milliard", "milliards", "millardo", "millardos"), _THOUSAND_MILLION),
    "mil millones": _THOUSAND_MILLION,
    "mil": _THOUSAND,
    "billion": (9, 12),
    "billions": (9, 12),
    **dict.fromkeys(("billón", "billon", "billones"), (9, 12)),
}
# Where a language decides otherwise.
_BY_LANGUAGE: dict[tuple[str, str], tuple[int, ...]] = {
    ("en", "billion"): (9,),
    ("en", "billions"): (9,),
    ("en", "mil"): (3, 6),
    ("fr", "mil"): (3, 6),
    ("es", "billón"): (12,),
    ("es", "billon"): (12,),
    ("es", "billones"): (12,),
    # Mille and millón both begin with it, and so does the metre; a capital M is a million everywhere.
    ("fr", "m"): (3, 6),
    ("es", "m"): (3, 6),
}


@dataclass(frozen=True, slots=True)
class Numeral:
    """`written` are the digits with their marks; `before` and `after` the words around them, the scale left out.

    `decimal` is the value when the last mark begins the decimals, `grouped` when all marks stand between thousands;
    None where the marks cannot mean that, both None where they mean nothing. `scales` are the powers of ten that the
    word behind the digits can stand for.
    """

    written: str
    decimal: Decimal | None
    grouped: Decimal | None
    scales: tuple[int, ...]
    before: str
    after: str
    negative: bool

    def values(self, language: str = "") -> tuple[Decimal, ...]:
        """What it can mean to somebody who writes this language (empty: any), each value once."""
        # In English a comma stands between thousands; a full stop between them is the habit of many who write it.
        only_grouped = language == "en" and self.grouped is not None and "." not in self.written
        readings = [self.grouped] if only_grouped else [self.grouped, self.decimal]
        signed = [-one if self.negative else one for one in readings if one is not None]
        return tuple(dict.fromkeys(one.scaleb(scale) for scale in self.scales for one in signed))

    def is_unusual(self, language: str) -> bool:
        """Whether somebody who writes this language would hardly mean what the marks say: `1,2` in English."""
        is_lone_comma = re.fullmatch(r"\d*,\d*", self.written) is not None
        return language == "en" and is_lone_comma and self.grouped is None


def numerals(written: str, language: str = "") -> list[Numeral]:
    """Every numeral of the text, in its order, with what stands before and after each."""
    for pattern, sign in _UNITS_WITH_DIGITS:
        written = pattern.sub(sign, written)
    written = _FRACTION.sub(lambda match: f"{match[1] or 0}{_FRACTIONS[match[2]]}", written)
    return list(_numerals(written, language))


def _numerals(written: str, language: str) -> Iterator[Numeral]:
    matches = list(_NUMERAL.finditer(written))
    begins = 0
    for place, match in enumerate(matches):
        ends = matches[place + 1].start() if place + 1 < len(matches) else len(written)
        before, after = written[begins : match.start()], written[match.end() : ends]
        negative = before.rstrip().endswith(("-", "−", "–")) and not place
        scales, rest = _scale(after, language)
        decimal, grouped = _readings(match[0])
        yield Numeral(match[0], decimal, grouped, scales, before.rstrip(" -−–") if negative else before, rest, negative)
        begins = match.end()


def _scale(after: str, language: str) -> tuple[tuple[int, ...], str]:
    """The powers of ten of the word that follows a numeral, and what stands behind it."""
    bare = after.lstrip(_SPACES[:-3])
    words = list(_SCALE.finditer(bare))[:2]
    if not words or words[0].start():
        return (0,), after
    for word in reversed(words):
        written = " ".join(bare[: word.end()].split())
        name = written.casefold()
        if name in _SCALES:
            as_written = written if len(written) == 1 else name
            return _BY_LANGUAGE.get((language, as_written), _SCALES[name]), bare[word.end() :]
    return (0,), after


def _readings(written: str) -> tuple[Decimal | None, Decimal | None]:
    """The value when the last mark begins the decimals, and when all marks stand between thousands."""
    by_spaces = any(character in _SPACES for character in written)
    if by_spaces and not _BY_SPACES.fullmatch(written):
        return None, None
    digits = "".join(character for character in written if character not in _SPACES)
    marks = [character for character in digits if character in ".,"]
    if not marks:
        return Decimal(digits), None
    last = marks[-1]
    whole, _, rest = digits.rpartition(last)
    if len(marks) == 1:
        groupable = len(rest) == 3 and 1 <= len(whole) <= 3 and whole != "0" and not by_spaces
        return Decimal(f"{whole or 0}.{rest}"), Decimal(whole + rest) if groupable else None
    other = "." if last == "," else ","
    if marks.count(last) == 1 and re.fullmatch(rf"\d{{1,3}}(\{other}\d{{3}})+", whole):
        return Decimal(f"{whole.replace(other, '')}.{rest}"), None
    if set(marks) == {last} and re.fullmatch(rf"\d{{1,3}}(\{last}\d{{3}})+", digits):
        return None, Decimal(digits.replace(last, ""))
    return None, None
