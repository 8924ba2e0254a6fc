"""A town of people for calls for engagement: who they are, what they belong to, what they wish."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.campaigns import Draft
from storage.schema import accounts, coalitions, memberships, organisations, outbox, participants

# A Monday, 10:30 in Paris.
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TITLES = {
    "global-4": {"en": "Soil Regeneration", "fr": "Régénération des sols", "es": "Regeneración"},
    "core-1": {"en": "Strategy", "fr": "Stratégie", "es": "Estrategia"},
}
EVERYBODY: dict[str, Any] = {"all": []}
CALL = Draft(title="Soil", texts={"en": "*Come!*", "fr": "*Venez !*", "es": "*¡Vengan!*"}, audience=EVERYBODY)


@dataclass
class Town:
    """People by name, with the ids of their accounts."""

    connection: AsyncConnection
    ids: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)

    async def person(self, name: str, *keys: str, **more: Any) -> int:
        """Somebody on Telegram (by their name alone), or with these accounts, the one that wrote last at the end."""
        on = {column: more.pop(column) for column in ("reachable", "hint", "account_zone") if column in more}
        values = {"name": name, "consent_version": 1, "created_at": NOW, "zone": "Europe/Paris", **more}
        self.ids[name] = (
            await self.connection.execute(insert(participants).values(values).returning(participants.c.id))
        ).scalar_one()
        for at, key in enumerate(keys or (f"telegram:{1000 + self.ids[name]}",)):
            slack = key.startswith("slack:")
            made = await self.connection.execute(
                insert(accounts)
                .values(
                    key=key,
                    participant_id=self.ids[name],
                    platform="slack" if slack else "telegram",
                    chat="" if slack else key.partition(":")[2],
                    seen_at=NOW - timedelta(days=9) + timedelta(hours=at),
                    reachable=on.get("reachable", True),
                    language=on.get("hint", ""),
                    zone=on.get("account_zone", ""),
                )
                .returning(accounts.c.id)
            )
            self.accounts[key] = self.accounts[name] = made.scalar_one()
        return self.ids[name]

    async def coalition(self, title: str, facility: str = "global-4", state: str = "open") -> int:
        """A coalition in a facility."""
        made = await self.connection.execute(
            insert(coalitions)
            .values(kind="alliance", facility=facility, title=title, objectives=[], state=state, created_at=NOW)
            .returning(coalitions.c.id)
        )
        return int(made.scalar_one())

    async def belongs(
        self, name: str, coalition: int, role: str = "member", state: str = "approved", of: str = ""
    ) -> None:
        """Somebody asks to belong, on their own or for an organisation of this type."""
        organisation = None
        if of:
            made = await self.connection.execute(
                insert(organisations)
                .values(name=f"{name}'s", name_key=name, type=of, country="", status="partner", created_at=NOW)
                .returning(organisations.c.id)
            )
            organisation = made.scalar_one()
        await self.connection.execute(
            insert(memberships).values(
                participant_id=self.ids[name],
                organisation_id=organisation,
                coalition_id=coalition,
                role=role,
                state=state,
                requested_at=NOW,
            )
        )

    async def rows(self) -> dict[str, Any]:
        """The outbox's rows by the account they are for; those of places by their chat."""
        found = await self.connection.execute(
            select(outbox, accounts.c.key).join_from(outbox, accounts, isouter=True).order_by(outbox.c.id)
        )
        return {row.key or row.chat: row for row in found}
