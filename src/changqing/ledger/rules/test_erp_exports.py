"""Exports in the style of 金蝶, 用友 and SAP, as they come: totals, red entries, odd cells and all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from changqing.ledger.rules.choices import Told, Wishes
from changqing.ledger.rules.conftest import read_rows, table
from changqing.ledger.rules.wording import told_sentence

D = Decimal

KINGDEE = """
    单据编号 | 日期 | 客户编码 | 客户 | 物料编码 | 物料名称 | 数量 | 含税单价 | 金额 | 税率(%) | 税额 | 价税合计 | 业务员 | 单据类型
    XSDD001 | 2026/1/5 | C01 | 远景机电 | 1.01 | 轴承 | 10 | 113.00 | 1,000.00 | 13 | 130.00 | 1,130.00 | 张三 | 标准销售
     |  |  |  | 1.02 | 油封 | 5 | 22.60 | 100.00 | 13 | 13.00 | 113.00 |  |
     |  |  |  | 1.01 | 轴承 | 1 | 113.00 | 100.00 | 13 | 13.00 | 113.00 |  |
     |  |  | 小计 |  |  | 16 |  | 1,200.00 |  | 156.00 | 1,356.00 |  |
    XSTH002 | 2026/1/6 | C02 | 恒泰 | 1.01 | 轴承 | 2 | 113.00 | 200.00 | 13 | 26.00 | 226.00 | 李四 | 销售退货
     |  |  |  | 1.02 | 油封 | 1 | 22.60 | 20.00 | 13 | 2.60 | 22.60 |  |
     |  |  |  |  |  |  |  |  |  |  |  |  |
    XSDD003 | 2026/1/7 | C01 | 远景机电 | 1.03 | 垫片 | 1 | 11.30 | 10.00 | 13 | 1.30 | 11.30 |  | 标准销售
    合计 |  |  |  |  |  | 20 |  | 1,430.00 |  | 185.90 | 1,615.90 |  |
