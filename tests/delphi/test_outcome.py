"""What comes of a round: what each item comes to, what the protocol makes of it, what may be shown of groups."""

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from bot.delphi.closing import outcome_of
from bot.delphi.consensus import Verdict
from bot.delphi.outcome import ItemOutcome, Outcome, Why
from bot.delphi.protocol import Item
from bot.delphi.round_table import Answer, RoundTable
from bot.delphi.sensitivity import sensitivity
from bot.delphi.stability import Cell
from tests.delphi.studies import AGREE, CHOICE, NUMBER, OPEN, RANKING, SOIL, WATER, drawn, protocol, table

Answers = Sequence[Answer | None]

IN, OUT, SPLIT = [8] * 20, [2] * 20, [1, 9] * 10


def rated(
    answers: Sequence[Answer | None], before: Sequence[Answer | None] | None = None, **settings: object
) -> Outcome:
    """The outcome of one item's round, the second one where there is one before it."""
    study = protocol([SOIL], **settings)
    if before is None:
        return outcome_of(study, 1, table([(SOIL, answers)]))
    return outcome_of(study, 2, table([(SOIL, answers)]), (1, table([(SOIL, before)])))


def only(outcome: Outcome) -> ItemOutcome:
    (item,) = outcome.items
    return item


def test_a_rule_is_said_in_heads_and_compared_exactly() -> None:
    # 80 % of 23 means 19, and 18 are not enough.
    settings: dict[str, Any] = {"consensus": {"rule": "agreement_share", "threshold": "80%"}}
    for agreeing, verdict in ((18, Verdict.NONE), (19, Verdict.IN)):
        item = only(rated([7] * agreeing + [4] * (23 - agreeing), **settings)).rated
        assert item is not None
        assert (item.needed, item.agreement, item.verdict) == (19, Fraction(agreeing, 23), verdict)
        assert item.in_zone == (0, 23 - agreeing, agreeing)


def test_unable_and_missing_are_counted_apart_from_n() -> None:
    item = only(rated([7, 7, 8, "U", None, None]))
    assert (item.n, item.unable, item.missing) == (3, 1, 2)
    assert item.rated is not None
    assert item.rated.median == 7


@pytest.mark.parametrize(
    ("before", "after", "settings", "why"),
    [
        (IN, IN, {}, Why.AGREED_IN),
        (OUT, OUT, {}, Why.AGREED_OUT),
        (SPLIT, SPLIT, {}, Why.STABLE_DISSENT),
        (SPLIT, IN, {}, Why.AGREED_UNSTABLE),
        (SPLIT, IN, {"stopping": {"close_unstable": True}}, Why.AGREED_IN),
        (IN, SPLIT, {"stopping": {"close_unstable": True}}, Why.DISSENT_UNSTABLE),
        (None, IN, {}, Why.NOT_COMPARED),
        (None, IN, {"stopping": {"close_unstable": True}}, Why.TOO_EARLY),
        (None, IN, {"stopping": {"close_unstable": True, "least_rounds": 1}}, Why.AGREED_IN),
        (SPLIT, SPLIT, {"stopping": {"retire": ["agreed_in"]}}, Why.KEPT),
        (IN, [None] * 20, {}, Why.NO_RULE),
        (IN, IN, {"scale": "0-10", "consensus": {"rule": "comet"}}, Why.NO_RULE),
    ],
)
def test_what_the_protocol_makes_of_an_item(
    before: list[int] | None, after: list[int | None], settings: dict[str, object], why: Why
) -> None:
    item = only(rated(after, before, **settings))
    leaves = why in {Why.AGREED_IN, Why.AGREED_OUT, Why.STABLE_DISSENT}
    assert (item.decision.why, item.decision.stays) == (why, not leaves)


def test_the_four_cells_follow_the_protocols_own_rule_and_limit() -> None:
    # 14 of 20 are agreed by COMET and not by 75 %; a net change of 15 % is not below 15 %, and is below 20 %.
    before, after = [8] * 17 + [5] * 3, [8] * 14 + [5] * 6
    cells = {}
    for rule in ("agreement_share", "comet"):
        for limit in ("15%", "20%"):
            found = rated(after, before, consensus={"rule": rule}, stopping={"net_change": limit})
            change = only(found).stability
            assert change is not None
            assert change.net_change == Fraction(3, 20)
            cells[rule, limit] = change.cell
    assert cells == {
        ("agreement_share", "15%"): Cell.DISSENT_UNSTABLE,
        ("agreement_share", "20%"): Cell.DISSENT_STABLE,
        ("comet", "15%"): Cell.AGREED_UNSTABLE,
        ("comet", "20%"): Cell.AGREED_STABLE,
    }


def test_another_wording_is_not_compared_with_the_one_before() -> None:
    before = table([(SOIL, IN), (WATER, IN)])
    reworded = table([(SOIL, IN), (WATER, IN)])
    columns = (replace(reworded.columns[0], version=2), reworded.columns[1])
    outcome = outcome_of(protocol([SOIL, WATER]), 2, replace(reworded, columns=columns), (1, before))
    assert [item.stability is not None for item in outcome.items] == [False, True]
    assert outcome.items[0].decision.why is Why.NOT_COMPARED
    assert outcome.compared_with == 1


