"""Calls for engagement: what is said, to whom, how far it has come, what came of it.

    draft ──▶ waiting (for a second secretary) ──▶ scheduled ──▶ sending ──▶ done
      ▲           │                                 │   ▲          │ ▲
      └───────────┴────────────── undo ─────────────┘   └─ paused ─┘─┘       cancelled, from any of the later ones

When a call is confirmed its audience is frozen: the database itself makes a row of the outbox for each recipient, which
has no words yet. Those who cannot be reached get one that has failed already, so that they are listed and never tried.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, and_, bindparam, case, cast, delete, exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import accounts, campaign_marks, campaigns, outbox, participants, places

# In these a call has recipients.
SENT_OUT = ("scheduled", "sending", "paused", "done", "cancelled")
UNDER_WAY = ("scheduled", "sending", "paused")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a call says, to whom and when; kept however unfinished it is.

    `texts` are words by language. `button` is empty, or has its `target` (`join global-4`) and its `labels` by
    language. `audience` is as `bot.outreach.audience` reads it; None is nobody, where only places are meant. It begins
    at an instant (`begins_at`), or at a wall time of each reader (`local_time`, `2026-11-23T09:00`), else at once.
    """

    title: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    button: Mapping[str, Any] = field(default_factory=dict)
    audience: Any = None
    places: tuple[int, ...] = ()
    picture: int | None = None
    begins_at: datetime | None = None
    local_time: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A call for engagement. Names are empty where nobody is known, such as for one that came from a file."""

    id: int
    state: str
    draft: Draft
    author_id: int | None
    author: str
    approved_by: int | None
    approver: str
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of a call by platform and by what became of them (sent, waiting, failed, blocked, cancelled); people who
    opened what it leads to, and who went through with it. Blocked ones have failed, too, and are not counted twice."""

    by_platform: Mapping[str, Mapping[str, int]]
    opened: int = 0
    completed: int = 0

    def of(self, state: str) -> int:
        """On all platforms."""
        return sum(states.get(state, 0) for states in self.by_platform.values())

    @property
    def sent(self) -> int:
        return self.of("sent")

    @property
    def waiting(self) -> int:
        return self.of("waiting")

    @property
    def failed(self) -> int:
        return self.of("failed")

    @property
    def blocked(self) -> int:
        return self.of("blocked")

    @property
    def cancelled(self) -> int:
        return self.of("cancelled")

    @property
    def total(self) -> int:
        """Everybody there is a row for."""
        return sum(sum(states.values()) for states in self.by_platform.values())


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of one message. A channel or a group has its title as `account`."""

    account: str
    platform: str
    language: str
    state: str
    at: datetime | None
    error: str
    uncertain: bool
    opened: datetime | None
    completed: datetime | None


_author, _approver = participants.alias("author"), participants.alias("approver")
_CAMPAIGN: Select[Any] = (
    select(
        campaigns,
        func.coalesce(_author.c.name, "").label("author"),
        func.coalesce(_approver.c.name, "").label("approver"),
    )
    .join_from(campaigns, _author, campaigns.c.author_id == _author.c.id, isouter=True)
    .join(_approver, campaigns.c.approved_by == _approver.c.id, isouter=True)
)


async def create(connection: AsyncConnection, draft: Draft, author_id: int | None, now: datetime) -> int:
    """A new draft's id."""
    made = await connection.execute(
        insert(campaigns)
        .values(state="draft", author_id=author_id, created_at=now, **_columns(draft))
        .returning(campaigns.c.id)
    )
    return int(made.scalar_one())


async def change(connection: AsyncConnection, id: int, draft: Draft) -> bool:
    """Put this in the draft's place. False when it is no draft any more."""
    return await move(connection, id, ("draft",), "draft", **_columns(draft))


async def discard(connection: AsyncConnection, id: int) -> bool:
    """Throw a draft away. False when it is no draft any more."""
    gone = await connection.execute(delete(campaigns).where(campaigns.c.id == id, campaigns.c.state == "draft"))
    return bool(gone.rowcount)


async def get(connection: AsyncConnection, id: int) -> Campaign | None:
    """One call."""
    row = (await connection.execute(_CAMPAIGN.where(campaigns.c.id == id))).first()
    return _read(row) if row else None


