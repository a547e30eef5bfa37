"""Many rows into PostgreSQL at once: COPY into a table, or into one that ends with the transaction."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from psycopg import Cursor
from psycopg.types.numeric import Int8Dumper

AT_ONCE = 20_000


@contextmanager
def uncollected() -> Iterator[None]:
    """Rows by the hundred thousand in plain containers: they hold no circles, and to look for some goes
    through all of them again and again, which is a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY ``rows`` into ``table``; names are ours, values are the driver's to quote."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def copy_columns(table: str, rows: pa.Table) -> None:
    """COPY ``rows`` into the columns of ``table`` that they are named after, without a Python object a cell.

    What is null is NULL, an empty text stays one.
    """
    copy_tables(table, rows.column_names, [rows])


def copy_tables(table: str, columns: Sequence[str], parts: Iterable[pa.Table]) -> None:
    """The same for rows that are made part by part: PostgreSQL takes one in while the next is made."""
    options = pyarrow.csv.WriteOptions(include_header=False)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for part in parts:
            for batch in _plain(part.select(columns)).to_batches(max_chunksize=AT_ONCE):
                text = pa.BufferOutputStream()
                pyarrow.csv.write_csv(batch, text, options)
                copy.write(text.getvalue().to_pybytes())


def _plain(rows: pa.Table) -> pa.Table:
    return pa.table(
        {
            name: column.cast(pa.string()) if pa.types.is_decimal(column.type) else column
            for name, column in zip(rows.column_names, rows.columns, strict=True)
        }
    )


def columns_from(query: str, values: Sequence[Any], types: Mapping[str, pa.DataType]) -> pa.Table:
    """What ``query`` says as columns, named and typed by ``types``; without a model's row.

    What is NULL is null, an empty text stays one. A query without ``values`` is one of a whole table: it is
    read without a Python object a cell.
    """
    connection.ensure_connection()
    if not values:
        return _copied(query, types)
    with Cursor(connection.connection) as cursor:
        # else a list of ids is told as of the smallest type that holds them: what is not of the column's own
        # type is not hashed, and each row is compared with each of them
        cursor.adapters.register_dumper(int, Int8Dumper)
        cursor.execute(query, values, binary=True)
        found = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(types)
    return pa.table({name: pa.array(cells, types[name]) for name, cells in zip(types, found, strict=True)})


def _copied(query: str, types: Mapping[str, pa.DataType]) -> pa.Table:
    text = pa.BufferOutputStream()
    with (
        Cursor(connection.connection) as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for part in copy:
            text.write(part)
    told = text.getvalue()
    if not told.size:
        return pa.table({name: pa.array([], type_) for name, type_ in types.items()})
    return pyarrow.csv.read_csv(
        pa.BufferReader(told),
        read_options=pyarrow.csv.ReadOptions(column_names=list(types)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict(types),
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


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
