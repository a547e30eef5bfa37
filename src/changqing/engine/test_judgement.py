"""What people foretell, by hand."""

from __future__ import annotations

import math

import pytest

from changqing.engine.computable import NotComputable
from changqing.engine.judgement import (
    Z80,
    buyer_intentions,
    delphi,
    market_factor,
    market_test,
    sales_composite,
)


def test_buyers_intentions() -> None:
    found = buyer_intentions([100, 200], [0.5, 0.25])
    assert found.expected == 100
    assert found.high == pytest.approx(100 + Z80 * math.sqrt(100**2 * 0.25 + 200**2 * 0.1875))
    assert found.low == 0
    assert buyer_intentions([100, 200], [0.5, 0.25], kept=0.5).expected == 50


def test_sales_composite() -> None:
    """PERT: (60 + 4·90 + 180)/6 = 100, deviation 20; two alike: errors cancel, or do not."""
    apart = sales_composite([60, 60], [90, 90], [180, 180])
    alike = sales_composite([60, 60], [90, 90], [180, 180], together=1.0)
    assert (apart.expected, alike.expected) == (200, 200)
    assert apart.high - 200 == pytest.approx(Z80 * 20 * math.sqrt(2))
    assert alike.high - 200 == pytest.approx(Z80 * 40)
    assert sales_composite([60], [90], [180], bias=[1.25]).expected == pytest.approx(80)


def test_delphi_comes_together() -> None:
    found = delphi([[10, 20, 30, 40, 50], [25, 28, 30, 32, 35]])
    assert (found.judgement.expected, found.rounds, found.has_converged) == (30, 2, True)
    assert found.convergence == pytest.approx(4 / 20)


def test_market_test_and_factor() -> None:
    found = market_test([10, 20], tested=[100, 200], market=3000)
    assert (found.low, found.expected, found.high) == (300, 300, 300)
    through = market_factor([1, 2, 3], [10, 20, 30], coming=4)
    assert (through.low, through.expected, through.high) == pytest.approx((40, 40, 40))


def test_what_has_no_answer_says_so() -> None:
    for call, code in (
        (lambda: delphi([[1, 2]]), "too_few_points"),
        (lambda: market_test([1], tested=[1], market=2), "too_few_points"),
        (lambda: sales_composite([3], [2], [4]), "inconsistent"),
        (lambda: buyer_intentions([1], [2]), "bad_share"),
        (lambda: market_factor([1, 2], [1, 2], coming=3), "too_few_points"),
    ):
        with pytest.raises(NotComputable) as refused:
            call()
        assert refused.value.code == code
