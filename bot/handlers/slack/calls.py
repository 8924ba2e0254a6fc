"""One call of the Web API, and what its failures mean for a delivery.

Sources: docs.slack.dev, error tables of chat.postMessage, chat.update, views.publish and conversations.open.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.outreach.delivery import (
    DeliveryFailed,
    Interrupted,
    RateLimited,
    Refused,
    SetupFault,
    Unreachable,
)

PATIENCE = 10.0
"""Seconds that an answer may take."""
PAUSE = 30.0
"""Seconds to pause for when Slack limits the rate and does not say for how long."""

UNREACHABLE = frozenset(
    {"user_not_found", "user_disabled", "user_not_visible", "users_not_found", "cannot_dm_bot"}
    | {"channel_not_found", "is_archived"}
)
SETUP = frozenset(
    {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
    | {"no_permission", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "access_denied"}
    | {"messages_tab_disabled", "not_in_channel", "team_access_not_granted", "accesslimited"}
)
BUSY = frozenset({"service_unavailable", "request_timeout", "team_added_to_org"})
"""Slack says that it did nothing: the same call may go through later."""
DOUBTFUL = frozenset({"internal_error", "fatal_error"})
"""Slack says that some of it may have taken effect."""
RATES = frozenset({"ratelimited", "rate_limited"})


async def call(request: Awaitable[AsyncSlackResponse], *, repeatable: bool = True) -> AsyncSlackResponse:
    """The answer to the request; raises a DeliveryFailed.

    `repeatable` says that making the call twice does no harm: then it never matters whether one arrived.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            return await request
    except SlackApiError as error:
        raise _refusal(error.response, repeatable=repeatable) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Interrupted("not_connected", unknown=False) from error
    except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:
        # The SDK raises the last two over a body that is JSON but not an object, or not text.
        code = "timeout" if isinstance(error, TimeoutError) else "connection_lost"
        raise Interrupted(code, unknown=not repeatable) from error


def _refusal(response: Any, *, repeatable: bool) -> DeliveryFailed:
    """`response` is the SDK's, or aiohttp's own when the body could not be read."""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in RATES:
        return RateLimited(code or "ratelimited", _seconds(response.headers.get("Retry-After")))
    if code in UNREACHABLE:
        return Unreachable(code)
    if code in SETUP:
        return SetupFault(code)
    if code in BUSY or status == 503:
        return Interrupted(code or "http_503", unknown=False)
    if code in DOUBTFUL or status >= 500 or not code:
        return Interrupted(code or f"http_{status}", unknown=not repeatable)
    return Refused(code)


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or PAUSE))
    except ValueError:
        return PAUSE
