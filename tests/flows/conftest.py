"""A house for flows to live in: the real words and catalogue, a database, and a far side that only remembers."""

from collections.abc import AsyncIterator, Iterator
from io import StringIO

import pytest
from hypothesis import settings
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.catalogue import load as load_catalogue
from bot.flows.engine import Engine
from bot.flows.turn import House
from bot.locales import load as load_words
from bot.log import configure
from bot.outreach.postbox import Postbox
from storage.database import open_database
from tests.logged import logging_restored
from tests.outreach.far_side import FarSide, Watch

# Property tests take as long as the machine needs.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def house() -> House:
    return House(load_words(), load_catalogue(), frozenset({"telegram:1", "telegram:2"}), "help@example.org")


@pytest.fixture(autouse=True)
def logged() -> Iterator[StringIO]:
    """What the bot logs, as in service: JSON, a line an event."""
    with logging_restored():
        stream = StringIO()
        configure(stream=stream)
        yield stream


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def far_side() -> FarSide:
    return FarSide()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
async def postbox(database: AsyncEngine, far_side: FarSide, watch: Watch) -> AsyncIterator[Postbox]:
    opened = Postbox(database, {far_side.name: far_side}, watch)
    yield opened
    await opened.settle()


@pytest.fixture
def engine(database: AsyncEngine, house: House, postbox: Postbox, watch: Watch) -> Engine:
    return Engine(database, house, postbox, watch)
