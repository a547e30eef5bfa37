"""The nouns of reading a table: limits, what was staged, rows that are not rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# What a workbook can hold at all, as its makers define it.
SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
# A bad row is shown, not archived: its text is cut here.
BAD_TEXT = 1_000
# Two columns that a handed-back file carries at its end; worded so that no ERP export has the pair.
HANDBACK_COLUMNS = ("原文件行号", "拒绝原因")


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What one file may cost. Memory is the child's address space (an upper bound of its RSS).

    ``cpu_seconds`` and ``wall_seconds`` are for a small file; each 100 MB of table text adds
    ``cpu_seconds_per_100mb`` (three times that to the wall clock, because the machine is shared).
    Workbooks are streamed, so ``max_unpacked_mb`` guards time, not memory: 1,048,576 rows of 11
    columns unpack to about 500 MB at a ratio of 7 to 13, while bombs start at a ratio of 400.
    """

    memory_mb: int = 512
    csv_memory_mb: int = 1_024
    cpu_seconds: int = 60
    cpu_seconds_per_100mb: int = 60
    wall_seconds: int = 180
    max_columns: int = 256
    max_cell: int = 32_767
    max_bad_rows: int = 10_000
    max_unpacked_mb: int = 2_048
    max_ratio: int = 100
    max_members: int = 1_000
    max_line_mb: int = 16


@dataclass(frozen=True, slots=True)
class BadRow:
    """A piece of the file that is no row: ``row`` as a person counts, ``text`` as it stood (shortened)."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row refused further up, on its way back to the person who sent it."""

    file_row: int
    cells: tuple[str | None, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A file as Parquet: ``c0`` … ``cN`` text (empty = null) and ``file_row`` int64, in file order.

    ``file_row`` counts as a person does: in a workbook the row's number in the sheet, in a CSV the
    number of the physical line on which the record starts (an editor's line number), both from 1.
    ``header`` holds the original texts in the order of the columns, duplicates and blanks kept.
    ``is_handed_back``: these are the mended rows of an earlier file, not all there is to say.
    """

    path: Path
    header: tuple[str, ...]
    rows: int
    samples: tuple[tuple[str, ...], ...]
    format: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    header_row: int
    bad_rows: tuple[BadRow, ...]
    bad_row_count: int
    notes: tuple[str, ...]
    is_handed_back: bool = False
    #: of a workbook, the sheets that hold anything, hidden ones left out
    sheets: tuple[str, ...] = ()


class Unreadable(Exception):
    """A verdict of the child on the whole file: a code and its data; the parent words it."""

    def __init__(self, code: str, /, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.data = data
