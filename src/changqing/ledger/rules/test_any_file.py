"""Whatever the cells hold: every row is taken, refused with a reason, or skipped; and nothing breaks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.ledger.rules.conftest import read_rows
from changqing.ledger.rules.wording import note_sentence, reason_sentence, told_sentence

HEADERS = {
    "orders": "订单号,行号,日期,客户编码,客户名称,产品编码,产品名称,数量,单价,含税单价,金额,税率,税额,"
    "价税合计,成本,单位成本,币种,单据类型,出现次序",
    "invoices": "发票号,日期,到期日,客户编码,客户名称,金额,税率,税额,价税合计,币种,订单号,发票类型",
    "receipts": "收款单号,收款日期,票据到期日,客户编码,收款金额,币种,结算方式",
    "costs": "日期,客户编码,费用类别,金额,分钟,单据号",
    "openings": "客户编码,客户名称,期初余额,日期,币种",
    "accounts": "客户编码,客户名称,上级客户,行业,省份,城市,币种",
    "products": "产品编码,产品名称,产品大类,单位成本",
}  # fmt: skip
NASTY = (
    "", "1", "-1", "0", "0.5", "1,234.56", "1.234,56", "(5)", "5-", "99999999999999.9999",
    "99999999999999999999",
    "1e9", "1E+11", "1e-30", "0.000000001", "13%", "nan", "inf", "#REF!", "NULL", "-", "2026-01-05",
    "05/01/2026",
    "31/01/2026", "1/31/2026", "45931", "26-1-5", "99999999", "9999-12-31", "合计", "小计", "Total", "甲",
    "C01",
    "红字", "退货", "返利", "USD", "¥5", "$1.2", "5万", "1.5亿", "元", "'", "''", '"', "'=1", '="01"',
    "\\", "%", "{}",
    "\x1f", "a\nb", "\t", "\u3000", "\u200b", "😀", "é", "١٢", "½", "--", ";", "/*", "c0", "NaN%", "1 2",
    "1'2", "+", "E5",
)  # fmt: skip
cells = st.one_of(st.sampled_from(NASTY), st.text(max_size=12).filter(lambda text: "\0" not in text))


@pytest.mark.parametrize("kind", HEADERS)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_every_row_has_one_fate(kind: str, data: st.DataObject) -> None:
    header = HEADERS[kind].split(",")
    row = st.lists(cells, min_size=len(header), max_size=len(header))
    rows = [
        [text.encode("utf-8", "ignore").decode() for text in one]
        for one in data.draw(st.lists(row, max_size=40))
    ]
    reading = read_rows(kind, header, rows)
    good, refused = {one["file_row"] for one in reading.good}, {one["file_row"] for one in reading.refused}
    assert len(good) + len(refused) + len(reading.skipped) == len(rows)
    assert good | refused | set(reading.skipped) == set(range(2, len(rows) + 2))
    for one in reading.refused:
        assert one["reasons"], rows[one["file_row"] - 2]
        for reason in one["reasons"]:
            assert reason_sentence(reason["code"], {**reason, "column": reason["col"]})
    for told in reading.choices.told:
        assert told_sentence(told, reading.mapping.heading)
    for note, count in reading.notes.items():
        assert note_sentence(note, count)
