"""Days and months of the book. Business dates are dates; instants are UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def months_back(day: date, months: int) -> date:
    """The same day ``months`` earlier, or the last day of that month when it has none.

    >>> months_back(date(2020, 5, 31), 3)
    datetime.date(2020, 2, 29)
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def first_of_month(day: date) -> date:
    return day.replace(day=1)
