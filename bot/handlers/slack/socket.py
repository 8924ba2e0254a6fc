"""Slack without a public address: Socket Mode.

Envelopes are taken side by side, and each is acknowledged after the engine's commit; one that is not, Slack
delivers again. Source: docs.slack.dev, "Using Socket Mode".
"""

import asyncio
from time import time
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.slack.calls import call
from bot.handlers.slack.receiver import Receiver, sdk_log

PING_INTERVAL = 5.0
"""Seconds; also how long after a lost connection a new one is tried."""
ADDRESS_LIFE = 20.0
"""Seconds for which one address is tried."""
FAREWELL = 5.0
"""Seconds that envelopes which have arrived are given when the bot stops."""

log = structlog.get_logger()


async def listen(receiver: Receiver, client: AsyncWebClient, app_token: str) -> None:
    """Take envelopes until cancelled, over as many connections as it needs.

    Raises a DeliveryFailed when Slack does not give out an address at the start (a wrong app token, for one).
    """
    answer = await call(client.apps_connections_open(app_token=app_token))
    connection = _Connection(app_token, client, receiver)
    connection.wss_uri = str(answer["url"])
    if proxy_bypass(urlsplit(connection.wss_uri).hostname or ""):
        connection.proxy = None  # the SDK takes the environment's proxy without asking what it is not for
    try:
        await connection.connect()
        await asyncio.Event().wait()
    finally:
        await connection.finish()


class _Connection(SocketModeClient):
    """Slack's client, which reconnects by itself."""

    def __init__(self, app_token: str, client: AsyncWebClient, receiver: Receiver) -> None:
        super().__init__(app_token, logger=sdk_log, web_client=client, ping_interval=PING_INTERVAL)
        self._receiver = receiver
        self._taking: set[asyncio.Task[None]] = set()
        self.socket_mode_request_listeners.append(self._arrived)

    async def connect(self) -> None:
        """The client would try one address for ever, though an address is good for one connection and a short
        while only: another is asked for in time."""
        while not self.closed:
            try:
                async with asyncio.timeout(ADDRESS_LIFE):
                    await super().connect()  # type: ignore[no-untyped-call]  # Slack's client has no types here
                log.info("slack.socket_connected")
                return
            except TimeoutError:
                log.warning("slack.socket_not_connected")
                self.wss_uri = None

    async def finish(self) -> None:
        """Take nothing new, acknowledge what was taken, leave."""
        if self.message_receiver is not None:
            self.message_receiver.cancel()
        if self._taking:
            await asyncio.wait(self._taking, timeout=FAREWELL)
        await self.close()  # type: ignore[no-untyped-call]  # Slack's client has no types here

    async def _arrived(self, _: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        taking = asyncio.create_task(self._take(request))
        self._taking.add(taking)
        taking.add_done_callback(self._taking.discard)

    async def _take(self, request: SocketModeRequest) -> None:
        started = time()
        response = await self._receiver.dispatch(request.payload)
        try:
            await send_async_response(self, request, response, started)
        except (ConnectionError, RuntimeError) as error:
            log.warning("slack.envelope_not_acknowledged", error=type(error).__name__)
