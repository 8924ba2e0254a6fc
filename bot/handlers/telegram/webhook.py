"""Updates that Telegram posts to us."""

import hmac
from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.handlers.telegram.reception import Reception
from bot.handlers.telegram.updates import decode

log = structlog.get_logger()

PATH = "/telegram/webhook"
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
# An update with the longest text, all its entities and the message it answers stays far below.
_LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Webhook:
    """Takes what bears the secret that was given to setWebhook."""

    reception: Reception
    secret: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("a webhook without a secret would take updates from anyone")

    async def post(self, request: Request) -> Response:
        """200 once the update's effects are committed. 401 without the secret, before anything is read; 413
        and 400 for a body that is too large or no update; 500 when it could not be taken, so that Telegram
        sends it again."""
        given = request.headers.get(_SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.secret.encode()):
            return Response(status_code=401)
        try:
            body = await _body(request)
            if body is None:
                return Response(status_code=413)
            update = decode(body)
        except (ValueError, ClientDisconnect):
            return Response(status_code=400)
        try:
            await self.reception.take(update)
        except Exception as error:
            log.error("update_not_taken", update=update.update_id, error=type(error).__name__)
            return Response(status_code=500)
        return Response(status_code=200)


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is known to be too large."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > _LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)
