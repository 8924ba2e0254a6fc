"""Simulated people are the same for the same seed, whenever and in whatever order they are asked."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sandbox.simulation import writing
from sandbox.simulation.character import draw, misspelt
from sandbox.simulation.choosing import favourite, wanted
from sandbox.simulation.crowd import characters
from sandbox.simulation.filling import Filling
from sandbox.simulation.goal import JOIN
from sandbox.simulation.words import Language
from sandbox.slack.form import Field, Modal

FACILITIES = ("Soil Regeneration", "Carbon Market", "Soil Monitoring System", "Impact Assessment")


def test_the_same_seed_gives_the_same_people() -> None:
    assert draw(Random(7)) == draw(Random(7))
    assert characters(50, 1) == characters(50, 1)
    assert characters(50, 1) != characters(50, 2)


def test_a_smaller_crowd_is_the_beginning_of_a_larger_one() -> None:
    assert characters(20, 1) == characters(50, 1)[:20]


def test_another_process_draws_the_same_people_with_the_same_wishes() -> None:
    code = (
        "from sandbox.simulation.crowd import characters\n"
        f"for one in characters(5, 1): print(one, sorted({FACILITIES!r}, key=one.liking))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert told == {
        "".join(f"{one} {sorted(FACILITIES, key=one.liking)}\n" for one in characters(5, 1)),
    }


def test_what_somebody_likes_does_not_depend_on_the_order_of_the_offer() -> None:
    for person in characters(30, 1):
        assert favourite(person, FACILITIES) == favourite(person, FACILITIES[::-1])
        assert set(wanted(person, FACILITIES)) == set(wanted(person, FACILITIES[::-1]))


def test_people_differ_in_what_they_like_and_fashion_favours_some() -> None:
    chosen = [favourite(person, FACILITIES) for person in characters(300, 1)]
    shares = sorted(chosen.count(facility) / len(chosen) for facility in FACILITIES)
    assert shares[0] > 0
    assert shares[-1] > 1.2 / len(FACILITIES)


def test_thinking_again_leads_to_something_else() -> None:
    for person in characters(10, 1):
        assert favourite(person, FACILITIES, second=True) != favourite(person, FACILITIES)


@pytest.mark.parametrize(("language", "label"), [("en", "English"), ("fr", "Français"), ("es", "Español")])
def test_everybody_chooses_their_own_language(language: Language, label: str) -> None:
    person = replace(draw(Random(1)), language=language)
    assert favourite(person, ("English", "Français", "Español"), second=True) == label


def test_only_founders_begin_something_new() -> None:
    offered = ("Carbon Market (forming)", "En proposer une nouvelle")
    person = draw(Random(1))
    assert favourite(replace(person, founder=False), offered) == offered[0]
    assert favourite(replace(person, founder=True), offered) == offered[1]


def test_whoever_is_called_away_comes_back_in_their_own_hours() -> None:
    now = datetime(2026, 3, 2, 22, tzinfo=UTC)
    for person in characters(100, 1):
        back = person.comes_back(now)
        assert now < back < now + timedelta(days=2)
        assert person.wakes <= back.astimezone(ZoneInfo(person.time_zone)).hour < person.sleeps


def test_a_slip_of_the_fingers_changes_little() -> None:
    random = Random(1)
    slips = [misspelt("Volunteer", random) for _ in range(50)]
    assert any(slip != "Volunteer" for slip in slips)
    assert all(abs(len(slip) - len("Volunteer")) <= 1 for slip in slips)
    assert misspelt("No", random) == "No"


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("In which country is it based?", "Kenya|India|United Kingdom|United States|Ghana|Uganda|Nepal|Canada|Zambia"),
        ("How much, and in which currency?", "5000 EUR"),
    ],
)
def test_who_was_not_understood_writes_plainly(question: str, understood: str) -> None:
    person = replace(draw(Random(3)), language="en", misspelling=1.0)
    assert writing.answer(question, person, Random(1), attempt=1) in understood.split("|")


def test_the_same_question_gets_the_same_name() -> None:
    person = replace(draw(Random(3)), misspelling=0.0)
    names = {writing.answer("What is your organisation called?", person, Random(n)) for n in range(5)}
    assert len(names) == 1


def test_a_form_is_filled_in_from_the_top_and_wrong_fields_again() -> None:
    filling = Filling(replace(draw(Random(3)), language="en", misspelling=1.0), JOIN, Random(1))
    role = Field("role", "one", "Role", "", ("Team member",), (), False, True, "")
    country = Field("country", "words", "Country", "", (), (), False, False, "")
    held = replace(country, id="organisation", label="Organisation", value=("Green Soils",))
    form = Modal("V1", "Join", "", (role, held, country), (), {}, "Send")
    first, second = filling.next(form), filling.next(form)
    assert first is not None
    assert second is not None
    assert (first.field, first.value) == (role, "Team member")
    assert second.field == country
    assert filling.next(form) is None

    marked = replace(form, fields=(role, held, replace(country, error="I do not know that country.")))
    assert [field.id for field in filling.refused(marked)] == ["country"]
    again = filling.next(marked)
    assert again is not None
    assert again.field.id == "country"
    assert again.value != second.value
    assert filling.next(marked) is None