def test_a_group_that_would_give_an_answer_away_has_no_numbers_at_all() -> None:
    groups = ["farmers"] * 9 + ["science"] * 6 + ["public"] * 3
    told = table([(SOIL, [7] * 9 + [3] * 6 + [1, 1, 9])], groups)
    (item,) = outcome_of(protocol([SOIL]), 1, told).items
    shown = {group.group: (group.shown, group.n) for group in item.groups}
    # Three could be computed from the whole and the other two: the next smallest group is hidden with them.
    assert shown == {"farmers": (True, 9), "science": (False, None), "public": (False, None)}
    assert all(not group.heads and group.median is None for group in item.groups if not group.shown)


def test_those_in_no_group_are_protected_as_a_group_is() -> None:
    told = table([(SOIL, [7] * 9 + [3] * 6 + [1])], ["farmers"] * 9 + ["science"] * 6 + [""])
    (item,) = outcome_of(protocol([SOIL]), 1, told).items
    assert {group.group: group.shown for group in item.groups} == {"farmers": True, "science": False, "": False}


def test_everyone_invited_is_counted_once() -> None:
    answers: list[tuple[Item, Answers]] = [
        (SOIL, [7, 7, 7, None, None, "U"]),
        (WATER, [5, None, 5, None, None, "U"]),
    ]
    told = table(answers, withdrawn=[2, 4], waiting={"": 2}, declined={"": 1})
    response = outcome_of(protocol([SOIL, WATER]), 1, told).response
    counted = (response.everything, response.part, response.silent, response.withdrawn, response.declined)
    # Who answered everything and left afterwards is among those who answered: so are their answers.
    assert counted == (3, 1, 3, 1, 1)
    assert response.invited == sum(counted) == 9
    assert (response.rate, response.completion) == (Fraction(4, 9), Fraction(3, 9))


def test_who_left_with_a_minority_view_is_noticed() -> None:
    before, after = [8] * 8 + [2] * 2, [8] * 8 + [None] * 2
    leavers = rated(after, before, smallest_group=2).leavers
    assert leavers is not None
    assert (leavers.left, leavers.minority_view_on) == (2, ("A1",))
    # Who left is known to others: of few it is not told where they stood.
    few = rated(after, before).leavers
    assert few is not None
    assert (few.left, few.minority_view_on) == (2, ())


def test_every_kind_of_item_has_its_own_numbers() -> None:
    study = protocol()
    answers: list[Answers] = [
        [7, 8, 9],
        [1, 5, 9],
        [4, 5, 5],
        [["cover", "trees"], ["cover"], "U"],
        [["trees", "cover", "compost"], ["trees", "compost", "cover"], ["trees"]],
        [2030, 2040, 2045],
        ["this", None, "that"],
    ]
    told = table(list(zip(study.items, answers, strict=True)))
    outcome = outcome_of(study, 1, told)
    by_code = {item.code: item for item in outcome.items}
    agree, choice = by_code[AGREE.id].rated, by_code[CHOICE.id].chosen
    ranking, number = by_code[RANKING.id].ranked, by_code[NUMBER.id].measured
    assert agree is not None
    assert str(agree.scale) == "1-5"
    assert choice is not None
    assert choice.counts == {"cover": 2, "compost": 0, "trees": 1}
    assert ranking is not None
    assert ranking.order[0] == "trees"
    # Who named one option only: the two others share the second and third place.
    assert ranking.mean_ranks == {"cover": 2.5, "compost": 2.5, "trees": 1}
    assert number is not None
    assert (number.median, sum(number.bins)) == (2040, 3)
    assert by_code[OPEN.id].decision.why is Why.ASKED_ONCE
    assert {str(each.scale) for each in outcome.agreement} == {"1-9", "1-5"}
    assert Outcome.model_validate(json.loads(json.dumps(outcome.model_dump(mode="json")))) == outcome


def test_tests_are_adjusted_over_the_items_of_all_scales() -> None:
    study = protocol([SOIL, AGREE])
    before = table([(SOIL, [3] * 12), (AGREE, [2] * 12)])
    after = table([(SOIL, [7] * 8 + [3] * 4), (AGREE, [4] * 7 + [2] * 5)])
    soil, agree = (item.stability for item in outcome_of(study, 2, after, (1, before)).items)
    assert soil is not None
    assert agree is not None
    assert soil.wilcoxon_p is not None
    assert soil.wilcoxon_adjusted == pytest.approx(2 * soil.wilcoxon_p)
    assert agree.wilcoxon_adjusted == agree.wilcoxon_p


def test_sensitivity_names_the_items_on_which_rules_differ() -> None:
    # 15 of 20: in by 75 % and COMET is not reached with 15 % dissent; the other item is in by every rule.
    study = protocol([SOIL, WATER])
    found = sensitivity(outcome_of(study, 1, table([(SOIL, [8] * 15 + [2] * 3 + [5] * 2), (WATER, [9] * 20)])))
    assert found.flipping == ("A1",)
    row = found.rows[0]
    assert row.verdict is Verdict.IN
    assert {"comet", "agreement_80"} <= set(row.differing)
    assert {"median_iqr_2", "median_iqr_6", "median_iqr_7"} <= set(found.rules)
    assert found.counts["agreement_75"] == {Verdict.IN: 2, Verdict.OUT: 0, Verdict.NONE: 0}


def test_a_round_that_nobody_answered_has_an_outcome() -> None:
    study = protocol()
    silent: RoundTable = table([(item, [None] * 4) for item in study.items], withdrawn=[0])
    outcome = outcome_of(study, 2, silent, (1, drawn(study, 4, seed=1)))
    assert {item.n for item in outcome.items} == {0}
    assert (outcome.response.silent, outcome.response.withdrawn) == (3, 1)
    assert outcome_of(study, 1, table([(item, []) for item in study.items])).response.rate is None
