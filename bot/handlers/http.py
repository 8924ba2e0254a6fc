"""The web application: the platforms' endpoints, and two for whoever runs it."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route


def application(routes: Iterable[BaseRoute], ready: Callable[[], Awaitable[bool]]) -> Starlette:
    """`/healthz` answers while the process lives, `/readyz` once it can do its work."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def able(_request: Request) -> Response:
        return PlainTextResponse("ready") if await ready() else PlainTextResponse("not ready", status_code=503)

    return Starlette(routes=[*routes, Route("/healthz", alive), Route("/readyz", able)])
