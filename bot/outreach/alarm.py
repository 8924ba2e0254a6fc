"""When the set-up of a platform is at fault, the secretariat is told on another one, once, and what to do about it."""

import asyncio
from collections.abc import Collection, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.markup import join
from bot.chat.messages import Say, encode
from bot.clock import Clock
from bot.locales import DEFAULT, Words, closest
from bot.outreach.postbox import sender_of
from storage import leases, outbox, people
from storage.leases import Fault
from storage.outbox import Outgoing
from storage.people import Person

log = structlog.get_logger()

# What the platforms call a token that is no longer good.
_TOKEN = ("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "unauthorized")
_REMEDIES = {
    **dict.fromkeys(_TOKEN, "token"),
    "invalid token": "token",
    "missing_scope": "scope",
    "no_permission": "scope",
    "not_allowed_token_type": "token",
    "messages_tab_disabled": "messages_tab",
    "not_in_channel": "channel",
}


class Alarm:
    """`ring` it for every fault: it knows what it has told already."""

    def __init__(
        self, database: AsyncEngine, words: Mapping[str, Words], secretariat: Collection[str], clock: Clock
    ) -> None:
        self._database = database
        self._words = words
        self._secretariat = sorted(secretariat)
        self._clock = clock
        self._ringing: set[asyncio.Task[None]] = set()

    def hear(self, sender: str, code: str) -> None:
        """As `ring`, for who cannot wait."""
        task = asyncio.create_task(self.ring(sender, code))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def settle(self) -> None:
        """Wait until all that was heard has been put down."""
        if self._ringing:
            await asyncio.wait(self._ringing)

    async def ring(self, sender: str, code: str) -> None:
        """Something is wrong with the set-up of this sender."""
        log.error("setup_fault", sender=sender, code=code)
        try:
            async with self._database.begin() as connection:
                if await leases.note_fault(connection, Fault(sender, code), self._clock()):
                    await self._tell(connection, sender, code)
        except (SQLAlchemyError, OSError) as error:
            log.warning("alarm_not_recorded", error=type(error).__name__)

    async def _tell(self, connection: AsyncConnection, sender: str, code: str) -> None:
        told = await people.by_accounts(connection, self._secretariat)
        # Where there is nobody else, it waits until the sender works again, and says then what has happened.
        elsewhere = [person for person in told if sender_of(person.account) != sender] or told
        if not elsewhere:
            log.error("nobody_to_tell", sender=sender)
        outgoing = [self._message(person, sender, code) for person in elsewhere]
        await outbox.add(connection, outgoing, self._clock(), None)

    def _message(self, person: Person, sender: str, code: str) -> Outgoing:
        words = self._words[person.language or closest(person.hint) or DEFAULT]
        platform = "Slack" if sender.startswith("slack:") else "Telegram"
        text = join(
            [
                words("alarm.what", platform=platform),
                words(f"alarm.{_REMEDIES.get(code, 'other')}", platform=platform),
                words("alarm.after", code=code),
            ],
            "\n\n",
        )
        return Outgoing(
            sender=sender_of(person.account),
            account_id=person.account_id,
            account=person.account,
            chat=person.chat,
            payload=encode(Say(text)).decode(),
        )
