"""The parameters of a Web API call, whichever of its encodings they came in, and the platform's refusals."""

from contextlib import suppress
from typing import Any

import orjson

from sandbox.wire import JSON


class SlackError(Exception):
    """A refusal: `{"ok": false, "error": …}` and what else Slack says with it."""

    def __init__(self, error: str, status: int = 200, **members: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.members = members

    def as_json(self) -> JSON:
        return {"ok": False, "error": self.error, **self.members}


def invalid(error: str, problems: list[str]) -> SlackError:
    """`invalid_blocks` or `invalid_arguments` with what is wrong and where."""
    messages = {"messages": [f"[ERROR] {problem}" for problem in problems]}
    if error == "invalid_blocks":
        return SlackError(error, errors=problems, response_metadata=messages)
    return SlackError(error, response_metadata=messages)


class Parameters:
    """Typed reading of the parameters of one call."""

    def __init__(self, members: JSON) -> None:
        self._members = members

    def text(self, name: str) -> str:
        """The string, empty when it is not given."""
        value = self._members.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise invalid("invalid_arguments", [f"missing required field: {name}"])
        return value

    def integer(self, name: str, default: int) -> int:
        try:
            return int(self._members.get(name) or default)
        except (TypeError, ValueError):
            raise invalid("invalid_arguments", [f"must be an integer [json-pointer:/{name}]"]) from None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._members.get(name)
        return default if value is None else str(value).lower() in ("true", "1")

    def structure(self, name: str) -> Any:
        """An object or array, given as such or as its JSON text; None when it is not given."""
        value = self._members.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise invalid(error, [f"invalid JSON [json-pointer:/{name}]"]) from None

    def has(self, name: str) -> bool:
        return self._members.get(name) is not None

    def shown(self) -> JSON:
        """For the inspector: without the token, JSON texts as what they say."""
        shown: JSON = {}
        for name, value in self._members.items():
            if name == "token":
                continue
            if isinstance(value, str) and value[:1] in ("{", "["):
                with suppress(orjson.JSONDecodeError):
                    value = orjson.loads(value)
            shown[name] = value
        return shown
