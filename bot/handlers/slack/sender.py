"""Sending: chat.postMessage, chat.update, views.publish."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.messages import Home, Say
from bot.handlers.slack import render
from bot.handlers.slack.calls import call
from bot.handlers.slack.people import DirectMessages
from bot.outreach.delivery import Delivery, DeliveryFailed, Refused, Sent, SetupFault, Unreachable

NOT_EDITABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


class SlackSender:
    """The sender of one workspace. Nothing is retried here: the outbox decides that."""

    def __init__(self, client: AsyncWebClient, direct_messages: DirectMessages, team: str) -> None:
        self._client = client
        self._direct_messages = direct_messages
        self._name = f"slack:{team}"

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
        content = render.say(message)
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
