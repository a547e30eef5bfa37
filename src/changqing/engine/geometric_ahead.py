"""What those alive will still buy under BG/NBD and its kin, as machine code; ``geometric_answers`` asks it.

Loaded at the first question, because numba is loaded with it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

compiled = njit(cache=True, nogil=True)

# So many terms at most; beyond, and where P(no purchase) underflows, not a number.
MOST_TERMS, TERMS_OF_A_SPAN, LEAST_LOG = 4000.0, 40.0, -600.0
NEGLIGIBLE = 1e-17


def _ahead(a, b, u, span):  # type: ignore[no-untyped-def]
    """E[purchases] of one who leaves after each with p ~ Beta(a, b), at a rate of Gamma(u, 1) over ``span``.

    Were nobody to leave, the number N would be negative binomial. So the expectation is the sum over i = 0,
    1 … of P(N > i) E[(1−p)^i]: all terms positive, nothing cancels, and a = 1 is no exception, as it is for
    the ₂F₁ of the papers. Not a number where the sum is too long.
    """
    if span <= 0.0:
        return 0.0
    log_none = -u * math.log1p(span)
    if TERMS_OF_A_SPAN * (1 + span) + 2 * u * span > MOST_TERMS or log_none < LEAST_LOG:
        return math.nan
    z = span / (1 + span)
    exactly, more, stays = math.exp(log_none), -math.expm1(log_none), 1.0
    total, i = more, 0.0
    while True:
        exactly *= (u + i) / (i + 1) * z
        more -= exactly
        stays *= (b + i) / (a + b + i)
        i += 1
        total += stays * more
        falls = 1 - (u + i) / (i + 1) * z
        if more <= 0.0 or (falls > 0 and exactly < NEGLIGIBLE * total * falls * falls):
            return total


ahead = compiled(_ahead)


def _tally(x, most):  # type: ignore[no-untyped-def]
    """How many customers have 0, 1 … ``most`` − 1 repeat purchases; the others are not counted."""
    times = np.zeros(most, np.int64)
    for at in range(x.size):
        if x[at] < most:
            times[int(x[at])] += 1
    return times


def _at_points(shapes, spans, found):  # type: ignore[no-untyped-def]
    """``ahead`` for each row (a, b, u) of ``shapes`` at each of ``spans``."""
    for row in range(shapes.shape[0]):
        for at in range(spans.size):
            found[row, at] = ahead(shapes[row, 0], shapes[row, 1], shapes[row, 2], spans[at])


def _read(x, since, place, story, tables, found):  # type: ignore[no-untyped-def]
    """``ahead`` of each customer: off the table of its count by Clenshaw's recurrence, or summed where there
    is none. ``since`` = α + T, ``place`` = where between the ends of the tables its logarithm lies, −1 to
    1."""
    a, b, r, k, horizon = story
    which, series, last = tables
    for at in range(x.size):
        table = which[int(x[at])] if x[at] < which.size else -1
        if table < 0:
            found[at] = ahead(a, b + x[at], r + k * x[at], horizon / since[at])
            continue
        here, next_, after = place[at], 0.0, 0.0
        for degree in range(last[table], 0, -1):
            next_, after = series[table, degree] + 2 * here * next_ - after, next_
        found[at] = series[table, 0] + here * next_ - after


tally = compiled(_tally)
at_points = compiled(_at_points)
read = compiled(_read)
