"""Files that people send on Telegram."""

from dataclasses import dataclass

from aiohttp import ClientSession
from telegram.error import BadRequest, TelegramError

from bot.handlers.download import download
from bot.handlers.telegram.failures import code, failure
from bot.handlers.telegram.request import AiohttpRequest
from bot.outreach.delivery import TOO_LARGE, Interrupted, Refused


@dataclass(frozen=True, slots=True)
class TelegramFiles:
    """Fetches below `root` (`https://api.telegram.org/file/bot<token>`) what getFile tells the path of."""

    session: ClientSession
    request: AiohttpRequest
    root: str

    async def fetch(self, id: str, most: int) -> bytes:
        """See `Source.fetch`."""
        try:
            about = await self.request.call("getFile", {"file_id": id})
        except BadRequest as error:
            if code(error) == "file is too big":
                raise Refused(TOO_LARGE) from error
            if "temporarily unavailable" in error.message:
                raise Interrupted("temporarily unavailable", unknown=False) from error
            raise failure(error) from error
        except TelegramError as error:
            raise failure(error) from error
        try:
            path, size = str(about["file_path"]), int(about.get("file_size") or 0)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Interrupted("invalid server response", unknown=False) from error
        if size > most:
            raise Refused(TOO_LARGE)
        return await download(self.session, f"{self.root}/{path}", {}, most)
