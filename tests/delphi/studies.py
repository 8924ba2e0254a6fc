"""Studies and panels made up for tests: every kind of item, and ratings that are drawn with a seed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

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
from bot.delphi.round_table import Answer, Column, RoundTable

ROUNDS = [
    Round(opens=datetime(2027, month, 11, 9), closes=datetime(2027, month, 28, 18))  # noqa: DTZ001  # wall times
    for month in (1, 2, 3)
]
GROUPS = [
    Group(id="farmers", name={"en": "Farmers", "fr": "Agriculteurs", "es": "Agricultores"}),
    Group(id="science", name={"en": "Research", "fr": "Recherche", "es": "Investigación"}),
    Group(id="public", name={"en": "Ministries", "fr": "Ministères", "es": "Ministerios"}),
]
OPTIONS = [
    Option(id="cover", text={"en": "Cover crops", "fr": "Couverts végétaux", "es": "Cultivos de cobertura"}),
    Option(id="compost", text={"en": "Compost", "fr": "Compost", "es": "Compost"}),
    Option(id="trees", text={"en": "Agroforestry", "fr": "Agroforesterie", "es": "Agroforestería"}),
]
SOIL = ScaleItem(
    id="A1",
    text={
        "en": "Soil organic carbon is measured to 30 cm in every project.",
        "fr": "Le carbone organique du sol est mesuré jusqu’à 30 cm dans chaque projet.",
        "es": "El carbono orgánico del suelo se mide hasta 30 cm en cada proyecto.",
    },
)
WATER = ScaleItem(id="A2", text={"en": "Water infiltration is measured as well, at a cost of $5 to $50 a plot."})
AGREE = AgreeItem(id="B1", text={"en": "Results are published within a year."})
CHOICE = ChoiceItem(id="C1", text={"en": "What comes first?"}, options=OPTIONS, most=2)
RANKING = RankingItem(id="C2", text={"en": "Put these in order."}, options=OPTIONS)
NUMBER = NumberItem(id="D1", text={"en": "By when are half of all soils monitored?"}, measure="year")
OPEN = OpenItem(id="E1", text={"en": "What is missing?"})
EVERY_KIND: list[Item] = [SOIL, WATER, AGREE, CHOICE, RANKING, NUMBER, OPEN]


def protocol(items: Sequence[Item] = EVERY_KIND, **settings: object) -> Protocol:
    """A study of three rounds and three groups on 1-9."""
    values: dict[str, object] = {
        "study": "soil",
        "title": {"en": "Soil carbon monitoring", "fr": "Suivi du carbone du sol", "es": "Seguimiento del carbono"},
        "introduction": {"en": "What should every project measure?"},
        "items": list(items),
        "groups": GROUPS,
        "ends": Ends(low={"en": "not important"}, high={"en": "essential"}),
        "rounds": ROUNDS,
    }
    return Protocol.model_validate(values | settings)


def table(
    columns: Mapping[Item, Sequence[Answer | None]] | Sequence[tuple[Item, Sequence[Answer | None]]],
    groups: Sequence[str] = (),
    withdrawn: Sequence[int] = (),
    **counts: Mapping[str, int],
) -> RoundTable:
    """A round from the answers to each item; `"U"` is unable to score, None no answer; panellists are P0, P1, …"""
    pairs = list(columns.items()) if isinstance(columns, Mapping) else list(columns)
    people = len(pairs[0][1])
    gone = np.zeros(people, dtype=np.bool_)
    gone[list(withdrawn)] = True
    return RoundTable(
        panellists=tuple(f"P{number}" for number in range(people)),
        groups=tuple(groups) or ("",) * people,
        columns=tuple(_column(item, answers) for item, answers in pairs),
        withdrawn=gone,
        **counts,
    )


def drawn(study: Protocol, people: int, seed: int, *, before: RoundTable | None = None) -> RoundTable:
    """Everybody answers something to nearly everything; with a round `before`, ratings are near those of that one."""
    rng = np.random.default_rng(seed)
    groups = [study.groups[number % len(study.groups)].id for number in range(people)] if study.groups else []
    columns = []
    for place, item in enumerate(study.items):
        answers: list[Answer | None] = [_answer(item, study, rng, place + number % 3) for number in range(people)]
        if before is not None and study.scale_of(item):
            moved = rng.random(people) < 0.25
            kept = before.columns[place].answers
            answers = [new if move else old for new, move, old in zip(answers, moved.tolist(), kept, strict=True)]
        lost = rng.random(people)
        columns.append(
            (item, [None if at < 0.06 else "U" if at < 0.1 else answers[row] for row, at in enumerate(lost)])
        )
    return table(columns, groups)


def _answer(item: Item, study: Protocol, rng: np.random.Generator, lean: int) -> Answer:
    if scale := study.scale_of(item):
        return int(
            np.clip(round(rng.normal(scale.high - lean % scale.points, scale.points / 5)), scale.low, scale.high)
        )
    match item:
        case ChoiceItem():
            return [option.id for option in item.options if rng.random() < 0.6][: item.most] or [item.options[0].id]
        case RankingItem():
            return [item.options[place].id for place in rng.permutation(len(item.options)).tolist()]
        case NumberItem():
            return int(rng.integers(2030, 2050))
        case _:
            return "Nothing that I know of."


def _column(item: Item, answers: Sequence[Answer | None]) -> Column:
    unable = np.array([isinstance(answer, str) and answer == "U" for answer in answers], dtype=np.bool_)
    given = [None if unable[row] else answer for row, answer in enumerate(answers)]
    return Column(item.id, 1, item, given, unable)
