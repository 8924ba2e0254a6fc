"""Files in Slack: uploaded in three steps, ready some seconds later, and fetched with the bot's token.

Sources: docs.slack.dev, "Working with files", the Slack file object, and the methods files.*.
"""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.download import download
from bot.handlers.slack.calls import PATIENCE, call
from bot.outreach.delivery import TOO_LARGE, Content, Interrupted, RateLimited, Refused

GONE = frozenset({"file_not_found", "file_deleted", "files_hidden_by_limit"})
LOOKS = (0.3, 0.7, 1.5, 2.5)
"""Seconds to wait before each look whether Slack is through with a file; after that the outbox waits."""

Sleep = Callable[[float], Awaitable[None]]


class SlackFiles:
    """One workspace's. The session stays the caller's."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._session = session
        self._sleep = sleep

    async def upload(self, content: Content, chat: str = "") -> str:
        """Slack's id of the file, which only the bot can see, until a message shows it; with a `chat` it is a message
        of its own there. Raises a DeliveryFailed; once it may have been seen, its outcome is unknown."""
        about = await call(self._client.files_getUploadURLExternal(filename=content.name, length=len(content.data)))
        await self._hand_over(str(about["upload_url"]), content.data)
        id = str(about["file_id"])
        await call(
            self._client.files_completeUploadExternal(
                files=[{"id": id, "title": content.name}], channel_id=chat or None
            ),
            repeatable=not chat,
        )
        return id

    async def is_ready(self, id: str) -> bool:
        """Whether Slack is through with the file: before that, no message can show it. Raises Refused, with a code
        of GONE, when it is there no longer."""
        about = await call(self._client.files_info(file=id))
        return bool((about.get("file") or {}).get("mimetype"))

    async def becomes_ready(self, id: str) -> bool:
        """Whether it is ready before long."""
        for seconds in LOOKS:
            if await self.is_ready(id):
                return True
            await self._sleep(seconds)
        return await self.is_ready(id)

    async def fetch(self, id: str, most: int) -> bytes:
        """See `Source.fetch`."""
        about = (await call(self._client.files_info(file=id))).get("file") or {}
        address = about.get("url_private_download") or about.get("url_private")
        if not address:
            raise Refused("no_address")
        if int(about.get("size") or 0) > most:
            raise Refused(TOO_LARGE)
        return await download(self._session, address, {"Authorization": f"Bearer {self._client.token}"}, most)

    async def _hand_over(self, address: str, data: bytes) -> None:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with self._session.post(address, data=data, timeout=timeout) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError) as error:
            raise Interrupted("upload_lost", unknown=False) from error
        if status == 429:
            raise RateLimited("ratelimited", 30)
        if status >= 500:
            raise Interrupted(f"upload_{status}", unknown=False)
        if status != 200:
            raise Refused(f"upload_{status}")
