"""How a CSV file is laid out: delimiter, header row, columns. Decided on its first hundred records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from changqing.base.tables import escape, header
from changqing.base.tables.records import Record, Records
from changqing.base.tables.shapes import HANDBACK_COLUMNS, ReadingLimits, Unreadable

DELIMITERS = ",\t;|"
_LOOK = 100
_HEAD = 1 << 20
_SEP = re.compile(rb'"?sep=([,\t;|])"?(?:\r\n|\n|\r|\Z)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """``width`` cells make a row; ``header`` names the first of them, the rest is our own and dropped.

    Data start at byte ``start``, on line ``line``. ``titles`` counts the rows above the header.
    """

    delimiter: str
    width: int
    header: tuple[str, ...]
    header_row: int
    titles: int
    is_double: bool
    start: int
    line: int


def find(block: bytes, *, is_last: bool, delimiter: str | None, limits: ReadingLimits) -> Layout:
    """Layout of a file that begins with ``block``. Raises Unreadable when it has none."""
    start, line = 0, 1
    told = _SEP.match(block)
    if told:
        delimiter, start, line = delimiter or told[1].decode(), told.end(), 2
    head = block[start : start + _HEAD]
    whole = is_last and len(head) == len(block) - start
    delimiter, records = (delimiter, _head(head, delimiter, whole)) if delimiter else _consistent(head, whole)
    rows = [record for record in records if not record.fault and not header.is_blank(record.cells)]
    found = header.find([record.cells for record in rows])
    if found is None:
        raise Unreadable("empty")
    named, end = rows[found[0]], rows[found[1]].end
    line += sum(record.lines for record in records if record.start < named.start)
    names = header.names([record.cells for record in rows], *found)
    names = _fitted(names, rows[found[1] + 1 :])
    if len(names) > limits.max_columns + len(HANDBACK_COLUMNS):
        raise Unreadable("columns", found=len(names), limit=limits.max_columns)
    return Layout(
        delimiter=delimiter,
        width=len(names),
        header=own_dropped([escape.unshield(name) for name in names]),
        header_row=line,
        titles=found[0],
        is_double=found[0] < found[1],
        start=start + end,
        line=line + sum(record.lines for record in records if named.start <= record.start < end),
    )


def own_dropped(names: Sequence[str]) -> tuple[str, ...]:
    """The header without the two columns of a file that was handed back."""
    is_ours = tuple(names[-2:]) == HANDBACK_COLUMNS
    return tuple(names[:-2] if is_ours else names)


def _head(head: bytes, delimiter: str, is_last: bool) -> list[Record]:
    """The first records; a head cut from a longer file ends at its last line end."""
    if not is_last:
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    found = []
    for record in Records(delimiter, 0).read(head, is_last=True):
        found.append(record)
        if len(found) == _LOOK:
            break
    return found


def _consistent(head: bytes, is_last: bool) -> tuple[str, list[Record]]:
    """The delimiter under which most records have the same number of cells; then the most cells."""
    read = {delimiter: _head(head, delimiter, is_last) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: _agreement(read[delimiter]))
    return best, read[best]


def _agreement(records: Sequence[Record]) -> tuple[int, int]:
    """How many records agree on how many cells.

    One that ends in a delimiter agrees with those that do not: such a header or row in a file of
    others would else count for less than the thousands separators in its figures.
    """
    rows = [record.cells for record in records if record.fault != "quote"]
    widths = Counter(map(len, rows))
    widths.update(len(cells) - 1 for cells in rows if header.is_blank(cells[-1:]))
    widths = Counter({width: times for width, times in widths.items() if width > 1})
    if not widths:
        return 0, 0
    width, times = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return times, width


def _fitted(names: list[str], rows: Sequence[Record]) -> list[str]:
    """The header, one cell for each cell of a row.

    Exports end their data rows with a delimiter that the header lacks, or the other way round: the
    cells in question are blank then, and only then is the header lengthened or cut.
    """
    widths = Counter(len(row.cells) for row in rows if not header.is_blank(row.cells))
    if not widths:
        return names
    width = widths.most_common(1)[0][0]
    if width > len(names):
        extra = [row.cells[len(names) :] for row in rows if len(row.cells) == width]
        return names + [""] * (width - len(names)) if all(map(header.is_blank, extra)) else names
    if header.is_blank(names[width:]):
        return names[: max(width, 1)]
    return names
