"""Measures by hand; methods compete without hindsight; intervals hold on simulated books."""

from __future__ import annotations

import numpy as np
import pytest

from changqing.engine.computable import Floats, NotComputable
from changqing.engine.forecast import SEASONAL, Method, accuracy, forecast


def book(seed: int, *, series: int = 40, months: int = 24) -> Floats:
    """Demand that comes every month, in six of ten or in three of ten."""
    chance = np.random.default_rng(seed)
    often = chance.choice([1.0, 0.6, 0.3], series)[:, None]
    level = chance.uniform(20, 200, series)[:, None]
    return np.asarray(
        (chance.random((series, months)) < often) * level * chance.gamma(9, 1 / 9, (series, months))
    )


def test_measures_by_hand() -> None:
    found = accuracy([[10, 0, 30]], [[12, 3, 20]], past=[[1, 4, 2, 5]], low=[[9, 1, 0]], high=[[20, 9, 40]])
    assert found.wape == pytest.approx(15 / 40)
    assert found.bias == pytest.approx(-5 / 40)
    assert found.mase == pytest.approx(5 / (8 / 3))
    assert found.coverage == pytest.approx(2 / 3)
    assert accuracy([[0.0]], [[1.0]]).wape is None


def test_intervals_hold_and_the_past_told_the_error() -> None:
    held, told, came = [], [], []
    for seed in range(3):
        table = book(seed)
        found = forecast(table[:, :21], months=3)
        measured = accuracy(table[:, 21:], found.expected, low=found.low, high=found.high)
        held.append(measured.coverage)
        told.append(found.accuracy.wape)
        came.append(measured.wape)
    assert 0.74 <= np.mean(np.array(held, float)) <= 0.86
    assert np.mean(np.array(came, float)) == pytest.approx(np.mean(np.array(told, float)), rel=0.2)


def test_seasons_need_two_years_and_are_then_found() -> None:
    months = np.arange(48)
    rows = np.array([100 * (1 + 0.6 * np.sin(2 * np.pi * months / 12)) + shift for shift in range(3)])
    found = forecast(rows[:, :45], months=3)
    assert set(found.method) <= set(SEASONAL)
    assert found.expected == pytest.approx(rows[:, 45:], rel=0.02)
    assert not set(SEASONAL) & set(forecast(rows[:, :20], months=3).judged)


def test_zero_demand_is_foretold_as_zero() -> None:
    found = forecast(np.zeros((2, 12)), months=2)
    assert found.expected.tolist() == found.low.tolist() == found.high.tolist() == [[0, 0], [0, 0]]
    assert found.accuracy.wape is None


def test_scale_changes_nothing_else() -> None:
    table = book(5, series=6, months=14)
    one, many = forecast(table, months=2), forecast(table * 1e6, months=2)
    assert many.method == one.method
    assert many.expected == pytest.approx(one.expected * 1e6, rel=1e-6)


@pytest.mark.parametrize(
    ("table", "months", "code"),
    [
        ([[1.0] * 8], 3, "too_few_points"),
        ([[1.0] * 20], 0, "inconsistent"),
        ([[float("nan")] * 20], 3, "not_finite"),
        ([], 3, "unequal_lengths"),
    ],
)
def test_what_has_no_answer_says_so(table: list[list[float]], months: int, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        forecast(table, months=months)
    assert refused.value.code == code


def test_the_methods_are_the_ones_documented() -> None:
    assert [method.value for method in Method] == [
        "mean",
        "naive",
        "moving_average",
        "smoothing",
        "croston",
        "tsb",
        "seasonal_naive",
        "holt_winters",
    ]
