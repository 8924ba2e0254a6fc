"""`/settings`: language, time zone, the hours of one's day, what to be written to about, when, and where.

Screens without a state: each button says what it sets, and the screen that follows shows what the tables then say.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, time, timedelta

from babel.dates import format_date

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing, row_id
from bot.flows import zone
from bot.flows.linking import label
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from bot.outreach.topics import SECRETARIAT_TOPICS, TOPICS
from storage import people
from storage.people import Place

Drawn = tuple[Markup, Rows]
Screen = Callable[[Turn, str], Awaitable[Drawn]]

MORNINGS = range(5, 15)
LATEST = 24
# Shorter days could fall into the hour that a clock change skips.
SHORTEST = 3
PAUSES = (1, 7, 30, 90)


async def settings(turn: Turn, argument: str) -> Drawn:
    """Everything that is set; with `daytime`, `from_8` and so on the screen that changes one of it."""
    name, _, value = argument.partition("_")
    screen = _SCREENS.get(name)
    return await screen(turn, value) if screen else await _overview(turn)


async def summary(turn: Turn) -> Markup:
    """What is set, a line each."""
    person, words = turn.person, turn.words
    mine = await people.places(await turn.connection(), person.id)
    where = (
        words.plain(
            "settings.zone_is",
            city=zone.city(person.zone, turn.language),
            time=zone.clock(zone.local(person.zone, turn.now)),
        )
        if person.zone
        else words.plain("settings.zone_unknown")
    )
    lines = {
        "language": words.plain(f"language.{turn.language}"),
        "zone": where,
        "daytime": words.plain("settings.daytime_is", start=_hour(person.daytime_from), end=_hour(person.daytime_to)),
        "digest": words.plain("settings.digest_on" if person.digest else "settings.digest_off"),
        "topics": _stopped(turn) or words.plain("settings.topics_all"),
    }
    if _is_paused(turn):
        lines["pause"] = words.plain("settings.pause_is", date=_date(turn, person.paused_until))
    if len(mine) > 1:
        lines["write"] = _preferred(turn, mine)
    return join([words(f"settings.{name}_line", value=value) for name, value in lines.items()])


async def _overview(turn: Turn) -> Drawn:
    words = join([turn.words("settings.head"), await summary(turn)], "\n\n")
    mine = await people.places(await turn.connection(), turn.person.id)
    other = "settings_digest_off" if turn.person.digest else "settings_digest_on"
    rows: Rows = (
        (turn.button("settings.language", "settings_language"), turn.button("settings.zone", "zone")),
        (turn.button("settings.daytime", "settings_daytime"), turn.button("settings.topics", "settings_topics")),
        (turn.button("settings.to_single" if turn.person.digest else "settings.to_digest", other),),
        (turn.button("settings.pause", "settings_pause"),),
    )
    if len(mine) > 1:
        return words, (
            *rows,
            (turn.button("settings.write", "settings_write"),),
            (turn.button("settings.unlink", "unlink"),),
        )
    return words, (*rows, (turn.button("start.link", "link"),))


async def _language(turn: Turn, value: str) -> Drawn:
    if value in LANGUAGES:
        turn.person.language = value
        return await _overview(turn)
    choices = [turn.button(f"language.{code}", Standing("settings", f"language_{code}")) for code in LANGUAGES]
    return turn.words("language.ask"), _with_back(turn, choices, 1)


async def _daytime(turn: Turn, _value: str) -> Drawn:
    choices = [_hour_button("from", hour) for hour in MORNINGS]
    return turn.words("settings.from_ask"), _with_back(turn, choices, turn.limits.digits_in_row)


async def _from(turn: Turn, value: str) -> Drawn:
    start = row_id(value)
    if start is None or start not in MORNINGS:
        return await _daytime(turn, "")
    turn.person.daytime_from = start
    turn.person.daytime_to = max(turn.person.daytime_to, start + SHORTEST)
    choices = [_hour_button("to", hour) for hour in range(start + SHORTEST, LATEST + 1)]
    return turn.words("settings.to_ask", start=_hour(start)), _with_back(turn, choices, turn.limits.digits_in_row)


async def _to(turn: Turn, value: str) -> Drawn:
    end = row_id(value)
    if end is not None and end in range(turn.person.daytime_from + SHORTEST, LATEST + 1):
        turn.person.daytime_to = end
    return await _overview(turn)


async def _digest(turn: Turn, value: str) -> Drawn:
    turn.person.digest = value != "off"
    return await _overview(turn)


async def _topics(turn: Turn, value: str) -> Drawn:
    offered = _offered(turn)
    if value in offered:
        # A new list: the one that was read is what the row is compared with when it is written.
        stopped = set(turn.person.stopped_topics) ^ {value}
        turn.person.stopped_topics = sorted(stopped)
    choices = []
    for topic in offered:
        is_on = topic not in turn.person.stopped_topics
        text = "settings.topic_on" if is_on else "settings.topic_off"
        name = turn.words.plain(f"topic.{topic}")
        choices.append(turn.button(text, Standing("settings", f"topics_{topic}"), topic=name))
    return turn.words("settings.topics_ask"), _with_back(turn, choices, 1)


async def _pause(turn: Turn, value: str) -> Drawn:
    days = row_id(value)
    if days in PAUSES:
        until = zone.local(turn.person.zone, turn.now).date() + timedelta(days=days)
        # From the first minute of that day in the person's own zone.
        midnight = datetime.combine(until, time.min, zone.local(turn.person.zone, turn.now).tzinfo)
        turn.person.paused_until = midnight
        return await _overview(turn)
    if value == "off":
        turn.person.paused_until = None
        return await _overview(turn)
    choices = [turn.button(f"settings.pause_{days}", Standing("settings", f"pause_{days}")) for days in PAUSES]
    if _is_paused(turn):
        choices.append(turn.button("settings.pause_off", "settings_pause_off"))
    return turn.words("settings.pause_ask"), _with_back(turn, choices, 1)


async def _write(turn: Turn, value: str) -> Drawn:
    mine = await people.places(await turn.connection(), turn.person.id)
    if value == "last":
        turn.person.preferred_account_id = None
        return await _overview(turn)
    if any(place.id == row_id(value) for place in mine):
        turn.person.preferred_account_id = row_id(value)
        return await _overview(turn)
    choices = [Button(label(place), str(Standing("settings", f"write_{place.id}"))) for place in mine]
    choices.append(turn.button("settings.write_last", "settings_write_last"))
    return turn.words("settings.write_ask"), _with_back(turn, choices, 1)


_SCREENS: Mapping[str, Screen] = {
    "language": _language,
    "daytime": _daytime,
    "from": _from,
    "to": _to,
    "digest": _digest,
    "topics": _topics,
    "pause": _pause,
    "write": _write,
}


def _with_back(turn: Turn, choices: Sequence[Button], width: int) -> Rows:
    rows = tuple(tuple(choices[start : start + width]) for start in range(0, len(choices), width))
    return (*rows, (turn.button("settings.back", "settings"),))


def _hour_button(name: str, hour: int) -> Button:
    return Button(_hour(hour), str(Standing("settings", f"{name}_{hour}")))


def _hour(hour: int) -> str:
    """Of 24, in every language: the end of the day is 24:00 and not a 12:00 that could be noon."""
    return f"{hour}:00"


def _offered(turn: Turn) -> tuple[str, ...]:
    return (*TOPICS, *SECRETARIAT_TOPICS) if turn.is_secretariat else TOPICS


def _stopped(turn: Turn) -> str:
    names = [turn.words.plain(f"topic.{topic}") for topic in _offered(turn) if topic in turn.person.stopped_topics]
    return turn.words.plain("settings.topics_without", topics=", ".join(names)) if names else ""


def _is_paused(turn: Turn) -> bool:
    return turn.person.paused_until is not None and turn.person.paused_until > turn.now


def _preferred(turn: Turn, mine: Sequence[Place]) -> str:
    chosen = next((place for place in mine if place.id == turn.person.preferred_account_id), None)
    return label(chosen) if chosen else turn.words.plain("settings.write_last")


def _date(turn: Turn, instant: datetime | None) -> str:
    return str(format_date(zone.local(turn.person.zone, instant), "long", locale=turn.language)) if instant else ""
