"""The Initiative's catalogue: its Core and Global Facilities, its Goals and its Strategic Objectives.

What was not found stays blank and reads as None. What is only inferred (mark I) is kept, but no reading
function returns it as a fact: `Objective.inferred_facility` is the one place that tells it, by name.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from bot.catalogue.importing import read_rows
from bot.catalogue.problems import CatalogueErrors, Problem
from bot.catalogue.rows import FIELDS, LANGUAGES, ROMAN, Fact, FieldName, Language, Mark, Row, kind_of

PACKAGE_FILES = tuple(Path(__file__).with_name(name) for name in ("facilities.yaml", "goals.yaml", "objectives.yaml"))
OBJECTIVES_IN_PLAN = 24
"""Strategic Plan 2050: 6 Goals, 24 Strategic Objectives. The catalogue lists those that are known."""


class Wording(BaseModel):
    """A text and the language it is in, which need not be the one that was asked for."""

    model_config = ConfigDict(frozen=True)

    text: str
    language: Language
    mark: Mark
    source: str


class Entry(BaseModel):
    """What is known under one code."""

    model_config = ConfigDict(frozen=True)

    code: str
    facts: tuple[Fact, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Where what is known was read, each source once."""
        return tuple(dict.fromkeys(fact.source for fact in self.facts))

    def title(self, language: str) -> Wording | None:
        """The title in `language`, else in the first of en, fr, es that has it; None if blank."""
        return self._wording("title", language)

    def _wording(self, field: FieldName, language: str) -> Wording | None:
        stated: dict[str, Fact] = {
            fact.language: fact for fact in self.facts if fact.field == field and fact.mark != "I"
        }
        for candidate in dict.fromkeys((language, *LANGUAGES)):
            if fact := stated.get(candidate):
                return Wording.model_validate(
                    {"text": fact.value, "language": candidate, "mark": fact.mark, "source": fact.source}
                )
        return None


_Entry = TypeVar("_Entry", bound=Entry)


class Facility(Entry):
    """A Core Facility ("core-1" … "core-6") or a Global Facility ("global-1" … "global-8")."""

    @property
    def kind(self) -> Literal["core", "global"]:
        return "core" if self.code.startswith("core") else "global"

    @property
    def numeral(self) -> str:
        """The number as the Initiative prints it: "I" … "VI" for Core, "1" … "8" for Global."""
        number = self.code.partition("-")[2]
        return ROMAN[int(number) - 1] if self.kind == "core" else number

    def title(self, language: str) -> Wording:
        """The name, with languages as for any title; it is never blank, all facilities' names were found."""
        wording = super().title(language)
        if wording is None:
            raise LookupError(f"the facility {self.code} has no title")
        return wording


class Goal(Entry):
    """One of the plan's 6 Goals, "A" … "F"."""


class Objective(Entry):
    """A Strategic Objective: its goal's letter and a digit, as "A1"."""

    @property
    def goal(self) -> str:
        return self.code[0]

    def label(self, language: str) -> Wording | None:
        """The short name, with languages as in `title`."""
        return self._wording("label", language)

    def target(self, year: Literal[2030, 2050], language: str) -> Wording | None:
        """What is to be reached by `year`, with languages as in `title`; None where no target was found."""
        return self._wording("target_2030" if year == 2030 else "target_2050", language)

    @property
    def facility(self) -> str | None:
        """The code of the facility that serves this objective, where a source states which one."""
        return self._facility(inferred=False)

    @property
    def facility_kind(self) -> Literal["core", "global"] | None:
        """Core or Global, where a source states it; it may do so without saying which one."""
        for fact in self.facts:
            if fact.field == "facility" and fact.mark != "I":
                return "core" if fact.value.startswith("core") else "global"
        return None

    @property
    def inferred_facility(self) -> str | None:
        """The facility that is only inferred: for the secretariat to confirm, not to be shown as a fact."""
        return self._facility(inferred=True)

    def _facility(self, *, inferred: bool) -> str | None:
        for fact in self.facts:
            if fact.field == "facility" and (fact.mark == "I") == inferred and "-" in fact.value:
                return fact.value
        return None


