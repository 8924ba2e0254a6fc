"""Running a conversation: from what a person did to where they are next and what they are told.

Every function takes the turn and adds replies to it. The moves themselves are pure (`conversation.py`), the screens
are drawn in `screens.py` and `forms.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.chat.events import FormChanged, FormSubmitted
from bot.chat.markup import Markup, join
from bot.chat.messages import Say
from bot.chat.tokens import Screen, Standing
from bot.flows.colleagues import colleagues
from bot.flows.conversation import (
    CHANGE,
    REVIEW,
    answers_of,
    go_back,
    go_on,
    go_to,
    keep,
    settle,
    store,
)
from bot.flows.flow import Ending, Flow, Halt, Misfit, PickOne, PickSeveral, Step, Value, Write
from bot.flows.forms import form_of, take_changes, take_form
from bot.flows.screens import answered, draw, label_of, options_of
from bot.flows.turn import Turn
from bot.flows.typed import choose, folded
from storage import conversations
from storage.conversations import Conversation

Flows = Mapping[str, Flow[Any]]


async def begin(turn: Turn, flow: Flow[Any], argument: str, *, anew: bool = False) -> None:
    """Open a flow. What was begun before and not ended is offered to go on with, unless `anew`."""
    try:
        beginning = await flow.begin(turn, argument)
    except Halt as halt:
        turn.say(halt.words, turn.onward(halt.onward), edits=turn.tapped)
        return
    connection = await turn.connection()
    conversation = await conversations.of_person(connection, turn.person.id, flow.name, beginning.subject)
    if conversation and conversation.state == "open" and conversation.history and not anew:
        await _offer_to_resume(turn, flow, conversation, argument)
        return
    if conversation is None:
        conversation = Conversation(
            0, turn.person.id, flow.name, flow.version, beginning.subject, REVIEW, beginning.answers
        )
        go_on(flow, conversation)
        conversation.id = await conversations.begin(connection, conversation, turn.now)
    else:
        conversation = replace(
            conversation, state="open", answers=beginning.answers, history=[], flow_version=flow.version
        )
        go_on(flow, conversation)
    _activate(turn, conversation)
    await _show(turn, flow, conversation, edits=turn.tapped)
    await _open_form(turn, flow, conversation)


async def resume(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Go on where the person stopped, on whatever platform they are now."""
    settle(flow, conversation)
    _activate(turn, conversation)
    await _show(turn, flow, conversation, edits=turn.tapped)
    await _open_form(turn, flow, conversation)


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
    _touch(turn, conversation)


async def on_text(turn: Turn, flow: Flow[Any], conversation: Conversation, written: str) -> None:
    """Words: a control's label, an option's number or label, or an answer of one's own."""
    settle(flow, conversation)
    _touch(turn, conversation)
    if to := _control_named(turn, conversation, flow, written):
        await _act(turn, flow, conversation, to)
        return
    step = flow.step(conversation.step)
    if step is None:
        await _typed_off_question(turn, flow, conversation, written)
        return
    try:
        value = await _read(turn, flow, conversation, step, written)
    except Misfit as misfit:
        await misfits(turn, flow, conversation, misfit)
        return
    await _answer(turn, flow, conversation, step, value)


async def on_tap(turn: Turn, flow: Flow[Any], conversation: Conversation, token: Screen) -> None:
    """A button of a question's screen."""
    if conversation.state != "open":
        await _tapped_after_the_end(turn, flow, conversation)
        return
    settle(flow, conversation)
    _touch(turn, conversation)
    always_good = token.move in ("g", "x") or (token.move[0] == "c" and token.move != "c")
    if token.rev != conversation.rev and not always_good:
        await _tapped_old(turn, flow, conversation)
        return
    _activate(turn, conversation)
    await _act(turn, flow, conversation, token.move)


async def on_form(turn: Turn, flow: Flow[Any], conversation: Conversation, event: FormChanged | FormSubmitted) -> None:
    """A form was filled in, or a choice in it was made. What came is kept even when the form is an old one."""
    if conversation.state != "open":
        turn.say(turn.words(f"{flow.name}.over"), turn.onward((("start.coalitions", "coalitions"),)))
        return
    settle(flow, conversation)
    _activate(turn, conversation)
    if isinstance(event, FormChanged):
        if await take_changes(turn, flow, conversation, event.values):
            turn.form = await form_of(turn, flow, conversation)
        return
    try:
        turn.errors = await take_form(turn, flow, conversation, event.values)
    except Halt as halt:
        _halt(turn, conversation, halt)
        return
    if not turn.errors:
        turn.form = await form_of(turn, flow, conversation)
        await _show(turn, flow, conversation, edits=_screen_here(turn, conversation))


