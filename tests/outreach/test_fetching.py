"""What people send is fetched in the end, or they are told; what messages show is found where it is kept."""

from collections import deque
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.limits import LARGEST_UPLOAD
from bot.locales import load
from bot.outreach.delivery import (
    TOO_LARGE,
    Content,
    DeliveryFailed,
    Interrupted,
    RateLimited,
    Refused,
    SetupFault,
)
from bot.outreach.fetching import Fetching
from bot.outreach.postbox import BACKOFF
from bot.outreach.shelf import Shelf
from storage import files
from storage.files import StoredFile
from tests.outreach.desk import ADA, Desk
from tests.outreach.far_side import START


class Platform:
    """Where files are fetched from; `answers` are what the next attempts come to."""

    def __init__(self, *answers: bytes | DeliveryFailed) -> None:
        self.answers = deque(answers)
        self.asked: list[tuple[str, int]] = []

    async def fetch(self, id: str, most: int) -> bytes:
        self.asked.append((id, most))
        answer = self.answers.popleft()
        if isinstance(answer, DeliveryFailed):
            raise answer
        return answer


def fetching(desk: Desk, platform: Platform) -> Fetching:
    return Fetching(desk.database, {"telegram": platform}, load(), desk.watch)


async def sent(desk: Desk, name: str = "field.jpg") -> int:
    async with desk.database.begin() as connection:
        return await files.from_platform(
            connection,
            name=name,
            media_type="image/jpeg",
            size=9,
            sender="telegram",
            source_id=f"id of {name}",
            participant_id=desk.people[ADA].id,
            subject="conversation 1",
            now=desk.watch(),
        )


async def get(database: AsyncEngine, id: int) -> StoredFile:
    async with database.connect() as connection:
        stored = await files.get(connection, id)
        assert stored is not None
        return stored


async def said(desk: Desk) -> list[str]:
    """What Ada is told."""
    await desk.postbox.sweep()
    await desk.postbox.settle()
    return desk.senders[0].texts_to(ADA)


async def test_all_that_is_due_is_fetched_and_nobody_hears_of_it(desk: Desk) -> None:
    platform = Platform(b"one", b"two", b"three")
    ids = [await sent(desk, name) for name in ("1.jpg", "2.jpg", "3.jpg")]
    await fetching(desk, platform).tick()
    assert sorted(platform.asked) == [(f"id of {number}.jpg", LARGEST_UPLOAD) for number in (1, 2, 3)]
    assert [(await get(desk.database, id)).fetched for id in ids] == [True] * 3
    assert await said(desk) == []


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (Interrupted("timeout", unknown=False), 1),
        (SetupFault("missing_scope"), 1),
        (RateLimited("ratelimited", 40), 40),
    ],
)
async def test_what_may_come_later_is_tried_again(desk: Desk, failure: DeliveryFailed, seconds: float) -> None:
    platform = Platform(failure, b"the field")
    file = await sent(desk)
    worker = fetching(desk, platform)
    for tried, wait in ((1, seconds - 0.5), (1, 0.5), (2, 0)):
        await worker.tick()
        assert len(platform.asked) == tried
        desk.watch.go_on(wait)
    assert (await get(desk.database, file)).fetched
    assert await said(desk) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [("file_deleted", "the platform did not hand it over"), (TOO_LARGE, "it is too large, and I can take 20 MB")],
)
async def test_what_will_never_come_is_told(desk: Desk, code: str, words: str) -> None:
    file = await sent(desk)
    await fetching(desk, Platform(Refused(code))).tick()
    assert (await get(desk.database, file)).error == code
    (told,) = await said(desk)
    assert told.startswith("field.jpg did not reach me")
    assert words in told


async def test_after_the_last_attempt_it_is_lost(desk: Desk) -> None:
    platform = Platform(*[Interrupted("timeout", unknown=False)] * (len(BACKOFF) + 1))
    file = await sent(desk)
    worker = fetching(desk, platform)
    for wait in (*BACKOFF, BACKOFF[-1]):
        await worker.tick()
        desk.watch.go_on(wait.total_seconds())
    assert not platform.answers
    assert (await get(desk.database, file)).lost
    assert len(await said(desk)) == 1


async def test_a_shelf_knows_what_was_uploaded_and_waits_for_what_was_not_fetched(desk: Desk) -> None:
    shelf, other = Shelf(desk.database), Shelf(desk.database)
    async with desk.database.begin() as connection:
        chart = await files.keep(connection, name="c.png", media_type="image/png", content=b"chart", now=START)
    assert await shelf.load(chart) == Content("c.png", "image/png", b"chart")
    assert await shelf.reference(chart, "slack:T01") == ""
    await shelf.remember(chart, "slack:T01", "F1")
    assert [await each.reference(chart, "slack:T01") for each in (shelf, other)] == ["F1", "F1"]
    await shelf.remember(chart, "slack:T01", "")
    assert await shelf.reference(chart, "slack:T01") == ""
    photo = await sent(desk)
    with pytest.raises(Interrupted, match="file_not_fetched"):
        await shelf.load(photo)
    async with desk.database.begin() as connection:
        await files.fetch_failed(connection, photo, "file_deleted", None)
    assert await shelf.load(photo) is None
    assert await shelf.load(photo + 1) is None


async def test_a_database_that_is_away_makes_messages_with_files_wait(desk: Desk) -> None:
    shelf = Shelf(desk.database)

    def refuse(*_: object, **__: object) -> Any:
        raise OSError("away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncEngine, "connect", refuse)
        patch.setattr(AsyncEngine, "begin", refuse)
        for asked in (shelf.load(1), shelf.reference(1, "telegram photo")):
            with pytest.raises(Interrupted):
                await asked
        await shelf.remember(1, "telegram photo", "known")
        assert await shelf.reference(1, "telegram photo") == "known"
