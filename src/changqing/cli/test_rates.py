"""Exchange rates at the console: a dollar order counts once its rate is known, and the portfolio says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from changqing.ledger.models import Source
from changqing.people.models import User

ORDERS = """订单号,行号,订单日期,客户编码,产品编码,数量,未税金额,成本金额,币种
S1,1,2026-01-10,K1,P1,1,1000,600,CNY
S2,1,2026-01-20,K1,P1,1,100,40,USD
S3,1,2026-02-20,K2,P1,1,50,,USD
"""
RATES = """币种,日期,中间价,单位,来源
USD,2026-02-01,720,100,中国外汇交易中心
usd,2026-02-30,7,1,x
USD,2026-03-01,0,1,x
"""


def test_rates_by_file_and_by_hand(
    command: Callable[..., Any], transactional_db: None, tmp_path: Path
) -> None:
    def say(*words: object, code: int = 0) -> str:
        ran = command(*words)
        assert ran.code == code, ran.err
        return str(ran.out)

    def figures() -> list[Any]:
        told = json.loads(say("portfolio", "--json", "--period", "all"))
        names = ("revenue", "margin", "margin_rate", "revenue_converted", "revenue_without_cost", "lines")
        return [told[name] for name in names]

    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "rates.csv").write_text(RATES, encoding="utf-8")
    say("import", "orders", tmp_path / "orders.csv")
    assert figures() == [1000.0, 400.0, 0.4, 0.0, 0.0, 3]
    assert json.loads(say("account", "K1", "--json"))["totals"]["lines_without_rate"] == 1
    out = say("rates", "import", tmp_path / "rates.csv")
    assert "2 were refused" in out
    # from February on one dollar is 7.2; in January nobody knows
    assert figures() == [1360.0, 400.0, 0.4, 360.0, 360.0, 3]
    say("rates", "set", "usd", "2026-01-01", "7", "--said-by", "合同约定")
    assert figures() == [2060.0, pytest.approx(820), pytest.approx(820 / 1700), 1060.0, 360.0, 3]
    assert json.loads(say("rates", "list", "--json")) == [
        {"currency": "USD", "day": "2026-01-01", "rate": "7.00000000", "source": "合同约定"},
        {"currency": "USD", "day": "2026-02-01", "rate": "7.20000000", "source": "中国外汇交易中心"},
    ]
    say("imports", "undo", "2")
    assert figures() == [2050.0, pytest.approx(820), pytest.approx(820 / 1700), 1050.0, 350.0, 3]
    say("imports", "redo", "2")
    say("check")
    assert figures()[0] == 2060.0


def test_nobody_acts_as_who_has_left_and_nothing_is_written_before_the_refusal(
    book: None, command: Any
) -> None:
    gone = User.objects.create_user("gone", None, full_name="走了", role="operator", is_active=False)
    manager = User.objects.create_user("mei", None, full_name="梅雪", role="manager")
    assert command("--as", gone.username, "rates", "list").code == 1
    assert command("--as", manager.username, "rates", "set", "USD", "2024-01-01", "7").code == 1
    assert not Source.objects.filter(code="rates").exists()
