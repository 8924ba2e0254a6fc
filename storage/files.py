"""Pictures and documents: ours to show, and people's own to keep.

What somebody sends is noted first and its bytes are fetched later, because a platform does not wait for them:

    noted ──to_fetch──▶ being fetched ──▶ fetched
      ▲                      │   └───▶ failed, with an `error`
      └────── again ─────────┘
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, cast, delete, exists, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import conversations, files

# What every platform shows as a picture; anything else is a document.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
# Who began to fetch a file and did not say what came of it has died.
FETCHING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file without its bytes, which `content` gives. `size` in bytes. `uploaded` is what each sender calls it,
    `source_id` what it is called where it came from. `fetched` is whether its bytes are here, `to_fetch` whether they
    are still to come; when they never will be, `error` says why."""

    id: int
    subject: str
    name: str
    media_type: str
    size: int
    alt: str
    uploaded: dict[str, str]
    source_id: str
    participant_id: int | None
    fetched: bool
    to_fetch: bool
    error: str

    @property
    def lost(self) -> bool:
        """Whether its bytes will never be here."""
        return not self.fetched and not self.to_fetch

    @property
    def kind(self) -> Literal["picture", "document"]:
        """How it is shown."""
        return "picture" if self.media_type in PICTURES else "document"


@dataclass(frozen=True, slots=True)
class ToFetch:
    """A file whose bytes are still where somebody sent it: `source_id` is what the platform of `sender` calls it.
    `attempts` counts this one."""

    id: int
    name: str
    size: int
    sender: str
    source_id: str
    attempts: int
    participant_id: int | None


_STORED: tuple[ColumnElement[Any], ...] = (
    files.c.id,
    files.c.subject,
    files.c.name,
    files.c.media_type,
    files.c.size,
    files.c.alt,
    files.c.uploaded,
    files.c.source_id,
    files.c.participant_id,
    files.c.content.is_not(None),
    files.c.fetch_at.is_not(None),
    files.c.error,
)


async def keep(
    connection: AsyncConnection,
    *,
    name: str,
    media_type: str,
    content: bytes,
    alt: str = "",
    subject: str = "",
    now: datetime,
) -> int:
    """Store a file of ours; its id. The same bytes about the same subject are the same file."""
    sha256 = hashlib.sha256(content).hexdigest()
    same = select(files.c.id).where(files.c.subject == subject, files.c.sha256 == sha256).limit(1)
    if (known := (await connection.execute(same)).scalar_one_or_none()) is not None:
        return int(known)
    made = await connection.execute(
        insert(files)
        .values(
            subject=subject,
            name=name,
            media_type=media_type,
            size=len(content),
            alt=alt,
            sha256=sha256,
            content=content,
            uploaded={},
            created_at=now,
        )
        .returning(files.c.id)
    )
    return int(made.scalar_one())


async def get(connection: AsyncConnection, id: int) -> StoredFile | None:
    """The file, or None when it is gone."""
    row = (await connection.execute(select(*_STORED).where(files.c.id == id))).one_or_none()
    return None if row is None else StoredFile(*row)


async def content(connection: AsyncConnection, id: int) -> bytes | None:
    """The file's bytes; None when it is gone, or has not been fetched."""
    return (await connection.execute(select(files.c.content).where(files.c.id == id))).scalar_one_or_none()


async def of(connection: AsyncConnection, subject: str) -> list[StoredFile]:
    """The files about a subject, oldest first."""
    rows = await connection.execute(select(*_STORED).where(files.c.subject == subject).order_by(files.c.id))
    return [StoredFile(*row) for row in rows]


async def arrived(connection: AsyncConnection, subjects: Sequence[str]) -> list[StoredFile]:
    """The files about these subjects whose bytes are here, oldest first."""
    found = select(*_STORED).where(files.c.subject.in_(subjects), files.c.content.is_not(None)).order_by(files.c.id)
    return [StoredFile(*row) for row in await connection.execute(found)]


async def adopt(connection: AsyncConnection, ids: Sequence[int], subject: str) -> None:
    """From now on these files are about `subject`, and go when that goes."""
    await connection.execute(update(files).where(files.c.id.in_(ids)).values(subject=subject))


async def drop(connection: AsyncConnection, subject: str) -> None:
    """Forget the files about a subject."""
    await connection.execute(delete(files).where(files.c.subject == subject))


async def remove(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Forget these files."""
    if ids:
        await connection.execute(delete(files).where(files.c.id.in_(ids)))


async def prune(connection: AsyncConnection) -> None:
    """Forget what was sent in conversations that have ended since, and was not adopted."""
    going_on = exists().where(
        conversations.c.state == "open", files.c.subject == literal("conversation ") + cast(conversations.c.id, Text)
    )
    await connection.execute(delete(files).where(files.c.subject.startswith("conversation "), ~going_on))


async def note_uploaded(connection: AsyncConnection, id: int, sender: str, reference: str) -> None:
    """This sender has the file and calls it so; an empty `reference` says that it has it no longer."""
    locked = select(files.c.uploaded).where(files.c.id == id).with_for_update()
    uploaded = (await connection.execute(locked)).scalar_one_or_none()
    if uploaded is not None:
        known = {key: value for key, value in (uploaded | {sender: reference}).items() if value}
        await connection.execute(update(files).where(files.c.id == id).values(uploaded=known))


async def from_platform(
    connection: AsyncConnection,
    *,
    name: str,
    media_type: str,
    size: int,
    sender: str,
    source_id: str,
    participant_id: int | None,
    subject: str,
    now: datetime,
    alt: str = "",
) -> int:
    """Note a file that somebody sent; its id. Its bytes are fetched later."""
    made = await connection.execute(
        insert(files)
        .values(
            subject=subject,
            name=name,
            media_type=media_type,
            size=size,
            alt=alt,
            source_sender=sender,
            source_id=source_id,
            uploaded={},
            participant_id=participant_id,
            fetch_at=now,
            created_at=now,
        )
        .returning(files.c.id)
    )
    return int(made.scalar_one())


async def to_fetch(connection: AsyncConnection, senders: Sequence[str], now: datetime, limit: int) -> list[ToFetch]:
    """Take files whose bytes are to be fetched now, oldest first; what another process has taken is passed over."""
    due = (
        select(files.c.id)
        .where(files.c.fetch_at <= now, files.c.source_sender.in_(senders))
        .order_by(files.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await connection.execute(due)).scalars().all()
    if not ids:
        return []
    taken = await connection.execute(
        update(files)
        .where(files.c.id.in_(ids))
        .values(attempts=files.c.attempts + 1, fetch_at=now + FETCHING)
        .returning(
            files.c.id,
            files.c.name,
            files.c.size,
            files.c.source_sender,
            files.c.source_id,
            files.c.attempts,
            files.c.participant_id,
        )
    )
    return sorted((ToFetch(*row) for row in taken), key=lambda file: file.id)


async def fetched(connection: AsyncConnection, id: int, content: bytes) -> None:
    """These are its bytes."""
    await connection.execute(
        update(files)
        .where(files.c.id == id)
        .values(
            content=content,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            fetch_at=None,
            error="",
        )
    )


async def fetch_failed(connection: AsyncConnection, id: int, error: str, again: datetime | None) -> None:
    """It could not be fetched, for this reason; it is tried `again` then, or never."""
    await connection.execute(update(files).where(files.c.id == id).values(error=error, fetch_at=again))
