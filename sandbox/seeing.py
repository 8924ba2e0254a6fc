"""People who use the bot, for tests and simulations: one vocabulary on both platforms.

An act returns when the bot has acknowledged what it delivers; `Unanswered` when it does not. What the bot then says
comes in its own time: wait for it with `sees`, `hears` or `one_message`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.people import Persona
from sandbox.receipt import Receipt
from sandbox.world import World

PATIENCE = 10.0
"""Seconds a person waits for the bot."""
NEWEST = 50
"""How many messages a person has in front of them, scrolling included."""


class Unanswered(TimeoutError):
    """The bot did not acknowledge what a person did."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a person sees it. `id` is the platform's; `buttons` are visible labels, row by row."""

    id: int | str
    text: str
    buttons: tuple[str, ...] = ()
    mine: bool = False
    pictures: int = 0
    files: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        parts = ["> " + self.text if self.mine else self.text, *(f"({name})" for name in self.files)]
        if self.buttons:
            parts.append(" ".join(f"[{label}]" for label in self.buttons))
        return "\n".join(part for part in parts if part)


class Person:
    """What both kinds of people share: looking, and waiting for the bot."""

    def __init__(self, world: World, persona: Persona | str, patience: float = PATIENCE) -> None:
        self.world = world
        self.persona = world.people[persona] if isinstance(persona, str) else persona
        self.patience = patience
        self._looked: dict[int | str, Seen] = {}

    def messages(self) -> list[Seen]:
        """The newest messages of the conversation with the bot, oldest first."""
        raise NotImplementedError

    def screen(self) -> str:
        """What the person sees in front of them, as plain text with button labels in brackets."""
        return "\n\n".join(map(str, self.messages()))

    def news(self) -> list[Seen]:
        """What the bot said or changed since this person's last act."""
        return [one for one in self.messages() if not one.mine and self._looked.get(one.id) != one]

    def look(self) -> None:
        """Take note of everything on the screen: it is no longer news."""
        self._looked = {one.id: one for one in self.messages()}

    async def until(self, holds: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until something holds of what the person sees; tells whether it did."""
        changes = self.world.changed_for[self.persona.id]
        return await changes.until(holds, self.patience if timeout is None else timeout)

    async def sees(self, text: str, timeout: float | None = None) -> None:
        """Wait until the screen shows this text; AssertionError with the screen when it does not."""
        if not await self.until(lambda: text in self.screen(), timeout):
            raise AssertionError(f"{self.persona.id} does not see {text!r} but:\n{self.screen()}")

    async def hears(self, timeout: float | None = None) -> list[Seen]:
        """Wait for news; AssertionError when the bot stays silent."""
        if not await self.until(lambda: bool(self.news()), timeout):
            raise AssertionError(f"{self.persona.id} hears nothing; on the screen:\n{self.screen()}")
        return self.news()

    async def one_message(self, timeout: float | None = None) -> Seen:
        """Wait for news, which must be one message; AssertionError when it is none or several."""
        news = await self.hears(timeout)
        if len(news) != 1:
            raise AssertionError("not one message but:\n" + "\n\n".join(map(str, news)))
        return news[0]

    async def _acknowledged(self, receipt: Receipt | None, what: str) -> None:
        if receipt is not None and not await receipt.wait(self.patience):
            raise Unanswered(f"the bot did not acknowledge that {self.persona.id} {what}")
