"""Faulty rows out and mended rows in: the identical data, in the format they came in, and no formulas."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from changqing.base.tables import FaultyRow, Staged, write_same_format
from changqing.base.tables.conftest import rows_of
from changqing.base.tables.escape import is_formula_like, shield, unshield
from changqing.base.tables.shapes import HANDBACK_COLUMNS

Stage = Callable[..., Staged]

_SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
_HIDDEN = ["", " ", "\u00a0", "\ufeff", "\u200b", "\x01", "'", "''", "\u3000"]
FORMULAS = [f"{hidden}{sign}1+cmd|' /C calc'!A0" for hidden in _HIDDEN for sign in _SIGNS] + [
    *[";=1", '"=1', "%0a=1", '=HYPERLINK("http://x","y")', "=WEBSERVICE(A1)", "-12.50", "-1,234", "'-12.50"],
    *["+8613800138000", "'张三", "'", "''", "-", "=", "- 备注", "-.5", "-¥3", "a=b", "1-2", "-12.5元"],
    *["=\n=", '"', ",", "a\r\nb"],
]


@pytest.mark.parametrize("text", FORMULAS)
def test_shield_and_unshield_are_each_others_inverse(text: str) -> None:
    shown = shield(text)
    assert unshield(shown) == text
    assert not (is_formula_like(text) and shown.strip("\ufeff\u200b\x01 ")[:1] in _SIGNS)


@given(st.text(st.sampled_from("'=+-@ \t\r\n＝1a\ufeff.")))
def test_every_text_survives_the_shield(text: str) -> None:
    assert unshield(shield(text)) == text
    assert not is_formula_like(shield(text)) or shield(text).startswith("'")


@pytest.mark.parametrize(
    ("codec", "told"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8-BOM"), ("utf-16", "UTF-16-LE")]
)
def test_csv_rows_come_back_identical(staged: Stage, tmp_path: Path, codec: str, told: str) -> None:
    path = tmp_path / "源.csv"
    with path.open("w", encoding=codec, newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(["=客户", "备注", "备注", ""])
        writer.writerows([[f"C{i}", shield(text), "", "x"] for i, text in enumerate(FORMULAS)])
    _round_trip(staged, staged(path), tmp_path, told)


def test_xlsx_rows_come_back_identical(staged: Stage, tmp_path: Path) -> None:
    path = tmp_path / "源.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("销售")
        for column, name in enumerate(["=客户", "备注", "备注", "数"]):
            sheet.write_string(0, column, name)
        for i, text in enumerate(FORMULAS, start=1):
            sheet.write_string(i, 0, f"C{i}")
            sheet.write_string(i, 1, text)
            sheet.write_number(i, 3, i / 8)
    back = _round_trip(staged, staged(path), tmp_path, None)
    kinds = {cell.data_type for row in openpyxl.load_workbook(back).active.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    assert all(
        cell.value is None
        for row in openpyxl.load_workbook(back).active
        for cell in row
        if cell.data_type == "n"
    )


def _round_trip(staged: Stage, first: Staged, tmp_path: Path, encoding: str | None) -> Path:
    before = rows_of(first)
    assert [cells[1] for _, cells in before] == FORMULAS
    assert (first.encoding, first.bad_rows) == (encoding, ())
    back = tmp_path / f"退回.{first.format}"
    faulty = (FaultyRow(number, tuple(cells), "数量不是数：=1") for number, cells in before)
    assert write_same_format(like=first, rows=faulty, to=back) == len(FORMULAS)
    again = staged(back)
    assert [cells for _, cells in rows_of(again)] == [cells for _, cells in before]
    for same in ("header", "format", "encoding", "delimiter", "sheet"):
        assert getattr(again, same) == getattr(first, same)
    assert "这是退回修改的文件，末尾的行号和原因两列已忽略。" in again.notes
    return back


def test_what_was_no_row_is_handed_back_too(staged: Stage, tmp_path: Path) -> None:
    first = staged('单号,客户,金额\nS1,甲\nS2,乙,1,234\nS3,"丙,5\nS4,丁,6\n'.encode("gb18030"))
    back = tmp_path / "退回.csv"
    assert write_same_format(like=first, rows=first.bad_rows, to=back) == 3
    assert back.read_text("gb18030").splitlines() == [
        "单号,客户,金额,原文件行号,拒绝原因",
        "S1,甲,,2,只有 2 列，应有 3 列",
        "S2,乙,1,234,3,有 4 列，应有 3 列：可能有单元格含分隔符却没加引号",
        "S3,丙,5,4,引号没有闭合，或者闭合后还有文字",
    ]
    again = staged(back)
    assert (again.rows, [bad.row for bad in again.bad_rows]) == (2, [3])


def test_columns_of_that_name_elsewhere_are_data(staged: Stage) -> None:
    found = staged(f"{HANDBACK_COLUMNS[0]},{HANDBACK_COLUMNS[1]},单号\n1,破损,S1\n".encode())
    assert rows_of(found) == [(2, ["1", "破损", "S1"])]
    assert dataclasses.replace(found, notes=()) == found
