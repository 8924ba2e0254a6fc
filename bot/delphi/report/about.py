"""The first part of a report: what was studied how, who took part, what was changed on the way."""

from collections.abc import Iterator

from bot.delphi.outcome import Response
from bot.delphi.report.blocks import Block, Cell, Grid, Heading, Image, Paragraph
from bot.delphi.report.data import Published
from bot.delphi.report.flow_diagram import panel_flow
from bot.delphi.report.names import Names, last_outcomes, scale_words
from bot.delphi.report.wording import day, figure, percent, wall
from bot.delphi.scale import Rule
from bot.delphi.sensitivity import sensitivity


def in_short(published: Published, names: Names) -> Iterator[Block]:
    """Four sentences that say what came of it."""
    study = published.study
    people = {who for each in study.rounds for who in each.table.panellists}
    last = last_outcomes(published.outcomes)
    fates: list[str] = []
    for (code, version), outcome in last.items():
        item = next(each for each in outcome.items if (each.code, each.version) == (code, version))
        if item.rated is not None:
            fates.append("open" if item.decision.stays else item.decision.why)
    yield Heading(names("short"))
    yield Paragraph(names("short.panel", people=len(people), rounds=len(published.rated_rounds)))
    yield Paragraph(
        names(
            "short.items",
            items=len(fates),
            agreed_in=fates.count("agreed_in"),
            agreed_out=fates.count("agreed_out"),
            dissent=fates.count("stable_dissent"),
            open=fates.count("open"),
        )
    )
    known = study.stop_reason in {"most_rounds", "all_retired", "all_stable"}
    reason = names(f"stop.{study.stop_reason}") if known else study.stop_reason
    yield Paragraph(names("short.stop", reason=reason or names("none")))
    if published.rated_rounds:
        flipping = sensitivity(published.rated_rounds[-1][1]).flipping
        yield Paragraph(names("short.flipping", n=len(flipping), items=names.listed(flipping)))


def method(published: Published, names: Names) -> Iterator[Block]:
    """What the protocol fixed."""
    study, language = published.study, names.language
    protocol = study.protocol
    rule, stopping = protocol.consensus, protocol.stopping
    values: dict[str, str] = {
        "hash": study.published.hash(),
        "published": day(study.published_at),
        "scale": scale_words(protocol, language),
        "rule": names(f"rule.{rule.rule}"),
        "threshold": percent(rule.threshold, language),
        "retire": names.listed(names(f"why.{each}") for each in stopping.retire),
        "unstable": names("yes" if stopping.close_unstable else "no"),
        "net_change": percent(stopping.net_change, language),
        "rounds": names("rounds_from_to", least=stopping.least_rounds, most=stopping.most_rounds),
        "quantiles": figure(int(protocol.quantiles), language),
        "missing": names(f"missing.{protocol.missing}"),
        "smallest_group": figure(protocol.smallest_group, language),
        "groups": names.listed(names.group(group.id) for group in protocol.groups),
        "feedback": names.listed(
            names(f"feedback.{name}") for name in ("groups", "reasons", "picture") if getattr(protocol.feedback, name)
        ),
        "invite_silent": names("yes" if protocol.invite_silent else "no"),
        "reminders": names("yes" if protocol.reminders else "no"),
    }
    if rule.rule is Rule.RAM:
        values["disagreement"] = names(f"disagreement.{rule.disagreement}")
        values["halfway"] = names(f"halfway.{rule.halfway}")
    yield Heading(names("method"))
    yield Paragraph(names("method.note"))
    rows = [(names(f"method.{name}"), value) for name, value in values.items()]
    yield Grid((names("col.what"), names("col.value")), rows, "method")
    yield Heading(names("rounds"), 2)
    yield Grid(
        (names("col.round"), names("col.opens"), names("col.closes"), names("col.items")),
        [
            (each.number, day(each.opened_at), day(each.closed_at), len(each.table.columns))
            for each in study.rounds
        ],
    )  # fmt: skip


def amendments(published: Published, names: Names) -> Iterator[Block]:
    """What was changed after the protocol was frozen."""
    study = published.study
    yield Heading(names("amendments"))
    if not study.amendments:
        yield Paragraph(names("amendments.none"))
        return
    headings = (names("col.date"), names("col.what"), names("col.before"), names("col.after"), names("col.reason"))
    rows: list[tuple[Cell, ...]] = [
        (day(each.at), names.changed(each.what), wall(each.before), wall(each.after), each.reason)
        for each in study.amendments
    ]
    yield Grid(headings, rows, "amendments")
    yield Paragraph(names("amendments.hash", hash=study.protocol.hash()), "note")


def panel(published: Published, names: Names, mark: str) -> Iterator[Block]:
    """Who was asked and who answered, by round and group; who left."""
    yield Heading(names("panel"))
    picture = panel_flow(published, names, mark)
    yield Image(picture.png, picture.alt, "flow.png", 13)
    keys = ("invited", "everything", "part", "silent", "withdrawn", "declined", "rate", "completion")
    rows: list[tuple[Cell, ...]] = []
    for outcome in published.outcomes:
        rows.append((outcome.round, names("group.all"), *_response(outcome.response)))
        for group in outcome.groups:
            told = _response(group.response) if group.response else (names("hidden"), *[None] * 7)
            rows.append((outcome.round, names.group(group.group), *told))
    yield Grid((names("col.round"), names("col.group"), *(names(f"col.{key}") for key in keys)), rows, "participation")
    yield Paragraph(names("panel.note"), "note")
    for outcome in published.outcomes:
        if left := names.leavers(outcome, published.study.protocol.smallest_group):
            yield Paragraph(left)


def _response(told: Response) -> tuple[Cell, ...]:
    counts = (told.invited, told.everything, told.part, told.silent, told.withdrawn, told.declined)
    return (*counts, told.rate, told.completion)
