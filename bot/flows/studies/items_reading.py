"""Spreadsheets with questions that moderators sent for a draft are read once their bytes are here: all of a file is
taken, or nothing of it, and then everything that is wrong with it is said at once."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Say, encode
from bot.clock import Clock
from bot.delphi.checking import Problem, Weight, check
from bot.delphi.items_file import ItemsFile, read_items
from bot.delphi.protocol import Protocol
from bot.flows.studies.access import desk, title_of
from bot.flows.studies.drafts import file_subject
from bot.locales import DEFAULT, Words, closest
from bot.outreach.postbox import sender_of
from storage import files, outbox, people, studies
from storage.files import StoredFile
from storage.outbox import Outgoing
from storage.studies import Study

log = structlog.get_logger()

# More would not fit one message.
MOST_SHOWN = 20


class ItemsReading:
    """Safe to tick in several processes on one database."""

    def __init__(self, database: AsyncEngine, words: Mapping[str, Words], clock: Clock) -> None:
        self._database = database
        self._words = words
        self._clock = clock

    async def tick(self) -> int:
        """Read what has come; how many files were read."""
        async with self._database.begin() as connection:
            drafts = {file_subject(study): study.id for study in await studies.listed(connection, ("draft",))}
            come = await files.arrived(connection, list(drafts)) if drafts else []
        return sum([await self._read(drafts[file.subject], file) for file in come])

    async def _read(self, study_id: int, file: StoredFile) -> bool:
        async with self._database.begin() as connection:
            study = await studies.study(connection, study_id, lock=True)
            content = await files.content(connection, file.id)
            if study is None or study.state != "draft" or content is None:
                # Somebody else has read it, or the study was published meanwhile.
                return False
            came = await asyncio.to_thread(read_items, content, file.name)
            protocol = Protocol.model_validate(study.protocol)
            changed = _with(protocol, came)
            wrong = _problems(came, changed, self._clock())
            if not wrong:
                raw = changed.model_dump(mode="json")
                await studies.change_draft(connection, study.id, study.code, raw)
            await files.remove(connection, [file.id])
            await self._tell(connection, study, file, came, wrong)
        log.info("items_read", study=study.code, items=len(came.items), problems=len(wrong))
        return True

    async def _tell(
        self, connection: AsyncConnection, study: Study, file: StoredFile, came: ItemsFile, wrong: list[Problem]
    ) -> None:
        account = await people.account_to_write(connection, file.participant_id) if file.participant_id else None
        person = await people.by_account_id(connection, account) if account is not None else None
        if person is None:
            return
        words = self._words[person.language or closest(person.hint) or DEFAULT]
        button = Button(words.plain("desk.to_draft"), desk(study))
        said = Say(_said(study, file, came, wrong, words), ((button,),))
        outgoing = Outgoing(
            sender=sender_of(person.account),
            account_id=person.account_id,
            account=person.account,
            chat=person.chat,
            payload=encode(said).decode(),
            subject=f"study {study.code}",
        )
        await outbox.add(connection, [outgoing], self._clock(), None)


def _with(protocol: Protocol, came: ItemsFile) -> Protocol:
    """The questions of the file take the place of those that have their ids; the others are added."""
    new = {item.id.casefold(): item for item in came.items}
    kept = [item for item in protocol.items if item.id.casefold() not in new]
    return protocol.model_copy(update={"items": [*kept, *came.items]})


def _problems(came: ItemsFile, changed: Protocol, now: datetime) -> list[Problem]:
    """What is wrong with the file; what a whole study lacks is another matter."""
    found = list(came.problems)
    kept = len(changed.items) - len(came.items)
    # Rules across questions; only where they speak of questions of this file.
    for problem in check(changed.model_copy(update={"rounds": []}), now):
        paths = [path for path in problem.paths if path[:1] == ("items",) and len(path) > 1 and int(path[1]) >= kept]
        if problem.weight is Weight.ERROR and paths and problem.id != "proposals_never":
            moved = tuple(("items", int(path[1]) - kept, *path[2:]) for path in paths)
            found.append(replace(problem, paths=moved))
    return found


def _said(study: Study, file: StoredFile, came: ItemsFile, wrong: list[Problem], words: Words) -> Markup:
    if not wrong:
        return words.count("itemsfile.taken", len(came.items), name=file.name, title=title_of(study, words))
    lines = [words("desk.bullet", what=_line(one, came, words)) for one in wrong[:MOST_SHOWN]]
    more = len(wrong) - len(lines)
    return join(
        [
            words.count("itemsfile.wrong", len(wrong), name=file.name),
            *lines,
            words.count("itemsfile.more_wrong", more) if more else (),
        ]
    )


def _line(problem: Problem, came: ItemsFile, words: Words) -> Markup:
    """What is wrong, and in which rows. What only a file can have wrong with it is said in English."""
    if problem.id == "file":
        return text(str(problem.values["what"]))
    rows = ", ".join(str(line) for line in dict.fromkeys(came.places.find(path).line for path in problem.paths))
    return words("itemsfile.row", row=rows, what=words(f"study.problem.{problem.id}", **problem.values))
