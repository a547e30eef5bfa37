"""What an import speaks of: the older lines it replaces, and those that its undo and redo change."""

from __future__ import annotations

import duckdb

from changqing.ledger.models import Import, Meaning
from changqing.ledger.segments import Standing, Written, files


def show_lines(*, connection: duckdb.DuckDBPyConnection, lines: Written, refused: Written | None) -> None:
    """Name what came ``new_lines``, and the orders it tells whole.

    An order of which a row was refused is not known whole: its older lines stay.
    """
    connection.execute(f"CREATE TEMP VIEW new_lines AS SELECT * FROM {files([lines.path])}")
    names = [row[0] for row in connection.execute("DESCRIBE new_lines").fetchall()]
    if "order_no" not in names:
        return
    broken = f"ANTI JOIN {files([refused.path])} r ON n.order_no = r.broken_order" if refused else ""
    connection.execute(
        "CREATE TEMP VIEW whole_orders AS "
        f"SELECT DISTINCT n.order_no FROM new_lines n {broken} WHERE n.order_no IS NOT NULL"
    )


def covered(entry: Import, alias: str) -> str:
    """Whether ``entry`` speaks about the older line ``alias``: by its key, its order or its day."""
    says = [f"{alias}.line_key IN (SELECT line_key FROM new_lines)"]
    if entry.meaning == Meaning.ORDERS:
        says.append(f"{alias}.order_no IN (SELECT order_no FROM whole_orders)")
    if entry.meaning == Meaning.PERIOD:
        says.append(f"{alias}.date BETWEEN '{entry.from_day}' AND '{entry.to_day}'")
    return "(" + " OR ".join(says) + ")"


def covered_lines(*, entry: Import, live: str | None) -> str:
    """The relation of ``live`` lines that ``entry`` speaks about, none where nothing counted before it."""
    if live is None:
        return "(SELECT * FROM new_lines WHERE false)"
    return f"(SELECT * FROM {live} o WHERE {covered(entry, 'o')})"


def switched_lines(*, entry: Import, was: Standing, now: Standing) -> tuple[str, str]:
    """What a switch changes: the lines of ``entry`` and of what it replaces, before and after."""
    shape = was.sql() if was else now.sql()
    concerned = {entry.pk, *entry.replaces.values_list("older_id", flat=True)}
    concerned |= set(entry.replaced_by.values_list("newer_id", flat=True))
    named = ", ".join(map(str, concerned))
    sides = []
    for side in (was, now):
        sides.append(
            f"(SELECT * FROM {side.sql()} WHERE import_id IN ({named}))"
            if side
            else f"(SELECT * FROM {shape} WHERE false)"
        )
    return sides[0], sides[1]
