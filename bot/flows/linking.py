"""`/link` and `/unlink`: two accounts becoming one person, and parting again.

A code shown in one account is entered in the other; then each side is shown whose account the other one is, and both
say yes. A code that others may have seen is not enough: a second one has to come back to where the first was shown.

Codes have eight of 28 characters (38 bits), live ten minutes and work once. They are kept as hashes that can be looked
up, so without a salt of their own; instead the hash is slow and takes memory (scrypt, about 30 ms and 8 MB), so that
trying all codes against a stolen database takes centuries, not ten minutes. The message that shows a code is not stored
either: what the outbox keeps in its place says that a new code is needed.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import fields

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows, Say
from bot.chat.tokens import Screen, Standing, row_id
from bot.flows.flow import Halt
from bot.flows.turn import Reply, Turn
from bot.locales import Words
from storage import coalitions, conversations, links, merging, people
from storage.links import Link
from storage.people import Person, Place

# Without vowels, so that no code is a word, and without what looks like something else.
ALPHABET = "BCDFGHJKMNPQRSTVWXYZ23456789"
LENGTH = 8
TRIES = 5
MINUTES = round(links.LIFETIME.total_seconds() / 60)
_CODE = re.compile(rf"(?:/?link\s+)?([{ALPHABET}]{{4}})[\s-]?([{ALPHABET}]{{4}})", re.IGNORECASE)


def new_code(choice: Callable[[str], str] = secrets.choice) -> str:
    """A code as it is shown: `BCDF-2345`. At least one letter, so that it is no telephone number."""
    while True:
        code = "".join(choice(ALPHABET) for _ in range(LENGTH))
        if not code.isdecimal():
            return f"{code[:4]}-{code[4:]}"


def read_code(written: str) -> str:
    """The code that was typed, in capitals and without separators, or empty."""
    match = _CODE.fullmatch(written.strip())
    return (match[1] + match[2]).upper() if match else ""


def is_code(written: str) -> bool:
    """Whether words that no question asked for are a code: it has a letter, and the hyphen it was shown with."""
    return "-" in written and any(c.isalpha() for c in read_code(written))


async def hashed(code: str) -> str:
    """The hash of a code, in a thread because it is slow."""
    return await asyncio.to_thread(_scrypt, read_code(code))


def _scrypt(code: str) -> str:
    return hashlib.scrypt(code.encode(), salt=b"engage link code", n=2**13, r=8, p=1, dklen=32).hex()


async def link(turn: Turn, argument: str) -> None:
    """`/link` shows a code; with one that another account was shown, it asks both sides."""
    if argument:
        await _enter(turn, argument)
        return
    code = new_code()
    await links.open_(await turn.connection(), turn.person.account_id, await hashed(code), turn.now)
    username = turn.house.telegram_username
    if turn.event.origin.account.platform == "slack" and username:
        where = turn.words(
            "link.enter_telegram", code=code, url=f"https://t.me/{username}?start=link_{code}", minutes=MINUTES
        )
    else:
        where = turn.words("link.enter_slack", code=code, minutes=MINUTES)
    _say_secret(turn, join([turn.words("link.code", code=code), where, turn.words("link.careful")], "\n\n"))


async def link_in_public(turn: Turn, argument: str) -> None:
    """A code written where others see it. It alone links nothing: a second one goes back."""
    found = await _found(turn, argument)
    if isinstance(found, Link) and found.state == "open":
        connection = await turn.connection()
        shower = await people.by_account_id(connection, found.account_id)
        if shower is None or shower.id == turn.person.id or not turn.person.chat:
            await links.refuse(connection, found.id)
        else:
            code = new_code()
            await links.enter(connection, found.id, turn.person.account_id, turn.now, await hashed(code))
            _say_secret(turn, turn.words("link.back", code=code, minutes=MINUTES))
            words = turn.words_for(shower)
            here = await _place(turn, turn.person.account_id)
            turn.tell(shower, Say(words("link.back_wanted", account=_described(here, words), minutes=MINUTES)))
    label = turn.words.plain("group.continue")
    turn.say_here(turn.words("link.public"), ((Button(label, start="link"),),))


async def yes(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """One side confirms; when both have, they are one person."""
    found = await _asked(turn, argument)
    connection = await turn.connection()
    other = await _other(turn, found)
    if not await links.confirm(connection, found, turn.person.account_id):
        return turn.words("link.wait", account=_described(other, turn.words)), ()
    if other.participant_id == turn.person.id:
        raise Halt(turn.words("link.already"), (("start.settings", "settings"),))
    parted = turn.person.id, other.participant_id
    kept = await merging.merge(connection, *parted, turn.now)
    await coalitions.note_action(
        connection, actor_id=kept, action="linked", subject=f"participants {min(parted)} {max(parted)}", now=turn.now
    )
    await _become(turn)
    told = await people.by_account_id(connection, other.id)
    assert told is not None, "its account was read in this transaction"
    here = await _place(turn, turn.person.account_id)
    words = turn.words_for(told)
    turn.tell(told, Say(words("link.done", account=_described(here, words)), await _onward(turn, words)))
    return turn.words("link.done", account=_described(other, turn.words)), await _onward(turn, turn.words)


async def no(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """One side says that the other account is not theirs."""
    found = await _asked(turn, argument)
    connection = await turn.connection()
    await links.refuse(connection, found.id)
    other = await people.by_account_id(connection, (await _other(turn, found)).id)
    if other is not None:
        turn.tell(other, Say(turn.words_for(other)("link.refused")))
    return turn.words("link.refused"), turn.onward((("start.settings", "settings"),))


async def unlink(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Which account is to go its own way, and what that means."""
    mine = await people.places(await turn.connection(), turn.person.id)
    if len(mine) < 2:
        return turn.words("unlink.alone"), turn.onward((("start.link", "link"), ("start.settings", "settings")))
    if not argument:
        rows = tuple((Button(label(one), str(Standing("unlink", str(one.id)))),) for one in mine)
        return turn.words("unlink.which"), (*rows, (turn.button("start.settings", "settings"),))
    parting = _own(turn, mine, argument)
    return turn.words("unlink.ask", account=_described(parting, turn.words)), (
        (
            Button(turn.words.plain("unlink.yes"), str(Standing("unlinked", argument)), "danger"),
            turn.button("unlink.no", "settings"),
        ),
    )


