"""Headers of many systems, and what each column is taken for."""

from __future__ import annotations

import json

import pytest

from changqing.base.refused import Refused
from changqing.ledger.rules.columns import check, guess, guess_kind
from changqing.ledger.rules.kinds import KINDS
from changqing.ledger.rules.mapping import Mapping, from_json, overridden
from changqing.ledger.rules.names import NAMES


def named(mapping: Mapping) -> dict[str, str]:
    """field → header text; several columns are joined by +."""
    return {
        field: "+".join(mapping.header[index] for index in indexes)
        for field, indexes in sorted(mapping.columns.items())
    }


HEADERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "kingdee": (
        "orders",
        "单据编号,日期,客户编码,客户,物料编码,物料名称,数量,单价,含税单价,金额,税率(%),税额,价税合计,业务员,单据类型",
        {
            "order_no": "单据编号", "date": "日期", "customer": "客户编码", "customer_name": "客户",
            "product": "物料编码",
            "product_name": "物料名称", "quantity": "数量", "price": "单价", "price_with_tax": "含税单价",
            "amount": "金额",
            "tax_rate": "税率(%)", "tax": "税额", "amount_with_tax": "价税合计", "salesperson": "业务员",
            "line_type": "单据类型",
        },
    ),
    "yonyou": (
        "orders",
        "日期,订单号,行号,客户编码,客户名称,存货编码,存货名称,数量,原币含税单价,原币无税单价,原币无税金额,原币税额,原币价税合计,币种",
        {
            "date": "日期", "order_no": "订单号", "line_no": "行号", "customer": "客户编码",
            "customer_name": "客户名称",
            "product": "存货编码", "product_name": "存货名称", "quantity": "数量",
            "price_with_tax": "原币含税单价",
            "price": "原币无税单价", "amount": "原币无税金额", "tax": "原币税额",
            "amount_with_tax": "原币价税合计", "currency": "币种",
        },
    ),
    "sap": (
        "orders",
        "VBELN,POSNR,AUDAT,AUART,KUNNR,MATNR,ARKTX,KWMENG,NETPR,NETWR,WAERK,BZIRK,MATKL,WAVWR",
        {
            "order_no": "VBELN", "line_no": "POSNR", "date": "AUDAT", "line_type": "AUART",
            "customer": "KUNNR",
            "product": "MATNR", "product_name": "ARKTX", "quantity": "KWMENG", "price": "NETPR",
            "amount": "NETWR",
            "currency": "WAERK", "family": "MATKL", "cost": "WAVWR",
        },
    ),
    "english": (
        "orders",
        "Order No.,Order Date,Customer ID,Item,Qty,Price incl. VAT,Amount excl. VAT,Gross Total (USD),VAT %",
        {
            "order_no": "Order No.", "date": "Order Date", "customer": "Customer ID",
            "product_name": "Item",
            "quantity": "Qty", "price_with_tax": "Price incl. VAT", "amount": "Amount excl. VAT",
            "amount_with_tax": "Gross Total (USD)", "tax_rate": "VAT %",
        },
    ),
    "full width and noise": (
        "orders",
        "＊订单 编号,下单日期（必填）,客户(编码),数 量,未税金额（万元）,含税金额[万元]",
        {
            "order_no": "＊订单 编号", "date": "下单日期（必填）", "customer": "客户(编码)",
            "quantity": "数 量",
            "amount": "未税金额（万元）", "amount_with_tax": "含税金额[万元]",
        },
    ),
    "snake case": (
        "orders",
        "order_id,order_date,customer_id,product_id,line_number,quantity,net_amount,currency_code",
        {
            "order_no": "order_id", "date": "order_date", "customer": "customer_id",
            "product": "product_id",
            "line_no": "line_number", "quantity": "quantity", "amount": "net_amount",
            "currency": "currency_code",
        },
    ),
    "tax told apart, net second": (
        "orders",
        "订单号,日期,客户,金额（含税）,金额(不含税)",
        {
            "order_no": "订单号", "date": "日期", "customer_name": "客户",
            "amount_with_tax": "金额（含税）",
            "amount": "金额(不含税)",
        },
    ),
    "invoice, gross": (
        "invoices",
        "开票日期,发票号码,购方名称,金额,税率,税额,价税合计,到期日",
        {
            "date": "开票日期", "invoice_no": "发票号码", "customer_name": "购方名称",
            "net_amount": "金额", "tax_rate": "税率",
            "tax": "税额", "amount": "价税合计", "due": "到期日",
        },
    ),
    "invoice, net beside tax": (
        "invoices",
        "发票号,开票日期,客户,金额,税额",
        {"invoice_no": "发票号", "date": "开票日期", "customer_name": "客户", "net_amount": "金额",
        "tax": "税额"},
    ),
    "invoice, plain": (
        "invoices",
        "Invoice No,Invoice Date,Due Date,Customer,Amount",
        {
            "invoice_no": "Invoice No", "date": "Invoice Date", "due": "Due Date",
            "customer_name": "Customer",
            "amount": "Amount",
        },
    ),
    "receipts": (
        "receipts",
        "收款日期,客户,收款金额(万元),结算方式,票据到期日,收款单号",
        {
            "date": "收款日期", "customer_name": "客户", "amount": "收款金额(万元)", "method": "结算方式",
            "due": "票据到期日",
            "receipt_no": "收款单号",
        },
    ),
    "costs": (
        "costs",
        "日期,客户名称,费用类别,金额（元）,备注",
        {"date": "日期", "customer_name": "客户名称", "category": "费用类别", "amount": "金额（元）"},
    ),
    "openings": (
        "openings",
        "客户编码,客户名称,期初余额,日期",
        {"customer": "客户编码", "customer_name": "客户名称", "amount": "期初余额", "date": "日期"},
    ),
    "accounts": (
        "accounts",
        "客户编码,客户名称,简称,上级客户,所属行业,省份,城市,纳税人识别号,客户类别,客户经理,部门,币别",
        {
            "key": "客户编码", "name": "客户名称", "short_name": "简称", "parent": "上级客户",
            "industry": "所属行业",
            "region": "省份+城市", "tax_number": "纳税人识别号", "kind": "客户类别", "owner": "客户经理",
            "department": "部门",
            "currency": "币别",
        },
    ),
    "products": (
        "products",
        "存货编码,存货名称,规格型号,存货分类,计量单位,参考成本",
        {"key": "存货编码", "name": "存货名称", "family": "存货分类", "unit": "计量单位",
        "unit_cost": "参考成本"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "header", "expected"), HEADERS.values(), ids=HEADERS)
