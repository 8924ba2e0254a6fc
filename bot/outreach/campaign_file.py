"""A call for engagement in a file, for who would rather write it there: YAML, as docs/calls.md describes it.

Everything that is wrong with a file is told at once, with its place.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.outreach.schedule import at_wall, zone_named
from storage.campaigns import Draft

Text = Annotated[str, Field(strict=True)]


class FileErrors(Exception):
    """Everything that is wrong with a file: (place, what)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {what}" for place, what in problems))
        self.problems = problems


def _dotted(value: object) -> object:
    """YAML makes a datetime of `2026-11-23 09:00:00`; it is read as it was written."""
    return value.isoformat() if isinstance(value, datetime) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ButtonPart(_Part):
    target: Text
    labels: dict[Text, Text] = {}


class _PicturePart(_Part):
    file: Text
    alt: Text = ""


class _WhenPart(_Part):
    """`at` is an instant in `zone`, `local` a wall time of each reader."""

    at: Annotated[Text, BeforeValidator(_dotted)] | None = None
    zone: Text = "UTC"
    local: Annotated[Text, BeforeValidator(_dotted)] | None = None


class _CallFile(_Part):
    title: Text
    texts: dict[Text, Text]
    button: _ButtonPart | None = None
    picture: _PicturePart | None = None
    audience: Any = None
    places: list[int] = []
    when: _WhenPart | Literal["now"] = "now"


class CallFile(BaseModel):
    """A file as it was read: the draft, and the picture that is to be stored with it (path, what it shows)."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    draft: Draft
    picture: Path | None
    alt: str


def read_file(path: Path) -> CallFile:
    """The call in a file. A picture's path is taken from the file's own folder. Raises FileErrors."""
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise FileErrors([(path.name, f"cannot be read: {error.strerror}")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileErrors([(path.name, f"is no YAML: {_first_line(error)}")]) from None
    if not isinstance(raw, Mapping):
        raise FileErrors([(path.name, "holds no call: begin with `title: …`")])
    try:
        call = _CallFile.model_validate(raw)
    except ValidationError as error:
        raise FileErrors([_problem(each) for each in error.errors(include_url=False)]) from None
    begins_at, local_time = _when(call.when)
    picture = path.parent / call.picture.file if call.picture else None
    if picture is not None and not picture.is_file():
        raise FileErrors([("picture.file", f"there is no file {call.picture.file if call.picture else ''}")])
    draft = Draft(
        title=call.title,
        texts=call.texts,
        button=call.button.model_dump() if call.button else {},
        audience=call.audience,
        places=tuple(call.places),
        begins_at=begins_at,
        local_time=local_time,
    )
    return CallFile(draft=draft, picture=picture, alt=call.picture.alt if call.picture else "")


def _when(when: _WhenPart | str) -> tuple[datetime | None, str]:
    if isinstance(when, str):
        return None, ""
    if (when.at is None) == (when.local is None):
        raise FileErrors([("when", "says either `at` (with `zone`) or `local`")])
    if when.local is not None:
        return None, _wall("when.local", when.local).isoformat(timespec="minutes")
    zone = zone_named(when.zone)
    if zone is None:
        raise FileErrors([("when.zone", f"{when.zone} is no time zone: write Europe/Paris, for example")])
    return at_wall(_wall("when.at", when.at or ""), zone), ""


def _wall(place: str, written: str) -> datetime:
    try:
        wall = datetime.fromisoformat(written)
    except ValueError:
        raise FileErrors([(place, f"{written} is no date and time: write 2026-11-23 09:00")]) from None
    if wall.tzinfo is not None:
        raise FileErrors([(place, "names a zone: leave it out here, `zone` says it")])
    return wall


def _problem(found: Any) -> tuple[str, str]:
    place = ".".join(str(part) for part in found["loc"] if part not in ("_WhenPart", "literal['now']"))
    what = {"missing": "is missing", "extra_forbidden": "is nothing that a call has"}.get(found["type"], found["msg"])
    return place, what


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
