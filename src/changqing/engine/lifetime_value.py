"""What each customer may still bring: the discounted expectation, and where it will probably lie.

The expectation is exact: with E(t) the expected purchases in (T, T + t], the discounted sum is
e^(−δh) E(h) + δ ∫ e^(−δt) E(t) dt over (0, h), δ = ln(1 + discount rate), by Gauss-Legendre quadrature.
The interval is predictive: customers' futures are drawn from the model's own story given their history
(rate, dropout, purchases, spend), each with parameters drawn from their estimated covariance, so it holds
what chance and what the fit leaves open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, cast

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats, read_only
from changqing.engine.estimated import Estimated, quantile
from changqing.engine.gamma_gamma import GammaGamma, spending
from changqing.engine.histories import Purchases, purchases, span_of

NODES, WEIGHTS = (array for array in np.polynomial.legendre.leggauss(24))
DRAWS = 1000
MOST_PURCHASES = 50_000.0
Money = tuple[Floats, Floats, Floats]
LEAVES_AT_REPEATS, LEAVES_AT_EACH, LEAVES_ANY_TIME = 0, 1, 2


@dataclass(frozen=True, eq=False)
class LifetimeValue:
    """Of each customer: the expected discounted value over the horizon, and the interval of ``level``."""

    expected: Floats
    low: Floats
    high: Floats
    level: float


@dataclass(frozen=True, eq=False)
class Spend:
    """What a purchase brings in: a fitted Gamma-Gamma model and each customer's own purchases so far.

    ``frequency`` counts the purchases behind ``monetary_value``, 0 where nothing is known.
    """

    model: GammaGamma
    frequency: Values
    monetary_value: Values


class Story(Protocol):
    """A model of customers who leave unnoticed."""

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats: ...  # noqa: N803

    def conditional_expected_purchases(
        self,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
    ) -> Floats: ...


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``margin`` is money a purchase, or a rate of what it brings in where ``spend`` says how much;
    ``discount_rate`` is a rate per unit of time, ``horizon`` a time."""

    margin: Values | float
    discount_rate: float
    horizon: float
    spend: Spend | None = None
    level: float = 0.8
    draws: int = DRAWS
    seed: int = 0


def lifetime_value(story: Story, leaves: int, data: Purchases, asked: Asked) -> LifetimeValue:
    """The value of each customer of ``data``. Errors: inconsistent for a discount rate of −1 or below, a
    horizon that is none, or one with more than 50,000 expected purchases of a customer; bad_share for a
    level outside (0, 1); unequal_lengths."""
    quantile(asked.level)
    horizon, size = span_of(asked.horizon), data.x.size
    if not asked.discount_rate > -1:
        raise NotComputable("inconsistent", f"{asked.discount_rate} is no discount rate")
    delta = float(np.log1p(asked.discount_rate))
    margin = np.broadcast_to(_margins(asked.margin), (size,))
    worth, spent = _worth_of_a_purchase(asked.spend, size, asked)
    history: Any = {"frequency": data.x, "recency": data.t_x, "T": data.end}
    count = _discounted(story, history, horizon, delta)
    if horizon and float(count.max()) > MOST_PURCHASES:
        raise NotComputable("inconsistent", "too many purchases in this horizon to follow one by one")
    rates = np.sort(_futures(story, leaves, data, (horizon, delta), spent, asked), axis=1)
    ends = [(1 - asked.level) / 2, (1 + asked.level) / 2]
    low, high = np.quantile(rates, ends, axis=1)
    bounds = np.sort(np.stack([low * margin, high * margin]), axis=0)
    return LifetimeValue(
        expected=read_only(count * worth * margin),
        low=read_only(bounds[0].copy()),
        high=read_only(bounds[1].copy()),
        level=asked.level,
    )


def _margins(margin: Values | float) -> Floats:
    return floats([margin] if np.ndim(margin) == 0 else margin, name="margin")  # type: ignore[arg-type]


def _worth_of_a_purchase(spend: Spend | None, size: int, asked: Asked) -> tuple[Floats, Money]:
    """Expected spend of each, and what its purchases are drawn from: drawn parameters, counts, means."""
    if spend is None:
        return np.ones(size), (np.zeros((0, 3)), np.zeros(0), np.zeros(0))
    x, mean = spending(spend.frequency, spend.monetary_value)
    if x.size != size:
        raise NotComputable("unequal_lengths", "spend must be of as many customers as there are histories")
    expected = spend.model.expected_spend(frequency=x, monetary_value=mean)
    return expected, (_parameters(spend.model, asked, seed=asked.seed + 1), x, mean)


