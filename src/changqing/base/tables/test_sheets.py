"""Workbooks as people and libraries write them, and hostile ones; each exact or refused in a sentence."""

from __future__ import annotations

import datetime as dt
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from changqing.base.refused import Refused
from changqing.base.tables import ReadingLimits, Staged, celltext
from changqing.base.tables.cells import SheetReader
from changqing.base.tables.conftest import inline, raw_workbook, read_here, rows_in, rows_of
from changqing.base.tables.shapes import Unreadable

Stage = Callable[..., Staged]
HEADER = '<row r="1">' + inline("A1", "a") + inline("B1", "b") + "</row>"


def test_cells_come_back_as_exact_text(staged: Stage, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("订单")
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        money = book.add_format({"num_format": '[$¥-804]#,##0.00;[Red]-#,##0.00"元"'})
        hours = book.add_format({"num_format": "[h]:mm"})
        sheet.write_row(0, 0, ["文本", "数", "日", "时", "钱", "真", "错", "长", "时长"])
        sheet.write_string(1, 0, " a&b<c>\n_x0041_ \x01")
        sheet.write_number(1, 1, 0.1 + 0.2)
        sheet.write_datetime(1, 2, dt.datetime(2024, 1, 5), day)
        sheet.write_datetime(1, 3, dt.datetime(2024, 1, 5, 13, 30, 1), moment)
        sheet.write_number(1, 4, -1234.50, money)
        sheet.write_boolean(1, 5, True)
        sheet.write_formula(1, 6, "=NA()", None, "#N/A")
        sheet.write_string(1, 7, "00123456789012345678")
        sheet.write_number(1, 8, 1.5, hours)
        sheet.write_number(4, 1, 1e21)
        sheet.write_formula(4, 4, "=1+1", money, 2)
    found = staged(path)
    assert (found.format, found.sheet, found.header_row) == ("xlsx", "订单", 1)
    assert rows_of(found) == [
        (
            2,
            [
                " a&b<c>\n_x0041_ \x01",
                "0.3",
                "2024-01-05",
                "2024-01-05T13:30:01",
                "-1234.5",
                "TRUE",
                "#N/A",
                "00123456789012345678",
                "1.5",
            ],
        ),
        (5, ["", "1000000000000000000000", "", "", "2", "", "", "", ""]),
    ]


@pytest.mark.parametrize(
    ("raw", "is_1904", "told"),
    [
        ("1", False, "1900-01-01"),
        ("59", False, "1900-02-28"),
        ("60", False, "1900-02-29"),
        ("61", False, "1900-03-01"),
        ("45296", False, "2024-01-05"),
        ("43834", True, "2024-01-05"),
        ("0", True, "1904-01-01"),
        ("45296.5625", False, "2024-01-05T13:30:00"),
        ("45296.999999999", False, "2024-01-06"),
        ("0.25", False, "06:00:00"),
        ("-1", False, "-1"),
        ("2958465", False, "9999-12-31"),
        ("2958466", False, "2958466"),
        ("1e300", False, "1" + "0" * 300),
        ("abc", False, "abc"),
    ],
)
def test_serial_days(raw: str, is_1904: bool, told: str) -> None:
    assert celltext.day(raw, is_1904) == told


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("1234.5", "1234.5"),
        ("1234.5000000000001", "1234.5"),
        ("0.30000000000000004", "0.3"),
        ("5.0", "5"),
        ("1.0E-3", "0.001"),
        ("1.2345678901234568E+17", "123456789012346000"),
        ("123456789012345678", "123456789012345678"),
        ("-0.0", "0"),
        ("77548570.200000003", "77548570.2"),
        ("1E+999999999", "1E+999999999"),
        ("NaN", "NaN"),
    ],
)
def test_figures(raw: str, told: str) -> None:
    assert celltext.figure(raw) == told


