"""What pages read instead of the ledger: refreshed for the accounts an import touched, in its transaction.

A rollup row says nothing that the lines in force do not say; ``changqing check`` compares the two.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
from django.conf import settings
from django.db.models import Exists, OuterRef

from changqing.ledger.loading import Load, forget, load, replace_rows
from changqing.ledger.models import AccountDays, AccountFlow, AccountMonth, AccountTotals, FileKind, Import
from changqing.ledger.queries import ORDER, owned_lines, standing, whose
from changqing.ledger.receivables import FEED, refresh_receivables, ripened
from changqing.ledger.segments import Standing, duck, literal

FLOWS = (FileKind.INVOICES, FileKind.RECEIPTS, FileKind.COSTS, FileKind.OPENINGS)
MONTH_COLUMNS = ("account_id", "month", "family", "revenue", "margin", "revenue_without_cost", "lines")
TOTAL_COLUMNS = (
    "account_id",
    "first_day",
    "last_day",
    "orders",
    "purchases",
    "lines",
    "lines_without_cost",
    "lines_without_rate",
    "lines_converted",
    "revenue",
    "margin",
    "revenue_without_cost",
    "revenue_converted",
)
DAY_COLUMNS = ("account_id", "days", "revenue", "margin", "without_cost", "returned", "bought")
# Of so many accounts the lines are held in memory while they are summed; of more they are read again.
MOST_HELD = 3_000
# What the sums of order lines ask of a line.
SUMMED = (
    "account_id",
    "date",
    "order_no",
    "family",
    "line_kind",
    "amount",
    "cost",
    "is_converted",
)
FLOW_COLUMNS = ("account_id", "month", "kind", "currency", "amount", "rows")


def months_sql(lines: str) -> str:
    """Money in the book's currency by account, month and family."""
    return (
        "SELECT account_id, date_trunc('month', date)::DATE AS month, family, "
        "sum(amount) AS revenue, coalesce(sum(amount - cost), 0) AS margin, "
        "coalesce(sum(amount) FILTER (cost IS NULL), 0) AS revenue_without_cost, count(*) AS lines "
        f"FROM {lines} WHERE amount IS NOT NULL GROUP BY ALL"
    )


def order_days_sql(lines: str) -> str:
    """The lines of one order on one day as one row: of these there are fewer, and totals, days and the
    count of orders are added up from them."""
    return (
        f"SELECT account_id, {ORDER} AS order_no, date, count(*) AS lines, count(amount) AS counted, "
        "count(*) FILTER (amount IS NOT NULL AND cost IS NULL) AS bare, "
        "sum(amount) AS revenue, sum(amount - cost) AS margin, "
        "sum(amount) FILTER (cost IS NULL) AS without_cost, -sum(amount) FILTER (amount < 0) AS returned, "
        "count(*) FILTER (is_converted) AS converted, sum(amount) FILTER (is_converted) AS from_others, "
        "bool_or(line_kind = 'sale') AS sold, "
        "bool_or(line_kind = 'sale') FILTER (amount IS NOT NULL) AS sold_counted "
        f"FROM {lines} GROUP BY ALL"
    )


def totals_sql(order_days: str) -> str:
    """One row per account, over days and orders; a purchase is a day with a sale and a net above zero."""
    return (
        "WITH days AS (SELECT account_id, date, sum(lines) AS lines, sum(counted) AS counted, "
        "sum(bare) AS bare, sum(revenue) AS revenue, sum(margin) AS margin, "
        "sum(without_cost) AS revenue_without_cost, sum(converted) AS converted, "
        f"sum(from_others) AS from_others, bool_or(sold) AS sold FROM {order_days} GROUP BY ALL), "
        f"orders AS (SELECT account_id, count(DISTINCT order_no) AS orders FROM {order_days} GROUP BY ALL) "
        "SELECT account_id, min(date) AS first_day, max(date) AS last_day, any_value(orders) AS orders, "
        "count(*) FILTER (sold AND revenue > 0) AS purchases, sum(lines) AS lines, "
        "sum(bare) AS lines_without_cost, sum(lines - counted) AS lines_without_rate, "
        "sum(converted) AS lines_converted, coalesce(sum(revenue), 0) AS revenue, sum(margin) AS margin, "
        "coalesce(sum(revenue_without_cost), 0) AS revenue_without_cost, "
        "coalesce(sum(from_others), 0) AS revenue_converted "
        "FROM days JOIN orders USING (account_id) GROUP BY account_id"
    )


def days_sql(order_days: str) -> str:
    """One row per account: the days with lines in the book's currency, as arrays in PostgreSQL's writing."""
    columns = DAY_COLUMNS[1:]
    # put in order once for all columns
    rows = ", ".join(f"{name} := {name}" for name in columns)
    arrays = ", ".join(
        f"'{{' || array_to_string(list_transform(told, lambda day: day.{name}), ',') || '}}' AS {name}"
        for name in columns
    )
    return (
        f"SELECT account_id, {arrays} FROM ("
        f"SELECT account_id, list(struct_pack({rows}) ORDER BY days) AS told FROM ("
        "SELECT account_id, date - DATE '1970-01-01' AS days, sum(revenue) AS revenue, "
        "coalesce(sum(margin), 0) AS margin, coalesce(sum(without_cost), 0) AS without_cost, "
        "coalesce(sum(returned), 0) AS returned, "
        "(bool_or(sold_counted) AND sum(revenue) > 0)::INTEGER AS bought "
        f"FROM {order_days} WHERE counted > 0 GROUP BY account_id, date) GROUP BY account_id)"
    )


