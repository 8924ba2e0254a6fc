"""What a visitor of the demo finds: coalitions with members and reports, two Delphi studies, a call that is a draft.

It is made by what the bot itself calls, at the instants at which it would have happened, and only once: a database that
has it already stays as it is.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.delphi.protocol import Protocol
from bot.demo_studies import NEW_REASONS, PANEL, REASONS, SECOND, SOILS, TOGETHER_ANSWERS, soils, together
from bot.flows.joining.join import CONSENT_VERSION, pledges_of
from bot.flows.studies import acts as study_acts
from bot.flows.studies.rounds import Rounds
from bot.outreach.topics import TOPICS
from bot.progress.period import Period
from storage import (
    answers,
    campaigns,
    coalitions,
    obligations,
    panels,
    people,
    progress,
    reminders,
    studies,
    study_items,
)
from storage.campaigns import Draft
from storage.people import Newcomer, Person
from storage.progress import Given, Said
from storage.studies import Round


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody who is there besides the people whom a visitor plays. Their names are made up."""

    name: str
    about: str
    language: str


NEIGHBOURS: Mapping[str, Neighbour] = {
    "bruno": Neighbour("Bruno Labrador", "farmer", "es"),
    "ines": Neighbour("Inès Vallonnier", "farmer", "fr"),
    "gareth": Neighbour("Gareth Hollowfield", "farmer", "en"),
    "amadou": Neighbour("Amadou Grandépi", "farmer", "fr"),
    "rosa": Neighbour("Rosa Campohondo", "farmer", "es"),
    "mira": Neighbour("Mira Stonecrop", "soil scientist", "en"),
    "pascal": Neighbour("Pascal Limonet", "soil scientist", "fr"),
    "lucia": Neighbour("Lucía Vegaclara", "soil scientist", "es"),
    "henrik": Neighbour("Henrik Peatmoor", "soil scientist", "en"),
    "nia": Neighbour("Nia Fallowbrook", "NGO officer", "en"),
    "odile": Neighbour("Odile Ruisselet", "NGO officer", "fr"),
    "mateo": Neighbour("Mateo Rastrojo", "NGO officer", "es"),
}
# Who has never written to the bot: a visitor can begin as a stranger.
STRANGERS = ("lea",)
ALLIANCE, YOUTH, NETWORK = "Soil Regeneration", "Mobilize Youth & Seniors", "Networking & Collaboration"
# Name, type, country, how it stands to the Initiative.
_FARMS = ("Cloverfield Farm Trust", "producers", "US", "partner")
_RIVERS = ("Rivières et Terroirs", "civil_society", "SN", "partner")
_FALLOW = ("Fallowbrook Network", "civil_society", "KE", "member")
# Person, coalition, organisation, role, contributions, words to the secretariat.
MEMBERS: Sequence[tuple[str, str, tuple[str, str, str, str] | None, str, tuple[str, ...], str]] = (
    ("ned", ALLIANCE, _FARMS, "leader", ("knowledge", "land"), ""),
    ("bruno", ALLIANCE, None, "member", ("knowledge",), ""),
    ("ines", ALLIANCE, None, "member", ("land",), ""),
    ("gareth", ALLIANCE, None, "member", ("knowledge", "network"), ""),
    ("carmen", YOUTH, None, "member", ("knowledge", "communication"), ""),
    ("odile", YOUTH, None, "member", ("network",), ""),
    ("awa", NETWORK, _RIVERS, "leader", ("network", "staff"), ""),
    ("nia", NETWORK, _FALLOW, "member", ("network",), ""),
)
REQUESTS: Sequence[tuple[str, str, tuple[str, str, str, str] | None, str, tuple[str, ...], str]] = (
    ("rosa", ALLIANCE, None, "member", ("land", "funds"), "Tengo 12 hectáreas donde se puede probar de todo."),
    ("henrik", YOUTH, None, "member", ("knowledge",), "I retired last year and would like to teach."),
)
SENIORS = ("carmen", "henrik", "gareth")
CALL = Draft(
    title="Seniors for soils",
    texts={
        "en": "*Your experience is needed.*\n\nYoung people who want to farm look for somebody who knows the land. An "
        "hour a month is enough.",
        "fr": "*Votre expérience est précieuse.*\n\nDes jeunes qui veulent cultiver cherchent quelqu’un qui connaît la "
        "terre. Une heure par mois suffit.",
        "es": "*Su experiencia hace falta.*\n\nHay jóvenes que quieren cultivar y buscan a alguien que conozca la "
        "tierra. Basta una hora al mes.",
    },
    button={"target": "join global-6", "labels": {"en": "I can help", "fr": "Je peux aider", "es": "Puedo ayudar"}},
    audience={"any": [{"generation": ["senior"]}, {"facility": ["global-6"]}]},
)


