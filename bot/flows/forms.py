"""The same questions as a form, where the platform has forms: a Slack modal."""

from collections.abc import Mapping
from typing import Any

from bot.chat.markup import plain
from bot.chat.messages import Choice, Field, Form
from bot.chat.tokens import Screen
from bot.flows.conversation import answers_of, keep, page_of, shares_form, store
from bot.flows.flow import Flow, Misfit, PickOne, PickSeveral, Step, Value
from bot.flows.screens import label_of, options_of
from bot.flows.turn import Turn
from storage.conversations import Conversation


async def form_of(turn: Turn, flow: Flow[Any], conversation: Conversation) -> Form | None:
    """The form that the conversation's question belongs to, or None when it is asked alone."""
    step = flow.step(conversation.step)
    if step is None or not turn.limits.forms or not shares_form(flow, step):
        return None
    answers = answers_of(flow, conversation)
    steps = page_of(flow, answers, step)
    return Form(
        token=str(Screen(conversation.id, conversation.rev, "f")),
        title=turn.words.plain(f"{flow.name}.title"),
        submit=turn.words.plain("screen.next"),
        close=turn.words.plain("screen.close"),
        fields=tuple([await _field(turn, flow, other, answers) for other in steps]),
        intro=turn.words(f"{flow.name}.{step.page}.intro"),
    )


async def take_changes(turn: Turn, flow: Flow[Any], conversation: Conversation, values: Mapping[str, Value]) -> bool:
    """Keep the choices that were made in an open form; whether the form has to look different now."""
    step = flow.step(conversation.step)
    if step is None:
        return False
    before = await form_of(turn, flow, conversation)
    for other in page_of(flow, answers_of(flow, conversation), step):
        value = values.get(other.id)
        if value and isinstance(other, PickOne | PickSeveral) and await _fits(turn, flow, conversation, other, value):
            store(conversation, other, value)
    # What was chosen now decides which other questions stand in the form.
    after = await form_of(turn, flow, conversation)
    return _shape(before) != _shape(after)


async def take_form(
    turn: Turn, flow: Flow[Any], conversation: Conversation, values: Mapping[str, Value]
) -> dict[str, str]:
    """Keep what a form was sent with, be it an older one than the one shown now; what does not fit comes back as words
    per field, and the rest is kept."""
    errors: dict[str, str] = {}
    for step in flow.steps:
        if step.id not in values or not step.when(answers_of(flow, conversation)):
            continue
        try:
            value = await _read(turn, flow, conversation, step, values[step.id])
        except Misfit as misfit:
            errors[step.id] = turn.words.plain(misfit.text, **misfit.values)
            continue
        store(conversation, step, value)
        if step.after:
            await step.after(turn, answers_of(flow, conversation))
        if not errors:
            keep(flow, conversation, step, conversation.answers[step.id])
    return errors


async def _read(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, value: Value) -> Value:
    if not value or (isinstance(value, str) and not value.strip()):
        if step.optional:
            return [] if isinstance(step, PickSeveral) else ""
        raise Misfit("screen.required")
    if isinstance(step, PickOne | PickSeveral):
        if not await _fits(turn, flow, conversation, step, value):
            raise Misfit("screen.pick_again")
        return value
    return step.read(turn, str(value))


async def _fits(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, value: Value) -> bool:
    offered = {option.value for option in await options_of(turn, flow, step, answers_of(flow, conversation))}
    return offered.issuperset([value] if isinstance(value, str) else value)


async def _field(turn: Turn, flow: Flow[Any], step: Step, answers: Any) -> Field:
    hint = f"{flow.name}.{step.id}.hint"
    value = getattr(answers, step.id)
    options = await options_of(turn, flow, step, answers)
    kind = "choice" if isinstance(step, PickOne) else "choices"
    if not isinstance(step, PickOne | PickSeveral):
        value = step.show(turn, value) if value and step.show else value
    return Field(
        id=step.id,
        kind=kind if isinstance(step, PickOne | PickSeveral) else "paragraph" if step.long else "text",  # type: ignore[arg-type]  # the literals are joined by the conditional
        label=label_of(turn, flow, step),
        hint=plain(turn.words(hint)) if turn.words.has(hint) else "",
        choices=tuple(Choice(option.value, option.label) for option in options),
        value=(value,) if isinstance(value, str) and value else tuple(value or ()),
        optional=step.optional,
        live=isinstance(step, PickOne | PickSeveral),
    )


def _shape(form: Form | None) -> object:
    return form and [(field.id, field.choices) for field in form.fields]
