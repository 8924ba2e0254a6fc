"""The secretariat's part of `/progress`: all coalitions at a glance, what is late, the export, the monthly digest."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, File, Rows
from bot.chat.tokens import Standing, row_id
from bot.flows.colleagues import authorise
from bot.flows.progress import digest
from bot.flows.progress import words as progress_words
from bot.flows.progress.data import gather, latest_reports
from bot.flows.progress.obligation_card import in_rows
from bot.flows.progress.report_owed import Asked, asked_of, line
from bot.flows.progress.rows import export_rows
from bot.flows.turn import Turn
from bot.progress import export
from storage import files, obligations, places, progress, rollups
from storage.obligations import Obligation

Shown = tuple[Markup, Rows] | tuple[Markup, Rows, File]

STATUSES = ("on_track", "at_risk", "off_track")
MOST_LISTED = 20
# So many rows make a workbook in about two seconds; others wait for their answers meanwhile.
MOST_IN_WORKBOOK = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def summary(turn: Turn, owing: Sequence[Obligation]) -> Markup:
    """How many reports are late, and how many requests for help are open."""
    late = await _late(turn, owing)
    wanted = await progress.help_wanted(await turn.connection())
    help_open = turn.words.count("progress.help_open", len(wanted)) if wanted else ()
    return join([_how_many_late(turn, late), help_open])


def ways(turn: Turn) -> Rows:
    """Buttons to the pages of this module, and to the requests for help."""
    return (
        (turn.button("progress.all_coalitions", "progress_all"), turn.button("progress.to_late", "progress_late")),
        (turn.button("progress.to_help", "helping"), turn.button("progress.to_export", "progress_export")),
        (turn.button("progress.to_digest", "digest"),),
    )


async def _late(turn: Turn, owing: Sequence[Obligation]) -> list[Asked]:
    today = turn.now.date()
    return [one for one in await asked_of(await turn.connection(), owing, today) if one.due < today]


def _how_many_late(turn: Turn, found: Sequence[Asked]) -> Markup:
    return turn.words.count("progress.late", len(found)) if found else turn.words("progress.none_late")


async def at_a_glance(turn: Turn, owing: Sequence[Obligation], detail: str) -> Shown:
    """Every coalition with its latest status, twenty a page, and how many are in which."""
    words = turn.words
    reports = await latest_reports(await turn.connection(), [one.coalition_id for one in owing])
    counted = Counter(one.status for one in reports.values())
    head = [words.count("progress.coalitions", len(owing))]
    head += [
        words("progress.of_status", n=counted[status], status=words.plain(f"report.status.{status}"))
        for status in STATUSES
    ]
    head.append(words("progress.of_none", n=len(owing) - len(reports)))
    page = min(row_id(detail) or 0, max(0, len(owing) - 1) // MOST_LISTED)
    here = list(enumerate(owing, 1))[page * MOST_LISTED : (page + 1) * MOST_LISTED]
    lines = [progress_words.line(words, place, one.title, reports.get(one.coalition_id)) for place, one in here]
    buttons = [Button(str(place), str(Standing("progress", str(one.coalition_id)))) for place, one in here]
    rows = in_rows(buttons, turn.limits.digits_in_row)
    if (page + 1) * MOST_LISTED < len(owing):
        rows += ((turn.button("screen.more", Standing("progress", f"all_{page + 1}")),),)
    return join([join(head), join(lines)], "\n\n"), (*rows, _back(turn))


async def late(turn: Turn, owing: Sequence[Obligation], _detail: str) -> Shown:
    """Every report that is late, who was to write it, and a button to write it on their behalf."""
    found = await _late(turn, owing)
    here = found[:MOST_LISTED]
    lines = [
        turn.words(
            "progress.late_line",
            what=line(place, one, turn.words, turn.now.date()),
            who=_reporter(one) or turn.words.plain("obligation.nobody"),
        )
        for place, one in enumerate(here, 1)
    ]
    buttons = [Button(str(place), one.token) for place, one in enumerate(here, 1)]
    head = _how_many_late(turn, found)
    hint = turn.words("progress.late_hint") if found else ()
    return join([head, join(lines), hint], "\n\n"), (*in_rows(buttons, turn.limits.digits_in_row), _back(turn))


def _reporter(one: Asked) -> str:
    owes = one.obligation
    if owes.reporter_id is None:
        return ""
    return owes.lead if owes.reporter_id == owes.lead_id else owes.deputy


async def exported(turn: Turn, owing: Sequence[Obligation], detail: str) -> Shown:
    """Everything as a spreadsheet, or with `csv` its figures as a plain table; a very long one always as that."""
    connection = await turn.connection()
    rows = await export_rows(connection, turn.now.date(), turn.language)
    as_table = detail == "csv" or len(rows.figures) > MOST_IN_WORKBOOK
    if as_table:
        content = (await asyncio.to_thread(export.table, rows.figures)).encode()
    else:
        content = await asyncio.to_thread(export.workbook, rows)
    kind = "csv" if as_table else "xlsx"
    name, about = f"progress-{turn.now.date().isoformat()}.{kind}", f"{rollups.EXPORTED}{turn.person.id}"
    # It names people: only the last one is kept.
    await files.drop(connection, about)
    id = await files.keep(
        connection,
        name=name,
        media_type="text/csv" if as_table else XLSX,
        content=content,
        subject=about,
        now=turn.now,
    )
    other = () if as_table else ((turn.button("progress.as_csv", Standing("progress", "export_csv")),),)
    said = turn.words.count("progress.exported", len(rows.figures), coalitions=len(owing))
    return said, (*other, _back(turn)), File(id, name, "document")


async def digests(turn: Turn, argument: str) -> Shown:
    """Where the monthly digest goes, with a button for each channel and group that adds it or takes it away (`3`); and
    what it would say now."""
    authorise(turn)
    connection = await turn.connection()
    gathered = await gather(connection, await obligations.all_obligations(connection), turn.now.date())
    month = digest.month_before(turn.now)
    there = await places.active(connection)
    going = await rollups.digested(connection)
    if (id := row_id(argument)) is not None and any(one.id == id for one in there):
        if id in going:
            await rollups.unsubscribe(connection, id)
        else:
            await rollups.subscribe(connection, id, month.code)
        going = await rollups.digested(connection)
    if not there:
        return turn.words("progress.no_places"), (_back(turn),)
    here = there[:MOST_LISTED]
    marks = {True: "✓ ", False: ""}
    lines = [text(f"{place}. {marks[one.id in going]}{one.title or one.chat}") for place, one in enumerate(here, 1)]
    buttons = [Button(str(place), str(Standing("digest", str(one.id)))) for place, one in enumerate(here, 1)]
    goes_to = sum(one.id in going for one in there)
    preview = await digest.digest(connection, gathered, month, turn.words, turn.house.catalogue)
    parts = [
        turn.words.count("progress.digest_goes", goes_to, all=len(there)),
        turn.words("progress.digest_hint"),
        join(lines),
        turn.words("progress.digest_preview"),
        preview or turn.words("progress.digest_empty"),
    ]
    return join(parts, "\n\n"), (*in_rows(buttons, turn.limits.digits_in_row), _back(turn))


def _back(turn: Turn) -> tuple[Button, ...]:
    return (turn.button("progress.all", "progress"),)


Page = Callable[[Turn, Sequence[Obligation], str], Awaitable[Shown]]
PAGES: Mapping[str, Page] = {"all": at_a_glance, "late": late, "export": exported}