async def inhabit(database: AsyncEngine, residents: Mapping[str, Newcomer], now: datetime) -> None:
    """Let these people, by their short names, have lived with the bot for a while. The coalitions are there already."""
    async with database.begin() as connection:
        if await studies.by_code(connection, SOILS) is not None:
            return
        met = await _meet(connection, residents, now)
        titles = {one.title: one.id for one in await coalitions.not_closed(connection)}
        await _belong(connection, met, titles, now)
        await _report(connection, met, titles, now)
        await campaigns.create(connection, CALL, met["ruth"].id, now - timedelta(days=1))
    await _soils(database, met, now)
    await _together(database, met, now)


async def _meet(connection: AsyncConnection, residents: Mapping[str, Newcomer], now: datetime) -> dict[str, Person]:
    """Everybody, as having agreed to what is stored of them. Neighbours are not reminded of anything."""
    long_ago = now - timedelta(days=400)
    by_account = await people.meet(connection, list(residents.values()), long_ago)
    met = {name: by_account[one.account] for name, one in residents.items()}
    before = {one.account_id: copy(one) for one in met.values()}
    for name, person in met.items():
        person.language, person.zone = residents[name].language, residents[name].zone
        person.consent_version, person.consented_at = CONSENT_VERSION, long_ago
        person.generation = "senior" if name in SENIORS else ""
        if name in NEIGHBOURS:
            person.stopped_topics = [topic for topic in TOPICS if topic != "calls"]
    await people.save(connection, before, {one.account_id: one for one in met.values()})
    return met


async def _belong(
    connection: AsyncConnection, met: Mapping[str, Person], titles: Mapping[str, int], now: datetime
) -> None:
    """Members who have been there for a year, and requests of these days."""
    for place, (name, title, organisation, role, contributions, note) in enumerate((*MEMBERS, *REQUESTS)):
        is_member = place < len(MEMBERS)
        at = now - (timedelta(days=390 - place) if is_member else timedelta(hours=20 + place))
        organisation_id = None
        if organisation is not None:
            called, type_, country, status = organisation
            organisation_id = await coalitions.organisation(
                connection, name=called, type=type_, country=country, status=status, now=at
            )
        id = await coalitions.request(
            connection,
            participant_id=met[name].id,
            account_id=met[name].account_id,
            organisation_id=organisation_id,
            coalition_id=titles[title],
            role=role,
            note=note,
            now=at,
        )
        assert id is not None, "nobody asks twice"
        await coalitions.pledge(connection, id, pledges_of(contributions, "2000 EUR"))
        if is_member:
            await coalitions.decide(
                connection, id, state="approved", decided_by=met["ruth"].id, reason="", now=at + timedelta(days=1)
            )


async def _report(
    connection: AsyncConnection, met: Mapping[str, Person], titles: Mapping[str, int], now: datetime
) -> None:
    """Two quarters reported by both coalitions; the third one owed by one, and reported by the other, with a call for
    help."""
    third = Period.around(now.date(), "quarterly").previous
    quarters = (third.previous.previous, third.previous, third)
    # Due in ten days, if that is later than the usual day.
    due_days = max(30, (now.date() + timedelta(days=10) - third.end).days)
    for title, lead, deputy in ((ALLIANCE, "ned", None), (NETWORK, "awa", "nia")):
        await obligations.oblige(
            connection,
            titles[title],
            every="quarterly",
            due_days=due_days,
            from_period=quarters[0].code,
            lead_id=met[lead].id,
            deputy_id=met[deputy].id if deputy else None,
            indicators=["land_area", "people_reached"] if title == ALLIANCE else ["people_reached", "events_held"],
        )
    steady = Said("on_track", milestones="Two demonstration fields, and a field day with 60 farmers.")
    slow = Said("on_track", milestones="Le réseau s’est réuni à Dakar et en ligne.")
    late = Said(
        "at_risk",
        why="La salle prévue n’est plus disponible.",
        help="Qui connaît un lieu pour 80 personnes à Dakar, en mars ?",
    )
    told: Sequence[tuple[str, str, Period, Said, dict[str, int]]] = (
        (ALLIANCE, "ned", quarters[0], steady, {"land_area": 1240, "people_reached": 340}),
        (ALLIANCE, "ned", quarters[1], steady, {"land_area": 1860, "people_reached": 520}),
        (NETWORK, "awa", quarters[0], slow, {"people_reached": 900, "events_held": 2}),
        (NETWORK, "awa", quarters[1], slow, {"people_reached": 1150, "events_held": 3}),
        (NETWORK, "awa", quarters[2], late, {"people_reached": 400, "events_held": 1}),
    )
    for title, lead, quarter, said, amounts in told:
        await progress.submit(
            connection,
            coalition_id=titles[title],
            period=quarter.code,
            said=said,
            given=[Given(indicator, Decimal(amount)) for indicator, amount in amounts.items()],
            by=met[lead].id,
            now=min(datetime.combine(quarter.end, time(15), UTC) + timedelta(days=12), now),
        )


