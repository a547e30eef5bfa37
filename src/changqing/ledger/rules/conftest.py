"""Files to read in tests: a header and rows, staged as the reader stages them, read as the ledger does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import duckdb
import pyarrow as pa

from changqing.ledger.rules import meaning
from changqing.ledger.rules.choices import Choices, Wishes
from changqing.ledger.rules.columns import check, guess
from changqing.ledger.rules.evidence import complete, decide, evidence_sql
from changqing.ledger.rules.glance import glance_sql
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.notes import NOTES

Row = Sequence[str | None]


@dataclass
class Reading:
    """What became of a file: good, refused and skipped rows, the summary, and what was decided."""

    mapping: Mapping
    choices: Choices
    connection: duckdb.DuckDBPyConnection

    @cached_property
    def good(self) -> list[dict[str, Any]]:
        return fetched(self.connection, "SELECT * FROM good ORDER BY file_row")

    @cached_property
    def refused(self) -> list[dict[str, Any]]:
        return fetched(self.connection, meaning.refused_rows(self.mapping, self.choices, "staged"))

    @cached_property
    def skipped(self) -> dict[int, str]:
        query = meaning.skipped_rows(self.mapping, self.choices, "staged")
        return dict(self.connection.execute(query).fetchall())

    @cached_property
    def summary(self) -> dict[str, Any]:
        return fetched(self.connection, meaning.summary_sql(self.mapping, "good"))[0]

    def of(self, *names: str) -> list[tuple[Any, ...]]:
        """These columns of the good rows, in file order."""
        return [tuple(row[name] for name in names) for row in self.good]

    @property
    def reasons(self) -> dict[int, list[tuple[str, str]]]:
        """file_row → (code, field) of each reason."""
        return {row["file_row"]: [(r["code"], r["field"]) for r in row["reasons"]] for row in self.refused}

    @property
    def notes(self) -> dict[str, int]:
        """The notes that were counted at all."""
        return {note: self.summary[note] for note in NOTES if self.summary[note]}


def stage(connection: duckdb.DuckDBPyConnection, width: int, rows: Sequence[Row]) -> None:
    """The table ``staged``: file_row from 2, c0 … as text, an empty cell being NULL."""
    names = ["file_row", *(f"c{index}" for index in range(width))]
    whole = [
        [i + 2, *(cell or None for cell in row), *[None] * (width - len(row))] for i, row in enumerate(rows)
    ]
    types = [pa.int64(), *[pa.string()] * width]
    columns = [pa.array([row[i] for row in whole], type_) for i, type_ in enumerate(types)]
    connection.register("handed", pa.table(columns, names=names))
    connection.execute("CREATE OR REPLACE TEMP TABLE staged AS SELECT * FROM handed")


def fetched(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One for all readings, since opening one takes longer than most of them; their tables are temporary."""
    return duckdb.connect(config={"threads": 1})


def read_rows(kind: str, header: Sequence[str], rows: Sequence[Row], wishes: Wishes | None = None) -> Reading:
    """Stage and read a file, its columns guessed."""
    connection = database().cursor()
    stage(connection, len(header), rows)
    return read_staged(guess(kind, header, [list(row) for row in rows[:20]]), connection, wishes)


def read_staged(
    mapping: Mapping, connection: duckdb.DuckDBPyConnection, wishes: Wishes | None = None
) -> Reading:
    """Read what ``connection`` knows as ``staged``."""
    check(mapping, rate_given=bool(wishes and wishes.tax_rate))
    glance = fetched(connection, glance_sql(mapping, "staged"))[0]
    evidence = complete(mapping, glance, fetched(connection, evidence_sql(mapping, "staged", glance))[0])
    choices = decide(mapping, evidence, wishes)
    good = meaning.select_rows(mapping, choices, "staged")
    connection.execute(f"CREATE TEMP TABLE good AS {good}")
    return Reading(mapping, choices, connection)


def table(text: str) -> tuple[list[str], list[list[str]]]:
    """A header and rows from lines of cells set apart by |; cells are stripped."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return lines[0], lines[1:]
