"""A panel with opinions: what simulated panellists think of a study's items, how they come to think otherwise, and how
much of the study they see through.

A small model, and all of it follows from one seed and from what people read on their screens. An item has a quality,
which a stakeholder group sees a little better or worse; a panellist is kinder or sterner than others, and none of them
is sure. From the second round on each moves some way from their own last answer to the middle one that they are shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Literal

from sandbox.simulation.character import Character, fraction
from sandbox.simulation.rating import Answers, recalled
from sandbox.simulation.words import Language

Kind = Literal["scale", "choice", "ranking", "number", "words", "proposals"]
Readiness = Literal["at once", "reminded", "last call", "late", "silent", "gone", "leaves"]
"""When somebody answers a round: the first time their phone tells them of it, the second, the third; after it has
closed; not at all; not any more; or they leave the study."""

MOVED = {"at once": 1, "reminded": 2, "last call": 3}
"""How often people have to be written to before they answer."""

READY: tuple[tuple[float, Readiness], ...] = ((0.05, "silent"), (0.1, "late"), (0.18, "last call"), (0.4, "reminded"))
"""The shares of a panel up to which people are like that; the others answer at once."""

UNABLE, COMMENTS, WRITES = 0.03, 0.06, 0.5
"""How often an item cannot be judged, gets a comment, or an open question an answer."""

SPREAD = {"group": 0.12, "person": 0.09, "doubt": 0.12}
"""Standard deviations, as shares of the scale: between groups, between people, and of one person from item to item."""

SENTENCES: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "It keeps the water in the field when the rain stays away.",
        "It costs more than a small farm earns with it in five years.",
        "We tried it for three seasons, and the soil shows it.",
        "Nobody can say yet how long the carbon stays.",
        "It needs advice on the spot rather than money.",
    ),
    "fr": (
        "Cela garde l’eau dans la parcelle quand la pluie manque.",
        "Cela coûte plus qu’une petite ferme n’y gagne en cinq ans.",
        "Nous l’avons essayé pendant trois saisons, et le sol le montre.",
        "Personne ne sait encore combien de temps le carbone reste.",
        "Il faut des conseils sur place plutôt que de l’argent.",
    ),
    "es": (
        "Retiene el agua en la parcela cuando falta la lluvia.",
        "Cuesta más de lo que una finca pequeña gana con ello en cinco años.",
        "Lo probamos tres temporadas, y el suelo lo muestra.",
        "Nadie sabe todavía cuánto tiempo se queda el carbono.",
        "Hace falta consejo en el lugar más que dinero.",
    ),
}

_MIDDLE = re.compile(r"(?:the middle answer is|la réponse du milieu est|la respuesta central es) (.+?)\.(?:\s|$)")
_CODE = re.compile(r"^([A-Za-z][A-Za-z0-9_.-]{0,15})\. ", re.MULTILINE)
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Question:
    """An item, as those who answer it know it.

    `offered` are the points of a scale from the lowest on, or the options, each in all the words that it may have on a
    screen. `most` is how many options are chosen or put in order at most; `least_number` and `most_number` bound a
    number. `unable`: whether one may say that one cannot judge.
    """

    code: str
    kind: Kind
    offered: tuple[tuple[str, ...], ...] = ()
    most: int = 1
    least_number: float = 0
    most_number: float = 100
    unable: bool = True


@dataclass(frozen=True)
class Panellist:
    """What somebody in a stakeholder group thinks. The same seed, person and group give the same opinions."""

    seed: int
    character: Character
    group: str
    questions: Mapping[str, Question]

    def readiness(self, number: int) -> Readiness:
        """When they answer the round of this number."""
        before = [self._gone_by(each) for each in range(number)]
        if any(before):
            return "gone"
        drawn = self._drawn(f"round {number}")
        if self._gone_by(number):
            return "leaves" if drawn < 0.3 else "gone"
        return next((readiness for up_to, readiness in READY if drawn < up_to), "at once")

    def _gone_by(self, number: int) -> bool:
        return number > 0 and self._drawn(f"gone {number}") < 0.04

    @property
    def declines(self) -> bool:
        """Whether they do not want to be on the panel."""
        return not self.character.agrees or self._drawn("declines") < 0.03

    @property
    def joins_after(self) -> int:
        """How often they have to be invited; more often than anybody is, for those who never answer."""
        drawn = self._drawn("invited")
        return 1 if drawn < 0.8 else 2 if drawn < 0.96 else 99

    @property
    def practises(self) -> bool:
        return self._drawn("practises") < 0.3

    @property
    def reason(self) -> int:
        """Which of the reasons for another answer they give, by its place."""
        return int(6 * self._drawn("reason") ** 2)

    @property
    def likes_forms(self) -> bool:
        return self.character.closes_forms == 0 and self._drawn("forms") < 0.4

    def comment(self, number: int, code: str) -> str:
        """What they remark on an item; mostly nothing."""
        drawn = self._drawn(f"comments {number} {code}")
        return self._sentence(f"{number} {code}") if drawn < COMMENTS else ""

    def answers(self, text: str, offered: Sequence[str]) -> Answers | None:
        """What they answer to the item on a screen; None when they cannot."""
        question = self.asked(text)
        if question is None:
            return None
        able = self._drawn(f"able {question.code}") >= UNABLE
        if question.unable and not able:
            return None
        match question.kind:
            case "scale":
                return self._rated(question, text, offered)
            case "choice" | "ranking":
                return self._chosen(question, offered)
            case "number":
                return (self._number(question, text),)
            case "proposals":
                return self._proposals(question)
        writes = not question.unable or self._drawn(f"writes {question.code}") < WRITES
        return (self._sentence(question.code),) if writes else None

    def asked(self, text: str) -> Question | None:
        """The item whose words these are."""
        codes = [found[1] for found in _CODE.finditer(text) if found[1] in self.questions]
        return self.questions[codes[0]] if codes else None

    def opinion(self, code: str) -> float:
        """From 0 to 1: how well they think of an item when nobody has told them anything yet."""
        quality = 0.15 + 0.8 * fraction(f"{self.seed} quality {code}")
        seen = (
            quality
            + self._apart("group", f"{self.group} {code}", shared=True)
            + self._apart("person", "kindness")
            + self._apart("doubt", code)
        )
        return min(max(seen, 0.0), 1.0)

    @cached_property
    def yields(self) -> float:
        """How far they move to what the others think: 0 not at all, 1 all the way."""
        return 0.9 * self._drawn("yields")

    def _rated(self, question: Question, text: str, offered: Sequence[str]) -> Answers:
        last = len(question.offered) - 1
        place = last * self.opinion(question.code)
        own = _place(question, recalled(text))
        if own is not None:
            place = self._moved(own, _place(question, _middle(text)))
        words = question.offered[min(max(int(place + 0.5), 0), last)]
        return (next((one for one in words if one in offered), words[0]),)

    def _number(self, question: Question, text: str) -> str:
        low, high = question.least_number, question.most_number
        own = _number(recalled(text))
        if own is None:
            return str(round(low + (high - low) * self.opinion(question.code)))
        return f"{self._moved(own, _number(_middle(text))):.0f}"

    def _moved(self, own: float, middle: float | None) -> float:
        return own if middle is None else own + self.yields * (middle - own)

    def _chosen(self, question: Question, offered: Sequence[str]) -> Answers:
        """The options they think best of, the best one first; of several to choose, those that they think well of."""
        places = sorted(range(len(question.offered)), key=lambda place: -self.opinion(f"{question.code} {place}"))
        if question.kind == "choice":
            good = [place for place in places if self.opinion(f"{question.code} {place}") > 0.5]
            places = good[: question.most] or places[:1]
        chosen = [question.offered[place] for place in places[: question.most]]
        if not offered:
            # In a form an order is written by the numbers of the options.
            return tuple(str(place + 1) for place in places[: question.most])
        # What was put in its place already is not offered any more.
        return tuple(found for words in chosen if (found := next((one for one in words if one in offered), "")))

    def _proposals(self, question: Question) -> Answers | None:
        count = int(3 * self._drawn(f"proposes {question.code}"))
        if not count and question.unable:
            return None
        wanted = [self._sentence(f"{question.code} {place}") for place in range(max(count, 1))]
        return tuple(dict.fromkeys(wanted))

    def _sentence(self, about: str) -> str:
        sentences = SENTENCES[self.character.language]
        return sentences[int(len(sentences) * self._drawn(f"says {about}"))]

    def _drawn(self, what: str) -> float:
        return fraction(f"{self.seed} {self.character.seed} {what}")

    def _apart(self, what: str, of: str, *, shared: bool = False) -> float:
        """A normal deviate; a `shared` one is the same for all who are alike in this."""
        whose = "" if shared else f" {self.character.seed}"
        drawn = fraction(f"{self.seed}{whose} {what} {of}")
        return SPREAD[what] * _NORMAL.inv_cdf(min(max(drawn, 1e-9), 1 - 1e-9))


def seats(panel: int, groups: Sequence[str], shares: Mapping[str, int]) -> list[str]:
    """A group for each of so many panellists, neighbours in different ones. `shares` says how large the groups are
    beside each other; equally large where it is empty. Without groups, all are in "" together."""
    if not groups:
        return [""] * panel
    size = {group: shares.get(group, 0) if shares else 1 for group in groups}
    whole = sum(size.values())
    taken = dict.fromkeys(groups, 0)
    found = []
    for number in range(1, panel + 1):
        behind = max(groups, key=lambda group: size[group] * number / whole - taken[group])
        taken[behind] += 1
        found.append(behind)
    return found


def _middle(text: str) -> str:
    """The middle answer of the whole panel, as the screen says it; what it says of groups comes after."""
    found = _MIDDLE.search(text)
    return found[1] if found else ""


def _place(question: Question, said: str) -> float | None:
    """Where on the scale something lies that is said in the words of a point, or as a number between two."""
    for place, words in enumerate(question.offered):
        if said in words:
            return float(place)
    number = _number(said)
    lowest = _number(question.offered[0][0])
    # Points that have names are numbered from 1.
    return None if number is None else number - (1 if lowest is None else lowest)


def _number(said: str) -> float | None:
    """The number that these words begin with, thousands set apart or not: `1,200 EUR`, `6,5`, `35 %`."""
    found = re.match(r"\d[\d.,\s]*", said)
    if not found:
        return None
    written = re.sub(r"\s", "", found[0]).rstrip(".,")
    thousands = re.fullmatch(r"\d{1,3}([.,]\d{3})+", written)
    return float(re.sub(r"[.,]", "", written) if thousands else written.replace(",", "."))
