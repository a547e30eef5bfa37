"""The rollups as arrays, for engines that work on all accounts at once. Work without a person only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef
from numpy.typing import NDArray

from changqing.base.bulk import columns_from
from changqing.ledger.models import AccountDays, AccountFlow, AccountMonth, AccountPayment, AccountTotals
from changqing.ledger.queries import owned_lines
from changqing.ledger.segments import duck


@dataclass(frozen=True, eq=False)
class DayColumns:
    """Days with order lines of many accounts as arrays, account after account, each oldest first.

    ``of`` is the place in ``accounts`` that an entry belongs to; days are counted from 1970-01-01.
    """

    accounts: NDArray[np.int64]
    of: NDArray[np.int64]
    days: NDArray[np.int64]
    revenue: NDArray[np.float64]
    margin: NDArray[np.float64]
    without_cost: NDArray[np.float64]
    returned: NDArray[np.float64]
    bought: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FlowColumns:
    """Invoices, receipts, costs and openings in the book's currency; ``months`` count from 0000-01."""

    accounts: NDArray[np.int64]
    months: NDArray[np.int64]
    kinds: NDArray[np.str_]
    amounts: NDArray[np.float64]


DAY_ARRAYS = {
    "days": pa.int64(),
    "revenue": pa.float64(),
    "margin": pa.float64(),
    "without_cost": pa.float64(),
    "returned": pa.float64(),
    "bought": pa.int64(),
}


def day_columns(accounts: Iterable[int] | None = None) -> DayColumns:
    """The days of ``accounts``, or of the whole book, for work without a person; in one query."""
    narrowed = "" if accounts is None else " WHERE account_id = ANY(%s)"
    # a row a day: the arrays of a large book would be millions of numbers, an object each
    each = ", ".join(f"unnest({name})" for name in DAY_ARRAYS)
    found = columns_from(
        f"SELECT account_id, {each} FROM (SELECT * FROM {AccountDays._meta.db_table}{narrowed} "
        "ORDER BY account_id) in_order",
        [] if accounts is None else [list(accounts)],
        {"account_id": pa.int64(), **DAY_ARRAYS},
    )
    told = {name: np.array(found[name].to_numpy()) for name in found.column_names}
    whose = told.pop("account_id")
    begins = np.flatnonzero(np.concatenate(([True], whose[1:] != whose[:-1]))[: whose.size])
    return DayColumns(
        accounts=whose[begins],
        of=np.repeat(np.arange(begins.size), np.diff(np.append(begins, whose.size))),
        **{**told, "bought": told["bought"].astype(bool)},
    )


