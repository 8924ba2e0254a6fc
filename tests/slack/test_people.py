"""What the bot remembers of people, and for how long."""

import asyncio
from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.events import Profile
from bot.handlers.slack import calls, people
from bot.handlers.slack.people import DirectMessages, Profiles, profile_of
from bot.handlers.slack.recent import Recent
from tests.slack.far_side import DIRECT, NOW, PERSON
from tests.slack.web_api import Answer, ScriptedWebApi, error

AWA = Profile("Awa Diop", "awa.d", "fr", "Africa/Dakar")


@pytest.fixture
def client(api: ScriptedWebApi) -> AsyncWebClient:
    return AsyncWebClient("xoxb-test", base_url=api.url, retry_handlers=[])


async def test_a_profile_is_asked_for_once_a_day(client: AsyncWebClient, api: ScriptedWebApi) -> None:
    now = NOW
    profiles = Profiles(client, lambda: now)
    for _ in range(2):
        assert await profiles.of(PERSON) == AWA
    assert len(api.sent("users.info")) == 1
    assert api.sent("users.info")[0]["include_locale"] in ("1", "true")
    now = NOW + timedelta(days=1)
    await profiles.of(PERSON)
    assert len(api.sent("users.info")) == 2


@pytest.mark.parametrize(
    "answer",
    [error("missing_scope"), error("ratelimited", 429), error("unknown_method"), Answer(502, text="bad gateway")],
)
async def test_a_profile_that_is_not_told_is_empty_for_a_minute(
    client: AsyncWebClient, api: ScriptedWebApi, answer: Answer
) -> None:
    now = NOW
    profiles = Profiles(client, lambda: now)
    api.answer("users.info", answer)
    for _ in range(2):
        assert await profiles.of(PERSON) == Profile()
    now = NOW + timedelta(minutes=1)
    assert await profiles.of(PERSON) == AWA


async def test_a_profile_is_not_waited_for_long(
    client: AsyncWebClient, api: ScriptedWebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "PROFILE_PATIENCE", 0.05)
    api.answer("users.info", Answer(instead="never"))
    async with asyncio.timeout(calls.PATIENCE / 2):
        assert await Profiles(client, lambda: NOW).of(PERSON) == Profile()


@pytest.mark.parametrize(
    ("user", "profile"),
    [
        ({}, Profile()),
        ({"name": "awa"}, Profile("awa", "awa")),
        ({"real_name": "Awa Diop", "profile": None, "locale": None, "tz": None}, Profile("Awa Diop")),
        ({"locale": "es-419", "tz": "America/Lima"}, Profile(language="es", zone="America/Lima")),
        ({"profile": {"display_name": "awa"}}, Profile("awa", "awa")),
    ],
)
def test_a_profile_with_gaps(user: dict[str, object], profile: Profile) -> None:
    assert profile_of(user) == profile


async def test_a_conversation_that_was_seen_is_not_asked_for(client: AsyncWebClient, api: ScriptedWebApi) -> None:
    conversations = DirectMessages(client, lambda: NOW)
    conversations.learn(PERSON, "D0SEEN")
    assert await conversations.of(PERSON) == "D0SEEN"
    assert await conversations.open(PERSON) == DIRECT
    assert await conversations.of(PERSON) == DIRECT


def test_the_memory_is_bounded_and_forgets_the_least_recently_used() -> None:
    later = NOW + timedelta(hours=1)
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1, later)
    recent.keep("b", 2, later)
    assert recent.get("a", NOW) == 1
    recent.keep("c", 3, later)
    assert (recent.get("a", NOW), recent.get("b", NOW), recent.get("c", NOW)) == (1, None, 3)
    assert recent.get("a", later) is None
