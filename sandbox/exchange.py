"""One call of the bot: what went wrong with it on demand, what it did, and its line in the log."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from sandbox.calls import Call
from sandbox.faults import Fault
from sandbox.wire import JSON, Dropped, json_response
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform answers; `error` is its own word for the refusal, None when the call succeeded."""

    body: Any
    status: int = 200
    headers: dict[str, str] | None = None
    error: str | None = None


async def exchange(
    world: World,
    platform: str,
    name: str,
    person: str | None,
    shown: JSON,
    effect: Callable[[], Awaitable[Answer]],
    refusal: Callable[[Fault], Answer],
    *,
    quiet: Callable[[Answer], bool] = lambda _: False,
) -> Response:
    """Answer a call with its `effect`, or as a fault demands.

    `refusal` words 429 and 500; a call whose answer is `quiet` is not logged.
    """
    started = time.perf_counter()
    call = Call(0, world.now, platform, "from_bot", name, person, shown)
    fault = world.faults.take(platform, name, person)
    call.fault = fault.kind if fault else None
    answer: Answer | None = None
    if fault is None or fault.kind == "lost_answer":
        answer = await effect()
    elif fault.kind in ("rate_limit", "server_error"):
        answer = refusal(fault)
    if answer is not None:
        call.answer, call.error, call.ok = answer.body, answer.error, answer.error is None
    lost = fault is not None and fault.kind in ("lost_answer", "timeout", "drop")
    call.status = 0 if lost or answer is None else answer.status
    call.milliseconds = round((time.perf_counter() - started) * 1000, 2)
    if answer is None or call.fault or not quiet(answer):
        world.calls.add(call)
    if answer is None or lost:
        return Dropped(fault.seconds if fault and fault.kind == "timeout" else 0.0)
    return json_response(answer.body, answer.status, answer.headers)
