"""What is owed, worked out anew for some accounts from their invoices, receipts and openings in force.

An opening balance holds all that was owed on its day: what is dated before it does not count a second time.
An invoice is its number; a receipt is what was told of one number, invoice and due day. Credit notes pay like
money, money given back is owed like an invoice.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from changqing.engine.receivables import Settled, allocate
from changqing.ledger.dues import receivables_pack
from changqing.ledger.loading import forget, load
from changqing.ledger.models import Acceptance, AccountFlow, AccountPayment, AccountTotals, FileKind, OpenItem
from changqing.ledger.queries import standing, whose
from changqing.ledger.segments import duck, literal

#: kinds of files from which receivables are worked out
FEED = (FileKind.INVOICES, FileKind.RECEIPTS, FileKind.OPENINGS)
UNIT = 10_000
ITEM_COLUMNS = (
    "account_id",
    "is_charge",
    "kind",
    "number",
    "day",
    "due",
    "due_is_stated",
    "currency",
    "amount",
    "open",
    "pending",
)
BILL_COLUMNS = ("account_id", "number", "method", "day", "due", "currency", "amount", "is_due")
PAYMENT_COLUMNS = ("account_id", "month", "currency", "charged", "billed", "settled", "day_money", "last_day")
EMPTY = (
    "(SELECT NULL::BIGINT AS account_id, NULL::INTEGER AS source_id, NULL::VARCHAR AS currency, "
    "NULL::VARCHAR AS invoice_no, NULL::VARCHAR AS receipt_no, NULL::DATE AS date, "
    "NULL::DATE AS due, NULL::DECIMAL(18,4) AS amount, "
    "NULL::VARCHAR AS kind, NULL::VARCHAR AS method, NULL::VARCHAR AS method_kind, "
    "NULL::VARCHAR AS line_key WHERE false)"
)


def last_day(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The last day that any order, invoice, receipt or opening in force bears."""
    known = [AccountTotals.objects.order_by("-last_day").values_list("last_day", flat=True).first()]
    for kind in FEED:
        rows = standing(kind)
        if rows:
            known += [row[0] for row in connection.execute(f"SELECT max(date) FROM {rows.sql()}").fetchall()]
    return max((day for day in known if day), default=None)


