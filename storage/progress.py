"""What coalitions report: the indicators, the reports and their figures with every correction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.rows import taken
from storage.schema import indicators, participants, report_history, report_values, reports


@dataclass(frozen=True, slots=True)
class Report:
    """What a coalition said about a period, as it stands now. `status` is on_track, at_risk or off_track; `help_state`
    is empty, open, taken or answered, `helper` the name of who took it. `revision` counts the corrections."""

    id: int
    coalition_id: int
    period: str
    status: str
    why: str
    milestones: str
    help: str
    help_state: str
    help_by: int | None
    helper: str
    submitted_by: int | None
    submitter: str
    submitted_at: datetime
    corrected_by: int | None
    corrector: str
    corrected_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a report: an amount (with a currency when it is money), or words (`yes` and `no` among them), or
    neither, which says that there is nothing to report. `giver` is a name."""

    report_id: int
    indicator: str
    revision: int
    amount: Decimal | None
    words: str
    currency: str
    details: dict[str, str]
    given_by: int | None
    giver: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """A figure that is being given."""

    indicator: str
    amount: Decimal | None = None
    words: str = ""
    currency: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """The rest of a report that is being given."""

    status: str
    why: str = ""
    milestones: str = ""
    help: str = ""


_helper, _submitter, _corrector = (participants.alias(name) for name in ("helper", "submitter", "corrector"))
_REPORT: Select[Any] = (
    select(
        reports.c.id,
        reports.c.coalition_id,
        reports.c.period,
        reports.c.status,
        reports.c.why,
        reports.c.milestones,
        reports.c.help,
        reports.c.help_state,
        reports.c.help_by,
        func.coalesce(_helper.c.name, ""),
        reports.c.submitted_by,
        func.coalesce(_submitter.c.name, ""),
        reports.c.submitted_at,
        reports.c.corrected_by,
        func.coalesce(_corrector.c.name, ""),
        reports.c.corrected_at,
        reports.c.revision,
    )
    .join(_helper, _helper.c.id == reports.c.help_by, isouter=True)
    .join(_submitter, _submitter.c.id == reports.c.submitted_by, isouter=True)
    .join(_corrector, _corrector.c.id == reports.c.corrected_by, isouter=True)
    .order_by(reports.c.coalition_id, reports.c.id)
)
_giver = participants.alias("giver")
_FIGURE: Select[Any] = (
    select(
        report_values.c.report_id,
        report_values.c.indicator,
        report_values.c.revision,
        report_values.c.amount,
        report_values.c.words,
        report_values.c.currency,
        report_values.c.details,
        report_values.c.given_by,
        func.coalesce(_giver.c.name, ""),
        report_values.c.given_at,
    )
    .join(_giver, _giver.c.id == report_values.c.given_by, isouter=True)
    .order_by(report_values.c.report_id, report_values.c.indicator, report_values.c.revision, report_values.c.currency)
)


async def all_indicators(connection: AsyncConnection) -> list[Mapping[str, Any]]:
    """Every row of `indicators`, in their order; also those that are no longer active, whose figures stay."""
    rows = await connection.execute(select(indicators).order_by(indicators.c.position, indicators.c.code))
    return [dict(row) for row in rows.mappings()]


