"""From a payload to the engine and to Slack's acknowledgement, by way of Bolt.

Bolt runs with `process_before_response`: it answers only when the listener has returned. So the
acknowledgement follows the engine's commit, and what the engine could not commit is answered 500, for Slack
to deliver again.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.events import Command, Event, FormChanged
from bot.chat.messages import Form
from bot.clock import Clock
from bot.flows.intake import Intake
from bot.flows.turn import Outcome
from bot.handlers.slack import render
from bot.handlers.slack.calls import call
from bot.handlers.slack.channels import moves
from bot.handlers.slack.parse import Identity, Payload, parse
from bot.handlers.slack.people import DirectMessages, Profiles
from bot.outreach.delivery import DeliveryFailed

ANYTHING = re.compile("")
PATIENCE = 1.0
"""Seconds for finding out where a command was typed, of the three that Slack waits."""
GONE = ("app_uninstalled", "tokens_revoked")

log = structlog.get_logger()

sdk_log = logging.getLogger("bot.handlers.slack.sdk")
"""What Slack's libraries log holds payloads, and addresses with tickets in them: none of it is written."""
sdk_log.setLevel(logging.CRITICAL + 1)


class Receiver:
    """Takes payloads, however they arrive."""

    def __init__(
        self,
        intake: Intake,
        client: AsyncWebClient,
        identity: Identity,
        profiles: Profiles,
        direct_messages: DirectMessages,
        clock: Clock,
        elsewhere: Callable[[str], str],
        look_around: Callable[[], Awaitable[None]],
    ) -> None:
        """`look_around` finds out which channels the bot is in."""
        self._look_around = look_around
        self._intake = intake
        self._client = client
        self._identity = identity
        self._profiles = profiles
        self._direct_messages = direct_messages
        self._clock = clock
        self._elsewhere = elsewhere
        self._showing: set[asyncio.Task[None]] = set()
        self._app = self._bolt(client.token or "")

    async def dispatch(self, payload: Payload) -> BoltResponse:
        """Bolt's answer: 200 when the event was taken or is none of ours, 400 when the payload is not one of
        Slack's, 404 for what the bot does not offer, 500 when the engine could not take it."""
        try:
            event = parse(payload, self._identity, self._clock())
            # In this mode Bolt takes a payload that has been decoded. Its own decoding of a body loses every
            # slash command that has the word "payload" in it.
            request = AsyncBoltRequest(body=dict(payload), mode="socket_mode")
        except (ValueError, TypeError, AttributeError, KeyError):
            # Malformed is a ValueError; Bolt reads fields of its own, and raises what it comes by.
            return BoltResponse(status=400, body="")
        request.context["parsed"] = event
        return await self._app.async_dispatch(request)

    async def aclose(self) -> None:
        """Wait until the forms that are being opened are open."""
        await asyncio.gather(*self._showing)

    def _bolt(self, token: str) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=self._identity.team,
                bot_token=token,
                bot_id=self._identity.bot,
                bot_user_id=self._identity.user,
            )

        app = AsyncApp(
            logger=sdk_log,
            name="engage",
            client=self._client,
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            raise_error_for_unhandled_request=True,
            attaching_function_token_enabled=False,
        )
        app.error(_failed)
        app.event(ANYTHING)(self._on_event)
        app.command(ANYTHING)(self._on_command)
        app.action({"type": "block_actions", "action_id": ANYTHING})(self._on_action)
        app.view(ANYTHING)(self._on_submission)
        return app

    async def _on_event(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        if body["event"]["type"] in GONE:
            log.error("slack.app_removed", reason=body["event"]["type"])
        if moves(body["event"], self._identity.user):
            await self._look_around()
        if event := context["parsed"]:
            await self._take(event)
        await ack()

    async def _on_command(self, context: AsyncBoltContext, ack: AsyncAck) -> None:
        command: Command = context["parsed"]
        here = await self._is_with_us(command)
        if not here:
            command = replace(command, origin=replace(command.origin, chat=""))
        event, outcome = await self._take(command)
        if outcome.form:
            self._open(event.origin.trigger, outcome.form)
        words = "" if here else self._elsewhere(event.origin.profile.language)
        await (ack(words, response_type="ephemeral") if words else ack())

    async def _on_action(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        event, outcome = await self._take(context["parsed"])
        if outcome.form and isinstance(event, FormChanged):
            view = render.form(outcome.form)
            self._show(self._client.views_update(view_id=event.view, hash=body["view"].get("hash"), view=view))
        elif outcome.form:
            self._open(event.origin.trigger, outcome.form)
        await ack()

    async def _on_submission(self, context: AsyncBoltContext, ack: AsyncAck) -> None:
        _, outcome = await self._take(context["parsed"])
        if outcome.errors:
            await ack(response_action="errors", errors=dict(outcome.errors))
        elif outcome.form:
            await ack(response_action="update", view=render.form(outcome.form))
        else:
            await ack(response_action="clear")

    async def _take(self, event: Event) -> tuple[Event, Outcome]:
        """The event with what is known of its person, and what the engine made of it."""
        origin = event.origin
        user = origin.account.user
        if origin.chat and origin.private:
            self._direct_messages.learn(user, origin.chat)
        event = replace(event, origin=replace(origin, profile=await self._profiles.of(user)))
        return event, await self._intake.take(event)

    async def _is_with_us(self, command: Command) -> bool:
        """Whether the command was typed where the bot can answer: people can type it to each other, too."""
        if not command.origin.chat:
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._direct_messages.of(command.origin.account.user) == command.origin.chat
        except (DeliveryFailed, TimeoutError):
            return False

    def _open(self, trigger: str, form: Form) -> None:
        self._show(self._client.views_open(trigger_id=trigger, view=render.form(form)))

    def _show(self, request: Coroutine[Any, Any, AsyncSlackResponse]) -> None:
        """Beside the acknowledgement, which must not wait. When it fails, a message offers the same."""
        showing = asyncio.create_task(_shown(request))
        self._showing.add(showing)
        showing.add_done_callback(self._showing.discard)


async def _shown(request: Coroutine[Any, Any, AsyncSlackResponse]) -> None:
    try:
        await call(request)
    except DeliveryFailed as failure:
        log.warning("slack.form_not_shown", code=str(failure))


async def _failed(error: Exception) -> BoltResponse:
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=404, body="")
    log.error("slack.event_not_taken", error=type(error).__name__)
    return BoltResponse(status=500, body="")
