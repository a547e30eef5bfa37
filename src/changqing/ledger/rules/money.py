"""Exact arithmetic on decimals in SQL: products, tax taken off, whose currency it is."""

from __future__ import annotations

from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.currencies import mark_in
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.numbers import WIDE, even
from changqing.ledger.rules.sql import let, literal


def product_of(quantity: str, price: str) -> str:
    """Quantity (4 decimals) × price (8 decimals), rounded half-even to 4 decimals; NULL beyond the range."""
    exact = f"CAST(CAST({quantity} AS DECIMAL(38,4)) * CAST({price} AS DECIMAL(18,8)) AS DECIMAL(38,12))"
    in_range = f"abs(CAST({quantity} AS DOUBLE) * CAST({price} AS DOUBLE)) < 1e14"
    return f"CASE WHEN {in_range} THEN {let('x', f'CAST({exact} AS {WIDE})', lambda x: even(x, 4))} END"


def with_tax(net: str, rate: str) -> str:
    """net × (1 + rate), rounded half-even to 4 decimals; NULL when the rate is."""
    return product_of(net, f"try_cast(1 + {rate} AS DECIMAL(18,8))")


def net_of_tax(gross: str, rate: str) -> str:
    """gross ÷ (1 + rate), rounded half up to the cent, as invoices are; NULL when the rate is."""
    above = f"CAST(CAST({gross} AS DECIMAL(38,4)) * 10000 AS HUGEINT) * 100000000 * 2"
    below = f"CAST((1 + CAST({rate} AS DECIMAL(38,8))) * 100000000 AS HUGEINT) * 100"

    def cents(n: str) -> str:
        return (
            f"CASE WHEN {n}.d > 0 THEN CAST(sign({n}.n) * ((abs({n}.n) + {n}.d) // (2 * {n}.d)) "
            "AS DECIMAL(38,0)) * 0.01::DECIMAL(3,2) END"
        )

    exact = let("n", f"struct_pack(n := {above}, d := {below})", cents)
    return f"CASE WHEN {rate} IS NOT NULL THEN try_cast({exact} AS DECIMAL(18,4)) END"


def currency_of(mapping: Mapping, choices: Choices) -> str:
    """The row's currency: its column's, else the header's (USD), else the sign in its cell, else NULL."""
    if "currency" in mapping:
        return "v_currency"
    for name in ("amount", "amount_with_tax", "net_amount", "price", "price_with_tax"):
        if name in mapping and mapping.currency(name):
            return literal(mapping.currency(name))
    stated = literal(choices.currency) if choices.currency else "CAST(NULL AS VARCHAR)"
    if choices.marked:
        cell = f"r_{choices.marked}"
        plain = f"f_{choices.marked} IS NOT NULL"
        return f"CASE WHEN {plain} OR {cell} IS NULL THEN {stated} ELSE {mark_in(cell)} END"
    return stated


def rate_of(choices: Choices) -> str:
    """The tax rate as a share, 13 and 13 % being .13; where the row has none, the one stated for the file."""
    stated = "NULL" if choices.tax_rate is None else f"CAST('{choices.tax_rate}' AS DECIMAL(18,8))"
    hundredth = "CAST(CAST(v_tax_rate AS DECIMAL(38,8)) * 0.01 AS DECIMAL(18,8))"
    share = f"CASE WHEN v_tax_rate >= 1 THEN {hundredth} ELSE v_tax_rate END"
    return f"coalesce({share}, {stated})"
