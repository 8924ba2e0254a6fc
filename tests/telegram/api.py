"""A Bot API server that answers as it is told, for what a well-behaved one does rarely."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from aiohttp import web

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - nobody's
BOT = {"id": 110201543, "is_bot": True, "first_name": "4 per 1000", "username": "FourPer1000Bot"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `drop` closes the connection without one, and `never` keeps it open for good."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    instead: Literal["", "drop", "never"] = ""


def error(status: int, description: str, **parameters: int) -> Answer:
    """An error in the Bot API's form."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return Answer(status, body | ({"parameters": parameters} if parameters else {}))


def result(value: Any) -> Answer:
    return Answer(200, {"ok": True, "result": value})


DROP = Answer(instead="drop")
NEVER = Answer(instead="never")


class ScriptedApi:
    """Answers each method with what was queued for it, then as usual."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.queued: dict[str, deque[Answer]] = defaultdict(deque)
        # What its file server holds, by path.
        self.stored: dict[str, Answer] = {}
        self._sent = 1000
        self._arrived = asyncio.Condition()

    def queue(self, method: str, *answers: Answer) -> None:
        self.queued[method].extend(answers)

    def to(self, method: str) -> list[dict[str, str]]:
        """The parameters of the calls of that method so far."""
        return [parameters for called, parameters in self.calls if called == method]

    async def called(self, method: str, times: int = 1) -> list[dict[str, str]]:
        """The same, as soon as there are so many."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.to(method)) >= times)
        return self.to(method)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        form = await request.post()
        async with self._arrived:
            self.calls.append((method, {name: _words(value) for name, value in form.items()}))
            self._arrived.notify_all()
        if request.match_info["token"] != TOKEN:
            answer = error(401, "Unauthorized")
        else:
            answer = self.queued[method].popleft() if self.queued[method] else self._usual(method)
        if answer.instead == "never":
            await asyncio.Event().wait()
        if answer.instead == "drop":
            assert request.transport
            request.transport.close()
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        return web.Response(status=answer.status, body=body, headers=answer.headers, content_type="application/json")

    async def give(self, request: web.Request) -> web.StreamResponse:
        """A file of the bot's."""
        answer = self.stored.get(request.match_info["path"], Answer(404, b""))
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    def _usual(self, method: str) -> Answer:
        if method == "getMe":
            return result(BOT)
        if method == "getUpdates":
            return NEVER
        if method == "getWebhookInfo":
            return result({"url": "", "has_custom_certificate": False, "pending_update_count": 0})
        if method == "sendMessage":
            self._sent += 1
            return result({"message_id": self._sent, "date": 1, "chat": {"id": 1, "type": "private"}})
        return result(True)


def _words(value: str | bytes | bytearray | web.FileField) -> str:
    """The value of a parameter; of a file, its name and its words."""
    if isinstance(value, web.FileField):
        return f"{value.filename}: {value.file.read().decode()}"
    return value if isinstance(value, str) else value.decode()


@asynccontextmanager
async def scripted_api() -> AsyncIterator[ScriptedApi]:
    api = ScriptedApi()
    application = web.Application()
    application.router.add_route("*", "/bot{token}/{method}", api.answer)
    application.router.add_get("/file/bot{token}/{path:.*}", api.give)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
