"""A study's definition in YAML, and every problem in it with its line. Pure: files are read by who calls.

Scalars are taken as they are written, and the model makes numbers, times and truth values of them: so `no` in a text
stays a word. A text without languages is in the study's first one. What cannot be read is set aside, so that the rest
is checked all the same.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import yaml
from pydantic import TypeAdapter

from bot.delphi.checking import Path, Problem, Weight, check
from bot.delphi.items_file import read_items
from bot.delphi.protocol import Protocol, stored_item
from bot.delphi.written import Located, Places, locate, read_part, told

TEXTS = {"title", "introduction", "text", "explanation", "name", "low", "high", "unit"}
# What stands in for a part that is missing or cannot be read, while the rest is checked.
STAND_INS: dict[str, Any] = {"study": "unnamed", "title": {}, "introduction": {}, "items": [], "rounds": []}
# What is said of groups because of who sits in them.
OF_SEATS = {"group_empty", "group_small"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOTHING = {"", "~", "null", "Null", "NULL"}
_protocol: TypeAdapter[Protocol] = TypeAdapter(Protocol)

Beside = Callable[[str], bytes]
"""Reads the file of this name that lies beside the definition. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`protocol` is there when nothing keeps it from being kept as a draft."""

    protocol: Protocol | None
    problems: list[Located]

    def standing_in_the_way(self, of: Collection[Weight]) -> list[Located]:
        """The problems of these weights."""
        return [each for each in self.problems if each.problem.weight in of]


def read_definition(content: bytes, file: str, now: datetime, beside: Beside) -> Definition:
    """Reads a definition. `items: NAME.csv` (or .xlsx) takes the items from the file of that name."""
    places = Places(file)
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        places.put((), mark.line + 1 if mark else 1)
        what = getattr(error, "problem", None) or "it cannot be parsed"
        return Definition(None, [locate(told(f"is no YAML: {what}. Mind the indents and quotes", ()), places)])
    if not isinstance(root, yaml.MappingNode):
        what = "is no definition: begin with `study: soil2027`, and each further part on a line of its own"
        return Definition(None, [locate(told(what, ()), places)])
    problems: list[Problem] = []
    raw = _plain(root, (), places, problems)
    _with_languages(raw, next(iter(raw.get("languages") or ["en"]), "en"))
    _until_the_end_of_the_day(raw)
    _rated_unless_said(raw)
    _items_from_beside(raw, beside, places, problems)
    protocol, found = _read(raw, now)
    located = [locate(problem, places) for problem in (*problems, *found)]
    located.sort(key=lambda each: (each.place.file != file, each.place.line))
    broken = any(each.problem.weight is Weight.ERROR for each in located)
    return Definition(None if broken else protocol, located)


def write_definition(protocol: Protocol) -> str:
    """The definition, in YAML, that this protocol would be read from; without the people on its panel."""
    raw = protocol.model_dump(mode="json", exclude_defaults=True, exclude={"panel", "moderators"})
    for item, written in zip(protocol.items, raw["items"], strict=True):
        written["kind"] = item.kind
    return yaml.safe_dump(raw, allow_unicode=True, sort_keys=False, width=120)


def _plain(node: yaml.Node, path: Path, places: Places, problems: list[Problem]) -> Any:
    """The node as lists, dictionaries and words; notes where each part stands."""
    places.put(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, (*path, at), places, problems) for at, each in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        parts: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            within = (*path, name)
            if name in parts:
                problems.append(told("is there twice: keep one", within))
                continue
            places.put(within, key.start_mark.line + 1)
            parts[name] = _plain(value, within, places, problems)
        return parts
    is_nothing = isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NOTHING
    return None if is_nothing else node.value


def _with_languages(raw: Any, language: str) -> None:
    """Gives texts that were written without one their language."""
    if isinstance(raw, list):
        for each in raw:
            _with_languages(each, language)
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if name in TEXTS and isinstance(value, str):
                raw[name] = {language: value}
            else:
                _with_languages(value, language)


def _until_the_end_of_the_day(raw: dict[str, Any]) -> None:
    """A round that closes on a date is open on that day."""
    for each in raw.get("rounds") or []:
        closes = each.get("closes") if isinstance(each, dict) else None
        if isinstance(closes, str) and _DATE.fullmatch(closes):
            try:
                each["closes"] = (date.fromisoformat(closes) + timedelta(days=1)).isoformat()
            except ValueError:
                continue


def _rated_unless_said(raw: dict[str, Any]) -> None:
    """An item without a kind is rated on the study's scale."""
    for item in raw.get("items") or []:
        if isinstance(item, dict):
            item.setdefault("kind", "scale")


def _items_from_beside(raw: dict[str, Any], beside: Beside, places: Places, problems: list[Problem]) -> None:
    name = raw.get("items")
    if not isinstance(name, str):
        return
    raw["items"] = []
    try:
        found = read_items(beside(name), name)
    except OSError as error:
        problems.append(told(f"{name} cannot be read ({error.strerror}): put it beside this file", ("items",)))
        return
    problems += [told(f"{name}, {problem}", ("items",)) for problem in found.problems]
    raw["items"] = [stored_item(item) for item in found.items]
    for path, place in found.places.lines.items():
        places.lines[path] = place


def _read(raw: dict[str, Any], now: datetime) -> tuple[Protocol | None, list[Problem]]:
    """The protocol, and all that is wrong with it; parts that cannot be read are set aside for the checks."""
    protocol, problems = read_part(_protocol, raw, ())
    if protocol is not None:
        return protocol, check(protocol, now)
    aside: set[str] = set()
    entries: dict[str, set[int]] = {}
    for path in (problem.paths[0] for problem in problems):
        name = str(path[0]) if path else ""
        if len(path) > 1 and isinstance(path[1], int) and isinstance(raw.get(name), list):
            entries.setdefault(name, set()).add(path[1])
        else:
            aside.add(name)
    rest = {name: value for name, value in raw.items() if name not in aside}
    kept = {name: [at for at in range(len(raw[name])) if at not in gone] for name, gone in entries.items()}
    rest |= {name: [raw[name][at] for at in places] for name, places in kept.items() if name not in aside}
    rest |= {name: value for name, value in STAND_INS.items() if name not in rest}
    partly, _ = read_part(_protocol, rest, ())
    if partly is None:
        return None, problems
    # Nothing is said of what only stands in, or is counted without those that were set aside.
    stand_in = {*aside, *(STAND_INS.keys() - raw.keys())}
    for problem in check(partly, now):
        paths = tuple(_as_written(path, kept) for path in problem.paths)
        counts = paths[0] in {(name,) for name in kept} or ("panel" in kept and problem.id in OF_SEATS)
        if not counts and paths[0][0] not in stand_in:
            problems.append(Problem(problem.id, paths, problem.values, problem.weight))
    return None, problems


def _as_written(path: Path, kept: dict[str, list[int]]) -> Path:
    """The path in the file of a path in what was left of it."""
    if len(path) > 1 and isinstance(path[1], int) and (places := kept.get(str(path[0]))) is not None:
        return (path[0], places[path[1]], *path[2:])
    return path
