"""Order lines of the benchmark as a workbook, the way people hand them over."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import xlsxwriter


def as_workbook(orders: Path, rows: int) -> Path:
    """The first ``rows`` of the lines in ``orders`` under order numbers of their own, so that each is a new
    one; numbers and days are cells of their kind."""
    path = orders.with_name("orders.xlsx")
    with (
        orders.open(encoding="utf-8", newline="") as whole,
        xlsxwriter.Workbook(path, {"constant_memory": True}) as book,
    ):
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        lines = csv.reader(whole)
        sheet.write_row(0, 0, next(lines))
        for at in range(1, rows + 1):
            order, *rest = next(lines)
            sheet.write_string(at, 0, f"X{order}")
            for column, text in enumerate(rest, start=1):
                if len(text) == 10 and text[4] == text[7] == "-":
                    sheet.write_datetime(at, column, date.fromisoformat(text), day)
                elif text.replace(".", "", 1).isdigit():
                    sheet.write_number(at, column, float(text))
                else:
                    sheet.write_string(at, column, text)
    return path
