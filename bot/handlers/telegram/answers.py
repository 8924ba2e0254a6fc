"""Answering callback queries, so that a pressed button stops spinning, while the replies are on their way."""

import asyncio

import structlog
from telegram.error import TelegramError

from bot.chat.limits import LIMITS
from bot.handlers.telegram.failures import code
from bot.handlers.telegram.render import shortened
from bot.handlers.telegram.request import AiohttpRequest

log = structlog.get_logger()


class Answers:
    """The answers under way. None is worth repeating: a query soon grows too old to be answered."""

    def __init__(self, request: AiohttpRequest) -> None:
        self._request = request
        self._under_way: set[asyncio.Task[None]] = set()

    def give(self, query: str, toast: str) -> None:
        """Answer with a short word, or none. Returns at once."""
        task = asyncio.create_task(self._give(query, toast))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def aclose(self) -> None:
        """Wait for the answers under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _give(self, query: str, toast: str) -> None:
        parameters = {"callback_query_id": query}
        if toast:
            parameters["text"] = shortened(toast, LIMITS["telegram"].toast)
        try:
            await self._request.call("answerCallbackQuery", parameters)
        except TelegramError as error:
            log.info("callback_query_not_answered", code=code(error))
