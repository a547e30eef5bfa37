"""The exact reader of CSV records: slower than the fast one, and right about rows that are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A quoted cell may hold line breaks; one that is not closed within this many bytes never was.
REACH = 8 << 20
_BREAK = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Record:
    """One record from byte ``start`` to ``end``; ``lines`` line ends lie inside or close it.

    ``fault`` is "" for a row, else ``quote``, ``few``, ``many``, ``nul`` or ``damaged``; ``cells`` are
    then what could be made out.
    """

    start: int
    end: int
    lines: int
    cells: list[str]
    fault: str = ""


class Records:
    """Reads records of ``width`` cells (0: any) from UTF-8 bytes.

    A quote that opens a cell must close before a delimiter or a line end. If it does not, its line
    alone is bad and reading goes on with the next line. If it does close, lines further down, but the
    cells do not add up while the lines in between would be rows by themselves, it was never meant to
    open: again one bad line. A quote inside an unquoted cell (5" pipe) is an ordinary character.
    """

    def __init__(self, delimiter: str, width: int) -> None:
        self.delimiter = delimiter.encode()
        self.width = width
        self._opening = self.delimiter + b'"'
        d = re.escape(self.delimiter)
        self._field = re.compile(
            rb'(?:"((?:[^"]++|"")*+)"|((?!")[^' + d + rb"\r\n]*+))(" + d + rb"|\r\n|\r|\n|\Z)"
        )

    def read(self, block: bytes, *, is_last: bool) -> Iterator[Record]:
        """Records in order; stops where a record might reach beyond a block that is not the last."""
        position = 0
        safe = len(block) if is_last else len(block) - REACH
        while position < safe:
            record = self._at(block, position)
            if record.end == len(block) and not is_last:
                return
            yield record
            position = record.end

    def _at(self, block: bytes, start: int) -> Record:
        found = _BREAK.search(block, start)
        stop, end = (found.start(), found.end()) if found else (len(block), len(block))
        closed = 1 if found else 0
        line = block[start:stop]
        if b'"' not in line or not (line.startswith(b'"') or self._opening in line):
            cells = [cell.decode() for cell in line.split(self.delimiter)]
            return Record(start, end, closed, cells, self._fault(cells, line))
        raw, after = self._fields(block, start)
        if after == -1:
            return Record(start, end, closed, self._torn(line), "quote")
        cells = [cell.decode() for cell in raw]
        if after > end and self._was_never_open(block[start:after], cells):
            return Record(start, end, closed, self._torn(line), "quote")
        lines = closed if after == end else len(_BREAK.findall(block, start, after))
        return Record(start, after, lines, cells, self._fault(cells, block[start:after]))

    def _fields(self, block: bytes, position: int) -> tuple[list[bytes], int]:
        fields: list[bytes] = []
        while True:
            match = self._field.match(block, position)
            if match is None:
                return fields, -1
            quoted, plain, end = match.groups()
            fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
            position = match.end()
            if end != self.delimiter:
                return fields, position

    def _fault(self, cells: list[str], raw: bytes) -> str:
        if b"\0" in raw:
            return "damaged" if b"\0\xef\xbf\xbd" in raw else "nul"
        return self._miscounted(cells)

    def _miscounted(self, cells: list[str]) -> str:
        """Wholly blank rows have no fault, nor have blank cells too many at the end."""
        width = self.width
        if not width or len(cells) == width or not any(cell and not cell.isspace() for cell in cells):
            return ""
        if len(cells) < width:
            return "few"
        return "many" if any(cell and not cell.isspace() for cell in cells[width:]) else ""

    def _was_never_open(self, raw: bytes, cells: list[str]) -> bool:
        if not self._miscounted(cells):
            return False
        lines = _BREAK.split(raw.rstrip(b"\r\n"))[1:]
        rows = sum(1 for line in lines if line.count(self.delimiter) + 1 == self.width)
        return rows * 2 >= len(lines)

    def _torn(self, line: bytes) -> list[str]:
        return [cell.decode().replace('"', "") for cell in line.split(self.delimiter)]
