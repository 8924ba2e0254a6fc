"""The control interface over HTTP: seeing, people, the clock, the log (docs/sandbox.md)."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.calls import Call
from sandbox.clock import Occasion
from sandbox.people import Persona
from sandbox.slack.view import slack_view
from sandbox.slack.view import unread_in_all as unread_in_slack
from sandbox.telegram.view import telegram_view
from sandbox.telegram.view import unread_in_all as unread_in_telegram
from sandbox.wire import JSON, json_response
from sandbox.world import World

MAX_WAIT = 55.0
PEOPLE_IN_VIEW = 100
Endpoint = Callable[[World, Request], Awaitable[Response]]


class Forbidden(Exception):
    """The request comes from a page of another origin."""


class Members:
    """The members of a request's JSON object, read by type; ValueError says which one is wrong."""

    def __init__(self, body: Any) -> None:
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        self._body = body

    def _get(self, name: str, kind: type | tuple[type, ...], word: str, default: Any) -> Any:
        value = self._body.get(name)
        if value is None:
            if default is ...:
                raise ValueError(f"{name} is missing")
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{name} must be {word}")
        return value

    def text(self, name: str, default: Any = ...) -> Any:
        return self._get(name, str, "a string", default)

    def integer(self, name: str, default: Any = ...) -> Any:
        return self._get(name, int, "a whole number", default)

    def number(self, name: str, default: Any = ...) -> Any:
        return self._get(name, (int, float), "a number", default)

    def flag(self, name: str, default: Any = ...) -> Any:
        return self._get(name, bool, "true or false", default)

    def names(self, name: str, default: Any = ...) -> Any:
        values = self._get(name, list, "a list of strings", default)
        if values is not default and not all(isinstance(value, str) for value in values):
            raise ValueError(f"{name} must be a list of strings")
        return values

    def objects(self, name: str) -> list["Members"]:
        return [Members(value) for value in self._get(name, list, "a list of objects", ...)]

    def object(self, name: str, default: Any = ...) -> Any:
        return self._get(name, dict, "an object", default)

    def anything(self, name: str) -> Any:
        return self._body.get(name)

    def has(self, name: str) -> bool:
        return self._body.get(name) is not None


async def read_members(request: Request) -> Members:
    try:
        return Members(orjson.loads(await request.body()))
    except orjson.JSONDecodeError:
        raise ValueError("the body is not JSON") from None


def guarded(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Refuse other origins, and turn what is wrong with a request into its status and reason."""

    async def answer(request: Request) -> Response:
        world: World = request.app.state.world
        try:
            _check_origin(request)
            return await endpoint(world, request)
        except Forbidden as error:
            return json_response({"error": str(error)}, 403)
        except LookupError as error:
            return json_response({"error": str(error.args[0] if error.args else error)}, 404)
        except ValueError as error:
            return json_response({"error": str(error)}, 400)

    return answer


def _check_origin(request: Request) -> None:
    """A page elsewhere must not reach in: neither by its own requests nor by a name that it points here."""
    host = request.headers.get("host", "")
    allowed: frozenset[str] = request.app.state.hosts
    if allowed and urlsplit(f"//{host}").hostname not in allowed:
        raise Forbidden("the Host header names another host")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        raise Forbidden("the Origin header names another host")


def person_named(world: World, person_id: str) -> Persona:
    persona = world.people.get(person_id)
    if persona is None:
        raise LookupError(f"there is no person {person_id!r}")
    return persona


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    """An aware instant; ValueError when the text is none."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not an ISO 8601 instant") from None
    raise ValueError(f"{text!r} has no time zone")