"""  # noqa: E501


def test_kingdee_with_blank_document_cells_totals_and_returns() -> None:
    header, rows = table(KINGDEE)
    reading = read_rows("orders", header, rows)
    names = ("order_no", "date", "customer", "product", "quantity", "amount", "line_kind", "occurrence")
    assert reading.of(*names) == [
        ("XSDD001", date(2026, 1, 5), "C01", "1.01", D(10), D(1000), "sale", 1),
        ("XSDD001", date(2026, 1, 5), "C01", "1.02", D(5), D(100), "sale", 1),
        ("XSDD001", date(2026, 1, 5), "C01", "1.01", D(1), D(100), "sale", 2),
        ("XSTH002", date(2026, 1, 6), "C02", "1.01", D(-2), D(-200), "return", 1),
        ("XSTH002", date(2026, 1, 6), "C02", "1.02", D(-1), D(-20), "return", 1),
        ("XSDD003", date(2026, 1, 7), "C01", "1.03", D(1), D(10), "sale", 1),
    ]
    assert [row["salesperson"] for row in reading.good] == ["张三", "张三", "张三", "李四", "李四", None]
    assert (reading.refused, reading.skipped) == ([], {5: "total", 8: "blank", 10: "total"})
    assert reading.summary["amount"] == D(990) and reading.notes["filled_down"] == 3
    said = [told_sentence(told, reading.mapping.heading) for told in reading.choices.told]
    assert said == [
        "3 行没有写单头（订单号、日期、客户），取自上面最近的一行",
        "2 行是合计或小计，已跳过",
        "1 行是空行，已跳过",
    ]


def test_a_refused_row_of_a_document_comes_back_with_its_head() -> None:
    header, rows = table(KINGDEE)
    rows[1][6] = "五"
    reading = read_rows("orders", header, rows)
    (refused,) = reading.refused
    cells = [refused[name] for name in ("file_row", "c0", "c1", "c2", "c3", "c6")]
    assert cells == [3, "XSDD001", "2026/1/5", "C01", "远景机电", "五"]


def test_blank_document_cells_are_not_filled_where_every_line_bears_them() -> None:
    text = """
        订单号 | 日期 | 客户 | 产品 | 数量 | 金额
        1 | 2026-01-05 | 甲 | A | 1 | 1
        1 | 2026-01-05 | 甲 | B | 1 | 1
        1 | 2026-01-05 | 甲 | C | 1 | 1
         |  |  | D | 1 | 1
        2 | 2026-01-05 | 乙 | A | 1 | 1
        2 | 2026-01-05 | 乙 | B | 1 | 1
    """
    reading = read_rows("orders", *table(text))
    assert reading.reasons == {
        5: [("missing", "date"), ("missing", "customer_name"), ("missing", "order_no")]
    }
    asked = read_rows("orders", *table(text), Wishes(carry=True))
    assert (asked.reasons, asked.notes["filled_down"]) == ({}, 1)
    forbidden = read_rows("orders", *table(KINGDEE), Wishes(carry=False))
    assert sorted(forbidden.reasons) == [3, 4, 7]


def test_a_file_that_begins_below_its_head_is_not_filled() -> None:
    reading = read_rows("orders", *table("""
        订单号 | 日期 | 客户 | 产品 | 金额
         |  |  | A | 1
        1 | 2026-01-05 | 甲 | B | 1
         |  |  | C | 1
    """))  # fmt: skip
    assert sorted(reading.reasons) == [2, 4] and len(reading.good) == 1


def test_yonyou_with_red_entries_currencies_and_rebates() -> None:
    reading = read_rows("orders", *table("""
        日期 | 单据号 | 行号 | 客户编码 | 客户名称 | 存货编码 | 存货名称 | 数量 | 原币无税单价 | 原币无税金额 | 原币税额 | 原币价税合计 | 币种 | 红蓝字
        2026年1月5日 | XS-1 | 1 | 0101 | 远景 | 00017 | 轴承 | 2 | 500 | 1000 | 130 | 1130 | 人民币 | 蓝字
        2026年1月5日 | XS-1 | 2 | 0101 | 远景 | 00018 | 油封 | 1 | 100 | 100 | 0 | 100 | 美元 | 蓝字
        2026年1月6日 | XS-2 | 1 | 0101 | 远景 | 00017 | 轴承 | -1 | 500 | -500 | -65 | -565 | 人民币 | 红字
        2026年1月6日 | XS-3 | 1 | 0101 | 远景 | 00017 | 轴承 | 1 | 500 | 500 | 65 | 565 | 人民币 | 红字
        2026-01-31 |  |  | 0101 | 远景 |  | 年度返利 |  |  | -88 | 0 | -88 | 人民币 |
        总计 |  |  |  |  |  |  | 3 |  | 1012 | 130 | 1142 |  |
    """))  # fmt: skip  # noqa: E501
    assert reading.of("order_no", "line_no", "product", "quantity", "amount", "currency", "line_kind") == [
        ("XS-1", "1", "00017", D(2), D(1000), "CNY", "sale"),
        ("XS-1", "2", "00018", D(1), D(100), "USD", "sale"),
        ("XS-2", "1", "00017", D(-1), D(-500), "CNY", "credit"),
        ("XS-3", "1", "00017", D(-1), D(-500), "CNY", "credit"),
        (None, None, "年度返利", None, D(-88), "CNY", "credit"),
    ]
    assert (reading.refused, reading.skipped) == ([], {7: "total"})
    assert reading.choices.told == (
        Told("day_writings", "date", {"iso": 1, "cn": 4}),
        Told("totals", "", {"count": 1}),
    )


def test_sap_with_trailing_minus_points_and_leading_noughts() -> None:
    reading = read_rows("orders", *table("""
        VBELN | POSNR | AUDAT | AUART | KUNNR | MATNR | KWMENG | NETPR | NETWR | WAERK | WAVWR
        0000012345 | 000010 | 05.01.2026 | TA | 0000100001 | 000000000000100017 | 10,000 | 12,50 | 125,00 | EUR | 80,00
        0000012345 | 000020 | 05.01.2026 | TA | 0000100001 | 000000000000100018 | 1.000,000 | 1,25 | 1.250,00 | EUR | 900,00
        0000012346 | 000010 | 31.01.2026 | RE | 0000100001 | 000000000000100017 | 2,000- | 12,50 | 25,00- | EUR | 16,00-
    """))  # fmt: skip  # noqa: E501
    assert reading.of("order_no", "date", "quantity", "amount", "cost", "line_kind") == [
        ("0000012345", date(2026, 1, 5), D(10), D(125), D(80), "sale"),
        ("0000012345", date(2026, 1, 5), D(1000), D(1250), D(900), "sale"),
        ("0000012346", date(2026, 1, 31), D(-2), D(-25), D(-16), "return"),
    ]
    assert reading.refused == [] and reading.choices.styles["quantity"] == "eu"


def test_amounts_in_ten_thousands_and_in_the_headers_currency() -> None:
    reading = read_rows("orders", *table("""
        订单号 | 日期 | 客户 | 金额（万元） | 成本（万元）
        1 | 45931 | 甲 | 1.23456 | 1
        2 | 45932 | 甲 | 0.5 |
    """))  # fmt: skip
    assert reading.of("date", "amount", "cost") == [
        (date(2025, 10, 1), D("12345.6"), D(10000)),
        (date(2025, 10, 2), D(5000), None),
    ]
    usd = read_rows("orders", *table("订单号 | 日期 | 客户 | Amount (USD)\n1 | 2026-01-05 | 甲 | 5"))
    assert usd.of("currency") == [("USD",)]


def test_currency_signs_in_the_cells() -> None:
    reading = read_rows("orders", *table("""
        订单号 | 日期 | 客户 | 金额
        1 | 2026-01-05 | 甲 | $1,200.00
        2 | 2026-01-05 | 甲 | ¥88
        3 | 2026-01-05 | 甲 | 7
    """))  # fmt: skip
    assert reading.of("currency", "amount") == [("USD", D(1200)), ("CNY", D(88)), (None, D(7))]
    assert reading.notes["currency_marked"] == 2


def test_day_and_month_are_told_apart_by_the_whole_column() -> None:
    def dated(*days: str) -> list[object]:
        rows = [[str(index), day, "甲", "1"] for index, day in enumerate(days)]
        reading = read_rows("orders", ["订单号", "日期", "客户", "金额"], rows)
        return [row["date"] for row in reading.good] + [code for _, [(code, _)] in reading.reasons.items()]

    may1, jan5 = date(2026, 5, 1), date(2026, 1, 5)
    assert dated("05/01/2026", "31/01/2026") == [jan5, date(2026, 1, 31)]
    assert dated("05/01/2026", "01/31/2026") == [may1, date(2026, 1, 31)]
    assert dated("05/01/2026", "06/01/2026") == ["day_order", "day_order"]
    assert dated("05/01/2026", "01/31/2026", "31/01/2026") == [date(2026, 1, 31)] * 2 + ["day_order"]
    told = read_rows("orders", *table("订单号|日期|客户|金额\n1|05/01/2026|甲|1"), Wishes(first="month"))
    assert told.of("date") == [(may1,)]


def test_decimal_signs_are_told_apart_by_the_whole_file() -> None:
    def read(*amounts: str, wishes: Wishes | None = None) -> list[object]:
        rows = [[str(index), "2026-01-05", "甲", amount] for index, amount in enumerate(amounts)]
        reading = read_rows("orders", ["订单号", "日期", "客户", "金额"], rows, wishes)
        return [row["amount"] for row in reading.good] + [code for _, [(code, _)] in reading.reasons.items()]

    assert read("1,234", "5.5") == [D(1234), D("5.5")]
    assert read("1,234", "5,5") == [D("1.234"), D("5.5")]
    assert read("1.234", "5,5") == [D(1234), D("5.5")]
    assert read("1,234", "9") == [D(1234), D(9)]
    assert read("1,234", "5,5", "5.5") == [D("5.5"), D("5.5"), "number_style"]
    assert read("1,234", "1,5", *["2.5"] * 9) == [D(1234), *[D("2.5")] * 9, "number"]
    assert read("1,234", wishes=Wishes(decimal_comma=True)) == [D("1.234")]


def test_totals_are_known_from_lines() -> None:
    reading = read_rows("orders", *table("""
        序号 | 订单号 | 日期 | 客户 | 产品 | 数量 | 金额
        1 | SO1 | 2026-01-05 | 合计贸易公司 | 累计流量计 | 1 | 10
        2 | SO2 | 2026-01-05 | TOTAL Energies | A | 1 | 10
         | SO2 | 2026-01-05 | TOTAL Energies | 小计 | 1 | 10
        小计 |  |  |  |  | 2 | 20
         |  |  | 甲公司 小计 |  | 2 | 20
         |  | 2026年1月合计 |  |  | 2 | 20
         |  | 2026-01-31 | 总计： |  | 2 | 20
        Grand Total |  |  |  |  | 2 | 20
         |  |  |  |  | 2 | 20
    """))  # fmt: skip
    assert reading.of("customer") == [("合计贸易公司",), ("TOTAL Energies",)]
    assert reading.skipped == dict.fromkeys([4, 5, 6, 7, 8, 9], "total")
    assert reading.reasons == {
        10: [("missing", "date"), ("missing", "customer_name"), ("missing", "order_no")]
    }


def test_hostile_cells_and_headers_never_enter_the_sql() -> None:
    evil = "'); DROP TABLE staged; --"
    header = ["订单号", "日期", "客户", "金额", evil, "c0", '"x"']
    rows = [
        [evil, "2026-01-05", evil, "1", evil, evil, "\x1f"],
        ["\\", "2026-01-05", "{}%s'", "2", "", "", ""],
    ]
    reading = read_rows("orders", header, rows)
    assert reading.of("order_no", "customer") == [(evil, evil), ("\\", "{}%s'")]
    bad = read_rows("orders", header, [[evil, evil, evil, evil, evil, evil, evil]])
    assert bad.refused[0]["c4"] == evil and bad.reasons[2] == [("day", "date"), ("number", "amount")]


def test_an_empty_file_reads_as_nothing() -> None:
    reading = read_rows("orders", ["订单号", "日期", "客户", "金额"], [])
    assert (reading.good, reading.refused, reading.skipped, reading.summary["rows"]) == ([], [], {}, 0)
