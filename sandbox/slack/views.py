"""Modals and the Home tab (docs.slack.dev/surfaces/modals, /surfaces/app-home, reference/methods/views.*)."""

from typing import Any

import orjson

from sandbox.slack.blockkit import check_view
from sandbox.slack.inputs import initial_values, with_ids
from sandbox.slack.parameters import Parameters, SlackError, invalid
from sandbox.slack.payloads import view_json
from sandbox.slack.state import Slack, Trigger, View
from sandbox.wire import JSON

MAX_SIZE = 250_000
MAX_STACK = 3


def checked(slack: Slack, source: Any, kind: str) -> JSON:
    """A view's definition held to the rules; SlackError when it breaks one."""
    if not isinstance(source, dict):
        raise invalid("invalid_arguments", ["missing required field: view"])
    if source.get("type") != kind:
        raise invalid("invalid_arguments", [f"must be {kind} [json-pointer:/view/type]"])
    if slack.world.is_strict("slack.view_size") and len(orjson.dumps(source)) > MAX_SIZE:
        raise SlackError("view_too_large")
    if slack.world.is_strict("slack.blocks") and (problems := check_view(source)):
        raise invalid("invalid_arguments", problems)
    return source


def _check_external_id(slack: Slack, source: JSON, own: View | None = None) -> None:
    external_id = source.get("external_id")
    if external_id and slack.world.is_strict("slack.external_id"):
        for view in slack.views.values():
            if view is not own and view.source.get("external_id") == external_id:
                raise SlackError("duplicate_external_id")


def new_hash(slack: Slack) -> str:
    return f"{slack.seconds()}.{slack.new_id('h')}"


def new_view(slack: Slack, user: str, source: JSON, below: View | None = None) -> View:
    """A view of this definition, not shown yet."""
    _check_external_id(slack, source)
    blocks = with_ids(slack, source["blocks"])
    view_id = slack.new_id("V")
    root = below.root if below else view_id
    previous = below.id if below else None
    view = View(view_id, source["type"], user, blocks, source, new_hash(slack), root, previous)
    view.values = initial_values(blocks)
    slack.views[view.id] = view
    return view


def replace(slack: Slack, view: View, source: JSON) -> None:
    """Give a view another content; what its remaining inputs hold is kept."""
    _check_external_id(slack, source, view)
    held = view.values
    view.source = source
    view.blocks = with_ids(slack, source["blocks"])
    view.values = initial_values(view.blocks)
    for block_id, actions in view.values.items():
        actions.update({name: value for name, value in held.get(block_id, {}).items() if name in actions})
    view.hash = new_hash(slack)
    view.errors = {}
    slack.touch_user(view.user)


def drop(slack: Slack, views: list[View]) -> None:
    for view in views:
        slack.views.pop(view.id, None)


def use_trigger(slack: Slack, p: Parameters) -> Trigger:
    """The trigger of a call, used up by it; SlackError when it is unknown, too old or used."""
    trigger = slack.triggers.get(p.required("trigger_id"))
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    age = slack.world.clock.monotonic() - trigger.born
    if trigger.used and slack.world.is_strict("slack.trigger_once"):
        raise SlackError("exchanged_trigger_id")
    if age > slack.trigger_lifetime and slack.world.is_strict("slack.trigger_age"):
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger


def open_view(slack: Slack, p: Parameters) -> JSON:
    source = checked(slack, p.structure("view"), "modal")
    trigger = use_trigger(slack, p)
    person = slack.people[trigger.user]
    view = new_view(slack, trigger.user, source)
    drop(slack, person.modals)
    person.modals = [view]
    slack.touch_user(trigger.user)
    return {"view": view_json(view)}


def push_view(slack: Slack, p: Parameters) -> JSON:
    source = checked(slack, p.structure("view"), "modal")
    trigger = use_trigger(slack, p)
    person = slack.people[trigger.user]
    if not any(view.id == trigger.view for view in person.modals):
        raise SlackError("invalid_trigger_id")
    if len(person.modals) >= MAX_STACK and slack.world.is_strict("slack.view_stack"):
        raise SlackError("push_limit_reached")
    view = new_view(slack, trigger.user, source, person.modals[-1])
    person.modals.append(view)
    slack.touch_user(trigger.user)
    return {"view": view_json(view)}


def _check_hash(slack: Slack, p: Parameters, view: View) -> None:
    if p.text("hash") and p.text("hash") != view.hash and slack.world.is_strict("slack.view_hash"):
        raise SlackError("hash_conflict")


def update_view(slack: Slack, p: Parameters) -> JSON:
    if p.text("view_id"):
        view = slack.views.get(p.text("view_id"))
    else:
        external_id = p.required("external_id")
        view = next((known for known in slack.views.values() if known.source.get("external_id") == external_id), None)
    if view is None:
        raise SlackError("not_found")
    source = checked(slack, p.structure("view"), view.type)
    _check_hash(slack, p, view)
    replace(slack, view, source)
    return {"view": view_json(view)}


def publish_view(slack: Slack, p: Parameters) -> JSON:
    user = p.required("user_id")
    source = checked(slack, p.structure("view"), "home")
    person = slack.people.get(user)
    if person is None:
        raise invalid("invalid_arguments", ["invalid user_id [json-pointer:/user_id]"])
    if person.home is None:
        person.home = new_view(slack, user, source)
        slack.touch_user(user)
    else:
        _check_hash(slack, p, person.home)
        replace(slack, person.home, source)
    return {"view": view_json(person.home)}


METHODS = {
    "views.open": open_view,
    "views.push": push_view,
    "views.update": update_view,
    "views.publish": publish_view,
}
