"""Where staged rows go: a Parquet file of text columns, written a row group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from changqing.base.tables import escape
from changqing.base.tables.shapes import BAD_TEXT, SHEET_ROWS

_GROUP = 131_072
_BATCH = 8_192
_SAMPLES = 5


class Sink:
    """Takes rows in file order, as lists or as Arrow tables, and counts them and the bad ones."""

    def __init__(self, path: Path, *, width: int, max_bad: int, shielded: bool) -> None:
        self.width = width
        self.rows = 0
        self.bad_count = 0
        self.bad: list[dict[str, Any]] = []
        self.samples: list[list[str]] = []
        self._max_bad = max_bad
        self._shielded = shielded
        fields = [pa.field(f"c{i}", pa.string()) for i in range(width)]
        self.schema = pa.schema([*fields, pa.field("file_row", pa.int64())])
        self._writer = pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=1)
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._cells: list[Sequence[str | None]] = []
        self._numbers: list[int] = []

    def add_row(self, number: int, cells: Sequence[str | None]) -> None:
        """One row of exactly ``width`` cells."""
        self._cells.append(cells)
        self._numbers.append(number)
        if len(self._cells) >= _BATCH:
            self._flush_cells()

    def add_table(self, table: pa.Table, numbers: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        """Many rows at once: ``width`` text columns, empty cells already null."""
        self._flush_cells()
        self._enter(table.columns, pa.array(numbers, pa.int64()))

    def add_bad(self, number: int, code: str, text: str, **data: object) -> None:
        self.bad_count += 1
        if len(self.bad) < self._max_bad:
            self.bad.append({"row": number, "code": code, "data": data, "text": text[:BAD_TEXT]})

    def close(self) -> None:
        self._flush_cells()
        self._flush_groups()
        self._writer.close()

    def _flush_cells(self) -> None:
        if not self._cells:
            return
        by_column = zip(*self._cells, strict=True)
        columns = [pa.array([cell or None for cell in column], pa.string()) for column in by_column]
        numbers = pa.array(self._numbers, pa.int64())
        self._cells, self._numbers = [], []
        self._enter(columns, numbers)

    def _enter(self, columns: Sequence[Any], numbers: Any) -> None:
        if self._shielded:
            columns = [_unshielded(column) for column in columns]
        table = pa.table([*columns, numbers], schema=self.schema)
        if len(self.samples) < _SAMPLES:
            self._sample(table)
        self.rows += table.num_rows
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        if self._waiting_rows >= _GROUP:
            self._flush_groups()

    def _sample(self, table: pa.Table) -> None:
        wanted = table.slice(0, _SAMPLES - len(self.samples)).drop_columns(["file_row"])
        self.samples += [[cell or "" for cell in row.values()] for row in wanted.to_pylist()]

    def _flush_groups(self) -> None:
        if self._waiting_rows:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=SHEET_ROWS)
        self._waiting, self._waiting_rows = [], 0


def _unshielded(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    mask = pc.fill_null(pc.starts_with(column, "'"), False)
    if not pc.any(mask).as_py():
        return column
    told = [escape.unshield(cell) or None for cell in column.filter(mask).to_pylist()]
    return pc.replace_with_mask(column, mask, pa.array(told, pa.string()))
