"""Rows of a sheet, streamed: fast by one regular expression over plain markup, else exactly by expat.

The expression knows the markup that Excel, WPS and the usual libraries write, and every byte has to be
part of a match; at the first one that is not, ``Doubt`` sends the whole sheet to the exact reader. The
dimension that a sheet states of itself is never looked at.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import IO, Any

from changqing.base.tables import celltext, markup
from changqing.base.tables.shapes import SHEET_COLUMNS, SHEET_ROWS, Unreadable
from changqing.base.tables.workbook import Workbook, Worksheet

Row = tuple[int, list[str | None]]

_TOKEN = re.compile(
    r'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,6})")?(?: t="([A-Za-z]{1,9})")?'
    rf"(?: ?/>|>(?:(<f)(?:{markup.ATTRIBUTE})*(?: ?/>|>[^<&]*(?:&[a-z]+;[^<&]*)*</f>))?"
    r'(?:<v>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    rf"|<row((?:{markup.ATTRIBUTE})*) ?(/?)>|(</row>)|(\S)"
)
_START = re.compile(r"\A(?:(?!<!|<sheetData).)*?<sheetData(/?)>", re.DOTALL)
_ROW_NUMBER = re.compile(r' r="([0-9]{1,7})"')
_CELL_NAME = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")


def letters(column: int) -> str:
    """0 → A, 26 → AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = ascii_uppercase[rest] + text
    return text


_COLUMNS = {letters(i): i for i in range(SHEET_COLUMNS)}


@dataclass(slots=True)
class Findings:
    """What was met on the way and is worth telling."""

    merged: int = 0
    first_merged: str = ""
    unvalued: int = 0
    first_unvalued: str = ""

    def unvalue(self, name: str) -> None:
        self.unvalued += 1
        self.first_unvalued = self.first_unvalued or name

    def merge(self, name: str) -> None:
        self.merged += 1
        self.first_merged = self.first_merged or name


@dataclass(slots=True)
class SheetReader:
    """Reads one sheet of a book. ``width``: the most columns a value may stand in."""

    book: Workbook
    sheet: Worksheet
    width: int
    tell: Callable[[int], None]
    found: Findings = field(default_factory=Findings)

    def fast(self) -> Iterator[Row]:
        """Rows with their numbers in the sheet; raises Doubt where the markup is not plain."""
        with self.book.archive.open(self.sheet.part) as stream:
            yield from self._fast(stream)

    def _fast(self, stream: IO[bytes]) -> Iterator[Row]:
        number = 0
        is_first = True
        around = ""
        for piece in markup.pieces(stream, b"</row>", self.tell):
            if is_first:
                start = _START.match(piece)
                if not start or start[1]:
                    raise markup.Doubt
                around, piece = piece[: start.end()], piece[start.end() :]
                is_first = False
            if not piece.endswith("</row>"):
                piece, closed, tail = piece.partition("</sheetData>")
                around += closed + tail
            try:
                for row in self._rows(piece, number):
                    number = row[0]
                    yield row
            except IndexError:
                self._lost()
        self._check_around(around)

    def _check_around(self, around: str) -> None:
        """What stands before and after the rows has to be whole XML, and tells the merged cells."""

        def start(name: str, attributes: dict[str, str], path: list[str]) -> None:
            if name == "mergeCell":
                self.found.merge(attributes.get("ref", "")[:30])

        markup.walk(io.BytesIO(around.encode()), self.sheet.part, start)

    def _rows(self, piece: str, last: int) -> Iterator[Row]:
        """Rows of one piece of plain markup. The hot loop: eleven million turns for a full sheet."""
        at = ""
        cells: list[str | None] | None = None
        text: str | None
        book, days, width = self.book, self.book.day_styles, self.width
        texts = book.texts
        for column, row, style, kind, formula, value, inline, attributes, alone, end, junk in _TOKEN.findall(
            piece
        ):
            if column:
                if cells is None or row != at:
                    raise markup.Doubt
                if kind == "s":
                    text = texts[int(value)] if value.isdigit() else self._lost()
                elif not kind and value and style not in days:
                    text = value if value.isdigit() else celltext.figure(value)
                else:
                    text = self._other(kind, style, formula, value or inline, column + row)
                if not text:
                    continue
                place = _COLUMNS.get(column, SHEET_COLUMNS)
                if place >= width:
                    raise Unreadable("far_cell", sheet=self.sheet.name, cell=column + row, limit=width)
                if place > len(cells):
                    cells += [None] * (place - len(cells))
                elif place < len(cells):
                    raise markup.Doubt
                cells.append(text)
            elif end and cells is not None:
                yield last, cells
                at, cells = "", None
            elif junk or cells is not None:
                raise markup.Doubt
            else:
                told = _ROW_NUMBER.search(attributes)
                if not told or int(told[1]) <= last:
                    raise markup.Doubt
                last = self._checked(int(told[1]))
                at, cells = (told[1], []) if not alone else ("", None)

    def _other(self, kind: str, style: str, formula: str, value: str, name: str) -> str | None:
        if not value:
            if formula and kind != "str":
                self.found.unvalue(name)
            return None
        plain = celltext.from_xml(value)
        if plain is None:
            raise markup.Doubt
        return self.book.text(kind, style, plain)

    def _lost(self) -> str:
        raise Unreadable("broken", what="sharedStrings")

    def _checked(self, number: int) -> int:
        if number > SHEET_ROWS:
            raise Unreadable("far_row", sheet=self.sheet.name, row=number, limit=SHEET_ROWS)
        return number

    def exact(self) -> Iterator[Row]:
        """The same rows by expat, whatever the markup; raises Unreadable where it is broken."""
        state = _Exact(self)
        made = markup.parser(self.sheet.part)
        made.StartElementHandler, made.EndElementHandler = state.start, state.end
        made.CharacterDataHandler = state.data
        with self.book.archive.open(self.sheet.part) as stream:
            for size in markup.feed(made, stream, self.sheet.part):
                self.tell(size)
                yield from state.taken()
        yield from state.taken()


