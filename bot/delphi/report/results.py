"""The results: every item by round and group, agreement, stability, and how far verdicts hang on the rule."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from bot.delphi.outcome import GroupResult, ItemOutcome, Outcome
from bot.delphi.protocol import ChoiceItem, Item, RankingItem, in_language
from bot.delphi.report.blocks import Block, Cell, Grid, Heading, Image, P, Paragraph
from bot.delphi.report.charts import item_picture
from bot.delphi.report.data import Published
from bot.delphi.report.names import Names, last_outcomes, text_of
from bot.delphi.report.wording import NO_FIGURE, figure
from bot.delphi.sensitivity import sensitivity

Row = tuple[Cell, ...]
GROUP_COLUMNS = (
    "round",
    "group",
    "n",
    "unable",
    "missing",
    "median",
    "middle",
    "low",
    "mid",
    "high",
    "share",
    "verdict",
)
SPREAD_COLUMNS = ("mean", "sd", "cv", "iqr", "madm", "a", "polarization", "tastle", "leik", "di", "flags")


def summary(published: Published, names: Names) -> Iterator[Block]:
    """Where each item stood in the last round that asked it."""
    yield Heading(names("results"))
    rows: list[Row] = []
    for (code, version), outcome in last_outcomes(published.outcomes).items():
        item = _find(outcome, code, version)
        rated, change = item.rated, item.stability
        rows.append(
            (
                names.item(code, version),
                text_of(_asked(published, code, version), names.language),
                outcome.round,
                item.n,
                rated.median if rated else None,
                names.range(rated.q1, rated.q3) if rated else NO_FIGURE,
                rated.agreement if rated else None,
                names.heads(rated, item.n),
                names.said("verdict", rated.verdict if rated else None),
                names.said("cell", change.cell if change else None),
                names.said("why", item.decision.why),
            )
        )
    columns = ("item", "text", "round", "n", "median", "middle", "share", "heads", "verdict", "cell", "fate")
    yield Grid(_headings(names, columns), rows, "summary")
    yield Paragraph(names("results.note"), "note")


def items(published: Published, names: Names) -> Iterator[Block]:
    """Each item: its words, its picture, and its figures by round and group."""
    yield Heading(names("items"))
    for (code, version), outcome in last_outcomes(published.outcomes).items():
        asked = _asked(published, code, version)
        yield Heading(names.item(code, version), 2)
        yield Paragraph(text_of(asked, names.language), "quote")
        last = _find(outcome, code, version)
        study = published.study
        picture = item_picture(last, asked, study.protocol, names.words, rehearsal=study.rehearsal)
        if picture is not None:
            yield Image(picture.png, picture.alt, f"{code}-{version}.png")
        found = [
            (each.round, item)
            for each in published.outcomes
            for item in each.items
            if (item.code, item.version) == (code, version)
        ]
        if last.rated is not None:
            yield Grid(_headings(names, GROUP_COLUMNS), [row for each in found for row in _rated_rows(*each, names)])
        else:
            yield Grid(
                _headings(names, ("round", "group", "n", "unable", "missing", "told")),
                [row for each in found for row in _other_rows(*each, asked, names)],
            )


def by_group(published: Published, names: Names) -> Grid:
    """All ratings by item, round and group in one table, for the workbook."""
    rows = [
        (names.item(item.code, item.version), *row)
        for outcome in published.outcomes
        for item in outcome.items
        if item.rated is not None
        for row in _rated_rows(outcome.round, item, names)
    ]
    return Grid(_headings(names, ("item", *GROUP_COLUMNS)), rows, "groups")


def spread(published: Published, names: Names) -> Iterator[Block]:
    """How far ratings lie apart, and whether the panel is split."""
    rows: list[Row] = []
    for outcome in published.outcomes:
        for item in outcome.items:
            if (rated := item.rated) is not None:
                place = (names.item(item.code, item.version), outcome.round, item.n)
                index = rated.ram.disagreement_index if rated.ram else None
                flags = ", ".join(names(f"flag.{flag}") for flag in rated.flags)
                middle = (rated.mean, rated.sd, rated.cv, rated.iqr, rated.madm)
                split = (rated.van_der_eijk_a, rated.polarization, rated.tastle_wierman, rated.leik_d)
                rows.append((*place, *middle, *split, index, flags))
    yield Heading(names("spread"))
    yield Grid(_headings(names, ("item", "round", "n", *SPREAD_COLUMNS)), rows, "spread")
    yield Paragraph(names("spread.note"), "note")


def agreement(published: Published, names: Names) -> Iterator[Block]:
    """How far the panel agrees over all items."""
    rows: list[Row] = []
    for outcome in published.outcomes:
        for found in outcome.agreement:
            w = found.kendall_w
            tested = (w.chi2, w.df, P(w.p), names.test(w)) if w else (None, None, P(None), NO_FIGURE)
            alphas = [found.alpha.get(metric) for metric in ("nominal", "ordinal", "interval", "ratio")]
            beyond = (*alphas, found.gwet_ac1, found.gwet_ac2, found.fleiss_kappa)
            rows.append((outcome.round, str(found.scale), names.w(w), *tested, *beyond))
    columns = ("round", "scale", "w", "chi2", "df", "p", "method", "nominal", "ordinal", "interval", "ratio")
    yield Heading(names("agreement"))
    yield Grid(_headings(names, (*columns, "ac1", "ac2", "kappa")), rows, "agreement")
    yield Paragraph(names("agreement.note"), "note")


def stability(published: Published, names: Names) -> Iterator[Block]:
    """What changed since the round before, and the four cells."""
    rows: list[Row] = []
    for outcome in published.outcomes:
        for item in outcome.items:
            if (change := item.stability) is not None:
                rows.append(
                    (
                        names.item(item.code, item.version),
                        outcome.round,
                        change.n,
                        change.up,
                        change.down,
                        change.net_change,
                        names("yes" if change.stable else "no"),
                        P(change.wilcoxon_p),
                        P(change.wilcoxon_adjusted),
                        P(change.mcnemar_mid_p),
                        P(change.mcnemar_adjusted),
                        change.spearman,
                        change.cv_change,
                        names.said("cell", change.cell),
                    )
                )
    columns = ("item", "round", "n", "up", "down", "net", "stable", "wilcoxon", "adjusted", "mcnemar", "adjusted")
    yield Heading(names("stability"))
    if not rows:
        yield Paragraph(names("stability.none"))
        return
    yield Grid(_headings(names, (*columns, "spearman", "cv_change", "cell")), rows, "stability")
    yield Paragraph(names("stability.note"), "note")
    yield from _reasons(published, names)


def _reasons(published: Published, names: Names) -> Iterator[Block]:
    """Why ratings moved far, as those who moved said by a tap."""
    for each, _ in published.rated_rounds:
        said = Counter(why for column in each.table.columns for why in column.why if why)
        if said:
            counted = "; ".join(f"{names(f'why.{why}')} {count}" for why, count in said.most_common())
            yield Paragraph(names("why", round=each.number, n=said.total(), reasons=counted))


def rules(published: Published, names: Names) -> Iterator[Block]:
    """The verdict under every rule, round by round; what differs from the protocol's is marked."""
    rows: list[Row] = []
    flipping: list[str] = []
    found = [sensitivity(outcome) for _, outcome in published.rated_rounds]
    columns = next((each.rules for each in found if each.rules), ())
    for (each, _), table in zip(published.rated_rounds, found, strict=True):
        for row in table.rows:
            verdicts = [_against(names, said, name in row.differing) for name, said in row.rules.items()]
            place = (names.item(row.code, row.version), each.number, names.said("verdict", row.verdict))
            rows.append((*place, *verdicts))
        flipping.append(names("rules.flipping", round=each.number, items=names.listed(table.flipping)))
    yield Heading(names("rules"))
    headings = (*_headings(names, ("item", "round", "by_protocol")), *(names(f"by.{name}") for name in columns))
    yield Grid(headings, rows, "rules")
    yield Paragraph(names("rules.note"), "note")
    yield from (Paragraph(words) for words in flipping)


