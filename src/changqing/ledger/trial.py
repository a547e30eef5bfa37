"""What an import, an undo or a redo would do to the book, worked out without writing to it.

A trial goes through the very steps of the deed, on files in a scratch folder; its figures are those that the
deed then reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from changqing.base.tables import Staged
from changqing.ledger.actions import NOT_CONTENT, Changes, difference
from changqing.ledger.covering import covered_lines, show_lines, switched_lines
from changqing.ledger.intake import Taken, take_in
from changqing.ledger.models import CustomerKey, FileKind, Import, Product
from changqing.ledger.owners import (
    OF_NOBODY,
    OWNER,
    accounts_of,
    buyers_at_rates,
    buyers_of,
    left_without_books,
)
from changqing.ledger.queries import account_names, exchange, fetched, standing
from changqing.ledger.segments import at, duck, literal

MOST_SHOWN = 10
# What names a row for people, as far as its kind has it.
LABELS = (
    "order_no",
    "line_no",
    "invoice_no",
    "receipt_no",
    "reference",
    "category",
    "date",
    "product",
    "product_name",
)
MORE = ", coalesce(n.line_key, o.line_key) AS line_key, o.counted AS old_money, n.counted AS new_money"


@dataclass(frozen=True, kw_only=True)
class LineChange:
    """One row that would come, change or go: how it is called, whose it is, and what is new about it."""

    what: str
    label: str
    owner: str
    old: str | None
    new: str | None
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a deed would do. ``money_before``: all that counts of its kind now, in the book's currency."""

    changes: Changes
    money_before: Decimal
    other_currencies: dict[str, str] = field(default_factory=dict)
    largest: list[LineChange] = field(default_factory=list)
    new_accounts: list[str] = field(default_factory=list)
    known_customers: int = 0
    accounts_leaving: int = 0
    groups: list[dict[str, Any]] = field(default_factory=list)
    taken: Taken | None = None

    @property
    def money_after(self) -> Decimal:
        told = self.changes
        return self.money_before + told.money_came + told.money_changed + told.money_went

    def as_json(self) -> dict[str, Any]:
        return {
            **self.changes.as_json(),
            "money_before": str(self.money_before),
            "money_after": str(self.money_after),
            "other_currencies": self.other_currencies,
            "largest": [asdict(change) for change in self.largest],
            "new_accounts": self.new_accounts,
            "known_customers": self.known_customers,
            "accounts_leaving": self.accounts_leaving,
            "groups": self.groups,
            **(self.taken.report if self.taken else {}),
        }


def try_import(*, entry: Import, staged: Staged, into: Path) -> Trial:
    """What the import ``entry``, which is in no catalogue, would do with the rows of ``staged``."""
    with duck() as connection:
        taken = take_in(entry, staged, connection, trial=into)
        live = standing(entry.kind, source=entry.source)
        show_lines(connection=connection, lines=taken.lines, refused=taken.refused)
        old = covered_lines(entry=entry, live=live.sql() if live else None)
        changes, owners = difference(
            kind=entry.kind, connection=connection, old=old, new="new_lines", more=MORE
        )
        unknown, known = _customers(entry, connection, taken.matched)
        changes.accounts_made = len(unknown)
        if not changes.nothing:
            changes.accounts_touched = _touched(entry, connection, owners, unknown, taken.matched)
        return Trial(
            changes=changes,
            money_before=money_of(connection, entry.kind),
            other_currencies=_other_currencies(connection),
            largest=_largest(entry.kind, connection, old, "new_lines"),
            new_accounts=_names_of(entry, connection, sorted(unknown)[:MOST_SHOWN]),
            known_customers=known,
            groups=refusals(connection, taken.refused.path) if taken.refused else [],
            taken=taken,
        )


def try_switch(*, entry: Import) -> Trial:
    """What undoing ``entry`` would do, or redoing it where it is undone."""
    with duck() as connection:
        was = standing(entry.kind, source=entry.source)
        now = standing(entry.kind, source=entry.source, switched=entry.pk)
        old, new = switched_lines(entry=entry, was=was, now=now)
        changes, owners = difference(kind=entry.kind, connection=connection, old=old, new=new, more=MORE)
        leaving = 0
        if entry.kind not in OF_NOBODY:
            leaving = len(left_without_books(entry, connection, switched=entry.pk))
        if not changes.nothing:
            if entry.kind == FileKind.PRODUCTS:
                connection.execute(f"CREATE TEMP VIEW new_lines AS SELECT * FROM {new}")
            changes.accounts_touched = _touched(entry, connection, owners, set(), {})
        return Trial(
            changes=changes,
            money_before=money_of(connection, entry.kind),
            largest=_largest(entry.kind, connection, old, new),
            accounts_leaving=leaving,
        )


def money_of(connection: duckdb.DuckDBPyConnection, kind: str) -> Decimal:
    """All money of ``kind`` that counts now, in the book's currency; nought for kinds without money."""
    rows = standing(kind)
    if not rows:
        return Decimal(0)
    columns = set(_columns(connection, rows.sql()))
    if "amount" not in columns:
        return Decimal(0)
    rates = exchange(connection)
    dated = {"currency", "date"} <= columns
    money, joined = (rates.worth("r", "amount"), rates.join("r")) if dated else ("r.amount", "")
    return Decimal(fetched(connection, f"SELECT coalesce(sum({money}), 0) FROM {rows.sql()} r {joined}")[0])


