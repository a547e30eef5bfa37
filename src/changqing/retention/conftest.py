"""A book of twenty accounts that order every three weeks for two years; four of them drift at its end.

G1 stops ordering, G2 sends goods back, G3 buys one family of three, G4 leaves ten points less margin.
"""

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

__all__ = ["drifting_book", "people"]

LAST = date(2024, 6, 30)
FAMILIES = ("轴承", "润滑", "密封")
Row = tuple[str | int | None, ...]


def steady_orders(last: date = LAST, accounts: int = 20, *, drifts: bool = True) -> list[Row]:
    """Order lines of all accounts up to ``last``; each order holds all three families."""
    source = np.random.default_rng(11)
    rows: list[Row] = []
    for at in range(1, accounts + 1):
        day = LAST - timedelta(days=730 - 3 * at)
        end = LAST - timedelta(days=150) if drifts and at == 1 else last
        while day <= end:
            late = drifts and (LAST - day).days < 90
            money, rate = int(30_000 * source.uniform(0.7, 1.3)), 0.30 + source.normal(0, 0.012)
            rate -= 0.10 * (late and at == 4)
            for family in FAMILIES:
                if late and at == 3 and family != FAMILIES[0]:
                    continue
                cost = int(money * (1 - rate))
                rows.append((f"G{at}", f"O{at}-{day}-{family}", day.isoformat(), money, cost, family))
            if late and at == 2:
                cost = int(money // 2 * (1 - rate))
                back = ("G2", f"R2-{day}", day.isoformat(), -money // 2, -cost, FAMILIES[0])
                rows.append(back)
            day += timedelta(days=max(5, round(source.gamma(16, 21 / 16))))
    return rows


def drifting_book_comes() -> None:
    accounts_come([(f"G{at}", f"客户{at}号", "钢铁", "江苏") for at in range(1, 21)])
    orders_come(steady_orders())
    mei = User.objects.get(username="mei")
    Account.objects.filter(key__in=["G1", "G4"]).update(owner=mei, department=mei.department)
    score_book.fit(by=operator(because="a test"))


@pytest.fixture
def drifting_book(book: None, people: People, told_once: ToldOnce) -> People:
    told_once(drifting_book_comes)
    return people
