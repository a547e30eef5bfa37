"""RFM, ABC by value, matrix and score on cases done by hand, and what must not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from changqing.engine.computable import NotComputable
from changqing.engine.segments import (
    MatrixClass,
    MatrixCuts,
    abc_by_value,
    matrix,
    rfm,
    steadiness,
    weighted_score,
)


def test_quintiles_by_hand() -> None:
    days, orders = [5, 4, 3, 2, 1, 10, 9, 8, 7, 6], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    found = rfm(silence=days, orders=orders, money=range(10, 110, 10))
    assert found.recency.tolist() == [3, 4, 4, 5, 5, 1, 1, 2, 2, 3]
    assert found.frequency.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.monetary.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.cell[0] == 311


def test_equals_get_equal_scores() -> None:
    found = rfm(silence=[7] * 9, orders=[1] * 8 + [30], money=[5] * 9)
    assert set(found.recency.tolist()) == {3}
    assert found.frequency.tolist() == [3] * 8 + [5]


@given(st.lists(st.integers(0, 10**11).map(lambda cents: cents / 100), min_size=1, max_size=40))
def test_more_money_never_scores_lower(money: list[float]) -> None:
    zeros = [0.0] * len(money)
    score = rfm(silence=zeros, orders=zeros, money=money).monetary
    order = np.argsort(money, kind="stable")
    assert (np.diff(score[order]) >= 0).all()
    assert score.min() >= 1
    assert score.max() <= 5


def test_abc_by_value_by_hand() -> None:
    """70 + 15 + 10 + 4 + 1: B begins after 80 % are reached, C after 95 %."""
    assert abc_by_value([4, 70, 1, 15, 10]).tolist() == [2, 0, 2, 0, 1]
    assert abc_by_value([80, 15, 5]).tolist() == [0, 1, 2]
    assert abc_by_value([100.0, 0.0, -5.0]).tolist() == [0, 2, 2]


def test_matrix_by_hand() -> None:
    value = [100, 90, 80, 70, 60, 50, 40, 30, 20, 10]
    nan = math.nan
    found = matrix(
        value,
        growth=[0, 0.3, 0, nan, 0, 0, 0, 0, 0, 0],
        variation=[0.2, 0.2, 0.2, 0.9, nan, 0, 0, 0, 0, 0],
        has_need=np.array([False] * 8 + [True, True]),
        cuts=MatrixCuts(top=0.10),
    )
    names = [MatrixClass(code).name for code in found.of]
    assert names == ["CORE", "HIGH_POTENTIAL", "MAINTAIN", *["OTHER"] * 5, "IMPROVE", "IMPROVE"]
    assert found.unknown.tolist() == [False, False, False, True, True, *[False] * 5]


def test_score_adds_up_and_unknown_is_not_zero() -> None:
    parts = {"current": [5.0, 4.0], "potential": [3.0, math.nan], "strategic": [1.0, math.nan]}
    weights = {"current": 50.0, "potential": 30.0, "strategic": 20.0}
    found = weighted_score(parts, weights)
    assert found.total.tolist() == pytest.approx([3.6, 4.0])
    assert found.known.tolist() == pytest.approx([1.0, 0.5])
    assert sum(found.parts.values()) == pytest.approx(found.total)


def test_a_rank_that_hangs_on_a_weight_is_shown() -> None:
    parts = {"current": [5.0, 4.0, 1.0], "potential": [3.0, 4.1, 1.0]}
    found = steadiness(parts, {"current": 50.0, "potential": 50.0})
    assert found.best.tolist() == [1, 1, 3]
    assert found.worst.tolist() == [2, 2, 3]


def test_weights_that_do_not_fit_are_refused() -> None:
    for weights in ({"a": 1.0, "b": 1.0}, {"a": -1.0}, {"a": 0.0}, {"a": math.nan}):
        with pytest.raises(NotComputable):
            weighted_score({"a": [1.0]}, weights)