def ripened(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """Accounts of whose acceptances some fell due, or are due no more, since they were last worked out."""
    if not Acceptance.objects.exists():
        return set()
    day = last_day(connection)
    if day is None:
        return set()
    moved = Q(is_due=False, due__lte=day) | Q(is_due=True, due__gt=day)
    return set(Acceptance.objects.filter(moved).values_list("account_id", flat=True))


def refresh_receivables(connection: duckdb.DuckDBPyConnection, accounts: Collection[int]) -> None:
    """Make open items, acceptances and payments of ``accounts`` say what the rows in force say."""
    if not accounts:
        return
    settle(connection, accounts)
    for table, columns, query in TABLES:
        forget(table, accounts)
        load(connection, query, table, columns)


def refresh_missing_receivables() -> None:
    """Work out the accounts of a book of an older version, which did not keep receivables yet."""
    known = AccountPayment.objects.filter(account=OuterRef("account"))
    feeding = AccountFlow.objects.filter(~Exists(known), kind__in=FEED)
    missing = set(feeding.values_list("account_id", flat=True))
    if missing:
        with duck() as connection:
            refresh_receivables(connection, missing)


def settle(connection: duckdb.DuckDBPyConnection, accounts: Collection[int] | None) -> None:
    """Make the tables ``charges``, ``credits`` and ``links`` of ``accounts``, or of all."""
    method = receivables_pack().method
    connection.register("whose", whose(accounts))
    day = last_day(connection) or date.min
    _documents(connection, terms=method.terms.days.value, at_due=method.acceptance.counts.value == "due")
    charges = connection.execute("SELECT grouped, units FROM charges ORDER BY id").fetchnumpy()
    credits = connection.execute("SELECT grouped, units, refers FROM credits ORDER BY id").fetchnumpy()
    found = allocate(
        _whole(charges["grouped"]),
        _whole(charges["units"]),
        _whole(credits["grouped"]),
        _whole(credits["units"]),
        refers_to=_whole(credits["refers"]),
    )
    _tell(connection, found, day)


def _whole(column: Any) -> Any:
    return np.asarray(column).astype(np.int64)


def _rows(kind: str) -> str:
    """The rows of ``kind`` in force with their account and currency, whatever columns the files have."""
    rows = standing(kind)
    if not rows:
        return EMPTY
    book = literal(settings.BOOK_CURRENCY)
    return (
        f"(SELECT * FROM (FROM {EMPTY} UNION ALL BY NAME SELECT l.* EXCLUDE (currency), w.account_id, "
        f"coalesce(l.currency, {book}) AS currency FROM {rows.sql()} l "
        "JOIN whose w USING (source_id, customer)))"
    )


def _documents(connection: duckdb.DuckDBPyConnection, *, terms: int, at_due: bool) -> None:
    """Charges and credits, numbered from 0, each side oldest first; ``units`` are whole numbers."""
    effective = (
        "CASE WHEN any_value(method_kind) = 'acceptance' AND max(due) > min(date) THEN max(due) "
        "ELSE min(date) END"
        if at_due
        else "min(date)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE opened AS SELECT account_id, currency, max(date) AS since "
        f"FROM {_rows(FileKind.OPENINGS)} GROUP BY ALL"
    )
    since = "LEFT JOIN opened o USING (account_id, currency) WHERE o.since IS NULL OR r.date >= o.since"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE documents AS "
        "SELECT account_id, source_id, currency, "
        "CASE WHEN sum(amount) < 0 THEN 'credit' ELSE 'invoice' END AS kind, "
        "left(coalesce(any_value(invoice_no), ''), 160) AS number, "
        "NULL::VARCHAR AS refers_to, min(date) AS day, "
        f"coalesce(max(due), min(date) + {terms}) AS due, max(due) IS NOT NULL AS due_is_stated, "
        "sum(amount) AS money, '' AS method, false AS is_bill, min(date) AS counts, max(date) AS newest "
        f"FROM {_rows(FileKind.INVOICES)} r {since} "
        "GROUP BY account_id, source_id, currency, coalesce('#' || invoice_no, line_key) "
        "UNION ALL "
        "SELECT account_id, source_id, currency, CASE WHEN sum(amount) < 0 THEN 'refund' ELSE 'receipt' END, "
        "left(coalesce(any_value(receipt_no), ''), 160), left(any_value(invoice_no), 160), min(date), "
        "coalesce(max(due), min(date)), max(due) IS NOT NULL, sum(amount), "
        "left(coalesce(any_value(method), ''), 120), "
        "coalesce(any_value(method_kind) = 'acceptance' AND max(due) > min(date), false), "
        f"{effective}, max(date) "
        f"FROM {_rows(FileKind.RECEIPTS)} r {since} GROUP BY account_id, source_id, currency, "
        "coalesce('#' || receipt_no, line_key), invoice_no, CASE WHEN amount < 0 THEN NULL ELSE due END "
        "UNION ALL "
        "SELECT account_id, any_value(source_id), currency, "
        "CASE WHEN sum(amount) < 0 THEN 'advance' ELSE 'opening' END, '', NULL, "
        "max(date), max(date), true, sum(amount), '', false, max(date), max(date) "
        f"FROM {_rows(FileKind.OPENINGS)} r JOIN opened o USING (account_id, currency) "
        "WHERE r.date = o.since GROUP BY account_id, currency"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE numbered AS SELECT *, dense_rank() OVER "
        f"(ORDER BY account_id, currency) - 1 AS grouped, (abs(money) * {UNIT})::BIGINT AS units "
        "FROM documents"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE charges AS SELECT row_number() OVER "
        "(ORDER BY grouped, day, due, number, kind, units) - 1 AS id, * FROM numbered "
        "WHERE kind IN ('invoice', 'refund', 'opening') AND units > 0"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE credits AS SELECT row_number() OVER "
        "(ORDER BY c.grouped, c.counts, c.number, c.kind, c.refers_to, c.units) - 1 AS id, c.*, "
        "coalesce(h.id, -1) AS refers FROM numbered c LEFT JOIN charges h ON h.grouped = c.grouped "
        "AND h.source_id = c.source_id AND h.kind = 'invoice' AND h.number = c.refers_to AND h.number <> '' "
        "WHERE c.kind IN ('receipt', 'credit', 'advance') AND c.units > 0"
    )


