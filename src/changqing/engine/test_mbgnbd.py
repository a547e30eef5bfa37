"""MBG/NBD against independent integrals, the published implementation and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import numeric_derivatives
from changqing.engine.geometric_dropout import Likelihood
from changqing.engine.histories import purchases
from changqing.engine.mbgnbd import MbgNbd

MODEL = MbgNbd(r=0.52484, alpha=6.18299, a=0.89136, b=1.61400)


def simulated(model: MbgNbd, customers: int, seed: int) -> dict[str, Floats]:
    """Customers who live by the model's own story: dropout after each purchase, the first too."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(model.r, 1 / model.alpha, customers)
    leave = chance.beta(model.a, model.b, customers)
    end = chance.uniform(27, 39, customers)
    x, recency, now = np.zeros((3, customers))
    active = np.flatnonzero(chance.random(customers) >= leave)
    while active.size:
        now[active] += chance.exponential(1 / rate[active])
        active = active[now[active] <= end[active]]
        x[active] += 1
        recency[active] = now[active]
        active = active[chance.random(active.size) >= leave[active]]
    return {"frequency": x, "recency": recency, "T": end}


def test_predictions_equal_those_of_lifetimes() -> None:
    """lifetimes 0.11.3 at the same parameters: 39 weeks on, P(alive), and a customer just won."""
    both: dict[str, Any] = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]}
    expected = MODEL.conditional_expected_purchases(39, **both)[0]
    assert expected == pytest.approx(1.2626691480401644, rel=1e-9)
    assert MODEL.probability_alive(**both).tolist() == pytest.approx([0.7061253, 0.3897144], abs=1e-7)
    assert MODEL.expected_purchases(39) == pytest.approx(1.18228412756251, rel=1e-9)


@pytest.mark.parametrize(
    ("x", "recency", "end"), [(0, 0.0, 20.0), (1, 3.0, 30.0), (2, 30.43, 38.86), (9, 20.0, 25.0)]
)
def test_likelihood_is_the_story_integrated(x: int, recency: float, end: float) -> None:
    """(1−p)^(x+1) λ^x e^(−λT) + p(1−p)^x λ^x e^(−λt_x), over λ (exactly) and p (by quadrature)."""
    model = MbgNbd(r=2.0, alpha=4.4, a=2.0, b=3.0)

    def rates(until: float) -> float:
        return math.exp(math.lgamma(2.0 + x) - 2.0 * math.log(1 / 4.4) - (2.0 + x) * math.log(4.4 + until))

    def told(leave: float) -> float:
        silent = (1 - leave) * rates(end) + leave * rates(recency)
        return float((1 - leave) ** x * silent * stats.beta.pdf(leave, 2.0, 3.0))

    integral, _ = integrate.quad(told, 0, 1, epsabs=0, epsrel=1e-12)
    value, _, _ = Likelihood(purchases([x], [recency], [end]), at_first=True)(
        np.array([*model.params.values()])
    )
    assert value == pytest.approx(math.log(integral), abs=1e-10)


@pytest.mark.parametrize("a", [0.4, 1.0, 1.000001, 2.5])
@pytest.mark.parametrize(("x", "horizon"), [(0, 10.0), (3, 39.0), (12, 200.0)])
def test_expectation_is_the_story_integrated(a: float, x: int, horizon: float) -> None:
    """E[(1 − e^(−λps))/p] over λ ~ Gamma(r + x, α + T) and p ~ Beta(a, b + x + 1), as the living have it."""
    model, end = MbgNbd(r=0.7, alpha=4.4, a=a, b=2.4), 30.0

    def given_leave(leave: float) -> float:
        still = (1 + leave * horizon / (model.alpha + end)) ** -(model.r + x)
        return float((1 - still) / leave * stats.beta.pdf(leave, a, model.b + x + 1))

    integral, _ = integrate.quad(given_leave, 0, 1, epsabs=0, epsrel=1e-10, limit=400)
    history: dict[str, Any] = {"frequency": [x], "recency": [end if x else 0.0], "T": [end]}
    alive = model.probability_alive(**history)[0]
    found = model.conditional_expected_purchases(horizon, **history)[0]
    assert found == pytest.approx(alive * integral, rel=1e-7)


def test_expectation_of_a_new_customer_is_the_simulated_mean() -> None:
    model = MbgNbd(r=1.5, alpha=4.0, a=1.4, b=3.0)
    chance = np.random.default_rng(5)
    rate, leave = chance.gamma(1.5, 1 / 4.0, 200_000), chance.beta(1.4, 3.0, 200_000)
    mean = float(np.mean((1 - leave) * -np.expm1(-rate * leave * 26) / leave))
    assert model.expected_purchases(26.0) == pytest.approx(mean, rel=0.01)
    assert model.expected_purchases(0.0) == 0.0


def test_derivatives_are_the_slopes() -> None:
    likelihood = Likelihood(purchases(*simulated(MODEL, 500, 1).values()), at_first=True)
    params = np.array([0.4, 3.0, 0.9, 1.7])
    _, gradient, hessian = likelihood(params)
    slope, bend = numeric_derivatives(likelihood, params)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-9)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6, abs=1e-9)


def test_fit_finds_the_truth_in_any_unit_and_order() -> None:
    data = simulated(MODEL, 20_000, 2)
    weeks = MbgNbd.fit(**data)
    assert weeks.covariance is not None
    assert weeks.log_likelihood is not None
    distance = np.array([*weeks.params.values()]) - np.array([*MODEL.params.values()])
    assert (np.abs(distance) < 4 * np.sqrt(np.diag(weeks.covariance))).all()
    turned = MbgNbd.fit(**{name: values[::-1] for name, values in data.items()})
    days = MbgNbd.fit(frequency=data["frequency"], recency=data["recency"] * 7, T=data["T"] * 7)
    for other, unit in ((turned, 1), (days, 7)):
        assert [other.r, other.alpha / unit, other.a, other.b] == pytest.approx(
            [*weeks.params.values()], rel=1e-6
        )
    repeats = float(data["frequency"].sum())
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - repeats * math.log(7), abs=1e-5)


def test_silence_lowers_hope_without_a_repeat_purchase_too() -> None:
    alive = MODEL.probability_alive(frequency=[0, 0, 0], recency=[0, 0, 0], T=[0.0, 50.0, 5000.0])
    assert alive[0] == pytest.approx(MODEL.b / (MODEL.a + MODEL.b), rel=1e-12)
    assert alive[0] > alive[1] > alive[2] > 0


@pytest.mark.parametrize(
    ("frequency", "recency", "end", "code"),
    [
        ([], [], [], "empty"),
        ([0, 0], [0.0, 0.0], [5.0, 9.0], "no_repeat"),
        ([3], [5.0], [9.0], "at_boundary"),
        ([1, 2], [-1.0, 1.0], [2.0, 3.0], "negative_value"),
        ([1, 2], [1.0, 4.0], [2.0, 3.0], "inconsistent"),
        ([1, math.nan], [1.0, 2.0], [2.0, 3.0], "not_finite"),
    ],
)
def test_refuses_what_it_cannot_fit(frequency: Any, recency: Any, end: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        MbgNbd.fit(frequency=frequency, recency=recency, T=end)
    assert refused.value.code == code
