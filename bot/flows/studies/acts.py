"""What a moderator does to a study: publish it, extend a round, stop it. Who may is for the caller to check."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delphi.checking import Problem, Weight, check
from bot.delphi.lifecycle import changed_rounds, rescheduled
from bot.delphi.protocol import OpenItem, Protocol, stored_item
from bot.flows.studies.rounds import choose_items, fill_seats, planned_rounds, set_times, zones_of
from storage import panels, studies, study_items, timetable
from storage.studies import Study


async def publish(connection: AsyncConnection, study_id: int, now: datetime) -> list[Problem] | None:
    """Freeze a draft and invite its panel. What stands in the way, and then nothing has changed; or an empty list. None
    when it is no draft any more."""
    study = await studies.study(connection, study_id, lock=True)
    if study is None or study.state != "draft":
        return None
    protocol = Protocol.model_validate(study.protocol)
    if problems := [each for each in check(protocol, now) if each.weight is not Weight.WARNING]:
        return problems
    zones = zones_of(await panels.whereabouts(connection, study_id))
    planned = planned_rounds(protocol.numbered(), zones)
    await studies.publish(connection, study_id, protocol.model_dump(mode="json"), protocol.hash(), planned, now)
    ids = await study_items.put_down(connection, study_id, [stored_item(item) for item in protocol.items])
    first = (await studies.rounds(connection, study_id))[0]
    is_asked = [(isinstance(item, OpenItem) and item.proposals) == (first.number == 0) for item in protocol.items]
    await choose_items(connection, first, [id for id, asked in zip(ids, is_asked, strict=True) if asked])
    published = await studies.study(connection, study_id)
    if published is not None:
        await fill_seats(connection, published, now)
        await set_times(connection, published)
    return []


async def extend(
    connection: AsyncConnection, study: Study, number: int, closes: datetime, reason: str, now: datetime
) -> Protocol | None:
    """Close a round at another wall time (exclusive), and put the amendment down; rounds that it would run into are
    moved by `rescheduled`. The new protocol; None when the round has closed, or would be closed by it."""
    protocol = Protocol.model_validate(study.protocol)
    rounds = {each.number: each for each in await studies.rounds(connection, study.id)}
    if number not in rounds or rounds[number].state not in (*studies.AHEAD, "open"):
        return None
    changed = rescheduled(protocol, number, closes)
    planned = {
        each.number: each
        for each in planned_rounds(changed.numbered(), zones_of(await panels.whereabouts(connection, study.id)))
    }
    if planned[number].closes_at <= now:
        return None
    for moved in changed_rounds(protocol, changed):
        await timetable.reschedule(connection, rounds[moved].id, planned[moved])
        await studies.amend(
            connection,
            study.id,
            what=amended_close(moved),
            before=rounds[moved].closes,
            after=planned[moved].closes,
            reason=reason,
            protocol=changed.model_dump(mode="json"),
            protocol_hash=changed.hash(),
            now=now,
        )
    await studies.note(connection, study.id, "round.extended", {"round": number, "closes": planned[number].closes}, now)
    return changed


def amended_close(number: int) -> str:
    """What the amendment that extends a round is called."""
    return f"round {number} closes"


async def stop(connection: AsyncConnection, study: Study, reason: str, now: datetime) -> bool:
    """End a study: a round that is open closes now, and its outcome is computed as always. False when it has ended."""
    for each in await studies.rounds(connection, study.id):
        if each.state == "open" and await timetable.close_round(connection, each.id, now):
            await studies.note(connection, study.id, "round.closed", {"round": each.number}, now)
    return await studies.close(connection, study.id, reason, now)
