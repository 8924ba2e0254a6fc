"""What a person wrote in a file, part by part: what can be read of it, and where which problem stands. Pure."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.delphi.checking import Path, Problem, Weight
from bot.delphi.protocol import (
    AgreeItem,
    Asked,
    ChoiceItem,
    Consensus,
    Ends,
    Feedback,
    Group,
    NumberItem,
    OpenItem,
    Option,
    Protocol,
    RankingItem,
    Round,
    ScaleItem,
    Seat,
    Stopping,
)

KINDS: Mapping[str, type[Asked]] = {
    "scale": ScaleItem,
    "agree": AgreeItem,
    "choice": ChoiceItem,
    "ranking": RankingItem,
    "number": NumberItem,
    "open": OpenItem,
}
_PARTS: tuple[type[BaseModel], ...] = (
    Protocol,
    Consensus,
    Ends,
    Feedback,
    Group,
    Option,
    Round,
    Seat,
    Stopping,
    *KINDS.values(),
)
KNOWN = sorted({name for part in _PARTS for name in part.model_fields})
"""Every key that a definition may have somewhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and a line of it or a row of its sheet."""

    file: str
    line: int


@dataclass(slots=True)
class Places:
    """Where each part of a protocol was written. What has no place of its own stands where the part around it does."""

    file: str
    lines: dict[Path, Place] = field(default_factory=dict)

    def put(self, path: Path, line: int) -> None:
        """Only the first place of a path counts."""
        self.lines.setdefault(path, Place(self.file, line))

    def find(self, path: Path) -> Place:
        """The place of a path, or of the nearest part around it."""
        for length in range(len(path), -1, -1):
            if (found := self.lines.get(path[:length])) is not None:
                return found
        return Place(self.file, 1)


@dataclass(frozen=True, slots=True)
class Located:
    """A problem with its place; `str` is a line for a terminal: "study.yaml:41: items.3.id: …"."""

    place: Place
    problem: Problem
    others: tuple[Place, ...] = ()

    def __str__(self) -> str:
        path = self.problem.paths[0] if self.problem.paths else ()
        named = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        where = f"{self.place.file}:{self.place.line}: " + (f"{named}: " if named else "")
        lines = [str(place.line) for place in dict.fromkeys((self.place, *self.others))]
        if len(lines) < 2 or self.problem.id not in {"used_twice", "seat_twice", "round_overlap"}:
            return f"{where}{self.problem}"
        return f"{where}{self.problem} (lines {' and '.join(lines)})"


def locate(problem: Problem, places: Places) -> Located:
    """The problem where it was written."""
    first, *others = [places.find(path) for path in problem.paths] or [places.find(())]
    return Located(first, problem, tuple(others))


def told(what: str, path: Path, weight: Weight = Weight.ERROR) -> Problem:
    """A problem that only a file can have, in English."""
    return Problem("file", (path,), {"what": what}, weight)


def read_part(adapter: TypeAdapter[Any], raw: object, path: Path) -> tuple[Any, list[Problem]]:
    """What the model makes of a part, or None and everything that is wrong with it."""
    try:
        return adapter.validate_python(raw), []
    except ValidationError as error:
        return None, [told(_in_words(dict(each)), _path_of(path, raw, each["loc"])) for each in error.errors()]


def _path_of(path: Path, raw: Any, loc: Sequence[str | int]) -> Path:
    """Where in the file an error is: what the model adds to tell kinds apart is no part of it."""
    found = list(path)
    for at, part in enumerate(loc):
        if part in KINDS and (at == 0 or isinstance(loc[at - 1], int)):
            continue
        is_there = part in raw if isinstance(raw, dict) else isinstance(raw, list)
        if not is_there and at < len(loc) - 1:
            continue
        raw = raw[part] if is_there else None
        found.append(part)
    return tuple(found)


def _in_words(error: Mapping[str, Any]) -> str:
    """What is wrong and what to do."""
    written, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing: add it"
        case "extra_forbidden":
            return unknown(str(error["loc"][-1]))
        case "string_pattern_mismatch":
            return f"{written!r} cannot be one: {_shape(context['pattern'])}"
        case "literal_error" | "enum":
            return f"{written!r} is none of {context['expected']}: choose one of them"
        case "union_tag_invalid" | "union_tag_not_found":
            return f"is of no known kind: choose one of {', '.join(KINDS)}"
        case "bool_parsing" | "bool_type":
            return f"{written!r} is neither: write true or false"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{written!r} is no whole number: write one"
        case "float_parsing" | "float_type":
            return f"{written!r} is no number: write one, with a point before decimals"
        case "datetime_parsing" | "datetime_from_date_parsing" | "datetime_type":
            return f"{written!r} is no time: write it as 2027-01-11 09:00"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "has parts of its own: write them below it, indented, each as `name: …`"
        case "list_type":
            return "is a list: write each entry on a line of its own that begins with `- `"
        case "greater_than_equal":
            return f"{written!r} is too small: write {context['ge']} or more"
        case "value_error":
            return _value_error(str(context["error"]), written)
        case _:
            return f"{error['msg']}: correct it"


def unknown(name: str) -> str:
    """What to do about a key that nothing has."""
    close = difflib.get_close_matches(name, KNOWN, 1)
    return f"`{name}` is unknown here: " + (f"did you mean `{close[0]}`?" if close else "remove it")


def _value_error(said: str, written: object) -> str:
    if "Fraction" in said:
        return f"{written!r} is no share: write 75 %, 0.75 or 3/4"
    return said


def _shape(pattern: str) -> str:
    shapes = {
        _pattern(Asked, "id"): "begin with a letter; up to 16 letters, digits and . _ -",
        _pattern(Group, "id"): "begin with a small letter; up to 24 small letters, digits and _ -",
        _pattern(Protocol, "study"): "begin with a small letter; 2 to 20 small letters and digits",
    }
    return shapes.get(pattern, f"it has to be of the form {pattern}")


def _pattern(part: Any, name: str) -> str:
    metadata = part.model_fields[name].metadata
    return next(str(each.pattern) for each in metadata if getattr(each, "pattern", None))
