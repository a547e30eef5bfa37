"""What a file means, and the SQL that takes its rows: good, refused, skipped, and what to tell of them."""

from __future__ import annotations

from typing import Literal

from changqing.ledger.rules import documents, orders, reference, rows
from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.faults import Fault
from changqing.ledger.rules.identity import key_of_row
from changqing.ledger.rules.kinds import Field
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.notes import BIT, packed
from changqing.ledger.rules.sql import Source, any_of, kept_apart, literal
from changqing.ledger.rules.texts import UNIT

#: lines: each row replaces the one of its key · whole_orders: also lines that a listed order no longer has
#: are gone · period: the file is the whole book from a day to a day
Meaning = Literal["lines", "whole_orders", "period"]
MEANINGS: tuple[Meaning, ...] = ("lines", "whole_orders", "period")

_REFERENCE = ("accounts", "products", "rates")


def default_meaning(mapping: Mapping) -> Meaning:
    """Whole orders where lines bear an order number, else lines."""
    return "whole_orders" if mapping.kind == "orders" and "order_no" in mapping else "lines"


def outputs(kind: str) -> tuple[str, ...]:
    """The names of the columns of ``select_rows``, in order."""
    return ("file_row", *(name for name, _ in _outputs(kind)), "notes")


def select_rows(mapping: Mapping, choices: Choices, source: Source) -> str:
    """The good rows of the staged table, typed. Columns: ``outputs(mapping.kind)``."""
    columns = ["file_row", *(f"{value} AS {name}" for name, value in _outputs(mapping.kind))]
    columns.append(f"{packed(_conditions(mapping, choices))} AS notes")
    good = kept_apart("fate IS NULL AND NOT refused")
    return f"SELECT {', '.join(columns)} FROM ({_judged(mapping, choices, source)}) WHERE {good}"


def refused_rows(mapping: Mapping, choices: Choices, source: Source) -> str:
    """The refused rows as they were, with why: file_row, occurrence, reasons, c0 … cN.

    ``reasons``: list of struct(code, field, col (its header), value, detail, other).
    Cells that were filled down from the
    row above are filled in, and ``occurrence`` goes into a column of its own, so that the rows can be mended
    and sent again by themselves.
    """
    occurrence = "occurrence" if mapping.kind not in _REFERENCE else "1"
    carried = _carried_cells(mapping, choices)
    inside = ["file_row", f"{occurrence} AS occurrence", f"{_reasons(mapping, choices)} AS reasons"]
    inside += [f"{value} AS up_{index}" for index, value in carried.items()]
    refused = kept_apart("fate IS NULL AND refused")
    why = f"SELECT {', '.join(inside)} FROM ({_judged(mapping, choices, source)}) WHERE {refused}"
    filled = ", ".join(f"coalesce(why.up_{index}, s.c{index}) AS c{index}" for index in carried)
    cells = f"s.* EXCLUDE (file_row) REPLACE ({filled})" if carried else "s.* EXCLUDE (file_row)"
    return (
        f"SELECT why.file_row, why.occurrence, why.reasons, {cells} "
        f"FROM ({why}) why JOIN {source} s ON s.file_row = why.file_row ORDER BY why.file_row"
    )


def skipped_rows(mapping: Mapping, choices: Choices, source: Source) -> str:
    """Rows that are no data: file_row and fate, 'total', 'blank', or 'same' as a later row of its key."""
    skipped = kept_apart("fate IS NOT NULL")
    judged = _judged(mapping, choices, source)
    return f"SELECT file_row, fate FROM ({judged}) WHERE {skipped} ORDER BY file_row"


def summary_sql(mapping: Mapping, good: Source) -> str:
    """One row about the good rows, from wherever they were written (columns as ``select_rows`` gives them).

    rows, each note's count by its name, and for the kinds that have them: first_day, last_day, amount, cost,
    margin (of rows with a cost), orders, customers, products, currencies (map: code or '' → rows).
    """
    names = outputs(mapping.kind)
    columns = ["count(*) AS rows"]
    columns += [f"count(*) FILTER (notes & {bit} > 0) AS {note}" for note, bit in BIT.items()]
    if "date" in names:
        columns += ["min(date) AS first_day", "max(date) AS last_day"]
    columns += [f"sum({name}) AS {name}" for name in ("amount", "quantity", "cost") if name in names]
    if "cost" in names:
        columns.append("sum(amount - cost) AS margin")
    distinct = {"orders": "order_no", "customers": "customer", "products": "product"}
    columns += [f"count(DISTINCT {name}) AS {title}" for title, name in distinct.items() if name in names]
    if "currency" in names:
        columns.append("histogram(coalesce(currency, '')) AS currencies")
    return f"SELECT {', '.join(columns)} FROM {good}"