def _parameters(model: Estimated, asked: Asked, *, seed: int) -> Floats:
    """draws × parameters: what they may be, or the known ones over and over."""
    if model.covariance is None:
        return np.tile(np.array([*model.params.values()]), (asked.draws, 1))
    return model.drawn(asked.draws, seed=seed)


def _discounted(story: Story, history: Any, horizon: float, delta: float) -> Floats:
    at = horizon / 2 * (NODES + 1)
    total = np.exp(-delta * horizon) * story.conditional_expected_purchases(horizon, **history)
    if delta and horizon:
        for time, weight in zip(at, horizon / 2 * WEIGHTS, strict=True):
            lived = story.conditional_expected_purchases(float(time), **history)
            total = total + delta * weight * np.exp(-delta * time) * lived
    return np.asarray(total, np.float64)


def _futures(
    story: Story, leaves: int, data: Purchases, over: tuple[float, float], spent: Money, asked: Asked
) -> Floats:
    """customers × draws: the discounted sum of each drawn future."""
    params = _parameters(cast(Estimated, story), asked, seed=asked.seed)
    history: Any = {"frequency": data.x, "recency": data.t_x, "T": data.end}
    alive = story.probability_alive(**history)
    told: Floats = _compiled()(
        leaves, params, (data.x, data.t_x, data.end, alive), np.array(over), spent, asked.seed
    )
    return told


@cache
def _compiled() -> Callable[..., Any]:
    from numba import njit

    compiled: Callable[..., Any] = njit(cache=True, nogil=True)(_draw_futures)
    return compiled


def _draw_futures(leaves, params, data, over, spent, seed):  # type: ignore[no-untyped-def]
    """Lives on by the model's story, customer by customer, draw by draw.

    Given the history and that a customer is alive, the rate is Gamma(r + x, α + T), and what ends the
    relationship is Beta(a, b + chances taken) a purchase, or Gamma(s, β + T) in time.
    """
    np.random.seed(seed)
    x, t_x, end, alive = data
    horizon, delta = over
    of_spend, bought, mean = spent
    found = np.zeros((x.size, params.shape[0]))
    for at in range(x.size):
        for draw in range(params.shape[0]):
            r, alpha, third, fourth = params[draw]
            still, chances = alive[at], x[at]
            if leaves != LEAVES_ANY_TIME:
                chances = x[at] + leaves
                if chances > 0:
                    odds = (
                        third
                        / (fourth + chances - 1)
                        * ((alpha + end[at]) / (alpha + t_x[at])) ** (r + x[at])
                    )
                    still = 1 / (1 + odds)
            if np.random.random() >= still:
                continue
            rate = np.random.gamma(r + x[at], 1 / (alpha + end[at]))
            leave, last = 0.0, horizon
            if leaves == LEAVES_ANY_TIME:
                leaving = np.random.gamma(third, 1 / (fourth + end[at]))
                if leaving > 0:
                    last = min(horizon, np.random.exponential(1 / leaving))
            else:
                leave = np.random.beta(third, fourth + chances)
            shape, scale = 0.0, 0.0
            if bought.size > 0:
                shape, q, v = of_spend[draw]
                scale = 1 / np.random.gamma(shape * bought[at] + q, 1 / (v + bought[at] * mean[at]))
            now = 0.0
            while rate > 0:
                now += np.random.exponential(1 / rate)
                if now > last:
                    break
                worth = 1.0
                if shape > 0:
                    worth = np.random.gamma(shape, scale)
                found[at, draw] += worth * np.exp(-delta * now)
                if leave > 0 and np.random.random() < leave:
                    break
    return found


class Valued:
    """Adds ``lifetime_value`` to a model; ``leaves`` names when customers of that model may leave."""

    leaves: ClassVar[int]

    def lifetime_value(
        self,
        margin: Values | float,
        discount_rate: float,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
        spend: Spend | None = None,
        level: float = 0.8,
        draws: int = DRAWS,
        seed: int = 0,
    ) -> LifetimeValue:
        """What each customer brings in (T, T + horizon], discounted, with its predictive interval.

        ``margin``: money a purchase, or the share of spend that is margin where ``spend`` is given, one
        for all or one each. ``discount_rate`` is per unit of the data's time. Memory: 8 · customers ·
        draws bytes. Errors: those of ``purchases`` and of ``changqing.engine.lifetime_value``.
        """
        asked = Asked(
            margin=margin,
            discount_rate=discount_rate,
            horizon=horizon,
            spend=spend,
            level=level,
            draws=draws,
            seed=seed,
        )
        return lifetime_value(self, self.leaves, purchases(frequency, recency, T), asked)  # type: ignore[arg-type]
