"""The sandbox as a process of its own, and as a server that others rely on."""

import asyncio
import signal
import sys

import aiohttp
import pytest

from sandbox.server import serve
from sandbox.world import World
from tests.sandbox.conftest import FarSide


async def test_it_starts_alone_says_where_it_is_and_stops_when_told() -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--slack-url", "http://127.0.0.1:9/slack/events"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        address = (await process.stdout.readline()).decode().removeprefix("The sandbox is at ").strip()
        assert address.startswith("http://127.0.0.1:")
        async with aiohttp.ClientSession() as http, http.get(f"{address}control/setup") as response:
            setup = await response.json()
        assert setup["slack"]["events_url"] == "http://127.0.0.1:9/slack/events"
        assert setup["telegram"]["api_url"] == f"{address}telegram"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_port_that_is_taken_is_refused(far: FarSide) -> None:
    with pytest.raises(OSError, match="in use"):
        async with serve(World(), port=int(far.url.rpartition(":")[2])):
            pass


async def test_a_world_can_be_served_again() -> None:
    world = World()
    for _ in range(2):
        async with serve(world) as url, aiohttp.ClientSession() as http:
            async with http.get(f"{url}/telegram/bot{world.telegram.token}/getMe") as response:
                assert (await response.json())["ok"]
            async with http.get(f"{url}/control/view", params={"person": "lea"}) as response:
                assert response.status == 200


async def test_closing_does_not_wait_for_a_long_poll() -> None:
    world = World()
    async with asyncio.timeout(5), aiohttp.ClientSession() as http:
        async with serve(world) as url:
            poll = asyncio.create_task(_poll(http, f"{url}/telegram/bot{world.telegram.token}/getUpdates"))
            await world.telegram.arrived.until(lambda: world.telegram.polls == 1, 5)
        await poll


async def _poll(http: aiohttp.ClientSession, url: str) -> None:
    try:
        async with http.post(url, json={"timeout": 50}) as response:
            await response.read()
    except aiohttp.ClientConnectionError:
        return


async def test_many_people_at_once_are_served(far: FarSide) -> None:
    people = [far.world.add_person(f"Person {number}") for number in range(300)]
    chats = [person.telegram for person in people]
    far.world.strict -= {"telegram.not_started"}
    answers = await asyncio.gather(*[far.telegram_call("sendMessage", chat_id=chat, text="hello") for chat in chats])
    assert all(answer["ok"] for answer in answers)