async def unlinked(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The account becomes a person of its own. Every other side learns of it."""
    connection = await turn.connection()
    mine = await people.places(connection, turn.person.id)
    if len(mine) < 2:
        return turn.words("unlink.alone"), turn.onward((("start.link", "link"),))
    parting = _own(turn, mine, argument)
    await links.refuse_all(connection, parting.id)
    new = await merging.split(connection, parting.id, turn.now)
    await coalitions.note_action(
        connection,
        actor_id=turn.person.id,
        action="unlinked",
        subject=f"participants {turn.person.id} {new}",
        now=turn.now,
    )
    here = turn.person.account_id
    others = mine if parting.id == here else [parting]
    for place in others:
        if place.id != here and (other := await people.by_account_id(connection, place.id)):
            words = turn.words_for(other)
            turn.tell(other, Say(words("unlink.done", account=_described(parting, words))))
    await _become(turn)
    return turn.words("unlink.done", account=_described(parting, turn.words)), turn.onward(
        (("start.settings", "settings"),)
    )


def label(place: Place) -> str:
    """An account as a button names it."""
    return f"{place.platform.capitalize()}: {place.name or place.handle or place.account}"


async def _enter(turn: Turn, written: str) -> None:
    connection = await turn.connection()
    found = await _found(turn, written)
    if not isinstance(found, Link):
        turn.say(found, turn.onward((("link.new", "link"),)), edits=turn.tapped)
        return
    if found.state == "entered":
        await _ask(turn, found)
        return
    shower = await _place(turn, found.account_id)
    if shower.participant_id == turn.person.id:
        words = "link.own" if shower.id == turn.person.account_id else "link.already"
        turn.say(turn.words(words), turn.onward((("start.settings", "settings"),)))
        return
    await links.enter(connection, found.id, turn.person.account_id, turn.now, "")
    entered = await links.link(connection, found.id)
    assert entered is not None, "it was entered in this transaction"
    await _ask(turn, entered)


async def _found(turn: Turn, written: str) -> Link | Markup:
    """The link whose code this is: one that waits, or one whose second code came back with it. Else words that say why
    there is none. Wrong codes are counted, and after too many none is looked at."""
    connection = await turn.connection()
    missed = await links.misses(connection, turn.person.id, turn.now)
    if missed >= TRIES:
        return turn.words("link.too_many", contact=turn.house.contact or turn.words.plain("secretariat.name"))
    if not (code := read_code(written)):
        return turn.words("link.no_code")
    code_hash = await hashed(code)
    found = await links.waiting(connection, code_hash, turn.now) or await links.come_back(
        connection, turn.person.account_id, code_hash, turn.now
    )
    if found is not None:
        return found
    await links.miss(connection, turn.person.account_id, turn.now)
    return turn.words("link.wrong", minutes=MINUTES, left=TRIES - missed - 1)


async def _ask(turn: Turn, entered: Link) -> None:
    """Show each side whose account the other one is, and ask both."""
    other = await _other(turn, entered)
    turn.say(turn.words("link.ask", account=_described(other, turn.words)), _answers(entered, turn.words))
    asked = await people.by_account_id(await turn.connection(), other.id)
    assert asked is not None, "its account was read in this transaction"
    words = turn.words_for(asked)
    here = await _place(turn, turn.person.account_id)
    turn.tell(asked, Say(words("link.ask", account=_described(here, words)), _answers(entered, words)))


def _answers(entered: Link, words: Words) -> Rows:
    id = str(entered.id)
    return (
        (
            Button(words.plain("link.yes"), str(Standing("linkyes", id)), "primary"),
            Button(words.plain("link.no"), str(Standing("linkno", id)), "danger"),
        ),
    )


async def _asked(turn: Turn, argument: str) -> Link:
    """The link that this account is asked about. Raises `Halt` when it is not, or not any more."""
    id = row_id(argument)
    found = None if id is None else await links.link(await turn.connection(), id)
    if (
        found is None
        or found.state != "entered"
        or found.back_hash
        or found.expires_at <= turn.now
        or turn.person.account_id not in (found.account_id, found.other_account_id)
    ):
        raise Halt(turn.words("link.over"), (("start.link", "link"), ("start.settings", "settings")))
    return found


async def _other(turn: Turn, found: Link) -> Place:
    here = turn.person.account_id
    other = found.other_account_id if found.account_id == here else found.account_id
    assert other is not None, "a link that was entered has two sides"
    return await _place(turn, other)


async def _place(turn: Turn, account_id: int) -> Place:
    place = await people.place(await turn.connection(), account_id)
    assert place is not None, "links go with their accounts"
    return place


def _own(turn: Turn, mine: list[Place], argument: str) -> Place:
    found = next((place for place in mine if place.id == row_id(argument)), None)
    if found is None:
        raise Halt(turn.words("unlink.gone"), (("start.settings", "settings"),))
    return found


def _described(place: Place, words: Words) -> Markup:
    """Whose account it is: platform, name, and the name by which others find it."""
    name = place.name or place.account
    handle = f"@{place.handle}" if place.handle else place.account
    return words("link.account", platform=place.platform.capitalize(), name=name, handle=handle)


async def _onward(turn: Turn, words: Words) -> Rows:
    """What can be gone on with, now on both sides."""
    begun = await conversations.unfinished(await turn.connection(), turn.person.id)
    going_on = next((one for one in begun if one.history), None)
    settings = (Button(words.plain("start.settings"), "settings"),)
    if going_on is None:
        return (settings,)
    token = Screen(going_on.id, going_on.rev, "g")
    return (Button(words.plain("stopped.continue"), str(token), "primary"),), settings


async def _become(turn: Turn) -> None:
    """The person of this turn as they are now that their account belongs to another participant."""
    after = await people.by_account_id(await turn.connection(), turn.person.account_id)
    assert after is not None, "an account is moved, not removed"
    for field in fields(Person):
        if field.name not in ("chat", "reachable", "handle", "hint"):
            setattr(turn.person, field.name, getattr(after, field.name))
    turn.conversation = None


def _say_secret(turn: Turn, words: Markup) -> None:
    """Say what must not be stored. When it cannot be sent at once, it is lost, and the person told so."""
    lost = Say(turn.words("link.lost"), turn.onward((("link.new", "link"),)))
    message = Say(words, (), turn.tapped)
    turn.replies.append(Reply(turn.person.account_id, turn.person.account, turn.chat, message, at_rest=lost))
