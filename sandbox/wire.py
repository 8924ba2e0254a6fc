"""What travels over HTTP: parameters in, JSON out, connections that break."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file within a multipart request."""

    name: str
    content_type: str
    data: bytes


class MalformedBody(ValueError):
    """The body is not what its content type says."""


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json; charset=utf-8")


async def read_parameters(request: Request) -> JSON:
    """Query, form, multipart and JSON members as one mapping; MalformedBody when the body cannot be read.

    Values are strings, `Upload` for files, and whatever JSON has in a JSON body.
    """
    parameters: JSON = dict(parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if not body:
        return parameters
    if content_type.startswith("application/json"):
        try:
            members = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise MalformedBody("the body is not JSON") from error
        if not isinstance(members, dict):
            raise MalformedBody("the body is not a JSON object")
        parameters.update(members)
    elif content_type.startswith("multipart/form-data"):
        parameters.update(_multipart(body, content_type))
    elif content_type.startswith("application/x-www-form-urlencoded"):
        parameters.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return parameters


def _multipart(body: bytes, content_type: str) -> JSON:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if not boundary:
        raise MalformedBody("the multipart body has no boundary")
    members: JSON = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        if part.startswith(b"--"):
            return members
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            raise MalformedBody("a part of the multipart body has no header")
        described = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip("\r\n"))
        name = described.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise MalformedBody("a part of the multipart body has no name")
        file_name = described.get_filename()
        members[name] = (
            content.decode("utf-8", "replace")
            if file_name is None
            else Upload(file_name, described.get_content_type(), content)
        )
    raise MalformedBody("the multipart body does not end")


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF or JPEG; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """The size is in the start-of-frame segment (markers C0 to CF without C4, C8 and CC; ITU T.81, B.2.2)."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


class DroppableProtocol(HttpToolsProtocol):
    """Lets an endpoint close its connection without an answer, which ASGI has no word for."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.scope["extensions"] = {"sandbox.abort": {"abort": self.transport.abort}}


class Dropped(Response):
    """No answer: after `seconds`, or as soon as the client gives up, the connection is closed."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(status_code=500)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        await asyncio.wait([gone], timeout=self._seconds)
        scope["extensions"]["sandbox.abort"]["abort"]()
        await gone


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
