"""The whole handler against the local Telegram, which is as strict as the real one, by webhook and by polling."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession
from starlette.applications import Starlette

from bot.chat.events import Attachment, Blocked, Command, Tap, Text
from bot.chat.markup import parse
from bot.chat.messages import Button, Rows, Say
from bot.flows.turn import Outcome
from bot.handlers.telegram import Telegram
from bot.handlers.telegram.backoff import Sleep
from bot.outreach.delivery import Delivery, Interrupted, RateLimited, Unreachable
from sandbox.people import Persona
from sandbox.server import serve
from sandbox.telegram import acts
from sandbox.telegram.state import Message
from sandbox.world import World
from tests.telegram.far_side import NOW, RememberingIntake
from tests.telegram.serving import serving

SECRET = "open_sesame-1"  # noqa: S105 - of this test only
YES_OR_NO: Rows = ((Button("Yes", "q1.1.y", "primary"), Button("No", "q1.1.n")), (Button("Later", "later"),))


@dataclass(frozen=True, slots=True)
class Scene:
    """Léa's phone, and the bot behind it with an engine that only remembers."""

    world: World
    telegram: Telegram
    intake: RememberingIntake

    @property
    def lea(self) -> Persona:
        return self.world.people["lea"]

    @property
    def messages(self) -> list[Message]:
        return list(self.world.telegram.private_chat(self.lea).messages.values())

    def say(self, words: str) -> None:
        acts.say(self.world.telegram, self.lea, words)

    async def tell(self, words: str, buttons: Rows = (), edits: str = "") -> str:
        account = self.intake.taken[0].origin.account
        delivery = Delivery(account, self.intake.taken[0].origin.chat, Say(parse(words), buttons, edits))
        return (await self.telegram.sender.deliver(delivery)).message_id


@asynccontextmanager
async def listening(telegram: Telegram, intake: RememberingIntake, way: str) -> AsyncIterator[None]:
    if way == "webhook":
        async with serving(Starlette(routes=telegram.routes(intake, SECRET))) as url:
            await telegram.register(url, SECRET)
            yield
        return
    polling = asyncio.create_task(telegram.poll(intake))
    try:
        yield
    finally:
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling


@pytest.fixture(params=["webhook", "polling"])
async def scene(request: pytest.FixtureRequest, session: ClientSession, sleep: Sleep) -> AsyncIterator[Scene]:
    world, intake = World(NOW), RememberingIntake()
    async with serve(world) as url:
        root, token = f"{url}/telegram", world.telegram.token
        telegram = await Telegram.connect(token, root, session, lambda: world.now, sleep=sleep)
        async with listening(telegram, intake, request.param):
            yield Scene(world, telegram, intake)
            await telegram.aclose()


async def test_a_conversation(scene: Scene) -> None:
    acts.start(scene.world.telegram, scene.lea, "join_7")
    (start,) = await scene.intake.took(1)
    assert isinstance(start, Command)
    assert (start.name, start.argument) == ("start", "join_7")
    assert (start.origin.profile.name, start.origin.profile.language) == ("Léa Tournesol", "fr")
    assert start.origin.at == scene.world.now

    asked = await scene.tell("*1 of 7* Will you?", YES_OR_NO)
    assert scene.messages[-1].text == "1 of 7 Will you?"
    assert scene.messages[-1].entities == [{"type": "bold", "offset": 0, "length": 6}]

    scene.intake.outcome = Outcome(toast="Saved")
    acts.tap(scene.world.telegram, scene.lea, int(asked), 0, 1)
    tap = (await scene.intake.took(2))[1]
    assert isinstance(tap, Tap)
    assert (tap.token, tap.message) == ("q1.1.n", asked)

    assert await scene.tell("✓ You answered: No", edits=asked) == asked
    assert await scene.tell("✓ You answered: No", edits=asked) == asked
    assert scene.messages[-1].text == "✓ You answered: No"
    assert scene.messages[-1].keyboard == []

    await scene.telegram.aclose()
    (answered,) = scene.world.telegram.taps.values()
    assert (answered.answered, answered.text) == (True, "Saved")


async def test_words_pictures_and_blocking(scene: Scene) -> None:
    acts.start(scene.world.telegram, scene.lea)
    scene.say("Bonjour & à bientôt 🌍")
    pixel = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\0IEND\xaeB`\x82"
    acts.send_file(scene.world.telegram, scene.lea, "photo", "p.png", pixel, "image/png")
    acts.block(scene.world.telegram, scene.lea, True)
    taken = await scene.intake.took(4)
    assert {type(event) for event in taken} == {Command, Text, Attachment, Blocked}
    assert scene.intake.words == ["Bonjour & à bientôt 🌍"]
    with pytest.raises(Unreachable):
        await scene.tell("Hello?")


async def test_an_update_that_could_not_be_taken_comes_again(scene: Scene) -> None:
    scene.world.telegram.retry_delays = (0.01,)
    trouble = iter([True])
    scene.intake.failing = lambda _event: next(trouble, False)
    acts.start(scene.world.telegram, scene.lea)
    await scene.intake.took(1)


@pytest.mark.parametrize("scene", ["polling"], indirect=True)
async def test_limits_are_kept(scene: Scene) -> None:
    acts.start(scene.world.telegram, scene.lea)
    await scene.intake.took(1)
    rows = tuple((Button(f"{number} {'é' * 80}", f"q1.1.{number % 10}"),) for number in range(120))
    asked = await scene.tell("*bold* & <b>words</b> 🌍 \n" * 400, rows)
    assert len(scene.messages) == 1 + 4
    assert asked == str(scene.messages[-1].id)


@pytest.mark.parametrize("scene", ["polling"], indirect=True)
async def test_what_goes_wrong_on_the_way(scene: Scene) -> None:
    acts.start(scene.world.telegram, scene.lea)
    await scene.intake.took(1)
    faults = scene.world.faults
    faults.add("rate_limit", platform="telegram", method="sendMessage", seconds=7)
    with pytest.raises(RateLimited) as limited:
        await scene.tell("one")
    assert limited.value.seconds == 7
    for kind in ("server_error", "drop", "lost_answer"):
        faults.add(kind, platform="telegram", method="sendMessage")
        with pytest.raises(Interrupted) as interrupted:
            await scene.tell(kind)
        assert interrupted.value.unknown
    assert [message.text for message in scene.messages[1:]] == ["lost_answer"]


@pytest.mark.parametrize("scene", ["polling"], indirect=True)
async def test_the_command_menu(scene: Scene) -> None:
    acts.start(scene.world.telegram, scene.lea)
    await scene.intake.took(1)
    assert scene.lea.telegram
    menu = {"en": {"join": "Join"}, "fr": {"join": "Adhérer"}, "es": {"join": "Unirse"}}
    await scene.telegram.set_commands(menu, menu, [scene.lea.telegram])
    shown = scene.world.telegram.commands
    assert len(shown) == 8
    assert sorted({command["description"] for listed in shown.values() for command in listed}) == [
        "Adhérer",
        "Join",
        "Unirse",
    ]
