"""The pictures and documents that came with a report, for those who may see it."""

from collections.abc import Sequence

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, File, Rows
from bot.chat.tokens import Standing, row_id
from bot.flows import describe
from bot.flows.flow import Halt
from bot.flows.progress.access import authorised
from bot.flows.progress.figures import period_name
from bot.flows.turn import Turn
from bot.locales import Words
from bot.progress.period import Period
from storage import files, progress
from storage.files import StoredFile
from storage.progress import Report

# Corrections may bring more; the newest ones have a button.
MOST_BUTTONS = 10


async def sent_with(turn: Turn, report: Report) -> list[StoredFile]:
    """What was sent with this report and its corrections, the oldest first."""
    return await files.of(await turn.connection(), subject(report.id))


def subject(report_id: int) -> str:
    """What such a file is about."""
    return f"report {report_id}"


def listed(found: Sequence[StoredFile], words: Words) -> Markup:
    """Their names on the report's card."""
    return describe.line(words, "progress.sent_with", ", ".join(one.name for one in found))


def ways(turn: Turn, found: Sequence[StoredFile]) -> Rows:
    """A button for each that sends it."""
    longest = turn.limits.comfortable_label - len(turn.words.plain("progress.open_file", name=""))
    return tuple(
        (turn.button("progress.open_file", Standing("attached", str(one.id)), name=_cut(one.name, longest)),)
        for one in found[-MOST_BUTTONS:]
    )


async def opened(turn: Turn, argument: str) -> tuple[Markup, Rows, File]:
    """One of them, by its number. Says so when it is on its way, was never to be had, or is gone."""
    connection, words = await turn.connection(), turn.words
    id = row_id(argument)
    file = None if id is None else await files.get(connection, id)
    about, _, number = file.subject.partition(" ") if file else ("", "", "")
    report = await progress.report_by_id(connection, row_id(number) or 0) if about == "report" else None
    if file is None or report is None:
        raise Halt(words("progress.file_gone"), (("progress.all", "progress"),))
    owes = await authorised(turn, report.coalition_id)
    back = str(Standing("progress", f"{report.coalition_id}_{report.period}"))
    if not file.fetched:
        why = "progress.file_lost" if file.lost else "progress.file_coming"
        raise Halt(words(why, name=file.name), (("progress.back", back),))
    period = period_name(Period.parse(report.period), words.language)
    said = join([words("progress.file", name=file.name, title=owes.title, period=period), text(file.alt)], "\n\n")
    return said, ((Button(words.plain("progress.back"), back),),), File(file.id, file.name, file.kind, file.alt)


def _cut(name: str, longest: int) -> str:
    """The name with its ending, which says what it is."""
    if len(name) <= longest:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending if stem and len(ending) <= 5 else ""
    return f"{name[: longest - len(ending) - 1]}…{ending}"
