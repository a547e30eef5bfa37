"""What order lines mean: money, tax, signs, kinds, keys, costs, and what is refused and why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from changqing.ledger.rules.choices import Wishes
from changqing.ledger.rules.conftest import Reading, read_rows, table
from changqing.ledger.rules.meaning import default_meaning, outputs
from changqing.ledger.rules.texts import UNIT

D = Decimal
US = "\x1f"


def orders(text: str, wishes: Wishes | None = None) -> Reading:
    header, rows = table(text)
    return read_rows("orders", header, rows, wishes)


def key(*parts: object) -> str:
    return US.join(str(part) for part in parts)


def test_a_plain_line_becomes_every_column() -> None:
    reading = orders("""
        订单号 | 行号 | 日期 | 客户编码 | 客户名称 | 物料编码 | 物料名称 | 品类 | 数量 | 单价 | 金额 | 成本 | 币种 | 业务员
        SO1 | 0010 | 2026/1/5 | C01 | 常青 | P9 | 轴承 | 传动 | 2 | 1,000.00 | 2,000.00 | 1500 | 人民币 | 张三
    """)  # noqa: E501
    assert reading.good == [
        {
            "file_row": 2,
            "customer": "C01",
            "customer_name": "常青",
            "product": "P9",
            "product_name": "轴承",
            "order_no": "SO1",
            "line_no": "0010",
            "occurrence": 1,
            "line_key": key("l", "SO1", 10, 1),
            "date": date(2026, 1, 5),
            "quantity": D(2),
            "amount": D(2000),
            "cost": D(1500),
            "currency": "CNY",
            "line_kind": "sale",
            "family": "传动",
            "salesperson": "张三",
            "notes": 0,
        }
    ]
    assert tuple(reading.good[0]) == outputs("orders")
    assert (reading.refused, reading.skipped, reading.notes) == ([], {}, {})
    assert reading.summary["rows"] == reading.summary["orders"] == reading.summary["customers"] == 1
    assert (reading.summary["amount"], reading.summary["margin"]) == (D(2000), D(500))
    assert reading.summary["currencies"] == {"CNY": 1} and default_meaning(reading.mapping) == "whole_orders"


def test_the_amount_is_net_else_gross_less_tax_else_by_rate_else_price() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 产品 | 数量 | 单价 | 金额(不含税) | 税额 | 税率 | 价税合计
        1 | 2026-01-05 | 甲 | A | 1 | 100 | 100 | 13 | 13% | 113
        2 | 2026-01-05 | 甲 | A | 1 | 100 |  | 13 |  | 113
        3 | 2026-01-05 | 甲 | A | 1 | 100 |  |  | 13% | 113
        4 | 2026-01-05 | 甲 | A | 3 | 33.333333 |  |  |  |
        5 | 2026-01-05 | 甲 | A |  |  |  |  | 0.06 | 100
        6 | 2026-01-05 | 甲 | A |  |  |  |  | 9 | 100
        7 | 2026-01-05 | 甲 | A |  |  |  |  |  | 113
        8 | 2026-01-05 | 甲 | A | 1 |  |  |  |  |
    """)
    amounts = [
        ("1", D(100)),
        ("2", D(100)),
        ("3", D(100)),
        ("4", D(100)),
        ("5", D("94.34")),
        ("6", D("91.74")),
    ]
    assert reading.of("order_no", "amount") == amounts
    assert reading.reasons == {8: [("tax_unknown", "amount")], 9: [("missing", "amount")]}
    assert reading.notes["net_computed"] == 5


def test_a_rate_stated_for_the_file() -> None:
    text = """
        订单号 | 日期 | 客户 | 价税合计
        1 | 2026-01-05 | 甲 | 113
        2 | 2026-01-05 | 甲 | -11.30
        3 | 2026-01-05 | 甲 | 0.03
    """
    reading = orders(text, Wishes(tax_rate=D("0.13")))
    assert reading.of("amount", "line_kind") == [(D(100), "sale"), (D(-10), "credit"), (D("0.03"), "sale")]


def test_a_price_with_tax_gives_the_net_amount() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 数量 | 含税单价 | 税率(%)
        1 | 2026-01-05 | 甲 | 2 | 56.5 | 13
        2 | 2026-01-05 | 甲 | -1 | 113 | 13
    """)
    assert reading.of("amount", "quantity", "line_kind") == [
        (D(100), D(2), "sale"),
        (D(-100), D(-1), "return"),
    ]


def test_net_plus_tax_must_be_the_amount_with_tax() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 金额 | 税额 | 价税合计
        1 | 2026-01-05 | 甲 | 100 | 13 | 113
        2 | 2026-01-05 | 甲 | 100.004 | 13.01 | 113
        3 | 2026-01-05 | 甲 | 113 | 13 | 113
    """)
    assert reading.of("order_no") == [("1",), ("2",)] and reading.reasons == {4: [("tax_mismatch", "amount")]}


