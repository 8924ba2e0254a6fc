"""Socket Mode: WebSockets that the app opens, over which envelopes go out and acknowledgements come back.

Source: docs.slack.dev/apis/events-api/using-socket-mode.
"""

import asyncio
import itertools
import secrets
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from sandbox.clock import Changes
from sandbox.slack.state import APP_ID
from sandbox.wire import JSON
from sandbox.world import World

MAX_CONNECTIONS = 10


class Sockets:
    """The app's open connections. Each envelope goes to one of them, in turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn = itertools.count()
        self.changes = Changes()

    @property
    def connected(self) -> bool:
        return bool(self._open)

    def issue_ticket(self) -> str:
        """The address of one connection, good for one use; ConnectionError when there are too many."""
        if len(self._open) >= MAX_CONNECTIONS and self._world.is_strict("slack.socket_connections"):
            raise ConnectionError("too_many_websockets")
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self._world.socket_url}/link/?ticket={ticket}&app_id={APP_ID}"

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self._open.append(socket)
        self._connections_changed()
        try:
            await socket.send_str(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            self._open.remove(socket)
            self._connections_changed()
        return socket

    def _connections_changed(self) -> None:
        self._world.slack.socket_mode = self.connected
        self.changes.touch()
        self._world.touch()

    def _hello(self) -> str:
        hello: JSON = {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {
                "host": "sandbox",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": APP_ID},
        }
        return orjson.dumps(hello).decode()

    def _acknowledge(self, text: str) -> None:
        try:
            answer = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        if isinstance(answer, dict):
            waiting = self._waiting.get(str(answer.get("envelope_id")))
            if waiting and not waiting.done():
                waiting.set_result(answer.get("payload"))

    async def deliver(self, kind: str, payload: JSON, attempt: int, reason: str, seconds: float) -> Any:
        """Send an envelope and give back the payload of its acknowledgement.

        TimeoutError when none comes within `seconds`, ConnectionError when the connection is gone.
        """
        if not self._open:
            raise ConnectionError("no connection")
        socket = self._open[next(self._turn) % len(self._open)]
        envelope_id = secrets.token_hex(16)
        envelope: JSON = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        acknowledged = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acknowledged
        try:
            async with asyncio.timeout(seconds):
                await socket.send_str(orjson.dumps(envelope).decode())
                return await acknowledged
        finally:
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to connect anew and close its connections, as Slack does every few hours."""
        notice = orjson.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}).decode()
        for socket in list(self._open):
            await socket.send_str(notice)
            await socket.close()

    async def close(self) -> None:
        for socket in list(self._open):
            await socket.close()
