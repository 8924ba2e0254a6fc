"""The people of the scenarios: Ada, who wants to join, on each platform; and two who decide."""

from collections.abc import AsyncIterator

import pytest

from tests.stage import Actor, Stage, stage


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """The curtain is open; two of the secretariat may decide, one on each platform."""
    async with stage(database_url) as opened:
        opened.world.add_person("Ada Rowan", person_id="ada", telegram=True, slack=True)
        opened.world.add_person("Ben Field", person_id="ben", telegram=True, slack=True)
        yield opened


@pytest.fixture(params=["telegram", "slack"])
async def ada(request: pytest.FixtureRequest, scene: Stage) -> Actor:
    """Somebody who wants to join, on either platform."""
    return scene.telegram("ada") if request.param == "telegram" else scene.slack("ada")


@pytest.fixture
async def tom(scene: Stage) -> Actor:
    """The secretariat on Telegram, who has said hello to the bot."""
    actor = scene.telegram("tom")
    await actor.say("/start")
    return actor


@pytest.fixture
async def ruth(scene: Stage) -> Actor:
    """The secretariat in Slack."""
    return scene.slack("ruth")
