"""HTTP/1.1 on loopback, both ends, with as little between the socket and the caller as there can be.

The load has to cost less than what it measures; a web framework here would be a third contender.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

import httptools

Answer = Callable[[bytes, bytes], tuple[int, bytes]]
"""From a request's path and body to a status and a JSON body."""


class Served(asyncio.Protocol):
    """A connection to us, kept alive; each request is answered as soon as it is complete."""

    _transport: asyncio.Transport

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path = b""
        self._body = []

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status, body = self._answer(self._path, b"".join(self._body))
        self._transport.write(
            b"HTTP/1.1 %d \r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(body), body)
        )


class Posted(asyncio.Protocol):
    """A connection of ours, kept alive, with one request under way at most."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._status: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> asyncio.Future[int]:
        """The status that it will be answered with. Raises ConnectionError there when the connection is lost."""
        self._status = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._status

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._status is not None and not self._status.done():
            self._status.set_result(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._status is not None and not self._status.done():
            self._status.set_exception(ConnectionError("closed with a request on it"))

    @property
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()


class Webhook:
    """Posts updates to one path of 127.0.0.1, as many at a time as there are connections. Close it in the end."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str], connections: int) -> None:
        self._port = port
        lines = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", **headers}
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._head = head.encode()
        self._free: asyncio.Queue[Posted | None] = asyncio.Queue()
        for _ in range(connections):
            self._free.put_nowait(None)

    async def post(self, body: bytes) -> int:
        """The status of the answer. As Telegram does, waits for a free connection first, and posts again what met a
        connection that was being closed."""
        connection = await self._free.get()
        request = b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body)
        while True:
            if connection is None or connection.is_closing:
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(Posted, "127.0.0.1", self._port)
            try:
                status = await connection.send(request)
            except ConnectionError:
                continue
            self._free.put_nowait(connection)
            return status

    def close(self) -> None:
        while not self._free.empty():
            if connection := self._free.get_nowait():
                connection.close()
