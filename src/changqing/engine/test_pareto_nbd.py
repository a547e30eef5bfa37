"""Pareto/NBD against the solved integral (₂F₁), independent quadrature and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import numeric_derivatives
from changqing.engine.histories import purchases
from changqing.engine.pareto_likelihood import Likelihood, probability_of_order
from changqing.engine.pareto_nbd import ParetoNbd

CDNOW = ParetoNbd(r=0.553276, alpha=10.57761, s=0.606214, beta=11.66791)


def simulated(model: ParetoNbd, customers: int, seed: int) -> dict[str, Floats]:
    """Customers who buy as Poisson until a day of their own, or until the end of observation."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(model.r, 1 / model.alpha, customers)
    end = chance.uniform(27, 39, customers)
    until = np.minimum(end, chance.exponential(1 / chance.gamma(model.s, 1 / model.beta, customers)))
    x = chance.poisson(rate * until).astype(float)
    latest = chance.random(customers) ** (1 / np.maximum(x, 1))
    return {"frequency": x, "recency": np.where(x > 0, latest * until, 0.0), "T": end}


def by_hypergeometric(model: ParetoNbd, x: float, t_x: float, end: float) -> float:
    """ln L as Fader & Hardie (2005) have it, with A₀ by ₂F₁."""
    r, alpha, s, beta = model.params.values()
    whole, far = r + s + x, max(alpha, beta)
    shape = s + 1 if alpha >= beta else r + x

    def term(time: float) -> float:
        gauss = special.hyp2f1(whole, shape, whole + 1, abs(alpha - beta) / (far + time))
        return float(gauss / (far + time) ** whole)

    living = (alpha + end) ** -(r + x) * (beta + end) ** -s
    factor = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) + s * math.log(beta)
    return factor + math.log(living + s / whole * (term(t_x) - term(end)))


