"""An event takes effect once and whole, whoever else is in its group and whatever goes wrong around it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.events import Event
from bot.chat.markup import text
from bot.chat.messages import Say
from bot.flows import engine as engine_module
from bot.flows import router
from bot.flows.engine import Engine
from bot.flows.turn import House, Reply, Turn
from bot.outreach.postbox import Postbox
from storage import conversations, people
from storage.database import open_database
from storage.people import Person
from storage.schema import accounts, audit, inbox, outbox, participants
from tests.flows.visitor import Talk, Visitor
from tests.outreach.far_side import START, FarSide, Watch

ADA, BEN, EVE = Visitor("telegram:42"), Visitor("telegram:43", "Ben Field"), Visitor("telegram:44", "Eve")
SOMETHING_WRONG = "Something went wrong on my side"


@pytest.fixture
def ada(engine: Engine, postbox: Postbox, far_side: FarSide) -> Talk:
    return Talk(ADA, engine, postbox, far_side)


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Turn], Awaitable[None]]], None]:
    """After the bot has dealt with these words, something else happens in the same event."""
    route = router.route

    def arrange(words: str, happening: Callable[[Turn], Awaitable[None]]) -> None:
        async def spoilt(turn: Turn) -> None:
            await route(turn)
            if getattr(turn.event, "text", "") == words:
                await happening(turn)

        monkeypatch.setattr(engine_module, "route", spoilt)

    return arrange


async def scalar(database: AsyncEngine, statement: Any) -> Any:
    async with database.connect() as connection:
        return await connection.scalar(statement)


async def count(database: AsyncEngine, table: Any) -> Any:
    return await scalar(database, select(func.count()).select_from(table))


async def person(database: AsyncEngine, visitor: Visitor) -> Person:
    async with database.connect() as connection:
        [found] = await people.by_accounts(connection, [str(visitor.account)])
    return found


async def test_an_event_has_effect_and_an_answer(database: AsyncEngine, engine: Engine, ada: Talk) -> None:
    outcome = await ada.take(ADA.command("start"))
    assert not outcome.duplicate
    assert "Hello Ada!" in ada.last
    assert ada.mine[0].chat == "chat of telegram:42"
    assert (await person(database, ADA)).chat == "chat of telegram:42"


async def test_an_event_that_comes_twice_takes_effect_once(engine: Engine, ada: Talk) -> None:
    event = ADA.command("start")
    assert not (await ada.take(event)).duplicate
    assert (await ada.take(event)).duplicate
    assert len(ada.mine) == 1


async def test_an_event_that_comes_twice_in_one_group_takes_effect_once(
    engine: Engine, postbox: Postbox, ada: Talk
) -> None:
    event = ADA.command("start")
    outcomes = await engine.handle([event, BEN.command("start"), event])
    await postbox.settle()
    assert [outcome.duplicate for outcome in outcomes] == [False, False, True]
    assert len(ada.mine) == 1


async def test_an_event_that_two_processes_get_takes_effect_once(
    database: AsyncEngine, house: House, postbox: Postbox, engine: Engine, watch: Watch, ada: Talk
) -> None:
    other = Engine(database, house, postbox, watch)
    event = ADA.command("start")
    async with asyncio.timeout(20):
        both = await asyncio.gather(engine.handle([event]), other.handle([BEN.command("start"), event]))
    await postbox.settle()
    assert sorted([both[0][0].duplicate, both[1][1].duplicate]) == [False, True]
    assert len(ada.mine) == 1


async def test_a_group_of_many(database: AsyncEngine, engine: Engine, postbox: Postbox, far_side: FarSide) -> None:
    visitors = [Visitor(f"telegram:{number}", f"Visitor {number}") for number in range(100, 150)]
    outcomes = await engine.handle([visitor.command("start") for visitor in visitors])
    await postbox.settle()
    assert not any(outcome.duplicate for outcome in outcomes)
    assert len(far_side.arrived) == 50
    for visitor in visitors:
        [greeting] = far_side.texts_to(str(visitor.account))
        assert greeting.startswith("Hello Visitor!")
    assert await count(database, participants) == await count(database, accounts) == 50


async def test_outcomes_come_in_the_order_of_the_events(engine: Engine, postbox: Postbox) -> None:
    first = ADA.command("start")
    await engine.handle([first])
    outcomes = await engine.handle([BEN.tap("q1.1.b"), first, EVE.command("help")])
    await postbox.settle()
    assert [(bool(outcome.toast), outcome.duplicate) for outcome in outcomes] == [
        (True, False),
        (False, True),
        (False, False),
    ]


async def test_an_event_that_raises_is_undone_alone_and_its_person_is_told(
    database: AsyncEngine, engine: Engine, postbox: Postbox, ada: Talk, far_side: FarSide, spoil: Any
) -> None:
    async def fail(turn: Turn) -> None:
        turn.person.language = "fr"
        turn.say(text("This must not be said."))
        await (await turn.connection()).execute(insert(audit).values(at=turn.now, action="spoilt", subject=""))
        raise RuntimeError("nobody expected this")

    spoil("boom", fail)
    await engine.handle([ADA.command("join"), BEN.command("start")])
    before = await person(database, ADA)
    boom = ADA.text("boom")
    outcomes = await engine.handle([BEN.command("join"), boom, EVE.command("join")])
    await postbox.settle()
    assert [outcome.duplicate for outcome in outcomes] == [False, False, False]
    assert SOMETHING_WRONG in ada.last
    assert "Help" in ada.labels
    assert "This must not be said." not in far_side.texts
    assert await count(database, audit) == 0
    assert await person(database, ADA) == before
    for visitor in (BEN, EVE):
        assert "Which language shall we speak?" in far_side.texts_to(str(visitor.account))[-1]
        assert (await person(database, visitor)).conversation_id is not None
    # It has had its answer: the platform's repetition changes nothing.
    assert (await ada.take(boom)).duplicate


async def test_after_an_apology_the_conversation_goes_on_where_it_was(ada: Talk, spoil: Any) -> None:
    async def fail(_turn: Turn) -> None:
        raise RuntimeError("nobody expected this")

    spoil("2", fail)
    await ada.command("join")
    assert SOMETHING_WRONG in await ada.say("2")
    assert "Do you agree to that?" in await ada.say("1")


async def test_an_error_of_the_database_is_undone_alone_too(
    database: AsyncEngine, engine: Engine, postbox: Postbox, ada: Talk, far_side: FarSide, spoil: Any
) -> None:
    async def collide(turn: Turn) -> None:
        connection = await turn.connection()
        await connection.execute(insert(inbox).values(key="taken", received_at=turn.now))
        await connection.execute(insert(inbox).values(key="taken", received_at=turn.now))

    spoil("boom", collide)
    await engine.handle([BEN.command("start"), ADA.text("boom"), EVE.command("start")])
    await postbox.settle()
    assert SOMETHING_WRONG in ada.last
    assert len(far_side.arrived) == 3
    assert await scalar(database, select(func.count()).where(inbox.c.key == "taken")) == 0


async def test_a_stranger_whose_first_event_raises_is_told_where_they_wrote(
    database: AsyncEngine, ada: Talk, spoil: Any
) -> None:
    async def fail(_turn: Turn) -> None:
        raise RuntimeError("nobody expected this")

    spoil("boom", fail)
    await ada.say("boom")
    assert SOMETHING_WRONG in ada.last
    assert ada.mine[0].chat == "chat of telegram:42"


async def test_the_apology_has_a_reference_that_the_log_has_too(ada: Talk, spoil: Any, logged: StringIO) -> None:
    async def fail(_turn: Turn) -> None:
        raise RuntimeError("nobody expected this")

    spoil("boom", fail)
    await ada.say("boom")
    reference = re.search(r"reference: (\w+)", ada.last)
    assert reference is not None
    assert reference[1] in logged.getvalue()
    assert "boom" not in logged.getvalue()


async def test_a_group_that_cannot_be_committed_has_no_effect_and_may_be_handed_in_again(
    database: AsyncEngine, engine: Engine, postbox: Postbox, far_side: FarSide, spoil: Any
) -> None:
    async def tell_nobody(turn: Turn) -> None:
        turn.replies.append(Reply(10**9, "telegram:9", "9", Say(text("To nobody"))))

    spoil("boom", tell_nobody)
    events: list[Event] = [ADA.command("start"), BEN.text("boom")]
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await engine.handle(events)
    await postbox.settle()
    assert far_side.tried == []
    for table in (inbox, outbox, accounts, participants):
        assert await count(database, table) == 0
    [outcome] = await engine.handle(events[:1])
    assert not outcome.duplicate


async def test_what_is_learnt_of_earlier_messages_survives_a_group_that_fails(
    database: AsyncEngine, engine: Engine, postbox: Postbox, far_side: FarSide, spoil: Any
) -> None:
    async def tell_nobody(turn: Turn) -> None:
        turn.replies.append(Reply(10**9, "telegram:9", "9", Say(text("To nobody"))))

    spoil("boom", tell_nobody)
    told = asyncio.Event()
    postbox.on_result = told.set
    await engine.handle([ADA.command("start")])
    async with asyncio.timeout(10):
        await told.wait()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await engine.handle([BEN.text("boom")])
    assert await scalar(database, select(outbox.c.state)) == "waiting"
    # Written down with the next group that succeeds.
    await engine.handle([ADA.blocked()])
    assert await scalar(database, select(outbox.c.state)) == "sent"
    assert not postbox.has_results


async def test_two_accounts_of_one_participant_in_one_group_come_one_after_the_other(
    database: AsyncEngine, engine: Engine, postbox: Postbox, ada: Talk, far_side: FarSide
) -> None:
    phone, laptop = ADA, BEN
    await engine.handle([phone.command("start"), laptop.command("start")])
    mine = await person(database, phone)
    async with database.begin() as connection:
        await connection.execute(
            update(accounts).where(accounts.c.key == str(laptop.account)).values(participant_id=mine.id)
        )
    await engine.handle(
        [
            phone.command("join"),
            laptop.text("français"),
            EVE.command("start"),
            phone.text("1"),
            laptop.text("2"),
        ]
    )
    await postbox.settle()
    assert "Êtes-vous d’accord" in far_side.texts_to(str(laptop.account))[1]
    now = await person(database, laptop)
    assert (now.language, now.consent_version) == ("fr", 1)
    async with database.connect() as connection:
        [conversation] = await conversations.unfinished(connection, mine.id)
    assert conversation.answers | {"known_language": False} == {
        "known_language": False,
        "known_consent": False,
        "language": "fr",
        "agreement": "yes",
        "capacity": "organisation",
    }
    assert conversation.step == "organisation"


async def test_two_taps_of_one_person_in_two_processes_never_interleave(
    database_url: str, house: House, postbox: Postbox, engine: Engine, watch: Watch, ada: Talk
) -> None:
    await ada.command("join")
    shown, button = ada.find("English")
    elsewhere = open_database(database_url)
    other = Engine(elsewhere, house, postbox, watch)
    async with asyncio.timeout(20):
        await asyncio.gather(
            engine.handle([ADA.tap(button.token, shown)]), other.handle([ADA.tap(button.token, shown)])
        )
    await postbox.settle()
    await elsewhere.dispose()
    # The first tap answers; the second one finds the question answered and shows where things stand.
    assert [delivery for delivery in ada.mine if "Do you agree to that?" not in str(delivery)] == ada.mine[:1]
    assert len(ada.mine) == 3
    assert "Do you join on your own" in await ada.tap("I agree")


async def test_who_blocks_the_bot_is_not_written_to_until_they_write(
    database: AsyncEngine, engine: Engine, far_side: FarSide, ada: Talk
) -> None:
    await ada.command("start")
    await ada.take(ADA.blocked())
    assert len(far_side.tried) == 1
    assert not (await person(database, ADA)).reachable
    await ada.command("help")
    assert (await person(database, ADA)).reachable
    assert len(far_side.tried) == 2


async def test_who_is_erased_is_a_stranger_afterwards(
    database: AsyncEngine, engine: Engine, postbox: Postbox, ada: Talk, far_side: FarSide
) -> None:
    await ada.command("join")
    await ada.say("español", "Acepto")
    await engine.handle([BEN.command("start"), ADA.tap("erase_yes"), EVE.command("start")])
    await postbox.settle()
    assert "He borrado" in ada.last or "borrado" in ada.last
    assert await scalar(database, select(func.count()).where(accounts.c.key == str(ADA.account))) == 0
    assert await count(database, participants) == 2
    assert "Hello Ada!" in await ada.command("start")
    assert (await person(database, ADA)).consent_version == 0


async def test_who_is_erased_in_a_group_is_not_brought_back_by_it(
    database: AsyncEngine, engine: Engine, postbox: Postbox
) -> None:
    await engine.handle([ADA.command("start"), BEN.command("start")])
    await engine.handle([ADA.tap("erase_yes"), BEN.command("help"), BEN.text("hello")])
    await postbox.settle()
    assert await scalar(database, select(func.count()).where(accounts.c.key == str(ADA.account))) == 0
    assert await count(database, participants) == 1


async def test_what_the_platform_tells_is_kept_but_a_name_is_not_overwritten(
    database: AsyncEngine, engine: Engine, postbox: Postbox
) -> None:
    await engine.handle([ADA.command("start")])
    renamed = Visitor("telegram:42")
    renamed.profile = replace(renamed.profile, name="Somebody", handle="ada_2", language="fr")
    await engine.handle([renamed.command("start")])
    await postbox.settle()
    now = await person(database, ADA)
    assert (now.name, now.handle, now.hint) == ("Ada Rowan", "ada_2", "fr")


async def test_time_is_what_the_clock_says(
    database: AsyncEngine, engine: Engine, watch: Watch, postbox: Postbox
) -> None:
    watch.go_on(86_400)
    await engine.handle([ADA.command("start")])
    await postbox.settle()
    assert await scalar(database, select(inbox.c.received_at)) == watch.now
    assert watch.now != START
