"""Questions of a study that is being made: one at a time, or many from a spreadsheet that is sent in the chat."""

import re
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel

from bot.chat.markup import Markup
from bot.delphi.checking import LONGEST
from bot.delphi.protocol import OpenItem, Protocol, read_item
from bot.flows.flow import Attach, Beginning, Ending, Flow, Halt, Misfit, PickOne, Write
from bot.flows.studies.access import desk, draft_of
from bot.flows.studies.drafts import file_subject, keep
from bot.flows.studies.item_changes import free_code
from bot.flows.studies.spoken import Spoken, in_language, named, spoken
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from storage import files

KINDS = ("scale", "agree", "choice", "ranking", "number", "open")
MEASURES = ("year", "percent", "money", "number")
FIRST = "A0"


class NewItem(Spoken):
    """A question for a draft. Options stand on lines of their own, in the same order in every language."""

    study: str
    kind: str | None = None
    text_en: str | None = None
    text_fr: str | None = None
    text_es: str | None = None
    several: str | None = None
    options_en: str | None = None
    options_fr: str | None = None
    options_es: str | None = None
    measure: str | None = None
    currency: str | None = None
    unit_en: str | None = None
    unit_fr: str | None = None
    unit_es: str | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    study, protocol = await draft_of(turn, argument)
    return Beginning({"study": argument, **spoken(protocol.languages)}, f"study {study.code} question")


def _when(language: str, also: Callable[[NewItem], bool] = lambda _answers: True) -> Callable[[NewItem], bool]:
    return lambda answers: in_language(language)(answers) and also(answers)


def _text(_turn: Turn, written: str) -> str:
    said = " ".join(written.split())
    if len(said) > LONGEST["text"]:
        raise Misfit("write.too_long", longest=LONGEST["text"], length=len(said))
    return said


def _options(_turn: Turn, written: str) -> str:
    """Two options or more, each on its line."""
    lines = _lines(written)
    if len(lines) < 2:
        raise Misfit("draftitem.few_options")
    if too_long := [line for line in lines if len(line) > LONGEST["option"]]:
        raise Misfit("write.too_long", longest=LONGEST["option"], length=len(too_long[0]))
    return "\n".join(lines)


def _lines(written: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in written.splitlines()))))


def _currency(_turn: Turn, written: str) -> str:
    code = written.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise Misfit("draftitem.not_currency")
    return code


def _chooses(answers: NewItem) -> bool:
    return answers.kind in ("choice", "ranking")


def _counts(answers: NewItem) -> bool:
    return answers.kind == "number" and answers.measure == "number"


def _writes(
    name: str,
    read: Callable[[Turn, str], str],
    also: Callable[[NewItem], bool] = lambda _answers: True,
    *,
    long: bool = True,
) -> tuple[Write[NewItem], ...]:
    return tuple(
        Write(
            id=f"{name}_{language}",
            page=name,
            texts=name,
            fills=named(language),
            when=_when(language, also),
            optional=True,
            long=long,
            read=read,
        )
        for language in LANGUAGES
    )


async def _finish(turn: Turn, answers: NewItem) -> Ending:
    study, protocol = await draft_of(turn, answers.study)
    item = new_item(protocol, answers)
    await keep(turn, study, protocol.model_copy(update={"items": [*protocol.items, item]}))
    ways = (("draft.add_next", f"draftitem_{study.id}"), ("desk.to_draft", desk(study)))
    return Ending(turn.words("draftitem.done", code=item.id), ways)


def new_item(protocol: Protocol, answers: NewItem) -> Any:
    """The question with the next free code."""
    rated = [item.id for item in protocol.items if not (isinstance(item, OpenItem) and item.proposals)]
    code = free_code([item.id for item in protocol.items], rated[-1] if rated else FIRST)
    raw: dict[str, Any] = {"id": code, "kind": answers.kind, "text": answers.texts("text")}
    if _chooses(answers):
        raw["options"] = _read_options(answers.texts("options"))
    if answers.kind == "choice" and answers.several == "yes":
        raw["most"] = len(raw["options"])
    if answers.kind == "number":
        raw |= {"measure": answers.measure, "currency": answers.currency or "", "unit": answers.texts("unit")}
    return read_item(raw)


def _read_options(by_language: Mapping[str, str]) -> list[dict[str, Any]]:
    columns = {language: _lines(said) for language, said in by_language.items()}
    return [
        {"id": f"o{place}", "text": {code: said for code, said in zip(columns, row, strict=True) if said}}
        for place, row in enumerate(zip_longest(*columns.values(), fillvalue=""), 1)
    ]


ITEM: Flow[NewItem] = Flow(
    name="draftitem",
    version=1,
    answers=NewItem,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(id="kind", options=KINDS),
        *_writes("text", _text),
        *_writes("options", _options, _chooses),
        PickOne(id="several", options=("no", "yes"), when=lambda answers: answers.kind == "choice"),
        PickOne(id="measure", options=MEASURES, when=lambda answers: answers.kind == "number"),
        Write(
            id="currency",
            when=lambda answers: answers.kind == "number" and answers.measure == "money",
            read=_currency,
        ),
        *_writes("unit", _text, _counts, long=False),
    ),
)


class Sheet(BaseModel):
    """A spreadsheet with questions."""

    study: str
    file: list[str] | None = None


async def _begin_file(turn: Turn, argument: str) -> Beginning:
    study, _ = await draft_of(turn, argument)
    return Beginning({"study": argument}, f"study {study.code} file")


async def _about(turn: Turn, answers: Sheet) -> Markup:
    _, protocol = await draft_of(turn, answers.study)
    columns = ["id", "kind", *(f"text_{language}" for language in protocol.languages)]
    return turn.words("itemsfile.columns", columns=", ".join(columns))


async def _finish_file(turn: Turn, answers: Sheet) -> Ending:
    """Its bytes come later; `bot.flows.studies.items_reading` reads them then."""
    study, _ = await draft_of(turn, answers.study)
    connection = await turn.connection()
    sent = [await files.get(connection, int(id)) for id in answers.file or ()]
    back = (("desk.to_draft", desk(study)),)
    names = [file.name for file in sent if file is not None]
    if not names or any(not is_sheet(name) for name in names):
        raise Halt(turn.words("itemsfile.kind"), (("itemsfile.again", f"itemsfile_{study.id}"), *back), drop=True)
    await files.adopt(connection, [int(id) for id in answers.file or ()], file_subject(study))
    return Ending(turn.words("itemsfile.reading", name=names[0]), back)


def is_sheet(name: str) -> bool:
    """Whether a file with this name can hold questions."""
    return name.lower().endswith((".csv", ".xlsx"))


SHEET: Flow[Sheet] = Flow(
    name="itemsfile",
    version=1,
    answers=Sheet,
    review=False,
    begin=_begin_file,
    finish=_finish_file,
    steps=(Attach(id="file", optional=False, lead=_about),),
)
FLOWS: tuple[Flow[Any], ...] = (ITEM, SHEET)
