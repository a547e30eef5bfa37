"""Shifted-beta-geometric: who renews, and how often still, where customers must renew or leave.

Shape of the data: customers of one cohort that are left at the start and after each renewal, as
(1000, 869, 743, …). Source: Fader & Hardie (2007), How to Project Customer Retention, J. Interactive
Marketing 21(1), 76-90; (2010), Customer-Base Valuation in a Contractual Setting, Marketing Science 29(1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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
from changqing.engine.maximum import covariance_of, maximise
from changqing.engine.special import digamma, hyp2f1, log_gamma, trigamma

START = np.array([1.0, 1.0])
Part = tuple[float, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Sbg(Estimated):
    """The chance not to renew varies over customers as Beta(α, β).

    ``log_likelihood`` and ``covariance`` (order alpha, beta) are None unless fitted.
    """

    alpha: float
    beta: float
    log_likelihood: float | None = None
    covariance: Floats | None = None

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order."""
        return {"alpha": self.alpha, "beta": self.beta}

    @classmethod
    def fit(cls, survivors: Values) -> Sbg:
        """Maximum likelihood from the customers left after 0, 1, 2 … renewals, at least two renewals.

        Errors: empty, not_finite, negative_value; too_few_points; inconsistent when a later count is
        higher; at_boundary when all or none leave.
        """
        left = floats(survivors, name="survivors")
        none_negative(left, name="survivors")
        if left.size < 3:
            raise NotComputable("too_few_points", "two renewals are needed to tell two parameters apart")
        if (np.diff(left) > 0).any():
            raise NotComputable("inconsistent", "more customers are left than before")
        if left[0] in (left[-1], left[0] - left[1]):
            raise NotComputable("at_boundary", "all left at once or nobody left: the data do not fix it")
        found = maximise(_Likelihood(left), START)
        alpha, beta = found.params.tolist()
        covariance = covariance_of(found, float(left[0]))
        return cls(alpha, beta, found.value * float(left[0]), read_only(covariance))

    def survival(self, renewals: Values) -> Floats:
        """Share of the cohort left after so many renewals, B(α, β + t)/B(α, β)."""
        t = _periods(renewals)
        return np.exp(_log_survival(self.alpha, self.beta, t))

    def retention(self, renewals: Values) -> Floats:
        """Share of those left that renews the t-th time, (β + t − 1)/(α + β + t − 1), t from 1."""
        t = _periods(renewals)
        if (t < 1).any():
            raise NotComputable("inconsistent", "the first renewal is number 1")
        return (self.beta + t - 1) / (self.alpha + self.beta + t - 1)

    def expected_remaining(self, renewals: int, *, discount_rate: float) -> float:
        """DERL: discounted expected renewals still to come of a customer who has renewed ``renewals`` times,
        the next one undiscounted: (β+n)/(α+β+n) · ₂F₁(1, β+n+1; α+β+n+1; 1/(1+d))."""
        n = float(_periods([renewals])[0])
        if not discount_rate > 0:
            raise NotComputable("inconsistent", "without a discount rate above zero the sum may have no end")
        beta, both = self.beta + n, self.alpha + self.beta + n
        return float(beta / both * hyp2f1(1.0, beta + 1, both + 1, 1 / (1 + discount_rate)))


def _periods(renewals: Values) -> Floats:
    t = floats(renewals, name="renewals")
    none_negative(t, name="renewals")
    if (t != np.floor(t)).any():
        raise NotComputable("inconsistent", "renewals are whole numbers")
    return t


def _log_survival(alpha: float, beta: float, t: Floats) -> Floats:
    both = alpha + beta
    return log_gamma(beta + t) - log_gamma(beta) + log_gamma(both) - log_gamma(both + t)


class _Likelihood:
    """Mean log-likelihood: those who leave at t with P(T = t) = α/(β+t−1) · S(t), the rest with S(last)."""

    def __init__(self, left: Floats) -> None:
        self.size = float(left[0])
        self.t = np.arange(1.0, left.size)
        self.gone = -np.diff(left)
        self.at: Integers | Floats = self.gone.copy()
        self.at[-1] += left[-1]

    def __call__(self, params: Floats) -> Part:
        """d ln P = d ln S + (1/α, −1/(β+t−1)); second derivatives likewise."""
        alpha, beta = params.tolist()
        both, edge = alpha + beta, beta + self.t - 1
        of_both = [f(both) - f(both + self.t) for f in (digamma, trigamma)]
        of_beta = [f(beta + self.t) - f(beta) for f in (digamma, trigamma)]
        at, gone, lost = self.at, self.gone, float(self.gone.sum())
        value = float(at @ _log_survival(alpha, beta, self.t) + gone @ (math.log(alpha) - np.log(edge)))
        gradient = np.array(
            [at @ of_both[0] + lost / alpha, at @ (of_both[0] + of_beta[0]) - gone @ (1 / edge)]
        )
        mixed = at @ of_both[1]
        hessian = np.array(
            [[mixed - lost / alpha**2, mixed], [mixed, mixed + at @ of_beta[1] + gone @ (1 / edge**2)]]
        )
        return value / self.size, gradient / self.size, hessian / self.size
