"""What a person sees in Slack, as the control interface tells it (docs/sandbox.md)."""

from datetime import UTC, datetime
from typing import Any

from sandbox.people import Persona
from sandbox.slack.messages import find_file_of_block
from sandbox.slack.state import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER,
    DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Conversation,
    File,
    Message,
    Slack,
    View,
)
from sandbox.wire import JSON


def slack_view(slack: Slack, persona: Persona, limit: int) -> JSON | None:
    """The Slack part of the view, None without an account; `limit` messages a conversation."""
    user = persona.slack
    if user is None:
        return None
    person = slack.people[user]
    users = {one: {"name": slack.world.by_slack[one].name, "is_bot": False} for one in slack.people}
    users[BOT_USER] = {"name": BOT_NAME, "is_bot": True}
    return {
        "team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": DOMAIN},
        "me": user,
        "bot": {"user_id": BOT_USER, "bot_id": BOT_ID, "app_id": APP_ID, "name": BOT_NAME, "dm": person.dm},
        "users": users,
        "commands": [
            {"command": name, "description": description, "hint": ""} for name, description in slack.commands.items()
        ],
        "messages_tab": slack.messages_tab,
        "home": _view(slack, person.home) if person.home else None,
        "modals": [_view(slack, view) for view in person.modals],
        "notice": {"id": person.notice[0], "text": person.notice[1]} if person.notice else None,
        "conversations": [
            _conversation(slack, conversation, user, limit) for conversation in slack.conversations_of(user)
        ],
    }


def seen_by(conversation: Conversation, user: str, limit: int) -> list[Message]:
    """The newest messages a person sees, oldest first, ephemeral ones among them."""
    found: list[Message] = []
    for message in reversed(conversation.messages.values()):
        if len(found) == limit:
            break
        found.append(message)
    whispers = [message for message in conversation.ephemeral.values() if message.only_for == user]
    return sorted([*whispers, *found], key=lambda message: message.ts)[-limit:] if limit else []


def unread(conversation: Conversation, user: str) -> int:
    """How many messages of others came after the last one read."""
    read = conversation.read.get(user, "")
    count = 0
    for message in reversed(conversation.messages.values()):
        if message.ts <= read:
            break
        count += message.user != user
    return count + sum(message.only_for == user and message.ts > read for message in conversation.ephemeral.values())


def unread_in_all(slack: Slack, persona: Persona) -> int:
    user = persona.slack
    if user is None:
        return 0
    mine = [one for one in slack.conversations_of(user) if user in one.members]
    return sum(unread(conversation, user) for conversation in mine)


def _conversation(slack: Slack, conversation: Conversation, user: str, limit: int) -> JSON:
    member = user in conversation.members
    return {
        "id": conversation.id,
        "kind": conversation.kind,
        "name": conversation.name,
        "member": member,
        "bot_member": BOT_USER in conversation.members,
        "unread": unread(conversation, user) if member else 0,
        "messages": [_message(slack, conversation, message, user) for message in seen_by(conversation, user, limit)],
    }


def _message(slack: Slack, conversation: Conversation, message: Message, user: str) -> JSON:
    replies = conversation.threads.get(message.ts, [])
    own = message.user == user
    author = slack.world.by_slack.get(message.user)
    return {
        "ts": message.ts,
        "from": "bot" if message.user == BOT_USER else "me" if own else "other",
        "user": message.user,
        "name": author.name if author else BOT_NAME,
        "at": _iso(message.ts),
        "edited": _iso(message.edited) if message.edited else None,
        "text": message.text,
        "blocks": shown_blocks(slack, message.blocks),
        "files": [_file(file) for file in message.files],
        "ephemeral": message.only_for is not None,
        "thread_ts": message.thread_ts or (message.ts if replies else None),
        "reply_count": len(replies),
        "state": message.values,
        "busy": message.busy,
    }


def shown_blocks(slack: Slack, blocks: list[JSON]) -> list[JSON]:
    """Blocks whose `slack_file` pictures have an address the page can load."""
    return [_with_picture(slack, block) for block in blocks]


def _with_picture(slack: Slack, block: JSON) -> JSON:
    named: Any = block.get("slack_file")
    if not isinstance(named, dict):
        return block
    file_id = find_file_of_block(slack, named)
    return block | {"image_url": _file(slack.files[file_id])["url"]} if file_id else block


def _file(file: File) -> JSON:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "size": file.length,
        "url": f"/control/files/{file.stored}",
        "width": file.width,
        "height": file.height,
    }


def _view(slack: Slack, view: View) -> JSON:
    def plain(name: str) -> str | None:
        text: JSON | None = view.source.get(name)
        return text["text"] if text else None

    return {
        "id": view.id,
        "type": view.type,
        "callback_id": view.source.get("callback_id", ""),
        "title": plain("title"),
        "submit": plain("submit"),
        "close": plain("close"),
        "blocks": shown_blocks(slack, view.blocks),
        "state": view.values,
        "errors": view.errors,
        "busy": view.busy,
    }


def _iso(ts: str) -> str:
    seconds, _, micros = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{micros}Z")
