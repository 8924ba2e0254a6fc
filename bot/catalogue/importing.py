"""Reading rows of the catalogue from a file that a person filled in.

Every problem of the file is reported at once and nothing is taken from a file that has one.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.catalogue.problems import CatalogueErrors, Problem
from bot.catalogue.rows import (
    FIELDS_OF,
    LANGUAGES,
    Fact,
    FieldName,
    Mark,
    Row,
    kind_of,
    read_code,
    read_facility,
)
from bot.catalogue.sheets import read_sheet

_MARKS = {"OFFICIAL": "V", "PARAPHRASE": "P", "INFERENCE": "I"}
_TEXTS: tuple[FieldName, ...] = ("label", "title", "target_2030", "target_2050")
_VALUES: tuple[FieldName, ...] = (*_TEXTS, "facility")
_OWN_MARK: dict[str, str] = {
    "target_2030": "target_mark",
    "target_2050": "target_mark",
    "facility": "facility_mark",
}


def _one_line(value: object) -> object:
    return re.sub(r"[ \t\r\n]+", " ", value).strip() if isinstance(value, str) else value


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError("holds a control character: write it anew")
    return text


def _code(text: str) -> str:
    code = read_code(text)
    if code is None:
        found = f"“{text}” is no code of the catalogue" if text else "is blank"
        raise ValueError(
            f"{found}: use core-1 to core-6, global-1 to global-8, A to F for a goal, "
            "or a goal's letter and a digit for an objective (A1 to A6; B1, B2, … F9)"
        )
    return code


def _facility(text: str) -> str:
    facility = read_facility(text) if text else ""
    if facility is None:
        raise ValueError(
            f"“{text}” is no facility: use core-1 to core-6 or global-1 to global-8, or core or global "
            "where it is not known which one"
        )
    return facility


def _mark(text: str) -> str:
    mark = _MARKS.get(text.upper(), text.upper())
    if mark and mark not in get_args(Mark):
        raise ValueError(f"“{text}” is no mark: use V (official wording), P (paraphrase) or I (inference)")
    return mark


_CLEAN = (BeforeValidator(_one_line), AfterValidator(_printable))
# What Slack shows of an option, and what leaves room for a goal's objectives in one message.
_Label = Annotated[str, StringConstraints(max_length=75), *_CLEAN]
_Sentence = Annotated[str, StringConstraints(max_length=500), *_CLEAN]
_CodeText = Annotated[str, *_CLEAN, AfterValidator(_code)]
_KindText = Annotated[str, *_CLEAN]
_FacilityText = Annotated[str, *_CLEAN, AfterValidator(_facility)]
_MarkText = Annotated[str, *_CLEAN, AfterValidator(_mark)]


def _field_of(column: str) -> str:
    """The field that a column fills: title for title_fr, facility for facility."""
    return re.sub(rf"_({'|'.join(LANGUAGES)})$", "", column)


def _filled(info: ValidationInfo, fields: Collection[str]) -> bool:
    """Whether a column of one of `fields` holds something; one that was refused is missing, and did."""
    return any(info.data.get(column, "refused") for column in _FileRow.model_fields if _field_of(column) in fields)


class _FileRow(BaseModel):
    """One row as its file holds it; "" is a blank cell. A check sees the columns declared before its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)

    code: _CodeText = ""
    kind: _KindText = ""
    label_en: _Label = ""
    label_fr: _Label = ""
    label_es: _Label = ""
    title_en: _Sentence = ""
    title_fr: _Sentence = ""
    title_es: _Sentence = ""
    target_2030_en: _Sentence = ""
    target_2030_fr: _Sentence = ""
    target_2030_es: _Sentence = ""
    target_2050_en: _Sentence = ""
    target_2050_fr: _Sentence = ""
    target_2050_es: _Sentence = ""
    facility: _FacilityText = ""
    target_mark: _MarkText = ""
    facility_mark: _MarkText = ""
    source: _Sentence = ""
    mark: _MarkText = ""

    @field_validator("kind")
    @classmethod
    def _kind_fits_the_code(cls, kind: str, info: ValidationInfo) -> str:
        code = info.data.get("code")
        if kind and code and kind.lower() != kind_of(code):
            raise ValueError(f"says {kind}, but {code} is of kind {kind_of(code)}: write that or leave it blank")
        return kind.lower()

    @field_validator(*(f"{field}_{language}" for field in _TEXTS for language in LANGUAGES), "facility")
    @classmethod
    def _column_fits_the_code(cls, text: str, info: ValidationInfo) -> str:
        code, field = info.data.get("code"), _field_of(info.field_name or "")
        if text and code and field not in FIELDS_OF[kind_of(code)]:
            raise ValueError(f"is for objectives, and {code} is none: leave it blank")
        return text

    @field_validator("facility_mark", "target_mark")
    @classmethod
    def _mark_has_something_to_mark(cls, mark: str, info: ValidationInfo) -> str:
        fields = [field for field, column in _OWN_MARK.items() if column == info.field_name]
        if mark and not _filled(info, fields):
            raise ValueError("marks a blank: fill in what it is about as well, or leave it blank")
        return mark

    @field_validator("source")
    @classmethod
    def _source_is_named(cls, source: str, info: ValidationInfo) -> str:
        if not source and _filled(info, _VALUES):
            raise ValueError("is blank: say where this can be read (document, page, date, address)")
        return source

    @field_validator("mark")
    @classmethod
    def _what_is_stated_has_a_mark(cls, mark: str, info: ValidationInfo) -> str:
        unmarked = [
            field
            for field in _VALUES
            if _filled(info, [field]) and not (field in _OWN_MARK and info.data.get(_OWN_MARK[field], "refused"))
        ]
        names_only_the_code = info.data.get("source") and not _filled(info, _VALUES)
        if not mark and (unmarked or names_only_the_code):
            raise ValueError("is blank: say V (official wording), P (paraphrase) or I (inference)")
        return mark

    def facts(self) -> tuple[Fact, ...]:
        """What the row states; nothing when it names a code and no source, as a blank line of a form does."""
        found = [
            self._fact(field, getattr(self, f"{field}_{language}"), language)
            for field in _TEXTS
            for language in LANGUAGES
            if getattr(self, f"{field}_{language}")
        ]
        if self.facility:
            found.append(self._fact("facility", self.facility))
        if not found and self.source:
            found.append(self._fact("code", self.code))
        return tuple(found)

    def _fact(self, field: FieldName, value: str, language: str = "") -> Fact:
        apart = getattr(self, _OWN_MARK[field]) if field in _OWN_MARK else ""
        return Fact.model_validate(
            {
                "field": field,
                "language": language,
                "value": value,
                "source": self.source,
                "mark": apart or self.mark,
            }
        )


