"""The buttons of a reminder: put it off for a day, not now, stop."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.chat.markup import Markup
from bot.chat.messages import Rows
from bot.chat.tokens import Standing
from bot.flows import owing
from bot.flows.flow import Flow, Halt
from bot.flows.turn import Turn
from bot.outreach.owed import Owed
from bot.outreach.reminders import ways
from bot.outreach.schedule import daytime_of, midnight_after
from bot.outreach.topics import SECRETARIAT_TOPICS, TOPICS
from storage import reminders

Drawn = tuple[Markup, Rows]
View = Callable[[Turn, str], Awaitable[Drawn]]


def views(flows: Mapping[str, Flow[Any]]) -> Mapping[str, View]:
    """The views by name. Those of a reminder carry its local day, and find by it what it spoke of."""

    async def snooze(turn: Turn, argument: str) -> Drawn:
        """Not before tomorrow, and then in any case."""
        still = await _still_owed(turn, flows, argument)
        person = turn.person
        daytime = daytime_of((person.zone, person.zone_hint), person.daytime_from, person.daytime_to, turn.now)
        tomorrow = midnight_after(turn.now, daytime.zone)
        await reminders.snooze(await turn.connection(), person.id, [one.name for one in still], tomorrow)
        return turn.words("remind.snoozed"), ways(still, turn.words)

    async def not_now(turn: Turn, argument: str) -> Drawn:
        """Nothing changes: the usual time until the next reminder, if there is one, has begun."""
        still = await _still_owed(turn, flows, argument)
        return turn.words("remind.left", command=turn.command("start")), ways(still, turn.words)

    return {"snooze": snooze, "notnow": not_now, "stoptopic": stop_topic}


async def stop_topic(turn: Turn, argument: str) -> Drawn:
    """No more reminders of a topic (`decisions`), or again (`decisions-on`); without one, ask which."""
    topic, _, on = argument.partition("-")
    stopped = turn.person.stopped_topics
    if topic not in (*TOPICS, *SECRETARIAT_TOPICS):
        return _which(turn)
    name = turn.words.plain(f"topic.{topic}")
    if on:
        turn.person.stopped_topics = [one for one in stopped if one != topic]
        return turn.words("remind.resumed", topic=name), ()
    turn.person.stopped_topics = [*stopped, topic] if topic not in stopped else stopped
    return turn.words("remind.stopped", topic=name), turn.onward(
        (("remind.resume", str(Standing("stoptopic", f"{topic}-on"))), ("start.settings", "settings"))
    )


def _which(turn: Turn) -> Drawn:
    offered = (*TOPICS, *SECRETARIAT_TOPICS) if turn.is_secretariat else TOPICS
    topics = [topic for topic in offered if topic not in turn.person.stopped_topics]
    if not topics:
        return turn.words("remind.all_stopped"), turn.onward((("start.settings", "settings"),))
    return turn.words("remind.stop_which"), turn.onward(
        tuple((f"topic.{topic}", str(Standing("stoptopic", topic))) for topic in topics)
    )


async def _still_owed(turn: Turn, flows: Mapping[str, Flow[Any]], day: str) -> list[Owed]:
    """What the message of this day spoke of and is not done yet. Says so when all of it is."""
    spoken_of = await reminders.said_on(await turn.connection(), turn.person.id, day)
    still = [one for one in await owing.owed_by(turn, flows) if one.name in spoken_of]
    if not still:
        raise Halt(turn.words("remind.done"), (("start.coalitions", "coalitions"), ("start.help", "help")))
    return still
