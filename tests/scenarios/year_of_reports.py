"""Six coalitions report on every quarter of a year, on both platforms, in three languages and two currencies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import update

from bot.flows.progress.figures import period_name
from bot.locales import Words, load
from bot.progress.period import Period
from storage import coalitions, obligations, people
from storage.people import Newcomer
from storage.schema import memberships, participants
from tests.stage import Actor, Stage, account, stage

INDICATORS = ["land_area", "events_held", "funds_mobilised"]


@dataclass(frozen=True)
class Lead:
    person: str
    language: str
    platform: str
    coalition: str
    facility: str


LEADS = (
    Lead("ada", "en", "telegram", "Soil Regeneration", "global-4"),
    Lead("bea", "es", "slack", "Suelos Vivos", "global-4"),
    Lead("cam", "fr", "telegram", "Sols Vivants", "global-4"),
    Lead("dan", "en", "slack", "Youth Networks", "global-6"),
    Lead("eva", "fr", "slack", "Réseau Sensibilisation", "core-3"),
    Lead("flo", "es", "telegram", "Proyectos", "global-1"),
)
# Who takes over from Eva before the third quarter's report.
HEIR = Lead("gil", "fr", "telegram", "Réseau Sensibilisation", "core-3")

# What each writes about land (the total so far), events and funds (in the quarter); None is "nothing to report", and
# "=" is "same as last time". Cam does not report on the second quarter at all, and Dan only when it is late.
SAID: dict[str, tuple[tuple[str | None, str | None, str | None] | None, ...]] = {
    "ada": (
        ("800 ha", "2", "5000 EUR"),
        ("1.2k", "3", None),
        ("1500", "1", "€2,500.50"),
        ("2,000", "4", "1000 euros"),
    ),
    "bea": (("300 ha", "0", "4000 USD"), ("=", "2", "1 mil USD"), ("450", "2", None), ("600", "1", "2 500 USD")),
    "cam": (
        ("1 000 ha", "1", "3 000 EUR"),
        None,
        ("1 100", "0", "4 000 €"),
        ("1250", "2", "1 000,00 EUR"),
    ),
    "dan": (
        (None, "5", "1000 EUR; 2000 USD"),
        ("50", "4", None),
        ("=", "6", "500 USD"),
        ("75", "3", "750 EUR + 250 USD"),
    ),
    "eva": (("20", "3", None), ("=", "3", None), ("25", "2", "1 500 EUR"), ("30 ha", "5", None)),
    "flo": (("100", "1", "600 USD"), ("150", "1", "700 USD"), ("200", "1", "800 USD"), ("260", "1", "900 USD")),
}
# Ada corrects her third quarter's land from 1,500 to 1,400, Eva her first quarter's events from 3 to 4.


@asynccontextmanager
async def year_of_reports(database_url: str) -> AsyncIterator[Stage]:
    """The first of January; six coalitions are to report on every quarter of the year, within 30 days."""
    async with stage(database_url) as opened:
        world = opened.world
        for lead in (*LEADS, HEIR):
            world.add_person(lead.person.title(), person_id=lead.person, language=lead.language, slack=True)
        move_to(opened, date(world.now.year + 1, 1, 1))
        await opened.telegram("tom").say("/start")
        async with opened.app.database.begin() as connection:
            for lead in LEADS:
                belong = [lead, HEIR] if lead.person == "eva" else [lead]
                met = await people.meet(connection, [_newcomer(opened, one) for one in belong], world.now)
                coalition = await coalitions.propose(
                    connection,
                    kind="partnership" if lead.facility.startswith("core") else "alliance",
                    facility=lead.facility,
                    title=lead.coalition,
                    aim="",
                    objectives=[],
                    proposed_by=None,
                    now=world.now,
                    state="open",
                )
                for member in met.values():
                    await coalitions.request(
                        connection,
                        participant_id=member.id,
                        account_id=member.account_id,
                        organisation_id=None,
                        coalition_id=coalition,
                        role="member",
                        note="",
                        now=world.now,
                    )
                await obligations.oblige(
                    connection,
                    coalition,
                    every="quarterly",
                    due_days=30,
                    from_period=f"{world.now.year}-Q1",
                    lead_id=met[_key(opened, lead)].id,
                    deputy_id=None,
                    indicators=INDICATORS,
                )
                for one in belong:
                    await connection.execute(
                        update(participants)
                        .where(participants.c.id == met[_key(opened, one)].id)
                        .values(language=one.language, zone="Etc/UTC", consent_version=1)
                    )
            await connection.execute(update(memberships).values(state="approved"))
        yield opened


def _key(scene: Stage, lead: Lead) -> str:
    world = scene.world
    return (
        str(account(world, lead.person))
        if lead.platform == "slack"
        else f"telegram:{world.people[lead.person].telegram}"
    )


def _newcomer(scene: Stage, lead: Lead) -> Newcomer:
    key = _key(scene, lead)
    return Newcomer(key, lead.platform, scene.world.people[lead.person].name, "", "", "")


def move_to(scene: Stage, day: date, hour: int = 10) -> None:
    scene.world.advance(datetime.combine(day, time(hour), UTC) - scene.world.now)


def actor(scene: Stage, lead: Lead) -> Actor:
    return scene.slack(lead.person) if lead.platform == "slack" else scene.telegram(lead.person)


def words_of(lead: Lead) -> Words:
    return load()[lead.language]


def spaced(text: str) -> str:
    """With plain spaces, for comparing."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


