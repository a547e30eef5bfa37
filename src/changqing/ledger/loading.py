"""From DuckDB into PostgreSQL: what a query says becomes the rows of some accounts."""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
from django.db import connection as database

CHUNK = 1 << 20
# Between columns and around values that hold one of them: no text of ours does, JSON least of all, so that
# nothing has to be quoted.
BETWEEN, AROUND = "\x02", "\x01"
AS_CSV = f"FORMAT csv, DELIMITER '{BETWEEN}', QUOTE '{AROUND}', ESCAPE '{AROUND}'"


def forget(table: str, accounts: Collection[int], *, kind: str | None = None) -> None:
    """Delete the rows of ``accounts``, or those of one kind."""
    with database.cursor() as cursor:
        also = " AND kind = %s" if kind else ""
        values: list[Any] = [list(accounts), *([kind] if kind else [])]
        cursor.execute(f"DELETE FROM {table} WHERE account_id = ANY(%s){also}", values)


def load(connection: duckdb.DuckDBPyConnection, query: str, table: str, columns: tuple[str, ...]) -> None:
    """Carry ``query`` from DuckDB into ``table`` through a pipe: one writes while the other reads.

    In the order of accounts, so that the index grows at its end instead of everywhere.
    """
    named = ", ".join(columns)
    reading, writing = os.pipe()
    rows = f"SELECT {named} FROM ({query}) ORDER BY account_id"
    told = f"COPY ({rows}) TO '/dev/fd/{writing}' ({AS_CSV}, HEADER false, USE_TMP_FILE false)"

    def write() -> None:
        try:
            connection.execute(told)
        finally:
            os.close(writing)

    with (
        ThreadPoolExecutor(1) as aside,
        os.fdopen(reading, "rb", buffering=0) as pipe,
        database.cursor() as cursor,
        cursor.copy(f"COPY {table} ({named}) FROM STDIN ({AS_CSV})") as copy,
    ):
        written = aside.submit(write)
        while chunk := pipe.read(CHUNK):
            copy.write(chunk)
        # a half told query fails here, inside the COPY, which then takes nothing
        written.result()
