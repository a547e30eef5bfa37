"""A book of thirty accounts that order for three years, fitted and scored; G30 lost interest long ago."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from changqing.accounts.queries import Account
from changqing.journeys import score_book
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People, accounts_come, orders_come, people
from told_once import ToldOnce

__all__ = ["people", "scored_book"]

LAST = date(2024, 6, 30)


def orders() -> list[tuple[str | int | None, ...]]:
    """Each account orders every 40 to 97 days with a little noise; margins fall from account to account."""
    source = np.random.default_rng(7)
    rows: list[tuple[str | int | None, ...]] = []
    for at in range(1, 31):
        day, every = LAST - timedelta(days=1095 - 7 * at), 38 + 2 * at
        while day <= (LAST if at < 30 else date(2023, 3, 1)):
            money = int(400_000 / at * source.uniform(0.8, 1.25))
            cost = int(money * (0.7 + 0.012 * at))
            family = ("轴承", "润滑", "密封")[at % 3]
            rows.append((f"G{at}", f"O{at}-{day}", day.isoformat(), money, cost, family))
            day += timedelta(days=max(5, round(every * source.uniform(0.85, 1.15))))
    return rows


def scored_book_comes() -> None:
    accounts_come([(f"G{at}", f"客户{at}号", "钢铁", "江苏") for at in range(1, 31)])
    orders_come(orders())
    mei = User.objects.get(username="mei")
    Account.objects.filter(key__in=["G1", "G2"]).update(owner=mei, department=mei.department)
    score_book.fit(by=operator(because="a test"))


@pytest.fixture
def scored_book(book: None, people: People, told_once: ToldOnce) -> People:
    told_once(scored_book_comes)
    return people
