"""Where the bot is besides private conversations: channels and groups that a call for engagement may go to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import Clock
from storage import places


@dataclass(frozen=True, slots=True)
class Moved:
    """The bot was put into a channel or a group (`there`), or taken out of it. `title` may not be known."""

    chat: str
    there: bool
    title: str = ""


Notice = Callable[[str, Moved], Awaitable[None]]
"""Told by a platform's handler, with its sender, when the bot has moved."""


Know = Callable[[str, Mapping[str, str]], Awaitable[None]]
"""Told, with its sender, what all the places are called that the bot is in, by their chats."""


async def unnoticed(_sender: str, _moved: Moved) -> None:
    """For a bot that keeps no list."""


async def unknown(_sender: str, _titles: Mapping[str, str]) -> None:
    """For a bot that keeps no list."""


class Whereabouts:
    """Keeps the list. What it is told twice it knows once."""

    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def notice(self, sender: str, moved: Moved) -> None:
        """See `Notice`."""
        async with self._database.begin() as connection:
            if moved.there:
                await places.seen(connection, sender, moved.chat, self._clock(), title=moved.title)
            else:
                await places.gone(connection, sender, moved.chat)

    async def know(self, sender: str, titles: Mapping[str, str]) -> None:
        """See `Know`."""
        async with self._database.begin() as connection:
            for place in await places.active(connection):
                if place.sender == sender and place.chat not in titles:
                    await places.gone(connection, sender, place.chat)
            for chat, title in sorted(titles.items()):
                await places.seen(connection, sender, chat, self._clock(), title=title)
