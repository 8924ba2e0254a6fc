"""Handing messages to Telegram."""

from dataclasses import dataclass
from typing import Any

from telegram.error import BadRequest, TelegramError

from bot.chat.messages import Home
from bot.handlers.telegram.failures import NOT_MODIFIED, code, failure, is_uneditable
from bot.handlers.telegram.render import Part, render
from bot.handlers.telegram.request import AiohttpRequest
from bot.outreach.delivery import Delivery, Interrupted, RateLimited, Refused, Sent

_NO_PREVIEW = '{"is_disabled":true}'


@dataclass(frozen=True, slots=True)
class TelegramSender:
    """One bot's way out. A message that needs several Telegram messages is sent in order, and is known by
    the id of the last, which has its buttons."""

    request: AiohttpRequest
    username: str

    @property
    def name(self) -> str:
        """One word, since an account on Telegram does not say which bot it met."""
        return "telegram"

    async def deliver(self, delivery: Delivery) -> Sent:
        """See `Sender.deliver`. Once the first of several parts is out, any wait or interruption leaves the
        outcome unknown, because sending again would repeat that part."""
        message = delivery.message
        if isinstance(message, Home):
            raise Refused("telegram has no home")
        parts = render(message, self.username)
        if not parts:
            raise Refused("message text is empty")
        # The private conversation with a person has the person's own id.
        chat = delivery.chat or delivery.account.user
        message_id = ""
        for number, part in enumerate(parts):
            try:
                message_id = await self._put(chat, part, "" if number else message.edits)
            except (RateLimited, Interrupted) as interruption:
                if not number:
                    raise
                raise Interrupted(str(interruption), unknown=True) from interruption
        return Sent(message_id, chat)

    async def _put(self, chat: str, part: Part, edits: str) -> str:
        """Edit that message, or send a new one when there is none to edit; gives its id."""
        try:
            # An id with anything but digits is of another platform's message.
            if edits.isdecimal() and await self._edit(chat, part, edits):
                return edits
            return await self._send(chat, part)
        except TelegramError as error:
            raise failure(error) from error

    async def _edit(self, chat: str, part: Part, message_id: str) -> bool:
        """Whether the message could be edited; one that says so already counts."""
        # The empty keyboard is what takes the old buttons away.
        changes = _parameters(chat, part) | {
            "message_id": message_id,
            "reply_markup": {"inline_keyboard": part.keyboard},
        }
        try:
            await self.request.call("editMessageText", changes)
        except BadRequest as error:
            if code(error).startswith(NOT_MODIFIED):
                return True
            if is_uneditable(error):
                return False
            raise
        return True

    async def _send(self, chat: str, part: Part) -> str:
        parameters = _parameters(chat, part)
        if part.keyboard:
            parameters["reply_markup"] = {"inline_keyboard": part.keyboard}
        answer = await self.request.call("sendMessage", parameters)
        try:
            return str(answer["message_id"])
        except (KeyError, TypeError) as error:
            raise TelegramError("Invalid server response") from error


def _parameters(chat: str, part: Part) -> dict[str, Any]:
    return {"chat_id": chat, "text": part.html, "parse_mode": "HTML", "link_preview_options": _NO_PREVIEW}
