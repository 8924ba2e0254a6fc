"""Whoever proposed something is told what became of it: once the round has closed, and nobody else."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.events import Account
from bot.chat.markup import Markup
from bot.chat.messages import Say
from bot.delphi.protocol import in_language
from bot.flows.studies import round_news
from bot.flows.studies.panel_duties import STALE
from bot.flows.studies.round_news import Reader
from bot.locales import Words
from bot.outreach.owed import Owed
from storage import proposals, studies
from storage.proposals import Decided
from storage.reminders import Recipient
from storage.studies import Study

# What is shown of a proposal where several things are said in one message.
SHORT = 60


class ProposalNews:
    """What moderators decided on proposals."""

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may not have been told yet."""
        return {one.participant_id for one in await proposals.decided(connection, by - STALE)}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """A proposal each."""
        found = await proposals.decided(connection, now - STALE, participants)
        named = {id: await studies.study(connection, id) for id in {one.study_id for one in found}}
        return [_owed(one, study) for one in found if (study := named[one.study_id]) is not None]


def _owed(one: Decided, study: Study) -> Owed:
    return Owed(
        participant_id=one.participant_id,
        topic="studies",
        subject=f"study {study.code} proposal {one.proposal_id}",
        since=one.at,
        ask=partial(_ask, study, one),
        label=lambda words: words.plain("remind.study_look"),
        token=f"rounds_{study.code}",
        show=partial(_show, one.proposal_id),
        asks=False,
    )


async def _show(
    proposal_id: int, connection: AsyncConnection, to: Recipient, words: Words, _now: datetime
) -> Say | None:
    reader = Reader(to.participant_id, words, to.zone or to.zone_hint, Account.parse(to.account).platform)
    try:
        return await round_news.proposal_decided(connection, proposal_id, reader)
    except LookupError:
        return None


def _ask(study: Study, one: Decided, words: Words) -> Markup:
    said = one.words if len(one.words) <= SHORT else one.words[: SHORT - 1].rstrip() + "…"
    return words("remind.proposal_decided", title=in_language(study.protocol["title"], words.language), words=said)