@pytest.mark.parametrize(
    ("alpha", "beta"), [(10.6, 11.7), (11.7, 10.6), (5.0, 5.0), (2.0, 40.0), (40.0, 2.0)]
)
@pytest.mark.parametrize(
    ("x", "recency", "end"), [(0, 0.0, 20.0), (0, 0.0, 0.0), (2, 30.43, 38.86), (26, 30.86, 31.0)]
)
def test_likelihood_is_the_published_one(
    alpha: float, beta: float, x: int, recency: float, end: float
) -> None:
    model = ParetoNbd(r=0.553276, alpha=alpha, s=0.606214, beta=beta)
    value, _, _ = Likelihood(purchases([x], [recency], [end]))(np.array([*model.params.values()]))
    assert value == pytest.approx(by_hypergeometric(model, x, recency, end), abs=1e-11)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.floats(-1.5, 2.0)] * 4),
    st.integers(0, 3000),
    st.floats(0.001, 1.0),
    st.floats(0.1, 300.0),
)
def test_likelihood_is_the_integral_for_any_parameters(
    exponents: tuple[float, ...], x: int, part: float, end: float
) -> None:
    """On a graded mesh of 41 × 24 nodes, which needs no idea of where the integrand lives."""
    r, alpha, s, beta = (10.0**exponent for exponent in exponents)
    t_x = part * end if x else 0.0
    first, second = alpha + t_x, beta + t_x
    near = min(first, second)
    range_of = math.log1p((end - t_x) / near)
    edges = np.concatenate([[0.0], range_of * 2.0 ** -np.arange(40.0, -1.0, -1.0)])
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = np.diff(edges)[:, None] / 2
    tau = edges[:-1, None] + half * (nodes + 1)
    onwards = near * np.expm1(tau)
    falls = tau - (r + x) * np.log1p(onwards / first) - (s + 1) * np.log1p(onwards / second)
    integral = float((np.exp(falls) * weights * half).sum())
    log_gone = (
        math.log(s * near * max(integral, 1e-300)) - (r + x) * math.log(first) - (s + 1) * math.log(second)
    )
    log_alive = -(r + x) * math.log(alpha + end) - s * math.log(beta + end)
    factor = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) + s * math.log(beta)
    value, _, _ = Likelihood(purchases([x], [t_x], [end]))(np.array([r, alpha, s, beta]))
    by_mesh = factor + float(np.logaddexp(log_alive, log_gone))
    assert value == pytest.approx(by_mesh, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("s", [0.4, 1.0, 1.0 + 1e-9, 1.000001, 2.5])
@pytest.mark.parametrize(("x", "horizon"), [(0, 10.0), (3, 39.0), (12, 200.0)])
def test_expectation_is_the_story_integrated(s: float, x: int, horizon: float) -> None:
    """E[λ]·E[(1 − e^(−μh))/μ] over λ ~ Gamma(r + x, α + T), μ ~ Gamma(s, β + T), as the living have it."""
    model, end = ParetoNbd(r=0.7, alpha=4.4, s=s, beta=9.0), 30.0

    def given_rate(rate: float) -> float:
        return float(-math.expm1(-rate * horizon) / rate * stats.gamma.pdf(rate, s, scale=1 / (9.0 + end)))

    integral = sum(
        integrate.quad(given_rate, low, high, epsabs=0, epsrel=1e-11, limit=400)[0]
        for low, high in ((0.0, 1e-6), (1e-6, 1e-3), (1e-3, 0.1), (0.1, 3.0))
    )
    history: dict[str, Any] = {"frequency": [x], "recency": [end if x else 0.0], "T": [end]}
    alive = model.probability_alive(**history)[0]
    found = model.conditional_expected_purchases(horizon, **history)[0]
    assert found == pytest.approx(alive * (0.7 + x) / (4.4 + end) * integral, rel=1e-7)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.floats(-1.5, 2.0)] * 4),
    st.integers(0, 3000),
    st.floats(0.1, 300.0),
    st.floats(-3.0, 4.0),
)
def test_chance_of_an_order_is_the_integral_for_any_parameters(
    exponents: tuple[float, ...], x: int, end: float, horizon: float
) -> None:
    """∫ of the next purchase's density times P(there then), on a graded mesh of 61 × 24 nodes."""
    params, within = np.array([10.0**exponent for exponent in exponents]), 10.0**horizon
    r, alpha, s, beta = params.tolist()
    edges = np.concatenate([[0.0], within * 2.0 ** -np.arange(60.0, -1.0, -1.0)])
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = np.diff(edges)[:, None] / 2
    y = edges[:-1, None] + half * (nodes + 1)
    falls = -(r + x + 1) * np.log1p(y / (alpha + end)) - s * np.log1p(y / (beta + end))
    by_mesh = (r + x) / (alpha + end) * float((np.exp(falls) * weights * half).sum())
    data = purchases([x], [end if x else 0.0], [end])
    told = float(probability_of_order(params, within, data)[0])
    assert told == pytest.approx(min(by_mesh, 1.0), rel=1e-9, abs=1e-12)
    assert 0 <= told <= 1
    same = float(probability_of_order(np.array([r, beta, s, beta]), within, data)[0])
    whole = r + x + s
    closed = -(r + x) / whole * math.expm1(-whole * math.log1p(within / (beta + end)))
    assert same == pytest.approx(closed, rel=1e-9)


def test_chance_of_an_order_is_the_simulated_share() -> None:
    """200,000 who live by the story are watched for 13 weeks more; by purchases so far, and in all."""
    model = ParetoNbd(r=0.9, alpha=6.0, s=0.8, beta=12.0)
    chance = np.random.default_rng(8)
    size, end, within = 200_000, 30.0, 13.0
    rate = chance.gamma(model.r, 1 / model.alpha, size)
    until = chance.exponential(1 / chance.gamma(model.s, 1 / model.beta, size))
    x = chance.poisson(rate * np.minimum(until, end)).astype(float)
    latest = np.minimum(until, end) * chance.random(size) ** (1 / np.maximum(x, 1))
    came = chance.poisson(rate * np.clip(until - end, 0, within)) > 0
    history: dict[str, Any] = {
        "frequency": x,
        "recency": np.where(x > 0, latest, 0.0),
        "T": np.full(size, end),
    }
    told = model.probability_of_order(within, **history)
    assert (told <= model.probability_alive(**history)).all()
    assert not model.probability_of_order(0.0, **history).any()
    for low, high in ((0, np.inf), (0, 0), (1, 1), (2, 4), (5, np.inf)):
        rows = (x >= low) & (x <= high)
        error = math.sqrt(float((told[rows] * (1 - told[rows])).sum())) / int(rows.sum())
        assert float(told[rows].mean()) == pytest.approx(float(came[rows].mean()), abs=4 * error)


