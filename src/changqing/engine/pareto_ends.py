"""How each history of Pareto/NBD may have ended, as machine code; ``pareto_likelihood`` has the mathematics.

Loaded at the first fit, because numba is loaded with it. The functions that are compiled are told numbers and
arrays alone, and write what they find into arrays that ``_ends`` makes once for all customers.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

compiled = njit(cache=True, nogil=True)

# The range of the integral ends where less than e^−40 is left.
NEGLIGIBLE = 40.0
# Where the range is short and the integrand falls little, a dozen nodes are as exact.
SHORT, GENTLE = 2.0, 10.0
TINY = 1e-300
# Sums run over so many customers at most before they are added up pairwise, which keeps their last digits.
BLOCK = 1024


def _ends(params, rows, weights, few, many):  # type: ignore[no-untyped-def]
    """(sums a block of customers, P(alive) a customer).

    A row of sums holds ln L, its gradient and the upper triangle of its Hessian, weighted; without
    weights only P(alive) is wanted.
    """
    r, alpha, s, beta = params
    x, t_x, end = rows
    sums = np.zeros((x.size // BLOCK + 1, 15))
    alive = np.empty(x.size)
    # of each end: its share, and the derivatives of its logarithm in r, α, s, β
    share, by = np.empty(33), np.empty((4, 33))
    mean = np.empty(4)
    for at in range(x.size):
        u, first, second = r + x[at], alpha + t_x[at], beta + t_x[at]
        length = length_of_range(u, s, first, second, end[at] - t_x[at])
        rule = few if length <= SHORT and (u + s + 1) * length <= GENTLE else many
        nodes = rule.shape[1]
        total = gone_at_nodes(u, s, first, second, length, rule, share, by)
        log_gone = math.log(s) - u * math.log(first) - (s + 1) * math.log(second)
        log_gone += math.log(min(first, second)) + math.log(max(total * length / 2, TINY))
        early, late = 1 / (alpha + end[at]), 1 / (beta + end[at])
        log_early, log_late = math.log(early), math.log(late)
        log_alive = u * log_early + s * log_late
        log_odds = log_gone - log_alive
        tail = math.exp(-abs(log_odds))
        still = (tail if log_odds > 0 else 1.0) / (1 + tail)
        alive[at] = still
        if weights.size == 0:
            continue
        for k in range(nodes):
            share[k] *= (1 - still) / total
        share[nodes] = still
        by[0, nodes], by[1, nodes], by[2, nodes], by[3, nodes] = log_early, -u * early, log_late, -s * late
        out = sums[at // BLOCK]
        out[0] += weights[at] * (log_alive + max(log_odds, 0.0) + math.log1p(tail))
        add_derivatives(u, s, weights[at], nodes, share, by, mean, out)
    return sums, alive


def _length_of_range(u, s, first, second, silent):  # type: ignore[no-untyped-def]
    """How far τ = ln((m + y)/(m + t_x)) runs: to T, or to where the integrand has fallen to nothing.

    ``u`` = r + x, ``first`` = α + t_x, ``second`` = β + t_x, ``silent`` = T − t_x.
    """
    near = min(first, second)
    slope = u * near / first + (s + 1) * near / second - 1
    length = min(math.log1p(silent / near), NEGLIGIBLE / max(slope, 1e-3))
    if second < first:
        length = min(length, math.log1p(math.expm1(min(NEGLIGIBLE / u, 100.0)) * first / near))
    return length


def _gone_at_nodes(u, s, first, second, length, rule, share, by):  # type: ignore[no-untyped-def]
    """The integrand at each node, times its weight, into ``share``, and the derivatives of its logarithm into
    ``by``; their sum."""
    near, total = min(first, second), 0.0
    log_first, log_second = math.log(first), math.log(second)
    for k in range(rule.shape[1]):
        tau = length / 2 * (rule[0, k] + 1)
        grown = near * math.expm1(tau)
        early, late = 1 / (first + grown), 1 / (second + grown)
        log_early, log_late = -math.log(early), -math.log(late)
        fall = u * (log_early - log_first) + (s + 1) * (log_late - log_second)
        share[k] = math.exp(tau - fall) * rule[1, k]
        total += share[k]
        by[0, k], by[1, k] = -log_early, -u * early
        by[2, k], by[3, k] = 1 / s - log_late, -(s + 1) * late
    return total


def _add_derivatives(u, s, weight, nodes, share, by, mean, out):  # type: ignore[no-untyped-def]
    """Gradient Σ p ∂ and Hessian Σ p (∂² + ∂ ∂ᵀ) − (Σ p ∂)(Σ p ∂)ᵀ of one customer, weighted."""
    mean[:] = 0.0
    for k in range(nodes + 1):
        gone = k < nodes
        early, late, part = -by[1, k] / u, -by[3, k] / (s + gone), weight * share[k]
        for i in range(4):
            mean[i] += share[k] * by[i, k]
        # in the order rr, rα, rs, rβ, αα, αs, αβ, ss, sβ, ββ
        out[5] += part * by[0, k] * by[0, k]
        out[6] += part * (by[0, k] * by[1, k] - early)
        out[7] += part * by[0, k] * by[2, k]
        out[8] += part * by[0, k] * by[3, k]
        out[9] += part * (by[1, k] * by[1, k] + u * early * early)
        out[10] += part * by[1, k] * by[2, k]
        out[11] += part * by[1, k] * by[3, k]
        out[12] += part * (by[2, k] * by[2, k] - gone / s**2)
        out[13] += part * (by[2, k] * by[3, k] - late)
        out[14] += part * (by[3, k] * by[3, k] - by[3, k] * late)
    place = 5
    for i in range(4):
        out[1 + i] += weight * mean[i]
        for j in range(i, 4):
            out[place] -= weight * mean[i] * mean[j]
            place += 1


length_of_range = compiled(_length_of_range)
gone_at_nodes = compiled(_gone_at_nodes)
add_derivatives = compiled(_add_derivatives)
ends = compiled(_ends)
