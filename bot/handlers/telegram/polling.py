"""Updates that we ask Telegram for.

Asking from an offset confirms everything before it, so the offset moves only when a whole batch is
committed. What could not be committed is given again, and the engine knows by its key what it had taken of
it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.handlers.telegram.backoff import Sleep, delays
from bot.handlers.telegram.failures import code
from bot.handlers.telegram.reception import Reception
from bot.handlers.telegram.request import AiohttpRequest, Throttled
from bot.handlers.telegram.setup import withdraw_webhook
from bot.handlers.telegram.updates import ALLOWED_UPDATES, Update, read
from bot.outreach.delivery import SetupFault

log = structlog.get_logger()

# Seconds that Telegram keeps an empty answer back, and the grace for it to arrive.
_WAIT = 30
_GRACE = 10


@dataclass(slots=True)
class Polling:
    """Asks for updates until cancelled."""

    bot: Bot
    request: AiohttpRequest
    reception: Reception
    sleep: Sleep
    offset: int = 0

    async def run(self) -> None:
        """Raises SetupFault when the token is refused; everything else is waited out."""
        await withdraw_webhook(self.bot, self.sleep)
        waits = delays()
        while True:
            try:
                taken = await self._take(await self._ask())
                wait = 0.0 if taken else next(waits)
            except InvalidToken as error:
                raise SetupFault(code(error)) from error
            except Conflict as error:
                wait = next(waits)
                log.warning("polling_conflict", code=code(error), retry_in=wait)
                await withdraw_webhook(self.bot, self.sleep)
            except Throttled as error:
                wait = error.seconds
            except TelegramError as error:
                wait = next(waits)
                log.warning("polling_interrupted", code=code(error), retry_in=wait)
            if wait:
                await self.sleep(wait)
            else:
                waits = delays()

    async def _ask(self) -> Sequence[object]:
        parameters: dict[str, object] = {"timeout": _WAIT, "allowed_updates": ALLOWED_UPDATES}
        if self.offset:
            parameters["offset"] = self.offset
        answer = await self.request.call("getUpdates", parameters, read_timeout=_WAIT + _GRACE)
        if not isinstance(answer, list):
            raise TelegramError("Invalid server response")
        return answer

    async def _take(self, batch: Sequence[object]) -> bool:
        """Whether all of the batch has been taken; then, and only then, the next asking confirms it."""
        numbers = _numbers(batch)
        chats: dict[int | None, list[Update]] = {}
        for update in _readable(batch):
            chats.setdefault(update.chat, []).append(update)
        outcomes = await asyncio.gather(*map(self._take_in_order, chats.values()), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            log.error("updates_not_taken", chats=len(failed), error=type(failed[0]).__name__)
            return False
        # Not the highest ever: after a quiet week Telegram goes on counting from another number.
        self.offset = max(numbers) + 1 if numbers else self.offset
        return bool(numbers or not batch)

    async def _take_in_order(self, updates: Iterable[Update]) -> None:
        for update in updates:
            await self.reception.take(update)


def _readable(batch: Iterable[object]) -> list[Update]:
    """The updates in the batch; what cannot be read now never will be, and must not hold up the rest."""
    updates = []
    for item in batch:
        try:
            updates.append(read(item))
        except ValueError:
            log.error("update_unreadable", update=next(iter(_numbers([item])), None))
    return updates


def _numbers(batch: Iterable[object]) -> list[int]:
    return [item["update_id"] for item in batch if isinstance(item, dict) and isinstance(item.get("update_id"), int)]
