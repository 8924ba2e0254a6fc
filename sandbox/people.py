"""The people of the world. Their names are made up."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

FIRST_TELEGRAM_ID = 6_100_000_001
"""Real accounts have long outgrown 32 bits, and a bot has to bear that."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A person with an account on Telegram, in Slack, or on both.

    `language` is an IETF tag as Telegram's language_code gives it, `time_zone` an IANA name. The platforms'
    user ids and names are None where the person has no account.
    """

    id: str
    name: str
    about: str
    language: str = "en"
    time_zone: str = "UTC"
    telegram: int | None = None
    slack: str | None = None

    @property
    def first_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def last_name(self) -> str | None:
        return self.name.split(" ", 1)[1] if " " in self.name else None

    @property
    def telegram_username(self) -> str:
        return self.id.replace("-", "_") + "_sandbox"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def slack_locale(self) -> str:
        """The locale of the person's Slack client, which always has a region."""
        language = self.language.partition("-")[0]
        return {"en": "en-US"}.get(language, f"{language}-{language.upper()}")

    @property
    def slack_username(self) -> str:
        return self.id.replace("-", ".")


def default_personas() -> tuple[Persona, ...]:
    """The cast a new world has: members, volunteers and the secretariat."""
    return (
        Persona(
            "lea",
            "Léa Tournesol",
            "youth volunteer",
            "fr",
            "Europe/Paris",
            telegram=FIRST_TELEGRAM_ID,
        ),
        Persona(
            "carmen",
            "Carmen Girasol",
            "senior volunteer",
            "es",
            "America/Bogota",
            telegram=FIRST_TELEGRAM_ID + 1,
        ),
        Persona("ned", "Ned Cloverfield", "member", "en", "America/New_York", slack="U0SANDNED"),
        Persona(
            "awa",
            "Awa Terrefine",
            "NGO officer",
            "fr",
            "Africa/Dakar",
            telegram=FIRST_TELEGRAM_ID + 2,
            slack="U0SANDAWA",
        ),
        Persona("ruth", "Ruth Loamwell", "secretariat", "en", "Europe/Paris", slack="U0SANDRUTH"),
        Persona(
            "tom",
            "Tom Siltmere",
            "secretariat",
            "en",
            "Europe/Paris",
            telegram=FIRST_TELEGRAM_ID + 3,
        ),
    )


class CannotAct(ValueError):
    """Why a person's client would not let them do this."""
