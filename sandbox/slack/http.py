"""The Web API over HTTP: `/slack/api/<method>`, uploads, downloads and response_urls."""

import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.exchange import Answer, exchange
from sandbox.faults import Fault
from sandbox.slack import conversations, files, messages, views
from sandbox.slack.parameters import Parameters, SlackError
from sandbox.slack.respond import respond
from sandbox.slack.state import Slack, dm_user
from sandbox.wire import JSON, MalformedBody, Upload, json_response, read_parameters
from sandbox.world import World

METHODS: dict[str, Callable[[Slack, Parameters], JSON]] = {
    **messages.METHODS,
    **conversations.METHODS,
    **views.METHODS,
    **files.METHODS,
}
OPEN_TO_ALL = frozenset({"api.test"})
NEEDED = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.open": "im:write",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
    "conversations.members": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "users.conversations": "channels:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "bots.info": "users:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "files.delete": "files:write",
}
"""The scope of each method; those of channels are `im:…` when the call names a direct message."""


def _token(request: Request, members: JSON) -> str:
    given = request.headers.get("authorization", "")
    return given.removeprefix("Bearer ") if given.startswith("Bearer ") else str(members.get("token", ""))


def _authorise(slack: Slack, method: str, token: str, p: Parameters) -> None:
    """SlackError unless the token may call the method."""
    if method in OPEN_TO_ALL:
        return
    if not token:
        raise SlackError("not_authed")
    if method == "apps.connections.open":
        is_app = hmac.compare_digest(token.encode(), slack.app_token.encode())
        if not is_app and slack.world.is_strict("slack.app_token"):
            known = token == slack.bot_token
            raise SlackError("not_allowed_token_type" if known else "invalid_auth")
        return
    if hmac.compare_digest(token.encode(), slack.app_token.encode()):
        raise SlackError("not_allowed_token_type")
    if not hmac.compare_digest(token.encode(), slack.bot_token.encode()):
        raise SlackError("invalid_auth")
    if not slack.installed:
        raise SlackError("token_revoked" if method == "auth.test" else "account_inactive")
    needed = NEEDED.get(method)
    if needed and needed.startswith("channels:") and p.text("channel").startswith("D"):
        needed = needed.replace("channels:", "im:")
    if needed and needed not in slack.scopes and slack.world.is_strict("slack.scopes"):
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(slack.scopes)))


def _connect(slack: Slack) -> JSON:
    if slack.delivery is None:
        raise SlackError("internal_error")
    try:
        return {"url": slack.delivery.sockets.issue_ticket()}
    except ConnectionError as error:
        raise SlackError(str(error)) from None


async def web_api(request: Request) -> Response:
    world: World = request.app.state.world
    slack = world.slack
    method = request.path_params["method"]
    try:
        members = await read_parameters(request)
    except MalformedBody:
        return json_response({"ok": False, "error": "invalid_json"})
    token = _token(request, members)
    p = Parameters(members)

    async def effect() -> Answer:
        scopes = {"X-OAuth-Scopes": ",".join(sorted(slack.scopes))}
        try:
            _authorise(slack, method, token, p)
            if method == "apps.connections.open":
                return Answer({"ok": True, **_connect(slack)})
            if method not in METHODS:
                raise SlackError("unknown_method", req_method=method)
            return Answer({"ok": True, **METHODS[method](slack, p)}, headers=scopes)
        except SlackError as error:
            if error.status == 429:
                wait = {"Retry-After": str(error.members["retry_after"])}
                return Answer({"ok": False, "error": error.error}, 429, wait, error.error)
            return Answer(error.as_json(), headers=scopes, error=error.error)

    return await exchange(world, "slack", method, _person(slack, p), p.shown(), effect, _refusal)


def _person(slack: Slack, p: Parameters) -> str | None:
    """Whom a call concerns: the person of a direct message, a trigger or a view."""
    conversation = slack.conversations.get(p.text("channel") or p.text("channel_id"))
    user = p.text("user") or p.text("user_id") or p.text("users") or p.text("channel")
    if conversation is not None and conversation.kind == "im":
        user = dm_user(conversation)
    elif trigger := slack.triggers.get(p.text("trigger_id")):
        user = trigger.user
    elif view := slack.views.get(p.text("view_id")):
        user = view.user
    persona = slack.persona(user)
    return persona.id if persona else None


def _refusal(fault: Fault) -> Answer:
    if fault.kind == "rate_limit":
        headers = {"Retry-After": str(max(1, round(fault.seconds)))}
        return Answer({"ok": False, "error": "ratelimited"}, 429, headers, "ratelimited")
    return Answer({"ok": False, "error": "internal_error"}, 500, error="internal_error")


async def upload(request: Request) -> Response:
    """The second step of an upload: the bytes, as such or as a form's file."""
    world: World = request.app.state.world
    file = world.slack.uploads.get(request.path_params["key"])
    if file is None:
        return PlainTextResponse("not found", 404)
    data = await request.body()
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        parts = (await read_parameters(request)).values()
        data = next((part.data for part in parts if isinstance(part, Upload)), b"")
    if len(data) != file.length:
        return PlainTextResponse(f"expected {file.length} bytes, got {len(data)}", 400)
    files.store(world.slack, file, data)
    return PlainTextResponse(f"OK - {len(data)}")


async def download(request: Request) -> Response:
    """url_private: the bytes for whoever has the bot's token, else a redirect to a login page."""
    world: World = request.app.state.world
    file = world.slack.files.get(request.path_params["key"].partition("-")[2])
    if file is None or file.data is None:
        return PlainTextResponse("not found", 404)
    if _token(request, {}) != world.slack.bot_token:
        return Response(status_code=302, headers={"Location": f"{world.base_url}/slack/login"})
    return Response(file.data, media_type=file.mimetype)


async def response_url(request: Request) -> Response:
    world: World = request.app.state.world
    slack = world.slack
    target = slack.response_urls.get(request.path_params["key"])
    try:
        p = Parameters(await read_parameters(request))
    except MalformedBody:
        return PlainTextResponse("invalid_payload", 400)

    async def effect() -> Answer:
        try:
            respond(slack, target, p)
        except SlackError as error:
            return Answer(error.as_json(), error.status, error=error.error)
        return Answer({"ok": True})

    persona = slack.persona(target.user) if target else None
    name = persona.id if persona else None
    return await exchange(world, "slack", "response_url", name, p.shown(), effect, _refusal)


ROUTES = [
    Route("/slack/api/{method}", web_api, methods=["GET", "POST"]),
    Route("/slack/upload/{key}", upload, methods=["POST", "PUT"]),
    Route("/slack/files/{key}/{name}", download),
    Route("/slack/respond/{key:path}", response_url, methods=["POST"]),
]
