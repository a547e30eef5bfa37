"""BG/NBD against published numbers, independent integrals and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import numeric_derivatives
from changqing.engine.geometric_dropout import Likelihood
from changqing.engine.histories import purchases
from changqing.engine.maximum import maximise

# The refit of CDNOW's 2,357 customers, Fader, Hardie & Lee (2005), table 2 in more digits.
CDNOW = BgNbd(r=0.242593, alpha=4.413532, a=0.792886, b=2.425753)


def simulated(model: BgNbd, customers: int, seed: int) -> dict[str, Floats]:
    """Customers who live by the model's own story: purchases as Poisson, dropout after each."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(model.r, 1 / model.alpha, customers)
    leave = chance.beta(model.a, model.b, customers)
    end = chance.uniform(27, 39, customers)
    x, recency, now = np.zeros((3, customers))
    active = np.arange(customers)
    while active.size:
        now[active] += chance.exponential(1 / rate[active])
        active = active[now[active] <= end[active]]
        x[active] += 1
        recency[active] = now[active]
        active = active[chance.random(active.size) >= leave[active]]
    return {"frequency": x, "recency": recency, "T": end}


def test_bgnbd_published_expectation_and_probability_alive() -> None:
    """Fader, Hardie & Lee (2005), p. 280: 1.226 for x = 2, t_x = 30.43, T = 38.86 and 39 weeks."""
    one: dict[str, Any] = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    expected = CDNOW.conditional_expected_purchases(39, **one)
    alive = CDNOW.probability_alive(**one)
    assert (expected.round(5).tolist(), alive.round(3).tolist()) == ([1.22591], [0.727])


@pytest.mark.parametrize(
    ("x", "recency", "end"), [(0, 0.0, 20.0), (1, 3.0, 30.0), (2, 30.43, 38.86), (9, 20.0, 25.0)]
)
def test_bgnbd_likelihood_is_the_story_integrated(x: int, recency: float, end: float) -> None:
    """(1−p)^x λ^x e^(−λT) + p(1−p)^(x−1) λ^x e^(−λt_x), integrated over λ and p on Gauss-Legendre nodes."""
    model = BgNbd(r=2.0, alpha=4.4, a=2.0, b=3.0)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    leave, rate = (nodes + 1) / 2, (nodes[:, None] + 1) * 5
    silent = (1 - leave) ** x * rate**x * np.exp(-rate * end)
    gone = leave * (1 - leave) ** (x - 1) * rate**x * np.exp(-rate * recency) if x else 0.0
    density = stats.gamma.pdf(rate, 2.0, scale=1 / 4.4) * stats.beta.pdf(leave, 2.0, 3.0)
    integral = float((weights[:, None] * 5 * weights / 2 * (silent + gone) * density).sum())
    data = purchases([x], [recency], [end])
    value, _, _ = Likelihood(data, at_first=False)(np.array([*model.params.values()]))
    assert value == pytest.approx(math.log(integral), abs=1e-10)


@pytest.mark.parametrize("a", [0.4, 1.0, 1.000001, 2.5])
@pytest.mark.parametrize(("x", "horizon"), [(0, 10.0), (3, 39.0), (12, 200.0)])
def test_bgnbd_expectation_is_the_story_integrated(a: float, x: int, horizon: float) -> None:
    """E[(1 − e^(−λps))/p] over λ ~ Gamma(r + x, α + T) and p ~ Beta(a, b + x), as the living have it."""
    model, end = BgNbd(r=0.7, alpha=4.4, a=a, b=2.4), 30.0

    def given_leave(leave: float) -> float:
        still = (1 + leave * horizon / (model.alpha + end)) ** -(model.r + x)
        return float((1 - still) / leave * stats.beta.pdf(leave, a, model.b + x))

    integral, _ = integrate.quad(given_leave, 0, 1, epsabs=0, epsrel=1e-10, limit=400)
    history: dict[str, Any] = {"frequency": [x], "recency": [end if x else 0.0], "T": [end]}
    alive = model.probability_alive(**history)[0]
    found = model.conditional_expected_purchases(horizon, **history)[0]
    assert found == pytest.approx(alive * integral, rel=1e-7)


def test_bgnbd_expectation_of_a_new_customer_is_the_simulated_mean() -> None:
    model = BgNbd(r=1.5, alpha=4.0, a=1.4, b=3.0)
    chance = np.random.default_rng(5)
    rate, leave = chance.gamma(1.5, 1 / 4.0, 200_000), chance.beta(1.4, 3.0, 200_000)
    mean = float(np.mean(-np.expm1(-rate * leave * 26) / leave))
    assert model.expected_purchases(26.0) == pytest.approx(mean, rel=0.01)
    assert model.expected_purchases(0.0) == 0.0


def test_bgnbd_stays_exact_for_thousands_of_purchases() -> None:
    busy = {"frequency": [5000.0], "recency": [999.0], "T": [1000.0]}
    model = BgNbd(r=5.0, alpha=1.0, a=0.5, b=50.0)
    per_unit = (model.r + 5000) / (model.alpha + 1000)
    expected = model.conditional_expected_purchases(1.0, **busy)[0] / model.probability_alive(**busy)[0]
    assert expected == pytest.approx(per_unit, rel=1e-3)


