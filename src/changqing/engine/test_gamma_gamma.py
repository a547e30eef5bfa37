"""Gamma-Gamma against published numbers, independent integrals and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from changqing.engine import gamma_gamma
from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import numeric_derivatives
from changqing.engine.gamma_gamma import GammaGamma

SPEND = GammaGamma(p=6.24880, q=3.74459, v=15.44775)


def spenders(model: GammaGamma, customers: int, seed: int) -> dict[str, Floats]:
    chance = np.random.default_rng(seed)
    x = chance.geometric(0.4, customers).astype(float)
    scale = chance.gamma(model.q, 1 / model.v, customers)
    return {"frequency": x, "monetary_value": chance.gamma(model.p * x, 1 / (scale * x))}


def test_gamma_gamma_expected_spend_by_hand() -> None:
    """p·v/(q−1) for a stranger; for x = 2 purchases of 30 on average, p(v + 60)/(2p + q − 1)."""
    found = SPEND.expected_spend(frequency=[0, 2, 10_000], monetary_value=[0.0, 30.0, 30.0])
    by_hand = [6.24880 * 15.44775 / 2.74459, 6.24880 * 75.44775 / 15.24219, 30.0]
    assert found.tolist() == pytest.approx(by_hand, rel=2e-3)
    assert found[:2].tolist() == pytest.approx(by_hand[:2], rel=1e-12)


def test_gamma_gamma_likelihood_is_the_story_integrated() -> None:
    x, mean = 3, 25.0

    def told(scale: float) -> float:
        return float(
            stats.gamma.pdf(mean, SPEND.p * x, scale=1 / (scale * x))
            * stats.gamma.pdf(scale, SPEND.q, scale=1 / SPEND.v)
        )

    integral, _ = integrate.quad(told, 0, 5, epsabs=0, epsrel=1e-10)
    value, _, _ = gamma_gamma._Likelihood(np.array([3.0]), np.array([mean]))(
        np.array([*SPEND.params.values()])
    )
    assert value == pytest.approx(math.log(integral), abs=1e-8)


def test_gamma_gamma_derivatives_are_the_slopes() -> None:
    data = spenders(SPEND, 400, 1)
    likelihood = gamma_gamma._Likelihood(data["frequency"], data["monetary_value"])
    params = np.array([4.0, 3.0, 20.0])
    _, gradient, hessian = likelihood(params)
    slope, bend = numeric_derivatives(likelihood, params)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-9)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6, abs=1e-9)


def test_gamma_gamma_finds_the_truth_in_any_currency_unit() -> None:
    data = spenders(SPEND, 100_000, 2)
    found = GammaGamma.fit(**data)
    assert found.covariance is not None
    errors = np.sqrt(np.diag(found.covariance))
    distance = np.array([*found.params.values()]) - np.array([*SPEND.params.values()])
    assert (np.abs(distance) < 4 * errors).all()
    cents = GammaGamma.fit(frequency=data["frequency"], monetary_value=data["monetary_value"] * 100)
    assert [cents.p, cents.q, cents.v / 100] == pytest.approx([*found.params.values()], rel=1e-6)
    assert found.log_likelihood is not None
    assert cents.log_likelihood == pytest.approx(found.log_likelihood - 100_000 * math.log(100), abs=1e-4)


def test_gamma_gamma_leaves_out_those_without_a_purchase() -> None:
    data = spenders(SPEND, 2000, 4)
    padded = GammaGamma.fit(
        frequency=np.append(data["frequency"], 0.0), monetary_value=np.append(data["monetary_value"], 0.0)
    )
    assert padded.params == GammaGamma.fit(**data).params


@pytest.mark.parametrize(
    ("frequency", "value", "code"),
    [
        ([], [], "empty"),
        ([1, 2], [1.0], "unequal_lengths"),
        ([0, 0], [0.0, 0.0], "no_repeat"),
        ([1, 2], [5.0, 0.0], "inconsistent"),
        ([1, 2], [5.0, -3.0], "inconsistent"),
        ([-1, 2], [5.0, 3.0], "negative_value"),
        ([1, 2], [5.0, math.inf], "not_finite"),
        ([4], [20.0], "at_boundary"),
        ([4, 4, 4], [20.0, 20.0, 20.0], "at_boundary"),
    ],
)
def test_gamma_gamma_refuses_what_it_cannot_fit(frequency: Any, value: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        GammaGamma.fit(frequency=frequency, monetary_value=value)
    assert refused.value.code == code


def test_gamma_gamma_has_no_mean_when_the_tail_is_too_long() -> None:
    heavy = GammaGamma(p=1.0, q=0.9, v=1.0)
    with pytest.raises(NotComputable):
        heavy.expected_spend(frequency=[0], monetary_value=[0.0])
    assert heavy.expected_spend(frequency=[1], monetary_value=[2.0]).tolist() == [pytest.approx(3 / 0.9)]
