"""Updates on their way to the bot: getUpdates and the webhook.

Source: core.telegram.org/bots/api#getting-updates.
"""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

import aiohttp
import orjson

from sandbox.calls import Call
from sandbox.telegram.methods import METHODS
from sandbox.telegram.parameters import BotApiError, Parameters
from sandbox.telegram.settings import keep_allowed
from sandbox.telegram.state import Telegram, Update, Webhook
from sandbox.wire import JSON
from sandbox.world import World

KEPT_FOR = timedelta(hours=24)
MAX_POLL = 50


async def get_updates(telegram: Telegram, p: Parameters) -> list[JSON]:
    """Long polling: an offset confirms what lies before it; waits up to `timeout` seconds for something new."""
    is_strict = telegram.world.is_strict
    if telegram.webhook is not None and is_strict("telegram.webhook_conflict"):
        raise BotApiError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    keep_allowed(telegram, p)
    _confirm(telegram, p.integer("offset"))
    telegram.polls += 1
    mine = telegram.polls
    limit = min(max(p.integer("limit", 100), 1), 100)
    telegram.arrived.touch()

    def interrupted() -> bool:
        return telegram.polls != mine and is_strict("telegram.single_poller")

    timeout = min(max(p.integer("timeout"), 0), MAX_POLL)
    await telegram.arrived.until(lambda: interrupted() or bool(_pending(telegram)), timeout)
    if interrupted():
        raise BotApiError(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        )
    return [update.as_json() for update in _with_faults(telegram, _pending(telegram)[:limit])]


def _confirm(telegram: Telegram, offset: int) -> None:
    if offset < 0:
        offset = (sorted(telegram.updates)[offset:] or [0])[0]
    while telegram.updates:
        oldest = next(iter(telegram.updates.values()))
        if oldest.id >= offset:
            return
        telegram.acknowledge(oldest)


def _pending(telegram: Telegram) -> list[Update]:
    forget_expired(telegram)
    return list(telegram.updates.values())


def forget_expired(telegram: Telegram) -> None:
    """Drop what the bot did not fetch for 24 hours of the world's time."""
    limit = telegram.world.now - KEPT_FOR
    while telegram.updates and telegram.world.is_strict("telegram.update_expiry"):
        oldest = next(iter(telegram.updates.values()))
        if oldest.at >= limit:
            return
        del telegram.updates[oldest.id]
        oldest.receipt.finish(False)


def _with_faults(telegram: Telegram, updates: list[Update]) -> list[Update]:
    """The batch as faults would have it: one twice, or two of them swapped."""
    batch: list[Update] = []
    held: list[Update] = []
    for update in updates:
        update.attempts += 1
        fault = telegram.world.faults.take("telegram", update.kind, update.person, delivery=True)
        if fault and fault.kind == "out_of_order":
            held.append(update)
        else:
            batch.extend([update, update] if fault else [update])
    return batch + held


class WebhookDelivery:
    """Posts updates to the bot's webhook, side by side and so in no certain order, until it answers with 2xx."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self._world = world
        self._session = session
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(40)

    async def run(self) -> None:
        telegram = self._world.telegram
        webhook: Webhook | None = None
        seen = -1
        try:
            while not telegram.arrived.over:
                await telegram.arrived.after(seen)
                seen = telegram.arrived.number
                if telegram.webhook is not webhook:
                    webhook = telegram.webhook
                    self._places = asyncio.Semaphore(webhook.max_connections if webhook else 1)
                    self._cancel()
                if webhook is not None:
                    self._start()
        finally:
            self._cancel()

    def _cancel(self) -> None:
        for task in self._in_flight.values():
            task.cancel()
        self._in_flight.clear()

    def _start(self) -> None:
        forget_expired(self._world.telegram)
        for update in self._world.telegram.updates.values():
            if update.id not in self._in_flight:
                self._in_flight[update.id] = asyncio.create_task(self._deliver(update))

    async def _deliver(self, update: Update) -> None:
        telegram = self._world.telegram
        fault = self._world.faults.take("telegram", update.kind, update.person, delivery=True)
        if fault and fault.kind == "out_of_order":
            await self._after_a_later_one(update, fault.seconds)
        try:
            while update.id in telegram.updates and telegram.webhook:
                if await self._post(update, fault.kind if fault else None):
                    if fault and fault.kind == "duplicate":
                        await self._post(update, fault.kind)
                    telegram.acknowledge(update)
                    telegram.arrived.touch()
                elif not self._world.is_strict("telegram.webhook_retry"):
                    telegram.updates.pop(update.id, None)
                    update.receipt.finish(False)
                else:
                    delays = telegram.retry_delays
                    await asyncio.sleep(delays[min(update.attempts, len(delays)) - 1])
        finally:
            if self._in_flight.get(update.id) is asyncio.current_task():
                del self._in_flight[update.id]

    async def _after_a_later_one(self, update: Update, seconds: float) -> None:
        telegram = self._world.telegram

        def overtaken() -> bool:
            newest = telegram.last_update
            return newest > update.id and newest not in telegram.updates

        await telegram.arrived.until(overtaken, seconds)

    async def _post(self, update: Update, fault: str | None) -> bool:
        """Deliver once; tells whether the bot answered with 2xx."""
        telegram = self._world.telegram
        webhook = telegram.webhook
        if webhook is None:
            return False
        headers = {"Content-Type": "application/json"}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        update.attempts += 1
        call = Call(
            0, self._world.now, "telegram", "to_bot", update.kind, update.person, update.as_json(), update.attempts
        )
        call.fault = fault
        started = time.perf_counter()
        try:
            async with (
                self._places,
                self._session.post(
                    webhook.url,
                    data=orjson.dumps(update.as_json()),
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(total=telegram.webhook_timeout),
                    allow_redirects=False,
                ) as response,
            ):
                body = await response.read()
                call.status = response.status
                call.ok = 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            call.error = "Read timeout expired" if isinstance(error, TimeoutError) else "Connection failed"
            body = b""
        call.milliseconds = round((time.perf_counter() - started) * 1000, 2)
        if call.ok:
            call.answer = self._method_in_reply(body)
        else:
            call.error = call.error or f"Wrong response from the webhook: {call.status}"
            webhook.last_error, webhook.last_error_at = call.error, telegram.seconds()
        self._world.calls.add(call)
        return call.ok

    def _method_in_reply(self, body: bytes) -> JSON | None:
        """A webhook may answer with a method to call (bots/api#making-requests-when-getting-updates)."""
        try:
            reply = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(reply, dict):
            return None
        method = METHODS.get(str(reply.get("method")))
        if method is not None:
            with suppress(BotApiError):
                method(self._world.telegram, Parameters(reply))
        return reply
