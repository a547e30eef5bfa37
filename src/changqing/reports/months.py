"""Months that can be compared: whole ones, so that a book that ends mid-month does not seem to shrink."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from changqing.base.days import first_of_month, months_back


def whole_months(as_of: date, count: int) -> list[date]:
    """The first days of the last ``count`` months that the book covers to their end, oldest first.

    >>> whole_months(date(2026, 11, 18), 2)
    [datetime.date(2026, 9, 1), datetime.date(2026, 10, 1)]
    >>> whole_months(date(2026, 10, 31), 2)
    [datetime.date(2026, 9, 1), datetime.date(2026, 10, 1)]
    """
    newest = months_back(first_of_month(as_of + timedelta(days=1)), 1)
    return [months_back(newest, back) for back in range(count - 1, -1, -1)]


def change(now: Decimal, before: Decimal) -> float | None:
    """How much ``now`` is above or below ``before``, as a share; None where before is not above zero."""
    return float(now / before - 1) if before > 0 else None
