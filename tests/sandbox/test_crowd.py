"""A crowd of simulated people joins; whoever gets nowhere is noticed."""

import asyncio
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from rich.console import Console
from sqlalchemy import create_engine, select

from bot import cli
from bot.crowd import crowd, report
from sandbox.simulation.character import draw
from sandbox.simulation.crowd import Crowd, characters
from sandbox.simulation.goal import JOIN
from sandbox.simulation.visitor import Patience, Visitor
from sandbox.telegram.state import BOT_ID, Message
from sandbox.world import World
from storage.schema import accounts, memberships
from tests.logged import logging_restored

PEOPLE, SEED = 12, 4


async def test_everybody_who_stays_joins_exactly_once(tmp_path: Path) -> None:
    database = tmp_path / "crowd.db"
    seen: list[Counter[str]] = []
    outcome = await crowd(PEOPLE, SEED, database, lambda simulated: seen.append(Counter(simulated.counts())))
    assert outcome.bugs == ()
    assert seen[-1].total() == PEOPLE
    assert seen[-1]["here"] == seen[-1]["away"] == 0

    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        query = select(accounts.c.name, memberships.c.state).join(memberships)
        requests = connection.execute(query).all()
    engine.dispose()
    joined = [visitor for visitor in outcome.visitors if visitor.state == "sent"]
    assert Counter(name for name, _ in requests) == Counter(visitor.character.name for visitor in joined)
    assert {state for _, state in requests} <= {"approved", "declined"}
    assert sum(outcome.coalitions.values()) == len(joined)

    # The crowd is worth its name: both platforms, several languages, somebody who leaves and somebody who returns.
    assert {visitor.platform for visitor in outcome.visitors} == {"telegram", "slack"}
    assert len({visitor.character.language for visitor in outcome.visitors}) > 1
    assert any(visitor.state == "gone" for visitor in outcome.visitors)
    assert any(visitor.character.stays and visitor.state == "sent" for visitor in outcome.visitors)

    shown = io.StringIO()
    Console(file=shown, width=100).print(report(outcome))
    assert "Peak memory" in shown.getvalue()


def test_a_database_with_people_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "crowd.db"
    database.touch()
    with logging_restored(), pytest.raises(SystemExit) as end:
        cli.main(["crowd", "--people", "1", "--database", str(database)])
    assert end.value.code == 2
    assert "exists" in capsys.readouterr().err
    assert database.stat().st_size == 0


def test_the_command_fails_when_somebody_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def play(*arguments: object) -> bool:
        asked.extend(arguments[:3])
        return False

    monkeypatch.setattr("bot.crowd.play", play)
    with logging_restored(), pytest.raises(SystemExit) as end:
        cli.main(["crowd", "--people", "5", "--seed", "2", "--at-once", "3"])
    assert end.value.code == 1
    assert asked == [5, 2, 3]


async def test_somebody_whom_the_bot_does_not_answer_is_stuck() -> None:
    world = World()
    cast = [replace(draw(Random(1)), patience=5, arrives="command")]
    simulated = Crowd(world, cast, (), _nothing, patience=Patience(0.05))
    await simulated.run()
    (visitor,) = simulated.visitors
    assert visitor.state == "stuck"
    assert "silent" in visitor.reason
    assert visitor.story
    assert simulated.counts() == {"stuck": 1}


async def test_an_apology_of_the_bot_is_a_bug() -> None:
    world, visitor = _visitor_on_telegram()
    chat = world.telegram.private_chat(world.people[visitor.id])
    sorry = "Something went wrong on my side, and what you just did was not saved."
    world.telegram.add_message(chat, Message(900, chat.id, BOT_ID, 0, sorry))
    await visitor.sit_down()
    assert (visitor.state, visitor.reason) == ("stuck", "the bot apologised")


async def test_somebody_with_little_patience_gives_up_and_says_where() -> None:
    world, visitor = _visitor_on_telegram(patience=0)
    chat = world.telegram.private_chat(world.people[visitor.id])
    world.telegram.add_message(chat, Message(900, chat.id, BOT_ID, 0, "Which one?"))
    await visitor.sit_down()
    assert (visitor.state, visitor.reason) == ("gone", "lost patience")
    assert [confusion.question for confusion in visitor.confusions] == ["Which one?"]


def _visitor_on_telegram(patience: int = 5) -> tuple[World, Visitor]:
    """Somebody before a bot that never answers."""
    world = World()
    character = replace(characters(1, 1)[0], platforms=("telegram",), patience=patience, stays=None, arrives="command")
    persona = world.add_person(character.name, person_id="visitor", telegram=True)
    return world, Visitor(world, persona.id, character, JOIN, asyncio.Semaphore(1), Patience(0.05))


async def _nothing() -> None:
    pass
