"""Order files as the world sends them, seeded, each with what it truly says: odd but whole, damaged, hostile.

``case(n)`` is always the same file. A *whole* file must be read exactly; of a *damaged* one each line must be
exact or refused by its row, and only few rows beside the damaged ones may be lost to it; a *hostile* one must
be refused whole, in a sentence.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter

Fate = Literal["whole", "damaged", "hostile"]
HEADERS = (
    ("订单号", "行号", "订单日期", "客户编码", "客户名称", "产品编码", "数量", "未税单价", "未税金额"),
    ("Order No", "Line No", "Order Date", "Customer Code", "Customer Name", "Product Code", "Quantity",
     "Unit Price", "Net Amount"),
)  # fmt: skip
NAMES = (
    "上海常青",
    "北京, 分公司",
    '12" 屏',
    "苏州\n二厂",
    "Ünïcode",
    "'x",
    "A;B|C",
    "=1+1",
    "龙龘机电设备公司",
)
ORIGIN = date(2024, 1, 2)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@dataclass(frozen=True)
class Line:
    """One order line as it is meant."""

    order: str
    number: str
    day: date
    customer: str
    name: str
    product: str
    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price

    @property
    def told(self) -> tuple[Any, ...]:
        """What must be read of it."""
        return (
            self.order, self.number, self.day, self.customer, self.product, self.quantity, self.amount
        )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file: its bytes, what it truly says, and what was done to it. ``cells``: its lines as they are
    written, in the order of ``HEADERS``; a workbook may hold figures and days as such."""

    number: int
    what: str
    fate: Fate
    suffix: str
    data: bytes
    lines: tuple[Line, ...] = field(repr=False, default=())
    cells: tuple[tuple[str, ...], ...] = field(repr=False, default=())


def case(number: int) -> Case:
    """The file of that number: half of them CSV, a third workbooks, the rest hostile."""
    chance = random.Random(number)  # noqa: S311
    making = (_csv, _csv, _csv, _workbook, _workbook, _hostile)
    return chance.choice(making)(number, chance)


def _lines(chance: random.Random) -> tuple[Line, ...]:
    lines = []
    for order in range(chance.randint(2, 12)):
        day = ORIGIN + timedelta(days=chance.randrange(700))
        customer = chance.randrange(len(NAMES))
        for number in range(1, chance.randint(1, 5) + 1):
            lines.append(
                Line(
                    order=f"SO{order:04d}", number=str(number), day=day,
                    customer=f"K{customer:02d}", name=NAMES[customer], product=f"P{chance.randrange(20)}",
                    quantity=Decimal(chance.choice([1, 2, 10, 1500, -1])),
                    price=Decimal(chance.randrange(1, 900_000)) / 100,
                )
            )  # fmt: skip
    return tuple(lines)


# ---- CSV ------------------------------------------------------------------------------------------

_DAYS: dict[str, Callable[[date], str]] = {
    "iso": lambda day: day.isoformat(),
    "slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "年月日": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "compact": lambda day: f"{day:%Y%m%d}",
    "with a time": lambda day: f"{day.isoformat()} 00:00:00",
    "serial": lambda day: str((day - date(1899, 12, 30)).days),
}


def _minus_behind(value: Decimal) -> str:
    return f"{abs(value)}-" if value < 0 else str(value)


_NUMBERS: dict[str, Callable[[Decimal], str]] = {
    "plain": str,
    "thousands": lambda value: f"{value:,}",
    "parentheses": lambda value: f"({-value:,})" if value < 0 else f"{value:,}",
    "trailing minus": _minus_behind,
    "currency sign": lambda value: f"¥{value:,}" if value >= 0 else f"-¥{-value:,}",
}
_CODECS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be")


def _cells(line: Line, day: str, number: str) -> list[str]:
    figures = (line.quantity, line.price, line.amount)
    texts = [line.order, line.number, _DAYS[day](line.day), line.customer, line.name, line.product]
    return [*texts, *map(_NUMBERS[number], figures)]


def _record(cells: Sequence[str], delimiter: str, *, always: bool) -> str:
    def quoted(cell: str) -> str:
        if always or any(mark in cell for mark in (delimiter, '"', "\n", "\r")):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    return delimiter.join(map(quoted, cells))


