"""What the bot answers arrives, also when a platform or a process fails in between, and never brings back the past."""

from typing import Any

import pytest
from sqlalchemy import Column, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.flows.engine import Engine
from bot.outreach.delivery import Interrupted
from bot.outreach.postbox import Postbox
from storage.schema import outbox
from tests.flows.visitor import Talk, Visitor
from tests.outreach.far_side import FarSide, Watch

ADA = Visitor("telegram:42")


async def column(database: AsyncEngine, of: Column[Any]) -> Any:
    """This column of the only row of the outbox."""
    async with database.connect() as connection:
        return (await connection.execute(select(of))).scalar_one()


@pytest.fixture
def ada(engine: Engine, postbox: Postbox, far_side: FarSide) -> Talk:
    return Talk(ADA, engine, postbox, far_side)


async def test_replies_are_in_the_outbox_when_they_cannot_be_sent(
    database: AsyncEngine, engine: Engine, postbox: Postbox, far_side: FarSide, watch: Watch, ada: Talk
) -> None:
    far_side.failing.append(Interrupted("502", unknown=False))
    outcome = await ada.take(ADA.command("start"))
    assert not outcome.duplicate
    assert far_side.arrived == []
    assert await column(database, outbox.c.state) == "waiting"
    watch.go_on(1)
    assert await postbox.sweep() == 1
    await postbox.settle()
    assert "Hello Ada!" in ada.last


async def test_a_question_that_would_come_too_late_is_not_asked_again(
    postbox: Postbox, far_side: FarSide, watch: Watch, ada: Talk
) -> None:
    await ada.command("join")
    far_side.failing.append(Interrupted("502", unknown=False))
    await ada.say("something else")
    await ada.say("English")
    heard = list(far_side.texts)
    watch.go_on(60)
    await postbox.sweep()
    await postbox.settle()
    assert far_side.texts == heard
    assert "Do you agree to that?" in ada.last


async def test_an_edit_that_would_come_too_late_does_not_bring_back_the_past(
    postbox: Postbox, far_side: FarSide, watch: Watch, ada: Talk
) -> None:
    await ada.command("join")
    await ada.say("English")
    shown, button = ada.find("I agree")
    far_side.failing.append(Interrupted("timeout", unknown=True))
    await ada.take(ADA.tap(button.token, shown))
    # It did arrive, and so there is a button to tap; here it is drawn again by a second tap on the old one.
    await ada.take(ADA.tap(button.token, shown))
    await ada.tap("On my own")
    heard = list(far_side.texts)
    watch.go_on(60)
    await postbox.sweep()
    await postbox.settle()
    assert far_side.texts == heard


@pytest.mark.parametrize("command", ["help", "start"])
async def test_what_was_asked_for_beside_a_question_arrives_however_late(
    postbox: Postbox, far_side: FarSide, watch: Watch, ada: Talk, command: str
) -> None:
    await ada.command("join")
    await ada.say("English")
    far_side.failing.append(Interrupted("502", unknown=False))
    await ada.take(ADA.command(command))
    await ada.say("I agree")
    assert "Do you join on your own" in ada.last
    watch.go_on(60)
    await postbox.sweep()
    await postbox.settle()
    assert ("What I can do" if command == "help" else "Hello Ada!") in ada.last


async def test_a_process_that_dies_after_the_commit_loses_no_reply(
    database: AsyncEngine, engine: Engine, postbox: Postbox, far_side: FarSide, watch: Watch, ada: Talk
) -> None:
    door = far_side.hold(str(ADA.account))
    await engine.handle([ADA.command("start")])
    # Another process, which knows only what is in the database.
    survivor = Postbox(database, {"telegram": far_side}, watch)
    far_side.holding.clear()
    await survivor.reclaim()
    assert await survivor.sweep() == 1
    await survivor.settle()
    assert "Hello Ada!" in ada.last
    assert await column(database, outbox.c.uncertain)
    door.set()
