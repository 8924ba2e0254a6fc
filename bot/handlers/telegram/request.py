"""HTTP under python-telegram-bot: its `BaseRequest` over one shared aiohttp session.

Calls go out form-encoded, the one way of passing parameters that every server of the Bot API takes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    FormData,
)
from telegram import InputFile
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter
from yarl import URL

Seconds = object
"""A number, or what PTB passes without one: None or `BaseRequest.DEFAULT_NONE`."""

_HEADERS = {"User-Agent": BaseRequest.USER_AGENT, "Content-Type": "application/x-www-form-urlencoded"}


class Unopened(NetworkError):
    """No connection came about: the call has had no effect."""


class ServerFault(NetworkError):
    """The server answered 5xx: the call may have had its effect, unless `status` is 503."""

    def __init__(self, status: int) -> None:
        super().__init__(f"server error {status}")
        self.status = status


class Throttled(TelegramError):
    """429: no more calls for so many `seconds`. Stands in for PTB's RetryAfter, which needs a JSON body and
    warns of its own deprecation."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """Calls of the Bot API below `root` (`https://api.telegram.org/bot<token>`). The session is the
    caller's to close; its connector limits the connections and keeps them alive.

    Timeouts are in seconds: `connect` for opening a connection, `read` for each wait for bytes, and `total`
    for a whole call with the wait for a free connection. No call is ever repeated here.
    """

    __slots__ = ("_connect", "_read", "_root", "_session", "_timeout", "_total")

    def __init__(
        self, session: ClientSession, root: str, *, connect: float = 5, read: float = 10, total: float = 15
    ) -> None:
        self._session = session
        self._root = root
        self._connect = connect
        self._read = read
        self._total = total
        self._timeout = self._limits(read)

    @property
    def read_timeout(self) -> float:
        return self._read

    async def initialize(self) -> None:
        """The session is open already."""

    async def shutdown(self) -> None:
        """The session belongs to the caller."""

    async def call(
        self,
        method: str,
        parameters: Mapping[str, object],
        read_timeout: float | None = None,
        uploads: Mapping[str, InputFile] = MappingProxyType({}),
    ) -> Any:
        """What `method` answers, as plain JSON. `uploads` are parameters whose values are files.

        PTB's own methods make an object of every part of an answer; for a sent message that costs more than
        all the rest of sending it. Raises TelegramError as they do.
        """
        data = RequestData(
            [
                *(RequestParameter(name, value, None) for name, value in parameters.items()),
                *(RequestParameter(name, None, [file]) for name, file in uploads.items()),
            ]
        )
        try:
            return await self.post(f"{self._root}/{method}", data, read_timeout=read_timeout)
        except (KeyError, TypeError) as error:
            raise TelegramError("Invalid server response") from error

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Seconds = BaseRequest.DEFAULT_NONE,
        write_timeout: Seconds = BaseRequest.DEFAULT_NONE,
        connect_timeout: Seconds = BaseRequest.DEFAULT_NONE,
        pool_timeout: Seconds = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body. Only `read_timeout` can be set per call; the others are the session's."""
        timeout = self._limits(read_timeout) if isinstance(read_timeout, int | float) else self._timeout
        body = _encoded(request_data) if request_data else None
        headers = None if isinstance(body, FormData) else _HEADERS
        address = URL(url, encoded=True)
        try:
            async with self._session.request(
                method, address, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status, answer = response.status, await response.read()
                retry_after = response.headers.get("Retry-After", "")
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise Unopened(type(error).__name__) from error
        except TimeoutError as error:
            raise TimedOut from error
        except (ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from error
        if status == 429:
            raise Throttled(_pause(answer, retry_after))
        if status >= 500:
            raise ServerFault(status)
        return status, answer

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as JSON; unlike the method it overrides, it never logs what it could not read."""
        try:
            answer = orjson.loads(payload)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer

    def _limits(self, read: float) -> ClientTimeout:
        total = self._total + max(0, read - self._read)
        return ClientTimeout(total=total, connect=self._total, sock_connect=self._connect, sock_read=read)


def _encoded(data: RequestData) -> bytes | FormData | None:
    fields = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in data.parameters.items()
    }
    if data.contains_files:
        # Names of files stand as they are: Telegram does not read them back out of per cent signs.
        form = FormData(fields, quote_fields=False)
        for name, (filename, content, content_type) in data.multipart_data.items():
            form.add_field(name, content, filename=filename, content_type=content_type)
        return form
    # yarl encodes a query in C, seven times as fast as urllib.
    return URL.build(query=fields).raw_query_string.encode() if fields else None


def _pause(answer: bytes, header: str) -> float:
    """Seconds to wait: what the body asks for, else the header, else one."""
    try:
        return max(1.0, float(orjson.loads(answer)["parameters"]["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return max(1.0, float(header)) if header.isdigit() else 1.0