async def report(scene: Stage, lead: Lead, quarter: int, status: str = "on_track") -> None:
    """Report on a quarter: on Telegram question by question, in Slack in forms."""
    said = SAID["eva" if lead is HEIR else lead.person][quarter - 1]
    assert said is not None
    who, words = actor(scene, lead), words_of(lead)
    await who.say("/report")
    (await _in_forms(who, words, said, status)) if who.in_slack else (await _in_words(who, words, said, status))
    await who.tap(words.plain("report.send"))
    assert words.plain("report.sent", title=lead.coalition, period=_name(scene, quarter, lead)) in who.messages


async def _in_words(who: Actor, words: Words, said: tuple[str | None, ...], status: str) -> None:
    await who.tap(words.plain(f"report.status.{status}"))
    if status != "on_track":
        await who.say("…")
    for figure in said:
        if figure is None:
            await who.tap(words.plain("report.total.skip"))
        elif figure == "=":
            await who.tap(words.plain("report.same"))
        else:
            await who.say(figure)
    for _ in range(3):
        await who.tap(words.plain("screen.skip"))


async def _in_forms(who: Actor, words: Words, said: tuple[str | None, ...], status: str) -> None:
    land, events, funds = (_label(words, code) for code in INDICATORS)
    form = words.plain("screen.form")
    state = {words.plain("report.status.label"): words.plain(f"report.status.{status}")}
    await who.fill(state | ({words.plain("report.why.label"): "…"} if status != "on_track" else {}), open_form=form)
    same = words.plain("figure.same_words").split(",")[0]
    await who.fill(dict(zip((land, events, funds), (same if one == "=" else one for one in said), strict=True)))
    await who.fill({words.plain(f"report.{one}.label"): None for one in ("milestones", "help", "files")})


def _label(words: Words, indicator: str) -> str:
    names = {
        "en": ("Land under improved management (ha)", "Awareness events held", "Funds mobilised"),
        "fr": ("Terres sous gestion améliorée (ha)", "Événements de sensibilisation", "Fonds mobilisés"),
        "es": ("Tierras con manejo mejorado (ha)", "Eventos de sensibilización", "Fondos movilizados"),
    }
    at = INDICATORS.index(indicator)
    kind = ("total", "added", "money_added")[at]
    return words.plain(f"report.{kind}.label", about=names[words.language][at])


async def correct(scene: Stage, lead: Lead, question: str, figure: str) -> None:
    """Put another figure into the report that was just sent."""
    who, words = actor(scene, lead), words_of(lead)
    await who.tap(words.plain("report.change_it"))
    await who.tap(words.plain("screen.change"))
    await who.say(question)
    await who.say(figure)
    await who.tap(words.plain("report.send"))
    assert "✓" in who.last.text


def _name(scene: Stage, quarter: int, lead: Lead) -> str:
    """What the lead calls a quarter of the year; the last one is reported on in the year after."""
    year = scene.world.now.year - (quarter == 4)
    return period_name(Period.parse(f"{year}-Q{quarter}"), lead.language)


async def live_through(scene: Stage) -> int:
    """The whole year; which one."""
    year = scene.world.now.year
    ada, bea, cam, dan, eva, flo = LEADS
    move_to(scene, date(year, 4, 10))
    for lead in LEADS:
        await report(scene, lead, 1)
        if lead is eva:
            await correct(scene, eva, "3", "4")

    move_to(scene, date(year, 7, 10))
    for lead in (ada, bea, eva, flo):
        await report(scene, lead, 2, "at_risk" if lead is bea else "on_track")
    move_to(scene, date(year, 8, 14))
    tom = scene.telegram("tom")
    await tom.say("/progress")
    tom.sees("2 reports are late.")
    await tom.tap("Late reports")
    tom.sees(f"1. Sols Vivants, Q2 {year}: late, it was due on July 30, {year} (Cam)", "2. Youth Networks")
    await report(scene, dan, 2)
    await tom.say("/obligations")
    place = next(line[0] for line in tom.last.text.splitlines() if "Réseau Sensibilisation" in line)
    await tom.tap(place)
    await tom.tap("Who writes")
    await tom.tap("Gil")

    move_to(scene, date(year, 10, 10))
    for lead in (ada, bea, dan, HEIR, flo):
        await report(scene, lead, 3, "off_track" if lead is flo else "on_track")
        if lead is ada:
            await correct(scene, ada, "2", "1,400 ha")
    # Cam owes two quarters by now and is asked for the older one first, but has figures for the newer one only.
    who = actor(scene, cam)
    await who.say("/report")
    await who.tap(next(label for label in who.last.buttons if f"T3 {year}" in label))
    await _in_words(who, words_of(cam), SAID["cam"][2] or (), "on_track")
    await who.tap(words_of(cam).plain("report.send"))

    move_to(scene, date(year + 1, 1, 12))
    for lead in (ada, bea, dan, HEIR, flo):
        await report(scene, lead, 4)
    await who.say("/report")
    await who.tap(next(label for label in who.last.buttons if f"T4 {year}" in label))
    await _in_words(who, words_of(cam), SAID["cam"][3] or (), "on_track")
    await who.tap(words_of(cam).plain("report.send"))
    return year
