"""The lines of one account, as its page shows them: read from the ledger's files once for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, sight
from changqing.base.once import once
from changqing.ledger.models import FileKind, Import
from changqing.ledger.queries import owned_lines, standing, whose
from changqing.ledger.segments import looking
from changqing.people.permissions import Principal

# Of a line what a page can show; each column that is read of a large book takes its time.
READ = (
    "account_id, source_id, import_id, file_row, date, order_no, product, family, quantity, amount, cost, "
    "currency, line_kind"
)


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


def _of_account(connection: duckdb.DuckDBPyConnection, account: Account, products: Sequence[str] = ()) -> str:
    """The relation of ``owned_lines`` of one account, whose lines are read once for an answer."""
    return owned_lines(connection, [account.pk], products=products, read=_read_lines(account.pk))


@once
def _read_lines(account: int) -> pa.Table | None:
    """The lines of ``account`` that count, as the files have them, with whose they are: in a large book the
    reading is what takes time, whatever is asked of them."""
    lines = standing(FileKind.ORDERS)
    if not lines:
        return None
    with looking() as connection:
        connection.register("whose", whose([account]))
        found = connection.sql(f"SELECT {READ} FROM {lines.sql()} JOIN whose USING (source_id, customer)")
        return found.to_arrow_table()


def _distinct(account: Account, column: str) -> list[Any]:
    """Every value that ``account``'s lines have in ``column``."""
    read = _read_lines(account.pk)
    return [] if read is None else [each for each in read[column].unique().to_pylist() if each is not None]


@once
def purchase_days(to: Principal, account: Account) -> list[PurchaseDay]:
    """Every day on which ``account`` has order lines, newest first."""
    if not sight(to, account).reads(Part.REVENUE):
        return []
    with looking() as connection:
        lines = _of_account(connection, account)
        rows = connection.execute(
            "SELECT date, count(DISTINCT order_no), count(*), sum(amount), sum(amount - cost), "
            f"bool_or(line_kind = 'sale') AND sum(amount) > 0 FROM {lines} "
            "WHERE amount IS NOT NULL GROUP BY date ORDER BY date DESC"
        ).fetchall()
    found = [PurchaseDay(*row) for row in rows]
    if sight(to, account).reads(Part.MARGIN):
        return found
    return [replace(day, margin=None) for day in found]


def imports_of(to: Principal, account: Account) -> list[Import]:
    """The imports that ``account``'s order lines came from, newest first."""
    if not sight(to, account).reads(Part.REVENUE):
        return []
    found = _distinct(account, "import_id")
    return list(Import.objects.filter(pk__in=found).order_by("-number")) if found else []


def order_lines(
    to: Principal, account: Account, *, day: date | None = None, limit: int = 100, offset: int = 0
) -> list[OrderLine]:
    """``account``'s order lines, newest first; of one ``day`` when given."""
    if not sight(to, account).reads(Part.REVENUE):
        return []
    with looking() as connection:
        lines = _of_account(connection, account, _distinct(account, "product"))
        rows = connection.execute(
            "SELECT date, order_no, product, coalesce(known_name, ''), family, quantity, stated_amount, "
            "stated_cost, currency, line_kind, import_id, file_row "
            f"FROM {lines} WHERE $1 IS NULL OR date = $1 "
            "ORDER BY date DESC, order_no, import_id, file_row LIMIT $2 OFFSET $3",
            [day, limit, offset],
        ).fetchall()
    numbers = dict(Import.objects.filter(pk__in={row[10] for row in rows}).values_list("pk", "number"))
    found = [OrderLine(*(*row[:10], numbers[row[10]], row[11])) for row in rows]
    if sight(to, account).reads(Part.MARGIN):
        return found
    return [replace(line, cost=None) for line in found]
