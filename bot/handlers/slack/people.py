"""What the bot knows of people for a while: their profile, and the conversation it has with them alone."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.events import Profile
from bot.clock import Clock
from bot.handlers.slack.calls import call
from bot.handlers.slack.recent import Recent
from bot.outreach.delivery import DeliveryFailed, Refused

SIZE = 20_000
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
PROFILE_PATIENCE = 1.0
"""Seconds: Slack wants its acknowledgement within three, and a name to greet is not worth missing that."""

log = structlog.get_logger()


class Profiles:
    """users.info, asked once a day per person (scope users:read)."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: Recent[str, Profile] = Recent(SIZE)

    async def of(self, user: str) -> Profile:
        """The person's profile; an empty one, for a minute, when Slack does not tell in time."""
        if known := self._known.get(user, self._clock()):
            return known
        try:
            async with asyncio.timeout(PROFILE_PATIENCE):
                answer = await call(self._client.users_info(user=user, include_locale=True))
            profile, age = profile_of(answer.get("user") or {}), DAY
        except (DeliveryFailed, TimeoutError) as failure:
            log.info("slack.profile_unknown", code=str(failure) or "timeout")
            profile, age = Profile(), MINUTE
        self._known.keep(user, profile, self._clock() + age)
        return profile


def profile_of(user: dict[str, Any]) -> Profile:
    """The profile in users.info's `user`: the language without its region, the IANA zone."""
    about = user.get("profile") or {}
    names = (about.get("real_name"), user.get("real_name"), about.get("display_name"), user.get("name"))
    return Profile(
        name=next((name for name in names if name), ""),
        handle=about.get("display_name") or user.get("name") or "",
        language=(user.get("locale") or "").replace("_", "-").partition("-")[0].lower(),
        zone=user.get("tz") or "",
    )


class DirectMessages:
    """The `D…` id of the conversation with each person (scope im:write)."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: Recent[str, str] = Recent(SIZE)

    async def of(self, user: str) -> str:
        """The id, asked of Slack when it is not known. Raises a DeliveryFailed."""
        return self._known.get(user, self._clock()) or await self.open(user)

    async def open(self, user: str) -> str:
        """The id, asked of Slack in any case. Raises a DeliveryFailed."""
        try:
            answer = await call(self._client.conversations_open(users=user))
        except Refused as refusal:
            if str(refusal) == "unknown_method":
                return user  # chat.postMessage takes a person's id, too
            raise
        chat = str(answer["channel"]["id"])
        self.learn(user, chat)
        return chat

    def learn(self, user: str, chat: str) -> None:
        """Remember what a message of theirs showed."""
        self._known.keep(user, chat, self._clock() + DAY)