def test_bgnbd_derivatives_are_the_slopes() -> None:
    data = purchases(*simulated(CDNOW, 500, 1).values())
    likelihood, params = Likelihood(data, at_first=False), np.array([0.4, 3.0, 0.9, 1.7])
    _, gradient, hessian = likelihood(params)
    slope, bend = numeric_derivatives(likelihood, params)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-9)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6, abs=1e-9)


def test_bgnbd_fit_is_a_maximum_in_any_unit_and_order() -> None:
    data = simulated(CDNOW, 2357, 2)
    weeks = BgNbd.fit(**data)
    turned = {name: values[::-1] for name, values in data.items()}
    days = BgNbd.fit(frequency=data["frequency"], recency=data["recency"] * 7, T=data["T"] * 7)
    for other, unit in ((BgNbd.fit(**turned), 1), (days, 7)):
        assert [other.r, other.alpha / unit, other.a, other.b] == pytest.approx(
            [*weeks.params.values()], rel=1e-6
        )
    assert weeks.log_likelihood is not None
    assert days.log_likelihood is not None
    repeats = float(data["frequency"].sum())
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - repeats * math.log(7), abs=1e-6)
    likelihood = Likelihood(purchases(*data.values()), at_first=False)
    value, gradient, _ = likelihood(np.array([*weeks.params.values()]))
    assert value * 2357 == pytest.approx(weeks.log_likelihood, abs=1e-7)
    assert np.abs(gradient).max() < 1e-8


def test_bgnbd_large_fit_ends_where_a_small_one_would() -> None:
    data = simulated(CDNOW, 70_000, 3)
    found = BgNbd.fit(**data)
    again = maximise(Likelihood(purchases(*data.values()), at_first=False), np.array([1.0, 9.0, 1.0, 1.0]))
    assert again.params.tolist() == pytest.approx([*found.params.values()], rel=1e-6)


def test_bgnbd_standard_errors_cover_the_truth() -> None:
    """95 % intervals (on the logarithm, as the parameters are positive) hold 93 to 97 times in 100."""
    truth = np.log([*CDNOW.params.values()])
    inside = np.zeros(4)
    for seed in range(500):
        found = BgNbd.fit(**simulated(CDNOW, 3000, seed))
        assert found.covariance is not None
        estimate = np.array([*found.params.values()])
        errors = np.sqrt(np.diag(found.covariance)) / estimate
        inside += np.abs(np.log(estimate) - truth) <= 1.959964 * errors
    assert ((inside / 500 >= 0.93) & (inside / 500 <= 0.97)).all(), inside / 500


@settings(max_examples=50)
@given(st.integers(1, 200), st.floats(0.1, 100), st.floats(0.0, 100))
def test_bgnbd_silence_only_lowers_hope(x: int, recency: float, silence: float) -> None:
    ends = recency + np.array([0.0, silence, silence + 1])
    history = {"frequency": np.full(3, x), "recency": np.full(3, recency), "T": ends}
    alive = CDNOW.probability_alive(**history)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 0).all()
    expected = [CDNOW.conditional_expected_purchases(h, **history) for h in (0.0, 1.0, 10.0)]
    assert expected[0].tolist() == [0.0, 0.0, 0.0]
    assert (expected[1] <= expected[2]).all()


def test_bgnbd_without_repeat_purchases_everyone_counts_as_alive() -> None:
    alive = CDNOW.probability_alive(frequency=[0, 0], recency=[0, 0], T=[0.0, 500.0])
    assert alive.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("frequency", "recency", "end", "code"),
    [
        ([], [], [], "empty"),
        ([1, 2], [1.0], [2.0, 3.0], "unequal_lengths"),
        ([0, 0], [0.0, 0.0], [5.0, 9.0], "no_repeat"),
        ([0], [0.0], [0.0], "no_repeat"),
        ([3], [5.0], [9.0], "at_boundary"),
        ([1, 2], [-1.0, 1.0], [2.0, 3.0], "negative_value"),
        ([1, -2], [1.0, 1.0], [2.0, 3.0], "negative_value"),
        ([1, 2], [1.0, 4.0], [2.0, 3.0], "inconsistent"),
        ([1.5, 2], [1.0, 2.0], [2.0, 3.0], "inconsistent"),
        ([0, 2], [1.0, 2.0], [2.0, 3.0], "inconsistent"),
        ([1, 2], [0.0, 2.0], [2.0, 3.0], "inconsistent"),
        ([1, math.nan], [1.0, 2.0], [2.0, 3.0], "not_finite"),
        ([1, 1e200], [1.0, 2.0], [2.0, 3.0], "out_of_range"),
    ],
)
def test_bgnbd_refuses_what_it_cannot_fit(frequency: Any, recency: Any, end: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        BgNbd.fit(frequency=frequency, recency=recency, T=end)
    assert refused.value.code == code


@pytest.mark.parametrize("horizon", [-1.0, math.nan, math.inf])
def test_bgnbd_refuses_a_horizon_that_is_no_time(horizon: float) -> None:
    with pytest.raises(NotComputable):
        CDNOW.expected_purchases(horizon)