def test_1904_hidden_sheets_and_several_sheets_are_told(staged: Stage, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.title = "空"
    for name in ("草稿", "订单", "退货"):
        sheet = book.create_sheet(name)
        sheet.append(["单号", "日期"])
        sheet.append([name, dt.date(2024, 1, 5)])
    book["草稿"].sheet_state = "hidden"
    book.save(path)
    found = staged(path)
    assert rows_of(found) == [(2, ["订单", "2024-01-05"])]
    assert found.notes == (
        "跳过了 1 张隐藏的工作表：草稿。",
        "导入的是工作表“订单”；还有数据的工作表：退货。",
        "工作簿使用 1904 日期系统，日期已按此换算。",
    )
    assert rows_of(staged(path, sheet="退货"))[0][1][0] == "退货"
    with pytest.raises(Refused, match="没有名为“无”的工作表。这个工作簿里有：空、草稿、订单、退货。"):
        staged(path, sheet="无")


def test_titles_merged_cells_and_formulas_without_result(staged: Stage, tmp_path: Path) -> None:
    path = tmp_path / "金蝶.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["销售明细表"],
        ["日期：2024", None, "制单：王"],
        ["单号", "客户", "数量", "价税合计", "备注"],
    ):
        sheet.append(row)
    sheet.append(["X1", "甲", 1, "=C4*2", "红字"])
    sheet.merge_cells("A1:E1")
    book.save(path)
    found = staged(path)
    assert (found.header, found.header_row) == (("单号", "客户", "数量", "价税合计", "备注"), 3)
    assert rows_of(found) == [(4, ["X1", "甲", "1", "", "红字"])]
    assert found.notes == (
        "表头在第 3 行，上面的 2 行标题没有导入。",
        "有 1 处合并单元格（第一处 A1:E1）：只有左上角的一格有内容，其余为空。",
        "有 1 个公式没有存下结果（第一个在 D4），当作空格。请用 Excel 打开并保存一次。",
    )


def test_markup_that_only_a_parser_understands(staged: Stage, tmp_path: Path) -> None:
    sheet = (
        '<?xml version="1.0" encoding="UTF-16"?><x:worksheet xmlns:x="http://purl.oclc.org/ooxml/'
        'spreadsheetml/main"><x:sheetData><!-- </row> --><x:row><x:c t="s"><x:v>0</x:v></x:c>'
        '<x:c t="inlineStr"><x:is><x:t><![CDATA[b<]]></x:t></x:is></x:c></x:row>'
        '<x:row r="7"><x:c r="B7" t="d"><x:v>2024-01-05T00:00:00</x:v></x:c>'
        '<x:c r="A7" t="str"><x:v>&#x4E2D;_x0041_</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    texts = (
        '<si><r><t>a</t></r><r><t xml:space="preserve"> 1</t></r><rPh sb="0" eb="1"><t>yomi</t></rPh></si>'
    )
    path = raw_workbook(tmp_path / "b.xlsx", "", texts=texts)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet.encode("utf-16")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    found = staged(path)
    assert found.header == ("a 1", "b<")
    assert rows_of(found) == [(7, ["中A", "2024-01-05"])]


def test_rows_that_do_not_fit_are_told(staged: Stage, tmp_path: Path) -> None:
    rows = HEADER + "".join(f'<row r="{i}">{inline(f"A{i}", "x")}</row>' for i in range(2, 300))
    rows += f'<row r="300">{inline("A300", "y" * 40_000)}</row><row r="301">{inline("A301", "z")}'
    rows += f"{inline('D301', '备注')}</row>"
    found = staged(raw_workbook(tmp_path / "b.xlsx", rows))
    assert (found.rows, [(bad.row, bad.reason) for bad in found.bad_rows]) == (
        298,
        [(300, "第 A 列的内容超过 32767 个字符"), (301, "表头只到 B 列，这一行在 D 列还有内容")],
    )


def _refused(staged: Stage, path: Path) -> str:
    """The sentence, and that nothing was left behind; none may take long."""
    begun = time.monotonic()
    with pytest.raises(Refused) as refusal:
        staged(path)
    assert time.monotonic() - begun < 60
    assert not (path.parent / "staged.parquet").exists()
    return refusal.value.sentence


