"""Questions that are answered with pictures and documents."""

from collections.abc import Sequence
from typing import Any

from bot.chat.events import Upload
from bot.chat.limits import LARGEST_UPLOAD, MEGABYTE
from bot.chat.markup import Markup, join
from bot.flows.flow import Attach, Misfit
from bot.flows.turn import Turn
from bot.outreach.postbox import sender_of
from storage import files
from storage.conversations import Conversation


async def take(
    turn: Turn, conversation: Conversation, step: Attach[Any], uploads: Sequence[Upload], words: str = ""
) -> list[str]:
    """The answer to the question with what was sent now, which is fetched later. Where only one file is wanted it takes
    the place of the one before; one that was sent already is not taken twice. Raises `Misfit` when something cannot be
    taken, and then nothing is."""
    for upload in uploads:
        _check(step, upload)
    if not uploads:
        raise Misfit("screen.attach_kind")
    connection = await turn.connection()
    before = await _given(turn, conversation, step)
    known = {file.source_id for file in before}
    new = [upload for upload in uploads if upload.id not in known]
    kept = before if step.most > 1 or not new else []
    if len(kept) + len(new) > step.most:
        raise Misfit("screen.attach_too_many", most=step.most, remove=turn.words.plain("screen.remove"))
    if not kept:
        await files.remove(connection, [file.id for file in before])
    noted = [
        await files.from_platform(
            connection,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            sender=sender_of(turn.person.account),
            source_id=upload.id,
            participant_id=turn.person.id,
            subject=subject(conversation),
            now=turn.now,
            alt=words,
        )
        for upload in new
    ]
    return [str(id) for id in (*(file.id for file in kept), *noted)]


async def remove(turn: Turn, conversation: Conversation, step: Attach[Any]) -> None:
    """Forget what was sent in answer to this question."""
    given = await _given(turn, conversation, step)
    await files.remove(await turn.connection(), [file.id for file in given])


async def names(turn: Turn, answer: Sequence[str]) -> str:
    """The files of an answer, by their names."""
    return ", ".join(file.name for file in await _files(turn, answer))


async def received(turn: Turn, conversation: Conversation, step: Attach[Any]) -> Markup:
    """What has been sent so far and how to go on, or nothing."""
    given = await _given(turn, conversation, step)
    if not given:
        return ()
    said = turn.words("screen.attached", names=", ".join(file.name for file in given))
    done, away = turn.words.plain("screen.done"), turn.words.plain("screen.remove")
    if len(given) < step.most:
        return join([said, turn.words("screen.attach_more", most=step.most, done=done)])
    return join([said, turn.words("screen.attach_full", done=done, remove=away)])


def subject(conversation: Conversation) -> str:
    """What files are about that belong to an answer that has not been handed in."""
    return f"conversation {conversation.id}"


def _check(step: Attach[Any], upload: Upload) -> None:
    if step.only_pictures and upload.media_type not in files.PICTURES:
        raise Misfit("screen.attach_picture", name=upload.name)
    if upload.size > LARGEST_UPLOAD:
        size = -(-upload.size // MEGABYTE)
        raise Misfit("screen.attach_too_big", name=upload.name, size=size, most=LARGEST_UPLOAD // MEGABYTE)


async def _given(turn: Turn, conversation: Conversation, step: Attach[Any]) -> list[files.StoredFile]:
    return await _files(turn, conversation.answers.get(step.id) or ())


async def _files(turn: Turn, answer: Sequence[str]) -> list[files.StoredFile]:
    """Those that are still there."""
    if not answer:
        return []
    connection = await turn.connection()
    return [file for id in answer if (file := await files.get(connection, int(id))) is not None]
