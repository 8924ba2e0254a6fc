"""No stretch of time sees more than a rate allows, whatever the network does; and no more is held back than must be."""

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.outreach.rates import Learning, PerChat, Places, Rates, slack, telegram


@dataclass
class Run:
    """Sends to chats in a given order, each as soon as the rates let it, with what the network made of them."""

    rates: Rates
    clock: float = 0.0
    took_effect: list[tuple[float, str]] = field(default_factory=list)
    answers: list[tuple[float, str]] = field(default_factory=list)

    def play(self, chats: list[str], network: list[tuple[float, float]]) -> None:
        """`network` gives for each send the seconds to its effect, and from there to its answer."""
        for chat, (there, back) in zip(chats, network, strict=True):
            self.wait_for(chat)
            self.rates.begin(chat, self.clock)
            self.took_effect.append((self.clock + there, chat))
            heapq.heappush(self.answers, (self.clock + there + back, chat))

    def wait_for(self, chat: str) -> None:
        while True:
            at = max(self.rates.ready_at(self.clock), self.rates.chat_ready_at(chat, self.clock))
            if self.answers and self.answers[0][0] <= max(at, self.clock):
                answered, whose = heapq.heappop(self.answers)
                self.clock = max(self.clock, answered)
                self.rates.end(whose, self.clock)
            elif at <= self.clock:
                return
            else:
                assert at < math.inf, "waits for an answer that nobody owes"
                self.clock = at


def most_within(seconds: float, times: list[float]) -> int:
    """The most that any stretch of so many seconds sees; its end does not belong to it."""
    times = sorted(times)
    return max(sum(1 for other in times if begin <= other < begin + seconds - 1e-9) for begin in times)


seconds = st.floats(0, 3)
people = st.lists(st.sampled_from(["1", "2", "3", "-7", "-8"]), min_size=1, max_size=80)


@given(chats=people, data=st.data(), rate=st.integers(1, 30), chat_rate=st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_telegram_never_sees_more_than_it_allows(
    chats: list[str], data: st.DataObject, rate: int, chat_rate: int
) -> None:
    network = data.draw(st.lists(st.tuples(seconds, seconds), min_size=len(chats), max_size=len(chats)))
    run = Run(telegram(rate, chat_rate, 20))
    run.play(chats, network)
    assert most_within(1, [at for at, _ in run.took_effect]) <= rate
    to_chat: dict[str, list[float]] = defaultdict(list)
    for at, chat in run.took_effect:
        to_chat[chat].append(at)
    for chat, times in to_chat.items():
        assert most_within(1, times) <= chat_rate
        if chat.startswith("-"):
            assert most_within(60, times) <= 20


@given(chats=people, data=st.data())
@settings(max_examples=100, deadline=None)
def test_slack_never_sees_more_than_one_a_second_in_a_channel(chats: list[str], data: st.DataObject) -> None:
    network = data.draw(st.lists(st.tuples(seconds, seconds), min_size=len(chats), max_size=len(chats)))
    run = Run(slack(1, 50))
    run.play(chats, network)
    for chat in set(chats):
        assert most_within(1, [at for at, whose in run.took_effect if whose == chat]) <= 1


@given(rate=st.integers(2, 1000), latency=st.floats(0, 0.02))
@settings(max_examples=30, deadline=None)
def test_what_a_rate_allows_is_used(rate: int, latency: float) -> None:
    count = rate * 6
    run = Run(telegram(rate, 1, 20))
    run.play([str(number) for number in range(1, count + 1)], [(latency, 0.0)] * count)
    assert run.clock <= count / rate * 1.05 + latency


def test_half_a_message_a_second_is_one_in_two() -> None:
    run = Run(telegram(0.5, 1, 20))
    run.play(["1", "2", "3"], [(0.0, 0.0)] * 3)
    assert [at for at, _ in run.took_effect] == [0.0, 2.0, 4.0]


def test_a_send_that_is_never_answered_holds_up_only_its_own_place() -> None:
    places = Places(2, 1.0)
    places.take()
    assert places.free_at(5.0) == 5.0
    places.take()
    assert places.free_at(5.0) == math.inf
    places.give_back(6.0)
    assert places.free_at(6.0) == 7.0
    assert places.free_at(7.0) == 7.0


def test_what_was_not_sent_after_all_costs_nothing() -> None:
    rates = telegram(1, 1, 20)
    rates.begin("1", 0.0)
    rates.undo("1", 0.0)
    rates.begin("1", 1.0)
    rates.end("1", 1.0)
    assert rates.chat_ready_at("1", 1.5) == 2.0


def test_replies_count_though_nobody_holds_them_back() -> None:
    rates = telegram(3, 10, 20)
    for _ in range(6):
        rates.begin("1", 0.0)
        rates.end("1", 0.0)
    assert rates.ready_at(0.5) >= 1.0


def test_many_replies_do_not_hold_calls_up_for_long() -> None:
    rates = slack(1, 50)
    for number in range(100):
        rates.begin(str(number), 0.0)
    assert rates.ready_at(0.0) <= 1.0


def test_what_takes_two_messages_waits_for_two_places() -> None:
    limits = telegram(10, 1, 20)
    for chat in range(4):
        assert limits.ready_at(limits.ready_at(0.0, 2), 2) < 1
        at = limits.ready_at(0.0, 2)
        limits.begin(str(chat), at, 2)
        limits.end(str(chat), at, 2)
    limits.begin("4", limits.ready_at(0.8), 1)
    limits.end("4", 0.8, 1)
    # Nine of ten are taken: one more message fits into this second, and two do not.
    assert limits.ready_at(0.95) == pytest.approx(0.95)
    assert limits.ready_at(0.95, 2) >= 1.0
    assert Places(1, 1.0).free_at(0.0, 2) == 0.0, "more than there are: as soon as all are free"


def test_chats_are_forgotten() -> None:
    chats = PerChat(1, 1.0)
    for number in range(10_000):
        now = number / 100
        chats.take(str(number))
        chats.give_back(str(number), now)
    assert len(chats) <= 101


def test_a_sender_waits_for_as_long_as_it_was_told() -> None:
    rates = telegram(30, 1, 20)
    rates.limited(7.0, 100.0)
    assert rates.is_paused(106.9)
    assert rates.ready_at(100.0) == 107.0
    rates.limited(1.0, 101.0)
    assert rates.ready_at(101.0) == 107.0, "a shorter wait does not end a longer one"
    assert not rates.is_paused(107.0)


def test_slack_begins_low_and_doubles_while_all_goes_well() -> None:
    pace = Learning(1.0, 50.0)
    reached = [pace.rate]
    for second in range(101):
        pace.answered(float(second))
        reached.append(pace.rate)
    assert reached == sorted(reached)
    assert {1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 50.0} == set(reached)


@pytest.mark.parametrize("bears", [3.0, 11.0, 29.0])
def test_slack_learns_what_a_workspace_bears(bears: float) -> None:
    pace = Learning(1.0, 50.0)
    told_off = 0
    rates = []
    for second in range(2000):
        now = float(second)
        if pace.rate > bears:
            told_off += 1
            pace.limited(now)
        else:
            pace.answered(now)
        rates.append(pace.rate)
    assert max(rates[200:]) <= bears * 1.1
    assert sum(rates[200:]) / len(rates[200:]) >= bears * 0.6
    assert told_off <= 2000 / 60, "seldom told off: about once in the time that it takes to get there again"


def test_sends_that_are_told_off_together_count_once() -> None:
    pace = Learning(16.0, 50.0)
    for _ in range(10):
        pace.limited(5.0)
    assert pace.rate == 8.0