def test_expectation_of_a_new_customer_is_the_simulated_mean() -> None:
    model = ParetoNbd(r=1.5, alpha=4.0, s=1.4, beta=20.0)
    chance = np.random.default_rng(5)
    until = np.minimum(26.0, chance.exponential(1 / chance.gamma(1.4, 1 / 20.0, 400_000)))
    assert model.expected_purchases(26.0) == pytest.approx(1.5 / 4.0 * float(until.mean()), rel=0.01)
    assert model.expected_purchases(0.0) == 0.0


@pytest.mark.parametrize("params", [(0.4, 3.0, 0.9, 17.0), (2.0, 40.0, 0.3, 4.0)])
def test_derivatives_are_the_slopes(params: tuple[float, ...]) -> None:
    likelihood = Likelihood(purchases(*simulated(CDNOW, 700, 1).values()))
    _, gradient, hessian = likelihood(np.array(params))
    slope, bend = numeric_derivatives(likelihood, np.array(params))
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-9)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6, abs=1e-9)


def test_fit_finds_the_truth_in_any_unit_and_order() -> None:
    data = simulated(CDNOW, 5000, 2)
    weeks = ParetoNbd.fit(**data)
    assert weeks.covariance is not None
    assert weeks.log_likelihood is not None
    distance = np.array([*weeks.params.values()]) - np.array([*CDNOW.params.values()])
    assert (np.abs(distance) < 4 * np.sqrt(np.diag(weeks.covariance))).all()
    turned = ParetoNbd.fit(**{name: values[::-1] for name, values in data.items()})
    days = ParetoNbd.fit(frequency=data["frequency"], recency=data["recency"] * 7, T=data["T"] * 7)
    for other, unit in ((turned, 1), (days, 7)):
        assert [other.r, other.alpha / unit, other.s, other.beta / unit] == pytest.approx(
            [*weeks.params.values()], rel=1e-6
        )
    repeats = float(data["frequency"].sum())
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - repeats * math.log(7), abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5000), st.floats(0.1, 100), st.floats(0.0, 1000))
def test_silence_only_lowers_hope(x: int, recency: float, silence: float) -> None:
    ends = recency + np.array([0.0, silence, silence + 1])
    history = {"frequency": np.full(3, x), "recency": np.full(3, recency), "T": ends}
    alive = CDNOW.probability_alive(**history)
    assert alive[0] == 1.0
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 1e-12).all()
    expected = [CDNOW.conditional_expected_purchases(h, **history) for h in (0.0, 1.0, 10.0)]
    assert expected[0].tolist() == [0.0, 0.0, 0.0]
    assert (expected[1] <= expected[2]).all()


@pytest.mark.parametrize(
    ("frequency", "recency", "end", "code"),
    [
        ([], [], [], "empty"),
        ([1, 2], [1.0], [2.0, 3.0], "unequal_lengths"),
        ([0, 0], [0.0, 0.0], [5.0, 9.0], "no_repeat"),
        ([3], [5.0], [9.0], "at_boundary"),
        ([3, 3, 3], [9.0, 9.0, 9.0], [9.0, 9.0, 9.0], "at_boundary"),
        ([1, 2], [-1.0, 1.0], [2.0, 3.0], "negative_value"),
        ([1, 2], [1.0, 4.0], [2.0, 3.0], "inconsistent"),
        ([1, math.nan], [1.0, 2.0], [2.0, 3.0], "not_finite"),
        ([1, 1e200], [1.0, 2.0], [2.0, 3.0], "out_of_range"),
    ],
)
def test_refuses_what_it_cannot_fit(frequency: Any, recency: Any, end: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        ParetoNbd.fit(frequency=frequency, recency=recency, T=end)
    assert refused.value.code == code


def test_a_billion_days_are_as_good_as_one() -> None:
    data = simulated(CDNOW, 1000, 3)
    weeks = ParetoNbd.fit(**data)
    far = ParetoNbd.fit(frequency=data["frequency"], recency=data["recency"] * 1e9, T=data["T"] * 1e9)
    assert [far.r, far.alpha / 1e9, far.s, far.beta / 1e9] == pytest.approx(
        [*weeks.params.values()], rel=1e-6
    )


@pytest.mark.parametrize(("customers", "seed"), [(30, 2), (100, 2), (300, 9), (300, 11)])
def test_few_customers_who_all_leave_alike_are_named(customers: int, seed: int) -> None:
    """The likelihood rises for ever with s and β in one ratio: lifetimes of one rate fit best."""
    with pytest.raises(NotComputable) as refused:
        ParetoNbd.fit(**simulated(CDNOW, customers, seed))
    assert refused.value.code == "at_boundary"
