from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from changqing.engine.computable import NotComputable
from changqing.engine.concentration import (
    Group,
    GroupConcentration,
    abc,
    bands,
    gini,
    hhi,
    hhi_by,
    pareto,
    rank,
    thin,
    whale_curve,
)

# Money in cents, exactly known, so that an exact answer exists to compare with.
cents = st.integers(min_value=-(10**11), max_value=10**11)
losses_too = st.lists(cents, min_size=1, max_size=60)
gains = st.lists(st.integers(min_value=0, max_value=10**11), min_size=1, max_size=60)


def money(values: list[int]) -> list[float]:
    return [value / 100 for value in values]


# Pareto -------------------------------------------------------------------------------------------------


def test_a_book_that_is_exactly_80_20() -> None:
    found = pareto([5.0, 80.0, 5.0, 5.0, 5.0])
    assert (found.accounts, found.total, found.head_accounts, found.head_share, found.accounts_to_share) == (
        5,
        100.0,
        1,
        0.8,
        1,
    )
    assert found.cumulative.tolist() == [0.8, 0.85, 0.9, 0.95, 1.0]


def test_head_counts_round_down() -> None:
    assert [pareto(np.ones(n)).head_accounts for n in (1, 4, 5, 9, 10, 632)] == [0, 0, 1, 1, 2, 126]
    assert pareto(np.ones(100), head_share=0.29).head_accounts == 29
    assert pareto(np.ones(100), head_share=Decimal("0.29")).head_accounts == 29


def test_one_account_is_the_whole_book() -> None:
    found = pareto([3.5])
    assert (found.head_accounts, found.head_share, found.accounts_to_share) == (0, 0.0, 1)
    assert found.cumulative.tolist() == [1.0]


def test_a_share_reached_to_the_cent_is_reached() -> None:
    assert pareto([0.1] * 10).accounts_to_share == 8
    assert pareto([0.7, 0.1, 0.1, 0.1]).accounts_to_share == 2


def test_losses_let_the_head_hold_more_than_everything() -> None:
    found = pareto([200.0, 50.0, 0.0, -50.0, -100.0])
    assert (found.head_share, found.accounts_to_share) == (2.0, 1)
    assert found.cumulative.tolist() == [2.0, 2.5, 2.5, 2.0, 1.0]


