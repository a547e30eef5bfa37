"""CSV files as people have them: encodings, delimiters, titles, broken rows; each exact or refused."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.base.refused import Refused
from changqing.base.tables import Staged
from changqing.base.tables.conftest import read_here, rows_in, rows_of

Stage = Callable[..., Staged]
PLAIN = "单号,客户,金额\nS1,张三,1.50\nS2,李四,-2\n"
PLAIN_ROWS = [(2, ["S1", "张三", "1.50"]), (3, ["S2", "李四", "-2"])]


@pytest.mark.parametrize(
    ("codec", "mark", "told"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8-BOM"),
        ("utf-16-le", b"\xff\xfe", "UTF-16-LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16-BE"),
        ("utf-16-le", b"", "UTF-16-LE"),
        ("utf-16-be", b"", "UTF-16-BE"),
        ("gb18030", b"", "GB18030"),
    ],
)
def test_encoding_is_found_and_told(staged: Stage, codec: str, mark: bytes, told: str) -> None:
    found = staged(mark + PLAIN.encode(codec))
    assert (found.encoding, found.header, rows_of(found)) == (told, ("单号", "客户", "金额"), PLAIN_ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, line_end: str) -> None:
    text = PLAIN.replace(",", delimiter).replace("\n", line_end).replace("1.50", '"1,5;0|0"')
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    answer = read_here(path, tmp_path / "o")
    assert answer["delimiter"] == delimiter
    assert rows_in(tmp_path / "o") == [(2, ["S1", "张三", "1,5;0|0"]), (3, ["S2", "李四", "-2"])]


def test_two_marks_are_told(staged: Stage) -> None:
    found = staged(b"\xef\xbb\xbf\xef\xbb\xbf" + PLAIN.encode())
    assert (rows_of(found), found.header[0]) == (PLAIN_ROWS, "单号")
    assert found.notes == ("文件开头有 2 个字节顺序标记（BOM），已忽略。",)


def test_titles_above_the_header(staged: Stage) -> None:
    titles = "销售出库明细表,,,,\n日期：2024-01-01,,制单人：王,,\n\n"
    text = titles + "日期,单据编号,客户,数量,价税合计\n2024-01-05,X1,甲,2,20.00\n"
    found = staged(text.encode("gb18030"))
    assert (found.header, found.header_row) == (("日期", "单据编号", "客户", "数量", "价税合计"), 4)
    assert rows_of(found) == [(5, ["2024-01-05", "X1", "甲", "2", "20.00"])]
    assert found.notes == ("表头在第 4 行，上面的 2 行标题没有导入。",)


def test_two_header_rows_become_one(staged: Stage) -> None:
    text = "编码,名称,地区,销售,,采购,\n,,,数量,金额,数量,金额\nA,甲,京,1,2,3,4\n"
    found = staged(text.encode())
    assert found.header == ("编码", "名称", "地区", "销售/数量", "销售/金额", "采购/数量", "采购/金额")
    assert rows_of(found) == [(3, ["A", "甲", "京", "1", "2", "3", "4"])]


@pytest.mark.parametrize(
    "body",
    [
        "A,甲,#REF!,#DIV/0!\n",
        "A,甲,1,见附件\n",
        "A,甲,1,2\nB,乙,,\nC,丙,无,3\n",
        # two rows torn into one make it no title
        "A,甲,1,2\n" * 3 + "A,乙,1A,甲,1,2\n",
    ],
)
def test_a_double_header_stands_over_damaged_figures(tmp_path: Path, body: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编码,名称,销售,\n,,数量,金额\n" + body, "utf-8")
    answer = read_here(path, tmp_path / "o")
    assert answer["header"] == ("编码", "名称", "销售/数量", "销售/金额")
    torn = [(one["row"], one["code"]) for one in answer["bad"]]
    told = [(row, line.split(",")) for row, line in enumerate(body.splitlines(), start=3)]
    assert (rows_in(tmp_path / "o"), torn) == (
        [(row, cells) for row, cells in told if len(cells) == 4],
        [(row, "many") for row, cells in told if len(cells) > 4],
    )


@pytest.mark.parametrize(
    "text",
    [
        # a column without a name, words in it
        "编码,名称,地区,\nA,,京,急\nB,乙,沪,缓\n",
        # a title above a header whose first column has no name
        "销售表,,,\n,一月,二月,三月\n甲,1,2,3\n乙,4,5,6\n",
    ],
)
def test_rows_that_only_look_like_a_double_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    answer = read_here(path, tmp_path / "o")
    assert not [name for name in answer["header"] if "/" in name]
    assert len(rows_in(tmp_path / "o")) == 2


def test_rows_that_are_no_rows_are_told_with_their_line(staged: Stage) -> None:
    text = 'a,b,c\n1,2,3\n\n4,5\n6,7,8,9\n,,\n  , ,\n10,"x\ny",12\n13,"14,15\n16,17,18\n'
    text += '19,20,"2"1\n22,2\x003,24\n25,5" pipe,27,\n'
    found = staged(text.encode())
    assert rows_of(found) == [
        (2, ["1", "2", "3"]),
        (8, ["10", "x\ny", "12"]),
        (11, ["16", "17", "18"]),
        (14, ["25", '5" pipe', "27"]),
    ]
    assert [(bad.row, bad.reason, bad.text) for bad in found.bad_rows] == [
        (4, "只有 2 列，应有 3 列", "4,5"),
        (5, "有 4 列，应有 3 列：可能有单元格含分隔符却没加引号", "6,7,8,9"),
        (10, "引号没有闭合，或者闭合后还有文字", '13,"14,15'),
        (12, "引号没有闭合，或者闭合后还有文字", '19,20,"2"1'),
        (13, "含有空字符（NUL）", "22,23,24"),
    ]


def test_two_rows_torn_into_one_are_no_header(staged: Stage) -> None:
    lines = [f"S{i},甲,{i}" for i in range(30)]
    lines[20] += "," + lines.pop(21)
    found = staged(("单号,客户,数量\n" + "\n".join(lines)).encode())
    assert (found.header_row, found.rows, [bad.row for bad in found.bad_rows]) == (1, 28, [22])


def test_an_unclosed_quote_does_not_swallow_the_file(staged: Stage) -> None:
    lines = [f"{i},名{i},{i}" for i in range(200_000)]
    lines[70_000] = '70000,"名,1'
    found = staged(("a,b,c\n" + "\n".join(lines)).encode())
    assert (found.rows, [bad.row for bad in found.bad_rows]) == (199_999, [70_002])


def test_a_cell_of_a_megabyte_is_a_bad_row(staged: Stage) -> None:
    text = "a,b\n1,2\n3," + "x" * 1_000_000 + '\n4,"' + "y\n" * 500_000 + '"\n5,6\n'
    found = staged(text.encode())
    assert rows_of(found) == [(2, ["1", "2"]), (500_005, ["5", "6"])]
    assert [(bad.row, bad.reason, len(bad.text)) for bad in found.bad_rows] == [
        (3, "第 2 列（b）的内容超过 32767 个字符", 1_000),
        (4, "第 2 列（b）的内容超过 32767 个字符", 1_000),
    ]


def test_a_character_cut_in_two_is_a_bad_row(staged: Stage) -> None:
    for codec in ("utf-8", "gb18030"):
        lines = [f"S{i},客户名称{i},北京,{i}".encode(codec) for i in range(50)]
        lines[20] = lines[20].replace("京".encode(codec), "京".encode(codec)[:1])
        found = staged("单号,客户,城市,金额\n".encode(codec) + b"\n".join(lines))
        assert (found.rows, found.bad_rows[0].row) == (49, 22)
        assert found.bad_rows[0].reason == "有字节不成文字：可能在一个汉字中间被截断"


def test_other_encodings_are_refused_not_guessed(staged: Stage) -> None:
    for text, codec in (
        ("Kunde,Ort\nMüller,Köln\nJäger,Düren\n", "cp1252"),
        ("客戶,城市\n鴻海,臺北\n", "big5"),
    ):
        with pytest.raises(Refused, match=r"认不出文字编码：第 [12] 行"):
            staged(text.encode(codec))
    assert rows_of(staged("客戶,城市\n鴻海,臺北\n".encode("big5"), encoding="Big5")) == [
        (2, ["鴻海", "臺北"])
    ]


def test_wide_files_are_refused(staged: Stage) -> None:
    wide = ",".join(f"c{i}" for i in range(5_000))
    with pytest.raises(Refused, match="表头有 5000 列，超过上限 256 列"):
        staged(f"{wide}\n{wide}\n".encode())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "没有表格"),
        (b"\n\n  \n", "没有表格"),
        (b"\xef\xbb\xbf", "没有表格"),
        (b"%PDF-1.7 ...", "内容是 PDF"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "XML 表格 2003",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "97–2003"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (bytes(range(256)) * 40, "内容是 binary"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(staged: Stage, content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        staged(content)
    assert refusal.value.sentence.startswith("文件“来源.csv”没有导入，账上没有任何变化。")


def test_trailing_delimiters_do_not_shift_anything(staged: Stage) -> None:
    assert rows_of(staged(b"a,b\n1,2,\n3,4,\n")) == [(2, ["1", "2", ""]), (3, ["3", "4", ""])]
    assert rows_of(staged(b"a,b,\n1,2\n3,4\n")) == [(2, ["1", "2"]), (3, ["3", "4"])]
    short = staged(b"a,b\n1,234,5\n")
    assert (short.rows, short.bad_rows[0].row) == (0, 2)


def test_thousands_do_not_outvote_rows_that_end_in_a_delimiter(staged: Stage) -> None:
    """Three rows hold two commas each and two rows one more tab than the header: one short row decides
    nothing, and is the only one lost."""
    found = staged(b"no\tprice\tnet\nS1\t3,288\t6,577\t\nS2\t2,954\t9,625\nS3\t5,812\t1,625\t\nS4\t2,954\n")
    assert (found.delimiter, found.header) == ("\t", ("no", "price", "net", ""))
    assert rows_of(found) == [(2, ["S1", "3,288", "6,577", ""]), (4, ["S3", "5,812", "1,625", ""])]
    assert [row.row for row in found.bad_rows] == [3, 5]


cell = st.text(
    st.one_of(
        st.sampled_from(list(",;|\t\"' \n\r=+-@1a常青，\ufeff\u3000")),
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]),
    ),
    max_size=12,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(2, 6),
    data=st.data(),
    delimiter=st.sampled_from(",;\t|"),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_csv_writes_comes_back_exactly(
    tmp_path: Path, width: int, data: st.DataObject, delimiter: str, codec: str, line_end: str, quoting: Any
) -> None:
    from changqing.base.tables.escape import unshield

    rows = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=8))
    if quoting == csv.QUOTE_MINIMAL and line_end != "\r\n":  # Python's writer then leaves CR or LF unquoted
        rows = [[c.replace("\r", "").replace("\n", "") for c in row] for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    header = [f"列名{i}" for i in range(width)]
    writer.writerow(header)
    expected = []
    for row in rows:
        line = _line(out.getvalue())
        writer.writerow(row)
        if any(c and not c.isspace() for c in row):
            expected.append((line, [unshield(c) for c in row]))
    path = tmp_path / "p.csv"
    path.write_bytes(out.getvalue().encode(codec))
    answer = read_here(
        path, tmp_path / "p", delimiter=delimiter, encoding=codec.replace("utf-8-sig", "utf-8")
    )
    assert (list(answer["header"]), answer["bad"]) == (header, [])
    assert rows_in(tmp_path / "p") == expected


def _line(text: str) -> int:
    """The number of the line that would come next, as an editor counts."""
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def test_fast_and_exact_readers_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from changqing.base.tables import charset, delimited

    monkeypatch.setattr(charset, "CHUNK", 700)
    seed = random.Random(5)
    for turn in range(60):
        lines = [_random_line(seed) for _ in range(120)]
        path = tmp_path / "m.csv"
        path.write_text("a,b,c\n1,2,3\n4,5,6\n" + "\n".join(lines), newline="")
        fast = read_here(path, tmp_path / "fast")
        with monkeypatch.context() as patched:
            patched.setattr(delimited._Reading, "_is_plain", lambda *_: False)
            exact = read_here(path, tmp_path / "exact")
        assert (turn, fast["bad"]) == (turn, exact["bad"])
        assert rows_in(tmp_path / "fast") == rows_in(tmp_path / "exact")


def _random_line(seed: random.Random) -> str:
    kinds = [
        "1,2,3",
        'x,"y,z",3',
        '"a""b",c,d',
        'm,"n\no",p',
        "",
        "1,2",
        "1,2,3,4",
        ",,",
        "1,2,3,",
        "'=a,b,c",
    ]
    return seed.choices([*kinds, 'bad,"quote,3', '5" pipe,b,c', "\0,1,2"], [*[8] * len(kinds), 1, 1, 1])[0]
