"""Who a call for engagement is for: filters, and / or / not between them. Pure.

As JSON (and in a file) a tree is one of

    {"all": [...]}   {"any": [...]}   {"not": {...}}   {"platform": ["telegram"]}

where a filter names one kind with the values that fit. `{"all": []}` is everybody. Filters of memberships that stand
side by side in an `all` speak of one and the same: leaders in Soil Regeneration lead there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import reduce
from typing import Any

from bot.locales import LANGUAGES, Words


@dataclass(frozen=True, slots=True)
class Filter:
    """People of whom one of these values is true."""

    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """People of whom every part is true; everybody, when there is none."""

    parts: tuple["Audience", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """People of whom some part is true."""

    parts: tuple["Audience", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everybody else."""

    part: "Audience"


Audience = All | AnyOf | Not | Filter
EVERYBODY = All()

# The kinds of filters in the order in which they are offered, with what each takes where that is always the same.
FIXED: Mapping[str, tuple[str, ...]] = {
    "platform": ("telegram", "slack"),
    "language": LANGUAGES,
    "organisation_type": (
        "government",
        "international",
        "donor",
        "producers",
        "research",
        "civil_society",
        "company",
    ),
    "status": ("member", "partner", "friend", "none"),
    "generation": ("youth", "senior"),
    "facility": (),
    "coalition": (),
    "role": ("member", "leader", "regional"),
    "state": ("pending", "approved", "declined", "left"),
    "answered": (),
    "not_answered": (),
    "owes_report": (),
}
KINDS = tuple(FIXED)
# Said of one membership, and so together.
OF_A_STUDY = ("answered", "not_answered")
OF_A_MEMBERSHIP = ("organisation_type", "status", "facility", "coalition", "role", "state")
BRANCHES = ("all", "any", "not")
# How alike two names are when one is taken for a slip of the other.
_ALIKE = 0.6
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to choose by at present: facilities' titles by code and language, coalitions' titles by number,
    rounds of studies (`soil:1`) and periods that reports are owed for (`2026-Q3`)."""

    facilities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    coalitions: Mapping[str, str] = field(default_factory=dict)
    rounds: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()

    def options(self, kind: str) -> tuple[str, ...]:
        """The values that a filter of this kind takes; none when there is nothing of the kind yet."""
        match kind:
            case "facility":
                return tuple(self.facilities)
            case "coalition":
                return tuple(self.coalitions)
            case "answered" | "not_answered":
                return self.rounds
            case "owes_report":
                return self.periods
        return FIXED[kind]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a call, and where (`audience.all[1].language`): an entry of the catalogues with its values. A
    `warning` says what will happen and holds nothing up."""

    place: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    warning: bool = False


