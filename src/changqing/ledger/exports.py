"""The book as files: of each kind what counts now, such that the file brought in again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from changqing.ledger.models import CustomerKey, FileKind, Source
from changqing.ledger.queries import standing
from changqing.ledger.rules.kinds import Field
from changqing.ledger.rules.sheets import export_fields
from changqing.ledger.segments import duck

CHUNK = 5_000
ExportCell = str | Decimal | date | None
# A line's kind is written only where the signs alone would say another one.
_LINE_KIND = (
    "CASE WHEN line_kind IS NOT DISTINCT FROM CASE WHEN quantity < 0 THEN 'return' "
    "WHEN amount < 0 AND order_no IS NULL AND product IS NULL THEN 'rebate' "
    "WHEN amount < 0 THEN 'credit' ELSE 'sale' END THEN NULL "
    "WHEN line_kind = 'return' THEN '退货' WHEN line_kind = 'credit' THEN '红字' "
    "WHEN line_kind = 'rebate' THEN '返利' END"
)
_SAID: dict[tuple[str, str], str] = {
    ("orders", "line_type"): _LINE_KIND,
    ("invoices", "kind"): "CASE WHEN kind = 'credit' AND amount >= 0 THEN '红字' END",
}


def export_rows(kind: str, source: Source) -> Iterator[Sequence[ExportCell]]:
    """The rows of ``kind`` from ``source`` that count, each in the order of ``export_fields``."""
    rows = standing(kind, source=source)
    with duck() as connection:
        if rows:
            columns = {
                row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {rows.sql()}").fetchall()
            }
            said = [_expression(kind, field, columns) for field in export_fields(kind)]
            order = ", ".join(name for name in ("customer", "date", "line_key") if name in columns)
            found = connection.execute(f"SELECT {', '.join(said)} FROM {rows.sql()} ORDER BY {order}")
            while chunk := found.fetchmany(CHUNK):
                yield from chunk
    if kind == FileKind.ACCOUNTS:
        yield from _only_named(source, set(_told_accounts(source)))


def _expression(kind: str, field: Field, columns: set[str]) -> str:
    told = _SAID.get((kind, field.name))
    if told:
        return f"{told} AS {field.name}"
    return field.name if field.name in columns else f"NULL AS {field.name}"


def _told_accounts(source: Source) -> list[str]:
    rows = standing(FileKind.ACCOUNTS, source=source)
    if not rows:
        return []
    with duck() as connection:
        return [row[0] for row in connection.execute(f"SELECT key FROM {rows.sql()}").fetchall()]


def _only_named(source: Source, told: set[str]) -> Iterator[Sequence[ExportCell]]:
    """Accounts that no file of accounts spoke of, only lines that name their customer."""
    names = [field.name for field in export_fields(FileKind.ACCOUNTS)]
    keys = CustomerKey.objects.filter(source=source, account__withdrawn=False).order_by("key")
    for key, name in keys.values_list("key", "account__name").iterator():
        if key not in told:
            row: dict[str, ExportCell] = {"key": key, "name": name}
            yield [row.get(each) for each in names]
