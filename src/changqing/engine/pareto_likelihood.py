"""The likelihood of Pareto/NBD with gradient and Hessian, and P(alive), which is a part of it.

For one customer, up to the factor Γ(r+x)/Γ(r) · α^r β^s (Fader & Hardie 2005, equation 14 before the
integral is solved):

    (α+T)^−(r+x) (β+T)^−s + s ∫ (α+y)^−(r+x) (β+y)^−(s+1) dy, y from t_x to T,

alive at T, or gone at a time y after the last purchase. The papers solve the integral with ₂F₁, whose
derivatives in its own parameters have no closed form and which loses digits when α and β are far apart.
Here it is taken by Gauss-Legendre quadrature in τ = ln((m+y)/(m+t_x)), m = min(α, β), where the integrand
is smooth (its nearest singularity lies at Im τ = ±π) and falls about exponentially; the range ends where
less than e^−40 is left. With 32 nodes (12 where
the range is short) ln L agrees with quadrature on a graded mesh of 960 nodes to 4e-11 at worst over
parameters between .01 and 1000 and up to 10,000 purchases, mostly to 1e-14; on CDNOW with ₂F₁ to the last
bit. The same nodes give all derivatives: the likelihood is a sum over "alive" and the nodes, so its
logarithm has the gradient Σ p_k ∂ and the Hessian Σ p_k (∂² + ∂ ∂ᵀ) − (Σ p_k ∂)(Σ p_k ∂)ᵀ.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from changqing.engine.computable import Floats
from changqing.engine.histories import Purchases, blocks_of
from changqing.engine.special import digamma, log_gamma, trigamma

Part = tuple[float, Floats, Floats]

# What of a law is left is nothing after so many e-folds; and so far a time is followed at most.
NOTHING_LEFT, FARTHEST = 40.0, 100.0
FEW, MANY = (np.array(np.polynomial.legendre.leggauss(nodes)) for nodes in (12, 32))


def probability_alive(params: Floats, data: Purchases) -> Floats:
    """P(still a customer at T) of each customer, params (r, α, s, β)."""
    alive: Floats = _compiled()(params, (data.x, data.t_x, data.end), np.empty(0), FEW, MANY)[1]
    return alive


def probability_of_order(params: Floats, within: float, data: Purchases) -> Floats:
    """P(at least one purchase in (T, T + within]) of each customer alive at T, params (r, α, s, β).

    The next purchase comes at y and finds the customer there: with u = r + x,

        u/(α+T) ∫ ((α+T)/(α+T+y))^(u+1) ((β+T)/(β+T+y))^s dy, y from 0 to within,

    by the same quadrature in τ = ln((m+T+y)/(m+T)), as far as more than e^−40 is left.
    """
    r, alpha, s, beta = params.tolist()
    found = np.empty(data.x.size)
    nodes, weights = MANY
    for rows in blocks_of(data.x.size):
        u, first, second = (
            column[:, None] for column in (r + data.x[rows], alpha + data.end[rows], beta + data.end[rows])
        )
        near = np.minimum(first, second)
        left = [
            first * np.expm1(np.minimum(NOTHING_LEFT / u, FARTHEST)),
            second * math.expm1(min(NOTHING_LEFT / s, FARTHEST)),
        ]
        length = np.log1p(np.minimum(within, np.minimum(*left)) / near)
        tau = length / 2 * (nodes + 1)
        onwards = near * np.expm1(tau)
        falls = tau - (u + 1) * np.log1p(onwards / first) - s * np.log1p(onwards / second)
        found[rows] = (u * near / first * length / 2)[:, 0] * (np.exp(falls) @ weights)
    return np.minimum(found, 1.0)


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
        self.rows = (
            np.concatenate([nothing, data.x[again]]),
            np.concatenate([nothing, data.t_x[again]]),
            np.concatenate([ends, data.end[again]]),
        )
        self.weights = np.concatenate([alike, np.ones(int(again.sum()))])

    def __call__(self, params: Floats) -> Part:
        value, gradient, hessian = self._counted(params)
        sums = _compiled()(params, self.rows, self.weights, FEW, MANY)[0].sum(axis=0)
        spread = np.zeros((4, 4))
        spread[np.triu_indices(4)] = sums[5:]
        spread = spread + np.triu(spread, 1).T
        return (
            (value + float(sums[0])) / self.size,
            (gradient + sums[1:5]) / self.size,
            (hessian + spread) / self.size,
        )

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


def _compiled() -> Any:
    """``pareto_ends``, as machine code: made once a machine and kept beside that file."""
    from changqing.engine.pareto_ends import ends

    return ends
