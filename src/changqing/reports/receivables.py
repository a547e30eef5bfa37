"""What is owed, over the accounts in view or by one: ages, days outstanding, bills, the cost of waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings

from changqing.accounts.queries import Account, Part, account_by_key, reads_anywhere
from changqing.base.days import months_back
from changqing.base.packs import Pack
from changqing.engine.profit import financing_cost
from changqing.engine.receivables import days_outstanding
from changqing.ledger.dues import (
    SHOWN_OF_ONE,
    BillMonth,
    MonthPaid,
    OpenItem,
    Owed,
    acceptances,
    bills_by_month,
    bucket_days,
    first_due,
    months_paid,
    open_items,
    owed,
    receivables_day,
    receivables_pack,
)
from changqing.ledger.rules.receivables import ReceivablesMethod
from changqing.people.permissions import Principal
from changqing.reports.account import check_sees_orders
from changqing.value.queries.methods import methods_in_force

NOTHING = Decimal(0)
SHOWN_MONTHS = 12
YEAR_DAYS = 365


@dataclass(frozen=True)
class DsoMonth:
    """The end of one month: what was open, what was billed in the months up to it, days outstanding if known,
    and the mean days that what was settled in it had waited."""

    month: date
    open: Decimal
    billed: Decimal
    dso: float | None
    paid_after: float | None


@dataclass(frozen=True, kw_only=True)
class Receivables:
    """``owed`` is by currency, the book's first; ``trend`` and ``cost`` are in the book's.

    ``cost`` is what a year of waiting cost: the mean of what was open at the ends of the last twelve months
    at the ``rate`` of capital.
    """

    account: Account | None
    day: date | None
    currency: str
    owed: list[Owed]
    trend: list[DsoMonth]
    cost: Decimal | None
    mean_open: Decimal | None
    rate: float
    bills: list[BillMonth]
    pack: Pack[ReceivablesMethod]
    worth_version: str

    @property
    def method(self) -> ReceivablesMethod:
        return self.pack.method

    @property
    def main(self) -> Owed | None:
        """What is owed in the book's currency."""
        return next((one for one in self.owed if one.currency == self.currency), None)

    @property
    def others(self) -> list[Owed]:
        return [one for one in self.owed if one.currency != self.currency]

    @property
    def dso(self) -> float | None:
        return self.trend[-1].dso if self.trend else None

    @property
    def held(self) -> Decimal:
        """Bills held in the book's currency."""
        return sum((bill.amount for bill in self.bills if bill.currency == self.currency), NOTHING)

    def bucket_name(self, code: str) -> str:
        for bucket in self.method.ageing.buckets:
            if bucket.code == code:
                return str(bucket.name)
        return ""

    def as_json(self) -> dict[str, Any]:
        """What ``changqing receivables --json`` prints."""
        return {
            "as_of": self.day and self.day.isoformat(),
            "currency": self.currency,
            "method": f"receivables v{self.pack.version}",
            "owed": [_owed_json(one) for one in self.owed],
            "dso": self.dso,
            "days_to_pay": self.trend[-1].paid_after if self.trend else None,
            "trend": [
                [one.month.isoformat(), str(one.open), str(one.billed), one.dso, one.paid_after]
                for one in self.trend
            ],
            "financing": {
                "rate": self.rate,
                "method": self.worth_version,
                "mean_open": None if self.mean_open is None else str(self.mean_open),
                "cost": None if self.cost is None else str(self.cost),
            },
            "acceptances": [
                {
                    "month": one.month.isoformat(),
                    "currency": one.currency,
                    "amount": str(one.amount),
                    "n": one.bills,
                }
                for one in self.bills
            ],
        }


def _owed_json(one: Owed) -> dict[str, Any]:
    money = {name: str(getattr(one, name)) for name in ("open", "overdue", "pending", "left_over")}
    counts = ("items", "late_items", "accounts", "late_accounts", "without_due")
    return {
        "currency": one.currency,
        **money,
        "ageing": {code: str(amount) for code, amount in one.buckets.items()},
        **{name: getattr(one, name) for name in counts},
    }


def receivables(to: Principal, *, account: Account | None = None, with_trend: bool = True) -> Receivables:
    """What is owed by the accounts in view, or by one of them, in a constant number of queries.

    The trend adds up months over all accounts in view: a page asks for it after it is shown.
    """
    pack, day = receivables_pack(), receivables_day()
    worth = methods_in_force().worth
    rate = float(worth.lifetime.capital.value)
    told = owed(to, day, pack.method, account=account) if day else []
    months = pack.method.dso.months.value
    trend = _trend(to, day, told, months=months, account=account) if day and with_trend else []
    year = [one.open for one in trend]
    mean = sum(year, NOTHING) / len(year) if year else None
    return Receivables(
        account=account,
        day=day,
        currency=settings.BOOK_CURRENCY,
        owed=told,
        trend=trend,
        mean_open=mean,
        cost=None if mean is None else _cost(mean, rate),
        rate=rate,
        bills=bills_by_month(to, account=account),
        pack=pack,
        worth_version=str(worth.title),
    )