def _tell(connection: duckdb.DuckDBPyConnection, found: Settled, day: date) -> None:
    """``links`` says which credit pays which charge, how much, from which day on; ``is_pending``: not yet."""
    told = {"charge": found.charge, "credit": found.credit, "units": found.amount}
    connection.register(
        "paid", pa.table({name: pa.array(column, pa.int64()) for name, column in told.items()})
    )
    connection.register("left_over", pa.table({"id": np.arange(found.left.size), "units": found.left}))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE links AS SELECT p.charge, p.credit, p.units, "
        f"greatest(h.day, c.counts) AS day, c.counts > DATE '{day}' AS is_pending "
        "FROM paid p JOIN charges h ON h.id = p.charge JOIN credits c ON c.id = p.credit"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE lasting AS SELECT id, units FROM left_over")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE book_day AS SELECT DATE '{day}' AS day")


ITEMS_SQL = (
    f"SELECT account_id, true AS is_charge, kind, number, day, due, due_is_stated, currency, "
    f"units::DECIMAL(24,4) / {UNIT} AS amount, (units - sure)::DECIMAL(24,4) / {UNIT} AS open, "
    f"bills::DECIMAL(24,4) / {UNIT} AS pending FROM charges h LEFT JOIN (SELECT charge AS id, "
    "sum(units) FILTER (NOT is_pending) AS sure_, sum(units) FILTER (is_pending) AS bills_ FROM links "
    "GROUP BY charge) USING (id), LATERAL (SELECT coalesce(sure_, 0) AS sure, coalesce(bills_, 0) AS bills) "
    "WHERE units > sure "
    "UNION ALL SELECT account_id, false, kind, number, day, due, due_is_stated, currency, "
    f"c.units::DECIMAL(24,4) / {UNIT}, l.units::DECIMAL(24,4) / {UNIT}, 0 FROM credits c JOIN lasting l "
    "USING (id) WHERE l.units > 0 AND counts <= (SELECT day FROM book_day)"
)
BILLS_SQL = (
    f"SELECT account_id, number, method, day, due, currency, units::DECIMAL(24,4) / {UNIT} AS amount, "
    "due <= (SELECT day FROM book_day) AS is_due FROM credits WHERE is_bill"
)
PAYMENTS_SQL = (
    "SELECT account_id, date_trunc('month', day)::DATE AS month, currency, "
    + ", ".join(f"sum({name})::DECIMAL(28,4) / {UNIT} AS {name}" for name in PAYMENT_COLUMNS[3:7])
    + ", max(newest) AS last_day FROM ("
    "SELECT account_id, currency, day, units AS charged, CASE WHEN kind = 'invoice' THEN units ELSE 0 END "
    "AS billed, 0 AS settled, 0 AS day_money, newest FROM charges "
    "UNION ALL SELECT h.account_id, h.currency, l.day, 0, 0, l.units, l.units * (l.day - h.day), NULL "
    "FROM links l JOIN charges h ON h.id = l.charge WHERE NOT l.is_pending "
    "UNION ALL SELECT account_id, currency, day, 0, CASE WHEN kind = 'credit' THEN -units ELSE 0 END, 0, 0, "
    "newest FROM credits) GROUP BY ALL"
)
TABLES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (OpenItem._meta.db_table, ITEM_COLUMNS, ITEMS_SQL),
    (Acceptance._meta.db_table, BILL_COLUMNS, BILLS_SQL),
    (AccountPayment._meta.db_table, PAYMENT_COLUMNS, PAYMENTS_SQL),
)
