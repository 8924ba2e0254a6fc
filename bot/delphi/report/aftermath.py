"""The last part of a report: where items came from, what was said, what guidelines ask, how to compute it again."""

from collections.abc import Iterator

from bot.delphi.report.blocks import Block, Cell, Grid, Heading, Paragraph
from bot.delphi.report.data import ItemVersion, Published
from bot.delphi.report.names import Names, text_of

FILES = (
    "report.docx",
    "numbers.xlsx",
    "numbers.csv",
    "data.csv",
    "panel.csv",
    "comments.csv",
    "open_answers.csv",
    "proposals.csv",
    "rounds.json",
    "protocol.json",
    "recompute.py",
)


def lineage(published: Published, names: Names) -> Iterator[Block]:
    """Every version of every item, where it came from and what became of it."""
    yield Heading(names("lineage"))
    rows: list[tuple[Cell, ...]] = []
    by_version = {(item.code, item.version): item for item in published.study.items}
    for item in published.study.items:
        origin = names(f"origin.{item.origin}")
        made = ", ".join(_made(item, each, names) for each in item.lineage)
        rows.append(
            (
                names.item(item.code, item.version),
                text_of(item.item, names.language),
                f"{origin}; {made}" if made else origin,
                names(f"state.{item.state}"),
                item.retired_round,
            )
        )
    columns = ("item", "text", "origin", "state", "left")
    yield Grid(tuple(names(f"col.{column}") for column in columns), rows, "lineage")
    for item in published.study.items:
        for each in item.lineage:
            before = by_version.get((str(each["item"]), int(each["version"])))
            if each["how"] == "reworded" and before is not None:
                yield Heading(names("reworded", item=names.item(item.code, item.version)), 2)
                headings = (names("col.before"), names("col.after"))
                yield Grid(headings, [(text_of(before.item, names.language), text_of(item.item, names.language))])


def proposals(published: Published, names: Names) -> Iterator[Block]:
    """What the panel proposed, and what became of it."""
    all_of_them = published.study.proposals
    if not all_of_them:
        return
    yield Heading(names("proposals"))
    counts = {state: sum(each.state == state for each in all_of_them) for state in _PROPOSAL_STATES}
    yield Paragraph(names("proposals.counts", n=len(all_of_them), **counts))
    headings = tuple(names(f"col.{column}") for column in ("words", "became", "item", "reason"))
    rows = [(each.words, names(f"proposal.{each.state}"), each.became, each.reason) for each in all_of_them]
    yield Grid(headings, rows, "proposals")


def comments(published: Published, names: Names) -> Iterator[Block]:
    """What panellists said to items and to open questions, without whose words they are."""
    study = published.study
    for title, texts in (("comments", study.comments), ("open_answers", study.open_answers)):
        if not texts:
            continue
        yield Heading(names(title))
        yield Paragraph(names(f"{title}.note"), "note")
        for place in dict.fromkeys((text.code, text.version) for text in texts):
            yield Heading(names.item(*place), 2)
            for text in texts:
                if (text.code, text.version) == place:
                    yield Paragraph(names("said", round=text.round, words=text.words), "quote")


def files(names: Names) -> Iterator[Block]:
    """What lies beside the report, and how its numbers are computed again."""
    yield Heading(names("files"))
    rows = [(file, names(f"file.{file.replace('.', '_')}")) for file in FILES]
    yield Grid((names("col.file"), names("col.what")), rows)
    yield Paragraph(names("files.again"))


_PROPOSAL_STATES = ("accepted", "merged", "declined", "waiting")


def _made(item: ItemVersion, how: object, names: Names) -> str:
    assert isinstance(how, dict)
    return names(f"how.{how['how']}", item=names.item(str(how["item"]), int(how["version"])))