class AudienceErrors(Exception):
    """Everything that is wrong with a tree, at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{one.place}: {one.text}" for one in problems))
        self.problems = tuple(problems)


def read(raw: object, known: Known) -> Audience:
    """The tree that this JSON stands for. A coalition may be named by its title, a facility in any case. Raises
    AudienceErrors."""
    problems: list[Problem] = []
    tree = _read(raw, known, "audience", problems, 0)
    if problems or tree is None:
        raise AudienceErrors(problems)
    return tree


def as_json(tree: Audience) -> dict[str, Any]:
    """What `read` reads."""
    match tree:
        case All(parts=parts):
            return {"all": [as_json(part) for part in parts]}
        case AnyOf(parts=parts):
            return {"any": [as_json(part) for part in parts]}
        case Not(part=part):
            return {"not": as_json(part)}
        case Filter(kind=kind, values=values):
            return {kind: list(values)}


def describe(tree: Audience, words: Words, known: Known) -> str:
    """The tree as a sentence: `People who act for an NGO and belong to Soil Regeneration, or who are seniors.`"""
    if tree == EVERYBODY:
        return words.plain("audience.everybody")
    return words.plain("audience.people", who=_clause(tree, words, known, 0))


def label(kind: str, value: str, words: Words, known: Known) -> str:
    """One value of a filter in words, as a button shows it."""
    match kind:
        case "facility":
            titles = known.facilities.get(value, {})
            return titles.get(words.language) or titles.get("en") or value
        case "coalition":
            return known.coalitions.get(value, value)
        case "answered" | "not_answered":
            study, _, number = value.rpartition(":")
            return words.plain("audience.round", study=study, number=number)
        case "owes_report":
            return value
        case "language":
            return words.plain(f"wording.{value}")
        case "platform" | "state":
            return words.plain(f"audience.{kind}.{value}")
    return words.plain(f"join.{kind}.{value}")


def filters(tree: Audience) -> Iterator[Filter]:
    """Every filter in it."""
    match tree:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from filters(part)
        case Not(part=part):
            yield from filters(part)
        case Filter():
            yield tree


def _read(raw: object, known: Known, place: str, problems: list[Problem], depth: int) -> Audience | None:
    """The tree, or None when what is wrong with it has been put down."""
    if not isinstance(raw, Mapping) or len(raw) != 1:
        problems.append(Problem(place, "call.problem.audience_form", {"known": ", ".join((*BRANCHES, *KINDS))}))
        return None
    ((key, value),) = raw.items()
    inner = f"{place}.{key}"
    if depth >= _DEEPEST:
        problems.append(Problem(inner, "call.problem.audience_deep", {"most": _DEEPEST}))
        return None
    if key == "not":
        part = _read(value, known, inner, problems, depth + 1)
        return None if part is None else Not(part)
    if key in ("all", "any"):
        return _read_parts(str(key), value, known, inner, problems, depth)
    if key not in KINDS:
        problems.append(_unknown(place, "call.problem.unknown_filter", str(key), (*BRANCHES, *KINDS)))
        return None
    return _read_filter(str(key), value, known, inner, problems)


def _read_parts(
    key: str, value: object, known: Known, place: str, problems: list[Problem], depth: int
) -> Audience | None:
    if not isinstance(value, list | tuple) or (key == "any" and not value):
        problems.append(Problem(place, "call.problem.audience_list"))
        return None
    parts = [_read(part, known, f"{place}[{at}]", problems, depth + 1) for at, part in enumerate(value)]
    sound = tuple(part for part in parts if part is not None)
    return All(sound) if key == "all" else AnyOf(sound)


def _read_filter(kind: str, value: object, known: Known, place: str, problems: list[Problem]) -> Audience | None:
    listed = value if isinstance(value, list | tuple) else [value]
    if not listed or not all(isinstance(one, str | int) for one in listed):
        problems.append(Problem(place, "call.problem.audience_list"))
        return None
    options = known.options(kind)
    found = []
    for one in map(str, listed):
        value_of = _find(kind, one, options, known)
        if value_of is None:
            named = tuple(known.coalitions.values()) if kind == "coalition" else options
            problems.append(_unknown(place, "call.problem.unknown_value", one, named))
        else:
            found.append(value_of)
    return Filter(kind, tuple(dict.fromkeys(found)))


def _find(kind: str, written: str, options: Collection[str], known: Known) -> str | None:
    if written in options:
        return written
    folded = written.strip().casefold()
    names = {option.casefold(): option for option in options}
    if kind == "coalition":
        names |= {title.casefold(): id for id, title in known.coalitions.items()}
    return names.get(folded)


def _unknown(place: str, text: str, written: str, options: Sequence[str]) -> Problem:
    if meant := get_close_matches(written.casefold(), options, n=1, cutoff=_ALIKE):
        return Problem(place, f"{text}_meant", {"written": written, "meant": meant[0]})
    if not options:
        return Problem(place, f"{text}_none", {"written": written})
    return Problem(place, text, {"written": written, "known": ", ".join(options)})


def _clause(tree: Audience, words: Words, known: Known, depth: int) -> str:
    """What follows "people who"."""
    match tree:
        case Filter(kind=kind, values=values):
            return words.plain(f"audience.is.{kind}", what=_either(kind, values, words, known))
        case Not(part=Filter(kind=kind, values=values)):
            return words.plain(f"audience.is_not.{kind}", what=_either(kind, values, words, known))
        case Not(part=part):
            return words.plain("audience.not_those", who=_clause(part, words, known, 1))
        case All(parts=()):
            return words.plain("audience.agreed")
        case All(parts=(part,)) | AnyOf(parts=(part,)):
            return _clause(part, words, known, depth)
        case All(parts=parts):
            clauses = [_clause(part, words, known, depth + 1) for part in parts]
            return reduce(lambda first, second: words.plain("audience.and", first=first, second=second), clauses)
        case AnyOf(parts=parts):
            clauses = [_clause(part, words, known, depth) for part in parts]
            if not depth:
                return reduce(lambda first, second: words.plain("audience.or", first=first, second=second), clauses)
            inside = reduce(
                lambda first, second: words.plain("audience.or_inside", first=first, second=second), clauses
            )
            return f"({inside})"


def _either(kind: str, values: Sequence[str], words: Words, known: Known) -> str:
    """`A, B or C`, as it stands in a sentence."""
    named = [_in_sentence(kind, value, words, known) for value in values]
    if len(named) == 1:
        return named[0]
    return words.plain("audience.either", some=", ".join(named[:-1]), last=named[-1])


def _in_sentence(kind: str, value: str, words: Words, known: Known) -> str:
    if kind in ("organisation_type", "status", "generation", "role"):
        return words.plain(f"audience.{kind}.{value}")
    return label(kind, value, words, known)
