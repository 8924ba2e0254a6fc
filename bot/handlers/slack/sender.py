"""Sending: chat.postMessage, chat.update, views.publish."""

import asyncio

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.messages import File, Home, Say
from bot.handlers.slack import render
from bot.handlers.slack.calls import call
from bot.handlers.slack.files import GONE, SlackFiles
from bot.handlers.slack.people import DirectMessages
from bot.outreach.delivery import (
    Delivery,
    DeliveryFailed,
    Files,
    Interrupted,
    RateLimited,
    Refused,
    Sent,
    SetupFault,
    Unreachable,
)

NOT_EDITABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
UPLOADING = 12.0
"""Seconds that a picture may take; nobody has seen anything of it then, and its message is tried again."""
NO_FILES_HERE = frozenset({"missing_scope", "not_allowed_token_type", "no_permission"})

log = structlog.get_logger()


class SlackSender:
    """The sender of one workspace. Nothing is retried here: the outbox decides that.

    A picture stands in its message. A document is a message of its own, before the one with the words: between the two
    a crash leaves the document, and it is sent once more with the words.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        direct_messages: DirectMessages,
        team: str,
        slack_files: SlackFiles,
        files: Files,
    ) -> None:
        self._client = client
        self._direct_messages = direct_messages
        self._name = f"slack:{team}"
        self._slack_files = slack_files
        self._files = files

    @property
    def name(self) -> str:
        return self._name

    async def deliver(self, delivery: Delivery) -> Sent:
        """As `bot.outreach.delivery.Sender` says. A conversation that is gone is looked for once more."""
        try:
            match delivery.message:
                case Home():
                    return await self._publish(delivery.account.user, delivery.message)
                case Say():
                    return await self._say(delivery.account.user, delivery.chat, delivery.message)
        except SetupFault as fault:
            # The same word for a deactivated person and for a deactivated bot.
            if str(fault) == "account_inactive" and await self._is_authorised():
                raise Unreachable(str(fault)) from fault
            raise

    async def _publish(self, user: str, home: Home) -> Sent:
        await call(self._client.views_publish(user_id=user, view=render.home(home)))
        return Sent("", "")

    async def _say(self, user: str, chat: str, message: Say) -> Sent:
        here = chat or await self._direct_messages.of(user)
        try:
            return await self._put(here, message)
        except Unreachable as gone:
            if str(gone) != "channel_not_found":
                raise
            anew = await self._direct_messages.open(user)
            if anew == here:
                raise
            return await self._put(anew, message)

    async def _put(self, chat: str, message: Say) -> Sent:
        file = message.file
        if file is None:
            return await self._post(chat, message, "")
        if file.kind == "picture":
            return await self._post_with_picture(chat, message, await self._picture(file), file)
        if not await self._share(chat, file):
            return await self._post(chat, message, "")
        try:
            return await self._post(chat, message, "")
        except (RateLimited, Interrupted) as interruption:
            raise Interrupted(str(interruption), unknown=True) from interruption

    async def _picture(self, file: File) -> str:
        """What Slack calls it, uploaded if need be; empty when it is gone or Slack does not let us."""
        if reference := await self._files.reference(file.id, self._name):
            return reference
        content = await self._files.load(file.id)
        if content is None:
            return ""
        try:
            async with asyncio.timeout(UPLOADING):
                reference = await self._slack_files.upload(content)
                await self._files.remember(file.id, self._name, reference)
                ready = await self._slack_files.becomes_ready(reference)
        except TimeoutError as error:
            raise Interrupted("upload_slow", unknown=False) from error
        except SetupFault as fault:
            return self._without(fault)
        if not ready:
            raise Interrupted("file_not_ready", unknown=False)
        return reference

    async def _post_with_picture(self, chat: str, message: Say, picture: str, file: File) -> Sent:
        """A picture that Slack has deleted is uploaded anew the next time; one that it does not take is left out."""
        try:
            return await self._post(chat, message, picture)
        except Refused as refusal:
            if not picture or str(refusal) != "invalid_blocks":
                raise
        try:
            ready = await self._slack_files.is_ready(picture)
        except Refused as refusal:
            if str(refusal) not in GONE:
                raise
            await self._files.remember(file.id, self._name, "")
            raise Interrupted("file_gone", unknown=False) from refusal
        if not ready:
            raise Interrupted("file_not_ready", unknown=False)
        log.warning("slack.picture_left_out", file=file.id)
        return await self._post(chat, message, "")

    async def _share(self, chat: str, file: File) -> bool:
        """Whether the document is now in the conversation."""
        content = await self._files.load(file.id)
        if content is None:
            return False
        try:
            await self._slack_files.upload(content, chat)
        except SetupFault as fault:
            return bool(self._without(fault))
        return True

    def _without(self, fault: SetupFault) -> str:
        """Words need not wait for the right to send files."""
        if str(fault) not in NO_FILES_HERE:
            raise fault
        log.error("slack.files_not_allowed", code=str(fault))
        return ""

    async def _post(self, chat: str, message: Say, picture: str) -> Sent:
        content = render.say(message, picture)
        if message.edits:
            try:
                answer = await call(self._client.chat_update(channel=chat, ts=message.edits, **content))
                return Sent(message.edits, str(answer.get("channel") or chat))
            except Refused as refusal:
                if str(refusal) not in NOT_EDITABLE:
                    raise
        answer = await call(
            self._client.chat_postMessage(channel=chat, unfurl_links=False, unfurl_media=False, **content),
            repeatable=False,
        )
        return Sent(str(answer["ts"]), str(answer.get("channel") or chat))

    async def _is_authorised(self) -> bool:
        try:
            await call(self._client.auth_test())
        except DeliveryFailed:
            return False
        return True
