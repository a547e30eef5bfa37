"""What each account will buy of each family: competing methods, judged on the past, with honest intervals.

One row a series (account × family), one column a month, oldest first. Methods come from ``statsforecast``;
the intervals from their own errors on the past (conformal), so they hold what they promise whatever the
method. Sources: Croston (1972), Operational Research Quarterly 23, 289-303; Syntetos & Boylan (2005), Int.
J. of Forecasting 21, 303-314; Teunter, Syntetos & Babai (2011), European J. of Operational Research 214,
606-615; Hyndman & Koehler (2006), Int. J. of Forecasting 22, 679-688 (MASE).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from changqing.engine.computable import Floats, NotComputable, read_only

SEASON = 12
FEWEST_MONTHS = 6
ORIGINS = 3
RARELY, OFTEN = 0.1, 0.5


class Method(StrEnum):
    """Competing methods; the seasonal ones need two whole years."""

    MEAN = "mean"
    NAIVE = "naive"
    MOVING_AVERAGE = "moving_average"
    SMOOTHING = "smoothing"
    CROSTON = "croston"
    TSB = "tsb"
    SEASONAL_NAIVE = "seasonal_naive"
    HOLT_WINTERS = "holt_winters"


SEASONAL = (Method.SEASONAL_NAIVE, Method.HOLT_WINTERS)


@dataclass(frozen=True)
class Accuracy:
    """``wape`` = Σ|error| ÷ Σ|actual|; ``mase`` = mean |error| ÷ that of the naive forecast on the past;
    ``bias`` = Σ error ÷ Σ|actual| (above zero: too high); ``coverage`` of the interval. None: not defined."""

    wape: float | None
    mase: float | None
    bias: float | None
    coverage: float | None


@dataclass(frozen=True, eq=False)
class Forecast:
    """``expected``, ``low``, ``high``: series by months ahead. ``method`` of each series; ``judged`` =
    accuracy of every method over all series on the past, ``accuracy`` = of what was chosen."""

    expected: Floats
    low: Floats
    high: Floats
    method: tuple[Method, ...]
    judged: Mapping[Method, Accuracy]
    accuracy: Accuracy


def accuracy(
    actual: ArrayLike,
    expected: ArrayLike,
    *,
    past: ArrayLike | None = None,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
) -> Accuracy:
    """Measures of any forecast, of a method or of people. ``past`` = the series before it, for the MASE.

    Errors: unequal_lengths, not_finite.
    """
    came, told = _table(actual, "actual"), _table(expected, "expected")
    if came.shape != told.shape:
        raise NotComputable("unequal_lengths", "actual and expected must be of one shape")
    error, size = told - came, float(np.abs(came).sum())
    scaled = None
    if past is not None:
        steps = np.abs(np.diff(_table(past, "past"), axis=1)).mean(axis=1)
        usable = steps > 0
        ratios = np.abs(error).mean(axis=1)[usable] / steps[usable]
        scaled = float(ratios.mean()) if usable.any() else None
    inside = None
    if low is not None and high is not None:
        inside = float(((came >= _table(low, "low")) & (came <= _table(high, "high"))).mean())
    return Accuracy(
        wape=float(np.abs(error).sum()) / size if size else None,
        mase=scaled,
        bias=float(error.sum()) / size if size else None,
        coverage=inside,
    )


def forecast(history: ArrayLike, *, months: int = 3, share: float = 0.80) -> Forecast:
    """Let the methods compete on the last months of each series, forecast with the best, and give each
    series the interval that its method's errors on the past call for.

    Errors: not_finite, unequal_lengths; too_few_points with fewer than 6 months + 3 to judge on;
    bad_share; inconsistent without a month to forecast.
    """
    past = _table(history, "history")
    if months < 1:
        raise NotComputable("inconsistent", "there must be a month to forecast")
    if not 0 < share < 1:
        raise NotComputable("bad_share", f"an interval holds a share between 0 and 1, not {share}")
    origins = min(ORIGINS, past.shape[1] - FEWEST_MONTHS - months + 1)
    if origins < 2:
        raise NotComputable("too_few_points", f"{past.shape[1]} months are too few to judge methods on")
    usable = [m for m in Method if m not in SEASONAL or past.shape[1] - months - origins + 1 >= 2 * SEASON]
    tried = {method: _back_test(past, method, months, origins) for method in usable}
    came = np.stack([past[:, past.shape[1] - months - at :][:, :months] for at in range(origins)])
    kinds = _alike((past == 0).mean(axis=1))
    chosen = _best(tried, came, past, kinds)
    best = np.stack([tried[method][:, row] for row, method in enumerate(chosen)], axis=1)
    expected = np.stack([_ahead(past[row], method, months) for row, method in enumerate(chosen)])
    low, high = _interval(expected, best - came, past, kinds, share)
    before = past[:, : past.shape[1] - months - origins + 1]
    judged = {method: _accuracy_of(came, told, before) for method, told in tried.items()}
    return Forecast(
        expected=read_only(expected),
        low=read_only(low),
        high=read_only(high),
        method=tuple(chosen),
        judged=judged,
        accuracy=_accuracy_of(came, best, before),
    )


def _table(values: ArrayLike, name: str) -> Floats:
    table = np.asarray(values, np.float64)
    if table.ndim == 1:
        table = table[None, :]
    if table.ndim != 2 or not table.size:
        raise NotComputable("unequal_lengths", f"{name}: series by months")
    if not np.isfinite(table).all():
        raise NotComputable("not_finite", f"{name} holds a value that is not finite")
    return table


def _accuracy_of(came: Floats, told: Floats, before: Floats) -> Accuracy:
    series = came.shape[1]
    flat = came.transpose(1, 0, 2).reshape(series, -1), told.transpose(1, 0, 2).reshape(series, -1)
    return accuracy(flat[0], flat[1], past=before)


def _back_test(past: Floats, method: Method, months: int, origins: int) -> Floats:
    """Forecasts made without hindsight: origins by series by months."""
    out = np.empty((origins, len(past), months))
    for at in range(origins):
        known = past[:, : past.shape[1] - months - at]
        out[at] = [_ahead(row, method, months) for row in known]
    return out


def _best(
    tried: Mapping[Method, Floats], came: Floats, past: Floats, kinds: list[NDArray[np.bool_]]
) -> list[Method]:
    """The method of least error over all series of a kind; ties to the plainer one.

    Choosing for each series by itself would flatter the winner: its errors on the past would be too small for
    an honest interval.
    """
    scale = _scale(past)
    chosen: list[Method] = [Method.MEAN] * len(past)
    for rows in kinds:
        errors = {
            method: float((np.abs(told - came) / scale[None, :, None])[:, rows].mean())
            for method, told in tried.items()
        }
        best = min(errors, key=lambda method: round(errors[method], 9))
        for row in np.flatnonzero(rows).tolist():
            chosen[row] = best
    return chosen


def _scale(past: Floats) -> Floats:
    """Mean size of each series, which its errors are measured in."""
    return np.asarray(np.maximum(np.abs(past).mean(axis=1), 1e-12), np.float64)


def _ahead(row: Floats, method: Method, months: int) -> Floats:
    """One series by one method; money and pieces are never foretold below zero if none ever was."""
    told = _MAKERS[method](row, months)
    told = np.where(np.isfinite(told), told, row.mean())
    return np.maximum(told, 0.0) if row.min() >= 0 else told


def _library(make: Callable[[Any], Any]) -> Callable[[Floats, int], Floats]:
    def ahead(row: Floats, months: int) -> Floats:
        from statsforecast import models

        if not row.any():
            return np.zeros(months)
        return np.asarray(make(models).forecast(y=row, h=months)["mean"], np.float64)

    return ahead


def _flat(level: Callable[[Floats], float]) -> Callable[[Floats, int], Floats]:
    return lambda row, months: np.full(months, level(row))


def _seldom_zero(make: Callable[[Floats, int], Floats]) -> Callable[[Floats, int], Floats]:
    """The mean instead where a series is often zero: a level with seasons does not describe it."""
    return lambda row, months: (
        make(row, months) if (row == 0).mean() < RARELY else np.full(months, float(row.mean()))
    )


_MAKERS: dict[Method, Callable[[Floats, int], Floats]] = {
    Method.MEAN: _flat(lambda row: float(row.mean())),
    Method.NAIVE: _flat(lambda row: float(row[-1])),
    Method.MOVING_AVERAGE: _flat(lambda row: float(row[-3:].mean())),
    Method.SMOOTHING: _library(lambda models: models.SimpleExponentialSmoothingOptimized()),
    Method.CROSTON: _library(lambda models: models.CrostonSBA()),
    Method.TSB: _library(lambda models: models.TSB(alpha_d=0.2, alpha_p=0.2)),
    Method.SEASONAL_NAIVE: lambda row, months: np.resize(row[-SEASON:], months),
    Method.HOLT_WINTERS: _seldom_zero(
        _library(lambda models: models.HoltWinters(season_length=SEASON, error_type="A"))
    ),
}


def _interval(
    expected: Floats, errors: Floats, past: Floats, kinds: list[NDArray[np.bool_]], share: float
) -> tuple[Floats, Floats]:
    """Quantiles of the errors on the past, scaled by each series and pooled over those of a kind; the
    finite-sample quantile of conformal prediction (Vovk, Gammerman & Shafer 2005)."""
    scale = _scale(past)
    low, high = np.empty_like(expected), np.empty_like(expected)
    for rows in kinds:
        pool = np.sort((-errors / scale[None, :, None])[:, rows].ravel())
        below, above = (_quantile(pool, tail) for tail in ((1 - share) / 2, (1 + share) / 2))
        low[rows] = expected[rows] + below * scale[rows, None]
        high[rows] = expected[rows] + above * scale[rows, None]
    if past.min() >= 0:
        low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
    return np.minimum(low, expected), np.maximum(high, expected)


def _alike(zeros: Floats) -> list[NDArray[np.bool_]]:
    """Series that are seldom, sometimes and mostly zero, where each kind has ten; else all together."""
    kinds = np.digitize(zeros, (RARELY, OFTEN))
    if min((int((kinds == kind).sum()) for kind in np.unique(kinds)), default=0) < 10:
        return [np.ones(zeros.size, bool)]
    return [kinds == kind for kind in np.unique(kinds)]


def _quantile(pool: Floats, tail: float) -> float:
    at = tail * (pool.size + 1) - 1
    place = math.floor(at) if tail < 0.5 else math.ceil(at)
    return float(pool[min(max(place, 0), pool.size - 1)])