async def listed(connection: AsyncConnection, states: Collection[str] = (), limit: int = 50) -> list[Campaign]:
    """Calls in these states, or all; the newest first."""
    query = _CAMPAIGN.order_by(campaigns.c.id.desc()).limit(limit)
    if states:
        query = query.where(campaigns.c.state.in_(states))
    return [_read(row) for row in await connection.execute(query)]


async def move(connection: AsyncConnection, id: int, was: Collection[str], to: str, **values: Any) -> bool:
    """Put a call that is in one of these states into another one. False when it was in none of them."""
    moved = await connection.execute(
        update(campaigns).where(campaigns.c.id == id, campaigns.c.state.in_(was)).values(state=to, **values)
    )
    return bool(moved.rowcount)


async def freeze(
    connection: AsyncConnection,
    id: int,
    chosen: Select[Any],
    not_before: datetime,
    by_zone: Mapping[str, datetime],
    now: datetime,
) -> None:
    """A row for each recipient. `chosen` gives their account_id, sender, chat, language, zone and whether they are
    reachable; those in a zone of `by_zone` are written to at its instant, the others at `not_before`."""
    who = chosen.subquery()
    at: Any = bindparam("at", not_before, type_=outbox.c.not_before.type)
    if by_zone:
        instants = {zone: literal(instant, outbox.c.not_before.type) for zone, instant in by_zone.items()}
        at = case(instants, value=who.c.zone, else_=at)
    rows = select(
        literal(f"campaign {id} account ") + cast(who.c.account_id, Text),
        who.c.sender,
        who.c.account_id,
        who.c.chat,
        literal("bulk"),
        literal(""),
        case((who.c.reachable, "waiting"), else_="failed"),
        case((who.c.reachable, ""), else_="unreachable"),
        literal(0),
        at,
        literal(id),
        who.c.language,
        literal(now, outbox.c.created_at.type),
    )
    await connection.execute(insert(outbox).from_select(_FROZEN, rows))


async def freeze_places(
    connection: AsyncConnection, id: int, ids: Collection[int], not_before: datetime, now: datetime
) -> None:
    """A row for each of these channels and groups that the bot is still in."""
    rows = select(
        literal(f"campaign {id} place ") + cast(places.c.id, Text),
        places.c.sender,
        literal(None, outbox.c.account_id.type),
        places.c.chat,
        literal("bulk"),
        literal(""),
        literal("waiting"),
        literal(""),
        literal(0),
        literal(not_before, outbox.c.not_before.type),
        literal(id),
        places.c.language,
        literal(now, outbox.c.created_at.type),
    ).where(places.c.id.in_(ids), places.c.active)
    await connection.execute(insert(outbox).from_select(_FROZEN, rows))


async def thaw(connection: AsyncConnection, id: int) -> bool:
    """Take the rows of a call back. False, and nothing is done, when one of them has been begun."""
    begun = outbox.c.attempts > 0
    if (await connection.execute(select(exists().where(outbox.c.campaign_id == id, begun)))).scalar_one():
        return False
    await connection.execute(delete(outbox).where(outbox.c.campaign_id == id))
    return True


async def cancel_rows(connection: AsyncConnection, id: int, now: datetime) -> int:
    """What has not left stays here; what is just on its way arrives. How many."""
    cancelled = await connection.execute(
        update(outbox)
        .where(
            outbox.c.campaign_id == id,
            outbox.c.state == "waiting",
            (outbox.c.lease_until.is_(None)) | (outbox.c.lease_until <= now),
        )
        .values(state="cancelled", ended_at=now, lease_until=None)
    )
    return int(cancelled.rowcount)


async def retry_rows(connection: AsyncConnection, id: int, now: datetime) -> int:
    """Try what failed again, but for accounts that cannot be reached; how many."""
    lost = exists().where(accounts.c.id == outbox.c.account_id, accounts.c.reachable.is_(False))
    again = await connection.execute(
        update(outbox)
        .where(outbox.c.campaign_id == id, outbox.c.state == "failed", ~lost)
        .values(state="waiting", attempts=0, error="", not_before=now, ended_at=None, lease_until=None)
    )
    return int(again.rowcount)


