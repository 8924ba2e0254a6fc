"""Slack's payloads as events. Pure: what the platform sent goes in, what the person did comes out.

Sources: docs.slack.dev, "Events API", "Interaction payloads" (block_actions, view_submission),
"Slash commands", and "Formatting message text" for what Slack does to words that people write.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.chat.events import (
    Account,
    Attachment,
    Command,
    Event,
    FormChanged,
    FormSubmitted,
    HomeOpened,
    Origin,
    Tap,
    Text,
    Upload,
)

Payload = Mapping[str, Any]

_SAID = (None, "me_message", "thread_broadcast")
"""Subtypes of a message that are words of a person; all others are joins, edits, deletions and the like."""

FILES = "file_input"
_ANGLES = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("|".join(_ENTITIES))


class Malformed(ValueError):
    """Not a payload that Slack sends."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace, as auth.test tells; empty where it does not tell."""

    team: str = ""
    user: str = ""
    bot: str = ""


def parse(payload: Payload, bot: Identity, at: datetime) -> Event | None:
    """The event, or None for what the bot takes no notice of.

    Accounts belong to the bot's own workspace, also those of guests from another one. Raises Malformed when
    the payload is none of Slack's.
    """
    try:
        return _Payload(payload, bot, at).event()
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise Malformed(type(error).__name__) from error


def identity_of(payload: Payload) -> str:
    """A hash of the payload. The trigger, the instant of the action and the view's hash are in it: the same
    interaction delivered twice has the same one, and no two have it in common."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Payload:
    payload: Payload
    bot: Identity
    at: datetime

    def event(self) -> Event | None:
        match self.payload.get("type"):
            case "event_callback":
                return self._happened(self.payload["event"])
            case "block_actions":
                return self._acted(self.payload["actions"][0])
            case "view_submission":
                return self._submitted(self.payload["view"])
            case None if "command" in self.payload:
                return self._commanded()
            case str():
                return None
            case None if "ssl_check" in self.payload:
                return None
        raise Malformed("type")

    def _origin(self, user: str, *, key: str = "", chat: str = "", private: bool = True) -> Origin:
        if not isinstance(user, str) or not user:
            raise Malformed("user")
        team = self.bot.team or self.payload.get("team_id") or self.payload["team"]["id"]
        return Origin(
            key=f"slack:{key or identity_of(self.payload)}",
            account=Account("slack", user, team),
            at=self.at,
            chat=chat,
            private=private,
            trigger=self.payload.get("trigger_id") or "",
        )

    def _happened(self, event: Payload) -> Event | None:
        key = self.payload.get("event_id") or ""
        if event["type"] == "app_home_opened" and event.get("tab", "home") == "home":
            return HomeOpened(self._origin(event["user"], key=key))
        if event["type"] == "message" and self._is_from_person(event) and _is_direct(event):
            origin = self._origin(event["user"], key=key, chat=event["channel"])
            if event.get("subtype") in _SAID:
                return Text(origin, words(event.get("text") or ""))
            if event.get("subtype") == "file_share":
                files = event.get("files") or []
                uploads = tuple(_upload(file) for file in files if file.get("id"))
                return Attachment(origin, _kind(files), uploads, words(event.get("text") or ""))
        return None

    def _is_from_person(self, event: Payload) -> bool:
        return not event.get("bot_id") and event.get("user") not in (None, "", self.bot.user, "USLACKBOT")

    def _acted(self, action: Payload) -> Event:
        user = self.payload["user"]["id"]
        view = self.payload.get("view")
        if view and view["type"] == "modal":
            token, values = view.get("private_metadata") or "", values_of(view)
            return FormChanged(self._origin(user), token, values, view["id"])
        token = sound(action.get("value") or "")
        if view:
            return Tap(self._origin(user), token)
        container = self.payload.get("container") or {}
        channel = self.payload["channel"]["id"]
        stamp = container.get("message_ts") or self.payload["message"]["ts"]
        return Tap(
            self._origin(user, chat=channel, private=channel.startswith("D")),
            token,
            "" if container.get("is_ephemeral") else stamp,
        )

    def _submitted(self, view: Payload) -> Event:
        token = view.get("private_metadata") or ""
        return FormSubmitted(self._origin(self.payload["user"]["id"]), token, values_of(view), uploads_of(view))

    def _commanded(self) -> Event:
        name, _, argument = words(self.payload.get("text") or "").strip().partition(" ")
        channel = self.payload.get("channel_id") or ""
        origin = self._origin(self.payload["user_id"], chat=channel if channel.startswith("D") else "")
        return Command(origin, name.lstrip("/").lower() or "help", argument.strip())


def values_of(view: Payload) -> dict[str, str | list[str]]:
    """What a form holds per field but those for files: a list where several can be chosen, else a string, empty for no
    answer."""
    return {field: _value(state) for field, state in _states(view) if state["type"] != FILES}


def uploads_of(view: Payload) -> dict[str, tuple[Upload, ...]]:
    """The files of each field for files."""
    return {
        field: tuple(_upload(file) for file in state.get("files") or [])
        for field, state in _states(view)
        if state["type"] == FILES
    }


def _states(view: Payload) -> Iterator[tuple[str, Payload]]:
    for field, states in view["state"]["values"].items():
        for state in states.values():
            yield field, state


def _upload(file: Payload) -> Upload:
    name = sound(file.get("name") or "").strip() or "document"
    return Upload(str(file["id"]), name, file.get("mimetype") or "application/octet-stream", int(file.get("size") or 0))


def _value(state: Payload) -> str | list[str]:
    if state["type"] in ("checkboxes", "multi_static_select"):
        return [sound(option["value"]) for option in state.get("selected_options") or []]
    if state["type"] in ("radio_buttons", "static_select"):
        return sound((state.get("selected_option") or {}).get("value") or "")
    return sound(state.get("value") or "")


def words(written: str) -> str:
    """The words as the person typed them, without the links and mentions that Slack makes of them."""
    plain = _ANGLES.sub(lambda match: _said(match[1], match[2] or ""), written)
    return sound(_ENTITY.sub(lambda match: _ENTITIES[match[0]], plain))


def _said(target: str, label: str) -> str:
    """What stood where Slack put `<target|label>`."""
    sign = target[:1]
    if sign in ("@", "#", "!"):
        name = label or target[1:].partition("^")[0]
        return name if sign == "!" and "^" in target else ("@" if sign == "!" else sign) + name.lstrip("@#")
    return label or target.removeprefix("mailto:").removeprefix("tel:")


def sound(text: str) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _is_direct(event: Payload) -> bool:
    kind = event.get("channel_type") or ("im" if event["channel"].startswith("D") else "")
    return bool(kind == "im")


def _kind(files: list[Payload]) -> str:
    """photo, video, audio or document, as the first file's media type has it."""
    family = (files[0].get("mimetype") or "").partition("/")[0] if files else ""
    return {"image": "photo", "video": "video", "audio": "audio"}.get(family, "document")
