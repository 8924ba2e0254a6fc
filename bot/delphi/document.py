"""An analysis as JSON: what is not valid is null, and `reason` beside it says why."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

from bot.delphi.refused import Refused
from bot.delphi.scale import Scale

REASON = "reason"


def as_json(value: object) -> Any:
    """Values that `json` can write. Results become objects, in which None is left out and Refused is null.

    An object with a null has `reason`, an object with why for each null. Raises TypeError for what is no result.
    """
    match value:
        case Scale():
            return str(value)
        case StrEnum():
            return value.value
        case IntEnum():
            return int(value)
        case Fraction():
            return float(value)
        case bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [as_json(each) for each in value]
        case Mapping():
            return _object((str(key), each) for key, each in value.items())
        case _ if is_dataclass(value):
            return _object((field.name, getattr(value, field.name)) for field in fields(value))
        case _:
            raise TypeError(f"{type(value).__name__} is no result")


def _object(members: Iterable[tuple[str, object]]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name, value in members:
        if isinstance(value, Refused):
            written[name] = None
            reasons[name] = value.reason
        elif value is not None:
            written[name] = as_json(value)
    return written | {REASON: reasons} if reasons else written
