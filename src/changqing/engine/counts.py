"""How many customers a model expects with 0, 1, 2 … repeat purchases: what a histogram is held against.

The chance of x purchases in a span t at a rate that varies as Gamma(r, α) is negative binomial; what the
models add is when customers leave. Sources: Fader, Hardie & Lee (2005), equation 8 (BG/NBD; with one chance
to leave more, MBG/NBD); for Pareto/NBD the integral over the time of leaving is taken by quadrature, which
needs none of the ₂F₁ of Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from changqing.engine.computable import Floats, Integers, NotComputable, Values, floats, none_negative
from changqing.engine.special import log_beta, log_gamma

NODES, WEIGHTS = (array for array in np.polynomial.legendre.leggauss(64))
MOST_COUNTED = 10_000


def spans(end: Values) -> tuple[Floats, Integers]:
    """Distinct spans of observation and how many customers have each. Errors: those of ``floats``;
    negative_value."""
    end = floats(end, name="T")
    none_negative(end, name="T")
    distinct, customers = np.unique(end, return_counts=True)
    return distinct, customers.astype(np.int64)


def counted_to(most: int) -> Floats:
    """0, 1 … ``most``; inconsistent when that is no count."""
    if not (0 <= most <= MOST_COUNTED and most == int(most)):
        raise NotComputable("inconsistent", f"purchases are counted from 0 to {MOST_COUNTED}, not to {most}")
    return np.arange(most + 1.0)


def at_random(r: float, alpha: float, counts: Floats, end: Floats) -> Floats:
    """counts × spans: P(so many purchases in the span) at a rate that varies as Gamma(r, α)."""
    x = counts[:, None]
    with np.errstate(divide="ignore"):
        log_bought = np.log(end / (alpha + end))
    # 0 · −∞ is the logarithm of certainty: nothing is bought in no time
    bought = np.where(x == 0, 0.0, x * np.where(x == 0, 0.0, log_bought))
    logs = log_gamma(r + x) - math.lgamma(r) - log_gamma(x + 1) + r * np.log(alpha / (alpha + end)) + bought
    return np.exp(logs)


def leaving_at_purchases(params: tuple[float, ...], at_first: bool, most: int, end: Values) -> Floats:
    """Customers expected with 0 … ``most`` repeat purchases, params (r, α, a, b)."""
    r, alpha, a, b = params
    counts, (distinct, customers) = counted_to(most), spans(end)
    random = at_random(r, alpha, counts, distinct)
    reached = 1 - np.cumsum(random, axis=0) + random
    chances = counts + at_first
    stayed = np.exp(log_beta(a, b + chances) - log_beta(a, b))
    left = np.exp(log_beta(a + 1, b + np.maximum(chances, 1) - 1) - log_beta(a, b)) * (chances > 0)
    share: Floats = stayed[:, None] * random + left[:, None] * np.maximum(reached, 0.0)
    return np.asarray(share @ customers, np.float64)


def leaving_at_any_time(params: tuple[float, ...], most: int, end: Values) -> Floats:
    """Customers expected with 0 … ``most`` repeat purchases, params (r, α, s, β)."""
    r, alpha, s, beta = params
    counts, (distinct, customers) = counted_to(most), spans(end)
    found: Any = at_random(r, alpha, counts, distinct) * (beta / (beta + distinct)) ** s
    # leaving at y = β (e^u − 1), u from 0 to ln(1 + t/β), has the density s e^(−su)
    length = np.log1p(distinct / beta)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        u = length / 2 * (node + 1)
        density = weight * length / 2 * s * np.exp(-s * u)
        found = found + density * at_random(r, alpha, counts, beta * np.expm1(u))
    return np.asarray(found @ customers, np.float64)
