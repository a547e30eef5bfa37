"""BG/NBD, Gamma-Gamma and sBG against published numbers, independent integrals and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from changqing.engine import gamma_gamma, sbg
from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import numeric_derivatives
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.geometric_dropout import Likelihood
from changqing.engine.histories import purchases
from changqing.engine.maximum import maximise
from changqing.engine.sbg import Sbg

# The refit of CDNOW's 2,357 customers, Fader, Hardie & Lee (2005), table 2 in more digits.
CDNOW = BgNbd(r=0.242593, alpha=4.413532, a=0.792886, b=2.425753)
SPEND = GammaGamma(p=6.24880, q=3.74459, v=15.44775)
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


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


# BG/NBD -------------------------------------------------------------------------------------------------


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


# Gamma-Gamma --------------------------------------------------------------------------------------------


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


# sBG ----------------------------------------------------------------------------------------------------


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
