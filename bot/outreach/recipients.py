"""Who an audience comes to, asked of the tables.

Everybody is written to on one account: of those that can be reached the one they prefer, else the one that wrote last.
Left out are people who have not agreed to what is stored of them, who stopped calls for engagement, or who have paused.
Who has agreed to take part in a study has agreed to be asked about it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, exists, false, func, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.locales import DEFAULT, LANGUAGES
from bot.outreach.audience import OF_A_MEMBERSHIP, OF_A_STUDY, All, AnyOf, Audience, Filter, Known, Not, filters
from storage.coalitions import LIVING
from storage.readers import takes_part
from storage.schema import (
    accounts,
    answers,
    coalitions,
    memberships,
    obligations,
    organisations,
    panel_links,
    panellists,
    participants,
    reports,
    studies,
    study_rounds,
)

TOPIC = "calls"

Columns = Any
"""Of a subquery: they are read as attributes, which no type tells."""

Predicate = Callable[[Sequence[str], Columns], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people an audience comes to, by the platform and in the language that each is written to in; and how
    many of it are not written to, each counted once for the first reason that there is."""

    by_platform: Mapping[str, int]
    by_language: Mapping[str, int]
    not_agreed: int = 0
    stopped: int = 0
    paused: int = 0
    unreachable: int = 0

    @property
    def total(self) -> int:
        """Who is written to."""
        return sum(self.by_platform.values())


async def count(connection: AsyncConnection, tree: Audience, now: datetime) -> Reach:
    """How many people it comes to now."""
    who = _chosen(tree, now, connection.dialect.name).subquery()
    rows = await connection.execute(
        select(who.c.standing, who.c.platform, who.c.language, func.count()).group_by(
            who.c.standing, who.c.platform, who.c.language
        )
    )
    by_platform: dict[str, int] = {}
    by_language: dict[str, int] = {}
    out = dict.fromkeys(("not_agreed", "stopped", "paused", "unreachable"), 0)
    for standing, platform, language, n in rows:
        if standing in out:
            out[standing] += n
        else:
            by_platform[platform] = by_platform.get(platform, 0) + n
            by_language[language] = by_language.get(language, 0) + n
    return Reach(by_platform, by_language, **out)


def select_recipients(tree: Audience, now: datetime, dialect: str) -> Select[Any]:
    """One row for each: account_id, sender, chat, language, zone, reachable. Who cannot be reached is among them."""
    who = _chosen(tree, now, dialect).subquery()
    return select(who.c.account_id, who.c.sender, who.c.chat, who.c.language, who.c.zone, who.c.reachable).where(
        who.c.standing.in_(("reached", "unreachable"))
    )


async def accounts_of(connection: AsyncConnection, tree: Audience, now: datetime) -> list[str]:
    """The accounts (`telegram:42`) that its recipients are written to on, sorted."""
    chosen = _chosen(tree, now, connection.dialect.name).subquery()
    reached = select(chosen.c.account_id).where(chosen.c.standing == "reached")
    return sorted((await connection.execute(select(accounts.c.key).where(accounts.c.id.in_(reached)))).scalars())


async def zones(connection: AsyncConnection, tree: Audience, now: datetime) -> list[str]:
    """The time zones of its recipients, as they say or as their platform does."""
    chosen = select_recipients(tree, now, connection.dialect.name).subquery()
    return sorted((await connection.execute(select(chosen.c.zone).distinct())).scalars())


async def load_known(connection: AsyncConnection, facilities: Mapping[str, Mapping[str, str]]) -> Known:
    """What there is to choose by; `facilities` are titles by code and language."""
    titles = await connection.execute(
        select(coalitions.c.id, coalitions.c.title).where(coalitions.c.state != "closed").order_by(coalitions.c.id)
    )
    rounds = await connection.execute(
        select(studies.c.code, study_rounds.c.number)
        .join_from(study_rounds, studies)
        .where(study_rounds.c.opened_at.is_not(None), studies.c.sealed_at.is_(None))
        .order_by(studies.c.id, study_rounds.c.number)
    )
    periods = await connection.execute(select(reports.c.period).distinct().order_by(reports.c.period))
    begun = await connection.execute(select(obligations.c.from_period).distinct())
    return Known(
        facilities=facilities,
        coalitions={str(id): title for id, title in titles},
        rounds=tuple(f"{code}:{number}" for code, number in rounds),
        periods=tuple(sorted({*periods.scalars(), *begun.scalars()})),
    )


