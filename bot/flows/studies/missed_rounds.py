"""Moderators are told when a round could not open: its whole time passed while the bot was not running."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup
from bot.flows.studies.access import desk, title_of
from bot.locales import Words
from bot.outreach.owed import Owed
from storage import reminders, studies, timetable
from storage.studies import Round, Study


class MissedRounds:
    """Moderators of studies that stand still; where a study names none, the secretariat."""

    def __init__(self, secretariat: Collection[str]) -> None:
        self._secretariat = sorted(secretariat)

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may have to be told by then. A round whose time is still to come has not been missed, and is
        looked at again when somebody is to be written to."""
        return {id for _, _, ids in await self._missed(connection, by) for id in ids}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """The first such round of each study, until it has another time."""
        wanted = set(participants)
        return [
            Owed(
                participant_id=id,
                topic="studies",
                subject=f"study {study.code} round {each.number} missed {each.closes}",
                since=each.closes_at,
                ask=partial(_ask, study, each),
                label=lambda words: words.plain("remind.study_look"),
                token=desk(study),
            )
            for study, each, ids in await self._missed(connection, now)
            for id in ids
            if id in wanted
        ]

    async def _missed(self, connection: AsyncConnection, now: datetime) -> list[tuple[Study, Round, list[int]]]:
        found = []
        for each in await timetable.missed(connection, now):
            study = await studies.study(connection, each.study_id)
            if study is not None:
                accounts = study.protocol.get("moderators") or self._secretariat
                found.append((study, each, await reminders.participants_of(connection, accounts)))
        return found


def _ask(study: Study, each: Round, words: Words) -> Markup:
    return words("remind.round_missed", title=title_of(study, words), number=each.number)