def test_columns_are_recognised(kind: str, header: str, expected: dict[str, str]) -> None:
    mapping = guess(kind, header.split(","))
    assert named(mapping) == dict(sorted(expected.items()))
    check(mapping)


@pytest.mark.parametrize(("kind", "header", "expected"), HEADERS.values(), ids=HEADERS)
def test_the_kind_is_recognised(kind: str, header: str, expected: dict[str, str]) -> None:
    ranked = guess_kind(header.split(","))
    assert ranked[0][0] == kind and ranked[0][1] > 0.5 and len(ranked) == len(KINDS)


def test_samples_break_ties() -> None:
    header = ["订单号", "日期", "客户", "销售", "金额"]
    people = [["1", "2026-01-05", "甲", "张三", "5"], ["2", "2026-01-06", "乙", "李四", "6"]]
    money = [["1", "2026-01-05", "甲", "12.5", "5"], ["2", "2026-01-06", "乙", "1,200.00", "6"]]
    assert named(guess("orders", header, people))["salesperson"] == "销售"
    assert "salesperson" not in named(
        guess("orders", ["订单号", "日期", "客户", "Sales"], [r[:4] for r in money])
    )
    swapped = guess("orders", ["OrderDate", "Date", "Customer", "Amount"], [["x", "2026-01-05", "A", "5"]])
    assert named(swapped)["date"] == "Date"


def test_a_header_that_is_nothing_maps_to_nothing() -> None:
    for header in ([], ["", ""], ["a", "b"], ["😀", "'; DROP TABLE x; --"], ["列1", "列2"]):
        assert named(guess("orders", header)) == {}


def test_equal_headers_serve_one_field_once() -> None:
    assert named(guess("orders", ["金额", "金额", "日期", "客户"])) == {
        "amount": "金额",
        "date": "日期",
        "customer_name": "客户",
    }


def test_missing_columns_are_refused_with_what_would_be_understood() -> None:
    with pytest.raises(Refused) as refused:
        check(guess("orders", ["日期", "颜色"]))
    assert refused.value.sentence == (
        "作为订单行，文件缺少：客户、金额。表头是：日期、颜色。能认出的列名例如："
        "客户（客户编码 / CustomerKey / CustomerID，或 客户名称 / CustomerName / Customer）；"
        "金额（金额 / Amount / SalesAmount，或 价税合计 / GrossAmount / GrossValue + 税额 / Tax / TaxAmount，"
        "或 价税合计 / GrossAmount / GrossValue + 税率 / TaxRate / Tax%，"
        "或 数量 / Quantity / Qty + 单价 / UnitPrice / Price，"
        "或 数量 / Quantity / Qty + FTaxPrice / iTaxUnitPrice + 税率 / TaxRate / Tax%）。请指定列。"
    )


def test_a_stated_rate_makes_amounts_with_tax_enough() -> None:
    mapping = guess("orders", ["日期", "客户", "价税合计"])
    with pytest.raises(Refused):
        check(mapping)
    check(mapping, rate_given=True)


def test_a_saved_mapping_survives_reordered_columns() -> None:
    mapping = guess("orders", ["日期", "客户", "金额", "金额"]).with_field(
        "cost", (3,), confidence=1, why="given"
    )
    saved = json.loads(json.dumps(mapping.as_json()))
    back = from_json(saved, ["金额", "新列", "客户", "金额", "日期"])
    assert back.columns == {"date": (4,), "customer_name": (2,), "amount": (0,), "cost": (3,)}


def test_a_given_mapping_takes_its_columns_from_the_guess() -> None:
    header = ["日期", "客户", "金额", "Net", "City", "State"]
    given = from_json({"kind": "orders", "columns": {"amount": "net", "cost": "金额"}}, header)
    assert named(overridden(guess("orders", header), given)) == {
        "date": "日期",
        "customer_name": "客户",
        "amount": "Net",
        "cost": "金额",
    }
    region = from_json({"kind": "accounts", "columns": {"region": ["State", "City"]}}, header)
    assert region.columns == {"region": (5, 4)}


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"amount": "没有"}, "列的对应说“amount”在“没有”列，但文件没有这一列。表头是：日期、客户。"),
        (
            {"amount": {"header": "日期", "nth": 1}},
            "列的对应说“amount”在“日期”列，但文件没有这一列。表头是：日期、客户。",
        ),
        (
            {"colour": "日期"},
            "服务成本没有叫“colour”的项目；可用的有："
            "date、customer、customer_name、category、amount、minutes、currency、reference。",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(columns: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        from_json({"kind": "costs", "columns": columns}, ["日期", "客户"])
    assert refused.value.sentence == sentence


def test_every_name_belongs_to_a_field_of_its_kind() -> None:
    for kind, fields in NAMES.items():
        assert set(fields) <= set(KINDS[kind].names)
