"""Handing messages to Telegram."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import InputFile
from telegram.error import BadRequest, TelegramError

from bot.chat.messages import File, Home
from bot.handlers.telegram.failures import (
    NO_TEXT,
    NOT_MODIFIED,
    code,
    failure,
    is_no_photo,
    is_uneditable,
    is_unknown_file,
)
from bot.handlers.telegram.render import Part, render
from bot.handlers.telegram.request import AiohttpRequest
from bot.outreach.delivery import NO_FILES, Delivery, Files, Interrupted, RateLimited, Refused, Sent

_NO_PREVIEW = '{"is_disabled":true}'
LARGEST_PHOTO = 10 * 1024 * 1024
"""Bytes; a larger picture goes as a document."""

Offer = Callable[[str, str | InputFile], Awaitable[Any]]
"""A call that takes a `photo` or a `document`: what Telegram calls the file already, or the file itself."""


@dataclass(frozen=True, slots=True)
class TelegramSender:
    """One bot's way out. A message that needs several Telegram messages is sent in order, and is known by
    the id of the last, which has its buttons."""

    request: AiohttpRequest
    username: str
    files: Files = NO_FILES

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
        edits = message.edits
        if len(parts) > 1 and message.file is not None and edits.isdecimal():
            # A picture and the text after it cannot take the place of one message.
            await self._take_buttons_away(chat, edits)
            edits = ""
        message_id = ""
        for number, part in enumerate(parts):
            try:
                message_id = await self._put(chat, part, "" if number else edits) or message_id
            except (RateLimited, Interrupted) as interruption:
                if not number:
                    raise
                raise Interrupted(str(interruption), unknown=True) from interruption
        if not message_id:
            raise Refused("the file is gone")
        return Sent(message_id, chat)

    async def _put(self, chat: str, part: Part, edits: str) -> str:
        """Edit that message, or send a new one when there is none to edit; gives its id. Where the part's file is gone
        its words are said without it, and nothing when there are none."""
        try:
            # An id with anything but digits is of another platform's message.
            if edits.isdecimal() and await self._edit(chat, part, edits):
                return edits
            return await self._send(chat, part)
        except TelegramError as error:
            raise failure(error) from error

    async def _edit(self, chat: str, part: Part, message_id: str) -> bool:
        """Whether the message could be edited; one that says so already counts."""
        try:
            if part.file is None or not await self._edit_media(chat, part, part.file, message_id):
                # The empty keyboard is what takes the old buttons away.
                changes = _text(chat, part) | {"message_id": message_id, "reply_markup": _markup(part)}
                await self.request.call("editMessageText", changes)
        except BadRequest as error:
            if code(error).startswith(NOT_MODIFIED):
                return True
            if code(error).startswith(NO_TEXT):
                # A picture cannot become words: it stays, and what its buttons led to comes anew.
                await self._take_buttons_away(chat, message_id)
            if is_uneditable(error):
                return False
            raise
        return True

    async def _edit_media(self, chat: str, part: Part, file: File, message_id: str) -> bool:
        """Whether there is still a file to put into the message."""

        async def edit(kind: str, given: str | InputFile) -> Any:
            media = {"type": kind, "caption": part.html, "parse_mode": "HTML"}
            media["media"] = given if isinstance(given, str) else "attach://file"
            changes = {"chat_id": chat, "message_id": message_id, "media": media, "reply_markup": _markup(part)}
            return await self.request.call("editMessageMedia", changes, uploads=_upload("file", given))

        return await self._offer(file, edit) is not None

    async def _send(self, chat: str, part: Part) -> str:
        if part.file is not None and (sent := await self._send_file(chat, part, part.file)) is not None:
            return _id(sent)
        if not part.html:
            return ""
        parameters = _text(chat, part)
        if part.keyboard:
            parameters["reply_markup"] = _markup(part)
        return _id(await self.request.call("sendMessage", parameters))

    async def _send_file(self, chat: str, part: Part, file: File) -> Any:
        """The message that was sent, or None when the file is gone."""

        async def send(kind: str, given: str | InputFile) -> Any:
            parameters: dict[str, Any] = {"chat_id": chat, "caption": part.html, "parse_mode": "HTML"}
            if isinstance(given, str):
                parameters[kind] = given
            if part.keyboard:
                parameters["reply_markup"] = _markup(part)
            method = "sendPhoto" if kind == "photo" else "sendDocument"
            return await self.request.call(method, parameters, uploads=_upload(kind, given))

        return await self._offer(file, send)

    async def _offer(self, file: File, offer: Offer) -> Any:
        """What Telegram answers to the file: to what it calls it already, else to its bytes. A picture that it does
        not take as a photo is a document. None when the file is gone."""
        kinds = ("photo", "document") if file.kind == "picture" else ("document",)
        for kind in kinds:
            if reference := await self.files.reference(file.id, _holder(kind)):
                try:
                    return await offer(kind, reference)
                except BadRequest as error:
                    if not is_unknown_file(error):
                        raise
                    await self.files.remember(file.id, _holder(kind), "")
        content = await self.files.load(file.id)
        if content is None:
            return None
        for kind in kinds:
            if kind == "photo" and len(content.data) > LARGEST_PHOTO:
                continue
            try:
                answer = await offer(kind, InputFile(content.data, filename=_filename(content.name)))
            except BadRequest as error:
                if kind == "photo" and is_no_photo(error):
                    continue
                raise
            if reference := _reference(answer, kind):
                await self.files.remember(file.id, _holder(kind), reference)
            return answer
        return None

    async def _take_buttons_away(self, chat: str, message_id: str) -> None:
        """From a message that another one comes after. That it cannot be done is no reason not to say the other."""
        bare = {"chat_id": chat, "message_id": message_id, "reply_markup": {"inline_keyboard": []}}
        try:
            await self.request.call("editMessageReplyMarkup", bare)
        except TelegramError:
            return


def _text(chat: str, part: Part) -> dict[str, Any]:
    return {"chat_id": chat, "text": part.html, "parse_mode": "HTML", "link_preview_options": _NO_PREVIEW}


def _markup(part: Part) -> dict[str, Any]:
    return {"inline_keyboard": part.keyboard}


def _upload(name: str, given: str | InputFile) -> dict[str, InputFile]:
    return {} if isinstance(given, str) else {name: given}


def _filename(name: str) -> str:
    """Without what would end the name within a request's header."""
    return "".join(" " if character in '"\\' or not character.isprintable() else character for character in name)


def _holder(kind: str) -> str:
    """Telegram knows a file as what it was sent as, and by no other kind."""
    return f"telegram {kind}"


def _id(answer: Any) -> str:
    try:
        return str(answer["message_id"])
    except (KeyError, TypeError) as error:
        raise TelegramError("Invalid server response") from error


def _reference(answer: Any, kind: str) -> str:
    """What Telegram calls the file from now on; a photo's largest size stands last."""
    try:
        return str(answer["photo"][-1]["file_id"] if kind == "photo" else answer["document"]["file_id"])
    except (KeyError, TypeError, IndexError):
        return ""
