"""Months are stepped over as people do, whatever their length."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changqing.base.days import first_of_month, months_back

DAYS = st.dates(min_value=date(1000, 1, 1), max_value=date(9000, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2020, 5, 31), 3, date(2020, 2, 29)),
        (date(2021, 5, 31), 3, date(2021, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2024, 1, 15), 1, date(2023, 12, 15)),
        (date(2024, 12, 31), 12, date(2023, 12, 31)),
        (date(2024, 3, 31), 36, date(2021, 3, 31)),
        (date(2024, 3, 31), 0, date(2024, 3, 31)),
        (date(2024, 1, 31), -1, date(2024, 2, 29)),
    ],
)
def test_months_back(day: date, months: int, earlier: date) -> None:
    assert months_back(day, months) == earlier


@given(DAYS, st.integers(0, 600), st.integers(0, 600))
def test_steps_over_months_add_up(day: date, one: int, two: int) -> None:
    start = first_of_month(day)
    assert months_back(months_back(start, one), two) == months_back(start, one + two)
    assert months_back(months_back(start, one), -one) == start


@given(DAYS, st.integers(0, 600))
def test_a_step_lands_in_the_right_month_and_never_later_in_it(day: date, months: int) -> None:
    earlier = months_back(day, months)
    assert (day.year * 12 + day.month) - (earlier.year * 12 + earlier.month) == months
    assert earlier.day <= day.day
    assert first_of_month(earlier) == months_back(first_of_month(day), months)
