"""The life of a call for engagement: confirmed, approved, sent, paused, ended; and who may do which.

With four eyes, whoever wrote a call does not approve it. Whatever is done is done once: of two secretaries who tap at
the same time the second one is told how things stand.
"""

import contextlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.outreach.audience import AudienceErrors, Problem, read
from bot.outreach.calls import Facts, blocking, problems
from bot.outreach.recipients import count, load_known, select_recipients, zones
from bot.outreach.schedule import at_wall, zone_named
from storage import campaigns, files, people, places, readers
from storage.campaigns import UNDER_WAY, Campaign, Draft
from storage.coalitions import note_action

# For so long after it was confirmed nothing leaves, and it can be taken back whole.
UNDO = timedelta(seconds=60)

Titles = Mapping[str, Mapping[str, str]]
"""Facilities' titles by code and language."""


class NotPossible(Exception):
    """It cannot be done as things stand. Carries the catalogue entry that says why."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


class Faulty(Exception):
    """It cannot go out as it is: everything that is wrong with it. The draft is kept."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.place}: {one.text}" for one in found))
        self.problems = found


async def check(
    connection: AsyncConnection, draft: Draft, facilities: Titles, zone: ZoneInfo, now: datetime
) -> list[Problem]:
    """Everything that is wrong with a draft, and warnings; times are read in its author's zone."""
    return problems(draft, await gather(connection, draft, facilities, zone, now))


async def gather(connection: AsyncConnection, draft: Draft, facilities: Titles, zone: ZoneInfo, now: datetime) -> Facts:
    """What a draft is held against."""
    known = await load_known(connection, facilities)
    reach = None
    if draft.audience is not None:
        with contextlib.suppress(AudienceErrors):
            reach = await count(connection, read(draft.audience, known), now)
    picture = ""
    if draft.picture is not None:
        stored = await files.get(connection, draft.picture)
        picture = "gone" if stored is None or stored.lost else "ready" if stored.fetched else "coming"
    return Facts(known, reach, await places.active(connection), picture, zone, now)


async def confirm(
    connection: AsyncConnection,
    id: int,
    actor_id: int | None,
    facilities: Titles,
    now: datetime,
    *,
    four_eyes: bool,
) -> Campaign:
    """Send a draft on its way: to a second secretary, where there must be one, else to its readers. Raises Faulty."""
    campaign = await _get(connection, id, ("draft",))
    if four_eyes:
        await _refuse_faults(connection, campaign, facilities, now)
        await _move(connection, campaign, ("draft",), "waiting", actor_id, "submitted", now)
    else:
        await _freeze(connection, campaign, ("draft",), facilities, now)
        await _note(connection, campaign, actor_id, "confirmed", now)
    return await _get(connection, id)


async def approve(connection: AsyncConnection, id: int, actor_id: int, facilities: Titles, now: datetime) -> Campaign:
    """Let a colleague's call go out. Raises Faulty when it cannot any more, such as when its time has passed."""
    campaign = await _get(connection, id, ("waiting",))
    if campaign.author_id == actor_id:
        raise NotPossible("call.not.own")
    await _freeze(connection, campaign, ("waiting",), facilities, now, approved_by=actor_id)
    await _note(connection, campaign, actor_id, "approved", now)
    return await _get(connection, id)


async def send_back(connection: AsyncConnection, id: int, actor_id: int, now: datetime) -> Campaign:
    """Make it a draft again, for its author to change."""
    campaign = await _get(connection, id, ("waiting",))
    return await _move(connection, campaign, ("waiting",), "draft", actor_id, "sent back", now)


async def undo(connection: AsyncConnection, id: int, actor_id: int | None, now: datetime) -> Campaign:
    """Take it back while nobody has been written to: it is a draft again."""
    campaign = await _get(connection, id, ("scheduled", "paused"))
    if await campaigns.has_begun(connection, id, now) or not await campaigns.thaw(connection, id):
        raise NotPossible("call.not.begun")
    return await _move(
        connection,
        campaign,
        (campaign.state,),
        "draft",
        actor_id,
        "taken back",
        now,
        confirmed_at=None,
        approved_by=None,
    )


async def pause(connection: AsyncConnection, id: int, actor_id: int | None, now: datetime) -> Campaign:
    """Nothing more leaves until it is resumed."""
    campaign = await _get(connection, id, ("scheduled", "sending"))
    paused = await _move(connection, campaign, ("scheduled", "sending"), "paused", actor_id, "paused", now)
    await readers.give_back_days(connection, id)
    return paused


async def resume(connection: AsyncConnection, id: int, actor_id: int | None, now: datetime) -> Campaign:
    """Go on where it stopped."""
    campaign = await _get(connection, id, ("paused",))
    begun = await campaigns.has_begun(connection, id, now)
    to = "sending" if begun else "scheduled"
    return await _move(connection, campaign, ("paused",), to, actor_id, "resumed", now)


