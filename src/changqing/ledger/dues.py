"""Questions about what is owed: over all accounts in view, or one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from changqing.accounts.models import Account
from changqing.accounts.queries import holds, seen_rows, visible_to
from changqing.base.compiled import Compiled
from changqing.base.once import once
from changqing.base.packs import Method, Pack, parse
from changqing.ledger.models import Acceptance, AccountPayment, AccountTotals
from changqing.ledger.models import OpenItem as OpenItem
from changqing.ledger.rules.receivables import NOT_DUE, ReceivablesMethod
from changqing.people.permissions import Principal
from changqing.records.queries import method_in_force

# The packs that this room judges by.
PACKS: dict[str, type[Method]] = {"receivables": ReceivablesMethod}
NOTHING = Decimal(0)
OPEN = Q(is_charge=True)
# A bucket: more than so many days overdue, at most so many; None where there is no bound.
Bounds = tuple[int | None, int | None]
Buckets = tuple[tuple[str, Bounds], ...]
# What ``Owed`` holds beside its buckets, and what it is called in the query.
OWED = {
    "currency": "currency",
    "open": "all_open",
    "overdue": "overdue",
    "pending": "covered",
    "left_over": "over",
    "items": "items",
    "late_items": "late_items",
    "accounts": "accounts",
    "late_accounts": "late_accounts",
    "without_due": "bare",
}


@lru_cache(maxsize=8)
def _pack(version: int, text: str) -> Pack[ReceivablesMethod]:
    return parse("receivables", text, ReceivablesMethod, version=version)


def receivables_pack() -> Pack[ReceivablesMethod]:
    """The thresholds in force, with their version."""
    version = method_in_force("receivables")
    return _pack(version.version, version.text)


@once
def receivables_day() -> date | None:
    """The last day of which an order, invoice or receipt in force speaks: what ages are counted to."""
    totals, payments = AccountTotals._meta.db_table, AccountPayment._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT greatest((SELECT max(last_day) FROM {totals}), (SELECT max(last_day) FROM {payments}))"
        )
        day: date | None = cursor.fetchone()[0]
    return day


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What is owed in one currency; ``buckets`` by code, what is not due first.

    ``pending``: open, but covered by acceptances that fall due later. ``left_over``: money that came, or was
    credited, and settles nothing yet. ``without_due``: open invoices that name no due day.
    """

    currency: str
    open: Decimal
    overdue: Decimal
    pending: Decimal
    left_over: Decimal
    buckets: Mapping[str, Decimal]
    items: int
    late_items: int
    accounts: int
    late_accounts: int
    without_due: int


def bucket_days(method: ReceivablesMethod) -> dict[str, Bounds]:
    """By code: more than so many days overdue, at most so many; None where there is no bound."""
    bounds: list[int | None] = [*method.ageing.bounds, None]
    named = {bucket.code: (bounds[at], bounds[at + 1]) for at, bucket in enumerate(method.ageing.buckets)}
    return {NOT_DUE: (None, 0), **named}


def in_bucket(method: ReceivablesMethod, code: str, day: date) -> Q:
    """Items whose age on ``day`` is in the bucket ``code``; KeyError where there is no such bucket."""
    return _aged(bucket_days(method)[code], day)


def _aged(bounds: Bounds, day: date) -> Q:
    more, most = bounds
    found = Q()
    if more is not None:
        found &= Q(due__lt=day - timedelta(days=more))
    if most is not None:
        found &= Q(due__gte=day - timedelta(days=most))
    return found


def owed(
    to: Principal, day: date, method: ReceivablesMethod, *, account: Account | None = None
) -> list[Owed]:
    """What is owed by the accounts in view, or by one, in each currency; the book's first."""
    named = tuple(bucket_days(method).items())
    if account is not None:
        rows = seen_rows(to, account, _owed_by_one(day, named))
    else:
        rows = list(_summed(visible_to(to, OpenItem.objects.all()), day, named))
    told = [
        Owed(
            **dict(zip(OWED, row, strict=False)),
            buckets=dict(zip((code for code, _days in named), row[len(OWED) :], strict=True)),
        )
        for row in rows
    ]
    return sorted(told, key=lambda one: one.currency != settings.BOOK_CURRENCY)


@lru_cache(maxsize=4)
def _owed_by_one(day: date, named: Buckets) -> Compiled[Any]:
    """The same question for each account, until the book has another day."""
    return Compiled(lambda account: _summed(OpenItem.objects.filter(account=account), day, named))


