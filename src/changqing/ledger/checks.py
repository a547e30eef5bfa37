"""What must always hold between the catalogue, the segments and the rollups; each breach is a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
from django.db.models import Count, Model, Sum
from django.utils.translation import gettext as _

from changqing.ledger.models import (
    Acceptance,
    AccountFlow,
    AccountMonth,
    AccountPayment,
    AccountTotals,
    CustomerKey,
    FileKind,
    Import,
    OpenItem,
    Replacement,
    Segment,
)
from changqing.ledger.owners import rates_said
from changqing.ledger.queries import ENTERED, exchange_rates, fetched, owned_lines, standing, whose
from changqing.ledger.receivables import (
    BILL_COLUMNS,
    BILLS_SQL,
    ITEM_COLUMNS,
    ITEMS_SQL,
    PAYMENT_COLUMNS,
    PAYMENTS_SQL,
    settle,
)
from changqing.ledger.rollups import (
    FLOW_COLUMNS,
    FLOWS,
    MONTH_COLUMNS,
    TOTAL_COLUMNS,
    flows_sql,
    months_sql,
    order_days_sql,
    totals_sql,
)
from changqing.ledger.segments import at, digest_of, duck


def breaches() -> Iterator[str]:
    """Everything about the books that is not as it must be."""
    faulty = list(_files())
    yield from faulty
    yield from _catalogue()
    if faulty:
        return
    with duck() as connection:
        yield from _keys_once(connection)
        yield from _owners_known(connection)
        yield from _rates(connection)
        yield from _rollups(connection)


def _files() -> Iterator[str]:
    for path, size, digest in Segment.objects.order_by("path").values_list("path", "bytes", "digest"):
        file = at(path)
        if not file.is_file():
            yield _("账本文件 %(path)s 不见了。") % {"path": path}
        elif file.stat().st_size != size or digest_of(file) != digest:
            yield _("账本文件 %(path)s 与登记的内容不符。") % {"path": path}


def _catalogue() -> Iterator[str]:
    lines = Segment.objects.filter(holds=Segment.Holds.LINES).values("owner").annotate(n=Count("pk"))
    have = dict(lines.values_list("owner", "n"))
    for pk in Import.objects.filter(state__in=ENTERED).values_list("pk", flat=True):
        if have.get(pk) != 1:
            yield _("导入 %(id)s 登记的明细文件数不是一。") % {"id": pk}
    for newer, rows in (
        Replacement.objects.filter(wholly=False).values_list("newer").annotate(rows=Sum("rows"))
    ):
        noted = Segment.objects.filter(owner=newer, holds=Segment.Holds.REPLACED).first()
        if noted is None or noted.rows != rows:
            yield _("导入 %(id)s 登记的被替换行数与文件不符。") % {"id": newer}


def _keys_once(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for kind in FileKind.values:
        rows = standing(kind)
        if not rows:
            continue
        twice = connection.execute(
            f"SELECT source_id, line_key FROM {rows.sql()} GROUP BY ALL HAVING count(*) > 1 LIMIT 5"
        ).fetchall()
        for _source, key in twice:
            yield _("%(kind)s 里同一行 %(key)s 有效两次。") % {"kind": kind, "key": key}


def _owners_known(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    connection.register("whose", whose())
    for kind in (FileKind.ORDERS, *FLOWS):
        rows = standing(kind)
        if not rows:
            continue
        lost = connection.execute(
            f"SELECT DISTINCT customer FROM {rows.sql()} ANTI JOIN whose USING (source_id, customer) LIMIT 5"
        ).fetchall()
        for (customer,) in lost:
            yield _("%(kind)s 里的客户 %(customer)s 没有归属。") % {"kind": kind, "customer": customer}
    hidden = CustomerKey.objects.filter(account__withdrawn=True, account__totals__isnull=False)
    for key in hidden.values_list("key", flat=True)[:5]:
        yield _("已撤下的客户 %(customer)s 仍有订单。") % {"customer": key}


def _rates(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    stored = list(exchange_rates().values_list("currency", "day", "rate", "said_by"))
    unlike = set(stored) ^ set(rates_said(connection))
    if unlike:
        yield _("汇率表与汇率文件不符：%(rows)s 条。") % {"rows": len(unlike)}


def _rollups(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    lines = owned_lines(connection)
    yield from _same(connection, months_sql(lines), AccountMonth, MONTH_COLUMNS)
    yield from _same(connection, totals_sql(f"({order_days_sql(lines)})"), AccountTotals, TOTAL_COLUMNS)
    for kind in FLOWS:
        yield from _same(connection, flows_sql(kind), AccountFlow, FLOW_COLUMNS, kind=kind)
    settle(connection, None)
    yield from _same(connection, ITEMS_SQL, OpenItem, ITEM_COLUMNS)
    yield from _same(connection, BILLS_SQL, Acceptance, BILL_COLUMNS)
    yield from _same(connection, PAYMENTS_SQL, AccountPayment, PAYMENT_COLUMNS)


def _same(
    connection: duckdb.DuckDBPyConnection,
    query: str | None,
    table: type[Model],
    columns: tuple[str, ...],
    **only: str,
) -> Iterator[str]:
    """Rows that differ between what the ledger says and what pages read."""
    stored = list(table._default_manager.filter(**only).values_list(*columns))
    if query is None:
        if stored:
            yield _("%(table)s 多出 %(rows)s 行。") % {"table": table.__name__, "rows": len(stored)}
        return
    connection.register("stored", _arrow(columns, stored))
    named = ", ".join(_comparable(name) for name in columns)
    plain = ", ".join(columns)
    for one, other, sentence in (
        (f"({query})", "stored", _("%(table)s 少了或错了 %(rows)s 行。")),
        ("stored", f"({query})", _("%(table)s 多了或错了 %(rows)s 行。")),
    ):
        counted = fetched(
            connection,
            f"SELECT count(*) FROM (SELECT {named} FROM (SELECT {plain} FROM {one}) "
            f"EXCEPT ALL SELECT {named} FROM (SELECT {plain} FROM {other}))",
        )
        if counted[0]:
            yield sentence % {"table": table.__name__, "rows": counted[0]}


MONEY = {
    "revenue",
    "margin",
    "revenue_without_cost",
    "revenue_converted",
    "amount",
    "open",
    "pending",
    "charged",
    "billed",
    "settled",
    "day_money",
}
DAYS = {"month", "first_day", "last_day", "day", "due"}
WORDS = {"family", "kind", "currency", "number", "method"}
FLAGS = {"is_charge", "due_is_stated", "is_due"}


def _comparable(name: str) -> str:
    return f"{name}::DECIMAL(38,4) AS {name}" if name in MONEY else f"{name}::VARCHAR AS {name}"


def _arrow(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> pa.Table:
    def type_of(name: str) -> pa.DataType:
        if name in MONEY:
            return pa.decimal128(38, 4)
        if name in FLAGS:
            return pa.bool_()
        return pa.date32() if name in DAYS else pa.string() if name in WORDS else pa.int64()

    return pa.table(
        {name: pa.array([row[at_] for row in rows], type_of(name)) for at_, name in enumerate(columns)}
    )
