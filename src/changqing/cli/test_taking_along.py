"""What the book holds of each kind is taken along by a command and comes in again without a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from changqing.ledger.rules.kinds import KINDS

pytestmark = pytest.mark.django_db

FILES = {
    "accounts": '客户编码,客户名称,行业\nA1,"金陵, ""特""钢",钢铁\nB2,\'=1+1,风电\n',
    "products": "产品编码,产品名称,产品族,单位成本\nP1,轴承,轴承,300.25\n",
    "orders": "订单号,行号,订单日期,客户编码,产品编码,数量,未税金额,成本金额,币种\n"
    "S1,1,2024-01-31,A1,P1,2,100.10,60,\nS1,2,2024-01-31,A1,P1,-1,-50,,USD\nS2,1,2024-02-29,B2,P1,1,3,1,JPY\n",
    "invoices": "发票号码,客户编码,开票日期,到期日,价税合计,税额,发票类型\n"
    "F1,A1,2024-01-31,2024-03-01,113,13,蓝字\nF2,A1,2024-02-01,,11.30,1.30,红字\n",
    "receipts": "收款单号,客户编码,收款日期,收款金额,结算方式,票据到期日,发票号\n"
    "R1,A1,2024-03-01,60,电汇,,F1\nR2,A1,2024-03-02,70,银行承兑汇票,2024-09-02,\n",
    "costs": "日期,客户编码,费用类别,金额,分钟,单据号\n"
    "2024-03-01,A1,上门服务,80,,C1\n2024-03-02,B2,电话,,30,C2\n",
    "openings": "客户编码,日期,期初余额\nA1,2024-01-01,650.05\nB2,2024-01-01,-80\n",
    "rates": "币种,日期,汇率\nUSD,2024-01-01,7.1\nJPY,2024-01-01,0.0485\n",
}


def test_every_kind_comes_in_again_to_the_same_state(
    book: None, tmp_path: Path, command: Callable[..., Any]
) -> None:
    assert set(FILES) == set(KINDS)
    for kind in KINDS:
        file = tmp_path / f"{kind}.csv"
        file.write_text(FILES[kind], "utf-8")
        assert command("import", kind, file).code == 0, kind
    before = command("receivables", "--json").out, command("portfolio", "--json", "--period", "all").out
    for kind, shape in zip(KINDS, cycle(["csv", "xlsx"]), strict=False):
        taken = tmp_path / f"taken-{kind}.{shape}"
        assert str(taken) in command("imports", "export", kind, taken).out
        told = json.loads(command("import", kind, taken, "--json").out)["report"]
        unlike = {name: told[name] for name in ("came", "changed", "went", "refused") if told[name]}
        assert (kind, unlike, told["same"]) == (kind, {}, len(FILES[kind].splitlines()) - 1)
        again = command("imports", "export", kind, taken)
        assert (again.code, str(taken) in again.err) == (1, True), "what is there is not written over"
    after = command("receivables", "--json").out, command("portfolio", "--json", "--period", "all").out
    assert after == before


def test_a_template_of_every_kind_is_given(book: None, tmp_path: Path, command: Callable[..., Any]) -> None:
    for kind in KINDS:
        to = tmp_path / f"{kind}.xlsx"
        assert command("imports", "template", kind, to).code == 0
        assert openpyxl.load_workbook(to).worksheets[0].max_row == 2
    refused = command("imports", "template", "secrets", tmp_path / "x.xlsx")
    assert (refused.code, "secrets" in refused.err) == (1, True)
