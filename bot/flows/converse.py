"""The ways into a conversation: it is begun, gone on with, written to, tapped in, or sent a form.

Every function takes the turn and adds replies to it. The moves are in `moves.py`, what they do to the conversation
itself is pure (`conversation.py`), and the screens are drawn in `screens.py` and `forms.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.chat.events import Attachment, FormChanged, FormSubmitted
from bot.chat.markup import join
from bot.chat.tokens import Screen
from bot.flows import attaching
from bot.flows.conversation import CHANGE, REVIEW, answers_of, doubt, doubted, go_on, go_to, settle, store
from bot.flows.doubts import reading_named
from bot.flows.flow import Attach, Flow, Halt, Misfit, PickOne, PickSeveral, Step, Unsure, Value, Write
from bot.flows.forms import form_of, take_changes, take_form
from bot.flows.moves import act, answer, finish, halt_with
from bot.flows.screens import draw, options_of, skip_of
from bot.flows.standing import (
    activate,
    answer_late_tap,
    answer_old_tap,
    offer_to_resume,
    open_form,
    screen_here,
    show,
    touch,
)
from bot.flows.turn import Turn
from bot.flows.typed import choose, folded
from storage import conversations
from storage.conversations import Conversation

Flows = Mapping[str, Flow[Any]]


async def begin(turn: Turn, flow: Flow[Any], argument: str, *, anew: bool = False) -> None:
    """Open a flow. What was begun before and not ended is offered to go on with, unless `anew`."""
    try:
        beginning = await flow.begin(turn, argument)
        flow = await flow.fitted(turn, beginning.answers)
    except Halt as halt:
        turn.say(halt.words, turn.onward(halt.onward), edits=turn.tapped)
        return
    connection = await turn.connection()
    conversation = await conversations.of_person(connection, turn.person.id, flow.name, beginning.subject)
    if conversation and turn.campaign_id is not None:
        conversation.campaign_id = turn.campaign_id
        touch(turn, conversation)
    if conversation and conversation.state == "open" and conversation.history and not anew:
        flow = await flow.fitted(turn, conversation.answers)
        await offer_to_resume(turn, flow, conversation, argument)
        return
    if conversation is None:
        conversation = Conversation(
            0, turn.person.id, flow.name, flow.version, beginning.subject, REVIEW, beginning.answers
        )
        conversation.campaign_id = turn.campaign_id
        go_on(flow, conversation)
        conversation.id = await conversations.begin(connection, conversation, turn.now)
    else:
        conversation = replace(
            conversation, state="open", answers=beginning.answers, history=[], flow_version=flow.version
        )
        go_on(flow, conversation)
    activate(turn, conversation)
    await show(turn, flow, conversation, edits=turn.tapped)
    await open_form(turn, flow, conversation)


async def resume(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Go on where the person stopped, on whatever platform they are now."""
    settle(flow, conversation)
    activate(turn, conversation)
    await show(turn, flow, conversation, edits=turn.tapped)
    await open_form(turn, flow, conversation)


async def on_text(turn: Turn, flow: Flow[Any], conversation: Conversation, written: str) -> None:
    """Words: a control's label, an option's number or label, or an answer of one's own."""
    settle(flow, conversation)
    touch(turn, conversation)
    if to := _control_named(turn, conversation, flow, written):
        await act(turn, flow, conversation, to)
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
    except Unsure:
        doubt(conversation, step, written.strip())
        await show(turn, flow, conversation)
        return
    await answer(turn, flow, conversation, step, value)


async def on_attachment(turn: Turn, flow: Flow[Any], conversation: Conversation, event: Attachment) -> None:
    """A picture or a document. Where several are wanted, the question stays until it has them all or is done with."""
    settle(flow, conversation)
    touch(turn, conversation)
    step = flow.step(conversation.step)
    if not isinstance(step, Attach):
        await misfits(turn, flow, conversation, Misfit("screen.no_attachment"))
        return
    try:
        given = await attaching.take(turn, conversation, step, event.uploads, event.words)
    except Misfit as misfit:
        await misfits(turn, flow, conversation, misfit)
        return
    if len(given) == step.most:
        await answer(turn, flow, conversation, step, given)
        return
    store(conversation, step, given)
    conversation.misses = 0
    await show(turn, flow, conversation)


