"""What the buttons of a conversation do: choose, go back, save for later, review, send."""

from typing import Any

from bot.chat.markup import join
from bot.chat.tokens import Screen
from bot.flows import attaching
from bot.flows.conversation import CHANGE, REVIEW, answers_of, clear, go_back, go_on, go_to, keep, settle, store
from bot.flows.flow import Attach, Ending, Flow, Halt, PickSeveral, Step, Value
from bot.flows.forms import form_of
from bot.flows.screens import answered, draw
from bot.flows.standing import ask_a_person, mark_answered, open_form, show, touch
from bot.flows.turn import Turn
from storage import files, marks
from storage.conversations import Conversation


async def act(turn: Turn, flow: Flow[Any], conversation: Conversation, to: str) -> None:
    """Carry out a move."""
    edits = turn.tapped
    match to[0]:
        case "b":
            go_back(flow, conversation)
        case "v":
            await stop(turn, flow, conversation)
            return
        case "x":
            await _drop(turn, flow, conversation)
            return
        case "h":
            await ask_a_person(turn, flow, conversation)
            return
        case "f":
            turn.form = await form_of(turn, flow, conversation)
            if turn.form is not None and turn.event.origin.trigger:
                return
        case "g":
            await open_form(turn, flow, conversation)
        case "w" if step := flow.step(conversation.step):
            clear(conversation, step)
            go_to(conversation, step.id)
        case "c" if to == "c":
            go_to(conversation, CHANGE)
        case "c" if to[1:].isdigit() and int(to[1:]) < len(flow.steps):
            go_to(conversation, flow.steps[int(to[1:])].id)
            settle(flow, conversation)
            edits = ""
        case "r":
            go_to(conversation, REVIEW)
            settle(flow, conversation)
        case "p" if to[1:].isdigit():
            await show(turn, flow, conversation, edits=edits, page=int(to[1:]))
            return
        case "y":
            await finish(turn, flow, conversation)
            return
        case _:
            await _choose(turn, flow, conversation, to)
            return
    await show(turn, flow, conversation, edits=edits)


async def _choose(turn: Turn, flow: Flow[Any], conversation: Conversation, to: str) -> None:
    """An option, skip, done with several, or away with what was sent."""
    step = flow.step(conversation.step)
    if step is None:
        if to.isdigit() and 0 < int(to) <= len(conversation.drawn):
            go_to(conversation, conversation.drawn[int(to) - 1])
        await show(turn, flow, conversation, edits=turn.tapped)
        return
    if to == "s" and step.optional:
        await answer(turn, flow, conversation, step, [] if isinstance(step, PickSeveral | Attach) else "")
        return
    if to == "d" and isinstance(step, PickSeveral | Attach):
        await answer(turn, flow, conversation, step, conversation.answers.get(step.id) or [])
        return
    if to == "e" and isinstance(step, Attach):
        await attaching.remove(turn, conversation, step)
        clear(conversation, step)
        await show(turn, flow, conversation, edits=turn.tapped)
        return
    place = to.lstrip("+-")
    if not place.isdigit() or not 0 < int(place) <= len(conversation.drawn):
        await show(turn, flow, conversation, edits=turn.tapped)
        return
    value = conversation.drawn[int(place) - 1]
    if isinstance(step, PickSeveral):
        chosen = [item for item in conversation.answers.get(step.id) or [] if item != value]
        store(conversation, step, [*chosen, value] if to[0] == "+" else chosen)
        page = (int(place) - 1) // turn.limits.listed
        await show(turn, flow, conversation, edits=turn.tapped, page=page)
        return
    await answer(turn, flow, conversation, step, value)


async def answer(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, value: Value) -> None:
    """Keep an answer, mark its question as answered, ask the next one."""
    old_page = step.page
    keep(flow, conversation, step, value)
    if step.after:
        try:
            await step.after(turn, answers_of(flow, conversation))
        except Halt as halt:
            halt_with(turn, conversation, halt)
            return
    line = await answered(turn, flow, step, answers_of(flow, conversation))
    if turn.tapped:
        if conversation.step == REVIEW and not flow.review:
            await finish(turn, flow, conversation)
            return
        words, rows = await draw(turn, flow, conversation)
        turn.say(join([line, words], "\n\n"), rows, edits=turn.tapped, screen=conversation)
    else:
        mark_answered(turn, flow, conversation, step, line)
        if conversation.step == REVIEW and not flow.review:
            await finish(turn, flow, conversation)
            return
        await show(turn, flow, conversation)
    next_step = flow.step(conversation.step)
    if next_step is not None and next_step.page != old_page:
        await open_form(turn, flow, conversation)


async def finish(turn: Turn, flow: Flow[Any], conversation: Conversation, edits: str = "") -> None:
    """Do what the flow is for, and say so where a button was tapped, else in the place of the message `edits`. An
    answer that has become impossible in the meantime is asked again."""
    answers = flow.relevant(answers_of(flow, conversation))
    if flow.next(answers) is not None:
        go_on(flow, conversation)
        await show(turn, flow, conversation, edits=turn.tapped)
        return
    try:
        ending: Ending = await flow.finish(turn, answers)
    except Halt as halt:
        halt_with(turn, conversation, halt)
        return
    if conversation.campaign_id is not None:
        await marks.mark(await turn.connection(), conversation.campaign_id, turn.person.id, "completed", turn.now)
    _end(turn, conversation, "done")
    turn.say(ending.words, turn.onward(ending.onward), edits=turn.tapped or edits, screen=conversation)


def halt_with(turn: Turn, conversation: Conversation, halt: Halt) -> None:
    if halt.drop:
        _end(turn, conversation, "dropped")
    turn.say(halt.words, turn.onward(halt.onward), edits=turn.tapped, screen=conversation)


async def _drop(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    await files.drop(await turn.connection(), attaching.subject(conversation))
    _end(turn, conversation, "dropped")
    turn.say(
        turn.words("stopped.deleted", title=turn.words.plain(f"{flow.name}.title")),
        turn.onward((("stopped.begin", flow.name),) if not conversation.subject else ()),
        edits=turn.tapped,
        screen=conversation,
    )


def _end(turn: Turn, conversation: Conversation, state: str) -> None:
    """The answers have served their purpose and are not kept."""
    conversation.state = state
    conversation.answers = {}
    conversation.history = []
    conversation.drawn = []
    conversation.campaign_id = None
    conversation.rev += 1
    if turn.person.conversation_id == conversation.id:
        turn.person.conversation_id = None
    touch(turn, conversation)


async def stop(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Save for later. Nothing is sent and nothing is lost."""
    settle(flow, conversation)
    answers = answers_of(flow, conversation)
    done = sum(getattr(answers, step.id) is not None for step in flow.asked(answers))
    turn.person.conversation_id = None
    turn.say(
        turn.words("stopped.kept", title=turn.words.plain(f"{flow.name}.title"), done=done),
        (
            (turn.button("stopped.continue", Screen(conversation.id, conversation.rev, "g")),),
            (turn.button("stopped.delete", Screen(conversation.id, conversation.rev, "x")),),
        ),
        edits=turn.tapped,
    )
    touch(turn, conversation)
