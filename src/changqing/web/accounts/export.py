"""The list as a file: exactly the rows and columns shown, every page of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from decimal import Decimal

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from changqing.accounts.queries import Part
from changqing.base.tables.escape import shield
from changqing.records.actions import write_audit
from changqing.reports.accounts import AccountList, Asked, ListedAccount
from changqing.reports.take_away import taken_away
from changqing.web.reader import reader

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Cell = str | int | Decimal | date | None
# the columns that tell of money, by their place; of them the margin
OF_MONEY, MARGIN = range(2, 10), 6


def export(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The file; Refused when there are more rows than this person may take away at once."""
    shape = XLSX if request.GET["export"] == XLSX else CSV
    found = taken_away(reader(request), asked, keys=request.GET.getlist("key"))
    write_audit(
        by=reader(request),
        verb="export",
        subject=("accounts", shape),
        door="web",
        rows=len(found.rows),
        asked={name: value for name, value in asdict(asked).items() if value},
    )
    rows = [headings(found), *(cells(row, found) for row in found.rows)]
    return to_take_away(rows, f"accounts-{found.as_of or 'empty'}", shape)


def to_take_away(rows: Iterable[list[Cell]], name: str, shape: str) -> HttpResponse:
    """``rows`` as a file called ``name``, headings first; ``shape`` is csv or xlsx."""
    answer = HttpResponse(_csv(rows) if shape == CSV else _xlsx(rows), content_type=TYPES[shape])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{shape}"'
    return answer


def headings(found: AccountList) -> list[Cell]:
    unit = found.currency
    return [
        _("编号"),
        _("名称"),
        _("名次"),
        _("ABC"),
        _("金额级别"),
        _("收入（%(unit)s）") % {"unit": unit},
        _("毛利（%(unit)s）") % {"unit": unit},
        _("同比"),
        _("最近下单"),
        _("距今天数"),
        _("行业"),
        _("地区"),
        _("负责人"),
        _("部门"),
    ]


def cells(row: ListedAccount, found: AccountList) -> list[Cell]:
    """One row; what the reader may not see says so, instead of being an empty cell that means unknown."""
    said = _known(row, found)
    hidden = [
        at for at in OF_MONEY if Part.REVENUE in row.hidden or (at == MARGIN and Part.MARGIN in row.hidden)
    ]
    return [_("无权查看") if at in hidden else cell for at, cell in enumerate(said)]


def _known(row: ListedAccount, found: AccountList) -> list[Cell]:
    return [
        row.key,
        row.name,
        row.rank,
        row.abc,
        found.band_names.get(row.band, ""),
        None if row.revenue is None else round(row.revenue, 2),
        None if row.margin is None else round(row.margin, 2),
        None if row.change is None else Decimal(str(round(row.change, 4))),
        row.last_day,
        row.days_silent,
        row.industry,
        row.region,
        row.owner,
        row.department,
    ]


def _csv(rows: Iterable[list[Cell]]) -> bytes:
    """With a byte order mark, which Excel needs to read Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(shield(cell) if isinstance(cell, str) else cell for cell in row)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(rows: Iterable[list[Cell]]) -> bytes:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"constant_memory": True, "in_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(at, column, cell, day)
            elif cell is not None:
                sheet.write_number(at, column, float(cell))
    book.close()
    return held.getvalue()