def _query_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    try:
        number = int(float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{name} must be a number") from None
    if number < 0:
        raise ValueError(f"{name} must not be negative")
    return number


def _wait(request: Request) -> float:
    return min(float(_query_number(request, "wait", 0)), MAX_WAIT)


def _clock(world: World) -> JSON:
    clock = world.clock
    return {
        "now": iso(clock.now),
        "moved_seconds": clock.moved.total_seconds(),
        "running": clock.running,
        "occasions": [{"name": one.name, "at": iso(one.at)} for one in clock.occasions],
    }


def person_json(world: World, persona: Persona) -> JSON:
    telegram = persona.telegram is not None and {
        "user_id": persona.telegram,
        "username": persona.telegram_username,
        "blocked": persona.telegram in world.telegram.blocked,
    }
    slack = persona.slack is not None and {"user_id": persona.slack, "username": persona.slack_username}
    return {
        "id": persona.id,
        "name": persona.name,
        "about": persona.about,
        "language": persona.language,
        "time_zone": persona.time_zone,
        "telegram": telegram or None,
        "slack": slack or None,
        "unread": {
            "telegram": unread_in_telegram(world.telegram, persona),
            "slack": unread_in_slack(world.slack, persona),
        },
    }


async def view(world: World, request: Request) -> Response:
    persona = person_named(world, request.query_params.get("person", ""))
    limit = _query_number(request, "messages", 200)
    if "after" in request.query_params:
        after = _query_number(request, "after", 0)
        if not await world.changed.after(after, _wait(request)):
            return Response(status_code=204)
    shown = list(world.people.values())[:PEOPLE_IN_VIEW]
    if persona not in shown:
        shown.append(persona)
    return json_response(
        {
            "revision": world.revision,
            "clock": _clock(world),
            "person": persona.id,
            "people": [person_json(world, one) for one in shown],
            "telegram": telegram_view(world.telegram, persona, limit),
            "slack": slack_view(world.slack, persona, limit),
        }
    )


async def list_people(world: World, request: Request) -> Response:
    offset, limit = _query_number(request, "offset", 0), _query_number(request, "limit", 100)
    people = list(world.people.values())
    part = [person_json(world, persona) for persona in people[offset : offset + limit]]
    return json_response({"people": part, "total": len(people)})


async def add_person(world: World, request: Request) -> Response:
    members = await read_members(request)
    persona = world.add_person(
        members.text("name"),
        about=members.text("about", ""),
        language=members.text("language", "en"),
        time_zone=members.text("time_zone", "UTC"),
        telegram=members.flag("telegram", True),
        slack=members.flag("slack", False),
    )
    return json_response(person_json(world, persona), 201)


async def see_clock(world: World, request: Request) -> Response:
    moves = world.clock.moves
    if "after" in request.query_params:
        after = _query_number(request, "after", 0)
        if not await moves.after(after, _wait(request)):
            return Response(status_code=204)
    return json_response(_clock(world) | {"moves": moves.number})


async def move_clock(world: World, request: Request) -> Response:
    members = await read_members(request)
    if members.has("to"):
        delta = instant(members.text("to")) - world.now
    else:
        # No more than a timedelta holds; the clock itself refuses what is too far for it.
        delta = timedelta(seconds=max(min(members.number("advance"), 1e13), -1e13))
    world.advance(delta)
    return json_response(_clock(world) | {"moves": world.clock.moves.number})


async def set_occasions(world: World, request: Request) -> Response:
    members = await read_members(request)
    occasions = [Occasion(one.text("name"), instant(one.text("at"))) for one in members.objects("occasions")]
    world.clock.occasions = sorted(occasions, key=lambda occasion: occasion.at)
    world.touch()
    return json_response({"occasions": _clock(world)["occasions"]})


def _call_json(call: Call) -> JSON:
    return asdict(call) | {"at": iso(call.at)}


async def list_calls(world: World, request: Request) -> Response:
    after = _query_number(request, "after", 0)
    limit = min(_query_number(request, "limit", 100), 2000)
    if _wait(request) and not await world.calls.changes.after(after, _wait(request)):
        return Response(status_code=204)
    calls = world.calls.after(after, limit)
    return json_response({"calls": [_call_json(call) for call in calls], "next": calls[-1].seq if calls else after})


async def give_file(world: World, request: Request) -> Response:
    mime_type, data = world.files.get(request.path_params["file"], (None, b""))
    if mime_type is None:
        raise LookupError("there is no such file")
    # What people upload must never run as a page of this origin.
    shown = mime_type.startswith("image/") and mime_type != "image/svg+xml"
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline" if shown else "attachment",
    }
    return Response(data, media_type=mime_type, headers=headers)


async def reset(world: World, request: Request) -> Response:
    world.reset()
    return json_response({})


async def unknown(world: World, request: Request) -> Response:
    raise LookupError("there is no such endpoint")


def route(path: str, endpoint: Endpoint, method: str) -> Route:
    return Route(f"/control/{path}", guarded(endpoint), methods=[method])


UNKNOWN = Route("/control/{path:path}", guarded(unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
"""To be tried last: what is nowhere else is refused in the interface's own words."""

ROUTES = [
    route("view", view, "GET"),
    route("people", list_people, "GET"),
    route("people", add_person, "POST"),
    route("clock", see_clock, "GET"),
    route("clock", move_clock, "POST"),
    route("occasions", set_occasions, "PUT"),
    route("calls", list_calls, "GET"),
    route("files/{file}", give_file, "GET"),
    route("reset", reset, "POST"),
]
