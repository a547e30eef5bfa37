"""The sheets we give out: what stands in their header, an example row, and what each column means.

A file whose header is one of ours is read by its header alone: how files of another make were read for the
same source says nothing about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from changqing.ledger.rules.kinds import KINDS, Field

LANGUAGES = ("zh", "en")
# Where a field's title would not be recognised as a header.
_OWN_EN = {
    ("accounts", "kind"): "customer type",
    ("orders", "price"): "net unit price",
    ("orders", "amount"): "net amount",
    ("invoices", "net_amount"): "net amount",
    ("receipts", "due"): "bill due date",
}
_TYPES_WITH_EXAMPLE = {"day": "2026-01-05", "currency": "CNY"}
# What a row is reckoned from and the book does not keep.
_NOT_KEPT = {
    "orders": ("price", "price_with_tax", "amount_with_tax", "tax", "tax_rate", "unit_cost"),
    "invoices": ("net_amount", "tax_rate"),
    "rates": ("per",),
}
# One row of each kind: the story of one order of one customer.
_EXAMPLE: dict[str, dict[str, tuple[str, str]]] = {
    "accounts": {
        "key": ("K-1001", "K-1001"),
        "name": ("金陵特钢有限公司", "Jinling Special Steel"),
        "short_name": ("金陵特钢", "Jinling"),
        "parent": ("K-1000", "K-1000"),
        "industry": ("钢铁", "Steel"),
        "region": ("江苏 / 南京", "Jiangsu / Nanjing"),
        "currency": ("CNY", "CNY"),
        "tax_number": ("91320100MA1XXXXX0X", "91320100MA1XXXXX0X"),
    },
    "products": {
        "key": ("P-300", "P-300"),
        "name": ("轧机轴承", "Rolling mill bearing"),
        "family": ("轴承", "Bearings"),
        "subfamily": ("调心滚子", "Spherical roller"),
        "unit_cost": ("8200", "8200"),
        "unit": ("套", "set"),
    },
    "orders": {
        "order_no": ("SO-26-0001", "SO-26-0001"),
        "line_no": ("1", "1"),
        "customer": ("K-1001", "K-1001"),
        "customer_name": ("金陵特钢有限公司", "Jinling Special Steel"),
        "product": ("P-300", "P-300"),
        "product_name": ("轧机轴承", "Rolling mill bearing"),
        "family": ("轴承", "Bearings"),
        "quantity": ("4", "4"),
        "amount": ("42000", "42000"),
        "cost": ("32800", "32800"),
        "salesperson": ("林晓彤", "Lin Xiaotong"),
    },
    "invoices": {
        "invoice_no": ("FP-0001", "INV-0001"),
        "due": ("2026-03-31", "2026-03-31"),
        "customer": ("K-1001", "K-1001"),
        "amount": ("47460", "47460"),
        "tax": ("5460", "5460"),
        "order_no": ("SO-26-0001", "SO-26-0001"),
    },
    "receipts": {
        "receipt_no": ("SK-0001", "R-0001"),
        "customer": ("K-1001", "K-1001"),
        "amount": ("47460", "47460"),
        "method": ("银行承兑汇票", "bank acceptance"),
        "due": ("2026-06-30", "2026-06-30"),
        "invoice_no": ("FP-0001", "INV-0001"),
    },
    "costs": {
        "customer": ("K-1001", "K-1001"),
        "category": ("上门服务", "Field service"),
        "amount": ("1200", "1200"),
        "minutes": ("240", "240"),
        "reference": ("FY-0001", "E-0001"),
    },
    "rates": {"currency": ("USD", "USD"), "rate": ("7.1086", "7.1086"), "said_by": ("中国人民银行", "PBC")},
    "openings": {"customer": ("K-1001", "K-1001"), "amount": ("128000", "128000")},
}


def heading_of(kind: str, field: Field, language: str) -> str:
    """What we write above a field's column; read back it is that field."""
    if language == "zh":
        return field.zh
    told = _OWN_EN.get((kind, field.name), field.en)
    return told[0].upper() + told[1:]


def headings(kind: str, language: str) -> list[str]:
    return [heading_of(kind, field, language) for field in KINDS[kind].fields]


def is_ours(kind: str, header: Sequence[str]) -> bool:
    """Whether the file's header is exactly that of a template or an export of ours."""
    given = [template_fields(kind), export_fields(kind)] if kind in KINDS else []
    return any(
        list(header) == [heading_of(kind, field, language) for field in fields]
        for fields in given
        for language in LANGUAGES
    )


def template_fields(kind: str) -> list[Field]:
    """The fields that a person fills in."""
    return [field for field in KINDS[kind].fields if field.name != "occurrence"]


def export_fields(kind: str) -> list[Field]:
    """The fields that the book keeps, in the order of an export's columns."""
    return [field for field in KINDS[kind].fields if field.name not in _NOT_KEPT.get(kind, ())]


def example_of(kind: str, field: Field, language: str) -> str:
    told = _EXAMPLE[kind].get(field.name)
    if told:
        return told[LANGUAGES.index(language)]
    if kind == "rates" and field.name == "per":
        return "1"
    is_shown = (field.type == "day" and field.name == "date") or field.type == "currency"
    return _TYPES_WITH_EXAMPLE[field.type] if is_shown else ""


def needed_by(kind: str, field: Field) -> str:
    """Whether a row must say this, in words."""
    for need in KINDS[kind].needs:
        if any(way == (field.name,) for way in need.ways):
            others = len(need.ways) > 1
            return _("必填之一") if others else _("必填")
    return _("可空")


def written_as(field: Field) -> str:
    """How a cell of this type is written."""
    words = {
        "text": _("文字"),
        "key": _("编码，按文本写，前面的 0 会保留"),
        "day": _("日期，例如 2026-01-05"),
        "amount": _("金额，例如 12345.60；退货和冲红写负数"),
        "price": _("单价，最多 8 位小数"),
        "quantity": _("数量，退货写负数"),
        "currency": _("币种代码，例如 CNY、USD；空着就是账本的币种"),
        "share": _("比例，13% 或 0.13"),
    }
    return words[field.type]
