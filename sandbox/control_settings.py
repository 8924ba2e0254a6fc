"""The control interface over HTTP: faults, strictness, where the bot is (docs/sandbox.md)."""

from dataclasses import asdict
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from sandbox.control import Members, person_named, read_members, route
from sandbox.faults import KINDS
from sandbox.rules import RULES
from sandbox.wire import JSON, json_response
from sandbox.world import World


def _faults(world: World) -> JSON:
    return {"faults": [asdict(fault) for fault in world.faults.active], "kinds": KINDS}


async def list_faults(world: World, request: Request) -> Response:
    return json_response(_faults(world))


async def add_fault(world: World, request: Request) -> Response:
    members = await read_members(request)
    person = members.text("person", None)
    if person is not None:
        person_named(world, person)
    fault = world.faults.add(
        members.text("kind"),
        platform=members.text("platform", "*"),
        method=members.text("method", "*"),
        person=person,
        times=members.integer("times", 1),
        seconds=members.number("seconds", None),
    )
    return json_response(asdict(fault), 201)


async def remove_fault(world: World, request: Request) -> Response:
    if not world.faults.remove(request.path_params["fault"]):
        raise LookupError(f"there is no fault {request.path_params['fault']}")
    return json_response(_faults(world))


async def remove_faults(world: World, request: Request) -> Response:
    world.faults.clear()
    return json_response(_faults(world))


def _rules(world: World) -> JSON:
    return {"rules": {name: {"on": name in world.strict, "about": about} for name, about in RULES.items()}}


async def see_rules(world: World, request: Request) -> Response:
    return json_response(_rules(world))


async def set_rules(world: World, request: Request) -> Response:
    members = await read_members(request)
    on, off = set(members.names("on", [])), set(members.names("off", []))
    if unknown := (on | off) - RULES.keys():
        raise ValueError(f"unknown rules: {', '.join(sorted(unknown))}")
    world.strict |= on
    world.strict -= off
    return json_response(_rules(world))


def _setup(world: World) -> JSON:
    slack = world.slack
    return {
        "telegram": {
            "api_url": f"{world.base_url}/telegram",
            "token": world.telegram.token,
            "retry_delays": world.telegram.retry_delays,
        },
        "slack": {
            "api_url": f"{world.base_url}/slack/api/",
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "events_url": slack.events_url,
            "interactivity_url": slack.interactivity_url,
            "commands_url": slack.commands_url,
            "socket_mode": slack.socket_mode,
            "commands": slack.commands,
            "messages_tab": slack.messages_tab,
            "scopes": sorted(slack.scopes),
            "retry_delays": slack.retry_delays,
        },
    }


async def see_setup(world: World, request: Request) -> Response:
    return json_response(_setup(world))


def _delays(members: Members) -> tuple[float, ...]:
    delays = members.anything("retry_delays")
    if not isinstance(delays, list) or not all(isinstance(one, (int, float)) and one >= 0 for one in delays):
        raise ValueError("retry_delays must be a list of seconds")
    return tuple(map(float, delays))


async def set_setup(world: World, request: Request) -> Response:
    members = await read_members(request)
    telegram = Members(members.object("telegram", {}))
    if telegram.has("retry_delays"):
        world.telegram.retry_delays = _delays(telegram)
        if not world.telegram.retry_delays:
            raise ValueError("telegram needs at least one delay")
    slack = Members(members.object("slack", {}))
    _set_slack(world, slack)
    world.touch()
    return json_response(_setup(world))


def _set_slack(world: World, members: Members) -> None:
    slack = world.slack
    for name in ("events_url", "interactivity_url", "commands_url"):
        url = members.text(name, None) or members.text("request_url", None)
        if url is not None:
            if urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(f"{name} must be an http(s) address")
            setattr(slack, name, url)
    if members.has("commands"):
        commands: JSON = members.object("commands")
        if not all(name.startswith("/") and isinstance(about, str) for name, about in commands.items()):
            raise ValueError("commands must be {“/name”: “description”}")
        slack.commands = commands
    if members.has("scopes"):
        slack.scopes = set(members.names("scopes"))
    if members.has("retry_delays"):
        slack.retry_delays = _delays(members)
    slack.messages_tab = members.flag("messages_tab", slack.messages_tab)


ROUTES = [
    route("faults", list_faults, "GET"),
    route("faults", add_fault, "POST"),
    route("faults", remove_faults, "DELETE"),
    route("faults/{fault:int}", remove_fault, "DELETE"),
    route("strict", see_rules, "GET"),
    route("strict", set_rules, "POST"),
    route("setup", see_setup, "GET"),
    route("setup", set_setup, "POST"),
]
