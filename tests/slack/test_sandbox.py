"""The handler and a person in the sandbox's Slack, over HTTP and over Socket Mode."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest
from aiohttp import ClientSession
from starlette.applications import Starlette

from bot.chat.events import Attachment, Command, Event, FormChanged, FormSubmitted, HomeOpened, Tap, Text
from bot.chat.markup import fill, parse, text
from bot.chat.messages import Button, Choice, Field, Form, Home, Say, Section
from bot.clock import system_clock
from bot.flows.intake import Intake
from bot.flows.turn import Outcome
from bot.handlers.slack import Slack
from bot.outreach.delivery import Delivery
from sandbox.person import SlackPerson
from sandbox.server import serve
from sandbox.world import World
from tests.web import listening

WAYS = tuple(Choice(way, way.title()) for way in ("time", "knowledge", "land"))
COUNTRIES = tuple(Choice(f"c{number}", f"Country {number}") for number in range(195))


class Parrot(Intake):
    """An engine just large enough to have every kind of conversation with."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.deliver: Callable[[Delivery], Awaitable[object]]

    async def take(self, event: Event) -> Outcome:
        self.taken.append(event)
        origin = event.origin
        match event:
            case Text():
                said = fill(parse("You said *{words}*."), {"words": event.text})
                buttons = ((Button("Join", "join", "primary"), Button("No", "no")),)
                await self.deliver(Delivery(origin.account, origin.chat, Say(said, buttons)))
            case Tap(token="join"):
                return Outcome(form=self.form())
            case Tap():
                await self.deliver(Delivery(origin.account, origin.chat, Say(text("Well."), edits=event.message)))
            case FormChanged(values=values):
                return Outcome(form=self.form(named=values["way"] == "land"))
            case FormSubmitted(values={"name": "Nobody"}):
                return Outcome(errors={"name": "Nobody is no name."})
            case FormSubmitted(values=values):
                done = Say(text(", ".join(str(value) for value in values.values())))
                await self.deliver(Delivery(origin.account, origin.chat, done))
            case HomeOpened():
                home = Home((Section("Mine", text("Nothing yet."), ((Button("Join", "join"),),)),))
                await self.deliver(Delivery(origin.account, "", home))
            case Command() | Attachment():
                await self.deliver(Delivery(origin.account, origin.chat, Say(text(type(event).__name__))))
        return Outcome()

    def form(self, *, named: bool = False) -> Form:
        fields = [
            Field("way", "choice", "How?", choices=WAYS, live=True),
            Field("country", "choice", "Country", choices=COUNTRIES, value=("c7",)),
            Field("name", "text", "Name", optional=True),
        ]
        if named:
            fields.append(Field("hectares", "text", "Hectares"))
        return Form("q1.2.f", "Join", "Next", "Close", tuple(fields), parse("*Three* questions."))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["http", "socket"])
async def engine(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Parrot]:
    """The engine behind a bot that is connected to the sandbox."""
    engine = Parrot()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serve(world))
        session = await stack.enter_async_context(ClientSession())
        slack = await Slack.connect(
            world.slack.bot_token,
            f"{url}/slack/api/",
            session,
            system_clock,
            world.slack.signing_secret,
            world.slack.app_token,
            lambda language: f"See our conversation ({language}).",
        )
        engine.deliver = slack.sender.deliver
        if request.param == "http":
            bot = await stack.enter_async_context(listening(Starlette(routes=slack.routes(engine))))
            world.slack.events_url = world.slack.interactivity_url = world.slack.commands_url = f"{bot}/slack/events"
            yield engine
        else:
            world.slack.socket_mode = True
            task = asyncio.create_task(slack.listen(engine))
            assert world.slack.delivery
            sockets = world.slack.delivery.sockets
            assert await sockets.changes.until(lambda: sockets.connected, 5)
            yield engine
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await slack.aclose()


@pytest.fixture
def person(world: World) -> SlackPerson:
    return SlackPerson(world, next(one for one in world.people.values() if one.slack))


async def test_words_are_answered(engine: Parrot, person: SlackPerson) -> None:
    await person.say("Land & <water> *now*")
    answer = await person.one_message()
    assert answer.text.startswith("You said Land & <water> *now*.")
    assert answer.buttons == ("Join", "No")


async def test_a_tap_edits_its_message(engine: Parrot, person: SlackPerson) -> None:
    await person.say("hello")
    await person.one_message()
    await person.tap("No")
    assert (await person.one_message()).text == "Well."
    assert len([message for message in person.messages() if not message.mine]) == 1


async def test_a_form_is_filled(engine: Parrot, person: SlackPerson) -> None:
    await person.say("hello")
    await person.one_message()
    await person.tap("Join")
    await person.until(lambda: person.modal is not None)
    assert person.modal
    assert person.modal.labels == ("How?", "Country", "Name")
    await person.choose("Name", "Awa")
    await person.choose("How?", "Land")
    await person.until(lambda: person.modal is not None and "Hectares" in person.modal.labels)
    assert await person.submit({"Name": "Nobody", "Hectares": "3"}) == {"Name": "Nobody is no name."}
    assert await person.submit({"Name": "Awa", "Country": "Country 150"}) == {}
    assert person.modal is None
    assert (await person.one_message()).text == "land, c150, Awa, 3"


async def test_the_home_is_shown_and_its_buttons_work(engine: Parrot, person: SlackPerson) -> None:
    await person.open_home()
    await person.sees("Nothing yet.")
    await person.tap("Join")
    await person.until(lambda: person.modal is not None)
    assert person.modal


async def test_a_command_is_answered_in_the_conversation(engine: Parrot, person: SlackPerson) -> None:
    await person.command("/4p1000", "join")
    assert (await person.one_message()).text == "Command"


async def test_a_file_is_an_attachment(engine: Parrot, person: SlackPerson) -> None:
    await person.send_document("soil.pdf", b"%PDF-")
    assert (await person.one_message()).text == "Attachment"


async def test_an_event_that_comes_twice_has_one_key(engine: Parrot, person: SlackPerson, world: World) -> None:
    world.faults.add("duplicate", platform="slack")
    await person.say("hello")
    assert len({event.origin.key for event in engine.taken}) == 1


async def test_the_profile_is_the_persons(engine: Parrot, person: SlackPerson) -> None:
    await person.say("hello")
    profile = engine.taken[0].origin.profile
    assert profile.name == person.persona.name
    assert (profile.language, profile.zone) == (person.persona.language, person.persona.time_zone)