def holds(tree: Audience, of: Columns) -> ColumnElement[bool]:
    """What is true of the people in it; `of` are the columns that tell of one person (see `_people`)."""
    match tree:
        case Filter(kind=kind, values=values) if kind in OF_A_MEMBERSHIP:
            return _membership([tree], of)
        case Filter(kind=kind, values=values):
            return PREDICATES[kind](values, of)
        case Not(part=part):
            return not_(holds(part, of))
        case AnyOf(parts=parts):
            return or_(false(), *(holds(part, of) for part in parts))
        case All(parts=parts):
            together = [part for part in parts if isinstance(part, Filter) and part.kind in OF_A_MEMBERSHIP]
            said = [_membership(together, of)] if together else []
            return and_(true(), *said, *(holds(part, of) for part in parts if part not in together))


def _chosen(tree: Audience, now: datetime, dialect: str) -> Select[Any]:
    """The people of the audience, and how they stand with being written to."""
    of_study = any(one.kind in OF_A_STUDY for one in filters(tree))
    people = _people(now, dialect, of_study=of_study).subquery()
    return select(people).where(people.c.place == 1, holds(tree, people.c))


def _people(now: datetime, dialect: str, *, of_study: bool) -> Select[Any]:
    """Everybody's accounts; the one to write to has `place` 1. For a call about a study it is enough that somebody has
    agreed to take part in one."""
    preferred = case((accounts.c.id == participants.c.preferred_account_id, 1), else_=0)
    place = func.row_number().over(
        partition_by=accounts.c.participant_id,
        order_by=(accounts.c.reachable.desc(), preferred.desc(), accounts.c.seen_at.desc(), accounts.c.id.desc()),
    )
    standing = case(
        (not_(or_(participants.c.consent_version > 0, takes_part() if of_study else false())), "not_agreed"),
        # JSON lists are kept as text: a name in quotation marks stands there whole.
        (cast(participants.c.stopped_topics, Text).contains(f'"{TOPIC}"'), "stopped"),
        (and_(participants.c.paused_until.is_not(None), participants.c.paused_until > now), "paused"),
        (accounts.c.reachable, "reached"),
        else_="unreachable",
    )
    return select(
        accounts.c.participant_id,
        accounts.c.id.label("account_id"),
        accounts.c.platform,
        _sender(dialect).label("sender"),
        accounts.c.chat,
        accounts.c.reachable,
        _language().label("language"),
        participants.c.generation,
        func.coalesce(func.nullif(participants.c.zone, ""), accounts.c.zone).label("zone"),
        standing.label("standing"),
        place.label("place"),
    ).join_from(accounts, participants, accounts.c.participant_id == participants.c.id)


def _sender(dialect: str) -> ColumnElement[str]:
    """`telegram`, or `slack:<team>`: what stands before the user in the account's key."""
    slash = (func.instr if dialect == "sqlite" else func.strpos)(accounts.c.key, "/")
    return case((accounts.c.platform == "slack", func.substr(accounts.c.key, 1, slash - 1)), else_="telegram")


def _language() -> ColumnElement[str]:
    """The person's choice, else what their platform says, else English; as `bot.locales.closest` has it."""
    hint = func.lower(func.replace(accounts.c.language, "_", "-")) + "-"
    said = [(hint.startswith(f"{language}-"), language) for language in LANGUAGES]
    return case((participants.c.language != "", participants.c.language), *said, else_=DEFAULT)