async def on_tap(turn: Turn, flow: Flow[Any], conversation: Conversation, token: Screen) -> None:
    """A button of a question's screen."""
    if conversation.state != "open":
        await answer_late_tap(turn, flow, conversation)
        return
    settle(flow, conversation)
    touch(turn, conversation)
    always_good = token.move in ("g", "x") or (token.move[0] == "c" and token.move != "c")
    if token.rev != conversation.rev and not always_good:
        await answer_old_tap(turn, flow, conversation)
        return
    activate(turn, conversation)
    await act(turn, flow, conversation, token.move)


async def on_form(turn: Turn, flow: Flow[Any], conversation: Conversation, event: FormChanged | FormSubmitted) -> None:
    """A form was filled in, or a choice in it was made. What came is kept even when the form is an old one."""
    if conversation.state != "open":
        turn.say(turn.words(f"{flow.name}.over"), turn.onward((("start.coalitions", "coalitions"),)))
        return
    settle(flow, conversation)
    activate(turn, conversation)
    if isinstance(event, FormChanged):
        if await take_changes(turn, flow, conversation, event.values):
            turn.form = await form_of(turn, flow, conversation)
        return
    try:
        turn.errors = await take_form(turn, flow, conversation, event.values, event.uploads)
    except Halt as halt:
        halt_with(turn, conversation, halt)
        return
    if turn.errors:
        return
    if conversation.step == REVIEW and not flow.review:
        await finish(turn, flow, conversation, screen_here(turn, conversation))
    else:
        turn.form = await form_of(turn, flow, conversation)
        await show(turn, flow, conversation, edits=screen_here(turn, conversation))


async def misfits(turn: Turn, flow: Flow[Any], conversation: Conversation, misfit: Misfit) -> None:
    """An answer that does not fit: say so; the second time explain; the third time offer a person to ask."""
    settle(flow, conversation)
    conversation.misses += 1
    touch(turn, conversation)
    parts = [turn.words(misfit.text, **misfit.values)]
    step = flow.step(conversation.step)
    if conversation.misses == 2 and step is not None:
        kind = {PickOne: "one", PickSeveral: "several", Write: "write", Attach: "attach"}[type(step)]
        parts.append(turn.words(f"screen.explain_{kind}"))
    if conversation.misses >= 3:
        parts.append(turn.words("screen.offer_human"))
    words, rows = await draw(turn, flow, conversation)
    turn.say(join([*parts, words], "\n\n"), rows, screen=conversation)


async def _typed_off_question(turn: Turn, flow: Flow[Any], conversation: Conversation, written: str) -> None:
    """Words on the review or on the list of answers: a number names an answer to change."""
    listed = {str(place): id for place, id in enumerate(conversation.drawn, 1)} if conversation.step == CHANGE else {}
    if id := listed.get(folded(written)):
        go_to(conversation, id)
        await show(turn, flow, conversation)
        return
    await misfits(turn, flow, conversation, Misfit("screen.use_buttons"))


async def _read(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, written: str) -> Value:
    if isinstance(step, Write):
        meant = reading_named(turn, conversation, step, written) if doubted(conversation, step) else ""
        return meant or step.read(turn, written.strip())
    if isinstance(step, Attach):
        raise Misfit("screen.attach_words")
    options = await options_of(turn, flow, step, answers_of(flow, conversation))
    wanted = [written] if isinstance(step, PickOne) else written.replace(";", ",").split(",")
    picked = [choose(options, part) for part in wanted]
    return picked[0] if isinstance(step, PickOne) else list(dict.fromkeys(picked))


def _control_named(turn: Turn, conversation: Conversation, flow: Flow[Any], written: str) -> str:
    """The move whose button says what the person wrote, or empty."""
    names = {"screen.back": "b", "screen.save": "v", "screen.human": "h"}
    step = flow.step(conversation.step)
    if conversation.step == REVIEW:
        names |= {f"{flow.name}.send": "y", "screen.change": "c"}
    elif conversation.step == CHANGE:
        names |= {"screen.to_review": "r"}
    else:
        names |= {skip_of(turn, flow, step): "s"} if step and step.optional else {}
        if isinstance(step, PickSeveral | Attach) and conversation.answers.get(step.id):
            names |= {"screen.done": "d"}
        if isinstance(step, Attach) and conversation.answers.get(step.id):
            names |= {"screen.remove": "e"}
    word = folded(written)
    return next((to for text, to in names.items() if folded(turn.words.plain(text)) == word), "")
