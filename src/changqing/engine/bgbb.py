"""BG/BB: how often people will use occasions that come at fixed times, when they may leave unnoticed.

Shape of the data, one entry a group of customers alike: ``frequency`` x = occasions used after the first
purchase, ``recency`` t_x = number of the last one used (0 when x = 0), ``periods`` n = occasions there were,
``weights`` = customers in the group (1 unless given).
Source: Fader, Hardie & Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting,
Marketing Science 29(6), 1086-1108.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from changqing.engine.computable import (
    Floats,
    Integers,
    NotComputable,
    Values,
    floats,
    none_negative,
    read_only,
)
from changqing.engine.estimated import Estimated
from changqing.engine.histories import refuse
from changqing.engine.maximum import covariance_of, maximise
from changqing.engine.special import digamma, log_gamma, trigamma

Part = tuple[float, Floats, Floats]

START = np.array([1.0, 1.0, 1.0, 2.0])
MOST_PERIODS = 1000


@dataclass(frozen=True, eq=False)
class Occasions:
    """Checked groups: occasions used, the last one used, occasions there were, customers."""

    x: Floats
    t_x: Floats
    n: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class BgBb(Estimated):
    """The chance to use an occasion varies as Beta(α, β), the chance to leave before it as Beta(γ, δ).

    ``log_likelihood`` and ``covariance`` (order alpha, beta, gamma, delta) are None unless fitted.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float | None = None
    covariance: Floats | None = None

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order."""
        return {"alpha": self.alpha, "beta": self.beta, "gamma": self.gamma, "delta": self.delta}

    @classmethod
    def fit(
        cls, *, frequency: Values, recency: Values, periods: Values, weights: Values | None = None
    ) -> BgBb:
        """Maximum likelihood. As in the paper, a history is its x, t_x and n in one order of purchases.

        Errors: those of ``occasions``; no_repeat when nobody used an occasion; at_boundary when the data
        do not determine a parameter; no_convergence.
        """
        data = occasions(frequency, recency, periods, weights)
        if not (data.x * data.weights).any():
            raise NotComputable("no_repeat", "nobody used an occasion, so nothing says how often they do")
        found = maximise(_Likelihood(data), START)
        size = float(data.weights.sum())
        alpha, beta, gamma, delta = found.params.tolist()
        return cls(alpha, beta, gamma, delta, found.value * size, read_only(covariance_of(found, size)))

    def probability_alive(
        self, ahead: int = 0, *, frequency: Values, recency: Values, periods: Values
    ) -> Floats:
        """P(still a customer at occasion n + ahead): for 0 the last one there was, for 1 the next one."""
        data = occasions(frequency, recency, periods)
        survival, which = self._survival(data.n, _count(ahead))
        later: Floats = survival[which, -1]
        return _alive(self._vector, data) * later

    def conditional_expected_purchases(
        self, horizon: int, *, frequency: Values, recency: Values, periods: Values
    ) -> Floats:
        """E[occasions used of the next ``horizon`` | history].

        P(alive at n) · (α+x)/(α+β+n) · Σ_j P(alive at n+j | alive at n), all terms positive, where the
        paper's equation 13 has a pole at γ = 1.
        """
        data = occasions(frequency, recency, periods)
        survival, which = self._survival(data.n, _count(horizon))
        occasions_lived: Floats = survival[:, 1:].sum(axis=1)[which]
        use = (self.alpha + data.x) / (self.alpha + self.beta + data.n)
        return _alive(self._vector, data) * use * occasions_lived

    def expected_purchases(self, horizon: int) -> float:
        """E[occasions used of the first ``horizon``] of a customer just won."""
        survival, _ = self._survival(np.zeros(1), _count(horizon))
        return self.alpha / (self.alpha + self.beta) * float(survival[0, 1:].sum())

    @property
    def _vector(self) -> Floats:
        return np.array([self.alpha, self.beta, self.gamma, self.delta])

    def _survival(self, n: Floats, ahead: int) -> tuple[Floats, Integers]:
        """P(alive at n + j | alive at n), j = 0 … ahead, a row a distinct n, Π (δ+n+i−1)/(γ+δ+n+i−1);
        and each customer's row."""
        distinct, which = np.unique(n, return_inverse=True)
        stay = self.delta + distinct[:, None] + np.arange(ahead)
        steps = np.ones((distinct.size, ahead + 1))
        steps[:, 1:] = stay / (self.gamma + stay)
        return steps.cumprod(axis=1), which.astype(np.int64)


def occasions(
    frequency: Values, recency: Values, periods: Values, weights: Values | None = None
) -> Occasions:
    """Check groups. Errors: empty, not_finite, unequal_lengths, negative_value, out_of_range; inconsistent
    for broken counts, more uses than occasions, or recency without (or missing at) a use."""
    given = (
        frequency,
        recency,
        periods,
        np.ones(np.shape(np.asarray(frequency))) if weights is None else weights,
    )
    names = ("frequency", "recency", "periods", "weights")
    x, t_x, n, weight = (floats(array, name=name) for array, name in zip(given, names, strict=True))
    if not x.size == t_x.size == n.size == weight.size:
        raise NotComputable(
            "unequal_lengths", "frequency, recency, periods and weights must be of one length"
        )
    for array, name in zip((x, t_x, n, weight), names, strict=True):
        none_negative(array, name=name)
    if n.max() > MOST_PERIODS:
        raise NotComputable(
            "out_of_range", f"more than {MOST_PERIODS} occasions; use a model in continuous time"
        )
    refuse(
        {
            "a count is no whole number": (x != np.floor(x)) | (t_x != np.floor(t_x)) | (n != np.floor(n)),
            "the last use lies beyond the occasions there were": t_x > n,
            "more uses than occasions up to the last use": x > t_x,
            "recency and frequency must be zero together": (x == 0) != (t_x == 0),
        }
    )
    return Occasions(x, t_x, n, weight)