def test_six_hostile_workbooks(staged: Stage, tmp_path: Path) -> None:
    path = tmp_path / "恶意.xlsx"
    empty = HEADER + "".join(f'<row r="{i}"><c r="A{i}"/></row>' for i in range(2, 1_048_600))
    raw_workbook(path, empty)
    assert "第 1048577 行，而工作表最多 1048576 行" in _refused(staged, path)
    raw_workbook(path, '<row r="1">' + "<c><v>1</v></c>" * 500_000 + "</row>")
    assert "压缩了" in _refused(staged, path)
    raw_workbook(path, HEADER, texts="<si><t>" + "A" * 60_000_000 + "</t></si>")
    assert "像是压缩炸弹" in _refused(staged, path)
    lie = f'<row r="1">{inline("A1", "a")}</row><row r="1048576">{inline("XFD1048576", "b")}</row>'
    raw_workbook(path, lie)
    assert "单元格 XFD1048576 有内容，超出了" in _refused(staged, path)
    laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    sheet = f"{laughs}<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
    raw_workbook(path, sheet)
    assert "声明了 DOCTYPE" in _refused(staged, path)
    outside = '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    raw_workbook(path, HEADER, texts=f"{outside}<sst><si><t>&a;</t></si></sst>")
    assert "声明了 DOCTYPE" in _refused(staged, path)


def test_bombs_that_keep_the_ratio_stay_within_the_memory(staged: Stage, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    wide = "".join(f"<c><v>{i * 7919 % 100_003}</v></c>" for i in range(500_000))
    raw_workbook(path, f'<row r="1">{wide}</row>')
    assert "单元格 IY1 有内容" in _refused(staged, path)
    texts = "".join(f"<si><t>{i * 7919 % 1_000_003:07d}" + "常青" * 3 + "</t></si>" for i in range(2_500_000))
    raw_workbook(path, HEADER, texts=texts)
    with pytest.raises(Refused, match="所需内存超过上限 300 MB"):
        staged(path, limits=ReadingLimits(memory_mb=300))


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"xl/vbaProject.bin": b"x"}, "工作簿里有宏"),
        ({"xl/workbook.bin": b"x"}, ".xlsb"),
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, ".ods"),
        ({"../x": b"x"}, "可能有害"),
        ({f"p{i}": b"x" for i in range(1_001)}, "个部件，超过上限 1000 个"),
    ],
)
def test_other_archives_are_refused(
    staged: Stage, tmp_path: Path, extra: dict[str, bytes], sentence: str
) -> None:
    assert sentence in _refused(staged, raw_workbook(tmp_path / "b.xlsx", HEADER, extra=extra))


@pytest.mark.parametrize(
    "sheet",
    [
        HEADER + '<row r="1"/>',
        '<?xml version="1.0" encoding="TF-8"?><worksheet/>',
        HEADER + f'<row r="2">{inline("A3", "x")}</row>',
        HEADER + f'<row r="2">{inline("A2", "x")}{inline("A2", "y")}</row>',
        HEADER + '<row r="2"><c r="A2" t="s"><v>9</v></c></row>',
        HEADER + '<row r="2"><c r="A2"><v>1</v></row>',
        HEADER + '<row r="2"><c r="A2" t="str"><v>&nbsp;</v></c></row>',
        HEADER + '<row r="2"><c r="A2" t="str"><v>\x02</v></c></row>',
    ],
)
def test_broken_sheets_are_refused(staged: Stage, tmp_path: Path, sheet: str) -> None:
    assert "工作簿损坏，读不下去" in _refused(staged, raw_workbook(tmp_path / "b.xlsx", sheet))


def test_a_cut_or_altered_archive_is_refused(staged: Stage, tmp_path: Path) -> None:
    whole = raw_workbook(tmp_path / "b.xlsx", HEADER).read_bytes()
    for broken in (whole[:-30], whole[:200], whole.replace(b"sheet1.xml", b"sheet2.xml", 1)):
        (tmp_path / "c.xlsx").write_bytes(broken)
        assert "工作簿损坏" in _refused(staged, tmp_path / "c.xlsx")


def test_each_bit_of_an_archives_directory(tmp_path: Path) -> None:
    """One flipped bit in the list of parts: every row is there as it was, or the workbook is refused. In the
    name of the styles it would turn days into numbers, in a sheet's put another in its place."""
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name in ("订单", "退货"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["单号", "日期"])
            sheet.write_string(1, 0, name)
            sheet.write_datetime(1, 1, dt.datetime(2024, 1, 5), day)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        directory = archive.start_dir
    fates = Counter[str]()
    for place in range(directory, len(whole)):
        flipped = whole[place] ^ (1 << place % 8)
        path.write_bytes(whole[:place] + bytes([flipped]) + whole[place + 1 :])
        try:
            read_here(path, tmp_path / "o")
        except Unreadable as verdict:
            fates[verdict.code] += 1
        else:
            assert rows_in(tmp_path / "o") == [(2, ["订单", "2024-01-05"])], place
            fates["read"] += 1
    assert min(fates["read"], fates["broken"]) > 100