def refusals(connection: duckdb.DuckDBPyConnection, path: str) -> list[dict[str, Any]]:
    """The refused rows of a segment by reason and field, the most first; a row may be in several."""
    rows = connection.execute(
        "SELECT reason.code, reason.field, any_value(reason.col), count(*), "
        "list_slice(list(DISTINCT reason.value) FILTER (reason.value IS NOT NULL), 1, 3) "
        f"FROM (SELECT unnest(reasons) AS reason FROM read_parquet({literal(at(path))})) "
        "GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2"
    ).fetchall()
    return [
        {
            "code": code,
            "field": field_,
            "col": col,
            "rows": count,
            "values": [cell[:40] for cell in cells or []],
        }
        for code, field_, col, count, cells in rows
    ]


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    return [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]


def _customers(
    entry: Import, connection: duckdb.DuckDBPyConnection, matched: dict[str, int]
) -> tuple[set[str], int]:
    """The customers of what came that nobody is known for, and how many are known."""
    if entry.kind in OF_NOBODY:
        return set(), 0
    named = set(fetched(connection, f'SELECT DISTINCT "{OWNER[entry.kind]}" FROM new_lines'))
    known = set(CustomerKey.objects.filter(source=entry.source).values_list("key", flat=True))
    unknown = named - known - set(matched)
    return unknown, len(named) - len(unknown)


def _names_of(entry: Import, connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> list[str]:
    """What the rows that came call the customers ``keys``."""
    if not keys:
        return []
    key, name = ("key", "name") if entry.kind == FileKind.ACCOUNTS else ("customer", "customer_name")
    rows = connection.execute(
        f"SELECT {key}, coalesce(any_value({name}), {key}) FROM new_lines WHERE {key} IN "
        f"(SELECT unnest($1)) GROUP BY 1 ORDER BY 1",
        [list(keys)],
    ).fetchall()
    return [told for _key, told in rows]


def _touched(
    entry: Import,
    connection: duckdb.DuckDBPyConnection,
    owners: set[str],
    unknown: set[str],
    matched: dict[str, int],
) -> int:
    """How many accounts would be reckoned anew."""
    if entry.kind == FileKind.RATES:
        return len(buyers_at_rates(connection, owners))
    if entry.kind == FileKind.PRODUCTS:
        return len(buyers_of(entry.source, connection, _moved_products(entry, connection, owners)))
    known = accounts_of(entry.source, owners) | {matched[key] for key in owners & set(matched)}
    return len(known) + len(owners & unknown)


def _moved_products(entry: Import, connection: duckdb.DuckDBPyConnection, keys: set[str]) -> list[str]:
    """Those of the products ``keys`` that would be in another family."""
    before = dict(Product.objects.filter(source=entry.source, key__in=keys).values_list("key", "family"))
    after = dict(connection.execute("SELECT key, coalesce(family, '') FROM new_lines").fetchall())
    return [key for key in keys if before.get(key, "") != after.get(key, "")]


def _other_currencies(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What came in currencies without a rate: it is in no sum."""
    columns = _columns(connection, "new_lines")
    if not {"amount", "currency", "date"} <= set(columns):
        return {}
    rates = exchange(connection)
    rows = connection.execute(
        f"SELECT r.currency, sum(r.amount) FROM new_lines r {rates.join('r')} "
        f"WHERE r.amount IS NOT NULL AND {rates.worth('r', 'amount')} IS NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {currency: str(amount) for currency, amount in rows}


def _largest(kind: str, connection: duckdb.DuckDBPyConnection, old: str, new: str) -> list[LineChange]:
    """The ten changes of most money; where there is no money, changed rows first."""
    top = connection.execute(
        "SELECT what, line_key, old_money, new_money FROM difference WHERE what <> 'same' "
        "ORDER BY abs(money) DESC, what = 'changed' DESC, what = 'went' DESC, line_key LIMIT $1",
        [MOST_SHOWN],
    ).fetchall()
    keys = [row[1] for row in top]
    before, after = _rows_by_key(connection, old, keys), _rows_by_key(connection, new, keys)
    names = account_names(kind, [*before.values(), *after.values()])
    return [
        _change(kind, what, before.get(key, {}), after.get(key, {}), was, now, names)
        for what, key, was, now in top
    ]


def _change(
    kind: str,
    what: str,
    before: dict[str, Any],
    after: dict[str, Any],
    was: Decimal | None,
    now: Decimal | None,
    names: dict[str, str],
) -> LineChange:
    row = {**before, **{name: value for name, value in after.items() if value is not None}}
    has_money = "amount" in row
    label = " · ".join(str(row[name]) for name in LABELS if row.get(name) is not None)
    owner = str(row.get(OWNER[kind], ""))
    return LineChange(
        what=what,
        label=label or str(row.get("name") or owner),
        owner=row.get("customer_name") or names.get(owner) or owner,
        old=str(was) if has_money and before else None,
        new=str(now) if has_money and after else None,
        fields=_changed_fields(before, after) if what == "changed" else [],
    )


def _changed_fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """``name: old → new`` of what is not the same; a blank is –."""
    unlike = [
        name
        for name in after
        if name in before and name not in NOT_CONTENT and before[name] != after[name] and name != "amount"
    ]
    return [f"{name}\t{_told(before[name])}\t{_told(after[name])}" for name in unlike]


def _told(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)


def _rows_by_key(
    connection: duckdb.DuckDBPyConnection, relation: str, keys: list[str]
) -> dict[str, dict[str, Any]]:
    found = connection.execute(
        f"SELECT * FROM {relation} WHERE line_key IN (SELECT unnest($1::VARCHAR[]))", [keys]
    )
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    return {row["line_key"]: row for row in rows}
