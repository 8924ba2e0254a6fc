"""Sending and closing modals (docs.slack.dev/surfaces/modals)."""

from typing import Any

from sandbox.people import CannotAct, Persona
from sandbox.receipt import Receipt
from sandbox.slack import inputs, payloads, views
from sandbox.slack.acts import account, start_interaction, view_of
from sandbox.slack.delivery import Reply
from sandbox.slack.parameters import SlackError
from sandbox.slack.state import Slack, View
from sandbox.wire import JSON

TROUBLE = "We had some trouble connecting. Try again?"


def submit(slack: Slack, persona: Persona, view_id: str, values: Any) -> tuple[Receipt | None, dict[str, str]]:
    """Sends a modal. Fields that are missing or do not fit are shown without asking the app.

    Returns the receipt and the errors of the client; those of the app are in the view once the receipt is finished.
    """
    view = view_of(slack, persona, view_id)
    if view.type != "modal" or view not in slack.people[view.user].modals:
        raise CannotAct("only an open modal can be sent")
    view.values = inputs.merged(view.blocks, view.values, values or {})
    view.errors = {}
    slack.people[view.user].notice = None
    if slack.world.is_strict("slack.form_fields"):
        view.errors = inputs.form_errors(view.blocks, view.values)
    slack.touch_user(view.user)
    if view.errors:
        return None, dict(view.errors)
    view.busy = True
    payload = payloads.interaction(slack, "view_submission", view.user)
    payload |= {
        "trigger_id": slack.new_trigger(view.user, view.id),
        "view": payloads.view_json(view),
        "response_urls": [],
    }

    def after(reply: Reply) -> None:
        view.busy = False
        _react(slack, view, reply)
        slack.touch_user(view.user)

    return start_interaction(slack, "view_submission", persona, payload, after), {}


def _react(slack: Slack, view: View, reply: Reply) -> None:
    """Do what the app's response_action says; an empty acknowledgement closes the modal."""
    if not reply.acknowledged:
        slack.notice(view.user, TROUBLE)
        return
    person = slack.people[view.user]
    body: JSON = reply.body if isinstance(reply.body, dict) else {}
    action = body.get("response_action")
    try:
        if action == "errors":
            view.errors = _named_errors(slack, view, body.get("errors"))
        elif action == "update":
            views.replace(slack, view, views.checked(slack, body.get("view"), "modal"))
        elif action == "push":
            if len(person.modals) >= views.MAX_STACK and slack.world.is_strict("slack.view_stack"):
                raise SlackError("push_limit_reached")
            source = views.checked(slack, body.get("view"), "modal")
            person.modals.append(views.new_view(slack, view.user, source, view))
        elif action == "clear":
            views.drop(slack, person.modals)
            person.modals.clear()
        elif view in person.modals:
            person.modals.remove(view)
            views.drop(slack, [view])
    except SlackError as error:
        slack.notice(view.user, f"{TROUBLE} ({error.error})")


def _named_errors(slack: Slack, view: View, errors: Any) -> dict[str, str]:
    fields = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise SlackError("invalid_errors")
    if slack.world.is_strict("slack.error_fields") and not errors.keys() <= fields:
        raise SlackError("invalid_errors")
    return {str(block_id): str(text) for block_id, text in errors.items()}


def close(slack: Slack, persona: Persona, view_id: str) -> Receipt | None:
    """Closes a modal and those above it; the app hears of those that asked for it."""
    view = view_of(slack, persona, view_id)
    person = slack.people[account(persona)]
    if view not in person.modals:
        raise CannotAct("only an open modal can be closed")
    place = 0 if view.source.get("clear_on_close") else person.modals.index(view)
    closed, person.modals = person.modals[place:], person.modals[:place]
    person.notice = None
    slack.touch_user(view.user)
    receipt = None
    for one in reversed(closed):
        if one.source.get("notify_on_close"):
            payload = payloads.interaction(slack, "view_closed", one.user)
            payload |= {"view": payloads.view_json(one), "is_cleared": len(closed) > 1}
            receipt = start_interaction(slack, "view_closed", persona, payload, lambda reply: None)
    views.drop(slack, closed)
    return receipt
