"""How Slack reaches the app: signed requests or Socket Mode, three seconds to acknowledge, retries of events.

Source: docs.slack.dev/apis/events-api#retries, /authentication/verifying-requests-from-slack.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from sandbox.calls import Call
from sandbox.clock import Changes
from sandbox.faults import Fault
from sandbox.receipt import Receipt
from sandbox.slack.payloads import event_callback
from sandbox.slack.socket_mode import Sockets
from sandbox.slack.state import Slack
from sandbox.wire import JSON
from sandbox.world import World

PATIENCE_WHEN_LENIENT = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one delivery; `reason` is Slack's word for a failure, `body` what the app answered."""

    acknowledged: bool
    status: int = 0
    reason: str | None = None
    body: Any = None
    final: bool = False
    """The app asked not to be tried again (X-Slack-No-Retry)."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to deliver: `kind` is its Socket Mode type, `form` its HTTP body when it is not JSON."""

    kind: str
    name: str
    person: str | None
    url: str | None
    payload: JSON
    form: JSON | None = None


class Delivery:
    """Brings events, interactions and commands to the app, and knows what was acknowledged."""

    def __init__(self, world: World, session: aiohttp.ClientSession, sockets: Sockets) -> None:
        self._world = world
        self._session = session
        self.sockets = sockets
        self._tasks: set[asyncio.Task[None]] = set()
        self._delivered = Changes()

    @property
    def _slack(self) -> Slack:
        return self._world.slack

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background for as long as the sandbox runs."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def event(self, event: JSON) -> Receipt | None:
        """Deliver an event, with Slack's retries; None when the app did not subscribe to it."""
        slack = self._slack
        kind = event["type"]
        name = f"message.{'im' if event['channel_type'] == 'im' else 'channels'}" if kind == "message" else kind
        if name not in slack.events or not (slack.installed or kind in ("app_uninstalled", "tokens_revoked")):
            return None
        persona = slack.persona(str(event.get("user")))
        parcel = Parcel(
            "events_api", name, persona.id if persona else None, slack.events_url, event_callback(slack, event)
        )
        receipt = Receipt()
        self.run(self._deliver_event(parcel, receipt))
        return receipt

    async def _deliver_event(self, parcel: Parcel, receipt: Receipt) -> None:
        fault = self._world.faults.take("slack", parcel.name, parcel.person, delivery=True)
        if fault and fault.kind == "out_of_order":
            await self._delivered.after(self._delivered.number, fault.seconds)
        reply = await self._attempt(parcel, 0, None, fault)
        delays = self._slack.retry_delays if self._world.is_strict("slack.event_retry") else ()
        for number, delay in enumerate(delays, start=1):
            if reply.acknowledged or reply.final:
                break
            await asyncio.sleep(delay)
            reply = await self._attempt(parcel, number, reply.reason, None)
        if fault and fault.kind == "duplicate":
            await self._attempt(parcel, 1, "http_timeout", fault)
        receipt.finish(reply.acknowledged)
        if reply.acknowledged:
            self._delivered.touch()

    async def interact(self, parcel: Parcel) -> Reply:
        """Deliver an interaction or a command, once."""
        fault = self._world.faults.take("slack", parcel.name, parcel.person, delivery=True)
        if fault and fault.kind == "out_of_order":
            await self._delivered.after(self._delivered.number, fault.seconds)
        reply = await self._attempt(parcel, 0, None, fault)
        if fault and fault.kind == "duplicate":
            await self._attempt(parcel, 0, None, fault)
        if reply.acknowledged:
            self._delivered.touch()
        return reply

    async def _attempt(self, parcel: Parcel, number: int, reason: str | None, fault: Fault | None) -> Reply:
        shown = parcel.payload if parcel.form is None else parcel.form
        call = Call(
            0, self._world.now, "slack", "to_bot", parcel.name, parcel.person, _without_token(shown), number + 1
        )
        call.fault = fault.kind if fault else None
        started = time.perf_counter()
        seconds = self._slack.acknowledge_within
        if not self._world.is_strict("slack.acknowledge"):
            seconds = PATIENCE_WHEN_LENIENT
        if self.sockets.connected:
            reply = await self._by_socket(parcel, number, reason, seconds)
        elif parcel.url:
            reply = await self._by_http(parcel, number, reason, seconds)
        else:
            reply = Reply(False, reason="connection_failed")
        call.milliseconds = round((time.perf_counter() - started) * 1000, 2)
        call.status, call.ok, call.error, call.answer = (
            reply.status,
            reply.acknowledged,
            reply.reason,
            reply.body,
        )
        self._world.calls.add(call)
        return reply

    async def _by_socket(self, parcel: Parcel, number: int, reason: str | None, seconds: float) -> Reply:
        payload = parcel.payload if parcel.form is None else parcel.form
        try:
            body = await self.sockets.deliver(parcel.kind, payload, number, reason or "", seconds)
        except TimeoutError:
            return Reply(False, reason="timeout")
        except ConnectionError:
            return Reply(False, reason="connection_failed")
        return Reply(True, 200, body=body)

    async def _by_http(self, parcel: Parcel, number: int, reason: str | None, seconds: float) -> Reply:
        content_type, body = "application/json", orjson.dumps(parcel.payload)
        if parcel.form is not None:
            content_type, body = "application/x-www-form-urlencoded", urlencode(parcel.form).encode()
        elif parcel.kind == "interactive":
            content_type = "application/x-www-form-urlencoded"
            body = urlencode({"payload": body.decode()}).encode()
        headers = signed(self._slack.signing_secret, body, int(time.time())) | {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason or "unknown_error"}
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(
                parcel.url or "", data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                answer = _decoded(await response.read())
                final = response.headers.get("X-Slack-No-Retry") == "1"
                good = 200 <= response.status < 300
                return Reply(good, response.status, None if good else "http_error", answer, final)
        except TimeoutError:
            return Reply(False, reason="http_timeout")
        except aiohttp.ClientError:
            return Reply(False, reason="connection_failed")


def signed(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The headers that prove a request to come from Slack; `timestamp` in real seconds since 1970."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": signature}


def _decoded(body: bytes) -> Any:
    """The JSON an app answered with, or else its text, or None for nothing."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace") or None


def _without_token(payload: JSON) -> JSON:
    return {name: value for name, value in payload.items() if name != "token"}
