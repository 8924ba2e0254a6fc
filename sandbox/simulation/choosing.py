"""Which of several answers a person takes. It follows from who they are and from the words, and from nothing else."""

from collections.abc import Sequence

from sandbox.simulation.character import Character
from sandbox.simulation.words import LANGUAGES, folded, meaning

MOST = 3
CARES = 0.55


def favourite(character: Character, labels: Sequence[str], second: bool = False) -> str:
    """The answer they like best, or second best after they thought again. Their own language goes without saying."""
    for label in labels:
        if LANGUAGES.get(folded(label)) == character.language:
            return label
    own = [label for label in labels if meaning(label) == "own"]
    ordinary = [label for label in labels if label not in own] or labels
    if own and character.founder:
        return own[0]
    ranked = sorted(ordinary, key=character.liking, reverse=True)
    return ranked[1] if second and len(ranked) > 1 else ranked[0]


def wanted(character: Character, labels: Sequence[str]) -> list[str]:
    """Those they would tick: what they care for, at least one, in the order on the screen."""
    ranked = sorted(labels, key=character.liking, reverse=True)
    ticked = [label for label in ranked if character.liking(label) > CARES][:MOST] or ranked[:1]
    return [label for label in labels if label in ticked]
