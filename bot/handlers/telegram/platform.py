"""Telegram as the composition root sees it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Self

from aiohttp import ClientSession
from starlette.routing import Route
from telegram import Bot
from telegram.error import InvalidToken

from bot.clock import Clock
from bot.flows.intake import Intake
from bot.handlers.telegram.answers import Answers
from bot.handlers.telegram.backoff import Sleep
from bot.handlers.telegram.files import TelegramFiles
from bot.handlers.telegram.polling import Polling
from bot.handlers.telegram.reception import Reception
from bot.handlers.telegram.request import AiohttpRequest
from bot.handlers.telegram.sender import TelegramSender
from bot.handlers.telegram.setup import Commands, describe, identify, register_webhook, set_commands
from bot.handlers.telegram.webhook import PATH, Webhook
from bot.outreach.delivery import NO_FILES, Files, SetupFault
from bot.outreach.whereabouts import Notice, unnoticed


class Telegram:
    """One bot on Telegram. `connect` makes it."""

    def __init__(
        self, bot: Bot, request: AiohttpRequest, source: TelegramFiles, clock: Clock, sleep: Sleep, files: Files
    ) -> None:
        self.bot_id = bot.id
        self.username = bot.username or ""
        self.sender = TelegramSender(request, self.username, files)
        self.source = source
        self._bot = bot
        self._request = request
        self._clock = clock
        self._sleep = sleep
        self._answers = Answers(request)
        # Set by who keeps the list of groups and channels.
        self.notice: Notice = unnoticed

    @classmethod
    async def connect(
        cls,
        token: str,
        api_url: str,
        session: ClientSession,
        clock: Clock,
        *,
        sleep: Sleep = asyncio.sleep,
        files: Files = NO_FILES,
    ) -> Self:
        """The bot that the token belongs to, asked of the server whose root is `api_url`; waits for the
        network if need be. `files` are what messages go with. The session stays the caller's. Raises SetupFault
        when the token is refused."""
        root = api_url.rstrip("/")
        request = AiohttpRequest(session, f"{root}/bot{token}")
        try:
            bot = Bot(
                token,
                base_url=f"{root}/bot",
                base_file_url=f"{root}/file/bot",
                request=request,
                get_updates_request=request,
            )
        except InvalidToken:
            raise SetupFault("the Telegram bot token is empty") from None
        await identify(bot, sleep)
        return cls(bot, request, TelegramFiles(session, request, f"{root}/file/bot{token}"), clock, sleep, files)

    async def set_commands(
        self, commands: Commands, secretariat_commands: Commands, secretariat: Iterable[int]
    ) -> None:
        """Fill the command menus; `secretariat` are the private chats that see the second set."""
        await set_commands(self._bot, commands, secretariat_commands, secretariat, self._sleep)

    async def describe(self, texts: Mapping[str, str]) -> None:
        """Say, by language, what the bot is to whoever opens its empty chat."""
        await describe(self._bot, texts, self._sleep)

    async def register(self, public_url: str, secret: str) -> None:
        """Have updates posted to this application. May be called again at any time."""
        await register_webhook(self._bot, f"{public_url.rstrip('/')}{PATH}", secret, self._sleep)

    def routes(self, intake: Intake, secret: str) -> list[Route]:
        """The webhook. Raises ValueError when the secret is empty."""
        return [Route(PATH, Webhook(self._reception(intake), secret).post, methods=["POST"])]

    async def poll(self, intake: Intake) -> None:
        """Ask for updates until cancelled. Raises SetupFault when the token is refused."""
        await Polling(self._bot, self._request, self._reception(intake), self._sleep).run()

    async def aclose(self) -> None:
        """Wait for the answers to taps that are under way."""
        await self._answers.aclose()

    def _reception(self, intake: Intake) -> Reception:
        return Reception(intake, self._answers, self.bot_id, self.username, self._clock, self.notice)
