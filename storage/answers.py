"""What was answered in a round, by pseudonym: saved per tap, until the round closes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.panels import IN_ROUND
from storage.schema import (
    answers,
    panel_links,
    panellists,
    proposals,
    pseudonyms,
    round_items,
    study_items,
    study_rounds,
)

Taken = Literal["saved", "early", "closed", "not_asked"]
"""What became of an answer. `early`: the round has not opened. `closed`: its time is over. `not_asked`: the round does
not ask this item, or not of this pseudonym."""

GIVEN = or_(answers.c.unable, answers.c.value.is_not(null()))
"""There is an answer and not only a comment."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `value` is a whole number (scale, agree), an option's id or a list of them (choice), a list of
    options' ids (ranking), a number, or words; None where `unable`, or where there is only a comment so far."""

    item_id: int
    value: Any
    unable: bool
    why_changed: str
    comment: str
    comment_language: str
    comment_state: str
    comment_shown: str
    first_at: datetime | None
    saved_at: datetime | None

    @property
    def given(self) -> bool:
        """Whether it counts as answered: a comment alone does not."""
        return self.unable or self.value is not None


@dataclass(frozen=True, slots=True)
class Comment:
    """Words that came with an answer. `shown` is what others may read of it, scrubbed of names; `state` is waiting,
    shown or hidden."""

    id: int
    round_id: int
    round_number: int
    item_id: int
    item_code: str
    item_version: int
    pseudonym_id: int
    pseudonym: str
    group: str
    words: str
    language: str
    state: str
    shown: str
    value: Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A panellist who is asked in an open round. `answered` of `asked` items have an answer, the last one `saved_at`.
    In round 0 `answered` counts the open questions to which they proposed something."""

    participant_id: int
    panellist_id: int
    pseudonym_id: int
    study_id: int
    round_id: int
    consented_at: datetime
    asked: int
    answered: int
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Response:
    """How far one pseudonym is in a round; `withdrew`: left in this round. In round 0, see `Asked`."""

    pseudonym: str
    group: str
    withdrew: bool
    asked: int
    answered: int
    first_at: datetime | None
    saved_at: datetime | None


_ANSWER: Select[Any] = select(
    answers.c.item_id,
    answers.c.value,
    answers.c.unable,
    answers.c.why_changed,
    answers.c.comment,
    answers.c.comment_language,
    answers.c.comment_state,
    answers.c.comment_shown,
    answers.c.first_at,
    answers.c.saved_at,
)
_COMMENT: Select[Any] = (
    select(
        answers.c.id,
        study_rounds.c.id,
        study_rounds.c.number,
        study_items.c.id,
        study_items.c.code,
        study_items.c.version,
        pseudonyms.c.id,
        pseudonyms.c.code,
        pseudonyms.c.group,
        answers.c.comment,
        answers.c.comment_language,
        answers.c.comment_state,
        answers.c.comment_shown,
        answers.c.value,
    )
    .join_from(answers, study_rounds)
    .join(study_items, study_items.c.id == answers.c.item_id)
    .join(pseudonyms, pseudonyms.c.id == answers.c.pseudonym_id)
    .where(answers.c.comment != "")
    .order_by(study_rounds.c.number, study_items.c.position, answers.c.id)
)
# Of a pseudonym in a round that the statement around them has: how many items it asks, how many of them have an
# answer, and when the last one was saved.
_proposed = (
    select(func.count(func.distinct(proposals.c.item_id)))
    .where(proposals.c.round_id == study_rounds.c.id, proposals.c.pseudonym_id == pseudonyms.c.id)
    .correlate(study_rounds, pseudonyms)
    .scalar_subquery()
)
_of_pseudonym = (answers.c.round_id == study_rounds.c.id, answers.c.pseudonym_id == pseudonyms.c.id)
_asked_items = (
    select(func.count())
    .select_from(round_items)
    .where(round_items.c.round_id == study_rounds.c.id)
    .correlate(study_rounds)
    .scalar_subquery()
)
_answered_items = (
    select(func.count()).where(*_of_pseudonym, GIVEN).correlate(study_rounds, pseudonyms).scalar_subquery() + _proposed
)
_last_saved = func.coalesce(
    select(func.max(answers.c.saved_at)).where(*_of_pseudonym).correlate(study_rounds, pseudonyms).scalar_subquery(),
    select(func.max(proposals.c.at))
    .where(proposals.c.round_id == study_rounds.c.id, proposals.c.pseudonym_id == pseudonyms.c.id)
    .correlate(study_rounds, pseudonyms)
    .scalar_subquery(),
    type_=answers.c.saved_at.type,
)
_withdrew: ColumnElement[bool] = func.coalesce(
    pseudonyms.c.withdrew & (pseudonyms.c.last_round == study_rounds.c.number), False
)


async def save(
    connection: AsyncConnection,
    *,
    round_id: int,
    item_id: int,
    pseudonym_id: int,
    value: Any,
    unable: bool = False,
    now: datetime,
) -> Taken:
    """Save an answer, or another one in its place, which takes the reason for the former with it. Whether the value
    fits the item is for the caller to know. A tap that comes twice changes nothing."""
    if (refused := await open_to(connection, round_id, item_id, pseudonym_id, now)) != "saved":
        return refused
    answer = {"value": null() if unable or value is None else value, "unable": unable, "saved_at": now}
    before = (await given(connection, round_id, pseudonym_id)).get(item_id)
    if before is not None and before.why_changed and (before.value, before.unable) != (value, unable):
        answer["why_changed"] = ""
    await _put(connection, round_id, item_id, pseudonym_id, now, answer)
    return "saved"


async def comment(
    connection: AsyncConnection,
    *,
    round_id: int,
    item_id: int,
    pseudonym_id: int,
    words: str,
    language: str,
    now: datetime,
) -> Taken:
    """Say something to an item, also before it is answered; no words take back what was said. Others see it when it
    was looked at, and after the round."""
    if (refused := await open_to(connection, round_id, item_id, pseudonym_id, now)) != "saved":
        return refused
    said = {"comment": words, "comment_language": language, "comment_state": "waiting", "comment_shown": ""}
    await _put(connection, round_id, item_id, pseudonym_id, now, said | {"saved_at": now})
    return "saved"


async def explain(
    connection: AsyncConnection, *, round_id: int, item_id: int, pseudonym_id: int, why: str, now: datetime
) -> Taken:
    """Why a rating was changed since the round before: new_argument, others, time, mistake or other; unsaid, for who
    was asked and did not say."""
    if (refused := await open_to(connection, round_id, item_id, pseudonym_id, now)) != "saved":
        return refused
    await _put(connection, round_id, item_id, pseudonym_id, now, {"why_changed": why, "saved_at": now})
    return "saved"


async def open_to(connection: AsyncConnection, round_id: int, item_id: int, pseudonym_id: int, now: datetime) -> Taken:
    """Whether an answer would be saved. The round cannot be closed until this transaction ends."""
    row = (
        await connection.execute(
            select(study_rounds.c.state, study_rounds.c.closes_at)
            .where(study_rounds.c.id == round_id)
            .with_for_update(read=True)
        )
    ).first()
    if row is None:
        return "not_asked"
    if row.state in ("planned", "proposed"):
        return "early"
    if row.state != "open" or now >= row.closes_at:
        return "closed"
    asked = (
        select(round_items.c.item_id)
        .join_from(round_items, study_rounds)
        .join(pseudonyms, IN_ROUND)
        .where(
            round_items.c.round_id == round_id,
            round_items.c.item_id == item_id,
            pseudonyms.c.id == pseudonym_id,
            ~pseudonyms.c.withdrew,
        )
    )
    return "saved" if (await connection.execute(asked)).first() else "not_asked"


async def given(connection: AsyncConnection, round_id: int, pseudonym_id: int) -> dict[int, Answer]:
    """What one pseudonym answered in a round, by item."""
    rows = await connection.execute(
        _ANSWER.where(answers.c.round_id == round_id, answers.c.pseudonym_id == pseudonym_id)
    )
    return {row.item_id: Answer(*row) for row in rows}


async def asked(
    connection: AsyncConnection, round_ids: Sequence[int], ids: Collection[int] | None = None
) -> list[Asked]:
    """Those who are asked in these rounds, and how far they are: of these participants, or of all."""
    query = (
        select(
            panellists.c.participant_id,
            panellists.c.id,
            pseudonyms.c.id,
            panellists.c.study_id,
            study_rounds.c.id,
            panellists.c.consented_at,
            _asked_items,
            _answered_items,
            _last_saved,
        )
        .join_from(panellists, panel_links)
        .join(pseudonyms, pseudonyms.c.id == panel_links.c.pseudonym_id)
        .join(study_rounds, IN_ROUND)
        .where(panellists.c.state == "consented", study_rounds.c.id.in_(round_ids))
        .order_by(panellists.c.id, study_rounds.c.id)
    )
    if ids is not None:
        query = query.where(panellists.c.participant_id.in_(ids))
    return [Asked(*row) for row in await connection.execute(query)]


async def responses(connection: AsyncConnection, round_id: int) -> list[Response]:
    """Everybody who was asked in a round, and how far they are; sorted by pseudonym."""
    first = select(func.min(answers.c.first_at)).where(*_of_pseudonym).correlate(study_rounds, pseudonyms)
    rows = await connection.execute(
        select(
            pseudonyms.c.code,
            pseudonyms.c.group,
            _withdrew,
            _asked_items,
            _answered_items,
            first.scalar_subquery(),
            _last_saved,
        )
        .join_from(study_rounds, pseudonyms, IN_ROUND)
        .where(study_rounds.c.id == round_id)
        .order_by(pseudonyms.c.code)
    )
    return [Response(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]


async def comments(connection: AsyncConnection, study_id: int, states: Sequence[str] = ()) -> list[Comment]:
    """A study's comments in these states (all of them by default), by round and item. Of an open round they are for the
    name check only: panellists see none before it closes."""
    query = _COMMENT.where(study_rounds.c.study_id == study_id)
    if states:
        query = query.where(answers.c.comment_state.in_(states))
    return [Comment(*row) for row in await connection.execute(query)]


async def comment_by_id(connection: AsyncConnection, answer_id: int) -> Comment | None:
    """One comment, by its answer."""
    row = (await connection.execute(_COMMENT.where(answers.c.id == answer_id))).first()
    return Comment(*row) if row else None


async def reasons(connection: AsyncConnection, round_id: int, item_id: int, besides: int) -> list[Comment]:
    """What others said to an item in a closed round, as it may be shown; without this pseudonym's own."""
    query = _COMMENT.where(
        answers.c.round_id == round_id,
        answers.c.item_id == item_id,
        answers.c.pseudonym_id != besides,
        answers.c.comment_state == "shown",
        study_rounds.c.state == "closed",
    )
    return [Comment(*row) for row in await connection.execute(query)]


async def moderate(
    connection: AsyncConnection, answer_id: int, words: str, state: Literal["shown", "hidden"], shown: str
) -> bool:
    """Decide on a comment: what others may read of it, or that they read nothing. False when it was `words` no more
    when that was decided: its author has changed it."""
    done = await connection.execute(
        update(answers)
        .where(answers.c.id == answer_id, answers.c.comment == words)
        .values(comment_state=state, comment_shown=shown if state == "shown" else "")
    )
    return bool(done.rowcount)


async def _put(
    connection: AsyncConnection,
    round_id: int,
    item_id: int,
    pseudonym_id: int,
    now: datetime,
    values: dict[str, Any],
) -> None:
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_new(answers).values(
        round_id=round_id, item_id=item_id, pseudonym_id=pseudonym_id, first_at=now, **values
    )
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["round_id", "item_id", "pseudonym_id"], set_=values)
    )
