"""What is said to many arrives once, and only while it is owed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from bot.chat.events import Account
from bot.chat.markup import parse
from bot.chat.messages import File, Say
from bot.outreach import rates
from bot.outreach.delivery import Delivery, RateLimited
from bot.outreach.lane import MOST_AT_ONCE, messages_in
from bot.outreach.metered import Metered
from bot.outreach.worker import Worker, as_stored
from storage import bulk, leases, outbox
from storage.bulk import BulkRow
from storage.schema import accounts
from storage.schema import outbox as outbox_table
from tests.outreach.crowd import NOW, SLACK, TELEGRAM, Scene


async def test_everybody_gets_it_once(scene: Scene) -> None:
    telegram, slack = await scene.people(250), await scene.people(230, SLACK)
    await scene.worker().work_off()
    assert scene.telegram.to == telegram
    assert scene.slack.to == slack
    for row in await scene.rows():
        assert (row.state, row.attempts, row.uncertain, row.lease_until) == ("sent", 1, False, None)
        assert row.message_id
        assert row.chat
    await scene.worker().work_off()
    assert len(scene.telegram.arrived) == 250


async def test_a_conversation_that_was_opened_is_remembered(scene: Scene) -> None:
    (account,) = await scene.people(1, SLACK)
    await scene.worker().work_off()
    async with scene.database.begin() as connection:
        chat = (await connection.execute(accounts.select())).one().chat
    assert chat == f"D{account.partition('/')[2]}"


async def test_nothing_goes_out_before_its_time(scene: Scene) -> None:
    await scene.people(1, not_before=NOW + timedelta(hours=1))
    await scene.worker().work_off()
    assert not scene.telegram.tried
    scene.go_on(3600)
    await scene.worker().work_off()
    assert len(scene.telegram.arrived) == 1


async def test_what_becomes_due_later_goes_first_when_it_was_due_earlier(scene: Scene) -> None:
    await scene.people(1, not_before=NOW)
    await scene.people(1, not_before=NOW - timedelta(hours=1))
    await scene.worker().work_off()
    assert scene.telegram.to == ["telegram:2", "telegram:1"]


async def test_replies_are_not_its_business_and_calls_are_not_the_postbox_s(scene: Scene) -> None:
    await scene.people(1)
    await scene.people(1, lane="interactive")
    async with scene.database.begin() as connection:
        claimed = await outbox.claim(connection, [TELEGRAM], NOW, NOW + timedelta(seconds=20))
    assert [row.account for row in claimed] == ["telegram:2"]
    await scene.worker().work_off()
    assert scene.telegram.to == ["telegram:1"]


async def test_only_one_worker_sends_for_a_sender(scene: Scene) -> None:
    await scene.people(5)
    async with scene.database.begin() as connection:
        until = NOW + timedelta(seconds=30)
        assert await leases.hold(connection, [TELEGRAM], "other", NOW, until) == {TELEGRAM}
    await scene.worker().work_off()
    assert not scene.telegram.tried
    scene.go_on(31)
    await scene.worker().work_off()
    assert len(scene.telegram.arrived) == 5


async def test_a_worker_that_lost_its_lease_begins_nothing(scene: Scene) -> None:
    await scene.people(3)
    worker = scene.worker()
    lost = asyncio.Event()

    async def lose_it(row: BulkRow, following: Sequence[BulkRow]) -> Say | None:
        async with scene.database.begin() as connection:
            await leases.seize(connection, [TELEGRAM], scene.now)
            await leases.hold(connection, [TELEGRAM], "other", scene.now, scene.now + timedelta(seconds=30))
        lost.set()
        return await as_stored(row, following)

    worker.compose = lose_it
    running = asyncio.create_task(worker.run())
    await lost.wait()
    worker.stop()
    await running
    assert not scene.telegram.tried
    assert {(row.state, row.attempts, row.lease_until) for row in await scene.rows()} == {("waiting", 0, None)}


async def test_what_is_not_owed_any_more_is_cancelled(scene: Scene) -> None:
    keys = await scene.people(3)

    async def compose(row: BulkRow, following: Sequence[BulkRow]) -> Say | None:
        return None if row.account == keys[1] else Say(parse(f"To {row.account} in {row.language}"))

    scene.compose = compose
    await scene.worker().work_off()
    assert scene.telegram.to == [keys[0], keys[2]]
    assert [row.state for row in await scene.rows()] == ["sent", "cancelled", "sent"]


async def test_a_message_that_cannot_be_composed_fails_alone(scene: Scene) -> None:
    keys = await scene.people(3)

    async def compose(row: BulkRow, following: Sequence[BulkRow]) -> Say | None:
        if row.account == keys[1]:
            raise KeyError("no such word")
        return await as_stored(row, following)

    scene.compose = compose
    await scene.worker().work_off()
    assert [(row.state, row.error) for row in await scene.rows()] == [
        ("sent", ""),
        ("failed", "KeyError"),
        ("sent", ""),
    ]


async def test_a_paused_call_waits_and_goes_on(scene: Scene) -> None:
    call = await scene.campaign("paused")
    await scene.people(3, campaign_id=call)
    await scene.worker().work_off()
    assert not scene.telegram.tried
    await scene.put_campaign("sending")
    await scene.worker().work_off()
    assert len(scene.telegram.arrived) == 3


async def test_pausing_takes_effect_on_what_was_read_already(scene: Scene) -> None:
    call = await scene.campaign()
    await scene.people(100, campaign_id=call)
    worker = scene.worker()
    sent = 0

    async def compose(row: BulkRow, following: Sequence[BulkRow]) -> Say | None:
        nonlocal sent
        sent += 1
        if sent == 3:
            await scene.put_campaign("paused")
        return await as_stored(row, following)

    worker.compose = compose
    await worker.work_off()
    left = [row for row in await scene.rows() if row.state == "waiting"]
    assert len(left) == 100 - len(scene.telegram.arrived) > 100 - MOST_AT_ONCE
    assert {(row.attempts, row.lease_until) for row in left} == {(0, None)}


async def test_cancelling_takes_effect_on_what_was_read_already(scene: Scene) -> None:
    await scene.people(100)
    worker = scene.worker()
    composed = 0

    async def compose(row: BulkRow, following: Sequence[BulkRow]) -> Say | None:
        nonlocal composed
        composed += 1
        if composed == 3:
            async with scene.database.begin() as connection:
                await connection.execute(
                    update(outbox_table)
                    .where(outbox_table.c.state == "waiting", outbox_table.c.lease_until.is_(None))
                    .values(state="cancelled")
                )
        return await as_stored(row, following)

    worker.compose = compose
    await worker.work_off()
    cancelled = [row for row in await scene.rows() if row.state == "cancelled"]
    assert len(cancelled) == 100 - len(scene.telegram.arrived) > 100 - MOST_AT_ONCE
    assert {row.attempts for row in cancelled} == {0}


async def test_stopping_lets_what_is_on_its_way_arrive(scene: Scene) -> None:
    await scene.people(300)
    scene.telegram.gate = asyncio.Event()
    tried = asyncio.Event()
    scene.telegram.before = lambda account: tried.set()
    worker = scene.worker()
    running = asyncio.create_task(worker.run())
    await tried.wait()
    worker.stop()
    scene.telegram.gate.set()
    await running
    rows = await scene.rows()
    assert 1 <= len(scene.telegram.arrived) < 300
    assert sum(row.state == "sent" for row in rows) == len(scene.telegram.arrived)
    assert not [row for row in rows if row.lease_until or row.uncertain]
    scene.go_on(1)
    await scene.worker("two").work_off()
    assert sorted(scene.telegram.to) == sorted(f"telegram:{id}" for id in range(1, 301))


async def test_what_a_dead_worker_had_on_its_way_goes_out_again_and_is_marked(scene: Scene) -> None:
    await scene.people(3)
    scene.telegram.gate = asyncio.Event()
    tried = asyncio.Event()
    scene.telegram.before = lambda account: tried.set()
    worker = scene.worker()
    running = asyncio.create_task(worker.run())
    await tried.wait()
    before = await scene.rows()
    assert [row.uncertain for row in before] == [True, False, False], "one at a time is enough here"
    # What death leaves behind: the rows as they were, and leases that nobody renews.
    scene.telegram.gate.set()
    worker.stop()
    await running
    async with scene.database.begin() as connection:
        await connection.execute(delete(outbox_table))
        await connection.execute(outbox_table.insert(), [dict(row._mapping) for row in before])
    scene.telegram.arrived.clear()
    scene.go_on(31)
    await scene.worker("two").work_off()
    after = await scene.rows()
    assert sorted(scene.telegram.to) == ["telegram:1", "telegram:2", "telegram:3"]
    assert [(row.state, row.attempts, row.uncertain) for row in after] == [
        ("sent", 2, True),
        ("sent", 1, False),
        ("sent", 1, False),
    ]


async def test_messages_to_one_chat_keep_their_distance(scene: Scene) -> None:
    await scene.people(1)
    await scene.people(7, chat="1", account_id=1)
    worker = Worker(
        scene.database,
        {TELEGRAM: scene.telegram},
        {TELEGRAM: rates.telegram(1000, 4, 20)},
        lambda: scene.now,
        asyncio.get_running_loop().time,
        "one",
    )
    began = asyncio.get_running_loop().time()
    await worker.work_off()
    assert len(scene.telegram.arrived) == 8
    assert asyncio.get_running_loop().time() - began >= 1.0


async def test_a_picture_with_words_too_long_for_a_caption_counts_twice(scene: Scene) -> None:
    picture = File(1, "field.png", "picture")
    long, short = Say(parse("soil " * 300), file=picture), Say(parse("soil"), file=picture)
    assert [messages_in(said, TELEGRAM) for said in (long, short, Say(parse("soil " * 300)))] == [2, 1, 1]
    assert messages_in(long, SLACK) == 1
    await scene.people(4)
    limits = rates.telegram(4, 1, 20)
    clock = asyncio.get_running_loop().time
    worker = Worker(scene.database, {TELEGRAM: scene.telegram}, {TELEGRAM: limits}, lambda: scene.now, clock, "one")
    began: list[float] = []
    scene.telegram.before = lambda account: began.append(clock())

    async def compose(row: BulkRow, following: Sequence[BulkRow]) -> Say | None:
        return long

    worker.compose = compose
    await worker.work_off()
    # Four a second are two of these.
    assert all(later - earlier >= 1 for earlier, later in zip(began, began[2:], strict=False))


async def test_groups_and_channels_need_no_account(scene: Scene) -> None:
    await scene.people(1, chat="-100123", account_id=None)
    await scene.people(1, SLACK, chat="C42", account_id=None)
    await scene.worker().work_off()
    assert [delivery.chat for delivery in scene.telegram.arrived + scene.slack.arrived] == ["-100123", "C42"]
    assert await scene.states() == {"sent"}


async def test_replies_count_and_a_reply_that_is_told_off_pauses_the_calls(scene: Scene) -> None:
    (key,) = await scene.people(1)
    limits = rates.telegram(30, 1, 20)
    metered = Metered(scene.telegram, limits, lambda: 100.0)
    scene.telegram.failing[key].append(RateLimited("too many requests", 9))
    row = (await scene.rows())[0]
    with pytest.raises(RateLimited):
        await metered.deliver(Delivery(Account.parse(key), row.chat, Say(parse("Hello"))))
    assert limits.ready_at(100.0) == 109.0


async def test_a_pass_meets_a_row_that_was_put_back_once(scene: Scene) -> None:
    await scene.people(1)
    later = NOW + timedelta(seconds=1)
    async with scene.database.begin() as connection:
        await bulk.end(connection, [bulk.Ended(1, "waiting", "1", not_before=later)], NOW)
        (row,) = await bulk.due(connection, TELEGRAM, bulk.START, later)
        assert row.not_before == later
        assert not await bulk.due(connection, TELEGRAM, row.key, later)
