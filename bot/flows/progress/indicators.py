"""The indicators as the tables have them."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.progress.indicator import Indicator
from storage import progress


async def indicators_of(connection: AsyncConnection) -> dict[str, Indicator]:
    """All of them by code, in their order; also those that are no longer asked about."""
    return {row["code"]: Indicator.read(row) for row in await progress.all_indicators(connection)}
