"""A Bot API server that only hands on: what the bot says goes straight to the person it is for.

The shapes are those of core.telegram.org/bots/api. Everything else that a server does (limits, errors, delays) is the
sandbox's business; here it would only blur what the bot costs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

import orjson

from benchmarks.wire import Served

BOT = {"id": 110201543, "is_bot": True, "first_name": "4 per 1000", "username": "FourPer1000Bot"}
TOKEN = f"{BOT['id']}:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

How = Literal["sent", "edited"]


class Reader(Protocol):
    """Who a private chat is with."""

    def receive(self, how: How, message: dict[str, Any]) -> None:
        """Takes a Message object as the Bot API documents it."""
        ...


@dataclass(slots=True)
class Api:
    """The server's memory: who reads which chat. `url` is the root before `/bot<token>/`; `strays` are messages to
    people who have gone, which a bot that says everything once does not send."""

    url: str = ""
    strays: int = 0
    readers: dict[int, Reader] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1000))

    def answer(self, path: bytes, body: bytes) -> tuple[int, bytes]:
        """What the Bot API answers to a call."""
        if not path.startswith(b"/bot%s/" % TOKEN.encode()):
            return 401, b'{"ok":false,"error_code":401,"description":"Unauthorized"}'
        parameters = dict(parse_qsl(body.decode()))
        match path.rpartition(b"/")[2]:
            case b"answerCallbackQuery" | b"setMyCommands" | b"setWebhook":
                result: Any = True
            case b"editMessageText":
                result = self._hand_on("edited", parameters, int(parameters["message_id"]))
            case b"sendMessage":
                result = self._hand_on("sent", parameters, next(self._numbers))
            case b"getMe":
                result = BOT | {"can_join_groups": True, "supports_inline_queries": False}
            case b"getWebhookInfo":
                result = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            case _:
                return 404, b'{"ok":false,"error_code":404,"description":"Not Found: method not found"}'
        return 200, b'{"ok":true,"result":%s}' % orjson.dumps(result)

    def _hand_on(self, how: How, parameters: dict[str, str], number: int) -> dict[str, Any]:
        chat = int(parameters["chat_id"])
        message = {
            "message_id": number,
            "from": BOT,
            "chat": {"id": chat, "type": "private", "first_name": "Awa"},
            "date": int(time.time()),
            "text": parameters["text"],
        }
        if "reply_markup" in parameters:
            message["reply_markup"] = orjson.loads(parameters["reply_markup"])
        if how == "edited":
            message["edit_date"] = message["date"]
        if reader := self.readers.get(chat):
            reader.receive(how, message)
        else:
            self.strays += 1
        return message


@asynccontextmanager
async def serve() -> AsyncIterator[Api]:
    """A server on a free port of this machine."""
    api = Api()
    server = await asyncio.get_running_loop().create_server(lambda: Served(api.answer), "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
