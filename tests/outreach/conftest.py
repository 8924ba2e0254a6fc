"""The scene of the worker's tests, and a desk for the postbox's, on both databases."""

from collections.abc import AsyncIterator

import pytest

from storage.database import open_database
from tests.outreach import crowd
from tests.outreach.crowd import Scene
from tests.outreach.desk import ADA, BEN, CAI, Desk
from tests.outreach.far_side import FarSide, Watch


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with crowd.scene(database_url) as opened:
        yield opened


@pytest.fixture
async def desk(database_url: str, far_side: FarSide, slack: FarSide) -> AsyncIterator[Desk]:
    database = open_database(database_url)
    desk = Desk(database, Watch(), (far_side, slack))
    await desk.meet(ADA, BEN, CAI)
    yield desk
    for sender in desk.senders:
        for held in sender.holding.values():
            held.set()
    await desk.postbox.settle()
    await database.dispose()


@pytest.fixture
def far_side() -> FarSide:
    return FarSide()


@pytest.fixture
def slack() -> FarSide:
    return FarSide("slack:T01")
