"""Flows drawn as Mermaid diagrams, and checked for unreachable questions and for missing or too long words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from bot.chat.limits import LIMITS, Limits, units
from bot.chat.markup import plain
from bot.flows.flow import Attach, Flow, PickOne, PickSeveral, Step, Write, always
from bot.locales import LANGUAGES, Words, read

_SHAPES = {PickOne: ("{{", "}}"), PickSeveral: ("[[", "]]"), Write: ("[/", "/]"), Attach: ("[(", ")]")}


def mermaid(flow: Flow[Any], words: Words) -> str:
    """The flow as a Mermaid flowchart. A question with a guard can be passed over, which the dotted line shows."""
    lines = ["flowchart TD", f'    start(["{_quoted(words.plain(f"{flow.name}.title"))}"])']
    before = ["start"]
    for step in flow.steps:
        label = _quoted(f"{step.id}: {words.plain(step.text(flow.name, 'label'), **step.filled(words))}")
        opening, closing = _SHAPES[type(step)]
        lines.append(f'    {step.id}{opening}"{label}"{closing}')
        lines += _arrows(before, step.id)
        before = [step.id] if step.when is always else [*before, step.id]
    lines += _arrows(before, "review" if flow.review else "finish")
    if flow.review:
        lines += ['    review["✓ review"]', "    review -- Change --> " + flow.steps[0].id, "    review --> finish"]
    return "\n".join([*lines, f'    finish(["{_quoted(plain(words(f"{flow.name}.over")))}"])'])


def _arrows(before: Sequence[str], to: str) -> list[str]:
    return [f"    {one} {'-->' if one == before[-1] else '-.->'} {to}" for one in before]


def lint(flows: Mapping[str, Flow[Any]]) -> list[str]:
    """Everything that is wrong with the flows, a line each."""
    # Each catalogue as it is written, since the words that people see fall back to English.
    catalogues = [Words(language, read(language)) for language in LANGUAGES]
    return [
        problem
        for flow in flows.values()
        for problem in (*_shape(flow), *(p for words in catalogues for p in _texts(flow, words)))
    ]


def _shape(flow: Flow[Any]) -> Iterable[str]:
    fields = flow.answers.model_fields
    ids = [step.id for step in flow.steps]
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        yield f"{flow.name}.{id}: two questions have this id"
    reached = _reached(flow)
    for step in flow.steps:
        if step.id not in fields:
            yield f"{flow.name}.{step.id}: {flow.answers.__name__} has no field of this name"
        for other in step.resets:
            if other not in ids:
                yield f"{flow.name}.{step.id}: resets {other}, which is no question"
        if step.id not in reached:
            yield f"{flow.name}.{step.id}: no answers lead to this question"


class _Open(str):
    """An answer that nobody can foresee. What a guard compares it with is noted, as another answer to try."""

    compared: set[str]

    def __new__(cls, compared: set[str]) -> Self:
        answer = super().__new__(cls, "anything")
        answer.compared = compared
        return answer

    def __eq__(self, other: object) -> bool:
        self.compared.add(str(other))
        return False

    __hash__ = str.__hash__


class _Watched:
    """Answers as a guard sees them: it is noted which ones it looks at."""

    def __init__(self, answers: Mapping[str, Any], noted: dict[str, set[str]]) -> None:
        self._answers = answers
        self._noted = noted

    def __getattr__(self, name: str) -> Any:
        self._noted.setdefault(name, set())
        return self._answers[name]


def _reached(flow: Flow[Any]) -> set[str]:
    """The questions that some answers lead to.

    Walks through the flow, branching only where a guard looks. Where guards look shows on the way, so the walk is
    repeated until it shows nothing new.
    """
    noted: dict[str, set[str]] = {}
    while True:
        before = {name: set(compared) for name, compared in noted.items()}
        reached: set[str] = set()
        ways = _starts(flow, noted)
        while ways:
            answers = ways.pop()
            step = next((s for s in flow.steps if answers.get(s.id) is None and s.when(_Watched(answers, noted))), None)
            if step is not None:
                reached.add(step.id)
                ways += [{**answers, step.id: value} for value in _tries(step, noted)]
        if noted == before:
            return reached


def _starts(flow: Flow[Any], noted: Mapping[str, set[str]]) -> list[dict[str, Any]]:
    """Nothing answered yet, with each combination of what may be known beforehand."""
    starts: list[dict[str, Any]] = [{name: field.get_default() for name, field in flow.answers.model_fields.items()}]
    for name, default in starts[0].items():
        if isinstance(default, bool) and name in noted:
            starts += [{**start, name: not default} for start in starts]
    return starts


def _tries(step: Step, noted: dict[str, set[str]]) -> list[Any]:
    """The answers that can make a difference: one when no guard looks at them."""
    several = isinstance(step, PickSeveral | Attach)
    if isinstance(step, Write | Attach) or callable(step.options):
        compared = noted.get(step.id, set())
        values = [_Open(compared), *sorted(compared)]
    else:
        values = list(step.options)
    tries: list[Any] = [[value] for value in values] + [values] if several else [*values]
    if step.optional:
        tries.append([] if several else "")
    return tries if step.id in noted else tries[:1]


def _texts(flow: Flow[Any], words: Words) -> Iterable[str]:
    """Missing texts, and those that a platform would cut."""
    for text, longest in _needed(flow):
        if not words.has(text):
            yield f"{text}: missing in {words.language}"
        elif longest and units(words.plain(text)) > longest:
            yield f"{text}: {units(words.plain(text))} characters in {words.language}, at most {longest}"


def _needed(flow: Flow[Any]) -> Iterable[tuple[str, int]]:
    """The catalogue entries that a flow uses, each with the length at which some platform would cut it (0: none)."""
    title = min(limits.form_title for limits in LIMITS.values() if limits.forms)
    button = min(limits.label for limits in LIMITS.values())
    listed = min(limits.form_option for limits in LIMITS.values() if limits.forms)
    yield f"{flow.name}.title", title
    yield f"{flow.name}.over", _text_limit()
    if flow.review:
        yield f"{flow.name}.review", _text_limit()
        yield f"{flow.name}.send", button
    for page in dict.fromkeys(step.page for step in flow.steps if step.page):
        yield f"{flow.name}.{page}.intro", _text_limit()
    for step in flow.steps:
        yield step.text(flow.name, "ask"), _text_limit()
        yield step.text(flow.name, "label"), button
        if not isinstance(step, Write | Attach) and isinstance(step.options, tuple):
            for option in step.options:
                yield step.text(flow.name, option), listed


def _text_limit() -> int:
    """A question leaves most of a message to what stands around it."""
    smallest: Limits = min(LIMITS.values(), key=lambda limits: limits.text)
    return smallest.text // 4


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")