class Catalogue(BaseModel):
    """All that is known, in the order of the codes. Look-ups of a code that is not there raise KeyError."""

    model_config = ConfigDict(frozen=True)

    all_facilities: tuple[Facility, ...] = ()
    all_goals: tuple[Goal, ...] = ()
    all_objectives: tuple[Objective, ...] = ()

    @classmethod
    def of(cls, facts: dict[str, tuple[Fact, ...]]) -> Self:
        """The catalogue of the facts under each code."""
        by_kind: dict[str, list[str]] = {"core": [], "global": [], "goal": [], "objective": []}
        for code in sorted(facts):
            by_kind[kind_of(code)].append(code)
        return cls(
            all_facilities=tuple(
                Facility(code=code, facts=facts[code]) for code in by_kind["core"] + by_kind["global"]
            ),
            all_goals=tuple(Goal(code=code, facts=facts[code]) for code in by_kind["goal"]),
            all_objectives=tuple(Objective(code=code, facts=facts[code]) for code in by_kind["objective"]),
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.all_facilities, *self.all_goals, *self.all_objectives)

    def facilities(self, kind: Literal["core", "global"]) -> tuple[Facility, ...]:
        return tuple(facility for facility in self.all_facilities if facility.kind == kind)

    def facility(self, code: str) -> Facility:
        return _with_code(self.all_facilities, code)

    def facility_titles(self) -> dict[str, dict[str, str]]:
        """What every facility is called, by its code and language."""
        return {
            entry.code: {language: entry.title(language).text for language in LANGUAGES}
            for entry in self.all_facilities
        }

    def goals(self) -> tuple[Goal, ...]:
        return self.all_goals

    def goal(self, code: str) -> Goal:
        return _with_code(self.all_goals, code)

    def objectives(self, goal: str) -> tuple[Objective, ...]:
        """The known objectives of a goal; empty where none was found."""
        return tuple(objective for objective in self.all_objectives if objective.goal == goal)

    def objective(self, code: str) -> Objective:
        return _with_code(self.all_objectives, code)

    def objectives_of(self, facility: str) -> tuple[Objective, ...]:
        """The objectives that a source says this facility serves; inferred ones are left out."""
        return tuple(objective for objective in self.all_objectives if objective.facility == facility)


def merge(base: Catalogue, rows: Sequence[Row]) -> Catalogue:
    """`base` with `rows` laid over it; the later of two facts about the same field and language stands.

    A field that a row does not name stays as it is, and an inference never replaces what a source states.
    Merging the same rows again changes nothing. Raises CatalogueErrors when there would be more objectives
    than the plan has.
    """
    facts = {entry.code: entry.facts for entry in base.entries}
    for row in rows:
        facts[row.code] = _overlay(facts.get(row.code, ()), row.facts)
    merged = Catalogue.of(facts)
    if len(merged.all_objectives) > OBJECTIVES_IN_PLAN:
        known = {objective.code for objective in base.all_objectives}
        new = ", ".join(objective.code for objective in merged.all_objectives if objective.code not in known)
        raise CatalogueErrors([Problem("", "", "code", _too_many(len(merged.all_objectives), new))])
    return merged


def load(paths: Sequence[Path] = PACKAGE_FILES) -> Catalogue:
    """The catalogue of `paths`, by default of the package's own files. Raises CatalogueErrors."""
    return merge(Catalogue(), [row for path in paths for row in read_rows(path)])


@cache
def packaged() -> Catalogue:
    """The catalogue of the package's own files, read once."""
    return load()


def _overlay(before: Iterable[Fact], after: Iterable[Fact]) -> tuple[Fact, ...]:
    facts = {fact.place: fact for fact in before}
    for fact in after:
        stands = facts.get(fact.place)
        if stands is None or fact.mark != "I" or stands.mark == "I":
            facts[fact.place] = fact
    order = ("", *LANGUAGES)
    return tuple(sorted(facts.values(), key=lambda fact: (FIELDS.index(fact.field), order.index(fact.language))))


def _with_code(entries: Iterable[_Entry], code: str) -> _Entry:
    for entry in entries:
        if entry.code == code:
            return entry
    raise KeyError(code)


def _too_many(objectives: int, new: str) -> str:
    return (
        f"the plan has {OBJECTIVES_IN_PLAN} objectives and these rows would make it {objectives}: "
        f"take out the codes that are not in the plan (new here: {new})"
    )
