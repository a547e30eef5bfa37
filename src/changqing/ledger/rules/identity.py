"""The key of a row: what makes it the same row when the file comes again."""

from __future__ import annotations

from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.sql import literal
from changqing.ledger.rules.texts import UNIT


def key_of_row(mapping: Mapping) -> str:
    """SQL for the canonical text of the row's identity, without its occurrence.

    Its parts stand behind a letter that says which parts they are and are set apart by chr(31), which no part
    holds: so equal texts mean equal keys. orders: order and line number, else order and product, else
    customer, day and product.
    """
    return _KEYS[mapping.kind](mapping)


def _joined(letter: str, *parts: str) -> str:
    return f" || {UNIT} || ".join([literal(letter), *(f"coalesce({part}, '')" for part in parts)])


def _text(mapping: Mapping, *names: str) -> str:
    """The first of the fields that says something."""
    known = [f"t_{name}" for name in names if name in mapping]
    return f"coalesce({', '.join(known)}, '')" if known else "''"


def _day(mapping: Mapping) -> str:
    return "CAST(v_date AS VARCHAR)" if "date" in mapping else "''"


def _orders(mapping: Mapping) -> str:
    customer = _text(mapping, "customer", "customer_name")
    product = _text(mapping, "product", "product_name")
    loose = _joined("c", customer, _day(mapping), product)
    if "order_no" not in mapping:
        return loose
    by_product = _joined("p", "t_order_no", product)
    branches = "WHEN t_order_no IS NULL THEN " + loose
    if "line_no" in mapping:
        # 000010 and 10 are one line: exports differ in leading noughts
        line = "coalesce(nullif(ltrim(t_line_no, '0'), ''), '0')"
        branches += f" WHEN t_line_no IS NOT NULL THEN {_joined('l', 't_order_no', line)}"
    return f"CASE {branches} ELSE {by_product} END"


def _invoices(mapping: Mapping) -> str:
    loose = _joined("c", _text(mapping, "customer", "customer_name"), _day(mapping))
    return _numbered(mapping, "invoice_no", "i", loose)


def _receipts(mapping: Mapping) -> str:
    customer = _text(mapping, "customer", "customer_name")
    loose = _joined("c", customer, _day(mapping), _text(mapping, "invoice_no"), _text(mapping, "method"))
    return _numbered(mapping, "receipt_no", "r", loose)


def _costs(mapping: Mapping) -> str:
    customer = _text(mapping, "customer", "customer_name")
    return _numbered(
        mapping, "reference", "e", _joined("c", customer, _day(mapping), _text(mapping, "category"))
    )


def _openings(mapping: Mapping) -> str:
    currency = "v_currency" if "currency" in mapping else "''"
    return _joined("c", _text(mapping, "customer", "customer_name"), _day(mapping), currency)


def _reference(mapping: Mapping) -> str:
    return _text(mapping, "key", "name")


def _numbered(mapping: Mapping, number: str, letter: str, loose: str) -> str:
    if number not in mapping:
        return loose
    return f"CASE WHEN t_{number} IS NULL THEN {loose} ELSE {_joined(letter, f't_{number}')} END"


_KEYS = {
    "orders": _orders,
    "invoices": _invoices,
    "receipts": _receipts,
    "costs": _costs,
    "openings": _openings,
    "accounts": _reference,
    "products": _reference,
}
