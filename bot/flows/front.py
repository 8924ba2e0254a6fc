"""The front of the house: what always works, whatever else is going on.

`/start`, `/help`, `/language`, `/privacy` and `/cancel`, and what is said to words that nobody expected.
"""

from typing import Any

from babel.dates import format_date

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Screen, Standing
from bot.flows import attention
from bot.flows.converse import Flows
from bot.flows.flow import Flow, Halt
from bot.flows.moves import stop
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from storage import conversations, panels
from storage.conversations import Conversation

# What everybody can do, in the order it is listed.
COMMANDS = (
    "join",
    "report",
    "progress",
    "coalitions",
    "rounds",
    "objectives",
    "settings",
    "link",
    "unlink",
    "language",
    "privacy",
    "help",
    "cancel",
    "start",
)
# What the secretariat can do besides.
SECRETARIAT_COMMANDS = ("requests", "obligations", "indicators", "calls")


async def start(turn: Turn, _argument: str) -> tuple[Markup, Rows]:
    """A greeting that says what this is, and the ways in. What was left unfinished comes first."""
    unfinished = await _unfinished(turn)
    name = turn.person.name.split()[0] if turn.person.name else ""
    greeting = turn.words("start.hello_name", name=name) if name else turn.words("start.hello")
    parts = [greeting, turn.words("start.what")]
    rows: Rows = ()
    if unfinished:
        parts.append(turn.words("start.unfinished"))
        rows += ((continue_button(turn, unfinished[0]),),)
    rows += turn.onward(
        (("start.join", "join"), ("start.coalitions", "coalitions"), ("start.objectives", "objectives"))
    )
    if await panels.of_participants(await turn.connection(), [turn.person.id]):
        rows += ((turn.button("rounds.all", "rounds"),),)
    if turn.is_secretariat:
        rows += ((turn.button("start.requests", "requests"),), (turn.button("start.calls", "calls"),))
    return join(parts, "\n\n"), (
        *rows,
        (
            turn.button("start.language", "language"),
            turn.button("start.settings", "settings"),
            turn.button("start.help", "help"),
        ),
    )


async def help_(turn: Turn, _argument: str) -> tuple[Markup, Rows]:
    """Every command with a line, and how to reach a human."""
    commands = (*COMMANDS, *SECRETARIAT_COMMANDS) if turn.is_secretariat else COMMANDS
    lines = [
        turn.words("help.line", command=turn.command(name), what=turn.words.plain(f"command.{name}"))
        for name in commands
    ]
    human = turn.words("help.human", contact=turn.house.contact) if turn.house.contact else turn.words("help.nobody")
    return join([turn.words("help.head"), join(lines), turn.words("help.how"), human], "\n\n"), ()


async def privacy(turn: Turn, _argument: str) -> tuple[Markup, Rows]:
    """What is stored, why, who sees it, whom to write to, and how to have it erased."""
    contact = turn.house.contact or turn.words.plain("secretariat.name")
    agreed = (
        turn.words("privacy.agreed", date=_date(turn), version=turn.person.consent_version)
        if turn.person.consented_at
        else turn.words("privacy.not_agreed")
    )
    return join([turn.words("privacy.text", contact=contact), agreed], "\n\n"), (
        (turn.button("privacy.erase", "erase"),),
    )


async def erase(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Ask first, then erase the person and everything that hangs on them."""
    if argument != "yes":
        return turn.words("erase.ask"), (
            (turn.button("erase.yes", Standing("erase", "yes")), turn.button("erase.no", "privacy")),
        )
    turn.erased = True
    return turn.words("erase.done"), ()


async def language(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Choose a language; from here on everything is said in it."""
    if argument not in LANGUAGES:
        return turn.words("language.ask"), turn.onward(
            tuple((f"language.{code}", str(Standing("language", code))) for code in LANGUAGES)
        )
    turn.person.language = argument
    rows: Rows = ((continue_button(turn, turn.conversation),),) if turn.conversation is not None else ()
    return turn.words("language.done"), (
        *rows,
        *turn.onward((("start.join", "join"), ("start.help", "help"))),
    )


async def cancel(turn: Turn, flows: Flows) -> None:
    """Stop what is going on. Nothing that was answered is lost."""
    if turn.conversation is None:
        turn.say(turn.words("cancel.nothing"), turn.onward((("start.join", "join"), ("start.help", "help"))))
    else:
        await stop(turn, await flow_of(turn, flows, turn.conversation), turn.conversation)


async def idle(turn: Turn) -> None:
    """Words that no question asked for."""
    if turn.person.consent_version == 0 and not turn.person.language:
        words, rows = await start(turn, "")
    else:
        words, rows = (
            turn.words("idle.text"),
            turn.onward(
                (
                    ("start.join", "join"),
                    ("start.coalitions", "coalitions"),
                    ("start.objectives", "objectives"),
                    ("start.help", "help"),
                )
            ),
        )
        if unfinished := await _unfinished(turn):
            rows = ((continue_button(turn, unfinished[0]),), *rows)
    turn.say(words, rows)


async def flow_of(turn: Turn, flows: Flows, conversation: Conversation) -> Flow[Any]:
    """The declaration behind a conversation. Raises `Halt` when the bot no longer has it."""
    flow = flows.get(conversation.flow)
    if flow is None:
        turn.person.conversation_id = None
        raise Halt(turn.words("idle.text"), (("start.help", "help"),))
    return await flow.fitted(turn, conversation.answers)


async def _unfinished(turn: Turn) -> list[Conversation]:
    begun = await conversations.unfinished(await turn.connection(), turn.person.id)
    return [conversation for conversation in begun if conversation.history]


def continue_button(turn: Turn, conversation: Conversation) -> Button:
    """Leads back into a conversation."""
    if conversation.flow == attention.FLOW:
        return attention.way_back(turn, conversation)
    return turn.button("stopped.continue", Screen(conversation.id, conversation.rev, "g"))


def _date(turn: Turn) -> str:
    return str(format_date(turn.person.consented_at, "long", locale=turn.language)) if turn.person.consented_at else ""
