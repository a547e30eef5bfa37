"""The days on which an industrial supplier in China takes orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

# First day of the lunar year. Outside these years the gap is simply not told.
_FIRST_DAYS = """
2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22
2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11
2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 2040-02-12
"""
SPRING_FESTIVAL = {day.year: day for day in map(date.fromisoformat, _FIRST_DAYS.split())}
CLOSES_BEFORE, OPENS_AFTER = timedelta(days=6), timedelta(days=10)


def is_festival(day: date) -> bool:
    """Whether plants stand still: around the Spring Festival, on Labour Day and in October's first week."""
    spring = SPRING_FESTIVAL.get(day.year)
    if spring and spring - CLOSES_BEFORE <= day <= spring + OPENS_AFTER:
        return True
    return (day.month == 5 and day.day <= 3) or (day.month == 10 and day.day <= 7)


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and not is_festival(day)


def workdays(first: date, last: date) -> list[date]:
    """The working days from ``first`` to ``last``, both included."""
    return [day for day in _days(first, last) if is_workday(day)]


def next_workday(day: date) -> date:
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)
