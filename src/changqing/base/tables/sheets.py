"""XLSX to Parquet: which sheet, which row is the header, then row by row."""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from changqing.base.tables import header, kinds, layout
from changqing.base.tables.cells import Findings, Row, SheetReader, letters
from changqing.base.tables.markup import Doubt
from changqing.base.tables.shapes import HANDBACK_COLUMNS, ReadingLimits, Unreadable
from changqing.base.tables.sink import Sink
from changqing.base.tables.workbook import Workbook, Worksheet, open_book

MOST_SHEETS_TOLD = 100
_LOOK = 100


def read(
    path: Path,
    into: Path,
    *,
    asked: Mapping[str, str | None],
    limits: ReadingLimits,
    tell: Callable[[int, int], None],
) -> dict[str, Any]:
    """Stage a workbook; the answer holds what ``Staged`` holds. ``tell(done, whole)`` in unpacked bytes."""
    try:
        with zipfile.ZipFile(path) as archive:
            kinds.check_zip(archive, limits)
            book = open_book(archive, limits)
            return _Reading(book, into, tell).run(asked.get("sheet"))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Unreadable("broken", what=str(error)[:200]) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # what seeking to a place before the file's start is called
            raise
        raise Unreadable("broken", what="zip") from None


class _Reading:
    def __init__(self, book: Workbook, into: Path, tell: Callable[[int, int], None]) -> None:
        self._book = book
        self._into = into
        self._tell = tell
        self._width = book.limits.max_columns + len(HANDBACK_COLUMNS)
        self._notes: list[tuple[str, dict[str, object]]] = []

    def run(self, asked: str | None) -> dict[str, Any]:
        sheet = self._chosen(asked)
        if self._book.is_1904:
            self._notes.append(("1904", {}))
        done = 0
        whole = self._book.archive.getinfo(sheet.part).file_size

        def tell(size: int) -> None:
            nonlocal done
            done += size
            self._tell(done, whole)

        reader = SheetReader(self._book, sheet, self._width, tell)
        try:
            return self._staged(reader, reader.fast())
        except Doubt:
            done = 0
            reader.found = Findings()
            return self._staged(reader, reader.exact())

    def _chosen(self, asked: str | None) -> Worksheet:
        """The sheet asked for, else the first visible one that holds anything; the others are told."""
        sheets = self._book.sheets
        if asked is not None:
            named = next((sheet for sheet in sheets if sheet.name == asked), None)
            if named is None:
                raise Unreadable("no_sheet", sheet=asked, known=_listed([sheet.name for sheet in sheets]))
            return named
        hidden = [sheet.name for sheet in sheets if sheet.is_hidden]
        visible = [sheet for sheet in sheets if not sheet.is_hidden and self._holds_data(sheet)]
        if not visible:
            raise Unreadable("empty")
        if hidden:
            self._notes.append(("hidden_sheets", {"count": len(hidden), "names": _listed(hidden)}))
        if len(visible) > 1:
            names = _listed([sheet.name for sheet in visible[1:]])
            self._notes.append(("other_sheets", {"sheet": visible[0].name, "names": names}))
        return visible[0]

    def _holds_data(self, sheet: Worksheet) -> bool:
        rows = SheetReader(self._book, sheet, self._width, lambda _: None).exact()
        return any(not header.is_blank(cells) for _, cells in rows)

    def _staged(self, reader: SheetReader, rows: Iterator[Row]) -> dict[str, Any]:
        real = (row for row in rows if not header.is_blank(row[1]))
        head = list(islice(real, _LOOK))
        found = header.find([cells for _, cells in head])
        if found is None:
            raise Unreadable("empty")
        first, last = found
        if first < last:
            self._notes.append(("double_header", {"row": head[first][0]}))
        width = max(_used(cells) for _, cells in head[first:])
        named = header.names([cells for _, cells in head], first, last)
        names = layout.own_dropped([cell or "" for cell in _padded([*named], width)])
        if len(names) > self._book.limits.max_columns:
            raise Unreadable("columns", found=len(names), limit=self._book.limits.max_columns)
        sink = Sink(self._into, width=len(names), max_bad=self._book.limits.max_bad_rows, shielded=False)
        for row in chain(head[last + 1 :], real):
            self._take(row, width, names, sink)
        sink.close()
        return self._told(reader, sink, names, head[first][0], first, len(names) < width)

    def _take(self, row: Row, width: int, names: tuple[str, ...], sink: Sink) -> None:
        number, cells = row
        if len(cells) > width and not header.is_blank(cells[width:]):
            column = next(i for i, cell in enumerate(cells) if i >= width and cell and not cell.isspace())
            sink.add_bad(number, "beyond", _line(cells), column=letters(column), last=letters(width - 1))
            return
        if self._book.has_long:
            limit = self._book.limits.max_cell
            long = next((i for i, cell in enumerate(cells) if cell and len(cell) > limit), None)
            if long is not None:
                sink.add_bad(number, "long", _line(cells), column=letters(long), name="", limit=limit)
                return
        sink.add_row(number, _padded(cells, width)[: len(names)])

    def _told(
        self, reader: SheetReader, sink: Sink, names: tuple[str, ...], number: int, titles: int, is_ours: bool
    ) -> dict[str, Any]:
        found = reader.found
        notes = self._notes
        if titles:
            notes.append(("titles", {"count": titles, "row": number}))
        if found.merged:
            notes.append(("merged", {"count": found.merged, "first": found.first_merged}))
        if found.unvalued:
            notes.append(("unvalued", {"count": found.unvalued, "first": found.first_unvalued}))
        if is_ours:
            notes.append(("handed_back", {}))
        return {
            "header": names,
            "rows": sink.rows,
            "samples": sink.samples,
            "format": "xlsx",
            "encoding": None,
            "delimiter": None,
            "sheet": reader.sheet.name,
            "sheets": [sheet.name for sheet in self._book.sheets if not sheet.is_hidden][:MOST_SHEETS_TOLD],
            "header_row": number,
            "bad_row_count": sink.bad_count,
            "notes": notes,
            "bad": sink.bad,
        }


def _used(cells: list[str | None]) -> int:
    return max((i + 1 for i, cell in enumerate(cells) if cell and not cell.isspace()), default=0)


def _padded(cells: list[str | None], width: int) -> list[str | None]:
    if len(cells) == width:
        return cells
    return cells[:width] if len(cells) > width else cells + [None] * (width - len(cells))


def _line(cells: list[str | None]) -> str:
    return "\t".join(cell[:200] if cell else "" for cell in cells)


def _listed(names: list[str]) -> str:
    return "、".join(name[:60] for name in names[:10]) + ("…" if len(names) > 10 else "")
