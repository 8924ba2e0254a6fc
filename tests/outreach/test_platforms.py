"""A fault planted in the local platforms, with the real clients in between, leads to what the table of errors says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, update

from bot.chat.markup import parse
from bot.chat.messages import Say, encode
from sandbox.telegram import acts
from storage.schema import accounts, outbox
from tests.stage import Actor, Stage, stage


@dataclass
class Called:
    """Somebody who knows the bot, and for whom a call waits. Tom is the secretariat, on Telegram."""

    scene: Stage
    actor: Actor
    method: str

    async def call(self) -> None:
        """Put a call into the outbox, and let the worker work."""
        account = await self.account()
        async with self.scene.app.database.begin() as connection:
            await connection.execute(
                insert(outbox).values(
                    sender=account.key.partition("/")[0] if self.actor.in_slack else "telegram",
                    account_id=account.id,
                    chat=account.chat,
                    lane="bulk",
                    payload=encode(Say(parse("Come and join!"))).decode(),
                    state="waiting",
                    attempts=0,
                    not_before=self.scene.world.now,
                    created_at=self.scene.world.now,
                )
            )
        await self.scene.app.worker.work_off()

    async def later(self, seconds: float) -> None:
        """Let time pass, and the worker work. What it was told to wait for, it waits for in real time."""
        self.scene.world.advance(timedelta(seconds=seconds))
        await self.scene.app.worker.work_off()

    async def account(self) -> Row[Any]:
        platform = "slack" if self.actor.in_slack else "telegram"
        async with self.scene.app.database.begin() as connection:
            rows = (await connection.execute(select(accounts).where(accounts.c.platform == platform))).all()
        persona = self.actor.person.persona
        (found,) = [row for row in rows if str(persona.slack if self.actor.in_slack else persona.telegram) in row.key]
        return found

    async def row(self) -> Row[Any]:
        async with self.scene.app.database.begin() as connection:
            return (await connection.execute(select(outbox).where(outbox.c.lane == "bulk"))).one()

    def fault(self, kind: str, **knobs: Any) -> None:
        self.scene.world.faults.add(kind, platform=self.platform, method=self.method, **knobs)

    @property
    def platform(self) -> str:
        return "slack" if self.actor.in_slack else "telegram"


@pytest.fixture(params=["telegram", "slack"])
async def called(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Called]:
    async with stage(database_url) as scene:
        scene.world.add_person("Ada Rowan", person_id="ada", telegram=True, slack=True)
        await scene.telegram("tom").say("/start")
        await scene.slack("ruth").say("/start")
        slack = request.param == "slack"
        actor = scene.slack("ada") if slack else scene.telegram("ada")
        await actor.say("/start")
        yield Called(scene, actor, "chat.postMessage" if slack else "sendMessage")


async def test_it_arrives(called: Called) -> None:
    await called.call()
    called.actor.sees("Come and join!")
    assert (await called.row()).state == "sent"


async def test_who_blocked_the_bot_or_left_is_unreachable(called: Called) -> None:
    world = called.scene.world
    account = await called.account()
    if called.actor.in_slack:
        world.slack.people[called.actor.person.persona.slack or ""].disabled = True
    else:
        acts.block(world.telegram, called.actor.person.persona, True)
        await called.scene.quiet()
    async with called.scene.app.database.begin() as connection:
        await connection.execute(update(accounts).where(accounts.c.id == account.id).values(reachable=True))
    await called.call()
    row = await called.row()
    assert row.state == "failed"
    assert row.error
    assert not (await called.account()).reachable


async def test_429_is_obeyed_and_nobody_is_skipped(called: Called) -> None:
    called.fault("rate_limit", seconds=30)
    await called.call()
    row = await called.row()
    assert (row.state, row.uncertain) == ("waiting", False)
    assert row.not_before >= called.scene.world.now + timedelta(seconds=20)
    await called.later(40)
    called.actor.sees_not("Come and join!")


async def test_an_answer_that_was_lost_is_tried_again_and_marked(called: Called) -> None:
    called.fault("lost_answer")
    await called.call()
    await called.later(2)
    row = await called.row()
    assert (row.state, row.uncertain, row.attempts) == ("sent", True, 2)


async def test_a_server_error_is_tried_again(called: Called) -> None:
    called.fault("server_error")
    await called.call()
    await called.later(2)
    assert (await called.row()).attempts == 2
    called.actor.sees("Come and join!")


async def test_a_set_up_fault_is_told_on_the_other_platform(called: Called) -> None:
    world = called.scene.world
    if called.actor.in_slack:
        world.slack.scopes.discard("chat:write")
    else:
        world.telegram.token = "4000:another"  # noqa: S105 - the sandbox's, made up
    await called.call()
    assert (await called.row()).state == "waiting"
    await called.scene.app.postbox.sweep()
    await called.scene.app.postbox.settle()
    decider = called.scene.telegram("tom") if called.actor.in_slack else called.scene.slack("ruth")
    decider.sees(f"Messages by {called.platform.capitalize()} have stopped.", "What to do:")


async def test_a_group_that_moved_is_followed(called: Called) -> None:
    if called.actor.in_slack:
        pytest.skip("Slack's conversations keep their ids")
    world = called.scene.world
    group, _ = acts.new_group(world.telegram, called.actor.person.persona, "Soil", [])
    await called.scene.quiet()
    acts.migrate(world.telegram, called.actor.person.persona, group.id)
    account = await called.account()
    async with called.scene.app.database.begin() as connection:
        await connection.execute(update(accounts).where(accounts.c.id == account.id).values(chat=str(group.id)))
    await called.call()
    row = await called.row()
    assert row.state == "sent"
    assert row.chat == str(world.telegram.chats[group.id].migrated_to)
