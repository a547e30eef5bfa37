"""Files that are given out: a sheet to fill in for each kind, and the book itself, to be brought in again."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.base.tables.escape import shield
from changqing.base.tables.shapes import SHEET_ROWS
from changqing.contacts.queries import contact_method
from changqing.ledger.exports import ExportCell, export_rows
from changqing.ledger.queries import source_with_code
from changqing.ledger.rules.kinds import KINDS
from changqing.ledger.rules.sheets import (
    example_of,
    export_fields,
    heading_of,
    needed_by,
    template_fields,
    written_as,
)
from changqing.ledger.rules.wording import kind_title
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit

CSV, XLSX = "csv", "xlsx"
WIDE = 18


def _language() -> str:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def write_template(*, by: Principal, kind: str, to: Path) -> None:
    """A workbook to fill in: headers with one example row, and a sheet that explains the columns."""
    check_may(by, "bring in files")
    _known(kind)
    language = _language()
    columns = [
        ToFillIn(
            heading_of(kind, field, language),
            example_of(kind, field, language),
            needed_by(kind, field),
            written_as(field),
        )
        for field in template_fields(kind)
    ]
    _write_sheet_to_fill_in(kind_title(kind), columns, to)


def write_contacts_template(*, by: Principal, to: Path) -> None:
    """The same for a list of contacts."""
    check_may(by, "edit accounts")
    columns = [ToFillIn(*told) for told in contact_method().columns_to_fill_in(_language())]
    _write_sheet_to_fill_in(_("联系人"), columns, to)


class ToFillIn(NamedTuple):
    """One column of a sheet to fill in."""

    heading: str
    example: str
    needed: str
    written: str


def _write_sheet_to_fill_in(title: str, columns: Sequence[ToFillIn], to: Path) -> None:
    with xlsxwriter.Workbook(to) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E7F1EB"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(title[:31])
        told = book.add_worksheet(_("说明"))
        sheet.freeze_panes(1, 0)
        for at, (text, width) in enumerate(((_("列"), 24), (_("必填"), 12), (_("怎样写"), 60))):
            told.set_column(at, at, width)
            told.write_string(0, at, text, bold)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, WIDE)
            sheet.write_string(0, at, column.heading, bold)
            if column.example:
                sheet.write_string(1, at, column.example)
            for place, text in enumerate((column.heading, column.needed, column.written)):
                told.write_string(at + 1, place, text, wrapped)
        told.write_string(len(columns) + 2, 0, _("第一张表的第 2 行是示例，填之前请删掉。"))


def write_book(*, by: Principal, kind: str, source: str, shape: str, to: Path) -> int:
    """All that counts of ``kind`` from ``source`` into the file ``to``; how many rows.

    Brought in again for the same source it changes nothing.
    """
    check_may(by, "bring in files")
    _known(kind)
    found = source_with_code(source)
    if found is None:
        raise Refused(_("没有来源“%(source)s”。") % {"source": source})
    header = [heading_of(kind, field, _language()) for field in export_fields(kind)]
    rows = export_rows(kind, found)
    count = _csv(header, rows, to) if shape == CSV else _xlsx(kind, header, rows, to)
    write_audit(by=by, verb="export", subject=("book", kind), source=source, shape=shape, rows=count)
    return count


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise Refused(_("没有“%(kind)s”这种文件。") % {"kind": kind})


def _csv(header: Sequence[str], rows: Iterable[Sequence[ExportCell]], to: Path) -> int:
    """With a byte order mark, which Excel needs to read Chinese."""
    count = 0
    with to.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([shield(cell) if isinstance(cell, str) else _plain(cell) for cell in row])
            count += 1
    return count


def _plain(cell: ExportCell) -> str:
    """A number without trailing noughts or exponent, a day as ISO writes it."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(cell)


def _xlsx(kind: str, header: Sequence[str], rows: Iterable[Sequence[ExportCell]], to: Path) -> int:
    count = 0
    with xlsxwriter.Workbook(to, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(kind_title(kind)[:31])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, text in enumerate(header):
            sheet.set_column(column, column, WIDE)
            sheet.write_string(0, column, text)
        for row in rows:
            count += 1
            if count >= SHEET_ROWS:
                raise Refused(_("超过 1,048,575 行，一张工作表放不下。请改用 CSV。"))
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(count, column, cell, day)
                elif isinstance(cell, (Decimal, int)) and Decimal(repr(float(cell))) == cell:
                    sheet.write_number(count, column, float(cell))
                elif cell is not None:
                    # a number that a spreadsheet would round is written as its digits
                    sheet.write_string(count, column, cell if isinstance(cell, str) else _plain(cell))
    return count