async def misfits(turn: Turn, flow: Flow[Any], conversation: Conversation, misfit: Misfit) -> None:
    """An answer that does not fit: say so; the second time explain; the third time offer a person to ask."""
    settle(flow, conversation)
    conversation.misses += 1
    _touch(turn, conversation)
    parts = [turn.words(misfit.text, **misfit.values)]
    step = flow.step(conversation.step)
    if conversation.misses == 2 and step is not None:
        kind = {PickOne: "one", PickSeveral: "several", Write: "write"}[type(step)]
        parts.append(turn.words(f"screen.explain_{kind}"))
    if conversation.misses >= 3:
        parts.append(turn.words("screen.offer_human"))
    words, rows = await draw(turn, flow, conversation)
    turn.say(join([*parts, words], "\n\n"), rows, screen=conversation)


async def _act(turn: Turn, flow: Flow[Any], conversation: Conversation, to: str) -> None:
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
            await _ask_a_person(turn, flow, conversation)
            return
        case "f":
            turn.form = await form_of(turn, flow, conversation)
            if turn.form is not None and turn.event.origin.trigger:
                return
        case "g":
            await _open_form(turn, flow, conversation)
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
            await _show(turn, flow, conversation, edits=edits, page=int(to[1:]))
            return
        case "y":
            await _finish(turn, flow, conversation)
            return
        case _:
            await _choose(turn, flow, conversation, to)
            return
    await _show(turn, flow, conversation, edits=edits)


async def _choose(turn: Turn, flow: Flow[Any], conversation: Conversation, to: str) -> None:
    """An option, skip, or done with several."""
    step = flow.step(conversation.step)
    if step is None:
        if to.isdigit() and 0 < int(to) <= len(conversation.drawn):
            go_to(conversation, conversation.drawn[int(to) - 1])
        await _show(turn, flow, conversation, edits=turn.tapped)
        return
    if to == "s" and step.optional:
        await _answer(turn, flow, conversation, step, [] if isinstance(step, PickSeveral) else "")
        return
    if to == "d":
        await _answer(turn, flow, conversation, step, conversation.answers.get(step.id) or [])
        return
    place = to.lstrip("+-")
    if not place.isdigit() or not 0 < int(place) <= len(conversation.drawn):
        await _show(turn, flow, conversation, edits=turn.tapped)
        return
    value = conversation.drawn[int(place) - 1]
    if isinstance(step, PickSeveral):
        chosen = [item for item in conversation.answers.get(step.id) or [] if item != value]
        store(conversation, step, [*chosen, value] if to[0] == "+" else chosen)
        page = (int(place) - 1) // turn.limits.listed
        await _show(turn, flow, conversation, edits=turn.tapped, page=page)
        return
    await _answer(turn, flow, conversation, step, value)


async def _answer(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, value: Value) -> None:
    """Keep an answer, mark its question as answered, ask the next one."""
    old_page = step.page
    keep(flow, conversation, step, value)
    if step.after:
        try:
            await step.after(turn, answers_of(flow, conversation))
        except Halt as halt:
            _halt(turn, conversation, halt)
            return
    line = await answered(turn, flow, step, answers_of(flow, conversation))
    if turn.tapped:
        if conversation.step == REVIEW and not flow.review:
            await _finish(turn, flow, conversation)
            return
        words, rows = await draw(turn, flow, conversation)
        turn.say(join([line, words], "\n\n"), rows, edits=turn.tapped, screen=conversation)
    else:
        _mark_answered(turn, flow, conversation, step, line)
        if conversation.step == REVIEW and not flow.review:
            await _finish(turn, flow, conversation)
            return
        await _show(turn, flow, conversation)
    next_step = flow.step(conversation.step)
    if next_step is not None and next_step.page != old_page:
        await _open_form(turn, flow, conversation)


def _mark_answered(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, line: Markup) -> None:
    """The question that was answered by typing stays where it is, without its buttons but for Change."""
    screen = _screen_here(turn, conversation)
    if not screen:
        return
    place = flow.index[step.id]
    turn.say(
        join([turn.words("screen.name", label=label_of(turn, flow, step)), line]),
        ((turn.button("screen.change_this", Screen(conversation.id, conversation.rev, f"c{place}")),),),
        edits=screen,
    )


