"""The Bot API over HTTP: `/telegram/bot<token>/<method>` and `/telegram/file/bot<token>/<path>`."""

import hmac

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.exchange import Answer, exchange
from sandbox.faults import Fault
from sandbox.telegram.methods import METHODS
from sandbox.telegram.parameters import BotApiError, Parameters
from sandbox.telegram.updates import get_updates
from sandbox.wire import MalformedBody, json_response, read_parameters
from sandbox.world import World

BY_LOWER_CASE = {name.lower(): name for name in [*METHODS, "getUpdates"]}
"""Method names are case-insensitive."""


async def bot_api(request: Request) -> Response:
    world: World = request.app.state.world
    telegram = world.telegram
    given = request.path_params["method"]
    name = BY_LOWER_CASE.get(given.lower(), given)
    try:
        parameters = Parameters(await read_parameters(request))
    except MalformedBody as error:
        return json_response(BotApiError(400, f"Bad Request: {error}").as_json(), 400)

    async def effect() -> Answer:
        try:
            if not hmac.compare_digest(request.path_params["token"].encode(), telegram.token.encode()):
                raise BotApiError(401, "Unauthorized")
            if name == "getUpdates":
                return Answer({"ok": True, "result": await get_updates(telegram, parameters)})
            if name not in METHODS:
                raise BotApiError(404, "Not Found: method not found")
            return Answer({"ok": True, "result": METHODS[name](telegram, parameters)})
        except BotApiError as error:
            return Answer(error.as_json(), error.code, error=error.description)

    return await exchange(
        world,
        "telegram",
        name,
        _person(world, parameters),
        parameters.shown(),
        effect,
        _refusal,
        quiet=lambda answer: name == "getUpdates" and answer.body.get("result") == [],
    )


def _person(world: World, p: Parameters) -> str | None:
    """Whom a call concerns: whose private chat it names, or whose tap it answers."""
    tap = world.telegram.taps.get(p.text("callback_query_id"))
    try:
        persona = world.by_telegram.get(tap.person if tap else p.integer("chat_id"))
    except BotApiError:
        return None
    return persona.id if persona else None


def _refusal(fault: Fault) -> Answer:
    error = BotApiError(500, "Internal Server Error")
    if fault.kind == "rate_limit":
        wait = max(1, round(fault.seconds))
        error = BotApiError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
    return Answer(error.as_json(), error.code, error=error.description)


async def download(request: Request) -> Response:
    world: World = request.app.state.world
    if request.path_params["token"] != world.telegram.token:
        return json_response(BotApiError(401, "Unauthorized").as_json(), 401)
    file = world.telegram.files.get(request.path_params["path"].rpartition("/")[2])
    if file is None:
        return json_response(BotApiError(404, "Not Found").as_json(), 404)
    return Response(file.data, media_type=file.mime_type)


ROUTES = [
    Route("/telegram/bot{token}/{method}", bot_api, methods=["GET", "POST"]),
    Route("/telegram/file/bot{token}/{path:path}", download),
]
