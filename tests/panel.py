"""A study put up for scenarios, with every kind of item, and panellists who are never seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delphi.protocol import (
    AgreeItem,
    ChoiceItem,
    Ends,
    Group,
    Item,
    NumberItem,
    OpenItem,
    Option,
    Protocol,
    RankingItem,
    Round,
    ScaleItem,
)
from bot.flows.studies import acts as study_acts
from storage import answers, panels, people, studies, study_items
from storage.people import Newcomer


def said(en: str, fr: str = "", es: str = "") -> dict[Any, str]:
    """Words in the languages in which there are some."""
    return {code: words for code, words in (("en", en), ("fr", fr), ("es", es)) if words}


ENDS = Ends(low=said("not at all", "pas du tout", "en absoluto"), high=said("entirely", "tout à fait", "por completo"))
OPTIONS = [
    Option(id="cover", text=said("Cover crops", "Couverts végétaux", "Cultivos de cobertura")),
    Option(id="compost", text=said("Compost", "Compost", "Compost")),
    Option(id="trees", text=said("Trees on fields", "Arbres dans les champs", "Árboles en los campos")),
]
PAID = ScaleItem(
    id="A1",
    text=said(
        "Cover crops deserve public money.",
        "Les couverts végétaux méritent de l’argent public.",
        "Los cultivos de cobertura merecen dinero público.",
    ),
    explanation=said(
        "They keep the soil covered between two harvests.", "Ils couvrent le sol entre deux récoltes.", ""
    ),
)
CHAR = ScaleItem(id="A2", text=said("Biochar deserves public money.", "Le biochar mérite de l’argent public."))
OPEN_DATA = AgreeItem(id="B1", text=said("All data should be open.", "Toutes les données devraient être ouvertes."))
FIRST = ChoiceItem(id="C1", text=said("What comes first?", "Par quoi commencer ?"), options=OPTIONS)
TWO = ChoiceItem(id="C2", text=said("Which two belong together?"), options=OPTIONS, most=2)
ORDER = RankingItem(id="C3", text=said("Put these in order."), options=OPTIONS)
YEAR = NumberItem(id="D1", text=said("By when are half of all soils measured?"), measure="year", least=2025, most=2100)
COST = NumberItem(id="D2", text=said("What may a sample cost?"), measure="money", currency="EUR", least=0)
MISSING = OpenItem(id="E1", text=said("What is missing?"))
EVERY_KIND: tuple[Item, ...] = (PAID, CHAR, OPEN_DATA, FIRST, TWO, ORDER, YEAR, COST, MISSING)
GROUPS = [
    Group(id="farmers", name=said("Farmers", "Monde agricole", "Mundo agrícola")),
    Group(id="science", name=said("Research", "Recherche", "Investigación")),
]


def protocol(opens: datetime, items: Sequence[Item] = EVERY_KIND, **settings: object) -> Protocol:
    """A study `soil` in English whose rounds last a week each, one every two weeks; `opens` is a wall time."""
    weeks = [timedelta(weeks=2 * number) for number in range(3)]
    values: dict[str, object] = {
        "study": "soil",
        "title": said("Priorities for soils", "Priorités pour les sols", "Prioridades para los suelos"),
        "introduction": said(
            "We want to know which measures help soils most.", "Quelles mesures aident le plus les sols ?", ""
        ),
        "items": list(items),
        "ends": ENDS,
        "rounds": [Round(opens=opens + week, closes=opens + week + timedelta(days=7)) for week in weeks],
        "languages": ["en"],
        "smallest_group": 2,
        "open_panel": True,
    }
    return Protocol.model_validate(values | settings)


@dataclass(frozen=True, slots=True)
class Study:
    """A published study: its rounds by number, its items by code."""

    id: int
    rounds: Mapping[int, int]
    items: Mapping[str, int]


async def publish(connection: AsyncConnection, fixed: Protocol, now: datetime) -> Study:
    """Put a study down and publish it."""
    id = await studies.create(connection, fixed.study, fixed.model_dump(mode="json"), None, now)
    assert id is not None
    assert await study_acts.publish(connection, id, now) == []
    rounds = {each.number: each.id for each in await studies.rounds(connection, id)}
    return Study(id, rounds, {item.code: item.id for item in await study_items.all_of(connection, id)})


async def others(
    connection: AsyncConnection, study: Study, number: int, ratings: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """People who are never seen, each with these answers by item; those at even places are farmers. Who answered in
    an earlier round is the same person at the same place."""
    for place, given in enumerate(ratings):
        key = f"telegram:{900_000 + place}"
        met = await people.meet(connection, [Newcomer(key, "telegram", f"Other {place}", "", "en", "")], now)
        participant = met[key].id
        group = GROUPS[place % 2].id
        await panels.invite(connection, study.id, participant, group, now)
        one = await panels.panellist(connection, study.id, participant)
        assert one is not None
        taken = await panels.consent(connection, one.id, group, now)
        assert taken is not None
        assert taken.pseudonym_id is not None
        for code, value in given.items():
            await answers.save(
                connection,
                round_id=study.rounds[number],
                item_id=study.items[code],
                pseudonym_id=taken.pseudonym_id,
                value=value,
                unable=value is None,
                now=now,
            )
