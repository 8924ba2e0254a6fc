"""What panellists are told unasked: that they are invited, that a round is open, what came of it, what changed.

Read from the tables for one reader at a time, in the transaction of whoever sends it.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import join
from bot.chat.messages import Button, Say
from bot.delphi.protocol import Protocol, in_language
from bot.flows.studies.item_screen import token
from bot.flows.studies.item_view import Reader, draw
from bot.flows.studies.outcome import summary
from bot.flows.studies.panel import ITEMS_A_MINUTE, invitation
from bot.flows.studies.sheet import sheet_of
from bot.flows.studies.times import moment
from storage import proposals, studies

__all__ = ["Reader", "closed", "extended", "invited", "opened", "proposal_decided", "stopped"]


async def invited(connection: AsyncConnection, study_id: int, reader: Reader, now: datetime) -> Say:
    """The invitation to a study. Raises LookupError where there is none."""
    found = await studies.study(connection, study_id)
    if found is None:
        raise LookupError(f"no study {study_id}")
    words, rows = await invitation(connection, found, Protocol.model_validate(found.protocol), reader, now)
    return Say(words, rows)


async def opened(connection: AsyncConnection, round_id: int, reader: Reader, now: datetime) -> Say:
    """A round is open: with its first item, answerable right there. Raises LookupError for who is not asked in it."""
    sheet = await sheet_of(connection, round_id, reader.participant_id)
    if sheet is None or not sheet.items:
        raise LookupError(f"nothing of round {round_id} for this person")
    title = in_language(sheet.protocol.title, reader.words.language)
    until = moment(sheet.round.closes_at, reader.zone, reader.words)
    minutes = max(1, round(len(sheet.items) / ITEMS_A_MINUTE))
    head = reader.words.count(
        "news.opened", len(sheet.items), title=title, number=sheet.round.number, minutes=minutes, until=until
    )
    place = sheet.next(-1) or 0
    words, rows = await draw(connection, sheet, place, reader)
    return Say(join([head, words], "\n\n"), rows)


async def closed(connection: AsyncConnection, round_id: int, reader: Reader, now: datetime) -> Say:
    """What came of a round; its outcome is in the table. Raises LookupError for who was not asked in it."""
    sheet = await sheet_of(connection, round_id, reader.participant_id)
    if sheet is None or sheet.round.outcome is None:
        raise LookupError(f"no outcome of round {round_id} for this person")
    words, rows = await summary(connection, sheet, reader, now)
    return Say(words, rows)


async def extended(connection: AsyncConnection, round_id: int, reader: Reader, now: datetime) -> Say:
    """A round stays open for longer than was said. Raises LookupError for who is not asked in it."""
    sheet = await sheet_of(connection, round_id, reader.participant_id)
    if sheet is None:
        raise LookupError(f"nothing of round {round_id} for this person")
    title = in_language(sheet.protocol.title, reader.words.language)
    until = moment(sheet.round.closes_at, reader.zone, reader.words)
    words = reader.words("news.extended", title=title, number=sheet.round.number, until=until)
    progress = reader.words("news.progress", answered=sheet.answered, total=len(sheet.items))
    onward = "rate.look" if sheet.answered == len(sheet.items) else "rate.go_on"
    name = "grid" if onward == "rate.look" else "rate"
    return Say(join([words, progress], " "), ((reader.button(onward, token(name, round_id)),),))


async def stopped(connection: AsyncConnection, study_id: int, reader: Reader, now: datetime) -> Say:
    """The study has ended: by a rule of its protocol, or because its moderators say so. Raises LookupError."""
    found = await studies.study(connection, study_id)
    if found is None:
        raise LookupError(f"no study {study_id}")
    protocol = Protocol.model_validate(found.protocol)
    title = in_language(protocol.title, reader.words.language)
    rule = f"news.stopped_{found.stop_reason}"
    why = (
        reader.words(rule) if reader.words.has(rule) else reader.words("news.stopped_reason", reason=found.stop_reason)
    )
    words = [reader.words("news.stopped", title=title), why if found.stop_reason else (), reader.words("news.thanks")]
    return Say(join(words, "\n\n"), ((reader.button("rounds.card", token("rounds", found.code)),),))


async def proposal_decided(connection: AsyncConnection, proposal_id: int, reader: Reader) -> Say:
    """What became of one's own proposal, told to who made it and to nobody else. Raises LookupError."""
    found = await proposals.by_id(connection, proposal_id)
    round_ = await studies.round_by_id(connection, found.round_id) if found is not None else None
    study = await studies.study(connection, round_.study_id) if round_ is not None else None
    if found is None or study is None:
        raise LookupError(f"no proposal {proposal_id}")
    words = reader.words
    title = in_language(Protocol.model_validate(study.protocol).title, words.language)
    about = {"words": found.words, "code": found.became_code, "title": title}
    told = [words(f"news.proposal_{found.state}", **about)]
    if found.reason:
        told.append(words("news.proposal_reason", reason=found.reason))
    button = Button(words.plain("rounds.card"), str(token("rounds", study.code)))
    return Say(join(told, "\n\n"), ((button,),))
