"""What all panellists are told at once is what each item says by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi.analysis import Settings, describe
from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.feedback import ZONES, Place, feedback_numbers
from bot.delphi.quantile import QuantileType
from bot.delphi.refused import Refused
from bot.delphi.scale import NINE_POINTS, Scale
from tests.delphi.panels import thorough

SCALES = (Scale(1, 9), Scale(1, 7), Scale(0, 10), Scale(1, 5))


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Scale, np.ndarray, np.ndarray]:
    """A scale, ratings, and the group of each panellist."""
    scale = draw(st.sampled_from(SCALES))
    people, items = draw(st.integers(1, 25)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    ratings = rng.integers(scale.low, scale.high + 1, size=(people, items)).astype(np.int16)
    ratings[rng.random(ratings.shape) < draw(st.sampled_from([0, 0.2, 1]))] = MISSING
    ratings[rng.random(ratings.shape) < 0.1] = UNABLE
    return scale, ratings, rng.integers(-1, 3, size=people)


@thorough
@given(of_round=rounds(), kind=st.sampled_from(QuantileType))
def test_every_item_is_as_described_alone(of_round: tuple[Scale, np.ndarray, np.ndarray], kind: QuantileType) -> None:
    scale, ratings, _ = of_round
    feedback = feedback_numbers(ratings, scale, kind=kind)
    for item in range(ratings.shape[1]):
        alone = describe(ratings[:, item], Settings(scale, kind))
        assert dict(zip(map(str, scale.values), feedback.heads[item].tolist(), strict=True)) == alone.distribution
        assert (feedback.n[item], feedback.unable[item], feedback.missing[item]) == (
            alone.n,
            alone.unable,
            alone.missing,
        )
        if alone.n:
            assert [feedback.q1[item], feedback.median[item], feedback.q3[item]] == [alone.q1, alone.median, alone.q3]
        else:
            assert np.isnan([feedback.q1[item], feedback.median[item], feedback.q3[item]]).all()


@thorough
@given(of_round=rounds())
def test_every_answer_knows_where_it_lies(of_round: tuple[Scale, np.ndarray, np.ndarray]) -> None:
    scale, ratings, _ = of_round
    feedback = feedback_numbers(ratings, scale)
    for (person, item), rating in np.ndenumerate(ratings):
        zone, place = int(feedback.zone[person, item]), Place(int(feedback.place[person, item]))
        if rating < 0:
            assert (zone, place) == (-1, Place.NOWHERE)
            continue
        assert rating in scale.zone(ZONES[zone])
        below, above = bool(rating < feedback.q1[item]), bool(rating > feedback.q3[item])
        assert place == (Place.BELOW if below else Place.ABOVE if above else Place.WITHIN)


@thorough
@given(of_round=rounds())
def test_groups_add_up_to_those_who_have_one(of_round: tuple[Scale, np.ndarray, np.ndarray]) -> None:
    scale, ratings, groups = of_round
    feedback = feedback_numbers(ratings, scale, groups)
    grouped = feedback_numbers(ratings[groups >= 0], scale)
    assert (feedback.group_heads.sum(axis=0) == grouped.heads).all()
    assert (feedback.group_heads.sum(axis=2)[feedback.group_shown] >= 5).all()


def test_the_plain_sentence_has_its_numbers() -> None:
    """You said 6. 14 of 20 said 7 to 9."""
    ratings = np.array([[6], *[[8]] * 14, *[[2]] * 5])
    feedback = feedback_numbers(ratings, NINE_POINTS)
    assert (feedback.in_zone[0].tolist(), feedback.n[0]) == ([5, 1, 14], 20)
    assert ZONES[feedback.zone[0, 0]] == "mid"


def test_a_rating_off_the_scale_is_refused() -> None:
    with pytest.raises(Refused):
        feedback_numbers(np.array([[10]]), NINE_POINTS)
