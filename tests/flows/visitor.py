"""People in front of the engine, without a platform between them and it."""

from collections.abc import Iterator
from itertools import chain, count

from bot.chat.events import Account, Blocked, Command, Event, Origin, Profile, Tap, Text
from bot.chat.messages import Button, Say
from bot.flows.engine import Engine
from bot.flows.turn import Outcome
from bot.outreach.delivery import Delivery
from bot.outreach.postbox import Postbox
from tests.outreach.far_side import START, FarSide, text_of

_numbers = count(1)


class Visitor:
    """Somebody with an account, and the events that they cause."""

    def __init__(self, account: str, name: str = "Ada Rowan", language: str = "en") -> None:
        self.account = Account.parse(account)
        self.profile = Profile(name, "ada", language)

    def origin(self, key: str = "") -> Origin:
        chat = f"chat of {self.account}"
        return Origin(
            key=key or f"event {next(_numbers)}", account=self.account, at=START, chat=chat, profile=self.profile
        )

    def command(self, name: str, argument: str = "") -> Command:
        return Command(self.origin(), name, argument)

    def text(self, words: str) -> Text:
        return Text(self.origin(), words)

    def tap(self, token: str, message: str = "") -> Tap:
        return Tap(self.origin(), token, message)

    def blocked(self) -> Blocked:
        return Blocked(self.origin())


class Talk:
    """A visitor and the bot: each act is taken by the engine and what it says is delivered."""

    def __init__(self, visitor: Visitor, engine: Engine, postbox: Postbox, far_side: FarSide) -> None:
        self.visitor = visitor
        self.engine = engine
        self.postbox = postbox
        self.far_side = far_side

    async def take(self, event: Event) -> Outcome:
        [outcome] = await self.engine.handle([event])
        await self.postbox.settle()
        return outcome

    async def command(self, name: str, argument: str = "") -> str:
        await self.take(self.visitor.command(name, argument))
        return self.last

    async def say(self, *texts: str) -> str:
        """The texts one after the other; what is on the screen then."""
        for words in texts:
            await self.take(self.visitor.text(words))
        return self.last

    async def tap(self, label: str) -> str:
        """Tap the button with this label on the newest message that has it."""
        shown, button = self.find(label)
        await self.take(self.visitor.tap(button.token, shown))
        return self.last

    def find(self, label: str) -> tuple[str, Button]:
        """The message that has this button, as the platform numbers it, and the button."""
        for id, delivery in reversed(list(zip(self.far_side.ids, self.far_side.arrived, strict=True))):
            for button in buttons_of(delivery):
                if button.label == label and delivery.account == self.visitor.account:
                    return id, button
        raise AssertionError(f"no button {label!r}")

    @property
    def last(self) -> str:
        """The words of the newest message to this visitor."""
        return text_of(self.mine[-1])

    @property
    def labels(self) -> list[str]:
        """The buttons of the newest message to this visitor."""
        return [button.label for button in buttons_of(self.mine[-1])]

    @property
    def mine(self) -> list[Delivery]:
        return [delivery for delivery in self.far_side.arrived if delivery.account == self.visitor.account]


def buttons_of(delivery: Delivery) -> Iterator[Button]:
    assert isinstance(delivery.message, Say)
    return chain.from_iterable(delivery.message.buttons)
