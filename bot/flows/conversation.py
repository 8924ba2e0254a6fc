"""How a conversation moves. Pure: changes the conversation it is given and nothing else."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.flows.flow import Flow, Step, Value
from storage.conversations import Conversation

A = TypeVar("A", bound=BaseModel)

# Among the answers, but no question's id: what was written and has to be asked about, by question.
DOUBTED = "?"
REVIEW = "review"
CHANGE = "change"


def answers_of(flow: Flow[A], conversation: Conversation) -> A:
    """The answers so far. What an earlier version of the flow stored and this one no longer understands is left out,
    so that its question is asked again."""
    known = {name: value for name, value in conversation.answers.items() if name in flow.answers.model_fields}
    try:
        return flow.answers.model_validate(known)
    except ValidationError as error:
        for problem in error.errors():
            known.pop(str(problem["loc"][0]), None)
        return flow.answers.model_validate(known)


def settle(flow: Flow[A], conversation: Conversation) -> None:
    """Put a conversation on a question that the flow has: the first unanswered one when its own is gone, for
    instance because the flow was changed in the meantime."""
    answers = answers_of(flow, conversation)
    conversation.flow_version = flow.version
    step = flow.step(conversation.step)
    if conversation.step in (REVIEW, CHANGE):
        if flow.next(answers) is not None:
            go_on(flow, conversation)
    elif step is None or not step.when(answers):
        go_on(flow, conversation)


def keep(flow: Flow[A], conversation: Conversation, step: Step, value: Value) -> None:
    """Store an answer and go on."""
    store(conversation, step, value)
    conversation.history = [id for id in conversation.history if id != step.id] + [step.id]
    go_on(flow, conversation)


def store(conversation: Conversation, step: Step, value: Value) -> None:
    """Store an answer and stay where we are. Answers that hung on its earlier value are cleared."""
    changed: dict[str, Any] = dict(conversation.answers)
    if changed.get(step.id) not in (None, value):
        for other in step.resets:
            changed.pop(other, None)
    changed[step.id] = value
    conversation.answers = changed
    _settle_doubt(conversation, step)


def clear(conversation: Conversation, step: Step) -> None:
    """Take an answer back and stay where we are."""
    conversation.answers = {
        id: value for id, value in conversation.answers.items() if id not in (step.id, *step.resets)
    }
    _settle_doubt(conversation, step)


def doubt(conversation: Conversation, step: Step, written: str) -> None:
    """Ask about an answer before it is kept: the question stays, and the answer that it had is taken back."""
    clear(conversation, step)
    conversation.answers = {
        **conversation.answers,
        DOUBTED: {**conversation.answers.get(DOUBTED, {}), step.id: written},
    }
    go_to(conversation, step.id)


def doubted(conversation: Conversation, step: Step) -> str:
    """What was written in answer to this question and has to be asked about, or empty."""
    return str(conversation.answers.get(DOUBTED, {}).get(step.id, ""))


def _settle_doubt(conversation: Conversation, step: Step) -> None:
    doubts = {id: written for id, written in conversation.answers.get(DOUBTED, {}).items() if id != step.id}
    others = {id: value for id, value in conversation.answers.items() if id != DOUBTED}
    conversation.answers = others | ({DOUBTED: doubts} if doubts else {})


def go_on(flow: Flow[A], conversation: Conversation) -> None:
    """To the first unanswered question, or to the review."""
    step = flow.next(answers_of(flow, conversation))
    go_to(conversation, REVIEW if step is None else step.id)


def go_to(conversation: Conversation, step: str) -> None:
    """To this question: a new screen, so that buttons drawn before are old."""
    conversation.step = step
    conversation.rev += 1
    conversation.misses = 0
    conversation.drawn = []


def go_back(flow: Flow[A], conversation: Conversation) -> None:
    """To the question answered before this one; on the first one, stay."""
    answers = answers_of(flow, conversation)
    history = [id for id in conversation.history if (step := flow.step(id)) and step.when(answers)]
    if conversation.step in history:
        history = history[: history.index(conversation.step)]
    if history:
        go_to(conversation, history[-1])


def position(flow: Flow[A], answers: A, step: Step) -> tuple[int, int]:
    """Where a question stands among those asked: `(3, 7)` is the third of seven."""
    asked = flow.asked(answers)
    return next(place for place, other in enumerate(asked, 1) if other.id == step.id), len(asked)


def page_of(flow: Flow[A], answers: A, step: Step) -> list[Step]:
    """The questions that share a form with this one."""
    return [other for other in flow.asked(answers) if step.page and other.page == step.page]


def shares_form(flow: Flow[A], step: Step) -> bool:
    """Whether this question may stand in a form with others."""
    return bool(step.page) and sum(other.page == step.page for other in flow.steps) > 1
