"""A closed study becomes a folder: the report to edit, tables to analyse, pictures, data, and the script that computes
its numbers again."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files as packaged
from random import Random

from bot.delphi.protocol import in_language
from bot.delphi.report import about, aftermath, guidelines, results, tables
from bot.delphi.report.archive import archive
from bot.delphi.report.blocks import Block, Grid, Heading, Image, Paragraph
from bot.delphi.report.data import Published, StudyData, publish
from bot.delphi.report.names import Names
from bot.delphi.report.wording import Words, day
from bot.delphi.report.workbook import workbook


def build_report(study: StudyData, words: Words, rng: Random, made_at: datetime) -> dict[str, bytes]:
    """The files of a report by name, pictures under `charts/`, in the language of the words.

    `rng` draws the pseudonyms anew and puts words in random order. Seconds of CPU: not for the event loop.
    """
    # Imported here: every process of the bot imports this, and few ever write a document.
    from bot.delphi.report.docx import word_document

    published = publish(study, rng)
    names = Names(published.study, words)
    title = in_language(study.protocol.title, words.language)
    mark = names("rehearsal") if study.rehearsal else ""
    header = " · ".join(filter(None, [mark, title]))
    blocks = list(content(published, names, mark, made_at))
    found = tables.numbers(published.outcomes)
    made = {
        "report.docx": word_document(blocks, words.language, title, header, made_at),
        "numbers.xlsx": workbook(list(_sheets(published, names, blocks)), title, header, made_at),
        "numbers.csv": tables.numbers_csv(found),
        "data.csv": tables.data_csv(published),
        "panel.csv": tables.panel_csv(published),
        "comments.csv": tables.texts_csv(published.study.comments),
        "open_answers.csv": tables.texts_csv(published.study.open_answers),
        "proposals.csv": tables.proposals_csv(published),
        "rounds.json": tables.rounds_json(published),
        "protocol.json": study.protocol.canonical(),
        "recompute.py": packaged(__package__).joinpath("recompute.py").read_bytes(),
    }
    if study.amendments:
        made["protocol-published.json"] = study.published.canonical()
    if study.rehearsal:
        made["REHEARSAL.txt"] = f"{header}\n".encode()
    return made | {f"charts/{block.file}": block.png for block in blocks if isinstance(block, Image)}


def content(published: Published, names: Names, mark: str, made_at: datetime) -> Iterator[Block]:
    """The whole report, from its title to its list of files."""
    study = published.study
    title = in_language(study.protocol.title, names.language)
    yield Heading(names("title", title=title), 0)
    if mark:
        yield Paragraph(names("rehearsal.note"))
    yield Paragraph(names("made", date=day(made_at), code=study.protocol.study))
    yield Paragraph(in_language(study.protocol.introduction, names.language), "quote")
    yield from about.in_short(published, names)
    yield from about.method(published, names)
    yield from about.amendments(published, names)
    yield from about.panel(published, names, mark)
    for part in (results.summary, results.items, results.spread, results.agreement, results.stability, results.rules):
        yield from part(published, names)
    for part in (aftermath.lineage, aftermath.proposals, aftermath.comments, guidelines.topics):
        yield from part(published, names)
    yield from aftermath.files(names)


def as_zip(files: Mapping[str, bytes], folder: str) -> bytes:
    """The files in one archive, under a folder of this name; the same files give the same archive."""
    return archive({f"{folder}/{name}": content for name, content in files.items()})


def _sheets(published: Published, names: Names, blocks: list[Block]) -> Iterator[tuple[str, Grid]]:
    named = [block for block in blocks if isinstance(block, Grid) and block.name]
    for grid in [*named, results.by_group(published, names)]:
        yield names(f"sheet.{grid.name}"), grid
