"""BG/BB against the sum over all stories, by integrals and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from changqing.engine import bgbb
from changqing.engine.bgbb import BgBb
from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import numeric_derivatives

DONORS = BgBb(alpha=1.20352, beta=0.74972, gamma=0.65672, delta=2.78344)
SMOOTH = BgBb(alpha=2.2, beta=1.7, gamma=1.5, delta=2.8)


def simulated(model: BgBb, customers: int, seed: int) -> dict[str, Floats]:
    """Customers who live by the model's own story: leave before an occasion, else use it or not."""
    chance = np.random.default_rng(seed)
    use = chance.beta(model.alpha, model.beta, customers)
    leave = chance.beta(model.gamma, model.delta, customers)
    n = chance.integers(3, 9, customers)
    lived = chance.geometric(leave) - 1
    x, t_x = np.zeros((2, customers))
    for occasion in range(1, 9):
        used = (occasion <= lived) & (occasion <= n) & (chance.random(customers) < use)
        x += used
        t_x[used] = occasion
    return {"frequency": x, "recency": t_x, "periods": n.astype(float)}


def told(model: BgBb, x: int, t_x: int, n: int) -> dict[int, float]:
    """Probability of the history with each last occasion lived: E over p of p^x(1−p)^(m−x), times E over θ
    of θ(1−θ)^m, or of (1−θ)^n for those alive."""

    def mean(a: float, b: float, up: int, down: int) -> float:
        found, _ = integrate.quad(
            lambda p: p**up * (1 - p) ** down * stats.beta.pdf(p, a, b), 0, 1, epsabs=0, epsrel=1e-12
        )
        return float(found)

    ends = {
        m: mean(model.alpha, model.beta, x, m - x) * mean(model.gamma, model.delta, 1, m)
        for m in range(t_x, n)
    }
    ends[n] = mean(model.alpha, model.beta, x, n - x) * mean(model.gamma, model.delta, 0, n)
    return ends


@pytest.mark.parametrize(
    ("x", "t_x", "n"), [(0, 0, 0), (0, 0, 6), (1, 1, 6), (2, 4, 6), (6, 6, 6), (3, 5, 12)]
)
def test_likelihood_and_probability_alive_are_the_stories_summed(x: int, t_x: int, n: int) -> None:
    ends = told(SMOOTH, x, t_x, n)
    likelihood = bgbb._Likelihood(bgbb.occasions([x], [t_x], [n]))
    value, _, _ = likelihood(np.array([*SMOOTH.params.values()]))
    assert value == pytest.approx(math.log(sum(ends.values())), abs=1e-10)
    alive = SMOOTH.probability_alive(frequency=[x], recency=[t_x], periods=[n])
    assert alive.tolist() == pytest.approx([ends[n] / sum(ends.values())], rel=1e-9)


def test_probabilities_of_all_histories_add_up_to_one() -> None:
    """C(t_x − 1, x − 1) orders for each x and t_x."""
    n = 7
    cells = [(0, 0, 1)] + [(x, t, math.comb(t - 1, x - 1)) for t in range(1, n + 1) for x in range(1, t + 1)]
    total = 0.0
    for x, t_x, orders in cells:
        likelihood = bgbb._Likelihood(bgbb.occasions([x], [t_x], [n]))
        total += orders * math.exp(likelihood(np.array([*DONORS.params.values()]))[0])
    assert total == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("gamma", [0.4, 1.0, 2.5])
