"""Which months of the book jump, and which are missing: the pack ``book``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from changqing.base.packs import Method, Part, Sourced


class Jump(Part):
    times: Sourced[Annotated[float, Field(gt=1, le=100)]]
    months: Sourced[Annotated[int, Field(ge=2, le=36)]]


class BookMethod(Method):
    """The pack ``book``."""

    jump: Jump


def jumps(amounts: Sequence[float], *, times: float, months: int) -> NDArray[np.float64]:
    """Each month's amount ÷ the median of the ``months`` before it where that is a jump, else nan.

    >>> jumps([10, 10, 10, 30, 10, 2], times=2, months=3).tolist()
    [nan, nan, nan, 3.0, nan, 0.2]
    """
    told = np.full(len(amounts), np.nan)
    if len(amounts) <= months:
        return told
    money = np.asarray(amounts, np.float64)
    usual = np.median(np.lib.stride_tricks.sliding_window_view(money[:-1], months), axis=1)
    ratio = np.divide(money[months:], usual, out=np.full(usual.size, np.nan), where=usual > 0)
    told[months:] = np.where((ratio >= times) | (ratio <= 1 / times), ratio, np.nan)
    return told


def months_between(first: date, last: date) -> list[date]:
    """The first day of every month from ``first``'s to ``last``'s.

    >>> [str(day) for day in months_between(date(2024, 11, 20), date(2025, 1, 1))]
    ['2024-11-01', '2024-12-01', '2025-01-01']
    """
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    at = first.year * 12 + first.month - 1
    return [date((at + step) // 12, (at + step) % 12 + 1, 1) for step in range(count)]