def _summed(rows: QuerySet[OpenItem], day: date, named: Buckets) -> QuerySet[Any, Any]:
    """By currency what ``OWED`` names, then each bucket."""
    late = OPEN & Q(due__lt=day)
    sums = {
        f"in_{code}": Sum("open", filter=OPEN & _aged(days, day), default=NOTHING) for code, days in named
    }
    found = (
        rows.values("currency")
        .order_by("currency")
        .annotate(
            all_open=Sum("open", filter=OPEN, default=NOTHING),
            overdue=Sum("open", filter=late, default=NOTHING),
            covered=Sum("pending", filter=OPEN, default=NOTHING),
            over=Sum("open", filter=~OPEN, default=NOTHING),
            items=Count("pk", filter=OPEN),
            late_items=Count("pk", filter=late),
            accounts=Count("account", filter=OPEN, distinct=True),
            late_accounts=Count("account", filter=late, distinct=True),
            bare=Count("pk", filter=OPEN & Q(due_is_stated=False)),
            **sums,
        )
    )
    return found.values_list(*OWED.values(), *sums)


@dataclass(frozen=True)
class MonthPaid:
    """One month in the book's currency; ``day_money`` ÷ ``settled`` is days to pay."""

    month: date
    charged: Decimal
    billed: Decimal
    settled: Decimal
    day_money: Decimal


def months_paid(to: Principal, *, since: date, account: Account | None = None) -> list[MonthPaid]:
    """What the accounts in view, or one, were charged and settled by month, oldest first."""
    if account is not None:
        found = seen_rows(to, account, _paid_by_one(settings.BOOK_CURRENCY, since))
    else:
        found = list(_paid(visible_to(to, AccountPayment.objects.all()), settings.BOOK_CURRENCY, since))
    return [MonthPaid(*row) for row in found]


@lru_cache(maxsize=4)
def _paid_by_one(currency: str, since: date) -> Compiled[Any]:
    return Compiled(lambda account: _paid(AccountPayment.objects.filter(account=account), currency, since))


def _paid(rows: QuerySet[AccountPayment], currency: str, since: date) -> QuerySet[Any, Any]:
    found = (
        rows.filter(month__gte=since, currency=currency)
        .values("month")
        .order_by("month")
        .annotate(a=Sum("charged"), b=Sum("billed"), c=Sum("settled"), d=Sum("day_money"))
    )
    return found.values_list("month", "a", "b", "c", "d")


SORTS = {
    "account": "account__name",
    "number": "number",
    "day": "day",
    "due": "due",
    "amount": "amount",
    "open": "open",
}


def open_items(
    to: Principal,
    day: date,
    method: ReceivablesMethod,
    *,
    bucket: str = "",
    words: str = "",
    left_over: bool = False,
    sort: str = "due",
) -> QuerySet[OpenItem]:
    """Open charges in view, or money left over, in order; ``bucket`` is a code, or "late" for all overdue.

    KeyError for a bucket or an order there is not.
    """
    rows = OpenItem.objects.filter(is_charge=not left_over)
    if bucket == "late":
        rows = rows.filter(due__lt=day)
    elif bucket:
        rows = rows.filter(in_bucket(method, bucket, day))
    if words:
        named = Account.objects.filter(holds(words)).values("pk")
        rows = rows.filter(Q(account__in=named) | Q(number__icontains=words))
    falling, name = sort.startswith("-"), SORTS[sort.removeprefix("-")]
    order = F(name).desc() if falling else F(name).asc()
    return visible_to(to, rows).select_related("account").order_by(order, "pk")


# As many as the page of one account shows, the first to fall due first.
SHOWN_OF_ONE = 12
FIRST_DUE = Compiled(
    lambda account: OpenItem.objects.filter(is_charge=True, account=account).order_by("due", "pk")[
        :SHOWN_OF_ONE
    ]
)


def first_due(to: Principal, account: Account) -> list[OpenItem]:
    """The open charges of ``account`` that fall, or fell, due first."""
    return seen_rows(to, account, FIRST_DUE)


def acceptances(to: Principal) -> QuerySet[Acceptance]:
    """Bills held that have not fallen due by the book's last day, the first to fall due first."""
    rows = Acceptance.objects.filter(is_due=False)
    return visible_to(to, rows).select_related("account").order_by("due", "pk")


@dataclass(frozen=True)
class BillMonth:
    month: date
    currency: str
    amount: Decimal
    bills: int


def bills_by_month(to: Principal, *, account: Account | None = None) -> list[BillMonth]:
    """Bills held, by the month in which they fall due."""
    if account is not None:
        found = seen_rows(to, account, BILLS)
    else:
        found = list(_by_month(visible_to(to, Acceptance.objects.all())))
    return [BillMonth(*row) for row in found]


def _by_month(rows: QuerySet[Acceptance]) -> QuerySet[Any, Any]:
    found = (
        rows.filter(is_due=False)
        .annotate(month=TruncMonth("due"))
        .values("month", "currency")
        .order_by("month", "currency")
        .annotate(total=Sum("amount"), n=Count("pk"))
    )
    return found.values_list("month", "currency", "total", "n")


BILLS = Compiled(lambda account: _by_month(Acceptance.objects.filter(account=account)))


def knows_receivables() -> bool:
    """Whether the book holds any invoice, receipt or opening balance."""
    return AccountPayment.objects.exists()
