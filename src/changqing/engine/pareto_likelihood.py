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
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from changqing.engine.computable import Floats
from changqing.engine.histories import Purchases
from changqing.engine.special import digamma, log_gamma, trigamma

Part = tuple[float, Floats, Floats]

FEW, MANY = (np.array(np.polynomial.legendre.leggauss(nodes)) for nodes in (12, 32))
NEGLIGIBLE = 40.0
# Where the range is short and the integrand falls little, a dozen nodes are as exact.
SHORT, GENTLE = 2.0, 10.0
TINY = 1e-300
# Sums run over so many customers at most before they are added up pairwise, which keeps their last digits.
BLOCK = 1024


def probability_alive(params: Floats, data: Purchases) -> Floats:
    """P(still a customer at T) of each customer, params (r, α, s, β)."""
    alive: Floats = _compiled()(params, (data.x, data.t_x, data.end), np.empty(0), FEW, MANY)[1]
    return alive


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


@cache
def _compiled() -> Callable[..., Any]:
    """``_ends`` as machine code, made once a machine and kept beside this file."""
    from numba import njit

    compiled: Callable[..., Any] = njit(cache=True, nogil=True)(_ends)
    return compiled


def _ends(params, rows, weights, few, many):  # type: ignore[no-untyped-def]
    """How each history may have ended: (sums a block of customers, P(alive) a customer).

    A row of sums holds ln L, its gradient and the upper triangle of its Hessian, weighted; without
    weights only P(alive) is wanted.
    """
    r, alpha, s, beta = params
    x, t_x, end = rows
    wanted = weights.size > 0
    sums = np.zeros((x.size // BLOCK + 1, 15))
    alive = np.empty(x.size)
    chance, by = np.empty(33), np.empty((4, 33))
    mean = np.empty(4)
    for at in range(x.size):
        u = r + x[at]
        first, second = alpha + t_x[at], beta + t_x[at]
        near = min(first, second)
        length = min(
            math.log1p((end[at] - t_x[at]) / near),
            NEGLIGIBLE / max(u * near / first + (s + 1) * near / second - 1, 1e-3),
        )
        if beta < alpha:
            length = min(length, math.log1p(math.expm1(min(NEGLIGIBLE / u, 100.0)) * first / near))
        rule = few if length <= SHORT and (u + s + 1) * length <= GENTLE else many
        nodes = rule.shape[1]
        half = length / 2
        log_first, log_second = math.log(first), math.log(second)
        total = 0.0
        for k in range(nodes):
            tau = half * (rule[0, k] + 1)
            grown = near * math.expm1(tau)
            early, late = 1 / (first + grown), 1 / (second + grown)
            log_early, log_late = -math.log(early), -math.log(late)
            fall = u * (log_early - log_first) + (s + 1) * (log_late - log_second)
            chance[k] = math.exp(tau - fall) * rule[1, k]
            total += chance[k]
            by[0, k], by[1, k] = -log_early, -u * early
            by[2, k], by[3, k] = 1 / s - log_late, -(s + 1) * late
        early, late = 1 / (alpha + end[at]), 1 / (beta + end[at])
        log_early, log_late = math.log(early), math.log(late)
        log_alive = u * log_early + s * log_late
        log_gone = math.log(s) - u * log_first - (s + 1) * log_second + math.log(near)
        log_odds = log_gone + math.log(max(total * half, TINY)) - log_alive
        tail = math.exp(-abs(log_odds))
        still = (tail if log_odds > 0 else 1.0) / (1 + tail)
        alive[at] = still
        if not wanted:
            continue
        for k in range(nodes):
            chance[k] *= (1 - still) / total
        chance[nodes] = still
        by[0, nodes], by[1, nodes], by[2, nodes], by[3, nodes] = log_early, -u * early, log_late, -s * late
        weight, out = weights[at], sums[at // BLOCK]
        out[0] += weight * (log_alive + max(log_odds, 0.0) + math.log1p(tail))
        mean[:] = 0.0
        for k in range(nodes + 1):
            early, late, share = -by[1, k] / u, -by[3, k] / (s + (k < nodes)), weight * chance[k]
            for i in range(4):
                mean[i] += chance[k] * by[i, k]
            # the mean of ∂² + ∂ ∂ᵀ, as the text above has it
            out[5] += share * by[0, k] * by[0, k]
            out[6] += share * (by[0, k] * by[1, k] - early)
            out[7] += share * by[0, k] * by[2, k]
            out[8] += share * by[0, k] * by[3, k]
            out[9] += share * (by[1, k] * by[1, k] + u * early * early)
            out[10] += share * by[1, k] * by[2, k]
            out[11] += share * by[1, k] * by[3, k]
            out[12] += share * (by[2, k] * by[2, k] - (k < nodes) / s**2)
            out[13] += share * (by[2, k] * by[3, k] - late)
            out[14] += share * (by[3, k] * by[3, k] - by[3, k] * late)
        place = 5
        for i in range(4):
            out[1 + i] += weight * mean[i]
            for j in range(i, 4):
                out[place] -= weight * mean[i] * mean[j]
                place += 1
    return sums, alive
