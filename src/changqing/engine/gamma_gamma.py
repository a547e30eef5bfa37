"""Gamma-Gamma: what a customer spends per purchase, when purchases are few and spend varies.

Shape of the data, one entry a customer: ``frequency`` x = purchases that count, ``monetary_value`` m =
their mean value. Spend must not depend on how often a customer buys; check before use.
Source: Fader, Hardie & Lee (2005), RFM and CLV, J. Marketing Research 42(4), 415-430; Fader & Hardie
(2013), The Gamma-Gamma Model of Monetary Value, whose equation numbers are used below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats, none_negative, read_only
from changqing.engine.estimated import Estimated
from changqing.engine.maximum import covariance_of, maximise
from changqing.engine.special import digamma, log_gamma, trigamma
from changqing.engine.threads import one_thread

START = np.array([2.0, 2.0, 2.0])
SAMPLE, BLOCK = 10_000, 1 << 14


@dataclass(frozen=True, eq=False)
class GammaGamma(Estimated):
    """Value per purchase is Gamma(p, ν), ν varies over customers as Gamma(q, v).

    ``log_likelihood`` and ``covariance`` (order p, q, v) are None unless fitted.
    """

    p: float
    q: float
    v: float
    log_likelihood: float | None = None
    covariance: Floats | None = None

    @property
    def params(self) -> Mapping[str, float]:
        """In the papers' order."""
        return {"p": self.p, "q": self.q, "v": self.v}

    @classmethod
    def fit(cls, *, frequency: Values, monetary_value: Values) -> GammaGamma:
        """Maximum likelihood (equation 1a) over customers with at least one purchase.

        Errors: those of ``spending``; no_repeat when nobody has a purchase; at_boundary, no_convergence.
        """
        x, mean = spending(frequency, monetary_value)
        bought = x > 0
        if not bought.any():
            raise NotComputable("no_repeat", "nobody has a purchase, so nothing says what they spend")
        unit = float(mean[bought].mean())
        likelihood = _Likelihood(x[bought], mean[bought] / unit)
        with one_thread():
            found = maximise(likelihood, _near(x[bought], mean[bought] / unit))
        to_unit = np.array([1.0, 1.0, unit])
        p, q, v = (found.params * to_unit).tolist()
        size = int(bought.sum())
        covariance = covariance_of(found, size) * np.outer(to_unit, to_unit)
        total = found.value * size - size * math.log(unit)
        return cls(p=p, q=q, v=v, log_likelihood=total, covariance=read_only(covariance))

    def expected_spend(self, *, frequency: Values, monetary_value: Values) -> Floats:
        """E[mean value per purchase | history], equation 5: p·(v + x·m) ÷ (p·x + q − 1).

        A mean of the customer's own and everyone's, weighted by how much is known. For x = 0 everyone's,
        which needs q > 1 (inconsistent otherwise: the mean over all customers is infinite).
        """
        x, mean = spending(frequency, monetary_value)
        known = self.p * x + self.q - 1
        if (known <= 0).any():
            raise NotComputable("inconsistent", f"with q = {self.q:g} the mean over customers is infinite")
        return self.p * (self.v + x * mean) / known


def spending(frequency: Values, monetary_value: Values) -> tuple[Floats, Floats]:
    """Check spend. Errors: empty, not_finite, unequal_lengths, negative_value, out_of_range; inconsistent
    for a purchase whose mean value is not above zero."""
    x, mean = floats(frequency, name="frequency"), floats(monetary_value, name="monetary_value")
    if x.size != mean.size:
        raise NotComputable("unequal_lengths", "frequency and monetary_value must be of one length")
    none_negative(x, name="frequency")
    worthless = (x > 0) & (mean <= 0)
    if worthless.any():
        raise NotComputable("inconsistent", f"customer {int(np.argmax(worthless))} bought for nothing")
    return x, mean


def _near(x: Floats, mean: Floats) -> Floats:
    """Start large fits where a sample of the customers has its maximum."""
    every = slice(None, None, x.size // SAMPLE)
    if x.size < 3 * SAMPLE:
        return START
    try:
        return maximise(_Likelihood(x[every], mean[every]), START).params
    except NotComputable:
        return START


class _Likelihood:
    """Mean log-likelihood with gradient and Hessian in p, q, v; u = p·x.

    ln L = lnΓ(u+q) − lnΓ(u) − lnΓ(q) + q ln v + (u−1) ln m + u ln x − (u+q) ln(v + m·x).
    Terms in x alone are summed over distinct x; those in v + m·x in blocks that stay in the cache.
    """

    def __init__(self, x: Floats, mean: Floats) -> None:
        self.size, self.x, self.spent = x.size, x, x * mean
        self.log_mean = float(np.log(mean).sum())
        self.log_spent = float(x @ np.log(self.spent))
        self.counts, self.times = np.unique(x, return_counts=True)

    def __call__(self, params: Floats) -> tuple[float, Floats, Floats]:
        p, q, v = params.tolist()
        x, times, size = self.counts, self.times, self.size
        logs, logs_x, inverse, inverse_x, square, square_x = self._wholes(v)
        share = self.log_spent - logs_x
        psi, bend = digamma(p * x + q), trigamma(p * x + q)
        value = (
            float(times @ (log_gamma(p * x + q) - log_gamma(p * x) - log_gamma(q)))
            + size * q * math.log(v)
            + p * share
            - q * logs
            - self.log_mean
        )
        gradient = np.array(
            [
                times @ (x * (psi - digamma(p * x))) + share,
                times @ (psi - digamma(q)) + size * math.log(v) - logs,
                size * q / v - p * inverse_x - q * inverse,
            ]
        )
        hessian = np.empty((3, 3))
        hessian[0, 0] = times @ (x**2 * (bend - trigamma(p * x)))
        hessian[0, 1] = hessian[1, 0] = times @ (x * bend)
        hessian[0, 2] = hessian[2, 0] = -inverse_x
        hessian[1, 1] = times @ (bend - trigamma(q))
        hessian[1, 2] = hessian[2, 1] = size / v - inverse
        hessian[2, 2] = -size * q / v**2 + p * square_x + q * square
        return value / size, gradient / size, hessian / size

    def _wholes(self, v: float) -> list[float]:
        """Σ ln w, Σ x ln w, Σ 1/w, Σ x/w, Σ 1/w², Σ x/w² of w = v + m·x."""
        sums = np.zeros((self.size // BLOCK + 1, 6))
        for at, out in enumerate(sums):
            rows = slice(at * BLOCK, (at + 1) * BLOCK)
            x, whole = self.x[rows], v + self.spent[rows]
            inverse = 1 / whole
            for place, term in enumerate((np.log(whole), inverse, inverse**2)):
                out[2 * place : 2 * place + 2] = term.sum(), x @ term
        told: list[float] = sums.sum(axis=0).tolist()
        return told
