"""What the outbox holds arrives: in order for each account, within what the platform allows, and is known to have."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.chat.messages import Form, Home
from bot.outreach.delivery import (
    DeliveryFailed,
    Interrupted,
    Moved,
    RateLimited,
    Refused,
    SetupFault,
    Unreachable,
)
from bot.outreach.postbox import BACKOFF, LEASE, SETUP_PAUSE, Postbox, sender_of
from storage.schema import outbox as table
from tests.outreach.desk import ADA, BEN, CAI, Desk
from tests.outreach.far_side import START, FarSide


@pytest.mark.parametrize(
    ("account", "sender"), [("telegram:42", "telegram"), ("slack:T01/U02", "slack:T01"), ("slack:T1/U1/2", "slack:T1")]
)
def test_an_account_is_reached_through_its_bot_or_workspace(account: str, sender: str) -> None:
    assert sender_of(account) == sender


async def test_what_arrived_is_known_to_have_arrived(desk: Desk, far_side: FarSide) -> None:
    [row] = await desk.say(ADA, "Hello")
    await desk.postbox.settle()
    assert far_side.texts == ["Hello"]
    stored = await desk.row(row)
    assert (stored.state, stored.message_id, stored.chat, stored.uncertain) == ("sent", "m1", "42", False)
    assert await desk.sweep(3600) == 0


async def test_a_chat_that_was_opened_for_the_message_is_remembered_with_it(desk: Desk) -> None:
    [row] = await desk.say(ADA, "Hello", chat="")
    await desk.postbox.settle()
    assert (await desk.row(row)).chat == "opened for telegram:42"


async def test_messages_to_one_account_go_out_one_after_the_other(desk: Desk, far_side: FarSide) -> None:
    slow = far_side.hold(ADA)
    await desk.say(ADA, "one", "two")
    await desk.say(ADA, "three")
    await desk.say(BEN, "meanwhile")
    await far_side.was_tried(2)
    assert far_side.texts == ["meanwhile"]
    slow.set()
    await desk.postbox.settle()
    assert far_side.texts_to(ADA) == ["one", "two", "three"]


async def test_different_accounts_are_served_side_by_side(desk: Desk, far_side: FarSide) -> None:
    accounts = [f"telegram:{number}" for number in range(100, 110)]
    await desk.meet(*accounts)
    doors = [far_side.hold(account) for account in accounts]
    for account in accounts:
        await desk.say(account, "one", "two")
    await far_side.was_tried(10)
    assert far_side.under_way == 10
    for door in doors:
        door.set()
    await desk.postbox.settle()
    assert far_side.most_at_once == 10
    assert all(far_side.texts_to(account) == ["one", "two"] for account in accounts)


async def test_one_that_fails_does_not_hold_up_the_next(desk: Desk, far_side: FarSide) -> None:
    far_side.failing.append(Refused("message is too long"))
    await desk.say(ADA, "one", "two")
    await desk.postbox.settle()
    assert far_side.texts == ["two"]


@pytest.mark.parametrize("failure", [Refused("message is too long"), ValueError("nobody expected this")])
async def test_what_the_platform_never_takes_has_failed(desk: Desk, far_side: FarSide, failure: Exception) -> None:
    far_side.failing.append(failure)
    [row] = await desk.say(ADA, "Hello")
    await desk.postbox.settle()
    stored = await desk.row(row)
    assert stored.state == "failed"
    # A code or the kind of error, never words that may be somebody's.
    assert stored.error == ("message is too long" if isinstance(failure, Refused) else "ValueError")
    assert await desk.sweep(86_400) == 0
    assert (await desk.person(ADA)).reachable


async def test_who_cannot_be_reached_is_marked_so(desk: Desk, far_side: FarSide) -> None:
    far_side.failing.append(Unreachable("bot was blocked by the user"))
    [row] = await desk.say(ADA, "Hello")
    await desk.say(BEN, "Hello")
    await desk.postbox.settle()
    assert (await desk.row(row)).state == "failed"
    assert not (await desk.person(ADA)).reachable
    assert (await desk.person(BEN)).reachable
    assert await desk.sweep(86_400) == 0


async def test_a_rate_limit_pauses_its_sender_for_as_long_as_it_says(
    desk: Desk, far_side: FarSide, slack: FarSide
) -> None:
    far_side.failing.append(RateLimited("429", 7))
    [limited] = await desk.say(ADA, "one")
    await desk.postbox.settle()
    [held_back] = await desk.say(BEN, "two")
    await desk.say(CAI, "three")
    await desk.postbox.settle()
    assert len(far_side.tried) == 1
    assert slack.texts == ["three"]
    assert await desk.sweep(6.9) == 0
    assert await desk.sweep(0.1) == 2
    assert far_side.texts == ["one", "two"]
    for row in (limited, held_back):
        stored = await desk.row(row)
        assert (stored.state, stored.uncertain) == ("sent", False)


async def test_of_several_rate_limits_the_longest_counts(desk: Desk, far_side: FarSide) -> None:
    door, other = far_side.hold(ADA), far_side.hold(BEN)
    far_side.failing.extend([RateLimited("429", 30), RateLimited("429", 5)])
    await desk.say(ADA, "one")
    await desk.say(BEN, "two")
    await far_side.was_tried(2)
    door.set()
    other.set()
    await desk.postbox.settle()
    assert await desk.sweep(29) == 0
    assert await desk.sweep(1) == 2
    assert sorted(far_side.texts) == ["one", "two"]


async def test_waiting_for_a_limit_does_not_use_up_attempts(desk: Desk, far_side: FarSide) -> None:
    [row] = await desk.say(ADA, "one")
    await desk.postbox.settle()
    far_side.failing.extend([RateLimited("429", 1)] * 20)
    far_side.failing.append(Interrupted("502", unknown=False))
    [row] = await desk.say(ADA, "two")
    await desk.postbox.settle()
    for _ in range(20):
        assert await desk.sweep(1) == 1
    stored = await desk.row(row)
    assert (stored.state, stored.not_before) == ("waiting", desk.watch() + BACKOFF[0])
    assert await desk.sweep(BACKOFF[0].total_seconds()) == 1
    assert far_side.texts == ["one", "two"]


@pytest.mark.parametrize("unknown", [True, False])
async def test_an_interruption_is_tried_again_later_and_later(desk: Desk, far_side: FarSide, unknown: bool) -> None:
    far_side.failing.extend([Interrupted("timeout", unknown=unknown)] * len(BACKOFF))
    [row] = await desk.say(ADA, "Hello")
    await desk.postbox.settle()
    for delay in BACKOFF:
        stored = await desk.row(row)
        assert (stored.state, stored.error, stored.uncertain) == ("waiting", "timeout", unknown)
        assert stored.not_before == desk.watch() + delay
        assert await desk.sweep((delay - timedelta(milliseconds=1)).total_seconds()) == 0
        assert await desk.sweep(0.001) == 1
    assert far_side.texts == ["Hello"]
    stored = await desk.row(row)
    assert (stored.state, stored.uncertain) == ("sent", unknown)


async def test_at_last_it_has_failed(desk: Desk, far_side: FarSide) -> None:
    far_side.failing.extend([Interrupted("timeout", unknown=False)] * (len(BACKOFF) + 1))
    [row] = await desk.say(ADA, "Hello")
    await desk.postbox.settle()
    for delay in BACKOFF:
        assert await desk.sweep(delay.total_seconds()) == 1
    assert (await desk.row(row)).state == "failed"
    assert await desk.sweep(86_400) == 0
    assert far_side.arrived == []


async def test_a_fault_of_the_setup_stops_its_sender_for_a_while(desk: Desk, far_side: FarSide, slack: FarSide) -> None:
    far_side.failing.append(SetupFault("unauthorized"))
    [row] = await desk.say(ADA, "one")
    await desk.postbox.settle()
    await desk.say(BEN, "two")
    await desk.say(CAI, "three")
    await desk.postbox.settle()
    assert len(far_side.tried) == 1
    assert slack.texts == ["three"]
    stored = await desk.row(row)
    assert (stored.state, stored.error) == ("waiting", "unauthorized")
    assert await desk.sweep(SETUP_PAUSE.total_seconds() - 1) == 0
    assert await desk.sweep(1) == 2
    assert far_side.texts == ["one", "two"]


async def test_a_chat_that_moved_is_followed_at_once_and_remembered(desk: Desk, far_side: FarSide) -> None:
    far_side.failing.append(Moved("migrated", "-100777"))
    [row] = await desk.say(ADA, "Hello")
    await desk.postbox.settle()
    assert [delivery.chat for delivery in far_side.tried] == ["42", "-100777"]
    assert (await desk.row(row)).chat == "-100777"
    assert (await desk.person(ADA)).chat == "-100777"


async def test_an_account_of_no_sender_here_waits(desk: Desk) -> None:
    await desk.meet("slack:T99/U01")
    [row] = await desk.say("slack:T99/U01", "Hello")
    await desk.postbox.settle()
    assert (await desk.row(row)).state == "waiting"
    assert await desk.sweep(86_400) == 0


async def test_without_senders_nothing_is_swept(desk: Desk) -> None:
    await desk.keep(ADA, "Hello")
    desk.watch.go_on(3600)
    assert await Postbox(desk.database, {}, desk.watch).sweep() == 0


async def test_a_home_is_sent_and_a_form_cannot_be(desk: Desk, far_side: FarSide) -> None:
    rows = await desk.keep(ADA, "home", "form")
    desk.postbox.post([(rows[0], Home(())), (rows[1], Form("t", "Title", "Send", "Close", ()))])
    await desk.postbox.settle()
    assert [delivery.message for delivery in far_side.arrived] == [Home(())]
    assert [(await desk.row(row)).state for row in rows] == ["sent", "failed"]


async def test_what_a_process_left_behind_is_sent_by_another(desk: Desk, far_side: FarSide) -> None:
    rows = await desk.keep(ADA, "one", "two")
    assert await desk.sweep() == 0
    assert await desk.sweep(LEASE.total_seconds()) == 2
    assert far_side.texts == ["one", "two"]
    for row in rows:
        stored = await desk.row(row)
        assert (stored.state, stored.uncertain) == ("sent", True)


async def test_the_only_process_takes_up_at_its_start_what_it_left_behind(desk: Desk, far_side: FarSide) -> None:
    await desk.keep(ADA, "one", "two")
    await desk.postbox.reclaim()
    assert await desk.sweep() == 2
    assert far_side.texts == ["one", "two"]


async def test_what_is_under_way_longer_than_its_lease_is_not_sent_twice(desk: Desk, far_side: FarSide) -> None:
    slow = far_side.hold(ADA)
    [row] = await desk.say(ADA, "Hello")
    await far_side.was_tried(1)
    desk.watch.go_on(LEASE.total_seconds() * 2)
    assert await desk.postbox.sweep() == 0
    slow.set()
    await desk.postbox.settle()
    assert far_side.texts == ["Hello"]
    stored = await desk.row(row)
    assert (stored.state, stored.uncertain) == ("sent", False)


async def test_what_arrived_but_is_not_written_down_yet_is_not_sent_twice(desk: Desk, far_side: FarSide) -> None:
    await desk.say(ADA, "Hello")
    await desk.result()
    assert desk.postbox.has_results
    assert await desk.sweep(LEASE.total_seconds()) == 0
    assert far_side.texts == ["Hello"]


async def test_a_message_that_cannot_be_read_does_not_hold_up_the_others(desk: Desk, far_side: FarSide) -> None:
    strange, good = await desk.keep(ADA, "strange", "good")
    async with desk.database.begin() as connection:
        await connection.execute(update(table).where(table.c.id == strange.id).values(payload='{"kind": "sing"}'))
    assert await desk.sweep(LEASE.total_seconds()) == 2
    assert far_side.texts == ["good"]
    stored = await desk.row(strange)
    assert (stored.state, stored.error) == ("waiting", "unreadable")
    assert stored.not_before > desk.watch()
    assert (await desk.row(good)).state == "sent"


async def test_results_are_written_with_the_next_transaction(desk: Desk, far_side: FarSide) -> None:
    far_side.failing.extend([None, Unreachable("blocked")])
    [row] = await desk.say(ADA, "Hello")
    await desk.result()
    await desk.say(BEN, "Hello")
    await desk.result()
    assert (await desk.row(row)).state == "waiting"
    async with desk.database.begin() as connection:
        learnt = await desk.postbox.write(connection)
    desk.postbox.written(learnt)
    assert not desk.postbox.has_results
    assert (await desk.row(row)).state == "sent"
    assert not (await desk.person(BEN)).reachable


async def test_results_survive_a_transaction_that_fails(desk: Desk, far_side: FarSide) -> None:
    far_side.failing.extend([None, Unreachable("blocked"), Moved("migrated", "-100777")])
    rows = []
    for account, words in ((ADA, "one"), (BEN, "two"), (ADA, "three")):
        rows += await desk.say(account, words)
        await desk.result()

    async def failing() -> None:
        async with desk.database.begin() as connection:
            await desk.postbox.write(connection)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await failing()
    assert desk.postbox.has_results
    assert [(await desk.row(row)).state for row in rows] == ["waiting"] * 3
    await desk.postbox.record()
    assert not desk.postbox.has_results
    assert [(await desk.row(row)).state for row in rows] == ["sent", "failed", "sent"]
    assert not (await desk.person(BEN)).reachable
    assert (await desk.person(ADA)).chat == "-100777"


async def test_what_comes_in_while_results_are_written_is_kept_for_the_next_time(desk: Desk, far_side: FarSide) -> None:
    slow = far_side.hold(BEN)
    [first] = await desk.say(ADA, "one")
    await desk.result()
    [second] = await desk.say(BEN, "two")
    async with desk.database.begin() as connection:
        learnt = await desk.postbox.write(connection)
        slow.set()
        await desk.result()
    desk.postbox.written(learnt)
    assert [(await desk.row(row)).state for row in (first, second)] == ["sent", "waiting"]
    assert desk.postbox.has_results
    await desk.postbox.record()
    assert (await desk.row(second)).state == "sent"


async def test_settling_waits_for_everything_under_way(desk: Desk, far_side: FarSide) -> None:
    slow = far_side.hold(ADA)
    rows = await desk.say(ADA, "one", "two", "three")
    await far_side.was_tried(1)
    settled = asyncio.create_task(desk.postbox.settle())
    await asyncio.sleep(0)
    assert not settled.done()
    slow.set()
    await settled
    assert [(await desk.row(row)).state for row in rows] == ["sent"] * 3
    await desk.postbox.settle()


@pytest.mark.parametrize(
    "failure", [None, Interrupted("timeout", unknown=True), RateLimited("429", 5), Unreachable("blocked")]
)
async def test_the_last_word_to_somebody_who_is_forgotten_is_said_once(
    desk: Desk, far_side: FarSide, failure: DeliveryFailed | None
) -> None:
    far_side.failing.append(failure)
    [row] = await desk.say(ADA, "Erased.", known=False)
    await desk.postbox.settle()
    assert (await desk.row(row)).state == ("failed" if failure else "sent")
    assert await desk.sweep(86_400) == 0
    assert (await desk.person(ADA)).reachable


async def test_time_is_what_the_clock_says(desk: Desk) -> None:
    assert desk.postbox.lease_until() == START + LEASE
    desk.watch.now = datetime(2027, 1, 1, tzinfo=START.tzinfo)
    assert desk.postbox.lease_until() == desk.watch() + LEASE
