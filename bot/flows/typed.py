"""Typed answers: what was meant by words that somebody wrote instead of tapping."""

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from bot.flows.flow import Misfit, Option


def choose(options: Sequence[Option], written: str) -> str:
    """The value of the one option that the words name: by its place on the screen, its words, their beginning, a
    word that only this option has, or its words with a slip. Raises `Misfit` when none or several fit."""
    words = folded(written)
    labels = {option.value: folded(option.label) for option in options}
    placed = [option.value for place, option in enumerate(options, 1) if words == str(place)]
    same = [value for value, label in labels.items() if words == label]
    beginning = [value for value, label in labels.items() if len(words) > 1 and label.startswith(words)]
    containing = [value for value, label in labels.items() if len(words) > 2 and words in label.split()]
    # One slip of the fingers, when it cannot be another option's.
    near = [value for value, label in labels.items() if label in get_close_matches(words, labels.values(), 2, 0.85)]
    for found in (placed, same, beginning, containing, near):
        if len(found) == 1:
            return found[0]
    raise Misfit("screen.pick_again")


def folded(written: str) -> str:
    """Words without case, accents and punctuation, one space between them."""
    bare = unicodedata.normalize("NFKD", written.casefold())
    letters = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join(letters.split())