class _Exact:
    """What expat's calls leave behind, until the rows are taken."""

    def __init__(self, reader: SheetReader) -> None:
        self._reader = reader
        self._rows: list[Row] = []
        self._number = 0
        self._cells: dict[int, str] | None = None
        self._next = 0
        self._cell: dict[str, Any] | None = None
        self._into = ""
        self._skip = 0

    def taken(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c" and self._cells is not None:
            self._open_cell(attributes)
        elif self._cell is not None:
            if local == "f":
                self._cell["formula"] = True
            self._skip += local == "rPh"
            self._into = local if local in ("v", "t") and not self._skip else ""
        elif local == "row":
            self._open_row(attributes)
        elif local == "mergeCell":
            self._reader.found.merge(attributes.get("ref", "")[:30])

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        self._into = ""
        if local == "rPh":
            self._skip -= 1
        elif local == "c" and self._cell is not None:
            self._close_cell(self._cell)
            self._cell = None
        elif local == "row" and self._cells is not None:
            width = max(self._cells, default=-1) + 1
            if width:
                self._rows.append((self._number, [self._cells.get(i) for i in range(width)]))
            self._cells = None

    def data(self, text: str) -> None:
        cell = self._cell
        if self._into and cell is not None and cell["size"] <= 8 * self._reader.book.limits.max_cell:
            cell["text"].append(text)
            cell["size"] += len(text)

    def _open_row(self, attributes: dict[str, str]) -> None:
        told = attributes.get("r", "")
        number = int(told) if told.isdigit() and len(told) < 12 else self._number + 1
        if number <= self._number:
            raise Unreadable("broken", what=f"{self._reader.sheet.part}: row {number}")
        self._number = self._reader._checked(number)
        self._cells, self._next = {}, 0

    def _open_cell(self, attributes: dict[str, str]) -> None:
        named = _CELL_NAME.match(attributes.get("r", ""))
        if named and int(named[2]) != self._number:
            raise Unreadable("broken", what=f"{self._reader.sheet.part}: {named[0]}")
        place = _COLUMNS.get(named[1], SHEET_COLUMNS) if named else self._next
        if place >= SHEET_COLUMNS:
            raise Unreadable("broken", what=f"{self._reader.sheet.part}: row {self._number}")
        self._next = place + 1
        kind, style = attributes.get("t", ""), attributes.get("s", "0")
        self._cell = {"place": place, "kind": kind, "style": style, "text": [], "size": 0, "formula": False}
        self._into = ""

    def _close_cell(self, cell: dict[str, Any]) -> None:
        place, kind, value = cell["place"], cell["kind"], "".join(cell["text"])
        name = f"{letters(place)}{self._number}"
        if kind not in ("", "n", "s", "b", "d"):
            value = celltext.unescaped(value)
        if not value and cell["formula"] and kind != "str":
            self._reader.found.unvalue(name)
        text = self._reader.book.text(kind, cell["style"], value) if value else None
        if not text:
            return
        if place >= self._reader.width:
            raise Unreadable("far_cell", sheet=self._reader.sheet.name, cell=name, limit=self._reader.width)
        assert self._cells is not None
        if place in self._cells:
            raise Unreadable("broken", what=f"{self._reader.sheet.part}: {name}")
        self._cells[place] = text
