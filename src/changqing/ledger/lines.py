"""The lines of one account, as its page shows them: read from the ledger's files once for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection as database

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, sight
from changqing.base.once import once
from changqing.ledger.lookup import rows_of
from changqing.ledger.models import FileKind, Import
from changqing.ledger.queries import exchange, families, standing, whose
from changqing.ledger.segments import duck
from changqing.people.permissions import Principal

MONEY = pa.decimal128(18, 4)
# Of a line what a page can show; each column that is read takes its time.
READ = pa.schema(
    {
        "source_id": pa.int32(),
        "customer": pa.string(),
        "import_id": pa.int32(),
        "file_row": pa.int64(),
        "date": pa.date32(),
        "order_no": pa.string(),
        "product": pa.string(),
        "family": pa.string(),
        "quantity": MONEY,
        "amount": MONEY,
        "cost": MONEY,
        "currency": pa.string(),
        "line_kind": pa.string(),
    }
)
NEWEST_FIRST = [
    ("date", "descending"),
    ("order_no", "ascending"),
    ("import_id", "ascending"),
    ("file_row", "ascending"),
]


@dataclass(frozen=True)
class PurchaseDay:
    """What one account bought and gave back on one day; ``margin`` is None when no line's cost is known."""

    day: date
    orders: int
    lines: int
    amount: Decimal
    margin: Decimal | None
    is_purchase: bool


@dataclass(frozen=True)
class Origin:
    """The import that a line came from."""

    pk: int
    number: int
    file_name: str
    asked_at: datetime


@dataclass(frozen=True)
class OrderLine:
    day: date
    order_no: str | None
    product: str | None
    product_name: str
    family: str
    quantity: Decimal | None
    amount: Decimal
    cost: Decimal | None
    currency: str | None
    line_kind: str
    import_number: int
    file_row: int


@once
def _lines_of(account: int) -> pa.Table:
    """The lines of ``account`` that count, as the files have them: read once, whatever is asked of them."""
    return rows_of(standing(FileKind.ORDERS), whose([account]).drop_columns("account_id"), READ)


def _in_book_money(lines: pa.Table) -> pa.Table:
    """``lines`` with money in the book's currency, NULL where their own has no rate on their day."""
    if not set(lines["currency"].unique().to_pylist()) - {None, settings.BOOK_CURRENCY}:
        return lines
    with duck() as connection:
        connection.register("lines", lines)
        rates = exchange(connection)
        worth = ", ".join(f"{rates.worth('l', column)} AS {column}" for column in ("amount", "cost"))
        converted = connection.sql(f"SELECT l.* REPLACE ({worth}) FROM lines l {rates.join('l')}")
        return converted.to_arrow_table()


@once
def purchase_days(to: Principal, account: Account) -> list[PurchaseDay]:
    """Every day on which ``account`` has order lines, newest first."""
    if not sight(to, account).reads(Part.REVENUE):
        return []
    lines = _in_book_money(_lines_of(account.pk))
    lines = lines.filter(pc.is_valid(lines["amount"]))
    told = {
        "date": lines["date"],
        "order_no": lines["order_no"],
        "amount": lines["amount"],
        "margin": pc.subtract(lines["amount"], lines["cost"]),
        "sold": pc.equal(lines["line_kind"], "sale"),
    }
    sums = [
        ("order_no", "count_distinct"),
        ([], "count_all"),
        ("amount", "sum"),
        ("margin", "sum"),
        ("sold", "any"),
    ]
    days = pa.table(told).group_by("date", use_threads=False).aggregate(sums)
    found = [
        PurchaseDay(day, orders, count, amount, margin, is_purchase=bool(sold and amount > 0))
        for day, orders, count, amount, margin, sold in _rows(days.sort_by([("date", "descending")]))
    ]
    if sight(to, account).reads(Part.MARGIN):
        return found
    return [replace(day, margin=None) for day in found]


@once
def _origins(account: int) -> list[Origin]:
    """The imports that ``account``'s order lines came from, newest first."""
    came_by = _lines_of(account)["import_id"].unique().to_pylist()
    # written out: this takes the ORM longer than all else that a page of lines asks
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT id, number, file_name, asked_at FROM {Import._meta.db_table} "
            "WHERE id = ANY(%s) ORDER BY number DESC",
            [came_by],
        )
        return [Origin(*row) for row in cursor.fetchall()]


def imports_of(to: Principal, account: Account) -> list[Origin]:
    """The imports that ``account``'s order lines came from, newest first."""
    return _origins(account.pk) if sight(to, account).reads(Part.REVENUE) else []


def order_lines(
    to: Principal, account: Account, *, day: date | None = None, limit: int = 100, offset: int = 0
) -> list[OrderLine]:
    """``account``'s order lines, newest first; of one ``day`` when given."""
    if not sight(to, account).reads(Part.REVENUE):
        return []
    lines = _lines_of(account.pk)
    if day:
        lines = lines.filter(pc.equal(lines["date"], day))
    shown = lines.take(pc.sort_indices(lines, sort_keys=NEWEST_FIRST)[offset : offset + limit])
    names = _names_of(shown)
    numbers = {each.pk: each.number for each in _origins(account.pk)}
    sees_cost = sight(to, account).reads(Part.MARGIN)
    return [
        OrderLine(
            day=row["date"],
            order_no=row["order_no"],
            product=row["product"],
            product_name=name or "",
            family=row["family"] or family or "",
            quantity=row["quantity"],
            amount=row["amount"],
            cost=row["cost"] if sees_cost else None,
            currency=row["currency"],
            line_kind=row["line_kind"],
            import_number=numbers[row["import_id"]],
            file_row=row["file_row"],
        )
        for row in shown.to_pylist()
        for family, name in [names.get((row["source_id"], row["product"]), ("", ""))]
    ]


def _names_of(lines: pa.Table) -> dict[tuple[int, str], tuple[str, str]]:
    """Family and name of the products of ``lines``, as far as the books tell them."""
    keys = lines["product"].drop_null().unique().to_pylist()
    told = families(keys).select(["source_id", "product", "product_family", "known_name"])
    return {(source, product): (family, name) for source, product, family, name in _rows(told)}


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