def _membership(together: Sequence[Filter], of: Columns) -> ColumnElement[bool]:
    """They have a membership of which all of these are true; a living one, where nothing is said of its state."""
    columns: Mapping[str, ColumnElement[Any]] = {
        "organisation_type": organisations.c.type,
        "status": organisations.c.status,
        "facility": coalitions.c.facility,
        "coalition": cast(memberships.c.coalition_id, Text),
        "role": memberships.c.role,
        "state": memberships.c.state,
    }
    source = memberships.join(coalitions, coalitions.c.id == memberships.c.coalition_id).outerjoin(
        organisations, organisations.c.id == memberships.c.organisation_id
    )
    conditions = [columns[one.kind].in_(one.values) for one in together]
    if all(one.kind != "state" for one in together):
        conditions.append(memberships.c.state.in_(LIVING))
    return exists(
        select(memberships.c.id)
        .select_from(source)
        .where(memberships.c.participant_id == of.participant_id, *conditions)
    )


def _answered(values: Sequence[str], of: Columns) -> ColumnElement[bool]:
    """They have answered something in one of these rounds."""
    return exists(
        select(answers.c.id)
        .join_from(answers, panel_links, panel_links.c.pseudonym_id == answers.c.pseudonym_id)
        .join(panellists, panellists.c.id == panel_links.c.panellist_id)
        .join(study_rounds, study_rounds.c.id == answers.c.round_id)
        .join(studies, studies.c.id == study_rounds.c.study_id)
        .where(panellists.c.participant_id == of.participant_id, _in_rounds(values))
    )


def _not_answered(values: Sequence[str], of: Columns) -> ColumnElement[bool]:
    """They are on the panel of one of these rounds, and have not answered anything in it."""
    given = exists(
        select(answers.c.id)
        .join_from(answers, panel_links, panel_links.c.pseudonym_id == answers.c.pseudonym_id)
        .where(panel_links.c.panellist_id == panellists.c.id, answers.c.round_id == study_rounds.c.id)
    )
    return exists(
        select(panellists.c.id)
        .join_from(panellists, study_rounds, study_rounds.c.study_id == panellists.c.study_id)
        .join(studies, studies.c.id == study_rounds.c.study_id)
        .where(
            panellists.c.participant_id == of.participant_id,
            panellists.c.state.in_(("invited", "consented")),
            _in_rounds(values),
            not_(given),
        )
    )


def _in_rounds(values: Sequence[str]) -> ColumnElement[bool]:
    named = [value.rpartition(":") for value in values]
    return or_(
        false(), *(and_(studies.c.code == code, study_rounds.c.number == int(number)) for code, _, number in named)
    )


def _owes_report(values: Sequence[str], of: Columns) -> ColumnElement[bool]:
    """They lead a coalition, or stand in for who does, that owes a report for one of these periods."""
    owed = [
        and_(
            obligations.c.every == _every(period),
            obligations.c.from_period <= period,
            or_(obligations.c.until_period == "", obligations.c.until_period >= period),
            not_(
                exists(
                    select(reports.c.id).where(
                        reports.c.coalition_id == obligations.c.coalition_id, reports.c.period == period
                    )
                )
            ),
        )
        for period in values
    ]
    return exists(
        select(obligations.c.id).where(
            or_(obligations.c.lead_id == of.participant_id, obligations.c.deputy_id == of.participant_id),
            or_(false(), *owed),
        )
    )


def _every(period: str) -> str:
    """How often reports are owed of which this is a period: `2026`, `2026-Q3` or `2026-07`."""
    _, _, part = period.partition("-")
    return "yearly" if not part else "quarterly" if part.startswith("Q") else "monthly"


PREDICATES: Mapping[str, Predicate] = {
    "platform": lambda values, of: of.platform.in_(values),
    "language": lambda values, of: of.language.in_(values),
    "generation": lambda values, of: of.generation.in_(values),
    "answered": _answered,
    "not_answered": _not_answered,
    "owes_report": _owes_report,
}
"""What a filter says of a person, but for those of a membership."""
