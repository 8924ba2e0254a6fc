"""The Home in Slack: the person's desk."""

from bot.chat.markup import join, text
from bot.chat.messages import Button, Home, Rows, Section
from bot.chat.tokens import Screen, Standing
from bot.flows import settings
from bot.flows.calls import desk as calls
from bot.flows.converse import Flows
from bot.flows.progress import overview as progress
from bot.flows.studies import desk as study_desk
from bot.flows.studies import panel
from bot.flows.turn import Reply, Turn
from bot.flows.waiting import part_of, waiting
from storage import coalitions, conversations


async def show(turn: Turn, flows: Flows) -> None:
    """What is asked of me, what I look after, what I joined, and the ways in."""
    sections = [
        await _asked(turn, flows),
        await study_desk.section(turn),
        Section(turn.words.plain("start.calls"), *await calls.summary(turn)) if turn.is_secretariat else None,
        await panel.section(turn),
        await _joined(turn),
        await progress.section(turn),
        await _settings(turn),
        _ways(turn),
    ]
    home = Home(tuple(section for section in sections if section is not None))
    turn.replies.append(Reply(turn.person.account_id, turn.person.account, turn.chat, home))


async def _asked(turn: Turn, flows: Flows) -> Section:
    words = turn.words
    lines, rows = [], []
    for begun in await conversations.unfinished(await turn.connection(), turn.person.id):
        if begun.flow in flows and begun.history:
            title = words.plain(f"{begun.flow}.title")
            lines.append(words("home.unfinished", title=title))
            rows.append((turn.button("home.continue", Screen(begun.id, begun.rev, "g"), title=title),))
    others, doors = await waiting(turn, await part_of(turn))
    said = join([*lines, *others]) or words("home.nothing_asked")
    return Section(words.plain("home.asked"), said, (*rows, *doors))


async def _joined(turn: Turn) -> Section:
    words = turn.words
    lines, rows = [], []
    for one in await coalitions.of_participant(await turn.connection(), turn.person.id):
        kind, state = words.plain(f"kind.{one.kind}"), words.plain(f"coalitions.{one.state}")
        lines.append(words("home.membership", kind=kind, title=one.title, state=state))
        rows.append((Button(one.title, str(Standing("coalitions", str(one.id)))),))
    return Section(words.plain("home.joined"), join(lines) or words("home.nothing_joined"), tuple(rows))


async def _settings(turn: Turn) -> Section:
    rows: Rows = ((turn.button("start.settings", "settings"), turn.button("start.link", "link")),)
    return Section(turn.words.plain("start.settings"), await settings.summary(turn), rows)


def _ways(turn: Turn) -> Section:
    rows: Rows = (
        (
            Button(turn.words.plain("start.join"), "join", "primary"),
            turn.button("start.objectives", "objectives"),
        ),
        (
            turn.button("start.privacy", "privacy"),
            turn.button("start.help", "help"),
        ),
    )
    return Section(turn.words.plain("home.ways"), text(turn.words.plain("home.ways_text")), rows)
