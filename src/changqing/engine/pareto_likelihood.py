"""The likelihood of Pareto/NBD with gradient and Hessian, and P(alive), which is a part of it.

For one customer, up to the factor Γ(r+x)/Γ(r) · α^r β^s (Fader & Hardie 2005, equation 14 before the
integral is solved):

    (α+T)^−(r+x) (β+T)^−s + s ∫ (α+y)^−(r+x) (β+y)^−(s+1) dy, y from t_x to T,

alive at T, or gone at a time y after the last purchase. The papers solve the integral with ₂F₁, whose
derivatives in its own parameters have no closed form and which loses digits when α and β are far apart.
Here it is taken by Gauss-Legendre quadrature in τ = ln((m+y)/(m+t_x)), m = min(α, β), where the integrand
is smooth (its nearest singularity lies at Im τ = ±π) and falls about exponentially; the range ends where
less than e^−40 is left. With 32 nodes ln L agrees with quadrature on a graded mesh of 960 nodes to 4e-11 at
worst over parameters between .01 and 1000 and up to 10,000 purchases, mostly to 1e-14; on CDNOW with ₂F₁ to
the last bit. The same nodes give all derivatives: the likelihood is a sum over "alive" and the nodes, so
its logarithm has the gradient Σ p_k ∂ and the Hessian Σ p_k (∂² + ∂ ∂ᵀ) − (Σ p_k ∂)(Σ p_k ∂)ᵀ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Floats
from changqing.engine.histories import Purchases
from changqing.engine.special import digamma, log_gamma, trigamma

Part = tuple[float, Floats, Floats]

NODES, WEIGHTS = (array for array in np.polynomial.legendre.leggauss(32))
NEGLIGIBLE = 40.0
TINY = 1e-300
BLOCK = 512


@dataclass(frozen=True, eq=False)
class _Ends:
    """How a block of histories may have ended; first axis of two: customers, second: nodes.

    ``log_alive`` is the logarithm of the first term, ``alive`` its share in the likelihood, ``log_odds``
    that of the second over the first, ``at`` (α+y, β+y), ``logs`` their logarithms, ``chance`` the shares
    of the nodes in the second term.
    """

    log_alive: Floats
    log_odds: Floats
    alive: Floats
    at: tuple[Floats, Floats]
    logs: tuple[Floats, Floats]
    chance: Floats


def _length(params: Floats, data: Purchases) -> Floats:
    """Of the range in τ: to T, or to where the integrand has fallen by e^−40."""
    r, alpha, s, beta = params.tolist()
    near, u = min(alpha, beta) + data.t_x, r + data.x
    slowest_fall = u * near / (alpha + data.t_x) + (s + 1) * near / (beta + data.t_x) - 1
    bounds = [np.log1p((data.end - data.t_x) / near), NEGLIGIBLE / np.maximum(slowest_fall, 1e-3)]
    if beta < alpha:
        fallen = np.expm1(np.minimum(NEGLIGIBLE / u, 100.0)) * (alpha + data.t_x) / near
        bounds.append(np.log1p(fallen))
    return np.asarray(np.minimum.reduce(bounds), np.float64)


def _ends(params: Floats, data: Purchases) -> _Ends:
    r, alpha, s, beta = params.tolist()
    u, near = r + data.x, min(alpha, beta) + data.t_x
    half = _length(params, data) / 2
    tau = half[:, None] * (NODES + 1)
    onwards = near[:, None] * np.expm1(tau)
    at = (alpha + data.t_x)[:, None] + onwards, (beta + data.t_x)[:, None] + onwards
    logs = np.log(at[0]), np.log(at[1])
    first = np.log(alpha + data.t_x), np.log(beta + data.t_x)
    fall = u[:, None] * (logs[0] - first[0][:, None]) + (s + 1) * (logs[1] - first[1][:, None])
    weight = np.exp(tau - fall) * WEIGHTS
    total = weight.sum(axis=1)
    log_alive = -u * np.log(alpha + data.end) - s * np.log(beta + data.end)
    log_gone = math.log(s) - u * first[0] - (s + 1) * first[1] + np.log(near)
    log_odds = log_gone + np.log(np.maximum(total * half, TINY)) - log_alive
    tail = np.exp(-np.abs(log_odds))
    alive = np.where(log_odds > 0, tail, 1.0) / (1 + tail)
    return _Ends(log_alive, log_odds, alive, at, logs, weight / total[:, None])


def probability_alive(params: Floats, data: Purchases) -> Floats:
    """P(still a customer at T) of each customer, params (r, α, s, β)."""
    parts = (_ends(params, rows).alive for rows in _blocks(data))
    return np.concatenate([*parts])


def _blocks(data: Purchases) -> list[Purchases]:
    begins = range(0, data.x.size, BLOCK)
    rows = [slice(begin, begin + BLOCK) for begin in begins]
    return [Purchases(data.x[at], data.t_x[at], data.end[at]) for at in rows]


class Likelihood:
    """Mean log-likelihood with gradient and Hessian in r, α, s, β.

    Customers without a repeat purchase and of one T are one row, with their number as its weight.
    """

    def __init__(self, data: Purchases) -> None:
        self.size = data.x.size
        self.counts, self.times = np.unique(data.x, return_counts=True)
        again = data.x > 0
        ends, alike = np.unique(data.end[~again], return_counts=True)
        nothing = np.zeros(ends.size)
        rows = Purchases(
            np.concatenate([nothing, data.x[again]]),
            np.concatenate([nothing, data.t_x[again]]),
            np.concatenate([ends, data.end[again]]),
        )
        self.blocks = _blocks(rows)
        weights = np.concatenate([alike, np.ones(int(again.sum()))])
        self.weights = [weights[at : at + BLOCK] for at in range(0, weights.size, BLOCK)]

    def __call__(self, params: Floats) -> Part:
        value, gradient, hessian = self._counted(params)
        for rows, weights in zip(self.blocks, self.weights, strict=True):
            part = _block(params, rows, weights)
            value += part[0]
            gradient += part[1]
            hessian += part[2]
        return value / self.size, gradient / self.size, hessian / self.size

    def _counted(self, params: Floats) -> Part:
        """ln Γ(r+x) − ln Γ(r) + r ln α + s ln β, summed over distinct x."""
        r, alpha, s, beta = params.tolist()
        size, counts, times = self.size, self.counts, self.times
        value, slope, bend = (float(times @ (f(r + counts) - f(r))) for f in (log_gamma, digamma, trigamma))
        logs = math.log(alpha), math.log(beta)
        gradient = np.array([slope + size * logs[0], size * r / alpha, size * logs[1], size * s / beta])
        hessian = np.zeros((4, 4))
        hessian[0, 0] = bend
        hessian[0, 1] = hessian[1, 0] = size / alpha
        hessian[1, 1] = -size * r / alpha**2
        hessian[2, 3] = hessian[3, 2] = size / beta
        hessian[3, 3] = -size * s / beta**2
        return value + size * (r * logs[0] + s * logs[1]), gradient, hessian


def _block(params: Floats, data: Purchases, weights: Floats) -> Part:
    """ln of the sum of both terms, over the customers of a block. Columns: the nodes, then "alive"."""
    _, alpha, s, beta = params.tolist()
    ends = _ends(params, data)
    u = (params[0] + data.x)[:, None]
    chance = np.column_stack([(1 - ends.alive)[:, None] * ends.chance, ends.alive])
    early = np.column_stack([ends.at[0], alpha + data.end])
    late = np.column_stack([ends.at[1], beta + data.end])
    by = np.empty((4, *chance.shape))
    by[0] = -np.log(early)
    by[1] = -u / early
    by[2] = -np.log(late)
    by[2, :, :-1] += 1 / s
    by[3] = -(s + 1) / late
    by[3, :, -1] *= s / (s + 1)
    mean = (by * chance).sum(axis=2)
    weighted = chance * weights[:, None]
    value = float(weights @ (ends.log_alive + np.logaddexp(0, ends.log_odds)))
    spread = (by * weighted).reshape(4, -1) @ by.reshape(4, -1).T - (mean * weights) @ mean.T
    return value, mean @ weights, spread + _bends(s, (u, early, late), by, weighted)


def _bends(s: float, of: tuple[Floats, Floats, Floats], by: Floats, weighted: Floats) -> Floats:
    """Expected second derivatives of the terms' logarithms."""
    u, early, late = of
    hessian = np.zeros((4, 4))
    hessian[0, 1] = hessian[1, 0] = -(weighted / early).sum()
    hessian[1, 1] = (weighted * u / early**2).sum()
    hessian[2, 2] = -float(weighted[:, :-1].sum()) / s**2
    hessian[2, 3] = hessian[3, 2] = -(weighted / late).sum()
    hessian[3, 3] = -(weighted * by[3] / late).sum()
    return hessian
