"""When a call for engagement goes out: once it is confirmed, at an instant, or on a morning of each reader's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from babel.dates import format_date
from pydantic import BaseModel

from bot.chat.markup import Markup
from bot.flows import zone
from bot.flows.calls.draft import draft_of, review, zone_of
from bot.flows.flow import Beginning, Ending, Flow, Misfit, Option, PickOne, Write
from bot.flows.turn import Turn
from bot.outreach.schedule import at_wall
from bot.outreach.when import NotATime, read_day, read_instant
from storage import campaigns

MORNING = time(9)
# Days that can be tapped; any other one is written.
DAYS_SHOWN = 5


class When(BaseModel):
    """The answers. `instant` and `day` are stored as ISO has them, whatever was written."""

    campaign: str
    how: str | None = None
    instant: str | None = None
    day: str | None = None
    other: str | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    campaign = await draft_of(turn, argument)
    return Beginning({"campaign": argument}, f"campaign {campaign.id}")


async def _now_there(turn: Turn, _answers: When) -> Markup:
    """What the author's clock shows, because that is the one that counts."""
    where = zone_of(turn.person)
    wall = turn.now.astimezone(where)
    return turn.words(
        "when.here",
        city=zone.city(where.key, turn.language),
        date=format_date(wall, "long", locale=turn.language),
        time=zone.clock(wall),
    )


def _instant(turn: Turn, written: str) -> str:
    """The instant, which must be to come."""
    try:
        at = read_instant(written, zone_of(turn.person), turn.now, turn.words)
    except NotATime:
        raise Misfit("when.not_a_time") from None
    if at <= turn.now:
        raise Misfit("when.past", now=_shown(turn, turn.now), read=_shown(turn, at))
    return at.isoformat()


def _shown(turn: Turn, at: datetime) -> str:
    wall = at.astimezone(zone_of(turn.person))
    return f"{format_date(wall, 'long', locale=turn.language)}, {zone.clock(wall)}"


async def _days(turn: Turn, _answers: When) -> Sequence[Option]:
    today = turn.now.astimezone(zone_of(turn.person)).date()
    coming = [today + timedelta(days=ahead) for ahead in range(1, DAYS_SHOWN + 1)]
    return [
        *(Option(day.isoformat(), _named(day, turn.language)) for day in coming),
        Option("other", turn.words.plain("when.day.other")),
    ]


def _day(turn: Turn, written: str) -> str:
    """The day, the morning of which must be to come."""
    where = zone_of(turn.person)
    try:
        day = read_day(written, where, turn.now, turn.words)
    except NotATime:
        raise Misfit("when.not_a_day") from None
    at = at_wall(datetime.combine(day, MORNING), where)
    if at <= turn.now:
        raise Misfit("when.past", now=_shown(turn, turn.now), read=_shown(turn, at))
    return day.isoformat()


def _named(day: date, language: str) -> str:
    """`Tuesday, 24 November`."""
    skeleton = {"en": "EEEE d MMMM", "fr": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}[language]
    return str(format_date(day, skeleton, locale=language))


async def _finish(turn: Turn, answers: When) -> Ending:
    campaign = await draft_of(turn, answers.campaign)
    draft = replace(campaign.draft, begins_at=None, local_time="")
    if answers.how == "instant" and answers.instant:
        draft = replace(draft, begins_at=datetime.fromisoformat(answers.instant))
    elif answers.how == "morning":
        day = date.fromisoformat(answers.other or answers.day or "")
        draft = replace(draft, local_time=datetime.combine(day, MORNING).isoformat(timespec="minutes"))
    await campaigns.change(await turn.connection(), campaign.id, draft)
    return await review(turn, replace(campaign, draft=draft))


WHEN: Flow[When] = Flow(
    name="when",
    version=1,
    answers=When,
    review=False,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(id="how", options=("now", "instant", "morning"), resets=("instant", "day", "other")),
        Write(
            id="instant",
            when=lambda a: a.how == "instant",
            lead=_now_there,
            read=_instant,
            show=lambda turn, at: _shown(turn, datetime.fromisoformat(at)),
        ),
        PickOne(id="day", when=lambda a: a.how == "morning", options=_days, resets=("other",)),
        Write(
            id="other",
            when=lambda a: a.how == "morning" and a.day == "other",
            lead=_now_there,
            read=_day,
            show=lambda turn, day: _named(date.fromisoformat(day), turn.language),
        ),
    ),
)
