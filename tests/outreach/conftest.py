"""The scene of the worker's tests, on both databases."""

from collections.abc import AsyncIterator

import pytest

from tests.outreach import crowd
from tests.outreach.crowd import Scene


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with crowd.scene(database_url) as opened:
        yield opened
