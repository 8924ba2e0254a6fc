"""What came of calls for engagement: who opened what a call leads to, and who went through with it; each once."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.campaigns import SENT_OUT
from storage.schema import campaign_marks, campaigns


async def mark(connection: AsyncConnection, id: int, participant_id: int, mark: str, now: datetime) -> None:
    """Put down that somebody `opened` what a call leads to, or has `completed` it. A call that was not sent out, such
    as one that its author is trying out, counts nothing."""
    await _put_down(connection, _marked(participant_id, mark, now).where(campaigns.c.id == id))


async def complete(connection: AsyncConnection, participant_id: int, target: str, now: datetime) -> None:
    """Put down that somebody has completed all the calls that they opened and whose button has this target."""
    opened = campaign_marks.alias("opened")
    theirs = select(opened.c.campaign_id).where(opened.c.participant_id == participant_id, opened.c.mark == "opened")
    leads_there: ColumnElement[bool] = campaigns.c.button["target"].as_string() == target
    found = _marked(participant_id, "completed", now).where(campaigns.c.id.in_(theirs), leads_there)
    await _put_down(connection, found)


def _marked(participant_id: int, mark: str, now: datetime) -> Select[tuple[int, int, str, datetime]]:
    return select(
        campaigns.c.id,
        literal(participant_id, campaign_marks.c.participant_id.type),
        literal(mark),
        literal(now, campaign_marks.c.at.type),
    ).where(campaigns.c.state.in_(SENT_OUT))


async def _put_down(connection: AsyncConnection, found: Select[tuple[int, int, str, datetime]]) -> None:
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_new(campaign_marks).from_select(["campaign_id", "participant_id", "mark", "at"], found)
    await connection.execute(statement.on_conflict_do_nothing())