def _against(names: Names, said: str | None, differs: bool) -> str:
    return f"{names.said('verdict', said)} ≠" if differs else names.said("verdict", said)


def _rated_rows(number: int, item: ItemOutcome, names: Names) -> Iterator[Row]:
    rated = item.rated
    assert rated is not None
    whole = (number, names("group.all"), item.n, item.unable, item.missing, rated.median)
    verdict = names.said("verdict", rated.verdict)
    yield (*whole, names.range(rated.q1, rated.q3), *rated.in_zone, rated.agreement, verdict)
    for group in item.groups:
        yield _group_row(number, group, names)


def _group_row(number: int, group: GroupResult, names: Names) -> Row:
    place = (number, names.group(group.group))
    if not group.shown or group.n is None:
        return (*place, names("hidden"), *[None] * (len(GROUP_COLUMNS) - 3))
    share = Fraction(group.in_zone[2], group.n) if group.n else None
    figures = (group.median, names.range(group.q1, group.q3), *group.in_zone, share)
    return (*place, group.n, None, None, *figures, names.said("verdict", group.verdict))


def _other_rows(number: int, item: ItemOutcome, asked: Item, names: Names) -> Iterator[Row]:
    yield (number, names("group.all"), item.n, item.unable, item.missing, _told(item, asked, names))
    for group in item.groups:
        told = _counts(group.counts, asked, names) if group.counts else names.range(group.q1, group.q3)
        if group.shown:
            yield (number, names.group(group.group), group.n, None, None, told)
        else:
            yield (number, names.group(group.group), names("hidden"), None, None, None)


def _told(item: ItemOutcome, asked: Item, names: Names) -> str:
    """What came of an item that is no rating, in a line."""
    if item.chosen is not None:
        return _counts(item.chosen.counts, asked, names)
    if item.ranked is not None and isinstance(asked, RankingItem):
        called = {option.id: in_language(option.text, names.language) for option in asked.options}
        means = item.ranked.mean_ranks
        order = "; ".join(f"{called[option]} {figure(means[option], names.language)}" for option in item.ranked.order)
        return names("told.ranked", order=order or NO_FIGURE, w=names.w(item.ranked.kendall_w))
    if item.measured is not None:
        found = item.measured
        middle = names.range(found.q1, found.q3)
        return names("told.measured", median=figure(found.median, names.language), middle=middle)
    return names("told.open")


def _counts(counts: dict[str, int], asked: Item, names: Names) -> str:
    options = asked.options if isinstance(asked, ChoiceItem | RankingItem) else []
    called = {option.id: in_language(option.text, names.language) for option in options}
    return "; ".join(f"{called.get(option, option)} {count}" for option, count in counts.items())


def _headings(names: Names, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(names(f"col.{column}") for column in columns)


def _find(outcome: Outcome, code: str, version: int) -> ItemOutcome:
    return next(item for item in outcome.items if (item.code, item.version) == (code, version))


def _asked(published: Published, code: str, version: int) -> Item:
    return next(
        column.item
        for each in published.study.rounds
        for column in each.table.columns
        if (column.code, column.version) == (code, version)
    )
