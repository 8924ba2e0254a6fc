"""What stands around the handler in its tests: an engine that remembers, and payloads as Slack writes them."""

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from bot.chat.events import Event
from bot.flows.intake import Intake
from bot.flows.turn import Outcome

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 - nobody's
TEAM = "T0001"
PERSON = "U0042"
BOT = "U0BOT"
DIRECT = "D0042"


def clock() -> datetime:
    return NOW


class RememberingIntake(Intake):
    """Takes events as the engine does: it returns after the commit, or raises."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.outcome = Outcome()
        self.failure: Exception | None = None
        self._arrivals: asyncio.Queue[Event] = asyncio.Queue()
        self.committing = asyncio.Event()
        self.committing.set()

    async def take(self, event: Event) -> Outcome:
        self._arrivals.put_nowait(event)
        await self.committing.wait()
        if self.failure:
            raise self.failure
        self.taken.append(event)
        return self.outcome

    async def arrival(self) -> Event:
        """The next event, on its way to its commit."""
        async with asyncio.timeout(5):
            return await self._arrivals.get()

    @property
    def only(self) -> Event:
        (event,) = self.taken
        return event


def signed(body: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """The headers that prove the body to be Slack's."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def event_body(payload: dict[str, Any]) -> bytes:
    """An event as it comes over HTTP."""
    return json.dumps(payload).encode()


def interaction_body(payload: dict[str, Any]) -> bytes:
    """A tap or a form as it comes over HTTP."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def command_body(payload: dict[str, Any]) -> bytes:
    """A slash command as it comes over HTTP."""
    return urlencode(payload).encode()


def happened(event: dict[str, Any], event_id: str = "Ev01") -> dict[str, Any]:
    return {
        "token": "unused",
        "team_id": TEAM,
        "api_app_id": "A01",
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1772443800,
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}],
    }


def message(text: str = "hello", event_id: str = "Ev01", **more: Any) -> dict[str, Any]:
    """A message in the conversation with the bot."""
    about = {"type": "message", "user": PERSON, "text": text, "ts": "1772443800.000100", "team": TEAM}
    return happened({**about, "channel": DIRECT, "channel_type": "im", **more}, event_id)


def home_opened(event_id: str = "Ev02", tab: str = "home") -> dict[str, Any]:
    return happened({"type": "app_home_opened", "user": PERSON, "channel": DIRECT, "tab": tab}, event_id)


def command(text: str, channel: str = DIRECT, trigger: str = "1.2.command") -> dict[str, Any]:
    return {
        "token": "unused",
        "team_id": TEAM,
        "channel_id": channel,
        "channel_name": "directmessage" if channel.startswith("D") else "general",
        "user_id": PERSON,
        "user_name": "awa",
        "command": "/4p1000",
        "text": text,
        "trigger_id": trigger,
        "response_url": "http://127.0.0.1/unused",
    }


def _interaction(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "user": {"id": PERSON, "username": "awa", "team_id": TEAM},
        "team": {"id": TEAM, "domain": "four"},
        "api_app_id": "A01",
        "trigger_id": "1.2.trigger",
        **more,
    }


def tap(token: str = "q1.2.3", channel: str = DIRECT, stamp: str = "1772443800.000200") -> dict[str, Any]:
    """A button of a message."""
    return _interaction(
        "block_actions",
        container={"type": "message", "message_ts": stamp, "channel_id": channel, "is_ephemeral": False},
        channel={"id": channel, "name": "directmessage"},
        message={"type": "message", "user": BOT, "ts": stamp, "text": "1 of 3"},
        actions=[_action("button", value=token, action_id="b0", block_id="xyz")],
    )


def home_tap(token: str = "join_7") -> dict[str, Any]:
    """A button of the Home."""
    view = {"id": "V1", "type": "home", "callback_id": "home", "hash": "1.h", "private_metadata": ""}
    return _interaction(
        "block_actions",
        container={"type": "view", "view_id": "V1"},
        view={**view, "state": {"values": {}}},
        actions=[_action("button", value=token, action_id="b0", block_id="xyz")],
    )


def form_changed(values: dict[str, dict[str, Any]], token: str = "q1.2.f") -> dict[str, Any]:
    """A choice in an open form."""
    field, state = next(iter(values.items()))
    return _interaction(
        "block_actions",
        container={"type": "view", "view_id": "V2"},
        view=_modal(values, token),
        actions=[_action(**state, action_id="value", block_id=field)],
    )


def form_submitted(values: dict[str, dict[str, Any]], token: str = "q1.2.f") -> dict[str, Any]:
    return _interaction("view_submission", view=_modal(values, token), response_urls=[])


def _action(type: str, action_ts: str = "1772443801.1", **more: Any) -> dict[str, Any]:
    return {"type": type, "action_ts": action_ts, **more}


def _modal(values: dict[str, dict[str, Any]], token: str) -> dict[str, Any]:
    return {
        "id": "V2",
        "team_id": TEAM,
        "type": "modal",
        "callback_id": "form",
        "hash": "2.h",
        "private_metadata": token,
        "state": {"values": {field: {"value": state} for field, state in values.items()}},
    }


def option(value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": value.title()}, "value": value}
