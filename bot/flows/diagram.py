"""Flows drawn as Mermaid diagrams, and checked for unreachable questions and for missing or too long words."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.chat.limits import LIMITS, Limits, units
from bot.chat.markup import plain
from bot.flows.flow import Flow, PickOne, PickSeveral, Step, Write, always
from bot.locales import LANGUAGES, Words, load


def mermaid(flow: Flow[Any], words: Words) -> str:
    """The flow as a Mermaid flowchart. A question with a guard can be passed over, which the dotted line shows."""
    lines = ["flowchart TD", f'    start(["{_quoted(words.plain(f"{flow.name}.title"))}"])']
    before, passing = ["start"], False
    for step in flow.steps:
        label = _quoted(f"{step.id}: {words.plain(f'{flow.name}.{step.id}.label')}")
        opening, closing = {PickOne: ("{{", "}}"), PickSeveral: ("[[", "]]"), Write: ("[/", "/]")}[type(step)]
        lines.append(f'    {step.id}{opening}"{label}"{closing}')
        lines += [f"    {one} {'-.->' if passing and one != before[-1] else '-->'} {step.id}" for one in before]
        passing = step.when is not always
        before = [*before, step.id] if passing else [step.id]
    end = "review" if flow.review else "finish"
    lines += [f"    {one} --> {end}" for one in before]
    if flow.review:
        lines += ['    review["✓ review"]', "    review -- Change --> " + flow.steps[0].id, "    review --> finish"]
    return "\n".join([*lines, f'    finish(["{_quoted(plain(words(f"{flow.name}.over")))}"])'])


def lint(flows: Mapping[str, Flow[Any]]) -> list[str]:
    """Everything that is wrong with the flows, a line each."""
    by_language = load()
    return [
        problem
        for flow in flows.values()
        for problem in (*_shape(flow), *(p for code in LANGUAGES for p in _texts(flow, by_language[code])))
    ]


def _shape(flow: Flow[Any]) -> Iterable[str]:
    fields = flow.answers.model_fields
    ids = [step.id for step in flow.steps]
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        yield f"{flow.name}.{id}: two questions have this id"
    for step in flow.steps:
        if step.id not in fields:
            yield f"{flow.name}.{step.id}: {flow.answers.__name__} has no field of this name"
        for other in step.resets:
            if other not in ids:
                yield f"{flow.name}.{step.id}: resets {other}, which is no question"
        if not _reachable(flow, step):
            yield f"{flow.name}.{step.id}: no answers lead to this question"


def _reachable(flow: Flow[Any], step: Step) -> bool:
    """Whether some combination of one answer to each closed question opens the guard. Tried value by value, with the
    other guards' questions open, since guards look at few answers."""
    closed = {
        other.id: other.options
        for other in flow.steps
        if isinstance(other, PickOne | PickSeveral) and isinstance(other.options, tuple)
    }
    tries: list[dict[str, Any]] = [{}]
    for other in flow.steps:
        values: list[Any] = [None]
        if other.id in closed:
            values += [[v] if isinstance(other, PickSeveral) else v for v in closed[other.id]]
        else:
            values += [["new"] if isinstance(other, PickSeveral) else "new"]
        if len(tries) * len(values) <= 20_000:
            tries = [{**one, other.id: value} for one in tries for value in values]
        else:
            tries += [{**one, other.id: value} for one in tries[:50] for value in values[1:]]
    return any(_opens(flow, step, answers) for answers in tries)


def _opens(flow: Flow[Any], step: Step, answers: Mapping[str, Any]) -> bool:
    return bool(step.when(flow.answers.model_construct(**{**_blank(flow), **answers})))


def _blank(flow: Flow[Any]) -> dict[str, Any]:
    return {name: field.get_default() for name, field in flow.answers.model_fields.items()}


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
        yield f"{flow.name}.{step.id}.ask", _text_limit()
        yield f"{flow.name}.{step.id}.label", button
        if not isinstance(step, Write) and isinstance(step.options, tuple):
            for option in step.options:
                yield f"{flow.name}.{step.id}.{option}", listed


def _text_limit() -> int:
    """A question leaves most of a message to what stands around it."""
    smallest: Limits = min(LIMITS.values(), key=lambda limits: limits.text)
    return smallest.text // 4


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")
