"""The Web API methods of conversations and people (docs.slack.dev/reference/methods)."""

from collections.abc import Sequence
from typing import Any

from sandbox.slack.messages import find_conversation
from sandbox.slack.parameters import Parameters, SlackError, invalid
from sandbox.slack.state import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER,
    DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Conversation,
    Message,
    Slack,
)
from sandbox.wire import JSON


def auth_test(slack: Slack, p: Parameters) -> JSON:
    return {
        "url": f"https://{DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": "fourper1000",
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(slack: Slack, p: Parameters) -> JSON:
    if p.has("error"):
        raise SlackError(p.text("error"), args=p.shown())
    return {"args": p.shown()}


def bots_info(slack: Slack, p: Parameters) -> JSON:
    if p.text("bot") not in ("", BOT_ID):
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": BOT_ID,
            "app_id": APP_ID,
            "user_id": BOT_USER,
            "name": BOT_NAME,
            "deleted": False,
            "updated": 1_700_000_000,
            "icons": {},
        }
    }


def _page(p: Parameters, items: Sequence[Any], default: int) -> tuple[list[Any], JSON]:
    """A part of a list and the metadata that leads to the next one."""
    limit = p.integer("limit", default)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    cursor = p.text("cursor")
    if cursor and not (cursor.isdigit() and int(cursor) <= len(items)):
        raise SlackError("invalid_cursor")
    start = int(cursor or 0)
    end = start + limit
    return list(items[start:end]), {"next_cursor": str(end) if end < len(items) else ""}


def open_conversation(slack: Slack, p: Parameters) -> JSON:
    if p.text("channel"):
        conversation = find_conversation(slack, p.text("channel"))
    else:
        users = [user for user in p.text("users").split(",") if user]
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("method_not_supported_for_channel_type")
        person = slack.people.get(users[0])
        if person is None:
            raise SlackError("user_not_found")
        if person.disabled and slack.world.is_strict("slack.user_disabled"):
            raise SlackError("user_disabled")
        conversation = slack.conversations[person.dm]
    answer: JSON = {"channel": {"id": conversation.id}}
    if conversation.messages:
        answer |= {"no_op": True, "already_open": True}
    if p.flag("return_im"):
        answer["channel"] = slack.conversation_json(conversation)
    return answer


def conversation_info(slack: Slack, p: Parameters) -> JSON:
    conversation = slack.conversations.get(p.text("channel"))
    if conversation is None:
        raise SlackError("channel_not_found")
    body = slack.conversation_json(conversation)
    if not p.flag("include_num_members"):
        body.pop("num_members", None)
    return {"channel": body}


def list_conversations(slack: Slack, p: Parameters) -> JSON:
    wanted = p.text("types") or "public_channel"
    unknown = set(wanted.split(",")) - {"public_channel", "private_channel", "mpim", "im"}
    if unknown:
        raise SlackError("invalid_types")
    found = list(slack.channels) if "public_channel" in wanted else []
    if "im" in wanted.split(","):
        found += [slack.conversations[person.dm] for person in slack.people.values()]
    part, metadata = _page(p, found, 100)
    return {"channels": [slack.conversation_json(one) for one in part], "response_metadata": metadata}


def conversations_of_user(slack: Slack, p: Parameters) -> JSON:
    user = p.text("user") or BOT_USER
    if user != BOT_USER and user not in slack.people:
        raise SlackError("user_not_found")
    wanted = (p.text("types") or "public_channel").split(",")
    found = [channel for channel in slack.channels if user in channel.members]
    if "public_channel" not in wanted:
        found = []
    if "im" in wanted:
        people = slack.people.values() if user == BOT_USER else [slack.people[user]]
        found += [slack.conversations[person.dm] for person in people]
    part, metadata = _page(p, found, 100)
    return {"channels": [slack.conversation_json(one) for one in part], "response_metadata": metadata}


def _readable(slack: Slack, p: Parameters) -> Conversation:
    conversation = slack.conversations.get(p.text("channel"))
    if conversation is None:
        raise SlackError("channel_not_found")
    if BOT_USER not in conversation.members and slack.world.is_strict("slack.not_in_channel"):
        raise SlackError("not_in_channel")
    return conversation


def conversation_members(slack: Slack, p: Parameters) -> JSON:
    conversation = slack.conversations.get(p.text("channel"))
    if conversation is None:
        raise SlackError("channel_not_found")
    part, metadata = _page(p, sorted(conversation.members), 100)
    return {"members": part, "response_metadata": metadata}


def _within(p: Parameters, messages: list[Message]) -> list[Message]:
    oldest, latest = p.text("oldest"), p.text("latest")
    try:
        low, high = float(oldest or 0), float(latest or "inf")
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None
    inclusive = p.flag("inclusive")
    return [
        message
        for message in messages
        if low < float(message.ts) < high or (inclusive and message.ts in (oldest, latest))
    ]


def conversation_history(slack: Slack, p: Parameters) -> JSON:
    conversation = _readable(slack, p)
    first = [message for message in conversation.messages.values() if not message.thread_ts]
    part, metadata = _page(p, _within(p, first)[::-1], 100)
    more = bool(metadata["next_cursor"])
    answer: JSON = {
        "messages": [slack.message_json(conversation, message) for message in part],
        "has_more": more,
        "pin_count": 0,
    }
    return answer | ({"response_metadata": metadata} if more else {})


def conversation_replies(slack: Slack, p: Parameters) -> JSON:
    conversation = _readable(slack, p)
    message = conversation.messages.get(p.required("ts"))
    if message is None:
        raise SlackError("thread_not_found")
    parent = conversation.messages.get(message.thread_ts or message.ts)
    replies = conversation.threads.get(message.thread_ts or message.ts, [])
    thread = ([parent] if parent else []) + _within(p, [conversation.messages[ts] for ts in replies])
    part, metadata = _page(p, thread, 1000)
    more = bool(metadata["next_cursor"])
    answer: JSON = {
        "messages": [slack.message_json(conversation, one) for one in part],
        "has_more": more,
    }
    return answer | ({"response_metadata": metadata} if more else {})


def join_conversation(slack: Slack, p: Parameters) -> JSON:
    conversation = find_conversation(slack, p.text("channel"))
    if conversation.kind == "im":
        raise SlackError("method_not_supported_for_channel_type")
    conversation.members.add(BOT_USER)
    slack.touch(conversation)
    return {"channel": slack.conversation_json(conversation)}


def user_info(slack: Slack, p: Parameters) -> JSON:
    user = p.text("user")
    if user != BOT_USER and user not in slack.people:
        raise SlackError("user_not_found")
    return {"user": slack.user_json(user, p.flag("include_locale"))}


def list_users(slack: Slack, p: Parameters) -> JSON:
    if p.integer("limit", 0) < 0:
        raise invalid("invalid_arguments", ["must be positive [json-pointer:/limit]"])
    part, metadata = _page(p, [BOT_USER, *slack.people], 1000)
    locale = p.flag("include_locale")
    return {
        "members": [slack.user_json(user, locale) for user in part],
        "cache_ts": slack.seconds(),
        "response_metadata": metadata,
    }


METHODS = {
    "api.test": api_test,
    "auth.test": auth_test,
    "bots.info": bots_info,
    "conversations.open": open_conversation,
    "conversations.info": conversation_info,
    "conversations.list": list_conversations,
    "conversations.members": conversation_members,
    "conversations.history": conversation_history,
    "conversations.replies": conversation_replies,
    "conversations.join": join_conversation,
    "users.info": user_info,
    "users.list": list_users,
    "users.conversations": conversations_of_user,
}