async def _finish(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Do what the flow is for. An answer that has become impossible in the meantime is asked again."""
    answers = flow.relevant(answers_of(flow, conversation))
    if flow.next(answers) is not None:
        go_on(flow, conversation)
        await _show(turn, flow, conversation, edits=turn.tapped)
        return
    try:
        ending: Ending = await flow.finish(turn, answers)
    except Halt as halt:
        _halt(turn, conversation, halt)
        return
    _end(turn, conversation, "done")
    edits = turn.tapped or _screen_here(turn, conversation)
    turn.say(ending.words, turn.onward(ending.onward), edits=edits if turn.tapped else "", screen=conversation)


def _halt(turn: Turn, conversation: Conversation, halt: Halt) -> None:
    if halt.drop:
        _end(turn, conversation, "dropped")
    turn.say(halt.words, turn.onward(halt.onward), edits=turn.tapped, screen=conversation)


async def _drop(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
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
    conversation.rev += 1
    if turn.person.conversation_id == conversation.id:
        turn.person.conversation_id = None
    _touch(turn, conversation)


async def _show(turn: Turn, flow: Flow[Any], conversation: Conversation, *, edits: str = "", page: int = 0) -> None:
    words, rows = await draw(turn, flow, conversation, page)
    turn.say(words, rows, edits=edits, screen=conversation)


async def _open_form(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Where the platform has forms and lets us open one now, several questions become one."""
    if turn.event.origin.trigger:
        turn.form = await form_of(turn, flow, conversation)


async def _offer_to_resume(turn: Turn, flow: Flow[Any], conversation: Conversation, argument: str) -> None:
    settle(flow, conversation)
    answers = answers_of(flow, conversation)
    asked = flow.asked(answers)
    done = sum(getattr(answers, step.id) is not None for step in asked)
    again = Standing("anew", f"{flow.name}_{argument}" if argument else flow.name)
    turn.say(
        turn.words("stopped.resume", place=min(done + 1, len(asked)), total=len(asked)),
        (
            (turn.button("stopped.continue", Screen(conversation.id, conversation.rev, "g")),),
            (turn.button("stopped.again", again),),
        ),
        edits=turn.tapped,
    )


async def _tapped_old(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """On the message that shows the current question, this was a second tap: draw it again, which changes nothing.
    On an older message: show where things stand."""
    turn.toast = turn.words.plain("screen.old_toast")
    if turn.tapped and turn.tapped == _screen_here(turn, conversation):
        await _show(turn, flow, conversation, edits=turn.tapped)
        return
    _activate(turn, conversation)
    words, rows = await draw(turn, flow, conversation)
    turn.say(join([turn.words("screen.old"), words], "\n\n"), rows, screen=conversation)


async def _tapped_after_the_end(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    turn.toast = turn.words.plain("screen.over_toast")
    if turn.tapped != _screen_here(turn, conversation):
        turn.say(turn.words(f"{flow.name}.over"), turn.onward((("start.coalitions", "coalitions"),)))


async def _ask_a_person(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Tell the secretariat where this person is stuck."""
    step = flow.step(conversation.step)
    for colleague in await colleagues(turn):
        words = turn.words_for(colleague)
        question = words.plain(f"{flow.name}.{step.id}.label") if step else words.plain(f"{flow.name}.title")
        turn.tell(
            colleague,
            Say(
                words(
                    "human.asked",
                    name=turn.person.name,
                    handle=turn.person.handle or turn.person.account,
                    flow=words.plain(f"{flow.name}.title"),
                    question=question,
                )
            ),
        )
    turn.say(turn.words("human.told", contact=turn.house.contact), screen=None)
    await _show(turn, flow, conversation)


async def _typed_off_question(turn: Turn, flow: Flow[Any], conversation: Conversation, written: str) -> None:
    """Words on the review or on the list of answers: a number names an answer to change."""
    number = written.strip().rstrip(".")
    if conversation.step == CHANGE and number.isdecimal() and 0 < int(number) <= len(conversation.drawn):
        go_to(conversation, conversation.drawn[int(number) - 1])
        await _show(turn, flow, conversation)
        return
    await misfits(turn, flow, conversation, Misfit("screen.use_buttons"))


async def _read(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, written: str) -> Value:
    if isinstance(step, Write):
        return step.read(turn, written.strip())
    options = await options_of(turn, flow, step, answers_of(flow, conversation))
    wanted = [written] if isinstance(step, PickOne) else written.replace(";", ",").split(",")
    picked = [choose(options, part) for part in wanted]
    return picked[0] if isinstance(step, PickOne) else list(dict.fromkeys(picked))


def _control_named(turn: Turn, conversation: Conversation, flow: Flow[Any], written: str) -> str:
    """The move whose button says what the person wrote, or empty."""
    names = {"screen.back": "b", "screen.save": "v", "screen.human": "h"}
    if conversation.step == REVIEW:
        names |= {f"{flow.name}.send": "y", "screen.change": "c"}
    elif conversation.step == CHANGE:
        names |= {"screen.to_review": "r"}
    else:
        step = flow.step(conversation.step)
        names |= {"screen.skip": "s"} if step and step.optional else {}
        names |= {"screen.done": "d"} if isinstance(step, PickSeveral) and conversation.answers.get(step.id) else {}
    word = folded(written)
    return next((to for text, to in names.items() if folded(turn.words.plain(text)) == word), "")


def _screen_here(turn: Turn, conversation: Conversation) -> str:
    """The message that shows the current question, when it is on the account that is acting now."""
    return conversation.screen_message if conversation.screen_account == turn.person.account_id else ""


def _activate(turn: Turn, conversation: Conversation) -> None:
    """What this person says next goes to this conversation."""
    turn.person.conversation_id = conversation.id
    turn.conversation = conversation
    _touch(turn, conversation)


def _touch(turn: Turn, conversation: Conversation) -> None:
    turn.touched[conversation.id] = conversation
