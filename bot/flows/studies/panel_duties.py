"""What panellists and moderators are written to about: invitations, rounds that are open, what came of them.

Nothing of it is stored: it is read from the tables whenever somebody may be written to. News is said once, as a message
of its own; who still owes answers is reminded before the end, in other words when they have begun.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.events import Account
from bot.chat.markup import Markup
from bot.chat.messages import Say
from bot.delphi.lifecycle import Stop
from bot.delphi.protocol import in_language
from bot.flows.studies import round_news
from bot.flows.studies.acts import amended_close
from bot.flows.studies.round_news import Reader
from bot.flows.studies.times import moment
from bot.locales import Words
from bot.outreach.owed import Owed, Show
from bot.outreach.schedule import at_wall, daytime_of
from storage import answers, panels, reminders, studies, timetable
from storage.answers import Asked
from storage.reminders import Recipient
from storage.studies import ALIVE, Round, Study

# Whoever publishes can take it back for a minute; nobody is invited before.
UNDO = timedelta(seconds=60)
# News that could not be said for so long is none any more.
STALE = timedelta(days=14)

Compose = Callable[[AsyncConnection, int, Reader, datetime], Awaitable[Say]]


class Invitations:
    """Those who were invited to a panel and have not said whether they take part."""

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who has not answered."""
        return {one.participant_id for one in await panels.invited(connection, by - UNDO)}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """The invitation, and from the next day on that it waits for an answer, as long as there is a round to come."""
        waiting = await panels.invited(connection, now - UNDO, participants)
        if not waiting:
            return []
        living = {study.id: study for study in await studies.listed(connection, ALIVE)}
        ahead = sorted(await timetable.ahead(connection), key=lambda each: each.closes_at, reverse=True)
        # Whoever has not answered is reminded before the next round ends, not before the last one does.
        ends = {each.study_id: each.closes_at for each in ahead}
        found = []
        for one in waiting:
            study, until = living[one.study_id], ends.get(one.study_id)
            if until is None or until <= now:
                continue
            invited = partial(
                Owed,
                participant_id=one.participant_id,
                subject=f"study {study.code} invitation",
                since=one.invited_at + UNDO,
                due=until,
                ask=partial(_ask, "remind.study_invited", study),
                label=_label("remind.study_look"),
                token=f"study_{study.code}",
            )
            found.append(invited(topic="studies", show=_shown(round_news.invited, study.id)))
            if study.protocol.get("reminders", True):
                found.append(invited(topic="rounds"))
        return found


class OpenRounds:
    """Those who are asked in a round that is open and have not answered all of it."""

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who is asked; what each has answered is looked up when it comes to them."""
        open_rounds = [each.id for each in await timetable.ahead(connection) if each.state == "open"]
        return await panels.asked_in(connection, open_rounds) if open_rounds else ()

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """That the round is open, that it was extended, and what is missing. Each is told at the opening time in their
        own zone."""
        rounds = {each.id: each for each in await timetable.ahead(connection) if each.state == "open"}
        asked = await answers.asked(connection, list(rounds), participants) if rounds else []
        if not asked:
            return []
        living = {study.id: study for study in await studies.listed(connection, ALIVE)}
        places = await _places(connection, participants)
        extended = {
            each.id: await _extended_at(connection, each) for each in rounds.values() if each.study_id in living
        }
        found: list[Owed] = []
        for one in asked:
            if one.answered < one.asked and one.study_id in living and one.participant_id in places:
                each = rounds[one.round_id]
                place = places[one.participant_id]
                found += _of_round(one, each, living[one.study_id], place, extended[each.id])
        return found


class Results:
    """Those who were asked in a round that has closed, and those whose study has ended by its moderators' decision."""

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may not have been told yet."""
        closed = await timetable.lately_closed(connection, by - STALE)
        asked = await panels.asked_in(connection, [each.id for each in closed]) if closed else set()
        ended = await _lately_ended(connection, by)
        members = [one for study in ended for one in await panels.members(connection, study.id)]
        return asked | {one.participant_id for one in members if _takes_part(one.state)}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """What came of a round; and that a study was ended."""
        closed = {each.id: each for each in await timetable.lately_closed(connection, now - STALE)}
        asked = await answers.asked(connection, list(closed), participants) if closed else []
        all_studies = {study.id: study for study in await studies.listed(connection)} if asked else {}
        found = [
            Owed(
                participant_id=one.participant_id,
                topic="studies",
                subject=f"study {all_studies[one.study_id].code} round {closed[one.round_id].number} result",
                since=closed[one.round_id].closed_at or now,
                ask=partial(_ask_round, "remind.round_result", all_studies[one.study_id], closed[one.round_id]),
                label=_label("remind.round_look"),
                token=f"outcome_{one.round_id}",
                show=_shown(round_news.closed, one.round_id),
                asks=False,
            )
            for one in asked
        ]
        wanted = set(participants)
        for study in await _lately_ended(connection, now):
            found += [
                Owed(
                    participant_id=one.participant_id,
                    topic="studies",
                    subject=f"study {study.code} ended",
                    since=study.closed_at or now,
                    ask=partial(_ask, "remind.study_ended", study),
                    label=_label("remind.study_look"),
                    token=f"rounds_{study.code}",
                    show=_shown(round_news.stopped, study.id),
                    asks=False,
                )
                for one in await panels.members(connection, study.id)
                if one.participant_id in wanted and _takes_part(one.state)
            ]
        return found


class NextRounds:
    """Moderators, when the items of a next round are chosen and wait to be looked at before they are asked."""

    def __init__(self, secretariat: Collection[str]) -> None:
        self._secretariat = sorted(secretariat)

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """The moderators of studies with such a round; where a study names none, the secretariat."""
        return {id for _, _, ids in await self._proposed(connection) for id in ids}

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """That the next round can be looked at, until it opens."""
        wanted = set(participants)
        return [
            Owed(
                participant_id=id,
                topic="studies",
                subject=f"study {study.code} round {each.number} proposed",
                since=since,
                due=each.opens_at,
                ask=partial(_ask_round, "remind.round_proposed", study, each),
                label=_label("remind.round_proposed_look"),
                token=f"studyround_{each.id}",
            )
            for study, (each, since), ids in await self._proposed(connection)
            for id in ids
            if id in wanted
        ]

    async def _proposed(self, connection: AsyncConnection) -> list[tuple[Study, tuple[Round, datetime], list[int]]]:
        """Rounds that follow another one, with the time since when they can be looked at."""
        ahead = [each for each in await timetable.ahead(connection) if each.state == "proposed"]
        found = []
        for each in ahead:
            study = await studies.study(connection, each.study_id)
            before = [one for one in await studies.rounds(connection, each.study_id) if one.number < each.number]
            since = max((one.closed_at for one in before if one.closed_at), default=None)
            if study is None or since is None:
                continue
            accounts = study.protocol.get("moderators") or self._secretariat
            found.append((study, (each, since), await reminders.participants_of(connection, accounts)))
        return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a panellist is: their zone, and its name as a person set it or a platform said it; empty when unknown."""

    zone: ZoneInfo
    name: str


