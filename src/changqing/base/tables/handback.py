"""Faulty rows handed back as a file of the format they came in, to be mended and sent again."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from changqing.base.tables import escape
from changqing.base.tables.shapes import HANDBACK_COLUMNS, SHEET_ROWS, BadRow, FaultyRow, Staged

_CODECS = {
    "UTF-8": "utf-8",
    "UTF-8-BOM": "utf-8-sig",
    "UTF-16-LE": "utf-16-le",
    "UTF-16-BE": "utf-16-be",
    "GB18030": "gb18030",
    "BIG5": "big5hkscs",
}


def write_same_format(*, like: Staged, rows: Iterable[FaultyRow | BadRow], to: Path) -> int:
    """Write the rows under the original header, with row number and reason as two last columns.

    Same format, encoding, delimiter and sheet name as ``like``. ``stage`` knows the two columns and
    drops them, so a mended file is sent again as it is. Cells come back exactly as they were staged:
    in CSV a formula-like cell is shielded by one ``'``, which ``stage`` takes away; in XLSX every cell
    is a text cell. Returns the number of rows written; an XLSX file holds 1,048,575 at most.
    """
    told = ((*_cells(row, like), str(_number(row)), row.reason) for row in rows)
    return _write_xlsx(like, told, to) if like.format == "xlsx" else _write_csv(like, told, to)


def _number(row: FaultyRow | BadRow) -> int:
    return row.row if isinstance(row, BadRow) else row.file_row


def _cells(row: FaultyRow | BadRow, like: Staged) -> list[str]:
    """Cells of the row, at least as many as the header has; of a bad row what can be made out."""
    width = len(like.header)
    if isinstance(row, FaultyRow):
        cells = [cell or "" for cell in row.cells]
    elif like.format == "xlsx":
        cells = row.text.split("\t")[:width]
    else:
        cells = row.text.replace('"', "").split(like.delimiter)
    return cells + [""] * (width - len(cells))


def _write_csv(like: Staged, rows: Iterator[tuple[str, ...]], to: Path) -> int:
    codec = _CODECS[like.encoding or "UTF-8"]
    count = 0
    with to.open("w", encoding=codec, newline="") as file:
        if codec.startswith("utf-16"):
            file.write("\ufeff")
        writer = csv.writer(file, delimiter=like.delimiter or ",", lineterminator="\r\n")
        writer.writerow([*map(escape.shield, like.header), *HANDBACK_COLUMNS])
        for row in rows:
            writer.writerow([*map(escape.shield, row)])
            count += 1
    return count


def _write_xlsx(like: Staged, rows: Iterator[tuple[str, ...]], to: Path) -> int:
    # Here, not above: the child imports this package and has no use for a writer.
    import xlsxwriter

    count = 0
    with xlsxwriter.Workbook(to, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(like.sheet)
        _put(sheet, 0, [*like.header, *HANDBACK_COLUMNS])
        for row in rows:
            if count + 1 >= SHEET_ROWS:
                break
            count += 1
            _put(sheet, count, row)
    return count


def _put(sheet: object, number: int, cells: Sequence[str]) -> None:
    for column, cell in enumerate(cells):
        if cell:
            sheet.write_string(number, column, cell)  # type: ignore[attr-defined]