async def store_indicators(connection: AsyncConnection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add indicators, or replace those with the same code."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for row in rows:
        others = {name: value for name, value in row.items() if name != "code"}
        await connection.execute(
            insert_new(indicators).values(dict(row)).on_conflict_do_update(index_elements=["code"], set_=others)
        )


async def add_indicators(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add those that are not there yet: what the secretariat has changed stays as it is."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    await connection.execute(insert_new(indicators).on_conflict_do_nothing(), [dict(row) for row in rows])


async def report(connection: AsyncConnection, coalition_id: int, period: str) -> Report | None:
    """What this coalition reported on this period (`2026-Q3`)."""
    row = (
        await connection.execute(_REPORT.where(reports.c.coalition_id == coalition_id, reports.c.period == period))
    ).first()
    return Report(*row) if row else None


async def report_by_id(connection: AsyncConnection, id: int) -> Report | None:
    """One report."""
    row = (await connection.execute(_REPORT.where(reports.c.id == id))).first()
    return Report(*row) if row else None


async def reports_of(connection: AsyncConnection, coalition_ids: Sequence[int] | None = None) -> list[Report]:
    """The reports of these coalitions, or of all; by coalition, in the order they were sent, which need not be that of
    their periods."""
    chosen = _REPORT if coalition_ids is None else _REPORT.where(reports.c.coalition_id.in_(coalition_ids))
    return [Report(*row) for row in await connection.execute(chosen)]


async def figures(connection: AsyncConnection, report_ids: Sequence[int]) -> list[Figure]:
    """The figures of these reports as they stand, that is those with the highest revision of each indicator; several
    for one indicator when it has amounts in several currencies."""
    found = await every_figure(connection, report_ids)
    newest = {(one.report_id, one.indicator): one.revision for one in found}
    return [one for one in found if one.revision == newest[one.report_id, one.indicator]]


async def every_figure(connection: AsyncConnection, report_ids: Sequence[int] | None = None) -> list[Figure]:
    """The figures of these reports, or of all, with those that have been corrected, the older before the newer."""
    chosen = _FIGURE if report_ids is None else _FIGURE.where(report_values.c.report_id.in_(report_ids))
    return await taken(await connection.execute(chosen), Figure)


async def submit(
    connection: AsyncConnection,
    *,
    coalition_id: int,
    period: str,
    said: Said,
    given: Sequence[Given],
    by: int,
    now: datetime,
) -> int | None:
    """Keep a report; its id, or None when there is one about this period already."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = await connection.execute(
        insert_new(reports)
        .values(
            coalition_id=coalition_id,
            period=period,
            status=said.status,
            why=said.why,
            milestones=said.milestones,
            help=said.help,
            help_state="open" if said.help else "",
            submitted_by=by,
            submitted_at=now,
            revision=0,
        )
        .on_conflict_do_nothing()
        .returning(reports.c.id)
    )
    id = made.scalar_one_or_none()
    if id is None:
        return None
    await _give(connection, id, 0, given, by, now)
    return int(id)


async def correct(
    connection: AsyncConnection, id: int, *, said: Said, given: Sequence[Given], by: int, now: datetime
) -> int:
    """Replace what a report says, and the figures of the indicators that are `given`; the number of the correction.
    What it said before is kept. A new request for help is open again."""
    locked = select(reports).where(reports.c.id == id).with_for_update()
    was = (await connection.execute(locked)).one()
    await connection.execute(
        insert(report_history).values(
            report_id=id,
            revision=was.revision,
            status=was.status,
            why=was.why,
            milestones=was.milestones,
            help=was.help,
            given_by=was.corrected_by if was.revision else was.submitted_by,
            given_at=was.corrected_at or was.submitted_at,
        )
    )
    revision = int(was.revision) + 1
    help_state = was.help_state if said.help == was.help else "open" if said.help else ""
    await connection.execute(
        update(reports)
        .where(reports.c.id == id)
        .values(
            status=said.status,
            why=said.why,
            milestones=said.milestones,
            help=said.help,
            help_state=help_state,
            help_by=was.help_by if help_state == was.help_state else None,
            corrected_by=by,
            corrected_at=now,
            revision=revision,
        )
    )
    await _give(connection, id, revision, given, by, now)
    return revision


async def help_wanted(connection: AsyncConnection) -> list[Report]:
    """Reports that ask for help and have not been answered, the oldest first."""
    rows = await connection.execute(_REPORT.where(reports.c.help_state.in_(("open", "taken"))))
    return sorted((Report(*row) for row in rows), key=lambda one: (one.submitted_at, one.id))


async def take_help(connection: AsyncConnection, id: int, by: int) -> bool:
    """Somebody sees to a request for help. False when somebody else has taken or answered it."""
    done = await connection.execute(
        update(reports).where(reports.c.id == id, reports.c.help_state == "open").values(help_state="taken", help_by=by)
    )
    return bool(done.rowcount)


async def answer_help(connection: AsyncConnection, id: int, by: int) -> bool:
    """A request for help is answered. False when it was before."""
    done = await connection.execute(
        update(reports)
        .where(reports.c.id == id, reports.c.help_state.in_(("open", "taken")))
        .values(help_state="answered", help_by=by)
    )
    return bool(done.rowcount)


async def _give(
    connection: AsyncConnection, id: int, revision: int, given: Sequence[Given], by: int, now: datetime
) -> None:
    if given:
        await connection.execute(
            insert(report_values),
            [
                {
                    "report_id": id,
                    "indicator": one.indicator,
                    "revision": revision,
                    "amount": one.amount,
                    "words": one.words,
                    "currency": one.currency,
                    "details": dict(one.details),
                    "given_by": by,
                    "given_at": now,
                }
                for one in given
            ],
        )
