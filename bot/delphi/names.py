"""Looks through a comment for what would tell who wrote it or whom it is about, before others see it.

It finds the names and handles of the panel, also with a slip in them, and what looks like an address or a name. It is
a help for whoever decides, who reads every comment: a nickname it cannot know.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

SHORTEST_NAME = 3
SHORTEST_SIGNS = 2
SHORTEST_WITH_SLIP = 5
_LETTERS = re.compile(r"[^\W\d_]+")
_INITIALS = re.compile(r"(?:\b[A-ZÀ-Þ][.’'][ \u00a0]?)+$")
_BETWEEN_NAMES = re.compile(r"(?:\.?[ \u00a0]|[-'’.])?")

PARTICLES = {"and", "das", "del", "der", "des", "dos", "ibn", "las", "les", "los", "san", "the", "van", "von"}
"""Parts of names that are words of every text."""


class Reason(StrEnum):
    """What was found: a name or a handle of the panel, something one letter off a name, or what looks like one."""

    NAME = "name"
    SIMILAR = "similar"
    TITLE = "title"
    HANDLE = "handle"
    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"


_PATTERNS = {
    Reason.EMAIL: re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    Reason.LINK: re.compile(r"\b(?:https?://|www\.)[^\s<>]+", re.IGNORECASE),
    Reason.HANDLE: re.compile(r"(?<![\w@])@\w[\w.]{1,}\w"),
    Reason.PHONE: re.compile(r"(?<![\w.])(?<!\d[ \u00a0\u202f])(?:\+|\(?0)\d?(?:[ ()./\u00a0-]{0,2}\d){8,14}(?!\w)"),
    Reason.TITLE: re.compile(
        r"\b(?:(?:Dr|Dra|Prof|Mr|Mrs|Ms|Mme|Mlle|Sr|Sra|Srta)\.?|M\.|Professor|Professeure?|Profesora?|Do[nñ]a?)\s+"
        r"[^\W\d_a-zß-öø-ÿ][\w’'-]+(?:\s+[^\W\d_a-zß-öø-ÿ][\w’'-]+)?"
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of the text, from `start` up to `end`. Not `sure` where it may well be an ordinary word."""

    start: int
    end: int
    why: Reason
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """The words of the panel's names, folded; `signs` are those of scripts that set no space between words."""

    words: frozenset[str]
    signs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """From display names and handles as people have them: `Ana María López`, `@ana_lopez`."""
        parts = {fold(part) for name in names for part in _LETTERS.findall(name.replace("_", " "))}
        signs = frozenset(part for part in parts if _has_no_case(part) and len(part) >= SHORTEST_SIGNS)
        return cls(frozenset(part for part in parts if len(part) >= SHORTEST_NAME and part not in PARTICLES), signs)


def find(text: str, known: Known) -> tuple[Found, ...]:
    """What was found, in the order of the text; nothing overlaps, and the parts of one name are one stretch."""
    found = [
        Found(match.start(), match.end(), why) for why, wanted in _PATTERNS.items() for match in wanted.finditer(text)
    ]
    taken = [range(each.start, each.end) for each in found]
    found += [each for each in _names(text, known) if not any(each.start in stretch for stretch in taken)]
    found = [replace(each, start=_with_initials(text, each.start)) for each in found]
    joined: list[Found] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if joined and _BETWEEN_NAMES.fullmatch(text[joined[-1].end : each.start]) and each.start >= joined[-1].end:
            last = joined[-1]
            why = last.why if last.sure or not each.sure else each.why
            joined[-1] = Found(last.start, each.end, why, last.sure or each.sure)
        elif not joined or each.start >= joined[-1].end:
            joined.append(each)
    return tuple(joined)


def scrub(text: str, found: Iterable[Found], blank: str) -> str:
    """The text with each stretch that was found replaced: `blank` is what stands for a name, as `[…]`."""
    for each in sorted(found, key=lambda one: one.start, reverse=True):
        text = text[: each.start] + blank + text[each.end :]
    return text


def fold(word: str) -> str:
    """A word without accents and without upper case, as two spellings of one name are compared."""
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def _names(text: str, known: Known) -> Iterator[Found]:
    long = [word for word in known.words if len(word) >= SHORTEST_WITH_SLIP]
    for match in _LETTERS.finditer(text):
        word = fold(match[0])
        written_as_name = match[0][0].isupper()
        if _has_no_case(word):
            inside = ((word.find(name), name) for name in known.signs | known.words)
            yield from (
                Found(match.start() + at, match.start() + at + len(name), Reason.NAME) for at, name in inside if at >= 0
            )
        elif word in known.words:
            yield Found(match.start(), match.end(), Reason.NAME, sure=written_as_name)
        elif written_as_name and len(word) >= SHORTEST_WITH_SLIP and any(_one_slip(word, name) for name in long):
            yield Found(match.start(), match.end(), Reason.SIMILAR, sure=False)


def _has_no_case(word: str) -> bool:
    return word.upper() == word.lower()


def _with_initials(text: str, start: int) -> int:
    """Where a name begins together with the initials before it: `A. M. López`, `N’Diaye`."""
    before = _INITIALS.search(text, 0, start)
    return before.start() if before else start


def _one_slip(word: str, name: str) -> bool:
    """Whether one letter more, less, other, or two exchanged make the one into the other."""
    if abs(len(word) - len(name)) > 1:
        return False
    same = next((place for place, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), None)
    if same is None:
        return True
    rest, wanted = word[same:], name[same:]
    return (
        rest[1:] == wanted[1:]
        or rest[1:] == wanted
        or rest == wanted[1:]
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )
