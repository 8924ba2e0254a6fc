"""The parts of the Slack handler, connected."""

from collections.abc import Callable, Coroutine
from typing import Any, Self

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from bot.clock import Clock
from bot.flows.intake import Intake
from bot.handlers.slack import http, socket
from bot.handlers.slack.calls import call
from bot.handlers.slack.channels import channels
from bot.handlers.slack.files import SlackFiles
from bot.handlers.slack.parse import Identity
from bot.handlers.slack.people import DirectMessages, Profiles
from bot.handlers.slack.receiver import Receiver, sdk_log
from bot.handlers.slack.sender import SlackSender
from bot.outreach.delivery import NO_FILES, DeliveryFailed, Files, Refused
from bot.outreach.whereabouts import Know, unknown

log = structlog.get_logger()


class Slack:
    """One workspace: what it says goes to an intake, what it is told goes out by `sender`."""

    def __init__(
        self,
        client: AsyncWebClient,
        source: SlackFiles,
        identity: Identity,
        clock: Clock,
        signing_secret: str,
        app_token: str,
        elsewhere: Callable[[str], str],
        files: Files,
    ) -> None:
        self._client = client
        self._identity = identity
        self._clock = clock
        self._signing_secret = signing_secret
        self._app_token = app_token
        self._elsewhere = elsewhere
        self._profiles = Profiles(client, clock)
        self._direct_messages = DirectMessages(client, clock)
        self._receivers: list[Receiver] = []
        # Set by who keeps the list of channels and groups.
        self.know: Know = unknown
        self.team_id = identity.team
        self.source = source
        self.sender = SlackSender(client, self._direct_messages, identity.team, source, files)

    @classmethod
    async def connect(
        cls,
        bot_token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        clock: Clock,
        signing_secret: str = "",
        app_token: str = "",
        elsewhere: Callable[[str], str] = lambda language: "",
        files: Files = NO_FILES,
    ) -> Self:
        """Ask Slack who the bot is. `api_url` is the Web API's root; `elsewhere` gives, in a language, the
        words for who types the command in a channel: that the answer is in the conversation with the bot. `files` are
        what messages go with.

        Raises a DeliveryFailed, with Slack's code, when the token is not good or Slack cannot be reached. The
        session stays the caller's, proxies and all.
        """
        client = AsyncWebClient(bot_token, base_url=api_url, session=session, logger=sdk_log, retry_handlers=[])
        client.proxy = None  # the SDK takes one from the environment, even for the machine itself
        source = SlackFiles(client, session)
        return cls(client, source, await _identity(client), clock, signing_secret, app_token, elsewhere, files)

    def routes(self, intake: Intake, machine: Clock | None = None) -> list[Route]:
        """POST /slack/events; nothing without a signing secret, as nothing could be verified. A signature's age is
        told by the clock of the `machine`, where that is another one than people's."""
        if not self._signing_secret:
            return []
        return [http.route(self._receiver(intake), self._signing_secret, machine or self._clock)]

    def listen(self, intake: Intake) -> Coroutine[Any, Any, None]:
        """Socket Mode until cancelled."""
        return socket.listen(self._receiver(intake), self._client, self._app_token)

    async def look_around(self) -> None:
        """Find out which channels the bot is in, for who keeps the list. Without the scope for it there is none."""
        try:
            await self.know(self.sender.name, await channels(self._client))
        except DeliveryFailed as failure:
            log.warning("slack.channels_unknown", code=str(failure))

    async def aclose(self) -> None:
        """Finish what is under way."""
        for receiver in self._receivers:
            await receiver.aclose()

    def _receiver(self, intake: Intake) -> Receiver:
        receiver = Receiver(
            intake,
            self._client,
            self._identity,
            self._profiles,
            self._direct_messages,
            self._clock,
            self._elsewhere,
            self.look_around,
        )
        self._receivers.append(receiver)
        return receiver


async def _identity(client: AsyncWebClient) -> Identity:
    try:
        about = await call(client.auth_test())
    except Refused as refusal:
        log.warning("slack.identity_unknown", code=str(refusal))
        return Identity()
    return Identity(about.get("team_id") or "", about.get("user_id") or "", about.get("bot_id") or "")