COLUMNS = tuple(_FileRow.model_fields)
"""The columns of a catalogue file, in any order; all but `code` may be left out."""


def read_rows(path: Path) -> list[Row]:
    """The rows of a .yaml, .csv or .xlsx file, in its order, without those that state nothing.

    Raises CatalogueErrors with every problem of the file.
    """
    sheet = read_sheet(path, COLUMNS)
    problems = list(sheet.problems)
    rows: list[Row] = []
    stated: dict[tuple[str, FieldName, str], tuple[Fact, str]] = {}
    for line in sheet.lines:
        try:
            read = _FileRow.model_validate(line.columns)
        except ValidationError as error:
            problems.extend(_problems_of(error, path.name, line.place))
            continue
        facts = read.facts()
        for fact in facts:
            first, place = stated.setdefault((read.code, *fact.place), (fact, line.place))
            if first != fact:
                column = "_".join(filter(None, fact.place))
                what = f"says something else about {read.code} than {place} does: keep one"
                problems.append(Problem(path.name, line.place, column, what))
        if facts:
            rows.append(Row(code=read.code, facts=facts))
    if problems:
        raise CatalogueErrors(problems)
    return rows


def _problems_of(error: ValidationError, file: str, place: str) -> Iterator[Problem]:
    for found in error.errors(include_url=False):
        context = found.get("ctx", {})
        match found["type"]:
            case "value_error":
                what = str(context["error"])
            case "string_type":
                what = "holds a number or a date: write it as text"
            case "string_too_long":
                what = f"is longer than {context['max_length']} characters: shorten it"
            case _:
                what = found["msg"]
        yield Problem(file, place, "_".join(str(part) for part in found["loc"]), what)
