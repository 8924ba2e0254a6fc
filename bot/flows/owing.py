"""What people owe, read from the tables: forms they did not finish, requests that wait for their decision."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from babel.dates import format_date
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup
from bot.chat.tokens import Screen, Standing
from bot.flows.conversation import answers_of, position
from bot.flows.flow import Flow
from bot.flows.progress.reporting import Reports, Unwritten
from bot.flows.studies.missed_rounds import MissedRounds
from bot.flows.studies.panel_duties import Invitations, NextRounds, OpenRounds, Results
from bot.flows.studies.proposal_news import ProposalNews
from bot.flows.turn import House, Turn
from bot.locales import Words
from bot.outreach.owed import POLICIES, Owed
from bot.outreach.reminders import Provider
from storage import conversations, reminders
from storage.conversations import Conversation
from storage.reminders import WaitingCall

Flows = Mapping[str, Flow[Any]]
# Whoever has not touched a form for so long has decided.
GIVEN_UP = timedelta(days=60)


def providers(flows: Flows, house: House) -> tuple[Provider, ...]:
    """Everything that people are reminded of."""
    panels = (Invitations(), OpenRounds(), Results(), ProposalNews())
    moderators = (NextRounds(house.secretariat), MissedRounds(house.secretariat))
    secretariat = (Decisions(house.secretariat), Approvals(house.secretariat), Unwritten(house.secretariat))
    return UnfinishedForms(flows), Reports(), *secretariat, *panels, *moderators


async def owed_by(turn: Turn, flows: Flows) -> list[Owed]:
    """What the person whose turn it is owes."""
    connection = await turn.connection()
    return [
        one
        for provider in providers(flows, turn.house)
        for one in await provider.owed(connection, [turn.person.id], turn.now)
        # News is said, and not owed.
        if one.show is None
    ]


class UnfinishedForms:
    """Forms that were opened and not sent, of people who have agreed to what is stored of them."""

    def __init__(self, flows: Flows) -> None:
        self._flows = {name: flow for name, flow in flows.items() if flow.reminds}

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Those whose form has rested for long enough."""
        rested = by - POLICIES["unfinished"].after
        found = await reminders.unfinished(connection, list(self._flows), by - GIVEN_UP, rested)
        return {one.participant_id for one in found}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """A form each."""
        found = await reminders.unfinished(connection, list(self._flows), now - GIVEN_UP, now, participants)
        begun = await conversations.by_ids(connection, [one.conversation_id for one in found])
        return [self._form(begun[one.conversation_id], one.touched_at) for one in found]

    def _form(self, conversation: Conversation, touched_at: datetime) -> Owed:
        flow = self._flows[conversation.flow]
        return Owed(
            participant_id=conversation.participant_id,
            topic="unfinished",
            subject=f"conversation {conversation.id}",
            since=touched_at,
            ask=partial(_ask_to_finish, flow, conversation),
            label=lambda words: words.plain("home.continue", title=words.plain(f"{flow.name}.title")),
            token=str(Screen(conversation.id, conversation.rev, "g")),
        )


class Decisions:
    """Requests to join, which wait for the secretariat."""

    def __init__(self, secretariat: Collection[str]) -> None:
        self._secretariat = sorted(secretariat)

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may decide, when there is something to decide."""
        waiting = await reminders.waiting_requests(connection)
        return await reminders.participants_of(connection, self._secretariat) if waiting else ()

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """The oldest request stands for all that wait: when it is decided, the next one begins to count."""
        waiting = await reminders.waiting_requests(connection)
        deciders = await reminders.participants_of(connection, self._secretariat)
        if not waiting:
            return []
        oldest, since = waiting[0]
        return [
            Owed(
                participant_id=decider,
                topic="decisions",
                subject=f"membership {oldest}",
                since=since,
                ask=partial(_ask_to_decide, len(waiting), since),
                label=lambda words: words.plain("start.requests"),
                token="requests",  # noqa: S106 - a button's, which opens a view
            )
            for decider in deciders
            if decider in set(participants)
        ]


class Approvals:
    """Calls for engagement that wait for another member of the secretariat than who wrote them."""

    def __init__(self, secretariat: Collection[str]) -> None:
        self._secretariat = sorted(secretariat)

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may approve one."""
        waiting = await reminders.waiting_calls(connection)
        deciders = await reminders.participants_of(connection, self._secretariat) if waiting else ()
        return [decider for decider in deciders if any(one.author_id != decider for one in waiting)]

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """For each, the one that waits longest stands for all."""
        waiting = await reminders.waiting_calls(connection)
        deciders = await reminders.participants_of(connection, self._secretariat) if waiting else ()
        found = []
        for decider in sorted(set(deciders) & set(participants)):
            others = [one for one in waiting if one.author_id != decider]
            if others:
                found.append(_approval(decider, others))
        return found


def _approval(decider: int, waiting: Sequence[WaitingCall]) -> Owed:
    oldest = waiting[0]
    return Owed(
        participant_id=decider,
        topic="decisions",
        subject=f"campaign {oldest.id}",
        since=oldest.since,
        ask=partial(_ask_to_approve, waiting),
        label=lambda words: words.plain("calls.stand" if len(waiting) == 1 else "start.calls"),
        token=str(Standing("call", str(oldest.id))) if len(waiting) == 1 else "calls",
    )


def _ask_to_finish(flow: Flow[Any], conversation: Conversation, words: Words) -> Markup:
    """Other words for a form that was only opened, for one left half-way, for one that needs only to be sent."""
    title = words.plain(f"{flow.name}.title")
    if not conversation.history:
        return words.count("remind.form_new", flow.minutes, title=title)
    answers = answers_of(flow, conversation)
    step = flow.next(answers)
    if step is None:
        return words("remind.form_filled", title=title)
    place, total = position(flow, answers, step)
    return words("remind.form_begun", title=title, place=place, total=total)


def _ask_to_decide(waiting: int, since: datetime, words: Words) -> Markup:
    return words.count("remind.decisions", waiting, date=format_date(since, "long", locale=words.language))


def _ask_to_approve(waiting: Sequence[WaitingCall], words: Words) -> Markup:
    date = format_date(waiting[0].since, "long", locale=words.language)
    return words.count("remind.approvals", len(waiting), date=date, title=waiting[0].title)
