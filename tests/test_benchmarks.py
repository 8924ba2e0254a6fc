"""The benchmark plays real forms: what it measures has happened, on both sides."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from benchmarks import measure, report
from benchmarks.api import Api, serve
from benchmarks.measure import WARM_UP_FORMS, Load, Measured
from benchmarks.people import STEPS, Crowd, Stuck
from benchmarks.wire import Served, Webhook

BRIEF = Load(people=2, seconds=0.2)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serve() as server:
        yield server


async def test_people_join_at_the_bot(api: Api, tmp_path: Path) -> None:
    measured = await measure.bot(api, BRIEF, f"sqlite:///{tmp_path}/bot.db", tmp_path)
    assert measured.forms >= WARM_UP_FORMS + BRIEF.people
    assert measured.cpu_per_thousand > 0
    assert 0 < measured.percentile(0.5) <= measured.percentile(0.95)


async def test_people_join_at_the_baseline(api: Api, tmp_path: Path) -> None:
    measured = await measure.conversation_handler(api, BRIEF, tmp_path)
    assert measured.forms >= WARM_UP_FORMS + BRIEF.people
    assert len(measured.latencies) <= measured.forms * STEPS


async def test_people_do_not_wait_for_a_bot_that_refuses_or_asks_in_circles(api: Api) -> None:
    status = 500

    def ask(_path: bytes, body: bytes) -> tuple[int, bytes]:
        button = {"text": "On my own", "callback_data": "alone"}
        message = {"message_id": 1, "text": "How?", "reply_markup": {"inline_keyboard": [[button]]}}
        for reader in api.readers.values():
            reader.receive("edited" if b'"alone"' in body else "sent", message)
        return status, b"{}"

    server = await asyncio.get_running_loop().create_server(lambda: Served(ask), "127.0.0.1", 0)
    async with server:
        webhook = Webhook(server.sockets[0].getsockname()[1], "/", {}, 1)
        crowd = Crowd(api, webhook, Random(4))
        with pytest.raises(Stuck, match="answered 500"):
            await crowd.fill_in()
        status = 200
        with pytest.raises(Stuck, match=f"took {STEPS} steps, and sees 'How"):
            await crowd.fill_in()
        webhook.close()
    assert crowd.forms == 0


def test_the_goal_counts_on_every_database() -> None:
    def played(steps: int) -> Measured:
        return Measured(seconds=1, latencies=[0.1] * steps)

    results = {report.BASELINE: played(10), report.SQLITE: played(25), report.POSTGRESQL: played(19)}
    assert report.ratios(results) == {report.SQLITE: 2.5, report.POSTGRESQL: 1.9}
    assert not report.is_fast_enough(results)
    assert report.is_fast_enough({**results, report.POSTGRESQL: played(20)})


def test_percentiles_are_by_nearest_rank() -> None:
    measured = Measured(latencies=[0.4, 0.1, 0.3, 0.2])
    assert [measured.percentile(share) for share in (0.25, 0.5, 0.95)] == [0.1, 0.2, 0.4]
