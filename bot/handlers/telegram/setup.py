"""Introducing the bot to Telegram: who it is, where its updates go, which commands its menu shows."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import structlog
from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeDefault
from telegram.constants import BotDescriptionLimit
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, TelegramError

from bot.handlers.telegram.backoff import Sleep, delays
from bot.handlers.telegram.failures import code
from bot.handlers.telegram.render import shortened
from bot.handlers.telegram.request import Throttled
from bot.handlers.telegram.updates import ALLOWED_UPDATES
from bot.locales import DEFAULT
from bot.outreach.delivery import SetupFault

log = structlog.get_logger()

Commands = Mapping[str, Mapping[str, str]]
"""Language to command to description."""

# As many updates side by side as Telegram can send: waiting ones share a transaction.
_CONNECTIONS = 100
_DESCRIPTION = int(BotDescriptionLimit.MAX_DESCRIPTION_LENGTH)
T = TypeVar("T")


async def identify(bot: Bot, sleep: Sleep) -> None:
    """Learn the bot's id and name, however long the network takes. Raises SetupFault when the token is
    refused."""
    for delay in delays():
        try:
            await bot.initialize()
        except (InvalidToken, Forbidden, BadRequest):
            # PTB's own message quotes the token.
            raise SetupFault("Telegram refused the bot token") from None
        except Throttled as error:
            await sleep(error.seconds)
        except TelegramError as error:
            log.warning("telegram_unreachable", code=code(error), retry_in=delay)
            await sleep(delay)
        else:
            return


async def set_commands(
    bot: Bot, commands: Commands, secretariat_commands: Commands, secretariat: Iterable[int], sleep: Sleep
) -> None:
    """Fill the command menu: for everybody, and for each chat of the secretariat, in every language.
    Whoever's language is not among them sees English."""
    scopes: list[tuple[BotCommandScope, Commands]] = [(BotCommandScopeDefault(), commands)]
    scopes += [(BotCommandScopeChat(chat), secretariat_commands) for chat in secretariat]
    for scope, by_language in scopes:
        for language, menu in by_language.items():
            listed = [BotCommand(command, description) for command, description in menu.items()]
            # Telegram shows a menu without a language to whoever's own has none.
            for code_of in (language, None) if language == DEFAULT else (language,):
                call = partial(bot.set_my_commands, listed, scope=scope, language_code=code_of)
                await _optional("setMyCommands", call, sleep)


async def describe(bot: Bot, texts: Mapping[str, str], sleep: Sleep) -> None:
    """What an empty chat shows above START, by language; at most 512 characters each."""
    for language, text in texts.items():
        for code_of in (language, None) if language == DEFAULT else (language,):
            call = partial(bot.set_my_description, shortened(text, _DESCRIPTION), language_code=code_of)
            await _optional("setMyDescription", call, sleep)


async def register_webhook(bot: Bot, url: str, secret: str, sleep: Sleep) -> None:
    """Have updates posted to `url` with the secret, unless they are already.

    Telegram does not tell which secret it has; one that was changed here shows as 401 in its last error.
    """
    info = await _optional("getWebhookInfo", bot.get_webhook_info, sleep)
    if (
        info
        and info.url == url
        and set(info.allowed_updates or ()) == set(ALLOWED_UPDATES)
        and "401" not in (info.last_error_message or "")
    ):
        return
    for delay in delays():
        try:
            await bot.set_webhook(
                url, secret_token=secret, allowed_updates=ALLOWED_UPDATES, max_connections=_CONNECTIONS
            )
        except Throttled as error:
            await sleep(error.seconds)
        except TelegramError as error:
            if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
                log.error("webhook_not_registered", code=code(error))
                return
            log.warning("telegram_unreachable", code=code(error), retry_in=delay)
            await sleep(delay)
        else:
            return


async def withdraw_webhook(bot: Bot, sleep: Sleep) -> None:
    """Let updates be asked for; those that wait are kept."""
    await _optional("deleteWebhook", partial(bot.delete_webhook, drop_pending_updates=False), sleep)


async def _optional(method: str, call: Callable[[], Awaitable[T]], sleep: Sleep) -> T | None:
    """What the call gives. A server need not know every method, and the bot works without these."""
    while True:
        try:
            return await call()
        except Throttled as error:
            await sleep(error.seconds)
        except (TelegramError, KeyError, TypeError, ValueError) as error:
            log.warning("telegram_call_failed", method=method, code=code(error))
            return None
