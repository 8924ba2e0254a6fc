"""A bot connected to a scripted Web API."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from bot.handlers.slack import Slack
from tests.slack.far_side import SECRET, RememberingIntake, clock
from tests.slack.web_api import ScriptedWebApi, scripted_web_api


@pytest.fixture
async def api() -> AsyncIterator[ScriptedWebApi]:
    async with scripted_web_api() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
async def slack(api: ScriptedWebApi, session: ClientSession) -> AsyncIterator[Slack]:
    connected = await Slack.connect(
        "xoxb-test",
        api.url,
        session,
        clock,
        signing_secret=SECRET,
        app_token="xapp-test",  # noqa: S106 - nobody's
        elsewhere=lambda language: f"elsewhere in {language}",
    )
    yield connected
    await connected.aclose()


@pytest.fixture
def intake() -> RememberingIntake:
    return RememberingIntake()