def test_a_part_that_is_gone_is_named(staged: Stage, tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "b.xlsx", HEADER, styles="<cellXfs/>")
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    for gone in ("xl/styles.xml", "xl/worksheets/sheet1.xml"):
        with zipfile.ZipFile(path, "w") as new:
            for name, data in parts.items():
                new.writestr(name if name != gone else name.replace("/", "-"), data)
        assert f"工作簿损坏，读不下去：{gone}" in _refused(staged, path)


def test_names_do_not_matter(staged: Stage, tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "表.csv", HEADER + f'<row r="2">{inline("B2", "x")}</row>')
    assert rows_of(staged(path)) == [(2, ["", "x"])]


_EXCEL = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" x14ac:knownFonts="1">'
    '<dimension ref="A1:B2"/><sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews>'
    '<cols><col min="1" max="1" width="12.5" customWidth="1"/></cols><sheetData>'
    '<row r="1" spans="1:2" ht="14.25" x14ac:dyDescent="0.2"><c r="A1" t="s"><v>0</v></c>'
    '<c r="B1" s="1" t="s"><v>1</v></c></row>'
    '<row r="2" spans="1:2" x14ac:dyDescent="0.2"><c r="A2" t="str"><f>"a"&amp;"b"</f>'
    '<v>ab</v></c><c r="B2" s="1"><f t="shared" ref="B2:B9" si="0">A1*2</f><v>-3.50</v></c></row>'
    '</sheetData><mergeCells count="1"><mergeCell ref="A5:A6"/></mergeCells>'
    '<phoneticPr fontId="1" type="noConversion"/><pageMargins left="0.7" right="0.7"/></worksheet>'
)
_EXCEL_TEXTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="2" uniqueCount="2">'
    '<si><t>订单号</t><phoneticPr fontId="1" type="noConversion"/></si>'
    '<si><t xml:space="preserve"> 金额</t></si></sst>'
)


def _openpyxl(path: Path, *, write_only: bool) -> Path:
    book = openpyxl.Workbook(write_only=write_only)
    sheet = book.create_sheet("表", 0)
    for row in (["订单号", " 金额"], ["ab", -3.5]):
        sheet.append(row)
    book.save(path)
    return path


def _xlsxwriter(path: Path, *, constant_memory: bool) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": constant_memory}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["订单号", " 金额"])
        sheet.write_row(1, 0, ["ab", -3.5])
    return path


@pytest.mark.parametrize(
    "write",
    [
        lambda path: raw_workbook(path, _EXCEL, texts=_EXCEL_TEXTS),
        lambda path: _openpyxl(path, write_only=False),
        lambda path: _openpyxl(path, write_only=True),
        lambda path: _xlsxwriter(path, constant_memory=False),
        lambda path: _xlsxwriter(path, constant_memory=True),
    ],
    ids=["Excel", "openpyxl", "openpyxl write_only", "xlsxwriter", "xlsxwriter constant_memory"],
)
def test_usual_writers_are_read_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], Path]
) -> None:
    path = write(tmp_path / "b.xlsx")
    monkeypatch.setattr("changqing.base.tables.workbook._read_any_texts", None)
    monkeypatch.setattr("changqing.base.tables.sheets._Reading._holds_data", lambda *_: True)
    monkeypatch.setattr(SheetReader, "exact", None)
    answer = read_here(path, tmp_path / "o")
    assert answer["header"] == ("订单号", " 金额")
    assert rows_in(tmp_path / "o") == [(2, ["ab", "-3.5"])]


def test_fast_and_exact_readers_agree(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": 14})
        for row in range(3_000):
            values = [f"S{row // 3}", row / 7, "a&b <>" * (row % 2), row % 5 == 0, None, "文", 45_000 + row]
            sheet.write_row(row, 0, values)
            sheet.write_number(row, 7, 45_000 + row, day)
    fast = read_here(path, tmp_path / "fast")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SheetReader, "fast", SheetReader.exact)
        exact = read_here(path, tmp_path / "exact")
    assert fast == exact
    assert rows_in(tmp_path / "fast") == rows_in(tmp_path / "exact")
