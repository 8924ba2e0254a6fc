"""What Slack sends to the app: events, interactions and commands.

Source: docs.slack.dev/apis/events-api, /reference/interaction-payloads, /interactivity/implementing-slash-commands.
"""

import re
from typing import Any

from sandbox.slack.inputs import state_values
from sandbox.slack.state import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    DOMAIN,
    TEAM_ID,
    VERIFICATION_TOKEN,
    Conversation,
    Message,
    Slack,
    View,
)
from sandbox.wire import JSON

_LINK = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]]")
_EMAIL = re.compile(r"(?<![\w.:/@])[\w.+-]+@[\w-]+\.[\w.-]*\w")


def escaped(slack: Slack, text: str) -> str:
    """A person's text as it is stored: three characters escaped, addresses in angle brackets."""
    if not slack.world.is_strict("slack.escaped_text"):
        return text
    # <@U…> and <#C…> are what the client makes of a mention picked from its list, so they stay.
    parts = re.split(r"(<[@#][A-Z0-9]+(?:\|[^<>]*)?>)", text)
    parts[::2] = [part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for part in parts[::2]]
    text = _LINK.sub(lambda match: f"<{match[0]}>", "".join(parts))
    return _EMAIL.sub(lambda match: f"<mailto:{match[0]}|{match[0]}>", text)


def rich_text(slack: Slack, text: str) -> list[JSON]:
    """The block in which a person's text arrives."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": slack.new_id("b"), "elements": [section]}]


def event_callback(slack: Slack, event: JSON) -> JSON:
    """The envelope of an event."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": slack.new_id("Ev"),
        "event_time": slack.seconds(),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-sandbox",
    }


def message_event(slack: Slack, conversation: Conversation, message: Message) -> JSON:
    """`message.im` or `message.channels`."""
    event = slack.message_json(conversation, message) | {
        "channel": conversation.id,
        "event_ts": message.ts,
        "channel_type": "im" if conversation.kind == "im" else "channel",
    }
    if message.files:
        event["subtype"] = "file_share"
    if message.user != BOT_USER:
        event["client_msg_id"] = f"sandbox-{message.ts}"
    return event


def who(slack: Slack, user: str) -> JSON:
    persona = slack.world.by_slack[user]
    return {
        "id": user,
        "username": persona.slack_username,
        "name": persona.slack_username,
        "team_id": TEAM_ID,
    }


def interaction(slack: Slack, kind: str, user: str) -> JSON:
    """What all interaction payloads have in common."""
    return {
        "type": kind,
        "user": who(slack, user),
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM_ID, "domain": DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def on_message(slack: Slack, conversation: Conversation, message: Message) -> JSON:
    """Where a block_actions payload comes from, when it comes from a message."""
    body: JSON = {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": conversation.id,
            "is_ephemeral": message.only_for is not None,
        },
        "channel": {
            "id": conversation.id,
            "name": "directmessage" if conversation.kind == "im" else conversation.name,
        },
        "state": {"values": state_values(message.blocks, message.values)},
    }
    if message.thread_ts:
        body["container"]["thread_ts"] = message.thread_ts
    if message.only_for is None:
        body["message"] = slack.message_json(conversation, message)
    return body


def view_json(view: View) -> JSON:
    """A view object (docs.slack.dev/reference/views)."""
    source = view.source
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "type": view.type,
        "blocks": view.blocks,
        "private_metadata": source.get("private_metadata", ""),
        "callback_id": source.get("callback_id", ""),
        "external_id": source.get("external_id", ""),
        "state": {"values": state_values(view.blocks, view.values)},
        "hash": view.hash,
        "title": source.get("title"),
        "submit": source.get("submit"),
        "close": source.get("close"),
        "clear_on_close": source.get("clear_on_close", False),
        "notify_on_close": source.get("notify_on_close", False),
        "submit_disabled": source.get("submit_disabled", False),
        "previous_view_id": view.previous,
        "root_view_id": view.root,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }


def on_view(view: View) -> JSON:
    return {"container": {"type": "view", "view_id": view.id}, "view": view_json(view)}


def action_json(slack: Slack, block: JSON, element: JSON, state: JSON) -> JSON:
    """One entry of `actions`: the element used and what it now holds."""
    body: JSON = {
        "type": element["type"],
        "block_id": block["block_id"],
        "action_id": element["action_id"],
        "action_ts": slack.new_ts(),
    }
    for name in ("text", "value", "style", "url") if element["type"] == "button" else ("placeholder",):
        if name in element:
            body[name] = element[name]
    return body | state


def command(slack: Slack, user: str, conversation: Conversation, name: str, text: str) -> dict[str, Any]:
    """The form of a slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": DOMAIN,
        "channel_id": conversation.id,
        "channel_name": "directmessage" if conversation.kind == "im" else conversation.name,
        "user_id": user,
        "user_name": slack.world.by_slack[user].slack_username,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.new_response_url(user, conversation.id),
        "trigger_id": slack.new_trigger(user),
    }
