"""However somebody wanders through a flow, they are always on a question that is theirs, and nothing is lost."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import BaseModel

from bot.flows.conversation import (
    CHANGE,
    REVIEW,
    answers_of,
    go_back,
    go_on,
    go_to,
    keep,
    page_of,
    position,
    settle,
    store,
)
from bot.flows.flow import Beginning, Ending, Flow, PickOne, PickSeveral, Step, Value, Write
from bot.flows.turn import Turn
from storage.conversations import Conversation


class Picnic(BaseModel):
    company: str | None = None
    who: str | None = None
    size: str | None = None
    food: list[str] | None = None
    sugar: str | None = None
    note: str | None = None


async def _begin(_turn: Turn, _argument: str) -> Beginning:
    raise NotImplementedError


async def _finish(_turn: Turn, _answers: Any) -> Ending:
    raise NotImplementedError


def as_written(_turn: Turn, written: str) -> str:
    return written


def _together(answers: Any) -> bool:
    return bool(answers.company == "together")


PICNIC: Flow[Picnic] = Flow(
    name="picnic",
    version=1,
    answers=Picnic,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(id="company", options=("alone", "together"), resets=("size",)),
        Write(id="who", when=_together, read=as_written),
        PickOne(id="size", when=_together, options=("small", "large"), page="things"),
        PickSeveral(id="food", options=("tea", "cake"), optional=True, resets=("sugar",), page="things"),
        PickOne(id="sugar", when=lambda a: "tea" in (a.food or ()), options=("yes", "no"), page="things"),
        Write(id="note", optional=True, read=as_written),
    ),
)


class LaterPicnic(BaseModel):
    weather: str | None = None
    company: str | None = None
    who: str | None = None
    food: str | None = None
    note: str | None = None


# Asks about the weather first, no longer about size and sugar, and wants one kind of food where it took several.
LATER_PICNIC: Flow[LaterPicnic] = Flow(
    name="picnic",
    version=2,
    answers=LaterPicnic,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(id="weather", options=("sun", "rain")),
        PickOne(id="company", options=("alone", "together")),
        Write(id="who", when=_together, read=as_written),
        PickOne(id="food", options=("tea", "cake"), optional=True),
        Write(id="note", optional=True, read=as_written),
    ),
)


def opened(flow: Flow[Any] = PICNIC, **answers: Value) -> Conversation:
    conversation = Conversation(1, 1, flow.name, flow.version, "", REVIEW, dict(answers))
    go_on(flow, conversation)
    return conversation


def some_answer(data: st.DataObject, step: Step) -> Value:
    match step:
        case PickOne(options=tuple(options)):
            return data.draw(st.sampled_from(options))
        case PickSeveral(options=tuple(options)):
            return data.draw(st.lists(st.sampled_from(options), unique=True, min_size=0 if step.optional else 1))
        case _:
            return data.draw(st.text(min_size=0 if step.optional else 1, max_size=5))


class Wandering(RuleBasedStateMachine):
    """Answers, Back, Change, ticks, and a new version of the flow in between, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.flow: Flow[Any] = PICNIC
        self.conversation = opened()
        self.given: dict[str, Value] = {}
        self.seen = replace(self.conversation)

    @property
    def answers(self) -> Any:
        return answers_of(self.flow, self.conversation)

    @property
    def step(self) -> Step | None:
        return self.flow.step(self.conversation.step)

    def give(self, step: Step, value: Value) -> None:
        if self.given.get(step.id) != value:
            for other in step.resets:
                self.given.pop(other, None)
        self.given[step.id] = value

    @precondition(lambda self: self.step is not None)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        step = self.step
        assert step is not None
        value = some_answer(data, step)
        keep(self.flow, self.conversation, step, value)
        self.give(step, value)
        assert self.conversation.history[-1] == step.id
        assert self.conversation.rev > self.seen.rev

    @precondition(lambda self: isinstance(self.step, PickSeveral))
    @rule(data=st.data())
    def tick(self, data: st.DataObject) -> None:
        step = self.step
        assert step is not None
        value = some_answer(data, step)
        store(self.conversation, step, value)
        self.give(step, value)
        assert (self.conversation.step, self.conversation.rev) == (self.seen.step, self.seen.rev)

    @rule()
    def back(self) -> None:
        go_back(self.flow, self.conversation)
        assert self.conversation.answers == self.seen.answers
        assert self.conversation.step == self.seen.step or self.conversation.step in self.seen.history

    @rule()
    def back_to_the_beginning(self) -> None:
        for _ in range(len(self.flow.steps) + 1):
            go_back(self.flow, self.conversation)
        stays = replace(self.conversation)
        go_back(self.flow, self.conversation)
        assert self.conversation == stays

    @precondition(lambda self: self.conversation.step == REVIEW)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        go_to(self.conversation, CHANGE)
        answered = [step.id for step in self.flow.asked(self.answers) if getattr(self.answers, step.id) is not None]
        if answered:
            go_to(self.conversation, data.draw(st.sampled_from(answered)))

    @precondition(lambda self: self.conversation.step == CHANGE)
    @rule()
    def nothing_to_change(self) -> None:
        go_to(self.conversation, REVIEW)

    @rule(data=st.data())
    def tap_change_on_any_old_message(self, data: st.DataObject) -> None:
        go_to(self.conversation, data.draw(st.sampled_from(self.flow.steps)).id)
        settle(self.flow, self.conversation)

    @rule(flow=st.sampled_from([PICNIC, LATER_PICNIC]))
    def the_flow_changes(self, flow: Flow[Any]) -> None:
        self.flow = flow
        settle(flow, self.conversation)
        assert self.conversation.flow_version == flow.version
        assert self.conversation.answers == self.seen.answers

    @invariant()
    def is_on_a_question_of_theirs(self) -> None:
        step = self.step
        if step is None:
            assert self.conversation.step in (REVIEW, CHANGE)
            assert self.flow.next(self.answers) is None
        else:
            assert step.when(self.answers)
            place, total = position(self.flow, self.answers, step)
            assert 1 <= place <= total <= len(self.flow.steps)

    @invariant()
    def every_answer_is_kept(self) -> None:
        assert {name: value for name, value in self.conversation.answers.items() if name in self.given} == self.given

    @invariant()
    def each_new_screen_has_a_new_revision(self) -> None:
        assert self.conversation.rev >= self.seen.rev
        if self.conversation.step != self.seen.step:
            assert self.conversation.rev > self.seen.rev
            assert self.conversation.misses == 0
            assert self.conversation.drawn == []
        self.seen = replace(self.conversation)

    @invariant()
    def history_names_each_answered_question_once(self) -> None:
        assert len(set(self.conversation.history)) == len(self.conversation.history)

    @invariant()
    def what_is_sent_was_asked(self) -> None:
        sent = self.flow.relevant(self.answers)
        assert all(getattr(sent, step.id) is None for step in self.flow.steps if not step.when(sent))


