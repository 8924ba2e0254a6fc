"""The reckoning: what the platforms took and were given, held against what the database says."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Say, decode
from bot.handlers.slack import render as slack
from bot.handlers.slack.parse import Identity, parse
from bot.handlers.telegram import render as telegram
from sandbox.calls import Call
from sandbox.slack.state import BOT_USER, TEAM_ID, VERIFICATION_TOKEN
from sandbox.telegram.state import BOT_ID, BOT_USERNAME
from sandbox.world import World
from storage.coalitions import membership, pledged
from storage.database import open_database
from storage.schema import accounts, audit, coalitions, conversations, inbox, memberships, outbox
from tests.crash.people import Joiner
from tests.crash.wishes import WORDS
from tests.stage import account

SENDS = ("sendMessage", "chat.postMessage")
EDITS = ("editMessageText", "chat.update")
MISFITS = tuple(WORDS.plain(f"screen.{name}") for name in ("pick_again", "use_buttons"))
UNCHANGED = "message is not modified"
FIRST_UPDATE = 870_000_001
COUNTRIES = {"Kenya": "KE", "France": "FR", "Colombia": "CO"}


class Shown(NamedTuple):
    """A message as a platform is given it: where, its words, its blocks or buttons as JSON."""

    chat: str
    words: str
    rest: bytes


@dataclass(slots=True)
class Toll:
    """What the kills cost: rows whose outcome was not known once, rows that were not needed any more, messages that
    came again."""

    uncertain: int = 0
    cancelled: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """What the database says in the end."""

    inbox: list[str]
    outbox: Sequence[Row[Any]]
    requested: list[str]
    coalitions: list[str]
    unfinished: int


async def hold(
    world: World, joiners: Sequence[Joiner], secretariat: Sequence[str], database_url: str, *, in_order: bool
) -> Toll:
    """AssertionError with everything that does not agree."""
    database = open_database(database_url)
    try:
        async with database.begin() as connection:
            books = await read(connection)
            wrong = [fault for joiner in joiners for fault in await _request_of(connection, world, joiner)]
    finally:
        await database.dispose()
    toll = Toll(sum(row.uncertain for row in books.outbox), sum(row.state == "cancelled" for row in books.outbox))
    wrong += filter(None, (joiner.missing() for joiner in joiners))
    wrong += _taken(world, books)
    wrong += _asked_once(world, books, joiners, secretariat)
    given = [(call, shown) for call in calls(world) if call.direction == "from_bot" and (shown := _given(call))]
    wrong += _count(toll, books.outbox, given)
    wrong += _compare_with_screens(world, books.outbox, given)
    wrong += _follow(books.outbox, given) if in_order else []
    assert not wrong, "\n".join(wrong)
    return toll


async def nothing_waits(database_url: str, patience: float) -> None:
    """Wait until every message has come to its end. Nothing tells of that but the table."""
    waiting = select(func.count()).select_from(outbox).where(outbox.c.state == "waiting")
    database = open_database(database_url)
    try:
        async with asyncio.timeout(patience):
            while True:
                async with database.begin() as connection:
                    if not (await connection.execute(waiting)).scalar_one():
                        return
                await asyncio.sleep(0.1)
    finally:
        await database.dispose()


async def read(connection: AsyncConnection) -> Books:
    rows: Select[Any] = (
        select(*outbox.c, accounts.c.key.label("account")).join_from(outbox, accounts).order_by(outbox.c.id)
    )
    requested = select(audit.c.subject).where(audit.c.action == "requested")
    open_forms = select(func.count()).select_from(conversations).where(conversations.c.state != "done")
    return Books(
        inbox=list((await connection.execute(select(inbox.c.key))).scalars()),
        outbox=(await connection.execute(rows)).all(),
        requested=list((await connection.execute(requested)).scalars()),
        coalitions=list((await connection.execute(select(coalitions.c.title))).scalars()),
        unfinished=int((await connection.execute(open_forms)).scalar_one()),
    )


async def _request_of(connection: AsyncConnection, world: World, joiner: Joiner) -> list[str]:
    """One request, with what this person answered."""
    key = str(account(world, joiner.id))
    ids = (
        await connection.execute(select(memberships.c.id).join_from(memberships, accounts).where(accounts.c.key == key))
    ).scalars()
    found = [await membership(connection, id) for id in ids]
    if len(found) != 1 or found[0] is None:
        return [f"{key} has {len(found)} memberships"]
    one, answers = found[0], joiner.wish.answers
    promised = {pledge.kind: (pledge.amount, pledge.currency) for pledge in await pledged(connection, one.id)}
    amount = str(answers.get("amount") or "").split()
    stored = {
        "state": (one.state, "pending"),
        "facility": (one.facility, answers["facility"]),
        "coalition": (one.title, joiner.wish.facility_title),
        "role": (one.role, answers["role"]),
        "note": (one.note, answers["note"] or ""),
        "generation": (one.generation, answers["generation"]),
        "engagement": (one.engagement, answers["engagement"]),
        "organisation": (one.organisation, answers.get("organisation", "")),
        "organisation_type": (one.organisation_type, answers.get("organisation_type", "")),
        "country": (one.country, COUNTRIES.get(str(answers.get("country")), "")),
        "status": (one.status, answers.get("status", "")),
        "contributions": (
            promised,
            {
                kind: (Decimal(amount[0]), amount[1]) if kind == "funds" else (None, "")
                for kind in answers["contributions"] or ()
            },
        ),
    }
    return [f"{key}: {name} is {is_!r}, not {wanted!r}" for name, (is_, wanted) in stored.items() if is_ != wanted]


def _taken(world: World, books: Books) -> list[str]:
    """What the platforms were told was taken has been taken, and every conversation went to its end."""
    lost = set(accepted(world)) - set(books.inbox)
    wrong = [f"{key} was accepted and is not in the inbox" for key in sorted(lost)]
    if len(books.inbox) != len(set(books.inbox)):
        wrong.append("a key is in the inbox twice")
    if books.unfinished:
        wrong.append(f"{books.unfinished} conversations are not done")
    return wrong


def _asked_once(world: World, books: Books, joiners: Sequence[Joiner], secretariat: Sequence[str]) -> list[str]:
    """Each request is on record once, and before each of the secretariat once."""
    wrong = []
    if len(set(books.requested)) != len(books.requested) or len(books.requested) != len(joiners):
        wrong.append(f"the audit trail has {len(books.requested)} requests: {books.requested}")
    if len(set(books.coalitions)) != len(books.coalitions):
        wrong.append(f"there are two coalitions of one name: {books.coalitions}")
    asked = Counter((row.subject, row.account) for row in books.outbox if row.subject)
    for subject in books.requested:
        for persona in secretariat:
            if (times := asked[subject, str(account(world, persona))]) != 1:
                wrong.append(f"{persona} was asked {times} times about {subject}")
    return wrong


def accepted(world: World) -> Iterator[str]:
    """The keys of everything that the bot has told a platform it took."""
    assert not world.telegram.updates, "Telegram still has updates that the bot did not take"
    for number in range(FIRST_UPDATE, world.telegram.last_update + 1):
        yield f"telegram:{BOT_ID}:{number}"
    for call in calls(world):
        if call.platform == "slack" and call.direction == "to_bot" and call.ok:
            payload = {**call.request, "token": VERIFICATION_TOKEN}
            event = parse(payload, Identity(TEAM_ID, BOT_USER), datetime.now(UTC))
            if event is not None:
                yield event.origin.key


def calls(world: World) -> list[Call]:
    """Everything that the bot and the platforms said to each other."""
    return world.calls.after(0, len(world.calls))


def _count(toll: Toll, rows: Sequence[Row[Any]], given: list[tuple[Call, Shown]]) -> list[str]:
    """New messages: as many of each as there are rows, and repetitions only of uncertain ones."""
    wrong = []
    arrived = Counter(shown for call, shown in given if call.name in SENDS)
    expected: Counter[Shown] = Counter()
    allowed: Counter[Shown] = Counter()
    for row in rows:
        for shown in _shown(row) if not _edits(row) else ():
            expected[shown] += row.state == "sent"
            allowed[shown] += row.attempts - (row.state == "sent") if row.uncertain or row.state == "cancelled" else 0
    for shown in arrived | expected:
        if any(misfit in shown.words for misfit in MISFITS):
            wrong.append(f"an answer of {shown.chat} was taken twice, or at the wrong place: {shown.words!r}")
        extra = arrived[shown] - expected[shown]
        toll.repeated += max(extra, 0)
        if not 0 <= extra <= allowed[shown]:
            wrong.append(f"{shown.chat} got {arrived[shown]} × {shown.words!r}, and not {expected[shown]}")
    return wrong


def _compare_with_screens(world: World, rows: Sequence[Row[Any]], given: list[tuple[Call, Shown]]) -> list[str]:
    """Every message is on the screen as the last row about it has it. Only what something later made outdated was not
    said."""
    wrong = []
    screens: dict[tuple[str, str], Shown] = {}
    for call, shown in given:
        screens[shown.chat, _message_id(call)] = shown
    latest: dict[tuple[str, str], Row[Any]] = {}
    said_last = {row.account: row.id for row in rows if row.state == "sent"}
    for row in rows:
        outdated = row.state == "cancelled" and row.id < said_last.get(row.account, 0)
        if row.state != "sent" and not outdated:
            wrong.append(f"row {row.id} has ended as {row.state}: {row.error}")
        elif row.state == "sent" and isinstance(decode(row.payload), Say):
            latest[row.chat, row.message_id] = row
    for place, row in latest.items():
        if screens.get(place) != _shown(row)[-1]:
            wrong.append(f"row {row.id} says {_shown(row)[-1]}, and on the screen is {screens.get(place)}")
        if not _is_there(world, *place):
            wrong.append(f"there is no message {place}")
    return wrong


def _follow(rows: Sequence[Row[Any]], given: list[tuple[Call, Shown]]) -> list[str]:
    """What was said to one chat came in the order in which it was said."""
    wrong = []
    places: dict[Shown, list[int]] = defaultdict(list)
    for place, (_, shown) in enumerate(given):
        places[shown].append(place)
    last: dict[str, int] = {}
    for row in rows:
        for shown in _shown(row) if row.state == "sent" else ():
            at = places[shown].pop(0) if places[shown] else None
            if at is None:
                continue
            if at < last.get(shown.chat, -1):
                wrong.append(f"row {row.id} came too late: {shown.words!r}")
            last[shown.chat] = max(at, last.get(shown.chat, -1))
    return wrong


def _given(call: Call) -> Shown | None:
    """What a call of the bot put on somebody's screen, or found there already."""
    if call.name not in (*SENDS, *EDITS) or not (call.ok or UNCHANGED in (call.error or "")):
        return None
    request = call.request
    if call.platform == "slack":
        return Shown(request["channel"], request["text"], _json(request["blocks"]))
    keyboard = (request.get("reply_markup") or {}).get("inline_keyboard") or []
    return Shown(str(request["chat_id"]), request["text"], _json(keyboard))


def _shown(row: Row[Any]) -> list[Shown]:
    """How the platform is given what a row says."""
    message = decode(row.payload)
    if not isinstance(message, Say):
        return []
    if row.account.startswith("slack:"):
        content = slack.say(message)
        return [Shown(row.chat, content["text"], _json(content["blocks"]))]
    return [Shown(row.chat, part.html, _json(part.keyboard)) for part in telegram.render(message, BOT_USERNAME)]


def _edits(row: Row[Any]) -> bool:
    message = decode(row.payload)
    return isinstance(message, Say) and bool(message.edits)


def _message_id(call: Call) -> str:
    if call.name in EDITS:
        return str(call.request.get("message_id") or call.request.get("ts"))
    return str(call.answer["ts"] if call.platform == "slack" else call.answer["result"]["message_id"])


def _is_there(world: World, chat: str, message: str) -> bool:
    if chat in world.slack.conversations:
        return message in world.slack.conversations[chat].messages
    return int(message) in world.telegram.chats[int(chat)].messages


def _json(thing: Any) -> bytes:
    return orjson.dumps(thing, option=orjson.OPT_SORT_KEYS)