def _count(horizon: Any) -> int:
    if not (0 <= horizon <= MOST_PERIODS and horizon == int(horizon)):
        raise NotComputable("inconsistent", f"a horizon is a number of occasions from 0, not {horizon}")
    return int(horizon)


@dataclass(frozen=True, eq=False)
class _Ends:
    """All ways each group may have ended: alive at n, or gone after occasion m = t_x … n − 1.

    One entry an end: its group's row, m, 1 if gone, x. ``first`` = where each group's ends begin.
    """

    row: Integers
    m: Floats
    gone: Floats
    x: Floats
    first: Integers


def _ends(data: Occasions) -> _Ends:
    sizes = (data.n - data.t_x).astype(np.int64) + 1
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    row = np.repeat(np.arange(sizes.size), sizes)
    place = np.arange(row.size) - first[row]
    m = np.where(place == 0, data.n[row], data.t_x[row] + place - 1)
    return _Ends(row, m, (place > 0).astype(np.float64), data.x[row], first)


def _logs(params: Floats, ends: _Ends) -> Floats:
    """ln of each end: B(α+x, β+m−x)/B(α, β) · B(γ+gone, δ+m)/B(γ, δ)."""
    alpha, beta, gamma, delta = params.tolist()
    m, gone, x = ends.m, ends.gone, ends.x
    use = log_gamma(alpha + x) + log_gamma(beta + m - x) - log_gamma(alpha + beta + m)
    stay = log_gamma(gamma + gone) + log_gamma(delta + m) - log_gamma(gamma + delta + m + gone)
    return use + stay - _log_beta(alpha, beta) - _log_beta(gamma, delta)


def _log_beta(a: float, b: float) -> float:
    return float(log_gamma(a) + log_gamma(b) - log_gamma(a + b))


def _mixed(logs: Floats, ends: _Ends) -> tuple[Floats, Floats]:
    """ln of each group's sum, and each end's share in it."""
    top = np.maximum.reduceat(logs, ends.first)
    parts = np.exp(logs - top[ends.row])
    total = np.add.reduceat(parts, ends.first)
    return top + np.log(total), parts / total[ends.row]


def _alive(params: Floats, data: Occasions) -> Floats:
    """P(alive at n): the share of the first end, computed once for each history."""
    histories, which = _distinct(data)
    ends = _ends(histories)
    _, share = _mixed(_logs(params, ends), ends)
    return np.asarray(share[ends.first][which], np.float64)


def _distinct(data: Occasions) -> tuple[Occasions, Integers]:
    """Each history once, weighing what all alike weigh, and where each group is among them."""
    table, inverse = np.unique(np.column_stack([data.x, data.t_x, data.n]), axis=0, return_inverse=True)
    which = inverse.ravel().astype(np.int64)
    return Occasions(
        table[:, 0], table[:, 1], table[:, 2], np.bincount(which, data.weights).astype(np.float64)
    ), which


class _Likelihood:
    """Mean log-likelihood with gradient and Hessian in α, β, γ, δ.

    A sum over ends: gradient Σ p_k ∂, Hessian Σ p_k (∂² + ∂ ∂ᵀ) − (Σ p_k ∂)(Σ p_k ∂)ᵀ for each group.
    Groups of one history are one.
    """

    def __init__(self, data: Occasions) -> None:
        histories, _ = _distinct(data)
        self.weights = histories.weights
        self.size = float(self.weights.sum())
        self.ends = _ends(histories)

    def __call__(self, params: Floats) -> Part:
        ends = self.ends
        values, share = _mixed(_logs(params, ends), ends)
        by, bends = self._derivatives(params)
        weighted = share * self.weights[ends.row]
        mean = np.add.reduceat(by * share, ends.first, axis=1)
        hessian = (by * weighted) @ by.T - (mean * self.weights) @ mean.T
        own, pairs = bends @ weighted, np.zeros((4, 4))
        pairs[:2, :2], pairs[2:, 2:] = own[4], own[5]
        hessian += np.diag(own[:4]) + pairs
        return float(values @ self.weights) / self.size, mean @ self.weights / self.size, hessian / self.size

    def _derivatives(self, params: Floats) -> tuple[Floats, Floats]:
        """First derivatives of each end's logarithm; second ones of its lnΓ of one parameter (4) and of
        the sums α + β and γ + δ (2)."""
        alpha, beta, gamma, delta = params.tolist()
        m, gone, x = self.ends.m, self.ends.gone, self.ends.x
        shapes = (
            (alpha + x, alpha),
            (beta + m - x, beta),
            (gamma + gone, gamma),
            (delta + m, delta),
            (alpha + beta, alpha + beta + m),
            (gamma + delta, gamma + delta + m + gone),
        )
        slopes, bends = (
            np.array([f(over) - f(under) for over, under in shapes]) for f in (digamma, trigamma)
        )
        return slopes[:4] + np.repeat(slopes[4:], 2, axis=0), bends
