"""Simulated people understand what a person would understand from the screen alone."""

import pytest

from bot.locales import load
from sandbox.person import Seen, TelegramPerson
from sandbox.simulation.goal import JOIN, says
from sandbox.simulation.reading import Eyes, read
from sandbox.simulation.words import Meaning, apologises, meaning
from sandbox.telegram import acts
from sandbox.telegram.state import BOT_ID, Message
from sandbox.world import World

BUTTONS: dict[str, Meaning] = {
    "join.agreement.yes": "agree",
    "join.agreement.no": "disagree",
    "join.coalition.new": "own",
    "request.approve": "approve",
    "request.decline": "decline",
    "screen.back": "back",
    "screen.change": "change",
    "screen.change_this": "change",
    "screen.close": "later",
    "screen.done": "done",
    "screen.form": "form",
    "screen.human": "human",
    "screen.save": "later",
    "screen.skip": "skip",
    "screen.to_review": "back",
    "stopped.again": "again",
    "stopped.begin": "again",
    "stopped.continue": "continue",
    "stopped.delete": "delete",
    "privacy.erase": "delete",
    "erase.yes": "delete",
}
ANSWERS = ("join.capacity.alone", "join.role.member", "join.status.none", "join.generation.neither", "start.coalitions")


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_bots_buttons_say_what_they_are_for(language: str) -> None:
    words = load()[language]
    assert {key: meaning(words.plain(key)) for key in BUTTONS} == BUTTONS
    assert meaning(words.plain("screen.more", n=8)) == "more"
    assert {key: meaning(words.plain(key)) for key in ANSWERS} == dict.fromkeys(ANSWERS)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_bot_says_when_the_goal_is_reached(language: str) -> None:
    words = load()[language]
    named = {"kind": words.plain("kind.alliance"), "title": "Soil Regeneration", "decider": "Tom"}
    assert says(JOIN.door, words.plain("start.join"))
    assert says(JOIN.commit, words.plain("join.send"))
    assert says(JOIN.reached, words.plain("join.sent", **named))
    assert says(JOIN.reached, words.plain("join.over"))
    assert says(JOIN.granted, words.plain("decided.approved", **named))
    assert says(JOIN.refused, words.plain("decided.declined", **named))
    assert apologises(words.plain("error.apology", reference="7f"))
    unfinished = ("screen.review_hint", "join.review", "stopped.delete", "join.already")
    assert not any(says(JOIN.reached, words.plain(key)) for key in unfinished)
    assert not says(JOIN.reached, words.plain("stopped.kept", title="x", done=3))


def test_a_numbered_list_gives_its_buttons_their_words() -> None:
    screen = read(
        Seen(
            1,
            "✓ You answered: Youth\n\nWhich one?\n\n1. Soil Regeneration\n2. ✓ Carbon Market\n\nQuestion 3 of 9",
            ("1", "✓ 2", "More (8)", "‹ Back", "Save for later"),
        )
    )
    assert [(one.button, one.label, one.chosen) for one in screen.choices] == [
        ("1", "Soil Regeneration", False),
        ("✓ 2", "Carbon Market", True),
    ]
    assert screen.controls == {"more": "More (8)", "back": "‹ Back", "later": "Save for later"}
    assert screen.place == (3, 9)
    assert screen.question == "Which one?"
    assert screen.several
    assert screen.numbered
    assert not screen.wants_words


def test_a_question_without_answers_wants_words() -> None:
    asked = Seen(1, "Comment s’appelle votre organisation ?\n\nQuestion 2 sur 9", ("‹ Retour", "Garder pour plus tard"))
    assert read(asked).wants_words
    assert not read(Seen(2, "Organisation\n✓ Votre réponse : Sols", ("Modifier",))).wants_words


def test_the_eyes_go_where_something_changed_last() -> None:
    world = World()
    lea = TelegramPerson(world, "lea")
    acts.start(world.telegram, lea.persona)
    for number in (901, 902):
        world.telegram.add_message(lea.chat, Message(number, lea.chat.id, BOT_ID, 0, f"message {number}"))
    eyes = Eyes(lea)
    before = eyes.look()
    assert before.message is not None
    assert before.message.id == 902

    lea.chat.messages[901].text = "changed"
    after = eyes.look()
    assert after.message is not None
    assert after.message.text == "changed"
    assert after.looks != before.looks
