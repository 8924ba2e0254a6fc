"""The parameters of a Bot API call, whichever of its encodings they came in, and the platform's refusals."""

from contextlib import suppress
from typing import Any

import orjson

from sandbox.wire import JSON, Upload


class BotApiError(Exception):
    """A refusal as Telegram words it; `parameters` are its ResponseParameters."""

    def __init__(self, code: int, description: str, parameters: JSON | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def as_json(self) -> JSON:
        body: JSON = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(reason: str) -> BotApiError:
    return BotApiError(400, f"Bad Request: {reason}")


class Parameters:
    """Typed reading of parameters; a value of the wrong type is refused as Telegram does."""

    def __init__(self, members: JSON) -> None:
        self._members = members

    def text(self, name: str) -> str:
        """The string, empty when it is not given."""
        value = self._members.get(name, "")
        return value if isinstance(value, str) else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        value = self._members.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f'parameter "{name}" must be of type Integer') from None

    def flag(self, name: str) -> bool:
        value = self._members.get(name, False)
        return value is True or str(value).lower() in ("true", "1", "yes", "t", "y")

    def structure(self, name: str, kind: type[Any]) -> Any:
        """An object or array, given as such or as its JSON text; None when it is not given."""
        value = self._members.get(name)
        if value in (None, ""):
            return None
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise bad_request(f"can't parse {name} JSON object") from None
        if not isinstance(value, kind):
            raise bad_request(f"{name} has a wrong type")
        return value

    def upload(self, name: str) -> Upload | None:
        """The file of this parameter, sent under its name or by `attach://`."""
        value = self._members.get(name)
        if isinstance(value, str) and value.startswith("attach://"):
            value = self._members.get(value.removeprefix("attach://"))
        return value if isinstance(value, Upload) else None

    def within(self, members: JSON) -> "Parameters":
        """Those of an object among them, which may refer to the files of the call."""
        return Parameters({**self._members, **members})

    def has(self, name: str) -> bool:
        return self._members.get(name) not in (None, "")

    def shown(self) -> JSON:
        """For the inspector: secrets hidden, files by name and size."""
        shown: JSON = {}
        for name, value in self._members.items():
            if isinstance(value, Upload):
                value = {"file": value.name, "size": len(value.data)}
            elif name == "secret_token":
                value = "…"
            elif isinstance(value, str) and value[:1] in ("{", "["):
                with suppress(orjson.JSONDecodeError):
                    value = orjson.loads(value)
            shown[name] = value
        return shown
