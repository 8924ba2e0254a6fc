"""No more is on its way at once than the rates need, because that is what a crash may repeat."""

import asyncio

from bot.outreach.lane import ENOUGH_SENDS, HANGING_SECONDS, MOST_AT_ONCE, ROOMY, Window


class Time:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def sent(window: Window, time: Time, took: float, times: int = ENOUGH_SENDS) -> None:
    """So many sends, one after the other."""
    for row in range(times):
        assert await window.enter(row)
        time.now += took
        window.leave(row, sent=True)


async def widest(window: Window) -> int:
    """How many get in."""
    for row in range(MOST_AT_ONCE + 1):
        try:
            async with asyncio.timeout(0):
                await window.enter(1000 + row)
        except TimeoutError:
            break
    else:
        raise AssertionError("it has no limit")
    for each in range(row):
        window.leave(1000 + each, sent=False)
    return row


async def test_it_begins_with_one() -> None:
    assert await widest(Window(Time())) == 1


async def test_it_stays_with_one_while_one_after_the_other_would_do() -> None:
    time = Time()
    window = Window(time)
    await sent(window, time, 0.008)
    for row in range(20):
        # Held up now and then, by whatever else the machine does.
        await window.enter(row)
        time.now += 0.3
        window.leave(row, sent=True)
        window.widen(60)
    assert await widest(window) == 1


async def test_it_widens_as_far_as_a_long_way_needs() -> None:
    time = Time()
    window = Window(time)
    await sent(window, time, 0.2)
    for _ in range(10):
        time.now += 1
        window.widen(30)
    assert await widest(window) >= MOST_AT_ONCE - 1


async def test_it_does_not_widen_on_first_sight() -> None:
    time = Time()
    window = Window(time)
    await sent(window, time, 0.2, ENOUGH_SENDS - 1)
    window.widen(60)
    assert await widest(window) == 1


async def test_it_widens_for_rates_that_one_after_the_other_cannot_reach() -> None:
    window = Window(Time())
    window.widen(500)
    assert await widest(window) == 2


async def test_it_shrinks_while_there_is_room() -> None:
    time = Time()
    window = Window(time)
    await sent(window, time, 0.2)
    window.widen(30)
    assert await widest(window) == 2
    await sent(window, time, 0.01, ROOMY)
    assert await widest(window) == 1


async def test_who_hangs_holds_nobody_up() -> None:
    time = Time()
    window = Window(time)
    await window.enter(1)
    assert await widest(window) == 0
    time.now += HANGING_SECONDS
    assert await widest(window) == 1