async def has_begun(connection: AsyncConnection, id: int, now: datetime) -> bool:
    """Whether the first of its messages has come due."""
    due = and_(outbox.c.campaign_id == id, outbox.c.state == "waiting", outbox.c.not_before <= now)
    ended = and_(outbox.c.campaign_id == id, outbox.c.state.in_(("sent", "cancelled")))
    return bool((await connection.execute(select(exists().where(due) | exists().where(ended)))).scalar_one())


async def is_over(connection: AsyncConnection, id: int) -> bool:
    """Whether none of its messages waits any more."""
    waits = exists().where(outbox.c.campaign_id == id, outbox.c.state == "waiting")
    return not (await connection.execute(select(waits))).scalar_one()


async def counts(connection: AsyncConnection, id: int) -> Counts:
    """How far it has come, and what came of it."""
    by_platform: dict[str, dict[str, int]] = {}
    states = await connection.execute(
        select(outbox.c.sender, outbox.c.state, func.count())
        .where(outbox.c.campaign_id == id)
        .group_by(outbox.c.sender, outbox.c.state)
    )
    for sender, state, n in states:
        found = by_platform.setdefault(platform_of(sender), {})
        found[state] = found.get(state, 0) + n
    lost = await connection.execute(
        select(outbox.c.sender, func.count())
        .join_from(outbox, accounts)
        .where(outbox.c.campaign_id == id, outbox.c.state == "failed", accounts.c.reachable.is_(False))
        .group_by(outbox.c.sender)
    )
    for sender, n in lost:
        found = by_platform[platform_of(sender)]
        found["failed"] -= n
        found["blocked"] = found.get("blocked", 0) + n
    marks = await connection.execute(
        select(campaign_marks.c.mark, func.count())
        .where(campaign_marks.c.campaign_id == id)
        .group_by(campaign_marks.c.mark)
    )
    marked = {row[0]: row[1] for row in marks}
    return Counts(by_platform, marked.get("opened", 0), marked.get("completed", 0))


async def recipients(connection: AsyncConnection, id: int) -> list[Recipient]:
    """What became of each message, in the order they were made."""
    opened, completed = campaign_marks.alias("opened"), campaign_marks.alias("completed")
    query = (
        select(
            func.coalesce(accounts.c.key, func.nullif(places.c.title, ""), outbox.c.chat),
            outbox.c.sender,
            outbox.c.language,
            case((and_(outbox.c.state == "failed", accounts.c.reachable.is_(False)), "blocked"), else_=outbox.c.state),
            outbox.c.ended_at,
            outbox.c.error,
            outbox.c.uncertain,
            opened.c.at,
            completed.c.at,
        )
        .join_from(outbox, accounts, isouter=True)
        .join(places, (places.c.sender == outbox.c.sender) & (places.c.chat == outbox.c.chat), isouter=True)
        .where(outbox.c.campaign_id == id)
        .order_by(outbox.c.id)
    )
    for alias, name in ((opened, "opened"), (completed, "completed")):
        query = query.join(
            alias,
            and_(alias.c.campaign_id == id, alias.c.participant_id == accounts.c.participant_id, alias.c.mark == name),
            isouter=True,
        )
    return [
        Recipient(account, platform_of(sender), *rest) for account, sender, *rest in await connection.execute(query)
    ]


def platform_of(sender: str) -> str:
    """`slack` for `slack:T01`."""
    return sender.partition(":")[0]


_FROZEN = (
    "dedupe_key",
    "sender",
    "account_id",
    "chat",
    "lane",
    "payload",
    "state",
    "error",
    "attempts",
    "not_before",
    "campaign_id",
    "language",
    "created_at",
)


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "texts": dict(draft.texts),
        "button": dict(draft.button),
        "audience": draft.audience,
        "places": list(draft.places),
        "picture": "" if draft.picture is None else str(draft.picture),
        "begins_at": draft.begins_at,
        "local_time": draft.local_time,
    }


def _read(row: Any) -> Campaign:
    draft = Draft(
        title=row.title,
        texts=row.texts,
        button=row.button,
        audience=row.audience,
        places=tuple(row.places),
        picture=int(row.picture) if row.picture else None,
        begins_at=row.begins_at,
        local_time=row.local_time,
    )
    return Campaign(
        id=row.id,
        state=row.state,
        draft=draft,
        author_id=row.author_id,
        author=row.author,
        approved_by=row.approved_by,
        approver=row.approver,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
    )
