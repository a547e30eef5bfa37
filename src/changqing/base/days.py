"""Days and months of the book. Business dates are dates; instants are UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


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


@dataclass(frozen=True, order=True)
class FiscalYear:
    """Twelve months from the first day of ``first_month`` in ``year``.

    >>> str(FiscalYear(2019)), str(FiscalYear.of(date(2020, 3, 31), 4))
    ('2019', '2019/20')
    """

    year: int
    first_month: int = 1

    @classmethod
    def of(cls, day: date, first_month: int) -> FiscalYear:
        return cls(day.year - (day.month < first_month), first_month)

    @property
    def months(self) -> range:
        """Its months, counted from the year 0."""
        start = self.year * 12 + self.first_month - 1
        return range(start, start + 12)

    def ended_by(self, day: date) -> bool:
        """Whether ``day`` is its last or later."""
        return FiscalYear.of(day + timedelta(days=1), self.first_month) > self

    def __str__(self) -> str:
        """What people call it: 2019, or 2019/20 where it runs into the next."""
        return str(self.year) if self.first_month == 1 else f"{self.year}/{(self.year + 1) % 100:02}"
