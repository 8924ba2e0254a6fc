"""Whom a call is for: read, said in words, counted, and each person found on one account."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from bot.chat.markup import plain
from bot.locales import load
from bot.outreach.audience import (
    EVERYBODY,
    KINDS,
    All,
    AnyOf,
    Audience,
    AudienceErrors,
    Filter,
    Known,
    Not,
    as_json,
    describe,
    label,
    read,
)
from bot.outreach.call_words import problem_words, reach_words
from bot.outreach.recipients import Reach, count, load_known, select_recipients, zones
from storage.database import open_database
from storage.schema import (
    answers,
    obligations,
    panel_links,
    panellists,
    participants,
    pseudonyms,
    reports,
    studies,
    study_items,
    study_rounds,
)
from tests.outreach.town import NOW, TITLES, Town

WORDS = load()
KNOWN = Known(TITLES, {"7": "Soil Alliance", "9": "Carbon Market"}, ("soil:1",), ("2026-Q3",))
SCENE = {
    "any": [
        {"all": [{"organisation_type": ["civil_society", "research"]}, {"coalition": ["soil alliance", 9]}]},
        {"generation": "senior"},
    ]
}

leaves = st.sampled_from(KINDS).flatmap(
    lambda kind: st.lists(st.sampled_from(KNOWN.options(kind)), min_size=1, unique=True).map(
        lambda values: Filter(kind, tuple(values))
    )
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
        | inner.map(Not)
    ),
    max_leaves=6,
)


def test_the_scene_of_the_design_is_said_in_three_languages() -> None:
    tree = read(SCENE, KNOWN)
    assert [describe(tree, WORDS[language], KNOWN) for language in ("en", "fr", "es")] == [
        "People who act for an NGO or a research institution and belong to Soil Alliance or Carbon Market, "
        "or who are seniors.",
        "Les personnes qui agissent pour une ONG ou un établissement de recherche et font partie de Soil Alliance ou "
        "Carbon Market, ou qui sont seniors.",
        "Las personas que actúan por una ONG o una institución de investigación y forman parte de Soil Alliance o "
        "Carbon Market, o que son séniores.",
    ]


@settings(max_examples=60, deadline=None)
@given(trees)
def test_every_tree_comes_back_and_can_be_said(tree: Audience) -> None:
    assert read(as_json(tree), KNOWN) == tree
    for words in WORDS.values():
        sentence = describe(tree, words, KNOWN)
        assert sentence.endswith(".")
        assert sentence.count("(") == sentence.count(")")


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_has_a_label_in_every_language(kind: str) -> None:
    for words in WORDS.values():
        assert words.plain(f"audience.kind.{kind}")
        assert all(label(kind, value, words, KNOWN) for value in KNOWN.options(kind))


def test_everything_wrong_is_told_at_once_with_its_place_and_what_was_meant() -> None:
    wrong: Any = {
        "any": [{"langage": ["fr"]}, {"language": ["de"]}, {"coalition": "Carbon Markt"}, {"role": []}, 5, {"all": {}}]
    }
    with pytest.raises(AudienceErrors) as raised:
        read(wrong, KNOWN)
    told = [f"{one.place}: {plain(problem_words(one, WORDS['en']))}" for one in raised.value.problems]
    assert told[:4] == [
        "audience.any[0]: I know no condition “langage”. Did you mean “language”?",
        "audience.any[1].language: There is no “de” here. There are: en, fr, es.",
        "audience.any[2].coalition: There is no “Carbon Markt” here. Did you mean “Carbon Market”?",
        "audience.any[3].role: Write a list of values here, with one at least.",
    ]
    assert [line.partition(":")[0] for line in told[4:]] == ["audience.any[4]", "audience.any[5].all"]


async def test_everybody_is_counted_once_on_the_account_to_write_to(database_url: str) -> None:
    database = open_database(database_url)
    async with database.begin() as connection:
        town = Town(connection)
        await town.person("one", "telegram:1", language="fr")
        await town.person("latest", "telegram:2", "slack:T01/U2", hint="es-MX")
        prefers = await town.person("prefers", "telegram:3", "slack:T01/U3", hint="est")
        await connection.execute(_prefer(prefers, town.accounts["telegram:3"]))
        await town.person("blocked", "telegram:4", reachable=False)
        await town.person("stopped", stopped_topics=["decisions", "calls"])
        await town.person("stopped another", "telegram:6", stopped_topics=["unfinished"])
        await town.person("pauses", paused_until=NOW.replace(day=9))
        await town.person("paused", "telegram:8", paused_until=NOW.replace(day=1))
        await town.person("stranger", consent_version=0)
        reach = await count(connection, EVERYBODY, NOW)
        chosen = await connection.execute(select_recipients(EVERYBODY, NOW, connection.dialect.name))
        recipients = {(row.sender, row.account_id): row for row in chosen}
        telegram = await count(connection, read({"platform": "telegram"}, KNOWN), NOW)
    await database.dispose()
    assert reach.by_platform == {"telegram": 4, "slack": 1}
    assert reach.by_language == {"fr": 1, "es": 1, "en": 3}
    assert (reach.unreachable, reach.stopped, reach.paused, reach.not_agreed) == (1, 1, 1, 1)
    assert ("slack:T01", town.accounts["slack:T01/U2"]) in recipients
    assert ("telegram", town.accounts["telegram:3"]) in recipients
    assert not recipients["telegram", town.accounts["telegram:4"]].reachable
    # Who is written to in Slack is not counted for Telegram, with an account there or without.
    assert telegram.by_platform == {"telegram": 4}


def _prefer(participant: int, account: int) -> Any:
    return update(participants).where(participants.c.id == participant).values(preferred_account_id=account)


async def test_filters_find_whom_they_name(database_url: str) -> None:
    database = open_database(database_url)
    async with database.begin() as connection:
        town = Town(connection)
        for name in ("Ann", "Ben", "Cai", "Dee", "Eve"):
            await town.person(
                name, generation="senior" if name == "Eve" else "", language="fr" if name == "Ben" else "en"
            )
        soil, carbon = await town.coalition("Soil Alliance"), await town.coalition("Carbon Market", "core-1")
        await town.belongs("Ann", soil, role="leader", of="civil_society")
        await town.belongs("Ann", carbon)
        await town.belongs("Ben", soil, state="pending", of="research")
        await town.belongs("Cai", carbon, role="leader", of="research")
        await town.belongs("Dee", soil, state="left", of="civil_society")
        await _panel(connection, answered=town.ids["Ann"], silent=town.ids["Ben"])
        await _obligation(connection, soil, lead=town.ids["Ann"], deputy=town.ids["Ben"])
        await _obligation(connection, carbon, lead=town.ids["Cai"], reported="2026-Q1")
        known = await load_known(connection, TITLES)

        async def found(raw: Any) -> set[str]:
            rows = await connection.execute(select_recipients(read(raw, known), NOW, connection.dialect.name))
            ids = {row.account_id for row in rows}
            return {name for name in town.ids if town.accounts[name] in ids}

        assert known.rounds == ("soil:1",)
        assert known.coalitions == {str(soil): "Soil Alliance", str(carbon): "Carbon Market"}
        assert await found({"language": "fr"}) == {"Ben"}
        assert await found({"generation": ["senior"]}) == {"Eve"}
        assert await found({"facility": "global-4"}) == {"Ann", "Ben"}
        assert await found({"coalition": "carbon market"}) == {"Ann", "Cai"}
        assert await found({"organisation_type": ["civil_society", "research"]}) == {"Ann", "Ben", "Cai"}
        assert await found({"status": "partner"}) == {"Ann", "Ben", "Cai"}
        assert await found({"state": ["left"]}) == {"Dee"}
        # What is said side by side is said of one membership: Ann leads, but not in the Carbon Market.
        assert await found({"all": [{"coalition": [carbon]}, {"role": ["leader"]}]}) == {"Cai"}
        assert await found({"all": [{"facility": "global-4"}, {"not": {"state": "pending"}}]}) == {"Ann"}
        assert await found({"not": {"any": [{"role": ["leader"]}, {"state": ["pending"]}]}}) == {"Dee", "Eve"}
        assert await found({"answered": "soil:1"}) == {"Ann"}
        assert await found({"not_answered": "soil:1"}) == {"Ben"}
        assert await found({"owes_report": "2026-Q1"}) == {"Ann", "Ben"}
        assert await found({"all": []}) == {"Ann", "Ben", "Cai", "Dee", "Eve"}
        assert await zones(connection, EVERYBODY, NOW) == ["Europe/Paris"]
    await database.dispose()


async def _panel(connection: Any, answered: int, silent: int) -> None:
    """A study with one round, which one of two panellists has answered."""
    await connection.execute(insert(studies).values(id=1, code="soil", state="running", protocol={}, created_at=NOW))
    await connection.execute(
        insert(study_rounds).values(
            id=1, study_id=1, number=1, state="open", opens="", closes="", opens_at=NOW, closes_at=NOW, opened_at=NOW
        )
    )
    await connection.execute(insert(study_items).values(id=1, study_id=1, code="A1", item={}, position=1))
    for id, participant in ((1, answered), (2, silent)):
        await connection.execute(
            insert(panellists).values(id=id, study_id=1, participant_id=participant, state="consented", invited_at=NOW)
        )
        await connection.execute(insert(pseudonyms).values(id=id, study_id=1, code=f"P-{id}"))
        await connection.execute(insert(panel_links).values(panellist_id=id, pseudonym_id=id))
    await connection.execute(insert(answers).values(round_id=1, item_id=1, pseudonym_id=1, value=7))


async def _obligation(
    connection: Any, coalition: int, lead: int, deputy: int | None = None, reported: str = ""
) -> None:
    await connection.execute(
        insert(obligations).values(
            coalition_id=coalition,
            every="quarterly",
            due_days=30,
            from_period="2026-Q1",
            lead_id=lead,
            deputy_id=deputy,
        )
    )
    if reported:
        await connection.execute(
            insert(reports).values(coalition_id=coalition, period=reported, status="on_track", submitted_at=NOW)
        )


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_what_it_reaches_is_said_with_who_is_left_out(language: str) -> None:
    said = plain(reach_words(Reach({"telegram": 112, "slack": 1300}, {}, 1, 2, 0, 9), WORDS[language], places=2))
    lines = said.splitlines()
    assert len(lines) == 5
    assert "Slack" in lines[0]
    assert lines[0].index("Slack") < lines[0].index("Telegram")
    if language == "en":
        assert lines[:3] == [
            "This reaches 1,412 people: 1,300 in Slack, 112 on Telegram.",
            "And 2 channels and groups.",
            "9 people cannot be reached.",
        ]