async def cancel(connection: AsyncConnection, id: int, actor_id: int | None, now: datetime) -> Campaign:
    """End it: what has not left yet stays here."""
    campaign = await _get(connection, id, (*UNDER_WAY, "waiting"))
    was = (*UNDER_WAY, "waiting")
    ended = await _move(connection, campaign, was, "cancelled", actor_id, "cancelled", now, ended_at=now)
    await campaigns.cancel_rows(connection, id, now)
    await readers.give_back_days(connection, id)
    return ended


async def retry(connection: AsyncConnection, id: int, actor_id: int | None, now: datetime) -> int:
    """Send to those again with whom it failed, but for people who cannot be reached; how many."""
    campaign = await _get(connection, id, ("sending", "paused", "done"))
    n = await campaigns.retry_rows(connection, id, now)
    if not n:
        raise NotPossible("call.not.failed")
    to = "paused" if campaign.state == "paused" else "sending"
    await _move(connection, campaign, (campaign.state,), to, actor_id, "tried again", now, ended_at=None)
    return n


async def advance(connection: AsyncConnection, campaign: Campaign, now: datetime) -> Campaign:
    """Put down that it has begun, or that it is over, when that is so."""
    if campaign.state in ("scheduled", "sending") and await campaigns.is_over(connection, campaign.id):
        await campaigns.move(connection, campaign.id, (campaign.state,), "done", ended_at=now)
    elif campaign.state == "scheduled" and await campaigns.has_begun(connection, campaign.id, now):
        await campaigns.move(connection, campaign.id, ("scheduled",), "sending")
    else:
        return campaign
    return await _get(connection, campaign.id)


async def _freeze(
    connection: AsyncConnection,
    campaign: Campaign,
    was: Collection[str],
    facilities: Titles,
    now: datetime,
    **values: Any,
) -> None:
    """Make its rows, from the audience as it is now."""
    facts = await _refuse_faults(connection, campaign, facilities, now)
    if not await campaigns.move(connection, campaign.id, was, "scheduled", confirmed_at=now, **values):
        raise NotPossible("call.not.now")
    draft = campaign.draft
    earliest = now + UNDO
    not_before = max(earliest, draft.begins_at or now)
    by_zone: dict[str, datetime] = {}
    tree = None if draft.audience is None else read(draft.audience, facts.known)
    if draft.local_time:
        wall = datetime.fromisoformat(draft.local_time)
        not_before = max(earliest, at_wall(wall, facts.zone))
        named = {name: zone_named(name) for name in (await zones(connection, tree, now) if tree is not None else ())}
        by_zone = {name: max(earliest, at_wall(wall, zone)) for name, zone in named.items() if zone is not None}
    if tree is not None:
        chosen = select_recipients(tree, now, connection.dialect.name)
        await campaigns.freeze(connection, campaign.id, chosen, not_before, by_zone, now)
    await campaigns.freeze_places(connection, campaign.id, draft.places, not_before, now)


async def _refuse_faults(connection: AsyncConnection, campaign: Campaign, facilities: Titles, now: datetime) -> Facts:
    facts = await gather(connection, campaign.draft, facilities, await zone_of(connection, campaign.author_id), now)
    if found := blocking(problems(campaign.draft, facts)):
        raise Faulty(found)
    return facts


async def zone_of(connection: AsyncConnection, participant_id: int | None) -> ZoneInfo:
    """Where somebody lives, as far as is known; else UTC."""
    names = () if participant_id is None else await people.zones(connection, participant_id)
    return next((zone for name in names if (zone := zone_named(name))), ZoneInfo("UTC"))


async def _get(connection: AsyncConnection, id: int, states: Collection[str] = ()) -> Campaign:
    found = await campaigns.get(connection, id)
    if found is None:
        raise NotPossible("call.not.there")
    if states and found.state not in states:
        raise NotPossible("call.not.now")
    return found


async def _move(
    connection: AsyncConnection,
    campaign: Campaign,
    was: Collection[str],
    to: str,
    actor_id: int | None,
    action: str,
    now: datetime,
    **values: Any,
) -> Campaign:
    if not await campaigns.move(connection, campaign.id, was, to, **values):
        raise NotPossible("call.not.now")
    await _note(connection, campaign, actor_id, action, now)
    return await _get(connection, campaign.id)


async def _note(
    connection: AsyncConnection, campaign: Campaign, actor_id: int | None, action: str, now: datetime
) -> None:
    await note_action(connection, actor_id=actor_id, action=action, subject=f"campaign {campaign.id}", now=now)
