"""From an event to who answers it: what always works first, then the conversation that is going on.

`VIEWS` are screens without a state of their own: they show what the tables say now, so their buttons never die.
`FLOWS` are conversations.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

from bot.chat.events import (
    Attachment,
    Blocked,
    Command,
    Event,
    FormChanged,
    FormSubmitted,
    HomeOpened,
    Tap,
    Text,
)
from bot.chat.markup import Markup
from bot.chat.messages import Button, File, Rows
from bot.chat.tokens import Screen, Standing, parse
from bot.flows import converse, front, home, linking, reminding, settings, zone
from bot.flows.calls import desk as calls
from bot.flows.flow import Flow, Halt
from bot.flows.joining import coalitions, objectives, secretariat
from bot.flows.joining.join import JOIN
from bot.flows.progress import helping, indicator_desk, obligations, report
from bot.flows.progress import overview as progress
from bot.flows.studies import moderator, panellist
from bot.flows.turn import Turn
from bot.flows.typed import folded
from bot.locales import Words
from storage import conversations, marks
from storage.conversations import Conversation

View = Callable[[Turn, str], Awaitable[tuple[Markup, Rows] | tuple[Markup, Rows, File]]]

FLOWS: Mapping[str, Flow[Any]] = {
    flow.name: flow
    for flow in (
        JOIN,
        *zone.FLOWS,
        *coalitions.FLOWS,
        *secretariat.FLOWS,
        *calls.FLOWS,
        *report.FLOWS,
        *indicator_desk.FLOWS,
        *moderator.FLOWS,
    )
}
VIEWS: Mapping[str, View] = {
    "start": front.start,
    "help": front.help_,
    "privacy": front.privacy,
    "erase": front.erase,
    "language": front.language,
    "objectives": objectives.browse,
    "facilities": objectives.facilities,
    "coalitions": coalitions.mine,
    "leave": coalitions.leave,
    "left": coalitions.left,
    "requests": secretariat.requests,
    "request": secretariat.request,
    "approve": secretariat.approve,
    "calls": calls.listed,
    "obligations": obligations.listed,
    "obligation": obligations.one,
    "indicators": indicator_desk.indicators,
    "helping": helping.requests,
    "helptake": helping.take,
    "helpdone": helping.answered,
    "settings": settings.settings,
    "linkyes": linking.yes,
    "linkno": linking.no,
    "unlink": linking.unlink,
    "unlinked": linking.unlinked,
    **progress.VIEWS,
    **panellist.VIEWS,
    **moderator.VIEWS,
    **reminding.views(FLOWS),
}
# Views after which an account may belong to another participant than before.
MOVING = ("linkyes", "unlinked")
# These come before any conversation, in every state.
INTERRUPTS = ("start", "help", "cancel", "language", "privacy")
# What a link from outside may open: nothing that decides, erases or sets; a code for linking is confirmed first.
LINKED = (
    "join",
    "report",
    "progress",
    "objectives",
    "facilities",
    "coalitions",
    "link",
    "help",
    "privacy",
    *panellist.LINKED,
)
COMMANDS = (*front.COMMANDS, *front.SECRETARIAT_COMMANDS)


def moves_accounts(event: Event) -> bool:
    """Whether whose account is whose may be another thing after this event."""
    token = parse(event.token) if isinstance(event, Tap) else None
    return isinstance(token, Standing) and token.name in MOVING


async def route(turn: Turn) -> None:
    """Let the right one answer. Whoever stops with `Halt` has said why."""
    try:
        await _route(turn)
    except Halt as halt:
        turn.say(halt.words, turn.onward(halt.onward), edits=turn.tapped)


async def _route(turn: Turn) -> None:
    turn.person.reachable = not isinstance(turn.event, Blocked)
    match turn.event:
        case Blocked():
            return
        case HomeOpened():
            await home.show(turn, FLOWS)
        case Command(name=name, argument=argument):
            await _command(turn, name, argument)
        case Tap(token=token):
            await _tap(turn, token)
        case Text(text=written):
            await _text(turn, written)
        case Attachment() as attachment:
            await _attachment(turn, attachment)
        case FormChanged(token=token) | FormSubmitted(token=token):
            screen = parse(token)
            if isinstance(screen, Screen) and (conversation := await _conversation(turn, screen)):
                flow = await front.flow_of(turn, FLOWS, conversation)
                await converse.on_form(turn, flow, conversation, turn.event)
            elif (
                isinstance(screen, Standing)
                and isinstance(turn.event, FormSubmitted)
                and await panellist.filled_in(turn, screen, turn.event)
            ):
                return
            else:
                await front.idle(turn)


async def _command(turn: Turn, name: str, argument: str) -> None:
    if not turn.event.origin.private and name == "link" and argument:
        await linking.link_in_public(turn, argument)
        return
    if not turn.event.origin.private and name not in COMMANDS:
        # Meant for another bot of the group.
        return
    if not turn.event.origin.private:
        # In a group the bot says only where to go on.
        label = turn.words.plain("group.continue")
        start = name if name in LINKED else "start"
        turn.say_here(turn.words("group.private"), ((Button(label, start=start),),))
        return
    link = parse(argument) if name == "start" and argument else None
    if isinstance(link, Standing) and link.name in LINKED:
        await open_(turn, link)
    elif name == "link":
        await linking.link(turn, argument)
    elif name in COMMANDS:
        # What is not of a button's form is dropped: it would have to fit the buttons of what opens.
        asked = parse(f"{name}_{argument.strip()}") if name in LINKED else None
        await open_(turn, asked if isinstance(asked, Standing) else Standing(name))
    else:
        await open_(turn, Standing("help"))


async def open_(turn: Turn, token: Standing) -> None:
    """Open a view or begin a flow. What a call for engagement leads to is counted for it."""
    if token.campaign is not None:
        turn.campaign_id = token.campaign
        await marks.mark(await turn.connection(), token.campaign, turn.person.id, "opened", turn.now)
    if token.name == "anew":
        name, _, argument = token.argument.partition("_")
        if name in FLOWS:
            await converse.begin(turn, FLOWS[name], argument, anew=True)
            return
    if token.name in FLOWS:
        await converse.begin(turn, FLOWS[token.name], token.argument)
    elif token.name in VIEWS:
        words, rows, *file = await VIEWS[token.name](turn, token.argument)
        if turn.conversation is not None and token.name not in ("start", *panellist.VIEWS) and not turn.erased:
            # Who looks around in the middle of a form finds the way back first.
            back = front.continue_button(turn, turn.conversation)
            if all(button.token != back.token for row in rows for button in row):
                rows = ((back,), *rows)
        turn.say(words, rows, edits=turn.tapped, subject=turn.subject, file=file[0] if file else None)
    elif token.name in panellist.ACTS:
        await panellist.ACTS[token.name](turn, token.argument)
    elif token.name == "cancel" and turn.conversation is not None and panellist.is_rating(turn.conversation):
        await panellist.stop(turn, turn.conversation)
    elif token.name == "cancel":
        await front.cancel(turn, FLOWS)
    elif token.name == "link":
        await linking.link(turn, token.argument)
    elif token.name == "call":
        await calls.act(turn, token.argument)
    else:
        await front.idle(turn)


async def _tap(turn: Turn, written: str) -> None:
    token = parse(written)
    if isinstance(token, Standing):
        await open_(turn, token)
    elif token is not None and (conversation := await _conversation(turn, token)):
        await converse.on_tap(turn, await front.flow_of(turn, FLOWS, conversation), conversation, token)
    else:
        turn.toast = turn.words.plain("screen.old_toast")
        await front.idle(turn)


async def _text(turn: Turn, written: str) -> None:
    if not turn.event.origin.private:
        return
    command = _commands(turn.words).get(folded(written), "")
    if command in INTERRUPTS or (command and (turn.conversation is None or written.startswith("/"))):
        await _command(turn, command, "")
    elif linking.is_code(written):
        await linking.link(turn, written)
    elif await panellist.hear(turn, turn.conversation, written):
        return
    elif turn.conversation is not None:
        flow = await front.flow_of(turn, FLOWS, turn.conversation)
        await converse.on_text(turn, flow, turn.conversation, written)
    else:
        await front.idle(turn)


async def _attachment(turn: Turn, event: Attachment) -> None:
    if not turn.event.origin.private:
        return
    if turn.conversation is None:
        await front.idle(turn)
        return
    if panellist.is_rating(turn.conversation):
        await panellist.attached(turn, turn.conversation)
        return
    flow = await front.flow_of(turn, FLOWS, turn.conversation)
    await converse.on_attachment(turn, flow, turn.conversation, event)


async def _conversation(turn: Turn, token: Screen) -> Conversation | None:
    """The conversation that a button belongs to, when it is this person's own."""
    if turn.conversation is not None and turn.conversation.id == token.conversation:
        return turn.conversation
    found = (await conversations.by_ids(await turn.connection(), [token.conversation])).get(token.conversation)
    return found if found is not None and found.participant_id == turn.person.id else None


@cache
def _commands(words: Words) -> Mapping[str, str]:
    """Commands by the plain words for them: Slack refuses slash commands that it does not know, and people write
    `help`, `aide` or `ayuda`."""
    known = {}
    for name in COMMANDS:
        known[name] = name
        for alias in words.plain(f"command.{name}.aliases").split(","):
            known[folded(alias)] = name
    return known
