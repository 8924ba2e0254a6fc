"""What follows from a closed round: which items leave, which come back, and whether the study is over. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from bot.delphi.outcome import ItemOutcome, Outcome
from bot.delphi.protocol import Protocol, Round


class Stop(StrEnum):
    """The rule of the protocol that ended a study."""

    MOST_ROUNDS = "most_rounds"
    ALL_RETIRED = "all_retired"
    ALL_STABLE = "all_stable"


@dataclass(frozen=True, slots=True)
class Course:
    """Codes of items in the order of the round. `stop` says why there is no further round, None where there is."""

    retired: tuple[str, ...]
    staying: tuple[str, ...]
    stop: Stop | None


def course(protocol: Protocol, outcome: Outcome, rounds_ahead: int) -> Course:
    """What the protocol makes of a round of ratings; `rounds_ahead` are planned after it. A round of proposals decides
    nothing: what it asked was asked once, and the study goes on."""
    if outcome.round == 0:
        return Course(tuple(item.code for item in outcome.items), (), None)
    retired = tuple(item.code for item in outcome.items if not item.decision.stays)
    staying = tuple(item.code for item in outcome.items if item.decision.stays)
    return Course(retired, staying, _stop(protocol, outcome, rounds_ahead))


def _stop(protocol: Protocol, outcome: Outcome, rounds_ahead: int) -> Stop | None:
    staying = [item for item in outcome.items if item.decision.stays]
    if not staying:
        return Stop.ALL_RETIRED
    enough = outcome.round >= protocol.stopping.least_rounds
    if enough and all(_is_stable(item) for item in staying):
        return Stop.ALL_STABLE
    if not rounds_ahead or outcome.round >= protocol.stopping.most_rounds:
        return Stop.MOST_ROUNDS
    return None


def _is_stable(item: ItemOutcome) -> bool:
    return item.stability is not None and item.stability.stable


def rescheduled(protocol: Protocol, number: int, closes: datetime) -> Protocol:
    """The protocol with another end (a wall time, exclusive) of one round. Rounds after it that would begin before that
    begin and end later by as much as is needed, and keep their lengths."""
    first = protocol.numbered()[0][0]
    rounds: list[Round] = list(protocol.rounds)
    at = number - first
    rounds[at] = rounds[at].model_copy(update={"closes": closes})
    gaps = [later.opens - earlier.closes for earlier, later in pairwise(protocol.rounds)]
    for place in range(at + 1, len(rounds)):
        if rounds[place].opens < rounds[place - 1].closes:
            rounds[place] = _later(rounds[place], rounds[place - 1].closes + gaps[place - 1])
    return protocol.model_copy(update={"rounds": rounds})


def _later(each: Round, opens: datetime) -> Round:
    return each.model_copy(update={"opens": opens, "closes": opens + (each.closes - each.opens)})


def changed_rounds(before: Protocol, after: Protocol) -> Sequence[int]:
    """The numbers of the rounds whose times differ."""
    pairs = zip(before.numbered(), after.numbered(), strict=True)
    return [number for (number, was), (_, now) in pairs if was != now]