def flows_sql(kind: str) -> str | None:
    """Invoices, receipts, costs or openings by account, month and currency; None when there are none.

    An opening balance holds all that was owed on its day: of what is owed and paid, older openings too, only
    what is dated from the last opening on counts beside it.
    """
    rows = standing(kind)
    if not rows:
        return None
    owned = f"FROM {_owned(rows)}"
    openings = standing(FileKind.OPENINGS) if kind in FEED else None
    if openings:
        owned += (
            " LEFT JOIN (SELECT account_id, currency, max(date) AS since "
            f"FROM {_owned(openings)} GROUP BY ALL) "
            "USING (account_id, currency) WHERE since IS NULL OR date >= since"
        )
    return (
        f"SELECT account_id, date_trunc('month', date)::DATE AS month, {literal(kind)} AS kind, currency, "
        # a cost told in minutes alone has no amount: unknown, not 0
        f"sum(amount) AS amount, count(*) AS rows {owned} GROUP BY ALL HAVING count(amount) > 0"
    )


def _owned(rows: Standing) -> str:
    """Rows with their account and the currency they are in."""
    return (
        "(SELECT w.account_id, l.date, l.amount, "
        f"coalesce(l.currency, {literal(settings.BOOK_CURRENCY)}) AS currency FROM {rows.sql()} l "
        "JOIN whose w USING (source_id, customer))"
    )


def refresh_orders(connection: duckdb.DuckDBPyConnection, accounts: Collection[int]) -> None:
    """Make months, totals and days of ``accounts`` say what their order lines in force say."""
    if not accounts:
        return
    lines = owned_lines(connection, accounts)
    if len(accounts) <= MOST_HELD:
        lines = _held(connection, lines)
    months = Load(AccountMonth._meta.db_table, MONTH_COLUMNS, months_sql(lines))
    totals = Load(AccountTotals._meta.db_table, TOTAL_COLUMNS, totals_sql("order_days"), _order_days(lines))
    # months are the most rows: the others are worked out while they are taken in
    replace_rows(connection, accounts, (months, totals, _days()))
    connection.execute("DROP TABLE order_days")


def _held(connection: duckdb.DuckDBPyConnection, lines: str) -> str:
    """``lines`` read from the segments once, where few accounts are asked for: they are summed twice."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE held_lines AS SELECT {', '.join(SUMMED)} FROM {lines}")
    return "held_lines"


def _order_days(lines: str) -> str:
    return f"CREATE OR REPLACE TEMP TABLE order_days AS {order_days_sql(lines)}"


def _days(first: str = "") -> Load:
    return Load(AccountDays._meta.db_table, DAY_COLUMNS, days_sql("order_days"), first)


def refresh_missing_days(accounts: Collection[int]) -> None:
    """Make the days of ``accounts`` that a book of an older version does not have yet."""
    with duck() as connection:
        replace_rows(connection, accounts, [_days(_order_days(owned_lines(connection, accounts)))])


def refresh_flows(connection: duckdb.DuckDBPyConnection, kind: str, accounts: Collection[int]) -> None:
    """Make ``kind``'s flows of ``accounts`` say what its rows in force say; an opening moves the others'."""
    if not accounts:
        return
    connection.register("whose", whose(accounts))
    for moved in FEED if kind == FileKind.OPENINGS else (kind,):
        forget(AccountFlow._meta.db_table, accounts, kind=moved)
        query = flows_sql(moved)
        if query:
            load(connection, query, AccountFlow._meta.db_table, FLOW_COLUMNS)


def refresh_flows_before_openings() -> None:
    """Work out the accounts of a book of an older version, which counted what an opening holds once more."""
    of_openings = AccountFlow.objects.filter(kind=FileKind.OPENINGS)
    later = of_openings.filter(
        account=OuterRef("account"), currency=OuterRef("currency"), month__gt=OuterRef("month")
    )
    twice = set(AccountFlow.objects.filter(Exists(later), kind__in=FEED).values_list("account_id", flat=True))
    if twice:
        with duck() as connection:
            refresh_flows(connection, FileKind.OPENINGS, twice)


def refresh(connection: duckdb.DuckDBPyConnection, kind: str, accounts: Collection[int]) -> None:
    """Refresh what files of ``kind`` feed, for ``accounts``."""
    _refresh_rows(connection, kind, accounts)
    _refresh_dues(connection, accounts if kind in FEED else ())


def refresh_all(connection: duckdb.DuckDBPyConnection, accounts: Collection[int]) -> None:
    """Refresh what every file in force feeds, for ``accounts``: of other kinds nothing is kept."""
    in_force = set(Import.objects.filter(state=Import.State.IN_FORCE).values_list("kind", flat=True))
    for kind in (FileKind.ORDERS, *FLOWS):
        if kind in in_force:
            _refresh_rows(connection, kind, accounts)
    _refresh_dues(connection, accounts if in_force.intersection(FEED) else ())


def _refresh_rows(connection: duckdb.DuckDBPyConnection, kind: str, accounts: Collection[int]) -> None:
    if kind == FileKind.ORDERS:
        refresh_orders(connection, accounts)
    elif kind in FLOWS:
        refresh_flows(connection, kind, accounts)


def _refresh_dues(connection: duckdb.DuckDBPyConnection, accounts: Collection[int]) -> None:
    """What ``accounts`` owe; the book's last day may have moved, and bills of others fallen due with it."""
    refresh_receivables(connection, ripened(connection) | set(accounts))
