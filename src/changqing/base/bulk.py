"""Many rows into PostgreSQL at once: COPY into a table, or into one that ends with the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY ``rows`` into ``table``; names are ours, values are the driver's to quote."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


@contextmanager
def passing_table(name: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A temporary table of ``rows`` (column → type), there for the block."""
    defined = ", ".join(f"{column} {type_}" for column, type_ in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {name} ({defined}) ON COMMIT DROP")
    copy_rows(name, list(columns), rows)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {name}")
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
