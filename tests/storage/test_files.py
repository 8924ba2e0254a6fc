"""Files are stored once, fetched by one process at a time, and go with what they belong to."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import coalitions, files, people
from storage.files import StoredFile, ToFetch
from storage.merging import merge
from storage.people import Newcomer
from storage.schema import conversations
from storage.schema import files as table

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
R = TypeVar("R")


async def done(database: AsyncEngine, act: Callable[..., Awaitable[R]], *given: Any, **named: Any) -> R:
    """What came of this, committed."""
    async with database.begin() as connection:
        return await act(connection, *given, **named)


async def drawn(database: AsyncEngine, content: bytes = b"a chart", subject: str = "campaign 12", **more: Any) -> int:
    about = {"name": "chart.png", "media_type": "image/png", "now": NOW} | more
    return await done(database, files.keep, content=content, subject=subject, **about)


async def sent(database: AsyncEngine, id: str = "AgAC1", **more: Any) -> int:
    about = {
        "name": "photo.jpg",
        "media_type": "image/jpeg",
        "size": 300_000,
        "sender": "telegram",
        "participant_id": None,
        "subject": "conversation 5",
        "now": NOW,
    }
    return await done(database, files.from_platform, source_id=id, **about | more)


async def people_met(database: AsyncEngine) -> list[int]:
    newcomers = [Newcomer(account, "telegram", "", "", "", "") for account in ("telegram:1", "telegram:2")]
    met = await done(database, people.meet, newcomers, NOW)
    return [person.id for person in met.values()]


async def stored(database: AsyncEngine) -> int:
    async with database.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def test_the_same_bytes_about_the_same_subject_are_the_same_file(database: AsyncEngine) -> None:
    chart = await drawn(database, alt="Hectares")
    assert await drawn(database, name="again.png") == chart
    assert await drawn(database, content=b"another") != chart
    assert await drawn(database, subject="campaign 13") != chart
    stored = await done(database, files.get, chart)
    assert stored == StoredFile(
        chart, "campaign 12", "chart.png", "image/png", 7, "Hectares", {}, "", None, True, False, ""
    )
    assert stored.kind == "picture"
    assert await done(database, files.content, chart) == b"a chart"
    assert [file.id for file in await done(database, files.of, "campaign 13")] == [chart + 2]
    assert await done(database, files.get, chart + 9) is None


async def test_each_sender_remembers_what_it_uploaded(database: AsyncEngine) -> None:
    chart = await drawn(database)
    for holder, reference in (("telegram photo", "AgAC"), ("slack:T01", "F1"), ("telegram photo", "")):
        await done(database, files.note_uploaded, chart, holder, reference)
    stored = await done(database, files.get, chart)
    assert stored is not None
    assert stored.uploaded == {"slack:T01": "F1"}
    await done(database, files.note_uploaded, chart + 1, "slack:T01", "F1")


async def test_what_was_sent_is_fetched_once(database: AsyncEngine) -> None:
    first, second = await sent(database, "a", alt="Our field"), await sent(database, "b", sender="slack:T01")
    assert await done(database, files.content, first) is None
    taken = await done(database, files.to_fetch, ["telegram"], NOW, 9)
    assert taken == [ToFetch(first, "photo.jpg", 300_000, "telegram", "a", 1, None)]
    assert await done(database, files.to_fetch, ["telegram"], NOW, 9) == []
    await done(database, files.fetched, first, b"the field")
    stored = await done(database, files.get, first)
    assert stored is not None
    assert (stored.fetched, stored.to_fetch, stored.lost, stored.size, stored.alt) == (
        True,
        False,
        False,
        9,
        "Our field",
    )
    later = NOW + timedelta(days=1)
    assert [file.id for file in await done(database, files.to_fetch, ["telegram", "slack:T01"], later, 9)] == [second]


async def test_what_could_not_be_fetched_is_tried_again_until_it_is_lost(database: AsyncEngine) -> None:
    file = await sent(database)
    again = NOW + timedelta(seconds=5)
    await done(database, files.to_fetch, ["telegram"], NOW, 9)
    await done(database, files.fetch_failed, file, "timeout", again)
    assert await done(database, files.to_fetch, ["telegram"], NOW, 9) == []
    assert [taken.attempts for taken in await done(database, files.to_fetch, ["telegram"], again, 9)] == [2]
    # Whoever took it now has died.
    late = again + files.FETCHING
    assert [taken.attempts for taken in await done(database, files.to_fetch, ["telegram"], late, 9)] == [3]
    await done(database, files.fetch_failed, file, "file_deleted", None)
    assert await done(database, files.to_fetch, ["telegram"], late + timedelta(days=9), 9) == []
    stored = await done(database, files.get, file)
    assert stored is not None
    assert (stored.lost, stored.error) == (True, "file_deleted")


async def test_what_was_not_handed_in_goes_when_its_conversation_has_ended(database: AsyncEngine) -> None:
    participant, _ = await people_met(database)
    row = {"participant_id": participant, "flow_version": 1, "step": "photo", "rev": 1, "misses": 0, "updated_at": NOW}
    held: dict[str, Any] = {"answers": {}, "history": [], "drawn": []}
    for id, state in ((5, "open"), (55, "done")):
        values = row | held | {"id": id, "flow": f"flow {id}", "state": state}
        await done(database, lambda connection, values=values: connection.execute(insert(conversations).values(values)))
    kept = await sent(database, subject="conversation 5")
    adopted, dropped = await sent(database, subject="conversation 55"), await sent(database, subject="conversation 55")
    await sent(database, subject="conversation 555")
    await done(database, files.adopt, [adopted], "report 7")
    await done(database, files.prune)
    for file, there in ((kept, True), (adopted, True), (dropped, False)):
        assert (await done(database, files.get, file) is not None) == there
    await done(database, files.drop, "report 7")
    await done(database, files.remove, [kept])
    assert await stored(database) == 0


async def test_people_take_their_files_with_them(database: AsyncEngine) -> None:
    older, younger = await people_met(database)
    await sent(database, "a", participant_id=older)
    await sent(database, "b", participant_id=younger)
    ours = await drawn(database)
    assert await done(database, merge, older, younger, NOW) == older
    await done(database, coalitions.forget_participant, older)
    assert await stored(database) == 1
    assert await done(database, files.content, ours) == b"a chart"


async def test_the_number_of_a_file_that_is_gone_is_never_given_again(database: AsyncEngine) -> None:
    """Senders remember by it what they have uploaded: another file must not be taken for this one."""
    gone = await drawn(database, b"an export", "export 1")
    await done(database, files.drop, "export 1")
    assert await drawn(database, b"a later export", "export 1") > gone