def flow_columns(accounts: Iterable[int] | None = None) -> FlowColumns:
    """What invoices, receipts, costs and openings say of ``accounts``, or of the whole book."""
    narrowed, values = ("", []) if accounts is None else (" AND account_id = ANY(%s)", [list(accounts)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT account_id, month, kind, amount FROM {AccountFlow._meta.db_table} "
            f"WHERE currency = %s{narrowed}",
            [settings.BOOK_CURRENCY, *values],
        )
        found = cursor.fetchall()
    return FlowColumns(
        accounts=np.array([row[0] for row in found], np.int64),
        months=np.array([row[1].year * 12 + row[1].month - 1 for row in found], np.int64),
        kinds=np.array([row[2] for row in found], np.str_),
        amounts=np.array([float(row[3]) for row in found], np.float64),
    )


def rows_of(
    wanted: NDArray[np.int64], accounts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where ``wanted`` stand in ``accounts``, which are in order; and which of them do."""
    found = np.minimum(np.searchsorted(accounts, wanted), max(accounts.size - 1, 0))
    here = np.flatnonzero(accounts[found] == wanted) if accounts.size else np.zeros(0, np.int64)
    return found[here], here


def breadth(
    *, since: date, before: date, accounts: Iterable[int] | None = None
) -> list[tuple[int, int, int]]:
    """(account, families bought from month ``since`` on, families from ``before`` to ``since``)."""
    narrowed = "" if accounts is None else "AND account_id = ANY(%s) "
    values: list[Any] = [since, since, before, *([] if accounts is None else [list(accounts)])]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, count(*) FILTER (WHERE now > 0), count(*) FILTER (WHERE earlier > 0) FROM ("
            "SELECT account_id, sum(revenue) FILTER (WHERE month >= %s) AS now, "
            f"sum(revenue) FILTER (WHERE month < %s) AS earlier FROM {AccountMonth._meta.db_table} "
            f"WHERE month >= %s {narrowed}GROUP BY account_id, family) families GROUP BY account_id",
            values,
        )
        return cursor.fetchall()


@dataclass(frozen=True, eq=False)
class FamilyColumns:
    """One entry a pair of account and product family: order days that held it, order days from its first to
    its last, order days since, and its margin in the year up to its last (0 where no cost is known)."""

    accounts: NDArray[np.int64]
    families: list[str]
    bought: NDArray[np.float64]
    orders: NDArray[np.float64]
    since: NDArray[np.float64]
    margin: NDArray[np.float64]


def family_columns(accounts: Iterable[int] | None = None, *, until: date) -> FamilyColumns:
    """Which families ``accounts`` (or all) bought and how long not, for work without a person; read from
    the ledger."""
    with duck() as reader:
        lines = owned_lines(reader, None if accounts is None else list(accounts))
        found: pa.Table = reader.sql(
            "WITH held AS MATERIALIZED (SELECT account_id, date, family, sum(amount) AS money, "
            f"sum(amount - cost) AS margin FROM {lines} WHERE date <= $1 AND amount IS NOT NULL "
            "GROUP BY ALL), "
            "days AS (SELECT account_id, date, count(*) OVER (PARTITION BY account_id) AS all_days, "
            "row_number() OVER (PARTITION BY account_id ORDER BY date) AS n FROM held "
            "GROUP BY account_id, date HAVING sum(money) > 0), "
            "pairs AS (SELECT h.account_id, h.family, count(*) AS bought, min(d.n) AS first, "
            "max(d.n) AS last, max(d.all_days) AS all_days, max(h.date) AS last_day FROM held h JOIN days d "
            "USING (account_id, date) WHERE h.money > 0 AND h.family <> '' GROUP BY ALL) "
            "SELECT p.account_id, p.family, p.bought, p.last - p.first + 1, p.all_days - p.last, "
            "coalesce((SELECT sum(h.margin) FROM held h WHERE h.account_id = p.account_id "
            "AND h.family = p.family AND h.date > p.last_day - INTERVAL 365 DAY), 0)::DOUBLE "
            "FROM pairs p ORDER BY p.account_id, p.family",
            params=[until],
        ).to_arrow_table()
    accounts_of, families, *figures = found.columns
    bought, orders, since, margin = (column.cast(pa.float64()).to_numpy() for column in figures)
    return FamilyColumns(
        accounts=accounts_of.cast(pa.int64()).to_numpy(),
        families=families.to_pylist(),
        bought=bought,
        orders=orders,
        since=since,
        margin=margin,
    )


@dataclass(frozen=True, eq=False)
class PaymentColumns:
    """One entry an account and month in the book's currency, account after account, oldest first.

    ``days`` = mean days from invoice to settlement of what the month settled, nan where it settled nothing.
    """

    accounts: NDArray[np.int64]
    billed: NDArray[np.float64]
    days: NDArray[np.float64]
    is_of_the_year: NDArray[np.bool_]

    @property
    def settles(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.days)


def payment_columns(accounts: Iterable[int] | None = None, *, until: date) -> PaymentColumns:
    """How fast ``accounts`` (or all) paid by month, for work without a person."""
    rows = AccountPayment.objects.filter(currency=settings.BOOK_CURRENCY, month__lte=until)
    if accounts is not None:
        rows = rows.filter(account__in=list(accounts))
    names = ("account_id", "month", "billed", "settled", "day_money")
    found = list(rows.order_by("account", "month").values_list(*names))
    settled = np.array([float(row[3]) for row in found], np.float64)
    waited = np.array([float(row[4]) for row in found], np.float64)
    nothing = np.full(settled.size, np.nan)
    since = until.replace(year=until.year - 1, day=1)
    return PaymentColumns(
        accounts=np.array([row[0] for row in found], np.int64),
        billed=np.array([float(row[2]) for row in found], np.float64),
        days=np.divide(waited, settled, out=nothing, where=settled > 0),
        is_of_the_year=np.array([row[1] > since for row in found], bool),
    )


def accounts_without_days() -> list[int]:
    """Accounts with totals but without days: books of a version that did not keep days yet."""
    known = AccountDays.objects.filter(account=OuterRef("account"))
    with_money = AccountTotals.objects.filter(lines__gt=F("lines_without_rate"))
    return list(with_money.filter(~Exists(known)).values_list("account_id", flat=True))
