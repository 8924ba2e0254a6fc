"""A study is rehearsed with simulated panellists, to a report whose numbers can be computed again."""

import asyncio
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from docx import Document
from rich.console import Console
from sqlalchemy import create_engine, func, select

from bot import cli
from bot.chat.markup import plain
from bot.crowd import Bug
from bot.locales import LANGUAGES, load
from bot.rehearsal import Progress, Rehearsed, Unfit, rehearse
from bot.rehearse import computed_again, play, read, summary, write
from sandbox.person import Seen
from sandbox.simulation.character import draw
from sandbox.simulation.goal import Goal, Move
from sandbox.simulation.panel import Panellist, Question, seats
from sandbox.simulation.panellist import Answer, Join, Leave
from sandbox.simulation.reading import read as look
from storage.schema import answers, panellists
from tests.logged import logging_restored

PANEL, SEED = 10, 3
DEFINITION = """
study: tiny
title: {en: Soils, fr: Sols, es: Suelos}
introduction: {en: A few questions., fr: Quelques questions., es: Algunas preguntas.}
open_panel: true
groups:
  - {id: farmers, name: {en: Farmers, fr: Agriculteurs, es: Agricultores}}
  - {id: science, name: {en: Research, fr: Recherche, es: Investigación}}
smallest_group: 3
ends:
  low: {en: not important, fr: pas important, es: nada importante}
  high: {en: essential, fr: essentiel, es: esencial}
stopping: {least_rounds: 2, most_rounds: 2, retire: []}
rounds:
  - {opens: 2027-02-01 09:00, closes: 2027-02-07}
  - {opens: 2027-02-15 09:00, closes: 2027-02-21}
items:
  - {id: A1, text: {en: Cover crops, fr: Couverts végétaux, es: Cultivos de cobertura}}
  - {id: A2, kind: agree, text: {en: Trees help., fr: Les arbres aident., es: Los árboles ayudan.}}
  - id: B1
    kind: ranking
    text: {en: Put them in order., fr: Mettez dans l’ordre., es: Póngalo en orden.}
    options:
      - {id: money, text: {en: Money, fr: L’argent, es: El dinero}}
      - {id: advice, text: {en: Advice, fr: Le conseil, es: El asesoramiento}}
  - {id: B2, kind: number, measure: year, least: 2026, most: 2100, text: {en: By when, fr: Pour quand, es: Para cuándo}}
"""


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(DEFINITION, encoding="utf-8")
    return file


async def test_a_study_is_held_from_the_invitation_to_a_report_that_can_be_computed_again(
    definition: Path, tmp_path: Path
) -> None:
    database, seen = tmp_path / "rehearsal.db", list[Progress]()
    rehearsed = await rehearse(read(definition), PANEL, SEED, database, seen.append)
    assert rehearsed.bugs == ()
    assert rehearsed.stop_reason == "most_rounds"
    assert [each.number for each in rehearsed.rounds] == [1, 2]
    assert {member.visitor.platform for member in rehearsed.members} == {"telegram", "slack"}
    assert Counter(member.panellist.group for member in rehearsed.members) == {"farmers": 5, "science": 5}
    assert {"inviting", "round 1 is open", "round 2 is open"} <= {each.doing for each in seen}

    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        consented = connection.scalar(select(func.count()).where(panellists.c.state == "consented"))
        given = connection.scalar(select(func.count()).select_from(answers))
    engine.dispose()
    assert consented == sum(bool(member.on_panel) for member in rehearsed.members)
    everything = sum(each.everything for each in rehearsed.rounds)
    assert given is not None
    assert 4 * everything <= given <= 4 * sum(each.everything + each.part for each in rehearsed.rounds)
    assert everything > PANEL // 2

    report = tmp_path / "report"
    write(rehearsed.report, report)
    agrees, said = computed_again(report)
    assert agrees, said
    document = Document(str(report / "report.docx"))
    assert all("REHEARSAL" in section.header.paragraphs[0].text for section in document.sections)
    data = (report / "data.csv").read_text(encoding="utf-8")
    (report / "data.csv").write_text(data.replace(",2", ",3"), encoding="utf-8")
    assert not computed_again(report)[0]

    shown = io.StringIO()
    Console(file=shown, width=100).print(summary(rehearsed, read(definition), report, said))
    assert "All" in shown.getvalue()