@given(losses_too)
def test_pareto_is_the_exact_answer(values: list[int]) -> None:
    assume(sum(values) * 10**6 > sum(map(abs, values)))
    found = pareto(money(values))
    ordered, total = sorted(values, reverse=True), sum(values)
    running = [sum(ordered[: n + 1]) for n in range(len(ordered))]
    exact = next(n for n, part in enumerate(running, 1) if Fraction(part, total) >= Fraction(4, 5))
    assert (found.head_accounts, found.accounts_to_share) == (len(values) // 5, exact)
    assert found.head_share == pytest.approx(sum(ordered[: len(values) // 5]) / total, rel=1e-9)
    assert found.cumulative.tolist() == pytest.approx([part / total for part in running], rel=1e-9)


@given(gains.filter(any))
def test_pareto_curve_rises_ever_more_slowly_to_one(values: list[int]) -> None:
    steps = np.diff(pareto(money(values)).cumulative, prepend=0.0)
    assert (steps >= -1e-12).all()
    assert (np.diff(steps) <= 1e-12).all()


@given(gains.filter(any), st.randoms(use_true_random=False), st.sampled_from([0.5, 2.0, 1024.0]))
def test_order_and_currency_unit_do_not_matter(values: list[int], random: Any, factor: float) -> None:
    shuffled = values[:]
    random.shuffle(shuffled)
    here, there = np.array(money(values)), np.array(money(shuffled)) * factor
    first, second = pareto(here), pareto(there)
    assert first.head_share == second.head_share
    assert first.cumulative.tolist() == second.cumulative.tolist()
    assert (gini(here), hhi(here)) == (gini(there), hhi(there))


# Gini and HHI -------------------------------------------------------------------------------------------


def test_gini_published_example() -> None:
    """The incomes of the R package ineq (Zeileis), help page of ``Gini``: 0.4620911."""
    incomes = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
    assert round(gini(incomes), 7) == 0.4620911


def test_gini_by_hand() -> None:
    assert [gini([1, 2, 3, 4]), gini([7]), gini([7, 7, 7]), gini([0, 0, 0, 9])] == [0.25, 0.0, 0.0, 0.75]


@given(gains.filter(any))
def test_gini_is_half_the_relative_mean_difference(values: list[int]) -> None:
    n, total = len(values), sum(values)
    exact = Fraction(sum(abs(a - b) for a in values for b in values), 2 * n * total)
    assert gini(money(values)) == pytest.approx(float(exact), abs=1e-12)
    assert 0.0 <= gini(money(values)) <= (n - 1) / n


def test_hhi_published_example() -> None:
    """U.S. Department of Justice: four firms with 30, 30, 20 and 20 percent have an HHI of 2,600."""
    assert round(hhi([30, 30, 20, 20]) * 10_000, 9) == 2600


@given(gains.filter(any))
def test_hhi_is_the_sum_of_squared_shares(values: list[int]) -> None:
    exact = Fraction(sum(value**2 for value in values), sum(values) ** 2)
    assert hhi(money(values)) == pytest.approx(float(exact), rel=1e-12)
    assert 1 / len(values) <= hhi(money(values)) <= 1.0


def test_hhi_by_group() -> None:
    found = hhi_by(["汽车", "电子", "汽车", None], [30.0, 40.0, 20.0, 10.0])
    assert found == GroupConcentration(
        hhi=0.42, groups=(Group("汽车", 50.0, 0.5), Group("电子", 40.0, 0.4), Group(None, 10.0, 0.1))
    )


# Whale curve --------------------------------------------------------------------------------------------


def test_whale_curve_by_hand() -> None:
    found = whale_curve([10.0, -30.0, 0.0, 50.0, -10.0])
    assert (found.accounts, found.total, found.peak, found.peak_accounts) == (5, 20.0, 60.0, 2)
    assert (found.peak_ratio, found.loss_making, found.eaten) == (3.0, 2, 40.0)
    assert found.cumulative.tolist() == [50.0, 60.0, 60.0, 50.0, 20.0]


def test_whale_curve_when_nobody_gains() -> None:
    found = whale_curve([-1.0, 0.0, -2.0])
    assert (found.total, found.peak, found.peak_accounts, found.peak_ratio) == (-3.0, 0.0, 0, None)
    assert (found.loss_making, found.eaten) == (2, 3.0)


@given(losses_too)
def test_whale_peak_stands_over_everything(values: list[int]) -> None:
    found = whale_curve(money(values))
    gained = sum(value for value in values if value > 0)
    assert (found.peak, found.total) == pytest.approx((gained / 100, sum(values) / 100), abs=1e-4)
    assert found.peak >= max(found.total, 0.0)
    assert math.isclose(found.peak - found.eaten, found.total, rel_tol=1e-9, abs_tol=1e-3)
    rising = found.cumulative[: found.peak_accounts]
    assert (np.diff(rising) > 0).all()
    assert (np.diff(found.cumulative[max(found.peak_accounts - 1, 0) :]) <= 1e-3).all()


# Ranks, classes, bands ----------------------------------------------------------------------------------


def test_ties_are_broken_by_key() -> None:
    values, keys = [5.0, 9.0, 5.0, 5.0], ["乙", "丙", "甲", "a"]
    found = rank(values, keys)
    assert [keys[at] for at in found.order] == ["丙", "a", "乙", "甲"]
    assert found.rank.tolist() == [3, 1, 4, 2]
    assert rank(values, np.array(keys)).order.tolist() == found.order.tolist()
    assert rank(values).order.tolist() == [1, 0, 2, 3]


def test_results_cannot_be_written_to() -> None:
    found = pareto([1.0, 2.0])
    for array in (found.cumulative, found.ranking.order, found.ranking.rank, abc([1.0, 2.0]).of):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9


def test_abc_by_hand() -> None:
    found = abc([10.0, 100.0, 20.0, 5.0, 40.0, 5.0, 5.0, 5.0, 5.0, 5.0])
    assert found.of.tolist() == [1, 0, 1, 1, 0, 2, 2, 2, 2, 2]
    assert (found.accounts, found.shares) == ((2, 3, 5), (0.7, 0.175, 0.125))


@pytest.mark.parametrize(
    ("accounts", "sizes"),
    [(1, (0, 0, 1)), (2, (0, 1, 1)), (3, (0, 1, 2)), (5, (1, 1, 3)), (7, (1, 2, 4)), (632, (126, 190, 316))],
)
def test_abc_boundaries_round_down(accounts: int, sizes: tuple[int, ...]) -> None:
    assert abc(np.arange(accounts) + 1.0).accounts == sizes


def test_abc_without_a_total_still_has_classes() -> None:
    found = abc([0.0, 0.0, 0.0, 0.0, 0.0])
    assert (found.of.tolist(), found.accounts, found.shares) == ([0, 1, 2, 2, 2], (1, 1, 3), None)


@given(losses_too)
def test_abc_classes_add_up_and_stand_in_order(values: list[int]) -> None:
    found = abc(money(values))
    assert sum(found.accounts) == len(values)
    assert np.bincount(found.of, minlength=3).tolist() == list(found.accounts)
    by_rank = found.of[rank(money(values)).order]
    assert (np.diff(by_rank) >= 0).all()
    if found.shares is not None:
        assert sum(found.shares) == pytest.approx(1.0, abs=1e-6)


def test_bands_begin_at_their_lower_edge() -> None:
    values = [5_000_000.0, 4_999_999.99, 1_000_000.0, 999_999.99, 500_000.0, 499_999.99, -1.0, 9e9]
    found = bands(values, [5_000_000, 1_000_000, 500_000])
    assert found.tolist() == [0, 1, 1, 2, 2, -1, -1, 0]


# Thinning -----------------------------------------------------------------------------------------------


def test_a_short_curve_is_drawn_whole() -> None:
    assert thin([1.0, 4.0, 9.0], 200).tolist() == [0, 1, 2]


@given(st.integers(1, 3000), st.data())
def test_thinning_keeps_the_points_the_page_names(size: int, data: st.DataObject) -> None:
    curve = np.cumsum(1 / (1 + np.arange(size)))
    named = data.draw(st.lists(st.integers(0, size - 1), max_size=4))
    found = thin(curve, 50, keep=named).tolist()
    assert found == sorted(set(found))
    assert {0, size - 1, *named} <= set(found)
    assert len(found) <= max(50, 1)


def test_a_steep_head_keeps_its_shape() -> None:
    curve = 1 - np.exp(-np.arange(100_000) / 50)
    drawn = thin(curve, 200)
    redrawn = np.interp(np.arange(curve.size), drawn, curve[drawn])
    assert float(np.abs(redrawn - curve).max()) < 0.01


# What cannot be computed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], "empty"),
        ([[1.0], [2.0]], "not_a_list"),
        (["x"], "not_a_number"),
        ([None], "not_finite"),
        ([1.0, math.nan], "not_finite"),
        ([1.0, math.inf], "not_finite"),
        ([Decimal("NaN")], "not_finite"),
        ([1e300], "out_of_range"),
        ([5e-324], "out_of_range"),
        ([10**400], "not_a_number"),
        ([0.0, 0.0], "zero_total"),
        ([0.1, 0.2, -0.3], "zero_total"),
        ([1.0, -2.0], "negative_total"),
    ],
)
def test_no_pareto_without_a_book(values: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        pareto(values)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (lambda: gini([3.0, -1.0]), "negative_value"),
        (lambda: hhi([3.0, -1.0]), "negative_value"),
        (lambda: hhi([0.0]), "zero_total"),
        (lambda: gini([0.0]), "zero_total"),
        (lambda: hhi_by(["a"], [1.0, 2.0]), "unequal_lengths"),
        (lambda: hhi_by(["a", "b"], [1.0, -2.0]), "negative_value"),
        (lambda: rank([1.0], ["a", "b"]), "unequal_lengths"),
        (lambda: whale_curve([math.nan]), "not_finite"),
        (lambda: abc([1.0], (0.2, 0.3)), "bad_share"),
        (lambda: abc([1.0], (0.2, 0.9, -0.1)), "bad_share"),
        (lambda: pareto([1.0], head_share=1.2), "bad_share"),
        (lambda: pareto([1.0], value_share=math.nan), "bad_share"),
        (lambda: bands([1.0], [1.0, 2.0]), "bad_edges"),
        (lambda: bands([1.0], []), "empty"),
        (lambda: thin([1.0, 2.0, 3.0], 2, keep=[1]), "too_few_points"),
        (lambda: thin([1.0], 5, keep=[1]), "too_few_points"),
    ],
)
def test_a_named_refusal_instead_of_a_wrong_number(asked: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        asked()
    assert refused.value.code == code