async def _soils(database: AsyncEngine, met: Mapping[str, Person], now: datetime) -> None:
    """The study whose first round is over."""
    study_id = await _publish(database, soils(now.date()), now - timedelta(days=27))
    async with database.begin() as connection:
        for name, (group, _) in PANEL.items():
            await _join(connection, study_id, met[name], group, now - timedelta(days=25))
    first = await _run(database, study_id, 1)
    at = first.opens_at + timedelta(days=3)
    async with database.begin() as connection:
        for name, (_, values) in PANEL.items():
            await _answer(connection, first, met[name], values, REASONS, name, at)
        for comment in await answers.comments(connection, study_id, ("waiting",)):
            await answers.moderate(connection, comment.id, comment.words, "shown", comment.words)
    await Rounds(database, lambda: first.closes_at).tick()
    async with database.begin() as connection:
        told = (first.closes_at + timedelta(days=1)).date()
        for name in PANEL:
            about = [("studies", f"study {SOILS} round 1 result")]
            await reminders.say(connection, met[name].id, told, about, first.closes_at + timedelta(days=1))
    second = await _run(database, study_id, 2)
    async with database.begin() as connection:
        for name, values in SECOND.items():
            await _answer(connection, second, met[name], values, NEW_REASONS, name, now - timedelta(hours=20))


async def _together(database: AsyncEngine, met: Mapping[str, Person], now: datetime) -> None:
    """The study whose first round is open, and to which somebody has just been invited."""
    study_id = await _publish(database, together(now.date()), now - timedelta(days=3))
    async with database.begin() as connection:
        for name in TOGETHER_ANSWERS:
            await _join(connection, study_id, met[name], "", now - timedelta(days=2))
    first = await _run(database, study_id, 1)
    async with database.begin() as connection:
        for name, values in TOGETHER_ANSWERS.items():
            await _answer(connection, first, met[name], values, {}, name, now - timedelta(hours=3))
        await panels.invite(connection, study_id, met["carmen"].id, "", now - timedelta(hours=2))


async def _publish(database: AsyncEngine, protocol: Protocol, at: datetime) -> int:
    async with database.begin() as connection:
        id = await studies.create(connection, protocol.study, protocol.model_dump(mode="json"), None, at)
        assert id is not None, "nothing else has that name"
        problems = await study_acts.publish(connection, id, at)
        assert not problems, "a study of ours can be published"
    return id


async def _join(connection: AsyncConnection, study_id: int, person: Person, group: str, at: datetime) -> None:
    panellist_id = await panels.invite(connection, study_id, person.id, group, at)
    assert panellist_id is not None, "nobody is on a panel twice"
    await panels.consent(connection, panellist_id, group, at + timedelta(minutes=20))
    await panels.practised(connection, panellist_id)


async def _run(database: AsyncEngine, study_id: int, number: int) -> Round:
    """Let a round open at its time."""
    opens_at = (await _round(database, study_id, number)).opens_at
    await Rounds(database, lambda: opens_at).tick()
    return await _round(database, study_id, number)


async def _round(database: AsyncEngine, study_id: int, number: int) -> Round:
    async with database.begin() as connection:
        return next(each for each in await studies.rounds(connection, study_id) if each.number == number)


async def _answer(
    connection: AsyncConnection,
    asked_in: Round,
    person: Person,
    values: Sequence[Any],
    reasons: Mapping[tuple[str, str], str],
    name: str,
    at: datetime,
) -> None:
    """What one panellist says in a round, item by item."""
    panellist = await panels.panellist(connection, asked_in.study_id, person.id)
    assert panellist is not None, "they have joined"
    assert panellist.pseudonym_id is not None, "and have a pseudonym"
    pseudonym_id = panellist.pseudonym_id
    for item, value in zip(await study_items.of_round(connection, asked_in.id), values, strict=False):
        place = {"round_id": asked_in.id, "item_id": item.id, "pseudonym_id": pseudonym_id}
        await answers.save(connection, **place, value=value, unable=value is None, now=at)
        if words := reasons.get((name, item.code)):
            await answers.comment(connection, **place, words=words, language=person.language, now=at)
