"""A report as a Word document that its author goes on writing in."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Tc
from docx.shared import Cm, Pt, RGBColor

from bot.delphi.report.archive import archive, unpacked
from bot.delphi.report.blocks import Block, Cell, Grid, Heading, Image, Paragraph, cell_words

if TYPE_CHECKING:
    from docx.document import Document as Written

MOST_UPRIGHT = 8
"""Tables with more columns lie on their side."""

PAPER = (21.0, 29.7)
MARGIN = 2.0
FONT, SMALL = "Calibri", 8
CELL, HEADING_CELL, FIGURE_CELL = "Cell", "CellHeading", "CellFigure"
RIGHT = WD_ALIGN_PARAGRAPH.RIGHT


def word_document(blocks: Iterable[Block], language: str, title: str, header: str, made_at: datetime) -> bytes:
    """The document; `header` stands on each of its pages. The same blocks give the same document."""
    document = Document()
    _set_up(document, language, title, header, made_at)
    lying = False
    for chapter in _chapters(blocks):
        wide = any(isinstance(block, Grid) and len(block.headings) > MOST_UPRIGHT for block in chapter)
        if wide is not lying:
            _turn(document, lying=wide)
            lying = wide
        for block in chapter:
            _add(document, block, language, (PAPER[1] if wide else PAPER[0]) - 2 * MARGIN)
    written = io.BytesIO()
    document.save(written)
    # Packed once more: its parts bear the time at which they were written.
    return archive(unpacked(written.getvalue()))


def _chapters(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """What stands under one heading of the first level goes together."""
    chapter: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1 and chapter:
            yield chapter
            chapter = []
        chapter.append(block)
    if chapter:
        yield chapter


def _set_up(document: "Written", language: str, title: str, header: str, made_at: datetime) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10.5)
    element = style.element.get_or_add_rPr()
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), {"en": "en-GB", "fr": "fr-FR", "es": "es-ES"}.get(language, language))
    element.append(spoken)
    for level in range(4):
        document.styles["Title" if level == 0 else f"Heading {level}"].font.color.rgb = RGBColor(0x1C, 0x2B, 0x2A)
    for name, bold, side in ((CELL, False, None), (HEADING_CELL, True, None), (FIGURE_CELL, False, RIGHT)):
        in_cell = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        in_cell.font.size, in_cell.font.bold = Pt(SMALL), bold
        in_cell.paragraph_format.space_after, in_cell.paragraph_format.alignment = Pt(0), side
    section = document.sections[0]
    section.page_width, section.page_height = Cm(PAPER[0]), Cm(PAPER[1])
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN)
    line = section.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    words = line.add_run(header)
    words.font.size, words.bold = Pt(9), True
    properties = document.core_properties
    properties.title, properties.language, properties.author, properties.comments = title, language, "", ""
    properties.created = properties.modified = made_at.replace(tzinfo=None)


def _turn(document: "Written", *, lying: bool) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
    width, height = (PAPER[1], PAPER[0]) if lying else PAPER
    section.page_width, section.page_height = Cm(width), Cm(height)


def _add(document: "Written", block: Block, language: str, width: float) -> None:
    match block:
        case Heading():
            document.add_heading(block.words, block.level)
        case Paragraph(words=words, style="quote"):
            document.add_paragraph(words, style="Quote")
        case Paragraph():
            run = document.add_paragraph().add_run(block.words)
            run.font.size = Pt(9) if block.style == "note" else None
        case Image():
            shape = document.add_picture(io.BytesIO(block.png), width=Cm(block.width))
            described = shape._inline.docPr
            described.set("descr", block.alt)
            described.set("name", block.file)
        case Grid():
            _table(document, block, language, width)


def _table(document: "Written", grid: Grid, language: str, width: float) -> None:
    table = document.add_table(rows=len(grid.rows) + 1, cols=len(grid.headings), style="Table Grid")
    table.autofit = True
    heading, *rows = table._tbl.tr_lst
    _fill(heading.tc_lst, ((words, HEADING_CELL) for words in grid.headings))
    # The heading is repeated on each page that the table goes on to.
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    heading.get_or_add_trPr().append(repeated)
    for row, values in zip(rows, grid.rows, strict=True):
        words = ("" if value is None else cell_words(value, language) for value in values)
        _fill(row.tc_lst, zip(words, (FIGURE_CELL if _is_figure(value) else CELL for value in values), strict=True))
    widths = _widths(grid, width)
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Cm(share)
    document.add_paragraph()


def _fill(row: Sequence[CT_Tc], cells: Iterable[tuple[str, str]]) -> None:
    """Writes words into the cells of a row, each in the style of this id. Straight into the elements: asking a table
    for a cell goes through all of them."""
    for cell, (words, style) in zip(row, cells, strict=True):
        paragraph = cell.p_lst[0]
        paragraph.style = style
        paragraph.add_r().text = words


def _is_figure(value: Cell) -> bool:
    return value is not None and not isinstance(value, str)


def _widths(grid: Grid, width: float) -> Sequence[float]:
    """Columns with words are wider than those with figures."""
    longest = [len(heading) for heading in grid.headings]
    for row in grid.rows:
        longest = [
            max(known, len(cell) if isinstance(cell, str) else 5) for known, cell in zip(longest, row, strict=True)
        ]
    wishes = [min(max(letters, 5), 60) for letters in longest]
    return [width * wish / sum(wishes) for wish in wishes]
