"""From orders to histories: who bought on which day for how much becomes frequency, recency, T, value.

docs/engine/data.md explains the shape. Orders come in any order; days are numbers, in the unit that the
histories will have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from changqing.engine.computable import Floats, NotComputable, Values, floats, read_only


@dataclass(frozen=True, eq=False)
class Histories:
    """One entry a customer with a purchase, in ascending order of ``customer``."""

    customer: NDArray[Any]
    frequency: Floats
    recency: Floats
    T: Floats
    monetary_value: Floats


def histories_of(customer: ArrayLike, day: Values, *, until: float, value: Values | None = None) -> Histories:
    """One entry an order: whose, on which day, for how much (1 unless given).

    A purchase is a day on which a customer's orders add up to more than nothing; orders after ``until`` are
    left out. Errors: those of ``floats``; unequal_lengths; not_finite for ``until``; empty where nobody
    bought anything.
    """
    who, when = np.asarray(customer), floats(day, name="day")
    worth = np.ones(when.size) if value is None else floats(value, name="value")
    if not (who.shape == when.shape == worth.shape):
        raise NotComputable("unequal_lengths", "customer, day and value must be of one length")
    if not math.isfinite(until):
        raise NotComputable("not_finite", f"until is {until}")
    known = when <= until
    who, when, worth = who[known], when[known], worth[known]
    order = np.lexsort((when, who))
    who, when, worth = who[order], when[order], worth[order]
    starts = np.flatnonzero(_first(who) | _first(when))
    if starts.size:
        money = np.add.reduceat(worth, starts)
        bought = money > 0
        who, when, money = who[starts][bought], when[starts][bought], money[bought]
    if not who.size or not starts.size:
        raise NotComputable("empty", "nobody bought anything up to that day")
    return _told(who, when, money, until)


def _told(who: NDArray[Any], when: Floats, money: Floats, until: float) -> Histories:
    """Of purchases, one entry each, by customer and day."""
    first = np.flatnonzero(_first(who))
    last = np.append(first[1:], who.size) - 1
    again = (last - first).astype(np.float64)
    repeated = np.add.reduceat(money, first) - money[first]
    mean = np.divide(repeated, again, out=np.zeros(again.size), where=again > 0)
    columns = (again, when[last] - when[first], until - when[first], mean)
    return Histories(read_only(who[first]), *(read_only(column) for column in columns))


def _first(sorted_values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where each run of equal values begins."""
    starts = np.ones(sorted_values.size, np.bool_)
    starts[1:] = sorted_values[1:] != sorted_values[:-1]
    return starts
