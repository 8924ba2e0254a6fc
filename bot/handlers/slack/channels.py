"""Which channels the bot is in.

Source: docs.slack.dev, users.conversations. Events report that the bot joined or left, but not what the channel is
called; so after each of them, and at the start, the whole list is asked for.
"""

from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.slack.calls import call

_KINDS = "public_channel,private_channel"
_PAGE = 200
_MEMBERS = ("member_joined_channel", "member_left_channel")
_CHANNELS = frozenset(f"{kind}_{what}" for kind in ("channel", "group") for what in ("left", "rename", "archive"))
EVENTS = _CHANNELS.union(_MEMBERS)
"""Those of Slack's events that say so."""


def moves(event: Mapping[str, Any], bot_user: str) -> bool:
    """Whether the list may be another one after this event: others come and go all the time."""
    if event["type"] in _MEMBERS:
        return bool(event.get("user") == bot_user)
    return event["type"] in _CHANNELS


async def channels(client: AsyncWebClient) -> dict[str, str]:
    """What the channels are called that the bot is in, by their ids. Raises a DeliveryFailed."""
    found: dict[str, str] = {}
    cursor = ""
    while True:
        page = await call(
            client.users_conversations(types=_KINDS, exclude_archived=True, limit=_PAGE, cursor=cursor or None)
        )
        found |= {str(one["id"]): f"#{one.get('name') or one['id']}" for one in page.get("channels") or []}
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return found