def _cost(mean: Decimal, rate: float) -> Decimal:
    told = financing_cost([float(max(mean, NOTHING))], [YEAR_DAYS], yearly_rate=rate)
    return Decimal(repr(round(told, 2)))


def _trend(
    to: Principal, day: date, told: list[Owed], *, months: int, account: Account | None
) -> list[DsoMonth]:
    """The last twelve month ends: back from what is open now by what was charged and settled since."""
    first = months_back(day.replace(day=1), SHOWN_MONTHS - 1 + months)
    found = {one.month: one for one in months_paid(to, since=first, account=account)}
    if not found:
        return []
    listed = [months_back(day.replace(day=1), back) for back in range(SHOWN_MONTHS - 1 + months, -1, -1)]
    flows = [found.get(month, MonthPaid(month, *[NOTHING] * 4)) for month in listed]
    here = next((one.open for one in told if one.currency == settings.BOOK_CURRENCY), NOTHING)
    open_at: list[Decimal] = [here]
    for one in reversed(flows[-SHOWN_MONTHS + 1 :]):
        open_at.append(open_at[-1] - one.charged + one.settled)
    open_at.reverse()
    shown = flows[-SHOWN_MONTHS:]
    begins = next((at for at, one in enumerate(flows) if one.charged or one.settled), len(flows))
    billed = [
        # a window that begins before the books do would make the days too many
        sum((one.billed for one in flows[at + 1 : at + 1 + months]), NOTHING) if at + 1 >= begins else NOTHING
        for at in range(SHOWN_MONTHS)
    ]
    days = days_outstanding(
        np.array([float(money) for money in open_at]),
        np.array([float(money) for money in billed]),
        days=round(YEAR_DAYS * months / 12),
    )
    return [
        DsoMonth(
            month=one.month,
            open=money,
            billed=billing,
            dso=None if np.isnan(outstanding) else round(float(outstanding), 1),
            paid_after=round(float(one.day_money / one.settled), 1) if one.settled else None,
        )
        for one, money, billing, outstanding in zip(shown, open_at, billed, days, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which open items, in which order; ``bucket`` is "late" for all overdue, "" for all."""

    bucket: str = "late"
    words: str = ""
    left_over: bool = False
    sort: str = "due"
    page: int = 1


@dataclass(frozen=True)
class Item:
    """One open item and its age: days overdue, below 0 while it is not due."""

    item: OpenItem
    days: int
    bucket: str


@dataclass(frozen=True, kw_only=True)
class ItemList:
    items: list[Item]
    total: int
    page: int
    pages: int


def item_list(to: Principal, asked: Asked, *, per_page: int = 50) -> ItemList:
    """One page of open items; KeyError for a bucket or an order there is not."""
    day, method = receivables_day(), receivables_pack().method
    if day is None:
        return ItemList(items=[], total=0, page=1, pages=1)
    rows = open_items(
        to,
        day,
        method,
        bucket=asked.bucket,
        words=asked.words,
        left_over=asked.left_over,
        sort=asked.sort,
    )
    total = rows.count()
    pages = max(1, -(-total // per_page))
    page = min(max(asked.page, 1), pages)
    found = list(rows[(page - 1) * per_page : page * per_page])
    return ItemList(items=_aged(found, day, method), total=total, page=page, pages=pages)


def _aged(found: list[OpenItem], day: date, method: ReceivablesMethod) -> list[Item]:
    ages = [(day - item.due).days for item in found]
    return [Item(*each) for each in zip(found, ages, method.ages(ages), strict=True)]


def first_items(to: Principal, of: Receivables) -> ItemList:
    """The open items of one account that fall, or fell, due first; how many there are is in ``of``."""
    total = sum(one.items for one in of.owed)
    if not total or of.account is None or of.day is None:
        return ItemList(items=[], total=0, page=1, pages=1)
    items = _aged(first_due(to, of.account), of.day, of.method)
    return ItemList(items=items, total=total, page=1, pages=-(-total // SHOWN_OF_ONE))


def bucket_codes(method: ReceivablesMethod) -> list[str]:
    """Every bucket, what is not due first."""
    return list(bucket_days(method))


def bills(to: Principal, *, limit: int = 50) -> list[Any]:
    """The acceptances that fall due first."""
    return list(acceptances(to)[:limit])


def sees_receivables(to: Principal) -> bool:
    return reads_anywhere(to, Part.REVENUE)


def receivables_of(to: Principal, key: str) -> Receivables | None:
    """What one account owes; None where ``to`` may not see it, Refused where not its revenue."""
    account = account_by_key(to, key)
    if account is None:
        return None
    check_sees_orders(to, account)
    return receivables(to, account=account)
