"""What a protocol makes of a closed round, and of another end of one."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest

from bot.delphi.lifecycle import Stop, changed_rounds, course, rescheduled
from bot.delphi.outcome import Decision, ItemOutcome, Outcome, Response, Stability, Why
from bot.delphi.protocol import AgreeItem, NumberItem, Protocol, ScaleItem, in_language, read_item, stored_item
from bot.delphi.scale import Scale
from bot.delphi.stability import Cell


def protocol(**changes: Any) -> Protocol:
    raw: dict[str, Any] = {
        "study": "soil",
        "title": {"en": "Soil"},
        "introduction": {"en": "Hello"},
        "languages": ["en"],
        "open_panel": True,
        "ends": {"low": {"en": "bad"}, "high": {"en": "good"}},
        "items": [{"kind": "scale", "id": "A1", "text": {"en": "One"}}],
        "rounds": [
            {"opens": "2027-01-11T09:00", "closes": "2027-01-25"},
            {"opens": "2027-02-01T09:00", "closes": "2027-02-15"},
            {"opens": "2027-03-01T09:00", "closes": "2027-03-15"},
        ],
    }
    return Protocol.model_validate(raw | changes)


def stability(stable: bool) -> Stability:
    return Stability(
        n=20,
        changed=0,
        up=0,
        down=0,
        net_change=Fraction(0 if stable else 1, 2),
        stable=stable,
        cell=Cell.DISSENT_STABLE if stable else Cell.DISSENT_UNSTABLE,
        cv_change=None,
        wilcoxon_t_plus=0,
        wilcoxon_t_minus=0,
        wilcoxon_method="none",
        wilcoxon_p=None,
        wilcoxon_adjusted=None,
        mcnemar_left=0,
        mcnemar_came=0,
        mcnemar_mid_p=None,
        mcnemar_adjusted=None,
        spearman=None,
    )


def outcome(number: int, *items: tuple[str, bool, bool | None]) -> Outcome:
    """Items by code: whether they stay, and whether they are stable (None where they were not asked before)."""
    return Outcome(
        round=number,
        items=tuple(
            ItemOutcome(
                code=code,
                version=1,
                kind="scale",
                n=20,
                unable=0,
                missing=0,
                stability=None if stable is None else stability(stable),
                decision=Decision(stays=stays, why=Why.DISSENT_UNSTABLE if stays else Why.AGREED_IN),
            )
            for code, stays, stable in items
        ),
        agreement=(),
        response=Response(
            invited=20,
            everything=20,
            part=0,
            silent=0,
            withdrawn=0,
            declined=0,
            rate=Fraction(1),
            completion=Fraction(1),
        ),
    )


@pytest.mark.parametrize(
    ("number", "ahead", "items", "stop"),
    [
        (1, 2, [("A", True, None), ("B", False, None)], None),
        (1, 2, [("A", False, None), ("B", False, None)], Stop.ALL_RETIRED),
        # Nothing has been compared in round 1, whatever its items look like, and the study has two rounds at least.
        (1, 2, [("A", True, True)], None),
        (2, 1, [("A", True, True), ("B", True, False)], None),
        (2, 1, [("A", True, True), ("B", False, False)], Stop.ALL_STABLE),
        (2, 0, [("A", True, False)], Stop.MOST_ROUNDS),
        (3, 1, [("A", True, False)], Stop.MOST_ROUNDS),
        (0, 3, [("P", False, None)], None),
    ],
)
def test_a_study_goes_on_until_a_rule_of_its_protocol_ends_it(
    number: int, ahead: int, items: Sequence[tuple[str, bool, bool | None]], stop: Stop | None
) -> None:
    follows = course(protocol(), outcome(number, *items), ahead)
    assert follows.stop is stop
    if number:
        assert follows.staying == tuple(code for code, stays, _ in items if stays)
        assert follows.retired == tuple(code for code, stays, _ in items if not stays)


def test_an_extension_moves_only_the_rounds_that_it_runs_into_and_keeps_their_lengths() -> None:
    before = protocol()
    short = rescheduled(before, 1, datetime(2027, 1, 31))  # noqa: DTZ001 - a wall time
    assert changed_rounds(before, short) == [1]
    _, second, third = rescheduled(before, 1, datetime(2027, 2, 10)).rounds  # noqa: DTZ001
    # A week and nine hours lay before the second round, which is open for two weeks; the same is so for the third.
    assert (second.opens.isoformat(), second.closes.isoformat()) == ("2027-02-17T09:00:00", "2027-03-03T00:00:00")
    assert (third.opens.isoformat(), third.closes.isoformat()) == ("2027-03-17T09:00:00", "2027-03-31T00:00:00")
    later = before.rounds[2].model_copy(update={"opens": datetime(2027, 4, 1), "closes": datetime(2027, 4, 8)})  # noqa: DTZ001
    apart = before.model_copy(update={"rounds": [*before.rounds[:2], later]})
    assert changed_rounds(apart, rescheduled(apart, 1, datetime(2027, 2, 10))) == [1, 2]  # noqa: DTZ001


def test_a_scale_belongs_to_what_is_rated() -> None:
    made = protocol(
        scale="1-7",
        items=[
            {"kind": "scale", "id": "A1", "text": {"en": "One"}},
            {"kind": "scale", "id": "A2", "text": {"en": "Two"}, "scale": "1-5"},
            {"kind": "agree", "id": "A3", "text": {"en": "Three"}},
            {"kind": "number", "id": "A4", "text": {"en": "Four"}, "measure": "year"},
        ],
    )
    assert [made.scale_of(item) for item in made.items] == [Scale(1, 7), Scale(1, 5), Scale(1, 5), None]
    assert isinstance(made.items[0], ScaleItem)
    assert made.ends_of(made.items[0]) == made.ends
    assert made.ends_of(made.items[2]) is None
    assert [type(item) for item in made.items[2:]] == [AgreeItem, NumberItem]


def test_what_is_stored_is_read_as_the_same() -> None:
    made = protocol(
        consensus={"threshold": "2/3"},
        rounds=[
            {"opens": "2027-01-11T09:00", "closes": "2027-01-25", "kind": "proposals"},
            {"opens": "2027-02-01T09:00", "closes": "2027-02-15"},
        ],
    )
    again = Protocol.model_validate(made.model_dump(mode="json"))
    assert again == made
    assert again.consensus.threshold == Fraction(2, 3)
    assert [number for number, _ in again.numbered()] == [0, 1]
    assert read_item(stored_item(made.items[0])) == made.items[0]


def test_words_that_are_missing_are_said_in_english_and_else_in_what_there_is() -> None:
    assert in_language({"en": "Soil", "fr": "Sol"}, "fr") == "Sol"
    assert in_language({"en": "Soil", "fr": ""}, "fr") == "Soil"
    assert in_language({"es": "Suelo"}, "fr") == "Suelo"
    assert in_language({}, "fr") == ""
