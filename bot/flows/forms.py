"""The same questions as a form, where the platform has forms: a Slack modal."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.chat.events import Upload
from bot.chat.markup import join, plain
from bot.chat.messages import Choice, Field, Form
from bot.chat.tokens import Screen
from bot.flows import attaching
from bot.flows.conversation import answers_of, doubt, doubted, go_on, keep, page_of, shares_form, store
from bot.flows.flow import Attach, Flow, Misfit, PickOne, PickSeveral, Step, Unsure, Value, Write
from bot.flows.screens import label_of, options_of
from bot.flows.turn import Turn
from storage.conversations import Conversation


async def form_of(turn: Turn, flow: Flow[Any], conversation: Conversation) -> Form | None:
    """The form that the conversation's question belongs to, or None when it is asked alone."""
    step = flow.step(conversation.step)
    if step is None or not turn.limits.forms or not shares_form(flow, step) or doubted(conversation, step):
        return None
    answers = answers_of(flow, conversation)
    steps = page_of(flow, answers, step)
    return Form(
        token=str(Screen(conversation.id, conversation.rev, "f")),
        title=turn.words.plain(f"{flow.name}.title"),
        submit=turn.words.plain("screen.next"),
        close=turn.words.plain("screen.close"),
        fields=tuple([await _field(turn, flow, other, answers) for other in steps]),
        intro=turn.words(f"{flow.name}.{step.page.partition(':')[0]}.intro", **step.filled(turn.words)),
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
    turn: Turn,
    flow: Flow[Any],
    conversation: Conversation,
    values: Mapping[str, Value],
    uploads: Mapping[str, Sequence[Upload]],
) -> dict[str, str]:
    """Keep what a form was sent with, be it an older one than the one shown now; what does not fit comes back as words
    per field, and the rest is kept."""
    errors: dict[str, str] = {}
    for step in flow.steps:
        if not (step.id in values or step.id in uploads) or not step.when(answers_of(flow, conversation)):
            continue
        try:
            if isinstance(step, Attach):
                value: Value = await _attached(turn, conversation, step, uploads.get(step.id, ()))
            else:
                value = await _read(turn, flow, conversation, step, values.get(step.id, ""))
        except Misfit as misfit:
            errors[step.id] = turn.words.plain(misfit.text, **misfit.values)
            continue
        except Unsure:
            # A form has no room for buttons beside a field: it is asked about in the message behind it.
            doubt(conversation, step, str(values[step.id]).strip())
            continue
        store(conversation, step, value)
        if step.after:
            await step.after(turn, answers_of(flow, conversation))
        if not errors:
            keep(flow, conversation, step, conversation.answers[step.id])
    if not errors:
        go_on(flow, conversation)
    return errors


async def _attached(turn: Turn, conversation: Conversation, step: Attach[Any], uploads: Sequence[Upload]) -> Value:
    """An empty field takes nothing back: a form cannot show what was sent before."""
    if uploads:
        return await attaching.take(turn, conversation, step, uploads)
    given: list[str] = conversation.answers.get(step.id) or []
    if not given and not step.optional:
        raise Misfit("screen.required")
    return given


async def _read(
    turn: Turn,
    flow: Flow[Any],
    conversation: Conversation,
    step: PickOne[Any] | PickSeveral[Any] | Write[Any],
    value: Value,
) -> Value:
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
    value = getattr(answers, step.id)
    options = await options_of(turn, flow, step, answers)
    if isinstance(step, Write):
        value = step.show(turn, value) if value and step.show else value
    return Field(
        id=step.id,
        kind=_kind(step),
        label=label_of(turn, flow, step),
        hint=await _hint(turn, flow, step, value),
        choices=tuple(Choice(option.value, option.label) for option in options),
        value=(value,) if isinstance(value, str) and value else tuple(value or ()),
        optional=step.optional,
        live=isinstance(step, PickOne | PickSeveral),
        most=step.most if isinstance(step, Attach) else 1,
        only_pictures=isinstance(step, Attach) and step.only_pictures,
    )


def _kind(step: Step) -> Literal["text", "paragraph", "choice", "choices", "files"]:
    match step:
        case PickOne():
            return "choice"
        case PickSeveral():
            return "choices"
        case Attach():
            return "files"
        case Write(long=long):
            return "paragraph" if long else "text"


async def _hint(turn: Turn, flow: Flow[Any], step: Step, value: Value | None) -> str:
    """The question's explanation; with what was sent before, which the form's field cannot show."""
    id = step.text(flow.name, "hint")
    hint = turn.words(id, **step.filled(turn.words)) if turn.words.has(id) else ()
    if isinstance(step, Attach) and value:
        names = await attaching.names(turn, list(value))
        hint = join([turn.words("screen.attached", names=names), hint])
    return plain(hint)


def _shape(form: Form | None) -> object:
    return form and [(field.id, field.choices) for field in form.fields]