def _of_round(one: Asked, each: Round, study: Study, place: _Place, extended_at: datetime | None) -> list[Owed]:
    """What one panellist is told of an open round."""
    subject = f"study {study.code} round {each.number}"
    opens = max(at_wall(datetime.fromisoformat(each.opens), place.zone), each.opened_at or each.opens_at)
    round_owed = partial(
        Owed,
        participant_id=one.participant_id,
        due=each.closes_at,
        label=_label("remind.round_go_on" if one.answered else "remind.round_begin"),
        token=f"rate_{each.id}",
    )
    words = partial(partial, _ask_open, study=study, each=each, one=one, zone=place.name)
    found = []
    # Who takes part since it is open was shown its items then.
    if not one.answered and one.consented_at <= opens:
        show = _shown(round_news.opened, each.id)
        found.append(
            round_owed(topic="studies", subject=subject, since=opens, ask=words("remind.round_open"), show=show)
        )
    if extended_at is not None:
        show = _shown(round_news.extended, each.id)
        until = f"{subject} until {each.closes}"
        ask = words("remind.round_extended")
        found.append(round_owed(topic="studies", subject=until, since=extended_at, ask=ask, show=show))
    if study.protocol.get("reminders", True):
        ask = words("remind.round_begun" if one.answered else "remind.round_new")
        since = max(opens, one.saved_at or one.consented_at)
        found.append(round_owed(topic="rounds", subject=subject, since=since, ask=ask))
    return found


async def _extended_at(connection: AsyncConnection, each: Round) -> datetime | None:
    """When it was last said that an open round closes at another time; None when that was not said."""
    what = amended_close(each.number)
    times = [one.at for one in await studies.amended(connection, each.study_id) if one.what == what]
    return max((at for at in times if each.opened_at is not None and at >= each.opened_at), default=None)


async def _lately_ended(connection: AsyncConnection, by: datetime) -> list[Study]:
    """Studies that their moderators ended. Where a rule did, the last round's result says so."""
    return [
        study
        for study in await studies.listed(connection, ("closed",))
        if study.stop_reason not in set(Stop) and study.closed_at is not None and study.closed_at >= by - STALE
    ]


async def _places(connection: AsyncConnection, participants: Sequence[int]) -> Mapping[int, _Place]:
    """Of several accounts the best one to write to comes last, and counts."""
    return {
        to.participant_id: _Place(
            daytime_of((to.zone, to.zone_hint), to.daytime_from, to.daytime_to, to.seen_at).zone,
            to.zone or to.zone_hint,
        )
        for to in await reminders.recipients(connection, participants)
    }


def _shown(compose: Compose, id: int) -> Show:
    """A message of the panellist's side about a study or a round; None when it does not concern them any more."""

    async def show(connection: AsyncConnection, to: Recipient, words: Words, now: datetime) -> Say | None:
        platform = Account.parse(to.account).platform
        try:
            return await compose(
                connection, id, Reader(to.participant_id, words, to.zone or to.zone_hint, platform), now
            )
        except LookupError:
            return None

    return show


def _title(study: Study, words: Words) -> str:
    return in_language(study.protocol["title"], words.language)


def _ask(text: str, study: Study, words: Words) -> Markup:
    return words(text, title=_title(study, words))


def _ask_round(text: str, study: Study, each: Round, words: Words) -> Markup:
    return words(text, title=_title(study, words), number=each.number)


def _ask_open(text: str, words: Words, *, study: Study, each: Round, one: Asked, zone: str) -> Markup:
    until = moment(each.closes_at, zone, words)
    return words.count(
        text, one.asked - one.answered, title=_title(study, words), total=one.asked, answered=one.answered, until=until
    )


def _label(text: str) -> Callable[[Words], str]:
    return lambda words: words.plain(text)


def _takes_part(state: str) -> bool:
    return state == "consented"
