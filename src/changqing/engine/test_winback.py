"""Second lifetime value, regain profit and drift of the basket, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from changqing.engine.computable import NotComputable
from changqing.engine.winback import mix, regain, second_lifetime_value


def test_second_life_by_hand() -> None:
    """100/1.1 · (1 + .8/1.1 + (.8/1.1)²) − 50; no loyalty: one year; for ever: 100/(1.1 − .8)."""
    found = second_lifetime_value(
        [100, 100], retention=[0.8, 0.0], discount_rate=0.1, years=3, offer_cost=[50, 0]
    )
    assert found.tolist() == pytest.approx([155.108941, 90.909091], abs=1e-6)
    long = second_lifetime_value([100], retention=0.8, discount_rate=0.1, years=400, offer_cost=0)
    assert long[0] == pytest.approx(100 / 0.3)


def test_regain_orders_by_expected_profit() -> None:
    found = regain([1000, 500, 100], chance=[0.2, 0.9, 0.1], attempt_cost=[50, 50, 50])
    assert found.profit.tolist() == pytest.approx([150, 400, -40])
    assert (found.order.tolist(), found.worth_trying.tolist()) == ([1, 0, 2], [True, True, False])
    assert found.total == pytest.approx(550)


def test_mix_by_hand() -> None:
    found = mix([[1, 1, 0], [4, 0, 0], [1, 1, 1], [0, 0, 0]], [[1, 1, 0], [0, 3, 0], [1, -2, 1], [1, 0, 0]])
    assert found.breadth_before[:3].tolist() == pytest.approx([2, 1, 3])
    assert found.breadth_now[:3].tolist() == pytest.approx([2, 1, 2])
    assert found.moved[:3].tolist() == pytest.approx([0, 1, np.sqrt(1 - np.sqrt(2 / 3))], abs=1e-7)
    assert np.isnan(found.moved[3])


def test_what_has_no_answer_says_so() -> None:
    with pytest.raises(NotComputable) as refused:
        second_lifetime_value([1], retention=1.2, discount_rate=0.1, years=3, offer_cost=0)
    assert refused.value.code == "bad_share"
    with pytest.raises(NotComputable) as refused:
        mix([[1.0]], [[1.0, 2.0]])
    assert refused.value.code == "unequal_lengths"
