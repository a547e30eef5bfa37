"""MBG/CNBD-k: its limits, independent integrals, and simulated customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import Floats, NotComputable
from changqing.engine.conftest import Columns, numeric_derivatives
from changqing.engine.histories import purchases
from changqing.engine.mbgcnbd import Likelihood, MbgCnbd, _parts
from changqing.engine.mbgnbd import MbgNbd

HISTORY: dict[str, Any] = {"frequency": [2, 0, 5], "recency": [30.43, 0.0, 20.0], "T": [38.86, 38.86, 38.0]}


def simulated(model: MbgCnbd, customers: int, seed: int) -> tuple[dict[str, Any], Floats, Floats, Floats]:
    """History to day 52, Σ ln gaps, whether alive then, and purchases in the 13 weeks after."""
    chance = np.random.default_rng(seed)
    x, recency, logs, later = np.zeros((4, customers))
    alive = np.zeros(customers)
    for at in range(customers):
        rate, leaves = chance.gamma(model.r, 1 / model.alpha), chance.beta(model.a, model.b)
        now, stays = 0.0, chance.random() >= leaves
        alive[at] = stays
        while stays:
            gap = chance.gamma(model.k, 1 / rate)
            now += gap
            if now > 65:
                break
            if now > 52:
                later[at] += 1
            else:
                x[at], recency[at] = x[at] + 1, now
                logs[at] += math.log(gap)
            stays = chance.random() >= leaves
            alive[at] = stays if now <= 52 else alive[at]
    return {"frequency": x, "recency": recency, "T": np.full(customers, 52.0)}, logs, alive, later


@pytest.mark.parametrize(("at_first", "plain"), [(True, MbgNbd), (False, BgNbd)])
def test_with_one_stage_it_is_the_plain_model(at_first: bool, plain: Any) -> None:
    params: dict[str, Any] = {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}
    one, other = MbgCnbd(1, **params, at_first=at_first), plain(**params)
    assert one.probability_alive(**HISTORY) == pytest.approx(other.probability_alive(**HISTORY), rel=1e-10)
    expected = other.conditional_expected_purchases(39, **HISTORY)
    assert one.conditional_expected_purchases(39, **HISTORY) == pytest.approx(expected, rel=1e-10)


def test_alive_is_the_story_integrated() -> None:
    """Silent and alive against gone, over λ and p by quadrature, for k = 3."""
    model = MbgCnbd(3, 2.0, 5.0, 1.2, 4.0)
    x, t_x, end = 4, 30.0, 42.0

    def told(silent: Any) -> float:
        def over(rate: float) -> float:
            return float(
                rate ** (3 * x) * math.exp(-rate * t_x) * silent(rate) * stats.gamma.pdf(rate, 2.0, scale=0.2)
            )

        return float(integrate.quad(over, 0, 12, epsabs=0, epsrel=1e-11)[0])

    def moment(power: int, other: int) -> float:
        return float(
            integrate.quad(lambda p: p**power * (1 - p) ** other * stats.beta.pdf(p, 1.2, 4.0), 0, 1)[0]
        )

    waiting = told(lambda rate: stats.gamma.sf(end - t_x, 3, scale=1 / rate)) * moment(0, x + 1)
    gone = told(lambda rate: 1.0) * moment(1, x)
    found = model.probability_alive(frequency=[x], recency=[t_x], T=[end])[0]
    assert found == pytest.approx(waiting / (waiting + gone), rel=1e-7)


def test_regularity_is_found_and_forecasts_hold() -> None:
    model = MbgCnbd(3, 2.0, 3.0, 1.0, 5.0)
    history, logs, alive, later = simulated(model, 1200, seed=1)
    found = MbgCnbd.fit(**history, log_gaps=logs)
    assert found.k == 3
    assert found.r == pytest.approx(2.0, rel=0.25)
    assert found.probability_alive(**history).mean() == pytest.approx(alive.mean(), abs=0.03)
    again = found.probability_of_order(13, **history)
    assert again.mean() == pytest.approx((later > 0).mean(), abs=0.03)
    assert found.conditional_expected_purchases(13, **history).sum() == pytest.approx(later.sum(), rel=0.1)
    weeks: dict[str, Any] = {
        "frequency": history["frequency"],
        "recency": history["recency"] * 7,
        "T": history["T"] * 7,
    }
    same = MbgCnbd.fit(**weeks, log_gaps=logs + history["frequency"] * math.log(7), k=3)
    assert same.probability_alive(**weeks) == pytest.approx(found.probability_alive(**history), abs=1e-3)


@pytest.mark.parametrize(("k", "at_first"), [(1, True), (1, False), (3, True), (4, False)])
def test_derivatives_are_the_slopes(k: int, at_first: bool) -> None:
    x, recency = np.array([0.0, 1.0, 1.0, 3.0, 7.0, 2.0]), np.array([0.0, 0.4, 0.4, 0.9, 1.0, 0.3])
    data = purchases(x, recency, np.array([1.0, 0.9, 0.9, 1.2, 1.0, 1.3]))
    likelihood, params = Likelihood(data, k=k, at_first=at_first), np.array([0.8, 0.4, 0.7, 2.1])
    value, gradient, hessian = likelihood(params)
    r, alpha, a, b = params.tolist()
    alive, gone = _parts(k, r, alpha, a, b, data, at_first)
    assert value == pytest.approx(float(np.logaddexp(alive, gone).mean()), rel=1e-12)
    slope, bend = numeric_derivatives(likelihood, params)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6, abs=1e-9)
    assert hessian.ravel().tolist() == pytest.approx(bend.ravel().tolist(), rel=1e-6, abs=1e-9)


def test_one_stage_fits_as_the_plain_model_does(cdnow: Columns) -> None:
    history: Any = {name: cdnow[name] for name in ("frequency", "recency", "T")}
    one, plain = MbgCnbd.fit(**history, log_gaps=np.zeros(2357), k=1), MbgNbd.fit(**history)
    assert [*one.params.values()] == pytest.approx([*plain.params.values()], rel=1e-6)
    assert one.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    assert one.standard_errors == pytest.approx(plain.standard_errors, rel=1e-5)


@pytest.mark.parametrize("k", [0, 1.5, 25])
def test_stages_are_counted(k: Any) -> None:
    with pytest.raises(NotComputable) as refused:
        MbgCnbd.fit(**HISTORY, log_gaps=[3.0, 0.0, 5.0], k=k)
    assert refused.value.code == "inconsistent"


@pytest.mark.parametrize(
    ("frequency", "recency", "logs", "code"),
    [
        ([0, 0], [0, 0], [0, 0], "no_repeat"),
        ([3, 3], [9.0, 9.0], [3.0, 3.0], "at_boundary"),
        ([-1, 1], [1.0, 1.0], [0.0, 0.0], "negative_value"),
        ([1, 1e200], [1.0, 2.0], [0.0, 0.0], "out_of_range"),
        ([1, 0], [3, 0], [1.0], "unequal_lengths"),
        ([1, 0], [30, 0], [1.0, 0], "inconsistent"),
        ([1, 0], [float("nan"), 0], [1.0, 0], "not_finite"),
    ],
)
def test_what_has_no_answer_says_so(frequency: Any, recency: Any, logs: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        MbgCnbd.fit(frequency=frequency, recency=recency, T=[9.0, 9.0], log_gaps=logs)
    assert refused.value.code == code
