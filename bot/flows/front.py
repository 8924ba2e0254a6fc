"""The front of the house: what always works, whatever else is going on.

`/start`, `/help`, `/language`, `/privacy` and `/cancel`, and what is said to words that nobody expected.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from babel.dates import format_date

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Screen, Standing
from bot.flows.converse import Flows
from bot.flows.flow import Flow, Halt
from bot.flows.moves import stop
from bot.flows.studies import attention
from bot.flows.studies import desk as study_desk
from bot.flows.turn import Turn
from bot.flows.waiting import Part, part_of, waiting
from bot.locales import LANGUAGES
from storage import conversations, people
from storage.conversations import Conversation

# What everybody can do, in the order it is listed: by what it is for.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "take_part": ("join", "coalitions", "objectives"),
    "contribute": ("rounds", "report", "progress"),
    "you": ("settings", "language", "link", "unlink", "privacy"),
    "always": ("help", "cancel", "start"),
}
COMMANDS = tuple(chain.from_iterable(GROUPS.values()))
# What the secretariat can do besides.
SECRETARIAT_COMMANDS = ("requests", "calls", "studies", "obligations", "indicators")
# Telegram's menus are short: these are found where they are needed.
UNLISTED = ("unlink", "start")


async def start(turn: Turn, _argument: str) -> tuple[Markup, Rows]:
    """A greeting with what waits for this person, and the ways in; to somebody new it says what this is. What was left
    unfinished comes first."""
    unfinished = await _unfinished(turn)
    part = await part_of(turn)
    name = turn.person.name.split()[0] if turn.person.name else ""
    greeting = turn.words("start.hello_name", name=name) if name else turn.words("start.hello")
    lines, doors = await waiting(turn, part)
    is_new = not part.known and not turn.is_secretariat
    parts = [greeting, turn.words("start.what") if is_new else join(lines)]
    rows: Rows = tuple(doors)
    if unfinished:
        parts.append(turn.words("start.unfinished"))
        rows = ((continue_button(turn, unfinished[0]),), *rows)
    elif not is_new and not lines:
        parts.append(turn.words("start.nothing"))
    there = {button.token for row in rows for button in row}
    more = tuple(way for way in _ways(turn, part) if way[1] not in there)
    last = turn.button("start.language", "language"), turn.button("start.settings", "settings")
    return join(parts, "\n\n"), (*rows, *turn.onward(more), (*last, turn.button("start.help", "help")))


def _ways(turn: Turn, part: Part) -> tuple[tuple[str, str], ...]:
    """Where somebody who plays this part is likely to go."""
    ways = []
    if turn.is_secretariat:
        ways += [("start.requests", "requests"), ("start.calls", "calls"), ("desk.all", "studies")]
    if part.panellist:
        ways.append(("rounds.all", "rounds"))
    if part.belongs:
        ways.append(("start.coalitions", "coalitions"))
    if part.belongs or turn.is_secretariat:
        ways.append(("start.progress", "progress"))
    if not turn.is_secretariat:
        ways.append(("start.join", "join"))
    if not ways[1:]:
        ways.append(("start.objectives", "objectives"))
    return tuple(ways)


async def help_(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The commands that concern this person with a line each (`all`: every one), and how to reach a human."""
    shown = await _concerning(turn) if argument != "all" else frozenset((*COMMANDS, *SECRETARIAT_COMMANDS))
    groups = {"moderators": ("studies",), **GROUPS} if await study_desk.section(turn) is not None else GROUPS
    if turn.is_secretariat:
        groups = {"secretariat": SECRETARIAT_COMMANDS, **GROUPS}
    parts = []
    for group, commands in groups.items():
        lines = [
            turn.words("help.line", command=turn.command(name), what=turn.words.plain(f"command.{name}"))
            for name in commands
            if name in shown
        ]
        if lines:
            parts.append(join([turn.words(f"help.group.{group}"), *lines]))
    human = turn.words("help.human", contact=turn.house.contact) if turn.house.contact else turn.words("help.nobody")
    rows: Rows = () if argument == "all" else ((turn.button("help.all", Standing("help", "all")),),)
    return join([turn.words("help.head"), *parts, turn.words("help.how"), human], "\n\n"), rows


async def _concerning(turn: Turn) -> frozenset[str]:
    """What is of use to this person as things stand. All the rest works, too."""
    part = await part_of(turn)
    connection = await turn.connection()
    of_use = {
        "coalitions": part.belongs,
        "rounds": part.panellist,
        "report": part.reports,
        "progress": part.belongs or turn.is_secretariat,
        "unlink": len(await people.places(connection, turn.person.id)) > 1,
        # It is what is being read.
        "help": False,
    }
    return frozenset(name for name in (*COMMANDS, *SECRETARIAT_COMMANDS) if of_use.get(name, True))


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
