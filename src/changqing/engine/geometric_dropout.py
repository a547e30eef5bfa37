"""What BG/NBD and MBG/NBD share: purchase rates Gamma(r, α), a chance Beta(a, b) to leave at each purchase.

BG/NBD lets customers leave at each repeat purchase, MBG/NBD at the first purchase too. So both have the
same expressions, with x chances to leave in the one and x + 1 in the other: with n chances and
β = b + n − 1, the odds of being gone are a/β · ((α+T)/(α+t_x))^(r+x), and 0 without a chance.
Sources: Fader, Hardie & Lee (2005), Marketing Science 24(2), 275-284, whose equation numbers are used
below; Batislam, Denizel & Filiztekin (2007), Int. J. of Research in Marketing 24(3), 201-209.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from changqing.engine.computable import Floats
from changqing.engine.histories import Purchases
from changqing.engine.special import digamma, log_gamma, trigamma

Part = tuple[float, Floats, Floats]

START = np.array([0.5, 0.5, 0.5, 2.0])
BLOCK = 1 << 14


class Likelihood:
    """Mean log-likelihood (equation 6) with gradient and Hessian in r, α, a, b.

    With n chances to leave, ln L = lnΓ(r+x) − lnΓ(r) + r ln α + lnB(a, b+n) − lnB(a, b) − (r+x) ln(α+T)
    + ln(1 + w), w = a/(b+n−1) · ((α+T)/(α+t_x))^(r+x) for n > 0, else 0; w/(1+w) is P(gone).
    Terms in x alone are summed over distinct x; those in t_x and T in blocks that stay in the cache.
    """

    def __init__(self, data: Purchases, *, at_first: bool) -> None:
        self.size, self.at_first = data.x.size, at_first
        self.counts, self.times = np.unique(data.x, return_counts=True)
        bound = (data.x == 0) & (not at_first)
        self.x, self.t_x, self.end = data.x[~bound], data.t_x[~bound], data.end[~bound]
        self.end_of_bound, self.bound = np.unique(data.end[bound], return_counts=True)

    def __call__(self, params: Floats) -> Part:
        value, gradient, hessian = self._counted(params)
        for part in (self._without_chance(params), *self._with_chance(params)):
            value += part[0]
            gradient += part[1]
            hessian += part[2]
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        return value / self.size, gradient / self.size, hessian / self.size

    def _counted(self, params: Floats) -> Part:
        r, alpha, a, b = params.tolist()
        x, times, size = self.counts, self.times, self.size
        n = x + self.at_first
        shapes = ((r + x, r), (a + b, a + b + n), (b + n, b))
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

    def _without_chance(self, params: Floats) -> Part:
        r, alpha = params[:2].tolist()
        span, times = alpha + self.end_of_bound, self.bound
        logs, inverse, squares = (float(times @ term) for term in (np.log(span), 1 / span, 1 / span**2))
        gradient = np.array([-logs, -r * inverse, 0.0, 0.0])
        hessian = np.zeros((4, 4))
        hessian[0, 1] = -inverse
        hessian[1, 1] = r * squares
        return -r * logs, gradient, hessian

    def _with_chance(self, params: Floats) -> Iterator[Part]:
        shift = np.array([0.0, 0.0, 0.0, float(self.at_first)])
        for begin in range(0, self.x.size, BLOCK):
            rows = slice(begin, begin + BLOCK)
            yield _block(params + shift, self.x[rows], self.t_x[rows], self.end[rows])


def _block(params: Floats, x: Floats, t_x: Floats, end: Floats) -> Part:
    """−(r+x) ln(α+T) + ln(1 + w) with n = x, summed over customers who had a chance, with its derivatives.

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
