"""Every row of the table of errors leads to what that row says; see docs/delivery.md."""

from datetime import timedelta

import pytest

from bot.chat.messages import Say, decode
from bot.locales import load
from bot.outreach.alarm import Alarm
from bot.outreach.delivery import Interrupted, Moved, RateLimited, Refused, SetupFault, Unreachable
from bot.outreach.postbox import BACKOFF
from storage.leases import Fault, faults
from tests.outreach.crowd import NOW, SLACK, TELEGRAM, Scene

WORDS = load()


@pytest.mark.parametrize("code", ["bot was blocked by the user", "chat not found", "user_not_found"])
async def test_who_cannot_be_reached_is_counted_and_never_tried_again(scene: Scene, code: str) -> None:
    (key,) = await scene.people(1)
    scene.telegram.failing[key].append(Unreachable(code))
    await scene.worker().work_off()
    row = await scene.row()
    assert (row.state, row.error, row.uncertain) == ("failed", code, False)
    assert not await scene.reachable()
    scene.go_on(86_400)
    await scene.worker().work_off()
    assert scene.telegram.tried == [key]


async def test_who_cannot_be_reached_is_not_tried_at_all(scene: Scene) -> None:
    keys = await scene.people(1)
    scene.telegram.failing[keys[0]].append(Unreachable("blocked"))
    await scene.worker().work_off()
    await scene.people(1, account_id=1, chat="1")
    await scene.worker().work_off()
    assert scene.telegram.tried == keys
    assert (await scene.rows())[1].error == "unreachable"


async def test_a_rate_limit_pauses_the_sender_it_names_and_skips_nobody(scene: Scene) -> None:
    telegram, slack = await scene.people(30), await scene.people(30, SLACK)
    scene.telegram.failing[telegram[9]].append(RateLimited("too many requests", 17))
    await scene.worker().work_off()
    assert len(scene.slack.arrived) == 30, "the other one goes on"
    assert len(scene.telegram.arrived) < 30
    row = (await scene.rows())[9]
    assert (row.state, row.uncertain) == ("waiting", False)
    assert row.not_before == NOW + timedelta(seconds=17)
    tried = len(scene.telegram.tried)
    scene.go_on(16)
    await scene.worker("two").work_off()
    scene.go_on(15)
    await scene.worker().work_off()
    assert len(scene.telegram.tried) >= tried
    assert sorted(scene.telegram.to) == sorted(telegram)
    assert sorted(scene.slack.to) == sorted(slack)


@pytest.mark.parametrize("unknown", [True, False])
async def test_an_interruption_is_tried_again_ever_later_and_marked_when_its_outcome_is_unknown(
    scene: Scene, unknown: bool
) -> None:
    (key,) = await scene.people(1)
    scene.telegram.failing[key].extend([Interrupted("timeout", unknown=unknown)] * (len(BACKOFF) + 1))
    for attempt, pause in enumerate(BACKOFF, 1):
        before = scene.now
        await scene.worker().work_off()
        row = await scene.row()
        assert (row.state, row.attempts, row.uncertain) == ("waiting", attempt, unknown)
        assert row.not_before == before + pause
        scene.go_on(pause.total_seconds() + 31)
    await scene.worker().work_off()
    row = await scene.row()
    assert (row.state, row.error, row.attempts) == ("failed", "timeout", len(BACKOFF) + 1)


async def test_what_was_interrupted_arrives_and_stays_marked(scene: Scene) -> None:
    (key,) = await scene.people(1)
    scene.telegram.failing[key].append(Interrupted("connection_lost", unknown=True))
    await scene.worker().work_off()
    scene.go_on(31)
    await scene.worker().work_off()
    row = await scene.row()
    assert (row.state, row.attempts, row.uncertain) == ("sent", 2, True)


async def test_a_chat_that_moved_is_followed_at_once_and_remembered(scene: Scene) -> None:
    (key,) = await scene.people(1)
    scene.telegram.failing[key].append(Moved("migrated", "-1001"))
    await scene.worker().work_off()
    row = await scene.row()
    assert (row.state, row.chat, row.uncertain) == ("sent", "-1001", False)
    await scene.people(1, account_id=1, chat="1")
    assert [delivery.chat for delivery in scene.telegram.arrived] == ["-1001"]


async def test_what_a_platform_will_never_take_fails_with_its_code(scene: Scene) -> None:
    keys = await scene.people(3)
    scene.telegram.failing[keys[1]].append(Refused("message is too long"))
    await scene.worker().work_off()
    assert [(row.state, row.error) for row in await scene.rows()] == [
        ("sent", ""),
        ("failed", "message is too long"),
        ("sent", ""),
    ]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("messages_tab_disabled", "messages_tab"),
        ("missing_scope", "scope"),
        ("token_revoked", "token"),
        ("not_in_channel", "channel"),
        ("something_new", "other"),
    ],
)
async def test_a_fault_of_the_set_up_stops_the_sender_and_tells_the_secretariat_elsewhere_once(
    scene: Scene, code: str, remedy: str
) -> None:
    (tom,) = await scene.people(1)
    slack = await scene.people(40, SLACK)
    alarm = Alarm(scene.database, WORDS, [tom, slack[0]], lambda: scene.now)
    scene.alarm = alarm.ring
    for key in slack:
        scene.slack.failing[key].extend([SetupFault(code)] * 2)
    await scene.worker().work_off()
    assert 1 <= len(scene.slack.tried) < 40
    async with scene.database.begin() as connection:
        assert await faults(connection) == [Fault(SLACK, code)]
    scene.go_on(61)
    await scene.worker("two").work_off()
    told = [row for row in await scene.rows() if row.lane == "interactive"]
    assert [(row.sender, row.account_id, row.state) for row in told] == [(TELEGRAM, 1, "waiting")]
    message = decode(told[0].payload)
    assert isinstance(message, Say)
    words = "".join(run.text for run in message.text)
    assert WORDS["en"].plain(f"alarm.{remedy}", platform="Slack") in words
    assert code in words

    scene.slack.failing.clear()
    for _ in range(3):
        scene.go_on(61)
        await scene.worker("three").work_off()
    assert sorted(scene.slack.to) == sorted(slack)
    assert not [row for row in await scene.rows() if row.lane == "bulk" and (row.uncertain or row.state != "sent")]
    async with scene.database.begin() as connection:
        assert await faults(connection) == []


async def test_a_fault_that_comes_back_is_told_again(scene: Scene) -> None:
    (tom,) = await scene.people(1)
    (first,) = await scene.people(1, SLACK)
    alarm = Alarm(scene.database, WORDS, [tom], lambda: scene.now)
    scene.alarm = alarm.ring
    scene.slack.failing[first].append(SetupFault("token_revoked"))
    await scene.worker().work_off()
    scene.go_on(61)
    await scene.worker().work_off()
    (second,) = await scene.people(1, SLACK)
    scene.slack.failing[second].append(SetupFault("token_revoked"))
    await scene.worker().work_off()
    assert len([row for row in await scene.rows() if row.lane == "interactive"]) == 2