def test_quantity_times_price_is_checked_and_discounts_pass() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 产品 | 数量 | 单价 | 金额
        1 | 2026-01-05 | 甲 | A | 3 | 33.33 | 100.00
        2 | 2026-01-05 | 甲 | A | 2 | 100 | 180
        3 | 2026-01-05 | 甲 | A | 2 | 100 | 0
        4 | 2026-01-05 | 甲 | A | 2 | 100 | 202
        5 | 2026-01-05 | 甲 | A | 2 | 100 | -200
        6 | 2026-01-05 | 甲 | A | -2 | 100 | 200
        7 | 2026-01-05 | 甲 | A | -2 | 100 | -200
        8 | 2026-01-05 | 甲 | A | 0 | 100 | 55
        9 | 2026-01-05 | 甲 | A | 5 | 0 | 55
        10 | 2026-01-05 | 甲 | A | 1 | 0.01 | 0.02
        11 | 2026-01-05 | 甲 | A | 2 | 100 | 201
    """)
    assert [row["order_no"] for row in reading.good] == ["1", "2", "3", "7", "8", "9", "10", "11"]
    assert reading.reasons == {
        5: [("above_price", "amount")],
        6: [("sign_differs", "amount")],
        7: [("sign_differs", "amount")],
    }
    assert reading.refused[0]["reasons"][0] == {
        "code": "above_price",
        "field": "amount",
        "col": 6,
        "value": "202",
        "detail": "200.0000",
        "other": None,
    }
    assert reading.notes == {"discounted": 2, "no_cost": 8}
    trusting = orders(
        "订单号 | 日期 | 客户 | 数量 | 单价 | 金额\n1 | 2026-01-05 | 甲 | 2 | 100 | 999",
        Wishes(check_price=False),
    )
    assert trusting.of("amount") == [(D(999),)]


def test_a_price_that_is_with_tax_is_no_discount() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 数量 | 单价 | 金额 | 税率 | 价税合计
        1 | 2026-01-05 | 甲 | 1 | 113 | 100 | 13% | 113
        2 | 2026-01-05 | 甲 | 1 | 113 | 100 | 13% |
        3 | 2026-01-05 | 甲 | 1 | 113 | 90 | 13% |
    """)
    assert reading.notes == {"discounted": 1, "no_cost": 3}


def test_costs_follow_the_goods() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 产品 | 数量 | 金额 | 成本金额 | 单位成本
        1 | 2026-01-05 | 甲 | A | 2 | 200 | 150 | 99
        2 | 2026-01-05 | 甲 | A | 2 | 200 | NULL | 70.123456
        3 | 2026-01-05 | 甲 | A | 2 | 200 |  |
        4 | 2026-01-05 | 甲 | A | -2 | -200 | 150 |
        5 | 2026-01-05 | 甲 | A | -2 | -200 |  | 70
        6 | 2026-01-05 | 甲 | A |  | -50 |  |
    """)
    costs = [D(150), D("140.2469"), None, D(-150), D(-140), D(0)]
    assert [row["cost"] for row in reading.good] == costs
    assert reading.notes == {"cost_computed": 2, "no_cost": 1}


@pytest.mark.parametrize(
    ("header", "type_", "kind"),
    [
        ("单据类型", "标准销售订单", "sale"), ("单据类型", "销售退货单", "return"), ("单据类型",
        "红字销售出库单", "credit"),
        ("业务类型", "返利", "rebate"), ("Document Type", "Credit Memo", "credit"), ("DocType", "RETURN",
        "return"),
        ("DocType", "Customer Rebate Q1", "rebate"), ("AUART", "RE", "return"), ("AUART", "G2",
        "credit"), ("AUART", "OR", "sale"),
        ("红蓝字", "红字", "credit"), ("红蓝字", "蓝字", "sale"), ("FROB", "-1", "credit"), ("FROB", "1",
        "sale"),
        ("是否红字", "是", "credit"), ("是否红字", "否", "sale"), ("是否退货", "Y", "return"), ("IsReturn",
        "0", "sale"),
        ("IsReturn", "true", "return"), ("单据类型", "赊销 credit sale", "sale"), ("单据类型", "", "sale"),
    ],
)  # fmt: skip
def test_document_types_tell_kind_and_sign(header: str, type_: str, kind: str) -> None:
    reading = read_rows(
        "orders",
        ["订单号", "日期", "客户", "产品", "数量", "金额", "成本", header],
        [["1", "2026-01-05", "甲", "A", "2", "200", "150", type_]],
    )
    sign = 1 if kind == "sale" else -1
    cost = -150 if kind in ("return", "credit", "rebate") else 150
    assert reading.of("line_kind", "quantity", "amount", "cost") == [
        (kind, D(2 * sign), D(200 * sign), D(cost))
    ]
    assert reading.summary["turned"] == (kind != "sale")


def test_red_entries_written_negative_stay_negative() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 数量 | 价税合计 | 税额 | 单据类型
        1 | 2026-01-05 | 甲 | -1 | -113 | -13 | 红字发票
        2 | 2026-01-05 | 甲 | 1 | 113 | 13 | 红字发票
    """)
    assert reading.of("quantity", "amount") == [(D(-1), D(-100)), (D(-1), D(-100))]
    assert reading.notes["turned"] == 1


