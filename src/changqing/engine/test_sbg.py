"""sBG against published cohorts and sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from changqing.engine import sbg
from changqing.engine.computable import NotComputable
from changqing.engine.conftest import numeric_derivatives
from changqing.engine.sbg import Sbg

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


@pytest.mark.parametrize(
    ("survivors", "params", "later"),
    [
        (REGULAR, (0.7041, 1.1820), [0.220, 0.204, 0.191, 0.180, 0.170]),
        (HIGH_END, (0.6681, 3.8061), [0.460, 0.436, 0.414, 0.395, 0.378]),
    ],
)
def test_sbg_published_cohorts(survivors: list[int], params: tuple[float, ...], later: list[float]) -> None:
    """Fader & Hardie (2007): parameters of both cohorts and survival in years 8 to 12."""
    found = Sbg.fit(survivors)
    assert tuple(round(value, 4) for value in found.params.values()) == params
    assert found.survival([8, 9, 10, 11, 12]).round(3).tolist() == later


def test_sbg_published_remaining_renewals() -> None:
    """Fader & Hardie (2010): 7.53 discounted renewals to come after seven, at 10 %."""
    assert round(Sbg.fit(HIGH_END).expected_remaining(7, discount_rate=0.1), 2) == 7.53


def test_sbg_remaining_renewals_are_the_discounted_sum() -> None:
    found = Sbg(alpha=0.8, beta=2.0)
    survival = found.survival(np.arange(3, 3004))
    by_hand = float((survival[1:] / survival[0] / 1.1 ** np.arange(3000)).sum())
    assert found.expected_remaining(3, discount_rate=0.1) == pytest.approx(by_hand, rel=1e-10)


def test_sbg_retention_is_the_ratio_of_survival() -> None:
    found = Sbg(alpha=0.668088, beta=3.806096)
    survival = found.survival(np.arange(9))
    assert found.retention(np.arange(1, 9)).tolist() == pytest.approx((survival[1:] / survival[:-1]).tolist())
    assert survival[0] == 1.0


def test_sbg_derivatives_are_the_slopes() -> None:
    likelihood, params = sbg._Likelihood(np.array(REGULAR, float)), np.array([0.9, 1.4])
    _, gradient, hessian = likelihood(params)
    slope, bend = numeric_derivatives(likelihood, params)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6)


@pytest.mark.parametrize(
    ("survivors", "code"),
    [
        ([], "empty"),
        ([100, 90], "too_few_points"),
        ([100, 90, 95], "inconsistent"),
        ([100, 100, 100], "at_boundary"),
        ([100, 0, 0], "at_boundary"),
        ([0, 0, 0], "at_boundary"),
        ([100, -1, -2], "negative_value"),
        ([100, math.nan, 3], "not_finite"),
    ],
)
def test_sbg_refuses_what_it_cannot_fit(survivors: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        Sbg.fit(survivors)
    assert refused.value.code == code
