"""BG/NBD: how many purchases to expect from customers who may leave unnoticed.

Shape of the data, one entry a customer: ``frequency`` x = repeat purchases (the first is not counted),
``recency`` t_x = time from the first to the last purchase (0 when x = 0), ``T`` = time from the first
purchase to the end of observation, in one unit of time.
Source: Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2),
275-284; equation numbers below are theirs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats, none_negative, read_only
from changqing.engine.maximum import covariance_of, maximise
from changqing.engine.special import digamma, hyp2f1, log_gamma, trigamma

Part = tuple[float, Floats, Floats]

START = np.array([0.5, 0.5, 0.5, 2.0])
BLOCK = 1 << 14
SAMPLE = 20_000
NEAR_ONE = 1e-5


@dataclass(frozen=True, eq=False)
class Purchases:
    """Checked histories: x, t_x and T of each customer."""

    x: Floats
    t_x: Floats
    end: Floats


@dataclass(frozen=True, eq=False)
class BgNbd:
    """Purchase rates vary as Gamma(r, α), dropout after each purchase as Beta(a, b).

    ``log_likelihood`` and ``covariance`` (order r, alpha, a, b) are None unless fitted.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float | None = None
    covariance: Floats | None = None

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @classmethod
    def fit(cls, *, frequency: Values, recency: Values, T: Values) -> BgNbd:  # noqa: N803 - the papers' name
        """Maximum likelihood, exact to about 1e-9 in the parameters.

        Errors: those of ``purchases``; no_repeat when nobody bought twice; at_boundary when the data do
        not determine a parameter (one customer, nobody ever silent, …); no_convergence.
        """
        data = purchases(frequency, recency, T)
        if not data.x.any():
            raise NotComputable(
                "no_repeat", "nobody bought a second time, so nothing says how often they buy"
            )
        unit = float(data.end.mean())
        scaled = Purchases(data.x, data.t_x / unit, data.end / unit)
        found = maximise(_Likelihood(scaled), _start(scaled))
        to_unit = np.array([1.0, unit, 1.0, 1.0])
        r, alpha, a, b = (found.params * to_unit).tolist()
        size = data.x.size
        return cls(
            r=r,
            alpha=alpha,
            a=a,
            b=b,
            log_likelihood=found.value * size - float(data.x.sum()) * math.log(unit),
            covariance=read_only(covariance_of(found, size) * np.outer(to_unit, to_unit)),
        )

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(still a customer at T). 1 for those without a repeat purchase, as the model has it: nobody can
        drop out before a repeat purchase. (Fader, Hardie & Lee 2008, note "Computing P(alive) …".)
        """
        return _alive(self, purchases(frequency, recency, T))

    def conditional_expected_purchases(
        self,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
    ) -> Floats:
        """E[purchases in (T, T + horizon] | history], equation 10, after Euler's transformation of ₂F₁,
        which keeps it exact for thousands of purchases."""
        data = purchases(frequency, recency, T)
        expected = _expected(self, _span(horizon), data.x, data.end)
        return expected * _alive(self, data)

    def expected_purchases(self, horizon: float) -> float:
        """E[purchases in (0, horizon]] of a customer just won, equation 9."""
        return float(_expected(self, _span(horizon), np.zeros(1), np.zeros(1))[0])


def purchases(frequency: Values, recency: Values, end: Values) -> Purchases:
    """Check histories. Errors: empty, not_finite, unequal_lengths, negative_value, out_of_range;
    inconsistent for broken counts, recency beyond T, or recency without (or missing at) a repeat purchase.
    """
    x, t_x, span = floats(frequency, name="frequency"), floats(recency, name="recency"), floats(end, name="T")
    if not x.size == t_x.size == span.size:
        raise NotComputable("unequal_lengths", "frequency, recency and T must be of one length")
    for array, name in ((x, "frequency"), (t_x, "recency"), (span, "T")):
        none_negative(array, name=name)
    faults = {
        "frequency is no whole number": x != np.floor(x),
        "the last purchase lies beyond T": t_x > span,
        "recency and frequency must be zero together": (x == 0) != (t_x == 0),
    }
    for sentence, rows in faults.items():
        if rows.any():
            raise NotComputable("inconsistent", f"customer {int(np.argmax(rows))}: {sentence}")
    return Purchases(x, t_x, span)


def _span(horizon: float) -> float:
    if not (math.isfinite(horizon) and horizon >= 0):
        raise NotComputable("inconsistent", f"a horizon is a time from 0, not {horizon}")
    return float(horizon)


def _alive(model: BgNbd, data: Purchases) -> Floats:
    again = data.x > 0
    x = np.where(again, data.x, 1.0)
    log_odds_gone = (
        math.log(model.a)
        - np.log(model.b + x - 1)
        + (model.r + x) * np.log((model.alpha + data.end) / (model.alpha + data.t_x))
    )
    tail = np.exp(-np.abs(log_odds_gone))
    alive = np.where(log_odds_gone > 0, tail, 1.0) / (1.0 + tail)
    return np.where(again, alive, 1.0)


def _expected(model: BgNbd, horizon: float, x: Floats, end: Floats) -> Floats:
    """Expected purchases of those alive at ``end`` after ``x`` repeat purchases.

    (a + b + x − 1)/(a − 1) · [1 − (1 − z)^(a−1) ₂F₁(a + b − 1 − r, a − 1; a + b + x − 1; z)],
    z = horizon/(α + end + horizon). The pole at a = 1 is removable: there, the line between both sides.
    """
    if abs(model.a - 1) < NEAR_ONE:
        below, above = (
            _expected(BgNbd(model.r, model.alpha, side, model.b), horizon, x, end)
            for side in (1 - 2 * NEAR_ONE, 1 + 2 * NEAR_ONE)
        )
        return below + (above - below) * ((model.a - 1) / (4 * NEAR_ONE) + 0.5)
    z = horizon / (model.alpha + end + horizon)
    shape = model.a + model.b - 1
    gauss = hyp2f1(shape - model.r, model.a - 1, shape + x, z)
    return (shape + x) / (model.a - 1) * (1 - np.exp((model.a - 1) * np.log1p(-z)) * gauss)


def _start(data: Purchases) -> Floats:
    """Start large fits where a sample of the customers has its maximum."""
    if data.x.size < 3 * SAMPLE:
        return START
    every = slice(None, None, data.x.size // SAMPLE)
    sample = Purchases(data.x[every], data.t_x[every], data.end[every])
    try:
        return maximise(_Likelihood(sample), START).params
    except NotComputable:
        return START


class _Likelihood:
    """Mean log-likelihood (equation 6) with gradient and Hessian in r, α, a, b.

    ln L = lnΓ(r+x) − lnΓ(r) + r ln α + lnB(a, b+x) − lnB(a, b) … − (r+x) ln(α+T) + ln(1 + w),
    w = a/(b+x−1) · ((α+T)/(α+t_x))^(r+x) for x > 0, else 0; p = w/(1+w) is the probability of being gone.
    Terms in x alone are summed over distinct x; those in t_x and T in blocks that stay in the cache.
    """

    def __init__(self, data: Purchases) -> None:
        self.size = data.x.size
        self.counts, self.times = np.unique(data.x, return_counts=True)
        again = data.x > 0
        self.x, self.t_x, self.end = data.x[again], data.t_x[again], data.end[again]
        self.end_of_once, self.once = np.unique(data.end[~again], return_counts=True)

    def __call__(self, params: Floats) -> Part:
        value, gradient, hessian = self._counted(params)
        for part in (self._bought_once(params), *self._bought_again(params)):
            value += part[0]
            gradient += part[1]
            hessian += part[2]
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        return value / self.size, gradient / self.size, hessian / self.size

    def _counted(self, params: Floats) -> Part:
        r, alpha, a, b = params.tolist()
        x, times, size = self.counts, self.times, self.size
        shapes = ((r + x, r), (a + b, a + b + x), (b + x, b))
        values, slopes, bends = (
            [float(times @ (function(over) - function(under))) for over, under in shapes]
            for function in (log_gamma, digamma, trigamma)
        )
        value = sum(values) + size * r * math.log(alpha)
        gradient = np.array(
            [slopes[0] + size * math.log(alpha), size * r / alpha, slopes[1], slopes[1] + slopes[2]]
        )
        hessian = np.zeros((4, 4))
        hessian[0, :2] = bends[0], size / alpha
        hessian[1, 1] = -size * r / alpha**2
        hessian[2, 2:] = bends[1]
        hessian[3, 3] = bends[1] + bends[2]
        return value, gradient, hessian

    def _bought_once(self, params: Floats) -> Part:
        r, alpha = params[:2].tolist()
        span, times = alpha + self.end_of_once, self.once
        logs, inverse, squares = (float(times @ term) for term in (np.log(span), 1 / span, 1 / span**2))
        gradient = np.array([-logs, -r * inverse, 0.0, 0.0])
        hessian = np.zeros((4, 4))
        hessian[0, 1] = -inverse
        hessian[1, 1] = r * squares
        return -r * logs, gradient, hessian

    def _bought_again(self, params: Floats) -> Iterator[Part]:
        for begin in range(0, self.x.size, BLOCK):
            rows = slice(begin, begin + BLOCK)
            yield _block(params, self.x[rows], self.t_x[rows], self.end[rows])


def _block(params: Floats, x: Floats, t_x: Floats, end: Floats) -> Part:
    """−(r+x) ln(α+T) + ln(1 + w), summed over customers with a repeat purchase, with its derivatives.

    Rows of ``by`` are the derivatives of ln w in r, α, a, b; p(1 − p)·by·byᵀ is what they share.
    """
    r, alpha, a, b = params.tolist()
    u, beta = r + x, b + x - 1
    early, late = 1 / (alpha + t_x), 1 / (alpha + end)
    log_late = np.log(alpha + end)
    by = np.empty((4, x.size))
    by[0] = log_late - np.log(alpha + t_x)
    by[1] = u * (late - early)
    by[2] = 1 / a
    by[3] = -1 / beta
    log_w = math.log(a) - np.log(beta) + u * by[0]
    tail = np.exp(-np.abs(log_w))
    gone = np.where(log_w > 0, 1.0, tail) / (1 + tail)
    value = float((np.maximum(log_w, 0) + np.log1p(tail) - u * log_late).sum())
    gradient = by @ gone
    gradient[0] -= log_late.sum()
    gradient[1] -= u @ late
    hessian = (by * (gone * (1 - gone))) @ by.T
    hessian[0, 1] += gone @ (late - early) - late.sum()
    hessian[1, 1] += u @ (late**2 + gone * (early**2 - late**2))
    hessian[2, 2] -= gone.sum() / a**2
    hessian[3, 3] += gone @ by[3] ** 2
    return value, gradient, hessian