def test_rebates_have_no_order_and_sales_must_have_one() -> None:
    reading = orders("""
        订单号 | 日期 | 客户编码 | 产品 | 数量 | 金额
        1 | 2026-01-05 | 甲 | A | 1 | 100
         | 2026-03-31 | 甲 |  |  | -30
         | 2026-03-31 | 甲 | A | 1 | 100
         | 2026-03-31 | 甲 | A |  | -5
    """)
    assert reading.of("order_no", "line_kind", "amount", "cost", "line_key") == [
        ("1", "sale", D(100), None, key("p", 1, "A", 1)),
        (None, "rebate", D(-30), D(0), key("c", "甲", "2026-03-31", "", 1)),
        (None, "credit", D(-5), D(0), key("c", "甲", "2026-03-31", "A", 2)),
    ]
    assert reading.reasons == {4: [("missing", "order_no")]}


def test_lines_of_one_key_are_told_apart_by_their_order() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 产品 | 数量 | 金额
        1 | 2026-01-05 | 甲 | A | 1 | 10
        1 | 2026-01-05 | 甲 | B | 1 | 20
        1 | 2026-01-05 | 甲 | A | 1 | bad
        1 | 2026-01-05 | 甲 | A | 1 | 30
        11 | 2026-01-05 | 甲 | A | 1 | 40
    """)
    keys = [key("p", 1, "A", 1), key("p", 1, "B", 1), key("p", 1, "A", 3), key("p", 11, "A", 1)]
    assert [row["line_key"] for row in reading.good] == keys
    assert [(row["file_row"], row["occurrence"]) for row in reading.refused] == [(4, 2)]
    assert reading.notes["repeated"] == 1


def test_a_mended_row_comes_back_under_its_own_key() -> None:
    reading = orders("""
        订单号 | 日期 | 客户 | 产品 | 数量 | 金额 | 出现次序
        1 | 2026-01-05 | 甲 | A | 1 | 25 | 2
    """)
    assert reading.of("line_key", "occurrence") == [(key("p", 1, "A", 2), 2)]


def test_keys_never_run_together() -> None:
    reading = read_rows(
        "orders",
        ["订单号", "日期", "客户", "产品编码", "金额"],
        [["1", "2026-01-05", "甲", f"2{US}A", "1"], [f"1{US}2", "2026-01-05", "甲", "A", "1"]],
    )
    assert len({row["line_key"] for row in reading.good}) == 2 and UNIT == "chr(31)"


def test_every_fault_of_a_row_is_named() -> None:
    reading = orders("""
        订单号 | 日期 | 客户编码 | 产品 | 数量 | 单价 | 金额 | 币种
        1 | 2026-02-30 |  | A | x | 1 | 12.3.4 | 金币
        1.2E+11 | 05/01/2026 | 甲 | A | 1 | #REF! | inf | USD
        3 | 26-1-5 | 甲 | A | 1 | 1 | 1e99 |
        4 | 1926-01-05 | 甲 | A | 1 | 1 | 1 |
        5 | 2026-01-05 | 甲 | A | 1 | 1,234.5 | 1,234.5 |
        6 | 45931 | 甲 | A | 1 | 2 | 2 |
    """)
    assert reading.reasons == {
        2: [
            ("missing", "customer"),
            ("day", "date"),
            ("number", "quantity"),
            ("number", "amount"),
            ("currency", "currency"),
        ],
        3: [
            ("day_order", "date"),
            ("digits_lost", "order_no"),
            ("excel_error", "price"),
            ("not_finite", "amount"),
        ],
        4: [("day_two", "date"), ("range", "amount")],
        5: [("day_range", "date")],
        7: [("day_serial", "date")],
    }
    assert reading.refused[0]["c6"] == "12.3.4" and reading.of("order_no") == [("5",)]
