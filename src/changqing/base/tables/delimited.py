"""CSV to Parquet: by pyarrow where quoting is by the book, by the exact reader where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from changqing.base.tables import charset, header, layout
from changqing.base.tables.records import REACH, Record, Records
from changqing.base.tables.shapes import ReadingLimits, Unreadable
from changqing.base.tables.sink import Sink
from changqing.base.tables.survey import Ints, Survey, survey


def read(
    path: Path,
    into: Path,
    *,
    asked: Mapping[str, str | None],
    limits: ReadingLimits,
    tell: Callable[[int], None],
) -> dict[str, Any]:
    """Stage the file; the answer holds what ``Staged`` holds. ``tell`` hears of bytes read."""
    with path.open("rb") as file:
        start = file.read(1 << 20)
    left = charset.candidates(start, asked.get("encoding"))
    while True:
        encoding = left.pop(0)
        is_tolerant = False
        while True:
            tape = charset.Tape(path, encoding, tell, tolerant=is_tolerant)
            try:
                return _Reading(tape, into, asked.get("delimiter"), limits).run()
            except charset.Undecodable as failed:
                if not charset.is_only_damaged(failed, encoding, left):
                    break
                is_tolerant = True


class _Reading:
    """One pass over the file in one encoding."""

    def __init__(self, tape: charset.Tape, into: Path, delimiter: str | None, limits: ReadingLimits) -> None:
        self._tape = tape
        self._into = into
        self._asked = delimiter
        self._limits = limits

    def run(self) -> dict[str, Any]:
        chunks = iter(self._tape)
        first = next(chunks, b"")
        is_last = len(first) < charset.CHUNK // 2
        self._layout = layout.find(first, is_last=is_last, delimiter=self._asked, limits=self._limits)
        self._line = self._layout.line
        self._records = Records(self._layout.delimiter, self._layout.width)
        self._sink = Sink(
            self._into, width=len(self._layout.header), max_bad=self._limits.max_bad_rows, shielded=True
        )
        self._read_all(chunks, first[self._layout.start :])
        self._sink.close()
        return self._told()

    def _read_all(self, chunks: Iterator[bytes], block: bytes) -> None:
        is_last = False
        while block or not is_last:
            done = self._read_block(block, is_last) if block else 0
            rest = block[done:]
            if is_last and done == 0:
                return
            if len(rest) > REACH + (self._limits.max_line_mb << 20):
                raise Unreadable("line", line=self._line, limit=self._limits.max_line_mb)
            chunk = b"" if is_last else next(chunks, None)
            is_last = is_last or chunk is None
            block = rest + (chunk or b"")

    def _read_block(self, block: bytes, is_last: bool) -> int:
        """Read whole records from the start of the block; the number of bytes they took."""
        seen = survey(block, delimiter=self._layout.delimiter, is_last=is_last)
        if self._is_plain(block, seen) and (seen.cut or len(block) <= REACH):
            piece = block[: seen.cut]
            if not piece or self._read_fast(piece, seen):
                self._line += seen.lines
                return seen.cut
            return self._read_exactly(piece, is_last=True)
        return self._read_exactly(block, is_last=is_last)

    def _is_plain(self, block: bytes, seen: Survey) -> bool:
        return (
            seen.is_regular
            and seen.longest <= self._limits.max_cell
            and b"\0" not in block
            and not block.startswith(b"\xef\xbb\xbf")
        )

    def _read_fast(self, piece: bytes, seen: Survey) -> bool:
        """Whether pyarrow read the piece and found as many records as the survey did."""
        odd: list[Any] = []
        try:
            table = self._parsed(piece, odd)
        except pa.ArrowInvalid:
            return False
        if odd and (seen.has_breaks or any(self._is_forgiven(row) for row in odd)):
            return False
        if table.num_rows + len(odd) != len(seen.starts):
            return False
        keep = np.ones(len(seen.starts), bool)
        for row in odd:
            keep[row.number - 1] = False
            self._add_bad(self._line + int(seen.starts[row.number - 1]), row)
        self._enter(table, (seen.starts + self._line)[keep])
        return True

    def _parsed(self, piece: bytes, odd: list[Any]) -> pa.Table:
        names = [f"c{i}" for i in range(self._layout.width)]

        def skip(row: Any) -> str:
            odd.append(row)
            return "skip"

        return pacsv.read_csv(
            pa.BufferReader(piece),
            pacsv.ReadOptions(use_threads=False, block_size=len(piece) + 1, column_names=names),
            pacsv.ParseOptions(
                delimiter=self._layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,
            ),
        )

    def _is_forgiven(self, row: Any) -> bool:
        """Rows that the exact reader takes or skips: blank, or with blank cells too many."""
        record = next(self._records.read(row.text.encode(), is_last=True), None)
        return record is None or not record.fault

    def _add_bad(self, line: int, row: Any) -> None:
        code = "few" if row.actual_columns < row.expected_columns else "many"
        self._sink.add_bad(line, code, row.text, found=row.actual_columns, expected=row.expected_columns)

    def _enter(self, table: pa.Table, numbers: Ints) -> None:
        table = table.select(range(len(self._layout.header)))
        blank = _blank_rows(table)
        if len(blank):
            keep = np.ones(table.num_rows, bool)
            keep[blank] = False
            table, numbers = table.filter(pa.array(keep)), numbers[keep]
        if table.num_rows:
            self._sink.add_table(table, numbers)

    def _read_exactly(self, block: bytes, *, is_last: bool) -> int:
        done = 0
        for record in self._records.read(block, is_last=is_last):
            self._take(record, block)
            self._line += record.lines
            done = record.end
        return done

    def _take(self, record: Record, block: bytes) -> None:
        width = len(self._layout.header)
        code = record.fault
        data: dict[str, object] = {"found": len(record.cells), "expected": self._layout.width}
        if not code:
            if header.is_blank(record.cells):
                return
            long = next((i for i, cell in enumerate(record.cells) if len(cell) > self._limits.max_cell), None)
            if long is None:
                self._sink.add_row(self._line, record.cells[:width])
                return
            code = "long"
            name = f"（{self._layout.header[long][:60]}）" if long < width else ""
            data = {"column": long + 1, "name": name, "limit": self._limits.max_cell}
        text = block[record.start : record.end][: 4 * 1_000].decode(errors="ignore").rstrip("\r\n")
        self._sink.add_bad(self._line, code, text.replace("\0", ""), **data)

    def _told(self) -> dict[str, Any]:
        found, sink = self._layout, self._sink
        notes: list[tuple[str, dict[str, object]]] = []
        if self._tape.marks > 1:
            notes.append(("marks", {"count": self._tape.marks}))
        if found.titles:
            notes.append(("titles", {"count": found.titles, "row": found.header_row}))
        if found.is_double:
            notes.append(("double_header", {"row": found.header_row}))
        if len(found.header) < found.width:
            notes.append(("handed_back", {}))
        return {
            "header": found.header,
            "rows": sink.rows,
            "samples": sink.samples,
            "format": "csv",
            "encoding": self._tape.encoding,
            "delimiter": found.delimiter,
            "sheet": None,
            "header_row": found.header_row,
            "bad_row_count": sink.bad_count,
            "notes": notes,
            "bad": sink.bad,
        }


def _blank_rows(table: pa.Table) -> Ints:
    """Row numbers in which each cell is null or white space."""
    rows = _blank_in(table.column(0))
    for column in table.columns[1:]:
        if not len(rows):
            break
        rows = rows[_blank_in(column.take(pa.array(rows)))]
    return rows


def _blank_in(column: Any) -> Ints:
    found = pc.fill_null(pc.utf8_is_space(column), True)
    rows: Ints = np.flatnonzero(found.to_numpy())
    return rows
