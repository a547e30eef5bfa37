"""The kinds of files the ledger takes, and the fields of each, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "key", "day", "amount", "price", "quantity", "currency", "share"]
KindName = Literal["accounts", "products", "orders", "invoices", "receipts", "costs", "openings", "rates"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a row can say. ``many``: several columns may be joined into it (city, state, country)."""

    name: str
    type: FieldType
    zh: str
    en: str
    what: str
    many: bool = False
    #: filled only on the first row of a document in exports that leave the rows below blank
    header_level: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Something every row must say: any one of the alternatives, each a set of fields."""

    zh: str
    en: str
    ways: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. ``identity``: fields whose cells tell rows apart and where total rows say so."""

    name: KindName
    zh: str
    en: str
    fields: tuple[Field, ...]
    needs: tuple[Need, ...]
    identity: tuple[str, ...]
    #: words in a header that speak for this kind
    signs: tuple[str, ...]

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when the kind has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


def _head(name: str, type_: FieldType, zh: str, en: str, what: str) -> Field:
    return Field(name, type_, zh, en, what, header_level=True)


_CUSTOMER = _head("customer", "key", "客户编码", "customer key", "whose row it is, as the source names it")
_CUSTOMER_NAME = _head("customer_name", "text", "客户名称", "customer name", "matches unknown customers")
_CURRENCY = _head("currency", "currency", "币种", "currency", "of the row's money; the book's when absent")
_WHOSE = Need("客户", "customer", (("customer",), ("customer_name",)))
_DAY = Need("日期", "date", (("date",),))

ORDERS = Kind(
    "orders",
    "订单行",
    "order lines",
    (
        _head("order_no", "key", "订单号", "order number", "groups lines; absent for rebates"),
        Field("line_no", "key", "行号", "line number", "tells lines of an order apart"),
        _head("date", "day", "日期", "date", "the day of the order"),
        _CUSTOMER,
        _CUSTOMER_NAME,
        Field("product", "key", "产品编码", "product key", "what was sold, as the source names it"),
        Field("product_name", "text", "产品名称", "product name", "stands in for a missing key"),
        Field("family", "text", "产品族", "product family", "portfolio by family"),
        Field("quantity", "quantity", "数量", "quantity", "returns are negative"),
        Field("price", "price", "单价（不含税）", "unit price, net of tax", "checks or gives the amount"),
        Field("price_with_tax", "price", "含税单价", "unit price with tax", "checks or gives the amount"),
        Field("amount", "amount", "金额（不含税）", "amount, net of tax", "the money of the line"),
        Field("amount_with_tax", "amount", "价税合计", "amount with tax", "gives the amount"),
        Field("tax", "amount", "税额", "tax", "the tax of the line"),
        Field("tax_rate", "share", "税率", "tax rate", "13%, 0.13 or 13"),
        Field("cost", "amount", "成本金额", "line cost", "margin"),
        Field("unit_cost", "price", "单位成本", "unit cost", "margin where the line cost is missing"),
        _CURRENCY,
        _head("salesperson", "text", "业务员", "salesperson", "who sold it"),
        _head("line_type", "text", "单据类型", "document type", "红字, 退货, 返利 …"),
        Field("occurrence", "quantity", "出现次序", "occurrence", "given back with refused rows"),
    ),
    (
        _DAY,
        _WHOSE,
        Need(
            "金额",
            "amount",
            (
                ("amount",),
                ("amount_with_tax", "tax"),
                ("amount_with_tax", "tax_rate"),
                ("quantity", "price"),
                ("quantity", "price_with_tax", "tax_rate"),
            ),
        ),
    ),
    ("order_no", "line_no", "date", "customer", "customer_name", "product", "product_name"),
    ("订单", "order", "销售单", "物料", "quantity", "数量", "单价", "vbeln", "出库", "发货"),
)

ACCOUNTS = Kind(
    "accounts",
    "客户",
    "accounts",
    (
        Field("key", "key", "客户编码", "customer key", "the key that ledgers use"),
        Field("name", "text", "客户名称", "customer name", "what people call it"),
        Field("short_name", "text", "简称", "short name", "for narrow places"),
        Field("parent", "key", "上级客户", "parent", "key or name of the parent account"),
        Field("industry", "text", "行业", "industry or kind of business", "concentration by industry"),
        Field("region", "text", "地区", "region", "place, from the large to the small", many=True),
        Field("currency", "currency", "币种", "currency", "usual currency"),
        Field("tax_number", "key", "税号", "tax number", "统一社会信用代码; finds doubles"),
        Field("kind", "text", "客户类型", "kind of customer", "as the source groups them"),
        Field("owner", "text", "客户经理", "account manager", "who looks after it"),
        Field("department", "text", "部门", "department", "where it belongs"),
    ),
    (Need("客户编码或名称", "customer key or name", (("key",), ("name",))),),
    ("key", "name", "short_name"),
    ("客户", "customer", "reseller", "account", "行业", "税号", "business type", "kunnr", "联系人", "地址"),
)