Wandering.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestWandering = Wandering.TestCase


def test_back_goes_through_the_answers_in_the_order_they_were_given() -> None:
    conversation = opened()
    for value in ("together", "Ada", "small"):
        step = PICNIC.step(conversation.step)
        assert step is not None
        keep(PICNIC, conversation, step, value)
    places = []
    for _ in range(4):
        go_back(PICNIC, conversation)
        places.append(conversation.step)
    assert places == ["size", "who", "company", "company"]


def test_back_passes_over_questions_that_are_no_longer_asked() -> None:
    conversation = opened()
    for value in ("together", "Ada", "small"):
        keep(PICNIC, conversation, _step(conversation), value)
    go_to(conversation, "company")
    keep(PICNIC, conversation, _step(conversation), "alone")
    assert conversation.step == "food"
    for _ in range(2):
        # Before company stand only questions that somebody alone is not asked.
        go_back(PICNIC, conversation)
        assert conversation.step == "company"


def test_a_changed_answer_clears_what_hung_on_it_and_asks_that_again() -> None:
    conversation = opened(company="together", who="Ada", size="small", food=["tea"], sugar="no", note="")
    assert conversation.step == REVIEW
    go_to(conversation, "food")
    keep(PICNIC, conversation, _step(conversation), ["tea", "cake"])
    assert conversation.step == "sugar"
    assert "sugar" not in conversation.answers


def test_the_same_answer_again_clears_nothing() -> None:
    conversation = opened(company="alone", food=["tea"], sugar="no", note="")
    go_to(conversation, "food")
    keep(PICNIC, conversation, _step(conversation), ["tea"])
    assert conversation.step == REVIEW
    assert conversation.answers["sugar"] == "no"


def test_answers_survive_a_new_version_of_the_flow() -> None:
    conversation = opened(company="together", who="Ada")
    assert conversation.step == "size"
    settle(LATER_PICNIC, conversation)
    assert conversation.step == "weather"
    assert answers_of(LATER_PICNIC, conversation) == LaterPicnic(company="together", who="Ada")


def test_an_answer_that_the_new_version_does_not_understand_is_asked_again() -> None:
    conversation = opened(company="alone", food=["tea", "cake"], sugar="yes", note="")
    assert conversation.step == REVIEW
    conversation.answers["weather"] = "sun"
    settle(LATER_PICNIC, conversation)
    assert conversation.step == "food"
    assert answers_of(LATER_PICNIC, conversation) == LaterPicnic(weather="sun", company="alone", note="")


def test_skipped_is_not_unanswered() -> None:
    conversation = opened(company="alone", food=[], note="")
    assert conversation.step == REVIEW


def test_questions_of_a_page_are_those_that_are_asked() -> None:
    conversation = opened(company="alone", food=["tea"])
    step = PICNIC.step("food")
    assert step is not None
    assert [other.id for other in page_of(PICNIC, answers_of(PICNIC, conversation), step)] == ["food", "sugar"]


def _step(conversation: Conversation) -> Step:
    step = PICNIC.step(conversation.step)
    assert step is not None
    return step
