"""What is wrong with a flow is found before anybody meets it, and its drawing shows every way through it."""

import io
import re
from gettext import GNUTranslations
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from pydantic import BaseModel

from bot.flows import diagram
from bot.flows.diagram import lint, mermaid
from bot.flows.flow import Attach, Beginning, Ending, Flow, Option, PickOne, PickSeveral, Step, Write, always
from bot.flows.router import FLOWS
from bot.flows.turn import House, Turn
from bot.locales import LANGUAGES, Words


class Walk(BaseModel):
    known: bool = False
    where: str | None = None
    company: str | None = None
    who: str | None = None
    food: list[str] | None = None
    sugar: str | None = None
    note: str | None = None


async def _begin(_turn: Turn, _argument: str) -> Beginning:
    raise NotImplementedError


async def _finish(_turn: Turn, _answers: Any) -> Ending:
    raise NotImplementedError


async def _some(_turn: Turn, _answers: Any) -> list[Option]:
    raise NotImplementedError


def as_written(_turn: Turn, written: str) -> str:
    return written


WHERE: Step = PickOne(id="where", options=_some)
COMPANY: Step = PickOne(id="company", options=("alone", "together"), resets=("who",))
WHO: Step = Write(id="who", read=as_written, when=lambda a: a.company == "together")
FOOD: Step = PickSeveral(id="food", options=("tea", "cake"), optional=True)
SUGAR: Step = PickOne(id="sugar", options=("yes", "no"), when=lambda a: "tea" in (a.food or ()))
NOTE: Step = Write(id="note", read=as_written, optional=True)

WORDS = {
    "walk.title": "A walk",
    "walk.over": "You have walked.",
    "walk.review": "Your walk",
    "walk.send": "Walk",
    "walk.where.ask": "Where?",
    "walk.where.label": "Where",
    "walk.company.ask": "Who comes?",
    "walk.company.label": "Company",
    "walk.company.alone": "Alone",
    "walk.company.together": "Together",
    "walk.who.ask": "Who?",
    "walk.who.label": "Who",
    "walk.food.ask": "Which food?",
    "walk.food.label": "Food",
    "walk.food.tea": "Tea",
    "walk.food.cake": "Cake",
    "walk.sugar.ask": "Sugar?",
    "walk.sugar.label": "Sugar",
    "walk.sugar.yes": "Yes",
    "walk.sugar.no": "No",
    "walk.note.ask": "Anything else?",
    "walk.note.label": "Note",
}


def walk(*steps: Step, review: bool = True) -> Flow[Walk]:
    return Flow(name="walk", version=1, answers=Walk, steps=steps, begin=_begin, finish=_finish, review=review)


def catalogue(texts: dict[str, str]) -> GNUTranslations:
    written = Catalog(locale="en")
    for id, words in texts.items():
        written.add(id, words)
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return GNUTranslations(compiled)


