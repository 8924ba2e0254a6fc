"""Who a simulated person is: drawn once from a seeded source, the same for the same seed.

What they like is not drawn but follows from their seed and the words they read, so that it does not depend on when,
or in which order, they are asked.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from sandbox.simulation.words import Language, folded

Platform = Literal["telegram", "slack"]
Arrival = Literal["link", "command", "button"]

FASHION = 0.35
"""How much of a person's liking is everybody's."""

SPOKEN: tuple[Language, ...] = ("en", "fr", "es")
_ZONES: dict[Language, tuple[str, ...]] = {
    "en": ("Africa/Nairobi", "America/New_York", "Asia/Kolkata", "Europe/London"),
    "fr": ("Africa/Abidjan", "Africa/Dakar", "Europe/Paris"),
    "es": ("America/Bogota", "America/Lima", "Europe/Madrid"),
}
_FIRST: dict[Language, tuple[str, ...]] = {
    "en": ("Amber", "Basil", "Clover", "Daisy", "Forrest", "Hazel", "Heath", "Linden", "Olive", "Rowan"),
    "fr": ("Anémone", "Capucine", "Florian", "Garance", "Hortense", "Jacinthe", "Olivier", "Prune", "Sylvain"),
    "es": ("Azucena", "Begoña", "Flor", "Jacinto", "Laureano", "Narciso", "Olivia", "Rosa", "Silvestre"),
}
_LAST: dict[Language, tuple[str, ...]] = {
    "en": ("Barrowfield", "Fallowdale", "Furrowley", "Humusby", "Mulchester", "Peatham", "Siltworth", "Tillman"),
    "fr": ("Champsec", "Duterreau", "Jachère", "Labourier", "Limonier", "Prévert-Pré", "Sillonneau", "Verger"),
    "es": ("Barbecho", "Camposeco", "Huertas", "Labranza", "Limosa", "Semillero", "Surcos", "Tierrallana"),
}


@dataclass(frozen=True, slots=True)
class Character:
    """What makes one person different from the next.

    `wakes` and `sleeps` are local hours. `patience` counts what may go wrong before they give up. Numbers between 0
    and 1 are how often they do something when they could. `stays` is after how many acts they are called away, None
    for those who stay until they are done; whoever does not return then has dropped out.
    """

    seed: int
    name: str
    language: Language
    time_zone: str
    platforms: tuple[Platform, ...]
    wakes: int
    sleeps: int
    arrives: Arrival
    agrees: bool
    founder: bool
    """Would rather begin something new than join what there is."""
    hasty: bool
    """Does not wait for a form that is just changing."""
    patience: int
    stays: int | None
    returns: bool
    typing: float
    misspelling: float
    hesitation: float
    second_thoughts: float
    double_taps: float
    old_taps: float
    closes_forms: float

    def liking(self, words: str) -> float:
        """From 0 to 1: how much they care for what these words name."""
        known = folded(words).split()
        telling = [word for word in known if len(word) > 3] or known or [""]
        return sum(self._interest(word) for word in telling) / len(telling)

    def _interest(self, word: str) -> float:
        return FASHION * fraction(word) + (1 - FASHION) * fraction(f"{self.seed} {word}")

    def comes_back(self, now: datetime) -> datetime:
        """When somebody who left now is here again: some hours later, when they are awake. An aware instant."""
        later = now + timedelta(hours=2 + int(10 * fraction(f"{self.seed} back")))
        local = later.astimezone(ZoneInfo(self.time_zone))
        while not self.wakes <= local.hour < self.sleeps:
            later += timedelta(hours=1)
            local = later.astimezone(ZoneInfo(self.time_zone))
        return later


def draw(random: Random) -> Character:
    """A person. The same state of `random` gives the same one."""
    language: Language = random.choices(SPOKEN, (5, 3, 2))[0]
    platforms: tuple[tuple[Platform, ...], ...] = (("telegram",), ("slack",), ("telegram", "slack"))
    wakes = random.randint(5, 10)
    called_away = random.random() < 0.2
    return Character(
        seed=random.getrandbits(32),
        name=f"{random.choice(_FIRST[language])} {random.choice(_LAST[language])}",
        language=language,
        time_zone=random.choice(_ZONES[language]),
        platforms=random.choices(platforms, (5, 4, 1))[0],
        wakes=wakes,
        sleeps=wakes + random.randint(9, 14),
        arrives=random.choice(("link", "command", "button")),
        agrees=random.random() < 0.98,
        founder=random.random() < 0.04,
        hasty=random.random() < 0.3,
        patience=random.randint(5, 12),
        stays=random.randint(2, 14) if called_away else None,
        returns=random.random() < 0.7,
        typing=random.choice((0.0, 0.1, 0.4, 0.9)),
        misspelling=random.choice((0.0, 0.1, 0.3)),
        hesitation=random.choice((0.0, 0.0, 0.05, 0.1)),
        second_thoughts=random.choice((0.0, 0.05, 0.15)),
        double_taps=random.choice((0.0, 0.05, 0.3)),
        old_taps=random.choice((0.0, 0.0, 0.05)),
        closes_forms=random.choice((0.0, 0.0, 0.2, 1.0)),
    )


def steadfast(character: Character) -> Character:
    """The same person without whims: agrees, stays, goes straight on, and taps every button once."""
    return replace(
        character,
        agrees=True,
        founder=False,
        stays=None,
        typing=0.0,
        misspelling=0.0,
        hesitation=0.0,
        second_thoughts=0.0,
        double_taps=0.0,
        old_taps=0.0,
    )


def misspelt(words: str, random: Random) -> str:
    """With one slip of the fingers: a letter dropped, doubled, or swapped with the next one."""
    places = [place for place in range(1, len(words) - 1) if words[place].isalpha() and words[place + 1].isalpha()]
    if len(places) < 3:
        return words
    place = random.choice(places)
    here, rest = words[place], words[place + 1 :]
    return words[:place] + random.choice((rest, here + here + rest, rest[0] + here + rest[1:]))


def fraction(words: str) -> float:
    """A number from 0 to 1 that follows from the words alone."""
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "big") / 2**64
