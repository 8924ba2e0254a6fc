"""What stands around the handler in its tests: an engine that remembers, and the wire shapes of updates."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.chat.events import Event, Text
from bot.flows.intake import Intake
from bot.flows.turn import Outcome

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PERSON = {"id": 42, "is_bot": False, "first_name": "Awa", "last_name": "Diop", "username": "awa"}


class RememberingIntake(Intake):
    """Takes events as the real one does, without an engine: it returns after the commit, or raises."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.outcome = Outcome()
        self.failing: Callable[[Event], bool] = lambda _event: False
        self._changed = asyncio.Condition()

    async def take(self, event: Event) -> Outcome:
        # Let the others in, as waiting for a database does.
        await asyncio.sleep(0)
        if self.failing(event):
            raise OSError("the database is away")
        async with self._changed:
            self.taken.append(event)
            self._changed.notify_all()
        return self.outcome

    async def took(self, number: int) -> list[Event]:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.taken) >= number)
        return self.taken

    @property
    def words(self) -> list[str]:
        return [event.text for event in self.taken if isinstance(event, Text)]


def private(person: int = 42) -> dict[str, Any]:
    return {"id": person, "type": "private", "first_name": "Awa"}


def message(update_id: int, text: str | None = "hello", *, person: int = 42, **more: Any) -> dict[str, Any]:
    """An update with a message in the person's private chat."""
    content = {"message_id": 7, "date": 1772443800, "chat": private(person), "from": PERSON | {"id": person}}
    words = {} if text is None else {"text": text}
    return {"update_id": update_id, "message": content | words | more}


def tap(update_id: int, token: str = "q1.2.3", **more: Any) -> dict[str, Any]:
    """An update with a press of a button under message 7."""
    shown = {
        "message_id": 7,
        "date": 1772443800,
        "chat": private(),
        "text": "3 of 7",
        "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": token}]]},
    }
    query = {"id": f"4382bfdwdsb323b2d9{update_id}", "from": PERSON, "chat_instance": "-1", "message": shown}
    return {"update_id": update_id, "callback_query": query | {"data": token} | more}
