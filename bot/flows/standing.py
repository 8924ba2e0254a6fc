"""Where a person stands in a conversation, and saying so: the current question, its form, an answer to a tap on
something old."""

from typing import Any

from bot.chat.markup import Markup, join
from bot.chat.messages import Say
from bot.chat.tokens import Screen, Standing
from bot.flows.colleagues import colleagues
from bot.flows.conversation import answers_of, settle
from bot.flows.flow import Flow, Step
from bot.flows.forms import form_of
from bot.flows.screens import draw, label_of
from bot.flows.turn import Turn
from storage.conversations import Conversation


async def show(turn: Turn, flow: Flow[Any], conversation: Conversation, *, edits: str = "", page: int = 0) -> None:
    words, rows = await draw(turn, flow, conversation, page)
    turn.say(words, rows, edits=edits, screen=conversation)


async def open_form(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Where the platform has forms and lets us open one now, several questions become one."""
    if turn.event.origin.trigger:
        turn.form = await form_of(turn, flow, conversation)


def mark_answered(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, line: Markup) -> None:
    """The question that was answered by typing stays where it is, without its buttons but for Change."""
    screen = screen_here(turn, conversation)
    if not screen:
        return
    place = flow.index[step.id]
    turn.say(
        join([turn.words("screen.name", label=label_of(turn, flow, step)), line]),
        ((turn.button("screen.change_this", Screen(conversation.id, conversation.rev, f"c{place}")),),),
        edits=screen,
    )


async def offer_to_resume(turn: Turn, flow: Flow[Any], conversation: Conversation, argument: str) -> None:
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


async def answer_old_tap(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """On the message that shows the current question, this was a second tap: draw it again, which changes nothing.
    On an older message: show where things stand."""
    turn.toast = turn.words.plain("screen.old_toast")
    if turn.tapped and turn.tapped == screen_here(turn, conversation):
        await show(turn, flow, conversation, edits=turn.tapped)
        return
    activate(turn, conversation)
    words, rows = await draw(turn, flow, conversation)
    turn.say(join([turn.words("screen.old"), words], "\n\n"), rows, screen=conversation)


async def answer_late_tap(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    turn.toast = turn.words.plain("screen.over_toast")
    if turn.tapped != screen_here(turn, conversation):
        turn.say(turn.words(f"{flow.name}.over"), turn.onward((("start.coalitions", "coalitions"),)))


async def ask_a_person(turn: Turn, flow: Flow[Any], conversation: Conversation) -> None:
    """Tell the secretariat where this person is stuck."""
    step = flow.step(conversation.step)
    for colleague in await colleagues(turn):
        words = turn.words_for(colleague)
        label = words.plain(step.text(flow.name, "label"), **step.filled(words)) if step else ""
        turn.tell(
            colleague,
            Say(
                words(
                    "human.asked",
                    name=turn.person.name,
                    handle=turn.person.handle or turn.person.account,
                    flow=words.plain(f"{flow.name}.title"),
                    question=label or words.plain(f"{flow.name}.title"),
                )
            ),
        )
    conversation.misses = 0
    turn.say(turn.words("human.told", contact=turn.house.contact))
    await show(turn, flow, conversation)


def screen_here(turn: Turn, conversation: Conversation) -> str:
    """The message that shows the current question, when it is on the account that is acting now."""
    return conversation.screen_message if conversation.screen_account == turn.person.account_id else ""


def activate(turn: Turn, conversation: Conversation) -> None:
    """What this person says next goes to this conversation."""
    turn.person.conversation_id = conversation.id
    turn.conversation = conversation
    touch(turn, conversation)


def touch(turn: Turn, conversation: Conversation) -> None:
    turn.touched[conversation.id] = conversation