def _csv(number: int, chance: random.Random) -> Case:
    lines = _lines(chance)
    codec, delimiter = chance.choice(_CODECS), chance.choice(",;\t|")
    if codec == "gb18030":
        lines = tuple(line for line in lines if line.name.isprintable()) or lines
    end, always = chance.choice(["\n", "\r\n"]), chance.random() < 0.5
    day, figure = chance.choice(list(_DAYS)), chance.choice(list(_NUMBERS))
    header = chance.choice(HEADERS)
    body = [_cells(line, day, figure) for line in lines]
    frame = chance.choice(list(_FRAMES))
    rows = _FRAMES[frame]([list(header)], body, lines)
    records = [_record(row, delimiter, always=always) + end for row in rows]
    if frame == "sep=":
        records.insert(0, f"sep={delimiter}{end}")
    fate: Fate = "whole"
    damage = "none"
    pieces = [record.encode(_bare(codec)) for record in records]
    if chance.random() < 0.5:
        damage = chance.choice(list(_DAMAGES))
        # among the last rows, which are data in every frame
        at = len(pieces) - 1 - chance.randrange(max(1, len(body) // 2))
        pieces[at] = _DAMAGES[damage](chance, pieces[at], _bare(codec), delimiter, end)
        fate = "damaged"
    what = f"{codec} {delimiter!r} {day} {figure} frame: {frame} damage: {damage}"
    cells = tuple(map(tuple, body))
    return Case(number, what, fate, ".csv", _mark(codec) + b"".join(pieces), lines, cells)


def _bare(codec: str) -> str:
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(codec, codec)


def _mark(codec: str) -> bytes:
    return {"utf-8-sig": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(codec, b"")


Rows = list[list[str]]


def _titled(header: Rows, body: Rows, _lines: Sequence[Line]) -> Rows:
    return [["销售明细表"], ["制表人：王", "日期：2026-01-31"], *header, *body]


def _doubled(header: Rows, body: Rows, _lines: Sequence[Line]) -> Rows:
    """A group above the three money columns; the lower row names what the group leaves open."""
    upper = [*header[0][:6], "金额区", "", ""]
    return [upper, ["", "", "", "", "", "", *header[0][6:]], *body]


def _totalled(header: Rows, body: Rows, lines: Sequence[Line]) -> Rows:
    total = ["合计", "", "", "", "", "", "", "", str(sum((line.amount for line in lines), Decimal(0)))]
    return [*header, *body, total]


def _subtotalled(header: Rows, body: Rows, lines: Sequence[Line]) -> Rows:
    at = len(body) // 2
    part = ["小计", "", "", "", "", "", "", "", str(sum((line.amount for line in lines[:at]), Decimal(0)))]
    return [*header, *body[:at], part, *body[at:]]


_FRAMES: dict[str, Callable[[Rows, Rows, Sequence[Line]], Rows]] = {
    "none": lambda header, body, _: [*header, *body],
    "titles": _titled,
    "two header rows": _doubled,
    "total": _totalled,
    "subtotals": _subtotalled,
    "blank rows": lambda header, body, _: [*header, *body[:1], [""] * 9, *body[1:], [""] * 9],
    "ends in a delimiter": lambda header, body, _: [[*header[0]], *([*row, ""] for row in body)],
    "unknown columns": lambda header, body, _: [
        [*header[0], "备注", "打印次数"], *([*row, "加急", "2"] for row in body)
    ],
    "sep=": lambda header, body, _: [*header, *body],
}  # fmt: skip


Damage = Callable[[random.Random, bytes, str, str, str], bytes]


def _inserted(what: str | bytes) -> Damage:
    """Something put between two characters of a record."""

    def damage(chance: random.Random, record: bytes, codec: str, _delimiter: str, _end: str) -> bytes:
        text = record.decode(codec)
        place = chance.randrange(len(text.rstrip("\r\n")))
        middle = what.encode(codec) if isinstance(what, str) else what
        return text[:place].encode(codec) + middle + text[place:].encode(codec)

    return damage


def _text(change: Callable[[random.Random, str, str, str], str]) -> Damage:
    """A change of a record's text."""

    def damage(chance: random.Random, record: bytes, codec: str, delimiter: str, end: str) -> bytes:
        return change(chance, record.decode(codec), delimiter, end).encode(codec)

    return damage


_DAMAGES: dict[str, Damage] = {
    "a quote too many": _inserted('"'),
    "NUL": _inserted("\0"),
    "a byte that is no character": _inserted(b"\xff"),
    "a cell of a megabyte": _text(lambda _c, text, mark, end: mark.join(["x" * 1_000_000] * 2) + end + text),
    "garbage between rows": _text(lambda _c, text, _m, end: "x" * 40_000 + end + text),
    "too many cells": _text(lambda _c, text, mark, end: text.rstrip("\r\n") + mark * 5 + "y" + end),
    "too few cells": _text(lambda _c, text, mark, end: text.rpartition(mark)[0] + end),
    "cut off": _text(lambda chance, text, _m, _e: text[: chance.randrange(1, max(2, len(text) - 2))]),
    "the same row twice": _text(lambda _c, text, _m, _e: text * 2),
    "words for figures": _text(lambda _c, text, mark, end: text.rpartition(mark)[0] + mark + "见附件" + end),
    "Excel's error": _text(lambda _c, text, mark, end: text.rpartition(mark)[0] + mark + "#REF!" + end),
    "a foreign line end": _text(
        lambda _c, text, _m, end: text.rstrip("\r\n") + ("\r" if end == "\n" else "\n")
    ),
}  # fmt: skip


# ---- workbooks ------------------------------------------------------------------------------------


def _workbook(number: int, chance: random.Random) -> Case:
    lines = _lines(chance)
    is_1904, is_typed = chance.random() < 0.3, chance.random() < 0.7
    oddity = chance.choice(("none", "hidden sheet", "merged titles", "formulas", "total", "blank rows"))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": is_1904}) as book:
        if oddity == "hidden sheet":
            hidden = book.add_worksheet("参数")
            hidden.write_row(0, 0, ["键", "值"])
            hidden.hide()
        sheet = book.add_worksheet("订单")
        sheet.activate()
        sheet.set_first_sheet()
        _fill(book, sheet, chance.choice(HEADERS), lines, oddity, is_typed=is_typed)
    data = out.getvalue()
    fate: Fate = "whole"
    damage = "none"
    if chance.random() < 0.5:
        damage = chance.choice(list(_ARCHIVE_DAMAGES))
        data = _ARCHIVE_DAMAGES[damage](chance, data)
        fate = "damaged"
    what = f"workbook, 1904: {is_1904}, typed: {is_typed}, {oddity}, damage: {damage}"
    cells = tuple(tuple(_cells(line, "iso", "plain")) for line in lines)
    return Case(number, what, fate, ".xlsx", data, lines, cells)


def _fill(
    book: Any, sheet: Any, header: Sequence[str], lines: Sequence[Line], oddity: str, *, is_typed: bool
) -> None:
    top = 0
    if oddity == "merged titles":
        sheet.merge_range(0, 0, 0, 8, "2026 年销售明细")
        top = 2
    sheet.write_row(top, 0, header)
    day_format = book.add_format({"num_format": "yyyy-mm-dd"})
    row = top
    for line in lines:
        row += 2 if oddity == "blank rows" and row == top + 1 else 1
        for column, text in enumerate(_cells(line, "iso", "plain")):
            if is_typed and column == 2:
                sheet.write_datetime(row, column, line.day, day_format)
            elif is_typed and column == 8 and oddity == "formulas":
                sheet.write_formula(row, column, f"=G{row + 1}*H{row + 1}", None, float(text))
            elif is_typed and column >= 6:
                sheet.write_number(row, column, float(text))
            else:
                sheet.write_string(row, column, text)
    if oddity == "total":
        sheet.write_string(row + 1, 0, "合计")
        sheet.write_number(row + 1, 8, float(sum(line.amount for line in lines)))


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _in_sheet(old: bytes, new: bytes) -> Callable[[random.Random, bytes], bytes]:
    """The sheet's XML with ``old`` replaced once, packed again with right checksums."""

    def change(_chance: random.Random, data: bytes) -> bytes:
        parts = _parts(data)
        name = max(name for name in parts if name.startswith("xl/worksheets/sheet"))
        parts[name] = parts[name].replace(old, new, 1)
        return _packed(parts)

    return change


def _flipped(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


_ARCHIVE_DAMAGES: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "a flipped bit": _flipped,
    "cut off": lambda chance, data: data[: chance.randrange(30, len(data))],
    "a lying dimension, too small": _in_sheet(b"<dimension ref=", b'<dimension ref="A1" was='),
    "a lying dimension, too large": _in_sheet(b"<dimension ref=", b'<dimension ref="A1:XFD1048576" was='),
    "no end of the sheet": _in_sheet(b"</sheetData>", b""),
    "bytes behind the archive": lambda chance, data: data + chance.randbytes(100),
}


# ---- hostile --------------------------------------------------------------------------------------

_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + f"]><worksheet {_MAIN}><sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row>"
    "</sheetData></worksheet>"
).encode()


def _hostile(number: int, chance: random.Random) -> Case:
    what = chance.choice(list(_HOSTILE))
    data = _HOSTILE[what](chance)
    return Case(number, what, "hostile", chance.choice([".xlsx", ".csv", ".xls", ""]), data)


def _book_with(change: Callable[[dict[str, bytes]], object]) -> Callable[[random.Random], bytes]:
    def make(chance: random.Random) -> bytes:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
            _fill(book, book.add_worksheet(), HEADERS[0], _lines(chance), "none", is_typed=False)
        parts = _parts(out.getvalue())
        change(parts)
        return _packed(parts)

    return make


def _twice_the_same_name(chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/workbooK.xml", chance.randbytes(9))
    return out.getvalue().replace(b"xl/workbooK.xml", b"xl/workbook.xml")


def _wide_csv(chance: random.Random) -> bytes:
    row = ",".join(f"列{i}" for i in range(5_000))
    return "\n".join(
        [row, *[",".join(str(chance.randrange(9)) for _ in range(5_000)) for _ in range(2)]]
    ).encode()


_SHEET = "xl/worksheets/sheet1.xml"
_HOSTILE: dict[str, Callable[[random.Random], bytes]] = {
    "nothing": lambda _: b"",
    "only blanks": lambda _: b" \r\n" * 40,
    "random bytes": lambda chance: chance.randbytes(5_000),
    "PDF": lambda chance: b"%PDF-1.7\n" + chance.randbytes(3_000),
    "PNG": lambda chance: b"\x89PNG\r\n\x1a\n" + chance.randbytes(3_000),
    "gzip": lambda chance: b"\x1f\x8b\x08\0" + chance.randbytes(3_000),
    "a program": lambda chance: b"MZ\x90\0" + chance.randbytes(3_000),
    "a page that says it is a workbook": lambda _: b"<html><table><tr><td>1</td></tr></table></html>",
    "a workbook of 2003 in XML": lambda _: (
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    ),
    "an old workbook": lambda chance: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + chance.randbytes(3_000),
    "encrypted": lambda chance: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + chance.randbytes(900) + "EncryptedPackage".encode("utf-16-le")
    ),
    "macros": _book_with(lambda parts: parts.update({"xl/vbaProject.bin": b"\xd0\xcf"})),
    "binary workbook": _book_with(lambda parts: parts.update({"xl/workbook.bin": b"\x83\x01"})),
    "Word": _book_with(lambda parts: parts.update({"word/document.xml": b"<w/>"})),
    "a path upwards": _book_with(lambda parts: parts.update({"../../etc/cron.d/x": b"x"})),
    "two parts of one name": _twice_the_same_name,
    "too many parts": _book_with(lambda parts: parts.update({f"x/{i}": b"" for i in range(1_100)})),
    "zip bomb": _book_with(lambda parts: parts.update({_SHEET: b" " * (6 << 20)})),
    "XML bomb": _book_with(lambda parts: parts.update({_SHEET: _LAUGHS})),
    "no sheet": _book_with(lambda parts: parts.pop(_SHEET)),
    "no workbook": _book_with(lambda parts: parts.pop("xl/workbook.xml")),
    "5,000 columns": _wide_csv,
}
