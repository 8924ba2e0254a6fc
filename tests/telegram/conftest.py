"""A bot connected to a scripted Bot API, and waits that are noted instead of waited."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from bot.handlers.telegram import Telegram
from bot.handlers.telegram.backoff import Sleep
from tests.telegram.api import TOKEN, ScriptedApi, scripted_api
from tests.telegram.far_side import NOW, RememberingIntake


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    async with scripted_api() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the bot would have waited."""
    return []


@pytest.fixture
def sleep(waits: list[float]) -> Sleep:
    async def note(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    return note


@pytest.fixture
async def telegram(api: ScriptedApi, session: ClientSession, sleep: Sleep) -> AsyncIterator[Telegram]:
    connected = await Telegram.connect(TOKEN, api.url, session, lambda: NOW, sleep=sleep)
    yield connected
    await connected.aclose()


@pytest.fixture
def intake() -> RememberingIntake:
    return RememberingIntake()
