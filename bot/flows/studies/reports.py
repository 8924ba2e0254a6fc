"""The report of a study, asked for in chat. It takes seconds to write, so it is noted like a file that is still to be
fetched, written afterwards, and sent in a message of its own; when that fails it is tried again."""

import asyncio
import secrets
from collections.abc import Mapping
from random import SystemRandom

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.markup import Markup
from bot.chat.messages import File, Say, encode
from bot.clock import Clock
from bot.delphi.report.making import as_zip, build_report
from bot.flows.studies.access import title_of
from bot.flows.studies.round_data import study_data
from bot.flows.turn import Turn
from bot.locales import Words
from bot.outreach.postbox import BACKOFF, sender_of
from storage import files, outbox, people, studies
from storage.files import ToFetch
from storage.outbox import Outgoing
from storage.studies import Study

log = structlog.get_logger()

# What the files are noted under that are not fetched from a platform but written here.
SENDER = "study report"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ZIP = "application/zip"


async def ask_for(turn: Turn, study: Study) -> Markup:
    """Note that this person wants the report, in their language; what is to be said."""
    connection = await turn.connection()
    rounds = await studies.rounds(connection, study.id)
    if all(each.outcome is None for each in rounds):
        return turn.words("report_study.nothing")
    about = _subject(study, turn.person.id)
    if any(file.to_fetch for file in await files.of(connection, about)):
        return turn.words("report_study.under_way")
    # The one before it has been sent and is with the platform.
    await files.drop(connection, about)
    await files.from_platform(
        connection,
        name=f"{study.code}-report.docx",
        media_type=DOCX,
        size=0,
        sender=SENDER,
        source_id=f"{study.id} {turn.language}",
        participant_id=turn.person.id,
        subject=about,
        now=turn.now,
    )
    return turn.words("report_study.coming")


class StudyReports:
    """Writes the reports that were asked for. Safe to tick in several processes on one database."""

    def __init__(self, database: AsyncEngine, words: Mapping[str, Words], clock: Clock) -> None:
        self._database = database
        self._words = words
        self._clock = clock

    async def tick(self) -> int:
        """Write what waits, one after the other; how many were written."""
        written = 0
        while due := await self._take():
            for asked in due:
                written += await self._write(asked)
        return written

    async def _take(self) -> list[ToFetch]:
        async with self._database.begin() as connection:
            return await files.to_fetch(connection, [SENDER], self._clock(), 1)

    async def _write(self, asked: ToFetch) -> bool:
        number, _, language = asked.source_id.partition(" ")
        words = self._words[language]
        try:
            async with self._database.begin() as connection:
                study = await studies.study(connection, int(number))
                if study is None:
                    # It went with its study.
                    await files.remove(connection, [asked.id])
                    return False
                data = await study_data(connection, study)
            made = await asyncio.to_thread(build_report, data, words, SystemRandom(), self._clock())
            everything = await asyncio.to_thread(as_zip, made, study.code)
        except Exception as error:
            log.error("report_failed", study=number, error=type(error).__name__, attempt=asked.attempts)
            await self._failed(asked, words)
            return False
        async with self._database.begin() as connection:
            await files.fetched(connection, asked.id, made["report.docx"])
            archive = await files.keep(
                connection,
                name=f"{study.code}-report.zip",
                media_type=ZIP,
                content=everything,
                subject=_subject(study, asked.participant_id),
                now=self._clock(),
            )
            title = title_of(study, words)
            document = File(asked.id, asked.name, "document")
            data_file = File(archive, f"{study.code}-report.zip", "document")
            said = [
                Say(words("report_study.document", title=title), (), "", document),
                Say(words("report_study.archive", title=title), (), "", data_file),
            ]
            await self._tell(connection, asked, said, f"study {study.code} report")
        log.info("report_written", study=study.code)
        return True

    async def _failed(self, asked: ToFetch, words: Words) -> None:
        """Try it again after a while; when that has not helped, say so, with what to tell whoever runs the bot."""
        again = self._clock() + BACKOFF[asked.attempts - 1] if asked.attempts <= len(BACKOFF) else None
        async with self._database.begin() as connection:
            await files.fetch_failed(connection, asked.id, "report", again)
            if again is None:
                reference = secrets.token_hex(3)
                log.error("report_given_up", file=asked.id, reference=reference)
                await self._tell(connection, asked, [Say(words("report_study.failed", reference=reference))], "")

    async def _tell(self, connection: AsyncConnection, asked: ToFetch, said: list[Say], subject: str) -> None:
        account = await people.account_to_write(connection, asked.participant_id) if asked.participant_id else None
        person = await people.by_account_id(connection, account) if account is not None else None
        if person is None:
            return
        outgoing = [
            Outgoing(
                sender=sender_of(person.account),
                account_id=person.account_id,
                account=person.account,
                chat=person.chat,
                payload=encode(one).decode(),
                subject=subject,
            )
            for one in said
        ]
        await outbox.add(connection, outgoing, self._clock(), None)


def _subject(study: Study, participant_id: int | None) -> str:
    return f"study {study.code} report {participant_id}"
