"""Purchase histories, one entry a customer, as the models of customers who leave unnoticed read them.

``frequency`` x = repeat purchases (the first is not counted), ``recency`` t_x = time from the first to the
last purchase (0 when x = 0), ``T`` = time from the first purchase to the end of observation, in one unit
of time. docs/engine/data.md explains the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats, none_negative, read_only
from changqing.engine.maximum import Likelihood, covariance_of, maximise
from changqing.engine.threads import one_thread

SAMPLE, BLOCK = 10_000, 1 << 13


@dataclass(frozen=True, eq=False)
class Purchases:
    """Checked histories: x, t_x and T of each customer."""

    x: Floats
    t_x: Floats
    end: Floats


@dataclass(frozen=True, eq=False)
class Fitted:
    """Parameters in the unit of the data, with what the maximum tells about them."""

    params: tuple[float, ...]
    log_likelihood: float
    covariance: Floats


def purchases(frequency: Values, recency: Values, end: Values) -> Purchases:
    """Check histories. Errors: empty, not_finite, unequal_lengths, negative_value, out_of_range;
    inconsistent for broken counts, recency beyond T, or recency without (or missing at) a repeat purchase.
    """
    x, t_x, span = floats(frequency, name="frequency"), floats(recency, name="recency"), floats(end, name="T")
    data = Purchases(x, t_x, span)
    if x.size == t_x.size == span.size and all(_sound(data, rows) for rows in blocks_of(x.size)):
        return data
    if not x.size == t_x.size == span.size:
        raise NotComputable("unequal_lengths", "frequency, recency and T must be of one length")
    for array, name in ((x, "frequency"), (t_x, "recency"), (span, "T")):
        none_negative(array, name=name)
    refuse(
        {
            "frequency is no whole number": x != np.floor(x),
            "the last purchase lies beyond T": t_x > span,
            "recency and frequency must be zero together": (x == 0) != (t_x == 0),
        }
    )
    return data


def blocks_of(size: int) -> Iterator[slice]:
    """Rows of a block each, small enough that its columns stay in the cache."""
    return (slice(begin, begin + BLOCK) for begin in range(0, size, BLOCK))


def _sound(data: Purchases, rows: slice) -> bool:
    """Nothing to name in these rows; else each fault is looked for by itself."""
    x, t_x, end = data.x[rows], data.t_x[rows], data.end[rows]
    return bool(
        (t_x >= 0).all()
        and (t_x <= end).all()
        and (x >= 0).all()
        and (np.floor(x) == x).all()
        and ((x == 0) == (t_x == 0)).all()
    )


def refuse(faults: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]) -> None:
    """inconsistent, with the first customer at fault, when any row has a fault."""
    for sentence, rows in faults.items():
        if rows.any():
            raise NotComputable("inconsistent", f"customer {int(np.argmax(rows))}: {sentence}")


def span_of(horizon: float) -> float:
    """A time from 0; inconsistent when it is none."""
    if not (math.isfinite(horizon) and horizon >= 0):
        raise NotComputable("inconsistent", f"a horizon is a time from 0, not {horizon}")
    return float(horizon)


def fit_in_mean_spans(
    data: Purchases,
    likelihood_of: Callable[[Purchases], Likelihood],
    start: Floats,
    *,
    times: tuple[bool, ...],
) -> Fitted:
    """Maximum likelihood with time counted in mean spans of observation, so that any unit fits alike.

    ``times`` marks the parameters that are times. The likelihood is a density in time: its logarithm
    falls by ln(unit) for each repeat purchase. Errors: no_repeat when nobody bought twice, those of
    ``maximise``.
    """
    if not data.x.any():
        raise NotComputable("no_repeat", "nobody bought a second time, so nothing says how often they buy")
    unit, size = float(data.end.mean()), data.x.size
    scaled = Purchases(data.x, data.t_x / unit, data.end / unit)
    with one_thread():
        found = maximise(likelihood_of(scaled), _near(scaled, likelihood_of, start))
    to_unit = np.where(times, unit, 1.0)
    return Fitted(
        params=tuple((found.params * to_unit).tolist()),
        log_likelihood=found.value * size - float(data.x.sum()) * math.log(unit),
        covariance=read_only(covariance_of(found, size) * np.outer(to_unit, to_unit)),
    )


def _near(data: Purchases, likelihood_of: Callable[[Purchases], Likelihood], start: Floats) -> Floats:
    """Start large fits where a sample of the customers has its maximum."""
    if data.x.size < 3 * SAMPLE:
        return start
    every = slice(None, None, data.x.size // SAMPLE)
    sample = Purchases(data.x[every], data.t_x[every], data.end[every])
    try:
        return maximise(likelihood_of(sample), start).params
    except NotComputable:
        return start
