"""Invoices, receipts, costs, openings, accounts and products: what their rows mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from changqing.ledger.rules.choices import Wishes
from changqing.ledger.rules.conftest import read_rows, table
from changqing.ledger.rules.meaning import default_meaning, outputs

D = Decimal
JAN5, FEB5 = date(2026, 1, 5), date(2026, 2, 5)


def read(kind: str, text: str, wishes: Wishes | None = None) -> Any:
    return read_rows(kind, *table(text), wishes)


def test_invoices_with_tax_due_and_red() -> None:
    reading = read(
        "invoices",
        """
        发票号码 | 开票日期 | 到期日 | 客户编码 | 金额 | 税率 | 税额 | 价税合计 | 发票类型 | 订单号
        001 | 2026-01-05 | 2026-02-05 | C1 | 100 | 13% | 13 | 113 | 专票 | SO1
        002 | 2026-01-05 |  | C1 | 100 | 13% | 13 |  | 红字专票 |
        003 | 2026-01-05 | 9999-12-31 | C1 | 100 | 13% |  |  | 专票 |
        004 | 2026-01-05 | 2026-02-05 | C1 | -100 | 13% | -13 | -113 | 专票 |
        005 | 2026-01-05 | 2026-02-05 | C1 | 113 | 13% | 13 | 113 | 专票 |
        006 | 2026-01-05 | 2026-02-05 |  | 100 |  |  |  | 专票 |
        """,
    )
    assert reading.of("invoice_no", "amount", "tax", "due", "kind", "line_key") == [
        ("001", D(113), D(13), FEB5, "invoice", "i\x1f001\x1f1"),
        ("002", D(-113), D(-13), None, "credit", "i\x1f002\x1f1"),
        ("003", D(113), None, None, "invoice", "i\x1f003\x1f1"),
        ("004", D(-113), D(-13), FEB5, "credit", "i\x1f004\x1f1"),
    ]
    assert reading.reasons == {
        6: [("tax_mismatch", "net_amount")],
        7: [("missing", "customer"), ("tax_unknown", "amount")],
    }
    assert reading.notes == {"turned": 1, "net_computed": 2}
    assert reading.summary["first_day"] == JAN5 and default_meaning(reading.mapping) == "lines"


def test_receipts_by_transfer_and_by_acceptance() -> None:
    reading = read(
        "receipts",
        """
        收款单号 | 收款日期 | 票据到期日 | 客户 | 收款金额 | 结算方式
        R1 | 2026-01-05 |  | 甲 | 1,000.00 | 电汇
        R2 | 2026-01-05 | 2026-07-05 | 甲 | 5万 | 银行承兑汇票
        R2 | 2026-01-05 |  | 甲 | 3 | 现金
         | 2026-01-05 |  | 甲 | 4 | 抹零
        R5 | 2026-01-05 | 2026-07-05 | 甲 |  | 电汇
        合计 |  |  |  | 51007 |
        """,
    )
    assert reading.of("receipt_no", "occurrence", "due", "amount", "method_kind") == [
        ("R1", 1, None, D(1000), "transfer"),
        ("R2", 1, date(2026, 7, 5), D(50000), "acceptance"),
        ("R2", 2, None, D(3), "cash"),
        (None, 1, None, D(4), "other"),
    ]
    assert (reading.reasons, reading.skipped) == ({6: [("missing", "amount")]}, {7: "total"})


def test_costs_in_money_or_minutes() -> None:
    reading = read(
        "costs",
        """
        日期 | 客户名称 | 费用类别 | 金额 | 分钟 | 单据号
        2026-01-05 | 甲 | 拜访 | 120.5 |  | F1
        2026-01-05 | 甲 | 电话 |  | 30 |
        2026-01-05 | 甲 | 电话 |  |  |
        """,
    )
    assert reading.of("customer", "category", "amount", "minutes", "reference") == [
        ("甲", "拜访", D("120.5"), None, "F1"),
        ("甲", "电话", None, D(30), None),
    ]
    assert reading.reasons == {4: [("missing", "amount")]}


def test_openings() -> None:
    reading = read(
        "openings",
        "客户编码 | 期初余额 | 日期 | 币种\nC1 | 1,000.00 | 2026-01-05 | CNY\nC2 | (50) | 2026-01-05 | USD",
    )
    assert reading.of("customer", "amount", "currency", "line_key") == [
        ("C1", D(1000), "CNY", "c\x1fC1\x1f2026-01-05\x1fCNY\x1f1"),
        ("C2", D(-50), "USD", "c\x1fC2\x1f2026-01-05\x1fUSD\x1f1"),
    ]


def test_accounts_join_their_place_and_keep_the_later_double() -> None:
    reading = read(
        "accounts",
        """
        客户编码 | 客户名称 | 行业 | 城市 | 省份
        C1 | 远景 | 机械 | 杭州 | 浙江
        C2 | 恒泰 |  |  | 江苏
        C1 | 远景 | 机械 | 杭州 | 浙江
        C2 | 恒泰集团 |  |  | 江苏
         | 无码公司 | 化工 |  |
        C9 |  |  |  |
         |  | 化工 |  |
        合计 |  |  |  |
        """,
    )
    assert reading.of("file_row", "key", "name", "industry", "region") == [
        (4, "C1", "远景", "机械", "浙江 / 杭州"),
        (5, "C2", "恒泰集团", None, "江苏"),
        (6, "无码公司", "无码公司", "化工", None),
        (7, "C9", "C9", None, None),
    ]
    assert reading.reasons == {3: [("double", "key")], 8: [("missing", "key")]}
    assert reading.refused[0]["reasons"][0]["other"] == 5
    assert reading.skipped == {2: "same", 9: "total"}


def test_products() -> None:
    reading = read(
        "products",
        "ProductKey,Product,Subcategory,Category,StandardCost\n".replace(",", "|")
        + "1|Bolt|M8|Parts|0.00125",
    )
    assert reading.of("key", "name", "family", "subfamily", "unit_cost") == [
        ("1", "Bolt", "Parts", "M8", D("0.00125"))
    ]


@pytest.mark.parametrize(
    "kind", ["accounts", "products", "orders", "invoices", "receipts", "costs", "openings"]
)
def test_every_kind_says_which_columns_it_gives(kind: str) -> None:
    names = outputs(kind)
    assert names[0] == "file_row" and names[-1] == "notes" and len(set(names)) == len(names)
