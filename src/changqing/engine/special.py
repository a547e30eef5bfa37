"""Special functions, loaded at first use so that importing the engine stays fast."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from changqing.engine.computable import Floats


def log_gamma(x: Any) -> Floats:
    """ln Γ(x)."""
    from scipy.special import gammaln

    return np.asarray(gammaln(x), np.float64)


def log_beta(a: Any, b: Any) -> Floats:
    """ln B(a, b)."""
    from scipy.special import betaln

    return np.asarray(betaln(a, b), np.float64)


def digamma(x: Any) -> Floats:
    """ψ(x) = d ln Γ(x) / dx."""
    from scipy.special import digamma as psi

    return np.asarray(psi(x), np.float64)


def trigamma(x: Any) -> Floats:
    """ψ′(x), as ζ(2, x)."""
    from scipy.special import zeta

    return np.asarray(zeta(2.0, x), np.float64)


def hyp2f1(a: Any, b: Any, c: Any, z: Any) -> Floats:
    """Gauss's ₂F₁(a, b; c; z)."""
    from scipy.special import hyp2f1 as gauss

    return np.asarray(gauss(a, b, c, z), np.float64)


# So many evaluations make one table; it pays beyond so many customers with as many purchases.
TABLE, WORTH_A_TABLE, LARGEST_COUNT = 24, 256, 100_000
EXACT = 2e-15


def hyp2f1_of_counts(a: float, b: float, c: float, x: Floats, z: Floats) -> Floats:
    """Gauss's ₂F₁(a, b; c + x; z) for whole x, where few distinct x meet many z below 1.

    For each x that many share it is evaluated at Chebyshev points between the smallest and the largest z
    and read off the interpolating polynomial. The polynomial's last coefficients tell whether that is
    exact to rounding; where it is not, each is evaluated by itself.
    """
    if x.size < 4 * WORTH_A_TABLE:
        return hyp2f1(a, b, c + x, z)
    count = np.minimum(x, LARGEST_COUNT).astype(np.intp)
    times = np.bincount(count)
    times[LARGEST_COUNT:] = 0
    low, high = float(z.min()), float(z.max())
    points = np.polynomial.chebyshev.chebpts1(TABLE)
    spread = (low + high) / 2 + max((high - low) / 2, 1e-300) * points
    which = np.full(times.size, -1)
    tables: list[NDArray[Any]] = []
    for shared in np.flatnonzero(times >= WORTH_A_TABLE):
        table = np.polynomial.chebyshev.chebfit(points, hyp2f1(a, b, c + float(shared), spread), TABLE - 1)
        largest = np.abs(table).max()
        if np.isfinite(largest) and np.abs(table[-3:]).max() <= EXACT * largest:
            which[shared] = len(tables)
            tables.append(table)
    table_of = which[count]
    found: Floats = np.empty(x.size)
    if tables:
        _reader()(table_of, np.array(tables), z, (low, high), found)
    alone = table_of < 0
    if alone.any():
        found[alone] = hyp2f1(a, b, c + x[alone], z[alone])
    return found


@cache
def _reader() -> Callable[..., None]:
    from numba import njit

    compiled: Callable[..., None] = njit(cache=True, nogil=True)(_read)
    return compiled


def _read(table_of, tables, z, ends, found):  # type: ignore[no-untyped-def]
    """Clenshaw's recurrence, a customer at a time."""
    low, high = ends
    for at in range(z.size):
        if table_of[at] < 0:
            continue
        series = tables[table_of[at]]
        place = 0.0 if high <= low else (2 * z[at] - low - high) / (high - low)
        last, before = 0.0, 0.0
        for degree in range(series.size - 1, 0, -1):
            last, before = series[degree] + 2 * place * last - before, last
        found[at] = series[0] + place * last - before