def _judged(mapping: Mapping, choices: Choices, source: Source) -> str:
    """Every row with its meaning and ``refused``."""
    keyed = f"SELECT *, {key_of_row(mapping)} AS row_key FROM ({rows.fated(mapping, choices, source)})"
    whole = rows.whole(mapping, keyed)
    if mapping.kind in _REFERENCE:
        judged = reference.judged(mapping, choices, whole)
    else:
        numbered = _numbered(mapping, choices, whole, source)
        judge = orders.judged if mapping.kind == "orders" else documents.judged
        judged = judge(mapping, choices, numbered)
    refused = any_of(fault.condition for fault in _faults(mapping, choices))
    return f"SELECT *, {refused} AS refused FROM ({judged})"


def _numbered(mapping: Mapping, choices: Choices, whole: str, source: Source) -> str:
    """Rows with ``occurrence``, counted over good and refused rows in file order, and ``line_key``."""
    given = (
        "CASE WHEN v_occurrence >= 1 THEN try_cast(v_occurrence AS INTEGER) END, "
        if "occurrence" in mapping
        else ""
    )
    if not choices.repeats:
        nth = f"coalesce({given}1)"
        rows_sql = f"SELECT *, {nth} AS occurrence FROM ({whole})"
    else:
        rows_sql = (
            f"SELECT w.*, CAST(coalesce({given}n.nth, 1) AS INTEGER) AS occurrence "
            f"FROM ({whole}) w LEFT JOIN ({_repeats(mapping, choices, source)}) n ON n.file_row = w.file_row"
        )
    return f"SELECT *, row_key || {UNIT} || occurrence AS line_key FROM ({rows_sql})"


def _repeats(mapping: Mapping, choices: Choices, source: Source) -> str:
    """Only rows whose key occurs more than once are numbered: the others need no sorting.

    Reads no more than the columns of the key.
    """
    wanted = {*mapping.of.identity, "invoice_no", "method", "currency", *choices.carried}
    lean = mapping.only(wanted)
    keyed = f"SELECT file_row, {key_of_row(lean)} AS row_key, fate FROM ({rows.fated(lean, choices, source)})"
    keys = f"SELECT file_row, row_key FROM ({keyed}) WHERE fate IS NULL"
    several = f"SELECT row_key FROM ({keys}) GROUP BY row_key HAVING count(*) > 1"
    return (
        "SELECT file_row, row_number() OVER (PARTITION BY row_key ORDER BY file_row) AS nth "
        f"FROM ({keys}) WHERE row_key IN ({several})"
    )


def _outputs(kind: str) -> tuple[tuple[str, str], ...]:
    if kind == "orders":
        return orders.OUTPUT
    return reference.OUTPUTS[kind] if kind in _REFERENCE else documents.OUTPUTS[kind]


def _faults(mapping: Mapping, choices: Choices) -> list[Fault]:
    if mapping.kind == "orders":
        return orders.faults(mapping, choices)
    if mapping.kind in _REFERENCE:
        return reference.faults(mapping, choices)
    return documents.faults(mapping, choices)


def _conditions(mapping: Mapping, choices: Choices) -> dict[str, str]:
    if mapping.kind == "orders":
        conditions = orders.conditions(mapping, choices)
    else:
        conditions = (reference if mapping.kind in _REFERENCE else documents).conditions(mapping, choices)
    if mapping.kind not in _REFERENCE:
        conditions["repeated"] = "occurrence > 1"
    return conditions


def _reasons(mapping: Mapping, choices: Choices) -> str:
    """All faults of a row, as a list of structs."""
    found = [
        f"CASE WHEN {fault.condition} THEN struct_pack(code := {fault.code}, "
        f"field := {literal(fault.field)}, col := {literal(mapping.heading(fault.field))}, "
        f"value := {_cell(mapping.of.field(fault.field))}, "
        f"detail := CAST({fault.detail} AS VARCHAR), other := CAST({fault.other} AS BIGINT)) END"
        for fault in _faults(mapping, choices)
    ]
    return f"list_filter([{', '.join(found)}], lambda reason: reason IS NOT NULL)"


def _cell(field: Field) -> str:
    """What stood in the cell, filled down where that was decided."""
    return f"t_{field.name}" if field.type in ("text", "key", "currency") else f"r_{field.name}"


def _carried_cells(mapping: Mapping, choices: Choices) -> dict[int, str]:
    """Column index → what a row of a document above took from it."""
    return {
        mapping.column(f.name): f"CASE WHEN is_more THEN {_cell(f)} END"
        for f in rows.carriers(mapping)
        if f.name in choices.carried
    }