def test_expectations_are_the_published_ones(gamma: float) -> None:
    """Those of the paper (13 for the conditional one), whose Γ form has a pole at γ = 1; there, beside it."""
    a, b, d, n, horizon = 1.2, 0.75, 2.8, 6, 5
    model = BgBb(alpha=a, beta=b, gamma=gamma, delta=d)
    g = gamma + 1e-7 * (gamma == 1.0)

    def ratio(at: int) -> float:
        return math.exp(math.lgamma(1 + d + at) - math.lgamma(g + d + at))

    first = a / (a + b) * d / (g - 1) * (1 - ratio(horizon) / ratio(0))
    assert model.expected_purchases(horizon) == pytest.approx(first, rel=1e-6)
    history: dict[str, Any] = {"frequency": [2], "recency": [4], "periods": [n]}
    alive = model.probability_alive(**history)[0]
    stay = math.exp(math.lgamma(d + n) - math.lgamma(g + d + n))
    later = alive * (a + 2) / (a + b + n) / (g - 1) * (ratio(n) - ratio(n + horizon)) / stay
    assert model.conditional_expected_purchases(horizon, **history)[0] == pytest.approx(later, rel=1e-6)


def test_probability_alive_ahead_falls_by_the_chance_to_leave() -> None:
    history: dict[str, Any] = {"frequency": [0, 3], "recency": [0, 6], "periods": [6, 6]}
    now, next_one = (DONORS.probability_alive(ahead, **history) for ahead in (0, 1))
    stay = (DONORS.delta + 6) / (DONORS.gamma + DONORS.delta + 6)
    assert now[1] == 1.0
    assert next_one.tolist() == pytest.approx((now * stay).tolist(), rel=1e-12)


def test_derivatives_are_the_slopes() -> None:
    likelihood = bgbb._Likelihood(bgbb.occasions(*simulated(DONORS, 700, 1).values()))
    params = np.array([0.9, 1.3, 0.5, 3.1])
    _, gradient, hessian = likelihood(params)
    slope, bend = numeric_derivatives(likelihood, params)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-9)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6, abs=1e-9)


def test_fit_finds_the_truth_in_any_order_and_grouping() -> None:
    data = simulated(DONORS, 50_000, 2)
    found = BgBb.fit(**data)
    assert found.covariance is not None
    distance = np.array([*found.params.values()]) - np.array([*DONORS.params.values()])
    assert (np.abs(distance) < 4 * np.sqrt(np.diag(found.covariance))).all()
    table, counts = np.unique(np.column_stack([*data.values()]), axis=0, return_counts=True)
    turned = {name: table[::-1, column] for column, name in enumerate(data)}
    grouped = BgBb.fit(**turned, weights=counts[::-1])
    assert [*grouped.params.values()] == pytest.approx([*found.params.values()], rel=1e-9)
    assert grouped.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-12)
    assert grouped.covariance is not None
    assert grouped.covariance.ravel().tolist() == pytest.approx(found.covariance.ravel().tolist(), rel=1e-6)


@pytest.mark.parametrize(
    ("frequency", "recency", "periods", "code"),
    [
        ([], [], [], "empty"),
        ([1, 2], [1], [6, 6], "unequal_lengths"),
        ([0, 0], [0, 0], [6, 6], "no_repeat"),
        ([0], [0], [0], "no_repeat"),
        ([3], [5], [6], "at_boundary"),
        ([6, 6], [6, 6], [6, 6], "at_boundary"),
        ([1, -2], [1, 2], [6, 6], "negative_value"),
        ([1, 2], [7, 2], [6, 6], "inconsistent"),
        ([3, 2], [2, 2], [6, 6], "inconsistent"),
        ([1, 2], [1.5, 2], [6, 6], "inconsistent"),
        ([0, 2], [1, 2], [6, 6], "inconsistent"),
        ([1, math.nan], [1, 2], [6, 6], "not_finite"),
        ([1, 2], [1, 2], [6, 1e9], "out_of_range"),
    ],
)
def test_refuses_what_it_cannot_fit(frequency: Any, recency: Any, periods: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        BgBb.fit(frequency=frequency, recency=recency, periods=periods)
    assert refused.value.code == code


@pytest.mark.parametrize("horizon", [-1, 1.5, math.nan, math.inf, 10**9])
def test_refuses_a_horizon_that_is_no_number_of_occasions(horizon: Any) -> None:
    with pytest.raises(NotComputable):
        DONORS.expected_purchases(horizon)
