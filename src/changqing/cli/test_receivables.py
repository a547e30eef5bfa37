"""``changqing receivables``: what is owed, by the books alone, from files as they come."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from changqing.base.packs import shipped

pytestmark = pytest.mark.django_db

INVOICES = """发票号码,客户编码,客户名称,开票日期,到期日,价税合计
F1,A1,金陵特钢,2024-01-05,2024-02-04,1000
F2,A1,金陵特钢,2024-02-05,2024-03-06,500
F3,A1,金陵特钢,2024-05-20,2024-06-19,800
F4,B2,华曜风电,2024-03-01,,400
"""
RECEIPTS = """收款单号,客户编码,收款日期,收款金额,结算方式,票据到期日,发票号
R1,A1,2024-03-01,600,电汇,,F2
R2,A1,2024-05-01,700,银行承兑汇票,2024-08-01,F1
R3,B2,2024-06-15,90,现金,,
"""


@pytest.fixture
def owing_book(book: None, tmp_path: Path, command: Callable[..., Any]) -> None:
    for kind, text in (("invoices", INVOICES), ("receipts", RECEIPTS)):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="gb18030")
        assert command("import", kind, file).code == 0


@pytest.mark.row("VAL-05", shows="what is owed by age, days outstanding, and what a year of waiting costs")
@pytest.mark.usefixtures("owing_book")
def test_what_is_owed_and_what_the_waiting_costs(command: Callable[..., Any]) -> None:
    """F2 is paid by R1, whose other 100 goes to F1; R2, a bill, covers 700 of F1 from August on; 90 of F4."""
    told = json.loads(command("receivables", "--json").out)
    (owed,) = told["owed"]
    assert told["as_of"] == "2024-06-15"
    assert {name: float(owed[name]) for name in ("open", "overdue", "pending", "left_over")} == {
        "open": 2010.0,
        "overdue": 1210.0,
        "pending": 700.0,
        "left_over": 0.0,
    }
    # F1: 900 since 02-04, 132 days; F4: 310, 30 days from 03-01, 76 days; F3: 800 due on 06-19
    assert {code: float(money) for code, money in owed["ageing"].items()} == {
        "not_due": 800.0,
        "d30": 0.0,
        "d60": 0.0,
        "d90": 310.0,
        "older": 900.0,
    }
    assert told["acceptances"] == [
        {"month": "2024-08-01", "currency": django_settings.BOOK_CURRENCY, "amount": "700.0000", "n": 1}
    ]
    # month ends: 1000, 1500, then 900 + 400, 1300, 2100, 2010; nothing before January
    opens = [float(row[1]) for row in told["trend"]]
    assert opens == [0.0] * 6 + [1000.0, 1500.0, 1300.0, 1300.0, 2100.0, 2010.0]
    mean = sum(opens) / 12
    assert float(told["financing"]["cost"]) == pytest.approx(mean * 0.06, abs=0.01)
    assert told["financing"]["rate"] == 0.06
    assert "value = 0.06" in shipped("worth")


@pytest.mark.usefixtures("owing_book")
def test_one_account_says_what_it_owes(command: Callable[..., Any]) -> None:
    told = json.loads(command("account", "B2", "--json").out)["receivables"]
    assert [(float(one["open"]), one["late_items"], one["without_due"]) for one in told["owed"]] == [
        (310.0, 1, 1)
    ]
    # R3 paid 90 of an invoice of March, 106 days before
    assert told["days_to_pay"] == 106.0


def test_a_book_without_invoices_says_so(book: None, command: Callable[..., Any]) -> None:
    assert command("receivables").out == "The book holds no invoices and no receipts, so nothing is owed.\n"
