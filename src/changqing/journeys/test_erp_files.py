"""Exports in the style of 金蝶 and 用友 come in as they are: GB18030, red entries, subtotals, no mapping."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from changqing.base.tables import stage
from changqing.journeys.import_ledger import bring_in
from changqing.ledger.dues import OpenItem
from changqing.ledger.rules.columns import guess_kind
from changqing.people.permissions import Operator
from changqing.reports.portfolio import portfolio

pytestmark = pytest.mark.django_db(transaction=True)

KINGDEE_ORDERS = """单据编号,日期,客户编码,客户,物料编码,物料名称,数量,含税单价,金额,税率(%),税额,\
价税合计,业务员,单据类型
XOUT001,2026-01-05,C001,金陵特钢,M1,轴承,10,113,"1,000.00",13,130.00,"1,130.00",李,标准销售出库单
,,,,M2,润滑脂,4,56.5,200.00,13,26.00,226.00,,
,,,小计,,,14,,"1,200.00",,156.00,"1,356.00",,
XOUT002,2026-01-06,C001,金陵特钢,M1,轴承,-1,113,-100.00,13,-13.00,-113.00,李,销售退货单
合计,,,,,,13,,"1,100.00",,143.00,"1,243.00",,
"""
YONYOU_INVOICES = """发票号,开票日期,到期日,客户编码,客户名称,无税金额,税额,价税合计,发票类型
0001,2026年1月10日,2026年2月9日,0101,远景,1000,130,1130,蓝字
0002,2026年1月12日,,0101,远景,100,13,113,红字
合计,,,,,1100,143,1243,
"""
KINGDEE_RECEIPTS = """单据编号,收款日期,客户编码,收款金额,结算方式,票据到期日
SK1,2026-02-01,0101,"500.00",银行承兑汇票,2026-08-01
SK2,2026-02-02,0101,"17.00",电汇,
合计,,,"517.00",,
"""
FILES = (
    ("orders", KINGDEE_ORDERS, 3, 2),
    ("invoices", YONYOU_INVOICES, 2, 1),
    ("receipts", KINGDEE_RECEIPTS, 2, 1),
)


def test_exports_come_in_without_a_word_said(book: None, by: Operator, tmp_path: Path) -> None:
    """Net money of the orders is 1,000 + 200 − 100. Of 1,130 invoiced the red 113 and 17 by wire are settled;
    a bill of 500 waits for August, so 1,000 stay open."""
    for kind, text, rows, _skipped in FILES:
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="gb18030")
        staged = stage(file, into=tmp_path)
        assert (staged.encoding, guess_kind(staged.header, staged.samples)[0][0]) == ("GB18030", kind)
        entry = bring_in(by=by, kind=kind, path=file)
        assert (entry.report["came"], entry.report["refused"]) == (rows, 0), kind
    assert portfolio(by, "all").as_json()["revenue"] == 1100.0
    (item,) = OpenItem.objects.filter(is_charge=True)
    assert (item.number, item.open, item.pending) == ("0001", Decimal(1000), Decimal(500))
