"""A person on Telegram, as tests and simulations play one."""

import mimetypes
from urllib.parse import parse_qs, urlsplit

from sandbox.seeing import NEWEST, Person, Seen
from sandbox.telegram import acts
from sandbox.telegram.state import BOT_ID, BOT_USERNAME, Chat, Message, Update
from sandbox.telegram.view import newest
from sandbox.wire import JSON


class TelegramPerson(Person):
    """Talks to the bot in their private chat."""

    @property
    def chat(self) -> Chat:
        return self.world.telegram.private_chat(self.persona)

    def messages(self) -> list[Seen]:
        return [_seen(message) for message in newest(self.chat, NEWEST)]

    @property
    def toast(self) -> str:
        """What the bot answered the last tap with; empty when it said nothing, or nothing yet."""
        tap = self.chat.taps.get(acts.account(self.persona))
        return tap.text if tap else ""

    @property
    def tap_answered(self) -> bool:
        """Whether the last tap's button has stopped showing progress."""
        tap = self.chat.taps.get(acts.account(self.persona))
        return tap is None or tap.answered

    async def say(self, text: str) -> None:
        """Write a message; the first one into a new chat presses START before it, as the client makes one do."""
        self.look()
        if not self.chat.started and not text.startswith("/start"):
            await self.start()
            self.look()
        await self._done(acts.say(self.world.telegram, self.persona, text), f"said {text!r}")

    async def start(self, payload: str = "") -> None:
        """Press START, or follow `t.me/<bot>?start=payload`."""
        self.look()
        await self._done(acts.start(self.world.telegram, self.persona, payload), "pressed START")

    async def command(self, name: str, text: str = "") -> None:
        """A command such as `/join`."""
        await self.say(f"{name} {text}".strip())

    async def tap(self, label: str, on: Seen | None = None) -> None:
        """Tap the button with this label, on the newest message that has it; a link to the bot is followed.

        LookupError when there is none.
        """
        message_id, row, column, button = self._find_button(label, on)
        link = urlsplit(button.get("url", ""))
        if link.netloc == "t.me" and link.path == f"/{BOT_USERNAME}":
            await self.start(parse_qs(link.query).get("start", [""])[0])
            return
        self.look()
        update = acts.tap(self.world.telegram, self.persona, message_id, row, column)
        await self._done(update, f"tapped {label!r}")

    async def tap_twice(self, label: str, on: Seen | None = None) -> None:
        """Tap before the first tap has shown any effect."""
        message_id, row, column, _ = self._find_button(label, on)
        self.look()
        updates = [acts.tap(self.world.telegram, self.persona, message_id, row, column) for _ in range(2)]
        for update in updates:
            await self._done(update, f"tapped {label!r} twice")

    def _find_button(self, label: str, on: Seen | None) -> tuple[int, int, int, JSON]:
        seen: list[str] = []
        for message in reversed(newest(self.chat, NEWEST)):
            if on is not None and message.id != on.id:
                continue
            for row, buttons in enumerate(message.keyboard):
                for column, button in enumerate(buttons):
                    if button["text"] == label:
                        return message.id, row, column, button
                    seen.append(button["text"])
        raise LookupError(f"{self.persona.id} sees no button {label!r}, only {seen}; screen:\n{self.screen()}")

    async def send_photo(self, name: str, data: bytes, caption: str = "") -> None:
        self.look()
        update = acts.send_file(self.world.telegram, self.persona, "photo", name, data, "image/png", caption)
        await self._done(update, "sent a photo")

    async def send_document(self, name: str, data: bytes, caption: str = "") -> None:
        self.look()
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        update = acts.send_file(self.world.telegram, self.persona, "document", name, data, kind, caption)
        await self._done(update, "sent a document")

    async def edit(self, message: Seen, text: str) -> None:
        """Change an own message."""
        self.look()
        await self._done(acts.edit(self.world.telegram, self.persona, int(message.id), text), "edited")

    async def block(self) -> None:
        await self._done(acts.block(self.world.telegram, self.persona, True), "blocked the bot")

    async def unblock(self) -> None:
        await self._done(acts.block(self.world.telegram, self.persona, False), "unblocked the bot")

    async def _done(self, update: Update | None, what: str) -> None:
        await self._acknowledged(update.receipt if update else None, what)


def _seen(message: Message) -> Seen:
    labels = tuple(button["text"] for row in message.keyboard for button in row)
    files = (message.document.name,) if message.document else ()
    return Seen(message.id, message.text, labels, message.sender != BOT_ID, int(message.photo is not None), files)