def test_whoever_is_stuck_fails_the_rehearsal_and_is_shown(
    definition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rehearse(*arguments: object) -> Rehearsed:
        bug = Bug("visitor-7", "nothing on the screen leads on", "A1. Cover crops")
        return Rehearsed((), (), "most_rounds", 20, {}, Counter(), (bug,), 1.0, 0)

    monkeypatch.setattr("bot.rehearse.rehearse", rehearse)
    monkeypatch.setattr("bot.rehearse.computed_again", lambda _: (True, "All 7 numbers agree."))
    shown = io.StringIO()
    to = tmp_path / "report"
    assert not play(read(definition), 1, 1, 1, tmp_path / "new.db", to, Console(file=shown, width=100))
    assert "visitor-7: nothing on the screen leads on" in shown.getvalue()


def test_the_command_leaves_folders_alone_and_names_what_is_wrong(
    definition: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _ends(["rehearse", str(definition), "--to", str(tmp_path)]) == 2
    assert "Name another folder" in capsys.readouterr().err
    to = str(tmp_path / "new")
    assert _ends(["rehearse", str(tmp_path / "nowhere.yaml"), "--to", to]) == 2
    assert "cannot be read" in capsys.readouterr().err
    definition.write_text(DEFINITION.replace("id: A2", "id: A1"), encoding="utf-8")
    assert _ends(["rehearse", str(definition), "--to", to]) == 2
    assert "A1" in capsys.readouterr().err

    definition.write_text(DEFINITION, encoding="utf-8")
    monkeypatch.setattr("bot.rehearse.play", lambda *_: False)
    assert _ends(["rehearse", str(definition), "--to", to]) == 1


def test_a_study_that_could_not_be_published_is_not_rehearsed(definition: Path, tmp_path: Path) -> None:
    definition.write_text(DEFINITION.replace(", es: Suelos", ""), encoding="utf-8")
    with pytest.raises(Unfit, match="title"):
        asyncio.run(rehearse(read(definition), PANEL, SEED, tmp_path / "new.db", lambda _: None))


SCALE = Question("A1", "scale", tuple((str(point),) for point in range(1, 10)))
DIGITS = tuple(str(point) for point in range(1, 10))


def _panellist(person: int, group: str = "farmers", seed: int = 1) -> Panellist:
    return Panellist(seed, replace(draw(Random(person)), language="en"), group, {"A1": replace(SCALE, unable=False)})


def _rating(panellist: Panellist, text: str) -> int:
    answers = panellist.answers(text, DIGITS)
    assert answers is not None
    return int(answers[0])


def test_panellists_move_towards_the_middle_answer_and_never_past_it() -> None:
    told = (
        "A1. Cover crops\n\nYou said 2. 14 of 20 said 7 to 9.\nHalf of the panel answered between 6 and 9; {}\n\n1 of 4"
    )
    middle = "the middle answer is 8."
    moved = [_rating(_panellist(person), told.format(middle)) for person in range(40)]
    assert all(2 <= rating <= 8 for rating in moved)
    assert len(set(moved)) > 3
    assert {_rating(_panellist(person), told.format("")) for person in range(40)} == {2}


def test_opinions_follow_from_the_seed_and_differ_by_group_and_person() -> None:
    first = "A1. Cover crops\n\n1 of 4"
    ratings = [_rating(_panellist(person), first) for person in range(60)]
    assert ratings == [_rating(_panellist(person), first) for person in range(60)]
    assert len(set(ratings)) > 2
    assert ratings != [_rating(_panellist(person, seed=2), first) for person in range(60)]
    assert ratings != [_rating(_panellist(person, "science"), first) for person in range(60)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_panellists_read_what_the_bot_says_in_every_language(language: str) -> None:
    words = load()[language]
    told = [words.plain("feedback.own", answer=2), words.plain("feedback.middle", median=8, low=6, high=9)]
    text = f"A1. Cover crops\n\n{told[0]} …\n{told[1]}\n\n1 / 4"
    assert {_rating(_panellist(person), text) for person in range(40)} > {2, 7}

    panellist = _panellist(1)
    answer, join, leave = Answer(panellist, 2), Join(panellist), Leave()
    assert answer.standing(plain(words.count("rate.done", 24))) == "granted"
    assert answer.standing(words.plain("rate.closed", number=2, at="…")) == "refused"
    assert answer.standing(words.plain("rate.closed", number=1, at="…")) == ""
    assert join.standing(words.plain("rounds.pseudonym", pseudonym="P-7")) == "granted"
    assert join.standing(words.plain("panel.declined", title="Soils")) == "refused"
    assert leave.standing(words.plain("panel.left", title="Soils")) == "done"

    def tapped(goal: Goal, label: str, **values: object) -> Move | None:
        button = words.plain(label, **values)
        return goal.choose(panellist.character, look(Seen(1, "…", ("…", button)))) or Move("tap", "")

    assert tapped(answer, "rounds.begin", number=2) == Move("tap", words.plain("rounds.begin", number=2))
    assert tapped(answer, "remind.round_go_on") == Move("tap", words.plain("remind.round_go_on"))
    wanted = "panel.no_thanks" if panellist.declines else "panel.take_part"
    assert tapped(join, wanted) == Move("tap", words.plain(wanted))
    assert tapped(leave, "panel.leave_yes") == Move("tap", words.plain("panel.leave_yes"))


def test_some_answer_late_some_never_and_who_has_gone_stays_away() -> None:
    ready = [[_panellist(person).readiness(number) for number in (1, 2, 3)] for person in range(300)]
    drawn = Counter(one for each in ready for one in each)
    assert drawn.keys() == {"at once", "reminded", "last call", "late", "silent", "gone", "leaves"}
    assert drawn["at once"] > sum(drawn.values()) / 2
    for each in ready:
        gone = [one in ("gone", "leaves") for one in each]
        assert gone == sorted(gone)


def test_seats_are_spread_over_the_groups_as_the_definition_has_them() -> None:
    assert Counter(seats(126, ["a", "b", "c", "d"], {})) == {"a": 32, "b": 32, "c": 31, "d": 31}
    assert Counter(seats(40, ["a", "b"], {"a": 3, "b": 1})) == {"a": 30, "b": 10}
    assert seats(3, [], {}) == ["", "", ""]


def _ends(arguments: list[str]) -> int:
    with logging_restored(), pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert isinstance(end.value.code, int)
    return end.value.code
