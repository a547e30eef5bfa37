"""What pages read instead of the ledger: refreshed for the accounts an import touched, in its transaction.

A rollup row says nothing that the lines in force do not say; ``changqing check`` compares the two.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import connection as database

from changqing.base.faults import reach
from changqing.ledger.models import AccountFlow, AccountMonth, AccountTotals, FileKind
from changqing.ledger.queries import ORDER, in_book_currency, owned_lines, standing, whose
from changqing.ledger.segments import literal, scratch

CHUNK = 1 << 20
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
    "lines_in_other_currency",
    "revenue",
    "margin",
)
FLOW_COLUMNS = ("account_id", "month", "kind", "currency", "amount", "rows")


def months_sql(lines: str) -> str:
    """Money in the book's currency by account, month and family."""
    return (
        "SELECT account_id, date_trunc('month', date)::DATE AS month, family, "
        "sum(amount) AS revenue, coalesce(sum(amount - cost), 0) AS margin, "
        "coalesce(sum(amount) FILTER (cost IS NULL), 0) AS revenue_without_cost, count(*) AS lines "
        f"FROM {lines} WHERE {in_book_currency()} GROUP BY ALL"
    )


def totals_sql(lines: str) -> str:
    """One row per account, over days and orders; a purchase is a day with a sale and a net above zero."""
    mine = in_book_currency()
    return (
        "WITH days AS (SELECT account_id, date, count(*) AS lines, "
        f"count(*) FILTER ({mine}) AS ours, count(*) FILTER ({mine} AND cost IS NULL) AS bare, "
        f"sum(amount) FILTER ({mine}) AS revenue, sum(amount - cost) FILTER ({mine}) AS margin, "
        f"bool_or(line_kind = 'sale') AS sold FROM {lines} GROUP BY ALL), "
        f"orders AS (SELECT account_id, count(DISTINCT {ORDER}) AS orders FROM {lines} GROUP BY ALL) "
        "SELECT account_id, min(date) AS first_day, max(date) AS last_day, any_value(orders) AS orders, "
        "count(*) FILTER (sold AND revenue > 0) AS purchases, sum(lines) AS lines, "
        "sum(bare) AS lines_without_cost, sum(lines - ours) AS lines_in_other_currency, "
        "coalesce(sum(revenue), 0) AS revenue, sum(margin) AS margin "
        "FROM days JOIN orders USING (account_id) GROUP BY account_id"
    )


def flows_sql(kind: str) -> str | None:
    """Invoices, receipts, costs or openings by account, month and currency; None when there are none."""
    rows = standing(kind)
    if not rows:
        return None
    return (
        "SELECT w.account_id, date_trunc('month', l.date)::DATE AS month, "
        f"{literal(kind)} AS kind, coalesce(l.currency, {literal(settings.BOOK_CURRENCY)}) AS currency, "
        f"sum(l.amount) AS amount, count(*) AS rows FROM {rows.sql()} l "
        "JOIN whose w USING (source_id, customer) GROUP BY ALL"
    )


def refresh_orders(connection: duckdb.DuckDBPyConnection, accounts: Collection[int]) -> None:
    """Make months and totals of ``accounts`` say what their order lines in force say."""
    if not accounts:
        return
    lines = owned_lines(connection, accounts)
    _forget(AccountMonth._meta.db_table, accounts)
    _load(connection, months_sql(lines), AccountMonth._meta.db_table, MONTH_COLUMNS)
    reach("rollup-half")
    _forget(AccountTotals._meta.db_table, accounts)
    _load(connection, totals_sql(lines), AccountTotals._meta.db_table, TOTAL_COLUMNS)


def refresh_flows(connection: duckdb.DuckDBPyConnection, kind: str, accounts: Collection[int]) -> None:
    """Make ``kind``'s flows of ``accounts`` say what its rows in force say."""
    if not accounts:
        return
    connection.register("whose", whose(accounts))
    _forget(AccountFlow._meta.db_table, accounts, kind=kind)
    query = flows_sql(kind)
    if query:
        _load(connection, query, AccountFlow._meta.db_table, FLOW_COLUMNS)


def refresh(connection: duckdb.DuckDBPyConnection, kind: str, accounts: Collection[int]) -> None:
    """Refresh what files of ``kind`` feed, for ``accounts``."""
    if kind == FileKind.ORDERS:
        refresh_orders(connection, accounts)
    elif kind in FLOWS:
        refresh_flows(connection, kind, accounts)


def _forget(table: str, accounts: Collection[int], *, kind: str | None = None) -> None:
    with database.cursor() as cursor:
        also = " AND kind = %s" if kind else ""
        values: list[Any] = [list(accounts), *([kind] if kind else [])]
        cursor.execute(f"DELETE FROM {table} WHERE account_id = ANY(%s){also}", values)


def _load(connection: duckdb.DuckDBPyConnection, query: str, table: str, columns: tuple[str, ...]) -> None:
    """Carry ``query`` from DuckDB into ``table`` through a file, in bounded memory."""
    named = ", ".join(columns)
    with tempfile.TemporaryDirectory(prefix="rollup-", dir=scratch()) as folder:
        file = Path(folder) / "rows.csv"
        connection.execute(
            f"COPY (SELECT {named} FROM ({query})) TO {literal(file)} (FORMAT csv, HEADER false)"
        )
        with (
            database.cursor() as cursor,
            cursor.copy(f"COPY {table} ({named}) FROM STDIN (FORMAT csv)") as copy,
            file.open("rb") as rows,
        ):
            while chunk := rows.read(CHUNK):
                copy.write(chunk)
