"""What came of a call for engagement, as a spreadsheet: a summary, then a row for each message. Pure.

Of people it has their account and nothing else. What comes from a platform is written as text, never as a formula.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import xlsxwriter

from bot.locales import Words
from bot.outreach.call_words import city
from storage.campaigns import Campaign, Counts, Recipient

_COLUMNS = ("account", "platform", "language", "state", "at", "error", "uncertain", "opened", "completed")
_INSTANTS = ("at", "opened", "completed")
_WIDTHS = (28, 10, 10, 12, 20, 30, 12, 20, 20)
_STATES = ("sent", "waiting", "failed", "blocked", "cancelled")
# What a spreadsheet would calculate.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def workbook(
    campaign: Campaign, counts: Counts, recipients: Sequence[Recipient], words: Words, zone: ZoneInfo
) -> bytes:
    """An .xlsx file with two sheets. Instants are wall times of the zone, which stands beside their names."""
    content = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True})
        summary = book.add_worksheet(_sheet_name(words.plain("call.report.summary")))
        summary.set_column(0, 0, 34)
        summary.set_column(1, 3, 16)
        for at, line in enumerate(_summary(campaign, counts, words, zone)):
            for column, cell in enumerate(line):
                style = bold if column == 0 else None
                if isinstance(cell, int):
                    summary.write_number(at, column, cell, style)
                else:
                    summary.write_string(at, column, cell, style)
        sheet = book.add_worksheet(_sheet_name(words.plain("call.report.recipients")))
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        for at, line in enumerate(_lines(recipients, words, zone)):
            for column, text in enumerate(line):
                sheet.write_string(at, column, text, None if at else bold)
    return content.getvalue()


def table(recipients: Sequence[Recipient], words: Words, zone: ZoneInfo) -> str:
    """The rows of the second sheet as .csv, in UTF-8 with its mark, so that spreadsheets read the accents."""
    content = io.StringIO()
    writer = csv.writer(content)
    for line in _lines(recipients, words, zone):
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in line])
    return "\ufeff" + content.getvalue()


def _summary(campaign: Campaign, counts: Counts, words: Words, zone: ZoneInfo) -> Iterator[tuple[str | int, ...]]:
    yield words.plain("call.report.title"), campaign.draft.title
    yield words.plain("call.report.state"), words.plain(f"call.is_{campaign.state}")
    yield words.plain("call.report.author"), campaign.author
    yield words.plain("call.report.approver"), campaign.approver
    yield _named("confirmed", words, zone), _instant(campaign.confirmed_at, zone)
    yield _named("ended", words, zone), _instant(campaign.ended_at, zone)
    platforms = sorted(counts.by_platform)
    yield (
        "",
        words.plain("call.report.all"),
        *(words.plain(f"audience.platform.{platform}") for platform in platforms),
    )
    for state in _STATES:
        of_platforms = (counts.by_platform[platform].get(state, 0) for platform in platforms)
        yield (words.plain(f"call.report.is_{state}"), counts.of(state), *of_platforms)
    yield words.plain("call.report.opened_all"), counts.opened
    yield words.plain("call.report.completed_all"), counts.completed


def _lines(recipients: Sequence[Recipient], words: Words, zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    yield tuple(
        _named(column, words, zone) if column in _INSTANTS else words.plain(f"call.report.{column}")
        for column in _COLUMNS
    )
    for one in recipients:
        yield (
            one.account,
            words.plain(f"audience.platform.{one.platform}"),
            one.language,
            words.plain(f"call.report.is_{one.state}"),
            _instant(one.at, zone),
            one.error,
            words.plain("call.report.yes") if one.uncertain else "",
            _instant(one.opened, zone),
            _instant(one.completed, zone),
        )


def _named(column: str, words: Words, zone: ZoneInfo) -> str:
    """`Opened (Paris)`: what an instant says, and by whose clock."""
    return words.plain(f"call.report.{column}", zone=city(zone, words))


def _instant(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _sheet_name(name: str) -> str:
    """What Excel takes as a sheet's name."""
    return "".join("-" if character in "[]:*?/\\" else character for character in name)[:31]
