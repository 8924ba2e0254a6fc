"""Answers that fit and yet have to be asked about: `1.200` may be a thousand or one, `12000` is ten times as much as
last time.

What was written stays with the conversation until the person has chosen what it means, or written something else. What
it may mean is read from it anew whenever it is shown, so it is in the reader's words of that moment.
"""

from typing import Any

from bot.flows.conversation import doubted
from bot.flows.flow import Misfit, Step, Unsure, Write
from bot.flows.turn import Turn
from bot.flows.typed import folded
from storage.conversations import Conversation


def unsure_of(turn: Turn, conversation: Conversation, step: Step) -> Unsure | None:
    """What has to be asked about the answer to this question; None when nothing has, or no longer."""
    written = doubted(conversation, step)
    if not written or not isinstance(step, Write):
        return None
    try:
        step.read(turn, written)
    except Unsure as unsure:
        return unsure
    except Misfit:
        return None
    return None


def reading_named(turn: Turn, conversation: Conversation, step: Write[Any], written: str) -> str:
    """The reading whose words the person wrote, or began to write; empty when none. Digits alone name none: they are
    another answer."""
    unsure = unsure_of(turn, conversation, step)
    words = folded(written)
    if unsure is None or not any(character.isalpha() for character in words):
        return ""
    named = [reading.value for reading in unsure.readings if folded(reading.label).startswith(words)]
    return named[0] if len(named) == 1 else ""
