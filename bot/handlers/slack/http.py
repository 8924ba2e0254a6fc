"""Slack over HTTP: events, interactivity and slash commands at one address.

The signature and its age are verified before anything is read from the body.
Source: docs.slack.dev, "Verifying requests from Slack".
"""

import json
from typing import Any
from urllib.parse import parse_qsl

from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_sdk.signature import Clock as VerifierClock
from slack_sdk.signature import SignatureVerifier
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.clock import Clock
from bot.handlers.slack.parse import Malformed
from bot.handlers.slack.receiver import Receiver

PATH = "/slack/events"
LONGEST = 1_000_000
"""Bytes: far more than Slack sends, and little enough to read from a stranger."""


def route(receiver: Receiver, signing_secret: str, clock: Clock) -> Route:
    """POST /slack/events: 401 for a wrong or stale signature, 400 for a malformed body, else the receiver's
    answer. Raises ValueError when the secret is empty."""
    verifier = SignatureVerifier(signing_secret, _VerifierClock(clock))

    async def receive(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return Response(status_code=413)
        if not _is_genuine(verifier, body, request.headers):
            return Response(status_code=401)
        try:
            payload = decode(body)
        except Malformed:
            return Response(status_code=400)
        return to_starlette_response(await receiver.dispatch(payload))

    return Route(PATH, receive, methods=["POST"])


def decode(body: bytes) -> dict[str, Any]:
    """The payload in a body: JSON, a form with JSON in its field `payload`, or a form. Raises Malformed."""
    try:
        text = body.decode()
        if text.lstrip().startswith(("{", "[")):
            payload = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError) as error:
        raise Malformed(type(error).__name__) from error
    if not isinstance(payload, dict):
        raise Malformed("not an object")
    return payload


async def _read(request: Request) -> bytes | None:
    """The body, or None when it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            return None
    return bytes(body)


def _is_genuine(verifier: SignatureVerifier, body: bytes, headers: Headers) -> bool:
    try:
        return verifier.is_valid_request(body, dict(headers))
    except (ValueError, TypeError, OverflowError):
        return False  # a timestamp that is no number, a body or a signature that is no text


class _VerifierClock(VerifierClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()
