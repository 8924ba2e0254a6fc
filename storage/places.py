"""Channels and groups that the bot is in, which a call for engagement may go to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import places


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or a group. `sender` is `telegram` or `slack:<team>`; `language` may be empty."""

    id: int
    sender: str
    chat: str
    title: str
    language: str
    active: bool


_PLACE = select(places.c.id, places.c.sender, places.c.chat, places.c.title, places.c.language, places.c.active)


async def seen(
    connection: AsyncConnection, sender: str, chat: str, now: datetime, *, title: str = "", language: str = ""
) -> None:
    """The bot is in this place. A title or a language that is not known leaves what is known."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_new(places).values(
        sender=sender, chat=chat, title=title, language=language, active=True, seen_at=now
    )
    new = statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["sender", "chat"],
            set_={
                "title": func.coalesce(func.nullif(new.title, ""), places.c.title),
                "language": func.coalesce(func.nullif(new.language, ""), places.c.language),
                "active": True,
                "seen_at": new.seen_at,
            },
        )
    )


async def gone(connection: AsyncConnection, sender: str, chat: str) -> None:
    """The bot is there no longer."""
    await connection.execute(
        update(places).where(places.c.sender == sender, places.c.chat == chat).values(active=False)
    )


async def moved(connection: AsyncConnection, sender: str, chat: str, to: str, now: datetime) -> None:
    """The place lives on under another id (a group that became a supergroup)."""
    known = (await connection.execute(_PLACE.where(places.c.sender == sender, places.c.chat == chat))).first()
    await gone(connection, sender, chat)
    title, language = (known.title, known.language) if known else ("", "")
    await seen(connection, sender, to, now, title=title, language=language)


async def speak(connection: AsyncConnection, id: int, language: str) -> None:
    """What is said in this place is said in this language."""
    await connection.execute(update(places).where(places.c.id == id).values(language=language))


async def active(connection: AsyncConnection) -> list[Place]:
    """Where the bot is now."""
    rows = await connection.execute(_PLACE.where(places.c.active).order_by(places.c.sender, places.c.title))
    return [Place(*row) for row in rows]


async def by_ids(connection: AsyncConnection, ids: Collection[int]) -> list[Place]:
    """These places, in the order of their ids."""
    if not ids:
        return []
    rows = await connection.execute(_PLACE.where(places.c.id.in_(ids)).order_by(places.c.id))
    return [Place(*row) for row in rows]
