"""A Web API that answers as it is told, for what a well-behaved one does rarely."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from tests.slack.far_side import BOT, DIRECT, TEAM

PATIENCE = 5.0
"""Seconds after which a test that waits has failed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `drop` closes the connection without one, and `never` keeps it open for good."""

    status: int = 200
    body: Any = None
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    instead: Literal["", "drop", "never"] = ""


def error(code: str, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"ok": False, "error": code}, headers=named)


def ok(**more: Any) -> Answer:
    return Answer(200, {"ok": True, **more})


STANDARD = {
    "auth.test": ok(team_id=TEAM, user_id=BOT, bot_id="B0BOT", team="Four", user="bot", url="http://localhost/"),
    "conversations.open": ok(channel={"id": DIRECT}),
    "chat.postMessage": ok(ts="1772443900.000300", channel=DIRECT),
    "chat.update": ok(ts="1772443800.000200", channel=DIRECT),
    "views.publish": ok(view={}),
    "views.open": ok(view={}),
    "views.update": ok(view={}),
    "users.info": ok(
        user={
            "id": "U0042",
            "name": "awa",
            "locale": "fr-FR",
            "tz": "Africa/Dakar",
            "profile": {"real_name": "Awa Diop", "display_name": "awa.d"},
        }
    ),
}


class ScriptedWebApi:
    """Answers each method with what was queued for it, else as usual; remembers what it was called with."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        self.authorisations: dict[str, str] = {}
        self.called: asyncio.Queue[str] = asyncio.Queue()
        self._connections: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.acknowledgements: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._open: list[web.WebSocketResponse] = []

    def answer(self, method: str, *answers: Answer) -> None:
        self.answers[method].extend(answers)

    def sent(self, method: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments in self.calls if called == method]

    async def until_called(self, method: str) -> dict[str, Any]:
        """The arguments of the next call of that method."""
        async with asyncio.timeout(PATIENCE):
            while await self.called.get() != method:
                pass
        return self.sent(method)[-1]

    async def connection(self) -> web.WebSocketResponse:
        """Slack's end of the next Socket Mode connection."""
        async with asyncio.timeout(PATIENCE):
            return await self._connections.get()

    async def acknowledgement(self) -> dict[str, Any]:
        """The next answer to an envelope."""
        async with asyncio.timeout(PATIENCE):
            return await self.acknowledgements.get()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        form = {**request.query, **await request.post()}
        self.calls.append((method, await request.json() if is_json else form))
        self.authorisations[method] = request.headers.get("Authorization", "")
        self.called.put_nowait(method)
        queued = self.answers[method]
        if method == "apps.connections.open" and not queued:
            return web.json_response({"ok": True, "url": f"{self.url.replace('http', 'ws')}link"})
        answer = queued.popleft() if queued else STANDARD.get(method, error("unknown_method"))
        if answer.instead == "never":
            await asyncio.Event().wait()
        if answer.instead == "drop":
            assert request.transport
            request.transport.close()
            return web.Response()
        if answer.text:
            return web.Response(status=answer.status, text=answer.text, content_type="text/html")
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A Socket Mode connection."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._open.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self._connections.put_nowait(socket)
        async for incoming in socket:
            if incoming.type == WSMsgType.TEXT:
                self.acknowledgements.put_nowait(incoming.json())
        return socket

    async def close(self) -> None:
        for socket in self._open:
            await socket.close()


@asynccontextmanager
async def scripted_web_api() -> AsyncIterator[ScriptedWebApi]:
    api = ScriptedWebApi()
    app = web.Application()
    app.router.add_get("/api/link", api.link)
    app.router.add_route("*", "/api/{method}", api.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    api.url = f"http://127.0.0.1:{port}/api/"
    try:
        yield api
    finally:
        await api.close()
        await runner.cleanup()
