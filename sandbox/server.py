"""The sandbox as a server: both platforms, the control interface and the page on one address."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import uvicorn
from aiohttp import web
from starlette.applications import Starlette
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import control, control_acts, control_settings
from sandbox.slack import http as slack_http
from sandbox.slack.delivery import Delivery
from sandbox.slack.socket_mode import Sockets
from sandbox.telegram import http as telegram_http
from sandbox.telegram.updates import WebhookDelivery
from sandbox.wire import DroppableProtocol
from sandbox.world import World

PAGE = Path(__file__).parent / "page"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARDS = frozenset({"", "0.0.0.0", "::"})
KEEP_ALIVE = 2.0
"""Seconds an idle connection to the bot is kept: less than servers do, so that none closes under a request."""
GRACE = 0.1
"""Seconds for the answers under way when the server is to stop; whoever waits for the bot then waits in vain."""


class _Page(StaticFiles):
    """Files that a browser asks for again after an edit."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response: Response = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # passed on as they came
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _index(request: object) -> Response:
    return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


def application(world: World, host: str = "127.0.0.1") -> Starlette:
    """The ASGI application of a world; `host` is the address it is bound to."""
    app = Starlette(
        routes=[
            Route("/", _index),
            Mount("/page", _Page(directory=PAGE, check_dir=False)),
            *telegram_http.ROUTES,
            *slack_http.ROUTES,
            *control.ROUTES,
            *control_settings.ROUTES,
            *control_acts.ROUTES,
            control.UNKNOWN,
        ]
    )
    app.state.world = world
    app.state.hosts = frozenset() if host in WILDCARDS else LOOPBACK | {host}
    return app


class _Server(uvicorn.Server):
    """Within somebody else's event loop, whose signals it leaves alone; stops at once when told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = self.server_state.tasks
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        for task in list(tasks):
            task.cancel()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off for sockets that say they are TCP only; else each answer may wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _address(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@asynccontextmanager
async def serve(world: World, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve a world within the running event loop; gives its base address.

    Port 0 takes a free one. Socket Mode listens on a port of its own, as Slack's does on a host of its own.
    OSError when the port is taken.
    """
    listener, socket_listener = _listen(host, port), _listen(host, 0)
    world.end_waiting(False)
    world.base_url = _address(listener, "http")
    world.socket_url = _address(socket_listener, "ws")
    config = uvicorn.Config(
        application(world, host),
        http=DroppableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        timeout_keep_alive=300,
    )
    server = _Server(config)
    sockets = Sockets(world)
    socket_app = web.Application()
    socket_app.router.add_get("/link/", sockets.accept)
    runner = web.AppRunner(socket_app, access_log=None, shutdown_timeout=0.1)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE)
    async with aiohttp.ClientSession(connector=connector) as session:
        world.slack.delivery = delivery = Delivery(world, session, sockets)
        webhook = asyncio.create_task(WebhookDelivery(world, session).run())
        await runner.setup()
        await web.SockSite(runner, socket_listener).start()
        serving = asyncio.create_task(server.serve([listener]))
        try:
            while not server.started:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.005)
            yield world.base_url
        finally:
            server.stop.set()
            webhook.cancel()
            world.end_waiting()
            await delivery.close()
            await sockets.close()
            await asyncio.gather(webhook, serving, return_exceptions=True)
            await runner.cleanup()
            world.slack.delivery = None
            listener.close()
            socket_listener.close()
