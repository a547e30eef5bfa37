"""What BG/NBD and its kin tell of each customer: P(alive), and the purchases to expect.

Both are one pass in blocks that stay in the cache, on one thread. What the living will still buy depends on
how much they bought and on T alone; so it is computed exactly at a few T for each count that many share, and
read off the polynomial through them. The polynomial's last coefficients tell whether that is exact to
1e-13; where it is not, and for counts that few share, each customer is computed by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from changqing.engine.computable import Floats, Integers
from changqing.engine.histories import Purchases, blocks_of
from changqing.engine.special import hyp2f1

# So many points make one table; it pays for a count that so many customers share.
POINTS, WORTH_A_TABLE, COUNTED = 24, 64, 4096
EXACT = 1e-13
NEAR_ONE = 1e-6
ANGLES = math.pi * (np.arange(POINTS) + 0.5) / POINTS
TO_SERIES = np.cos(np.outer(ANGLES, np.arange(POINTS))) * np.where(np.arange(POINTS) > 0, 2, 1) / POINTS


@dataclass(frozen=True)
class Story:
    """Parameters, whether customers may leave at their first purchase already, and the stages of a purchase
    (each at the rate Gamma(r, α), so that of a purchase is 1/k of it)."""

    r: float
    alpha: float
    a: float
    b: float
    at_first: bool
    k: int = 1


def alive(story: Story, data: Purchases) -> Floats:
    """P(still a customer at T) where k is 1; 1 for those who had no chance to leave.

    With n chances so far, the odds of being gone are a/(b+n−1) · ((α+T)/(α+t_x))^(r+x).
    """
    found = np.empty(data.x.size)
    before = story.b + story.at_first - 1
    with np.errstate(over="ignore", divide="ignore"):
        for rows in blocks_of(data.x.size):
            x, out = data.x[rows], found[rows]
            np.add(data.end[rows], story.alpha, out=out)
            out /= data.t_x[rows] + story.alpha
            np.log(out, out=out)
            out *= x + story.r
            np.exp(out, out=out)
            out *= story.a
            out /= x + before
            if not story.at_first:
                np.putmask(out, x == 0, 0.0)
            out += 1
            np.reciprocal(out, out=out)
    return found


def expected(story: Story, horizon: float, x: Floats, end: Floats) -> Floats:
    """Expected purchases in the ``horizon`` of those alive at ``end`` after ``x`` repeat purchases.

    Given p, the chance to leave, they are (1 − (1 + p·h/(k(α+T)))^−(r+kx))/p; p is Beta(a, b + n) for those
    who took n chances (Fader, Hardie & Lee 2005, equation 10, is this mean solved by ₂F₁).
    """
    from changqing.engine.geometric_ahead import read

    found = np.empty(x.size)
    by = (story.a, story.b + story.at_first, story.r, float(story.k), horizon / story.k)
    low, high = math.log(story.alpha + float(end.min())), math.log(story.alpha + float(end.max()))
    tables = _tables(by, x, low, high)
    middle, half = (low + high) / 2, max((high - low) / 2, 1e-300)
    for rows in blocks_of(x.size):
        since = end[rows] + story.alpha
        place = np.log(since)
        place -= middle
        place /= half
        read(x[rows], since, place, by, tables, found[rows])
    # a sum that is too long, or what came of one at a table's points
    if not math.isfinite(float(found.sum())):
        alone = np.flatnonzero(~np.isfinite(found))
        found[alone] = _by_gauss(by, x[alone], by[-1] / (story.alpha + end[alone]))
    return found


def _tables(by: tuple[float, ...], x: Floats, low: float, high: float) -> tuple[Integers, Floats, Integers]:
    """Which table each count has (−1: none), the tables' Chebyshev coefficients in ln(α + T) from ``low`` to
    ``high``, and the last coefficient of each that matters.

    In ln(α + T) the nearest singularities lie at ±iπ, wherever the parameters are, so few points reach far.
    """
    from changqing.engine.geometric_ahead import at_points, tally

    a, b, r, k, horizon = by
    shared = np.flatnonzero(tally(x, COUNTED) >= WORTH_A_TABLE)
    which = np.full(COUNTED, -1)
    shapes = np.column_stack([np.full(shared.size, a), b + shared, r + k * shared])
    spans = horizon / np.exp((low + high) / 2 + (high - low) / 2 * np.cos(ANGLES))
    values = np.empty((shared.size, POINTS))
    at_points(shapes, spans, values)
    kept = np.isfinite(values).all(axis=1)
    series = values[kept] @ TO_SERIES
    size = np.abs(series)
    largest = size.max(axis=1, initial=0.0)[:, None]
    exact = (size[:, -3:] <= EXACT * largest).all(axis=1)
    matters = size > EXACT / 10 * largest
    last = POINTS - 1 - np.argmax(matters[:, ::-1], axis=1)
    which[shared[kept][exact]] = np.arange(int(exact.sum()))
    return which, np.ascontiguousarray(series[exact]), last[exact].astype(np.int64)


def _by_gauss(by: tuple[float, ...], x: Floats, span: Floats) -> Floats:
    """Solved: (a+b'−1)/(a−1) · [1 − (1−z)^(a−1) ₂F₁(a+b'−1−u, a−1; a+b'−1; z)], z = s/(1+s), b' = b+n
    and u = r + kx, after Euler's transformation; at the removable pole a = 1, the line between both sides."""
    a, b, r, k, horizon = by
    if abs(a - 1) < NEAR_ONE:
        below, above = (
            _by_gauss((side, b, r, k, horizon), x, span) for side in (1 - 2 * NEAR_ONE, 1 + 2 * NEAR_ONE)
        )
        return below + (above - below) * ((a - 1) / (4 * NEAR_ONE) + 0.5)
    shape = a + b + x - 1
    gauss = hyp2f1(shape - r - k * x, a - 1, shape, span / (1 + span))
    solved: Any = shape / (a - 1) * (1 - np.exp((1 - a) * np.log1p(span)) * gauss)
    return np.asarray(solved, np.float64)