PRODUCTS = Kind(
    "products",
    "产品",
    "products",
    (
        Field("key", "key", "产品编码", "product key", "the key that ledgers use"),
        Field("name", "text", "产品名称", "product name", "what people call it"),
        Field("family", "text", "产品族", "family", "portfolio by family"),
        Field("subfamily", "text", "产品子族", "subfamily", "one level below"),
        Field("unit_cost", "price", "单位成本", "unit cost", "margin where lines have no cost"),
        Field("unit", "text", "计量单位", "unit", "of quantities"),
    ),
    (Need("产品编码或名称", "product key or name", (("key",), ("name",))),),
    ("key", "name"),
    ("产品", "物料", "存货", "商品", "product", "material", "规格", "计量单位", "subcategory", "matnr"),
)

INVOICES = Kind(
    "invoices",
    "发票",
    "invoices",
    (
        _head("invoice_no", "key", "发票号", "invoice number", "tells invoices apart"),
        _head("date", "day", "开票日期", "invoice date", "the day it was issued"),
        _head("due", "day", "到期日", "due date", "when it must be paid"),
        _CUSTOMER,
        _CUSTOMER_NAME,
        Field("amount", "amount", "价税合计", "amount with tax", "what is owed"),
        Field("net_amount", "amount", "金额（不含税）", "amount net of tax", "gives the amount with the tax"),
        Field("tax", "amount", "税额", "tax", "the tax of the row"),
        Field("tax_rate", "share", "税率", "tax rate", "13%, 0.13 or 13"),
        _CURRENCY,
        _head("order_no", "key", "订单号", "order number", "what it bills"),
        _head("kind", "text", "发票类型", "invoice type", "红字 makes the amount negative"),
    ),
    (
        _DAY,
        _WHOSE,
        Need("价税合计", "amount with tax", (("amount",), ("net_amount", "tax"), ("net_amount", "tax_rate"))),
    ),
    ("invoice_no", "date", "customer", "customer_name"),
    ("发票", "invoice", "开票", "due", "到期", "billing", "应收单"),
)

RECEIPTS = Kind(
    "receipts",
    "回款",
    "receipts",
    (
        Field("receipt_no", "key", "收款单号", "receipt number", "tells receipts apart"),
        _head("date", "day", "收款日期", "date", "the day it came"),
        Field("due", "day", "票据到期日", "due date of a bill", "a bank acceptance counts when it falls due"),
        _CUSTOMER,
        _CUSTOMER_NAME,
        Field("amount", "amount", "收款金额", "amount", "what came"),
        _CURRENCY,
        Field("method", "text", "结算方式", "method", "transfer, bank acceptance, cash"),
        Field("invoice_no", "key", "发票号", "invoice number", "what it pays"),
    ),
    (_DAY, _WHOSE, Need("收款金额", "amount", (("amount",),))),
    ("receipt_no", "date", "customer", "customer_name"),
    ("收款", "回款", "到账", "receipt", "payment", "结算方式", "承兑", "票据"),
)

COSTS = Kind(
    "costs",
    "服务成本",
    "costs to serve",
    (
        _head("date", "day", "日期", "date", "when it was spent"),
        _CUSTOMER,
        _CUSTOMER_NAME,
        Field("category", "text", "费用类别", "activity or category", "which step of the waterfall"),
        Field("amount", "amount", "金额", "amount", "what was spent"),
        Field("minutes", "quantity", "分钟", "minutes", "time spent, costed at the capacity rate"),
        _CURRENCY,
        Field("reference", "key", "单据号", "reference", "tells rows apart"),
    ),
    (_DAY, _WHOSE, Need("金额或分钟", "amount or minutes", (("amount",), ("minutes",)))),
    ("reference", "date", "customer", "customer_name", "category"),
    ("费用", "expense", "cost to serve", "activity", "minutes", "分钟", "工时", "报销", "活动"),
)

OPENINGS = Kind(
    "openings",
    "期初余额",
    "opening balances",
    (
        _CUSTOMER,
        _CUSTOMER_NAME,
        _head("date", "day", "日期", "date", "the day the balance stands at"),
        Field("amount", "amount", "期初余额", "opening balance", "what was owed then"),
        _CURRENCY,
    ),
    (_DAY, _WHOSE, Need("期初余额", "opening balance", (("amount",),))),
    ("date", "customer", "customer_name"),
    ("期初", "opening", "余额", "balance", "年初"),
)

RATES = Kind(
    "rates",
    "汇率",
    "exchange rates",
    (
        Field("currency", "currency", "币种", "currency", "what the rate is the price of"),
        Field("date", "day", "日期", "date", "the first day it holds; it stands until the next one"),
        Field("rate", "price", "汇率", "rate", "in the book's currency"),
        Field("per", "quantity", "单位", "per", "units of the currency that the rate is for; 1 when absent"),
        Field("said_by", "text", "来源", "source", "who published it"),
    ),
    (
        Need("币种", "currency", (("currency",),)),
        _DAY,
        Need("汇率", "rate", (("rate",),)),
    ),
    ("currency", "date"),
    ("汇率", "牌价", "中间价", "rate", "exchange", "fx", "kurst"),
)

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (ACCOUNTS, PRODUCTS, ORDERS, INVOICES, RECEIPTS, COSTS, OPENINGS, RATES)
}
