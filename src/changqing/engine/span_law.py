"""The law of a next gap, an account at a time and compiled: its tail, and the time at which it has a tail.

Imported at first use, so that importing the engine stays fast: numba takes its time. ``x^a y^b / B(a, b)`` is
computed by Loader's saddle point expansion, which cancels nothing however large a and b are; the incomplete
beta function by its continued fraction. Both: Press et al., Numerical Recipes, 6.4; Loader, Fast and Accurate
Computation of Binomial Probabilities (2000).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba import njit

compiled: Callable[[Any], Callable[..., Any]] = njit(cache=True, nogil=True)

HALF_LOG_2PI, TWO_PI = 0.5 * math.log(2 * math.pi), 2 * math.pi
EXACT, SMALL = 1e-15, 1e-300
NEGLIGIBLE = 1e-7
# Standard deviations beyond which a span is taken as surely longer or shorter.
SURE = 6.0
STEPS, WIDEST, CLOSE = 60, 12.0, 1e-4
TINY, NEARLY_ONE = 1e-15, 1 - 1e-9


@compiled
def rest_of_stirling(n):
    """ln Γ(n + 1) less Stirling's formula."""
    if n < 15:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - HALF_LOG_2PI
    r = 1 / n
    square = r * r
    return r * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))


@compiled
def deviance(n, mean):
    """n ln(n / mean) + mean − n without loss where n is near its mean."""
    away = n - mean
    if abs(away) >= 0.1 * (n + mean):
        return n * math.log(n / mean) - away
    ratio = away / (n + mean)
    total, term, square = away * ratio, 2 * n * ratio, ratio * ratio
    for j in range(1, 1000):
        term *= square
        more = total + term / (2 * j + 1)
        if more == total:
            break
        total = more
    return total


@compiled
def fraction(a, b, x):
    """The continued fraction of I_x(a, b), by Lentz's method."""
    total = a + b
    c, d = 1.0, 1 - total * x / (a + 1)
    d = 1 / (d if abs(d) > SMALL else SMALL)
    found = d
    for m in range(1, 1_000_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 + even * d, 1 + even / c
        d = 1 / (d if abs(d) > SMALL else SMALL)
        c = c if abs(c) > SMALL else SMALL
        found *= d * c
        odd = -(a + m) * (total + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 + odd * d, 1 + odd / c
        d = 1 / (d if abs(d) > SMALL else SMALL)
        c = c if abs(c) > SMALL else SMALL
        factor = d * c
        found *= factor
        if abs(factor - 1) < EXACT:
            break
    return found


@compiled
def tail_of_span(a, b, x, y, rest):
    """P(BetaPrime(a, b) > x / y) and its density over the logarithm; ``rest`` is what Stirling leaves."""
    if x <= 0 or y <= 0:
        return (1.0 if x <= 0 else 0.0), 0.0
    n = a + b
    density = math.sqrt(a * b / (TWO_PI * n)) * math.exp(rest - deviance(a, n * x) - deviance(b, n * y))
    if x < (a + 1) / (n + 2):
        return 1 - density * fraction(a, b, x) / a, density
    return density * fraction(b, a, y) / b, density


@compiled
def tail(time, law, weights, spans, rests):
    """P(gap > time) and its density over ln time. ``law`` = shape, strength, scale of one account; ``rests``
    are filled as they are needed."""
    shape, strength, scale = law
    x, y = time / (scale + time), scale / (scale + time)
    ratio = (time * strength / (shape * scale)) ** (1 / 3)
    longer, density = 0.0, 0.0
    for at in range(spans.size):
        chance, size = weights[at], shape * spans[at]
        ninth = 1 / (9 * size)
        z = (ratio / spans[at] ** (1 / 3) - 1 + ninth) / math.sqrt(ninth + ratio**2 / (9 * strength))
        if z < -SURE:
            longer += chance
        elif z <= SURE and chance > NEGLIGIBLE:
            if math.isnan(rests[at]):
                rests[at] = rest_of_stirling(size + strength) - rest_of_stirling(size)
                rests[at] -= rest_of_stirling(strength)
            told, dense = tail_of_span(size, strength, x, y, rests[at])
            longer += chance * told
            density += chance * dense
    return min(longer, 1.0), density


@compiled
def tails(times, shape, strength, scale, weights, spans, found):
    """P(gap > time) of each account, into ``found``."""
    rests = spans * math.nan
    for at in range(times.size):
        rests[:] = math.nan
        law = (shape[at], strength[at], scale[at])
        found[at] = tail(times[at], law, weights[at], spans, rests)[0]


@compiled
def logit(share):
    return math.log(share) - math.log1p(-share)


@compiled
def moments(goals, starts, shape, strength, scale, weights, spans, found):
    """The time t with P(gap > t) = goal of each account, into ``found``.

    Newton's steps of ln t on the log odds of the tail, from ``starts`` and within a bracket.
    """
    rests = spans * math.nan
    for account in range(goals.size):
        rests[:] = math.nan
        law = (shape[account], strength[account], scale[account])
        aim = logit(min(max(goals[account], TINY), NEARLY_ONE))
        at = starts[account]
        low, high = at - WIDEST, at + WIDEST
        for _ in range(STEPS):
            longer, density = tail(math.exp(at), law, weights[account], spans, rests)
            longer = min(max(longer, TINY), 1 - TINY)
            away = logit(longer) - aim
            if away > 0:
                low = at
            else:
                high = at
            step = away * longer * (1 - longer) / density if density > 0 else math.inf
            there = at + min(max(step, -2.0), 2.0)
            if not low < there < high:
                there = (low + high) / 2
            move = abs(there - at)
            at = there
            if move <= CLOSE or high - low <= CLOSE:
                break
        found[account] = math.exp(at)
