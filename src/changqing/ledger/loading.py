"""From DuckDB into PostgreSQL: what a query says becomes the rows of some accounts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
from django.db import connection as database

from changqing.base.faults import reach
from changqing.ledger.segments import literal, scratch

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


@dataclass(frozen=True)
class Load:
    """What ``query`` says becomes rows of ``table``; ``first`` is a statement that DuckDB needs before it."""

    table: str
    columns: tuple[str, ...]
    query: str
    first: str = ""


def replace_rows(
    connection: duckdb.DuckDBPyConnection, accounts: Collection[int], loads: Iterable[Load]
) -> None:
    """Make ``loads`` the rows of ``accounts``, one after the other: while PostgreSQL takes one in, on a
    processor of its own, DuckDB works out the next ones."""
    with (
        tempfile.TemporaryDirectory(prefix="rollup-", dir=scratch()) as folder,
        ThreadPoolExecutor(1) as aside,
    ):
        written = [
            (each, aside.submit(_write, connection, each, Path(folder) / f"{nth}.csv"))
            for nth, each in enumerate(loads)
        ]
        try:
            for each, path in written:
                forget(each.table, accounts)
                with path.result().open("rb") as rows:
                    _take_in(each, rows)
                path.result().unlink()
                reach("rollup-half")
        finally:
            aside.shutdown(cancel_futures=True)


def _write(connection: duckdb.DuckDBPyConnection, what: Load, path: Path) -> Path:
    if what.first:
        connection.execute(what.first)
    connection.execute(_told(what, path))
    return path


def load(connection: duckdb.DuckDBPyConnection, query: str, table: str, columns: tuple[str, ...]) -> None:
    """Carry ``query`` from DuckDB into ``table`` through a pipe: one writes while the other reads."""
    what = Load(table, columns, query)
    reading, writing = os.pipe()

    def write() -> None:
        try:
            connection.execute(_told(what, Path(f"/dev/fd/{writing}")))
        finally:
            os.close(writing)

    with ThreadPoolExecutor(1) as aside, os.fdopen(reading, "rb", buffering=0) as pipe:
        written = aside.submit(write)
        # a half told query fails here, inside the COPY, which then takes nothing
        _take_in(what, pipe, written.result)


def _told(what: Load, path: Path) -> str:
    """The statement that writes the rows in the order of accounts, so that the index grows at its end."""
    named = ", ".join(what.columns)
    rows = f"SELECT {named} FROM ({what.query}) ORDER BY account_id"
    return f"COPY ({rows}) TO {literal(path)} ({AS_CSV}, HEADER false, USE_TMP_FILE false)"


def _take_in(what: Load, rows: IO[bytes], at_end: Callable[[], object] = lambda: None) -> None:
    named = ", ".join(what.columns)
    with (
        database.cursor() as cursor,
        cursor.copy(f"COPY {what.table} ({named}) FROM STDIN ({AS_CSV})") as copy,
    ):
        while chunk := rows.read(CHUNK):
            copy.write(chunk)
        at_end()