@pytest.fixture
def catalogues(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """The words of each language, for a test to spoil."""
    texts = {language: dict(WORDS) for language in LANGUAGES}
    monkeypatch.setattr(diagram, "read", lambda language: catalogue(texts[language]))
    return texts


def problems(*steps: Step) -> list[str]:
    return lint({"walk": walk(*steps)})


def test_the_bots_own_flows_are_sound() -> None:
    assert lint(FLOWS) == []


@pytest.mark.usefixtures("catalogues")
def test_a_sound_flow_has_no_problems() -> None:
    assert problems(WHERE, COMPANY, WHO, FOOD, SUGAR, NOTE) == []


@pytest.mark.usefixtures("catalogues")
@pytest.mark.parametrize(
    "guard",
    [
        lambda a: a.company == "nobody",
        lambda a: a.company == "alone" and a.who is not None,
        lambda a: a.company == "alone" and a.company == "together",
        lambda a: "coffee" in (a.food or ()),
        lambda a: a.food == ["tea"] and a.company is None,
        lambda a: a.note == "" and a.note is None,
        lambda a: False,
    ],
)
def test_a_question_that_no_answers_lead_to_is_found(guard: Any) -> None:
    sugar: Step = PickOne(id="sugar", options=("yes", "no"), when=guard)
    assert problems(WHERE, COMPANY, WHO, FOOD, sugar, NOTE) == ["walk.sugar: no answers lead to this question"]


@pytest.mark.usefixtures("catalogues")
@pytest.mark.parametrize(
    "guard",
    [
        lambda a: a.company == "together" and a.who == "Ada" and "tea" in a.food,
        lambda a: a.where == "new",
        lambda a: a.where not in ("sea", "hills"),
        lambda a: a.where in ("sea", "hills") and a.company == "alone",
        lambda a: a.food == ["tea", "cake"],
        lambda a: not a.food,
        lambda a: a.known,
        # What is asked later may open what stands before it.
        lambda a: a.note is not None,
        lambda a: not a.known and bool(a.where),
    ],
)
def test_a_question_that_some_answers_lead_to_is_not_blamed(guard: Any) -> None:
    sugar: Step = PickOne(id="sugar", options=("yes", "no"), when=guard)
    assert problems(WHERE, COMPANY, WHO, FOOD, sugar, NOTE) == []


@pytest.mark.usefixtures("catalogues")
def test_what_hangs_on_whether_something_was_sent_is_reached() -> None:
    photos: Step = Attach(id="food", most=3)
    for when in (lambda a: bool(a.food), lambda a: a.food == []):
        sugar: Step = PickOne(id="sugar", options=("yes", "no"), when=when)
        assert problems(photos, sugar) == []
    assert 'food[("food: Food")]' in mermaid(walk(photos), Words("en", catalogue(WORDS)))


@pytest.mark.usefixtures("catalogues")
def test_what_hangs_on_an_unreachable_question_is_unreachable_too() -> None:
    who: Step = Write(id="who", read=as_written, when=lambda a: a.company == "nobody")
    sugar: Step = PickOne(id="sugar", options=("yes", "no"), when=lambda a: a.who is not None)
    found = problems(COMPANY, who, FOOD, sugar)
    assert found == [f"walk.{id}: no answers lead to this question" for id in ("who", "sugar")]


@pytest.mark.usefixtures("catalogues")
def test_two_questions_with_one_id_are_found() -> None:
    assert problems(COMPANY, WHO, COMPANY) == ["walk.company: two questions have this id"]


@pytest.mark.usefixtures("catalogues")
def test_a_reset_of_no_question_is_found() -> None:
    food: Step = PickSeveral(id="food", options=("tea", "cake"), resets=("sugar", "spoon"))
    assert problems(food, SUGAR) == ["walk.food: resets spoon, which is no question"]


def test_a_question_without_a_place_for_its_answer_is_found(catalogues: dict[str, dict[str, str]]) -> None:
    for texts in catalogues.values():
        texts |= {"walk.shoes.ask": "Which shoes?", "walk.shoes.label": "Shoes"}
    assert problems(COMPANY, WHO, Write(id="shoes", read=as_written)) == ["walk.shoes: Walk has no field of this name"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", list(WORDS))
def test_a_missing_text_is_found_in_its_language(
    catalogues: dict[str, dict[str, str]], language: str, text: str
) -> None:
    del catalogues[language][text]
    assert problems(WHERE, COMPANY, WHO, FOOD, SUGAR, NOTE) == [f"{text}: missing in {language}"]


def test_the_words_above_a_page_are_needed(catalogues: dict[str, dict[str, str]]) -> None:
    note: Step = Write(id="note", read=as_written, page="last")
    assert problems(note) == [f"walk.last.intro: missing in {language}" for language in LANGUAGES]
    for texts in catalogues.values():
        texts["walk.last.intro"] = "At last"
    assert problems(note) == []


@pytest.mark.parametrize(
    ("text", "longest"),
    [("walk.title", 24), ("walk.send", 64), ("walk.company.label", 64), ("walk.food.tea", 75), ("walk.note.ask", 1024)],
)
def test_a_text_that_a_platform_would_cut_is_found(
    catalogues: dict[str, dict[str, str]], text: str, longest: int
) -> None:
    catalogues["fr"][text] = "🌱" * (longest // 2) + "é" * (longest % 2)
    assert problems(WHERE, COMPANY, WHO, FOOD, SUGAR, NOTE) == []
    catalogues["fr"][text] += "é"
    assert problems(WHERE, COMPANY, WHO, FOOD, SUGAR, NOTE) == [
        f"{text}: {longest + 1} characters in fr, at most {longest}"
    ]


def arrows(drawing: str) -> dict[str, set[str]]:
    """Where each node leads."""
    leads: dict[str, set[str]] = {}
    for line in drawing.splitlines():
        if arrow := re.fullmatch(r"    (\w+) (-->|-\.->) (\w+)", line):
            leads.setdefault(arrow[1], set()).add(arrow[3])
    return leads


def nodes(drawing: str) -> set[str]:
    return set(re.findall(r"^    (\w+)[\[({]", drawing, re.MULTILINE))


def reaches(leads: dict[str, set[str]], start: str, without: str = "") -> set[str]:
    reached, ways = set(), [start]
    while ways:
        if (node := ways.pop()) not in reached and node != without:
            reached.add(node)
            ways += leads.get(node, ())
    return reached


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())
def test_the_drawing_shows_each_question_and_which_can_be_passed_over(
    house: House, flow: Flow[Any], language: str
) -> None:
    drawing = mermaid(flow, house.words[language])
    leads = arrows(drawing)
    expected = {"start", "finish", *(step.id for step in flow.steps)} | ({"review"} if flow.review else set())
    assert drawing.startswith("flowchart TD\n")
    assert nodes(drawing) == expected
    assert reaches(leads, "start") == expected
    for step in flow.steps:
        assert ("finish" in reaches(leads, "start", without=step.id)) == (step.when is not always)
    assert ("review -- Change -->" in drawing) == flow.review


def test_the_drawing_keeps_to_mermaids_syntax() -> None:
    words = Words("en", catalogue({**WORDS, "walk.title": 'The "long" walk', "walk.over": "Done."}))
    drawing = mermaid(walk(COMPANY, WHO, FOOD, review=False), words)
    assert drawing.splitlines() == [
        "flowchart TD",
        '    start(["The #quot;long#quot; walk"])',
        '    company{{"company: Company"}}',
        "    start --> company",
        '    who[/"who: Who"/]',
        "    company --> who",
        '    food[["food: Food"]]',
        "    company -.-> food",
        "    who --> food",
        "    food --> finish",
        '    finish(["Done."])',
    ]
