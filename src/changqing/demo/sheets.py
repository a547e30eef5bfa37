"""Tables as an ERP lays them down: CSV in old and new encodings, and workbooks."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import xlsxwriter

Cell = str | int | Decimal | date | None
Look = Literal["xlsx", "gb18030", "utf-8-sig", "thousands"]


@dataclass(frozen=True)
class Sheet:
    """A header and its rows."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def write(sheet: Sheet, path: Path, look: Look) -> Path:
    """Write ``sheet`` as ``path`` with the suffix that ``look`` asks for; the same sheet, the same bytes."""
    if look == "xlsx":
        return _workbook(sheet, path.with_name(f"{path.name}.xlsx"))
    return _text(sheet, path.with_name(f"{path.name}.csv"), look)


def _text(sheet: Sheet, path: Path, look: Look) -> Path:
    encoding = "gb18030" if look == "gb18030" else "utf-8-sig"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(sheet.header)
        writer.writerows([_said(cell, look) for cell in row] for row in sheet.rows)
    return path


def _said(cell: Cell, look: Look) -> str:
    """A cell as that export writes it: the old system's dates have slashes, another's sums have commas."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell.year}/{cell.month}/{cell.day}" if look == "gb18030" else cell.isoformat()
    if isinstance(cell, Decimal) and look == "thousands":
        return f"{cell:,}"
    return str(cell)


def _workbook(sheet: Sheet, path: Path) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd", "constant_memory": True}) as book:
        # The moment of writing would make two writings of one book differ.
        book.set_properties({"created": datetime(2020, 1, 1)})
        page = book.add_worksheet("导出")
        page.write_row(0, 0, sheet.header)
        for number, row in enumerate(sheet.rows, start=1):
            page.write_row(number, 0, ["" if cell is None else cell for cell in row])
    return path
