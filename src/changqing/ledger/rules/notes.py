"""What is worth counting about a row that was taken: bits of its ``notes`` column."""

from __future__ import annotations

NOTES = (
    "filled_down",  # took its order, day or customer from the row above
    "rounded",  # a number had more decimals than are kept; rounded half-even
    "discounted",  # the amount is below quantity × price
    "turned",  # a red entry, return or rebate written positive was made negative
    "net_computed",  # the amount without tax was computed from amount with tax, or quantity × price
    "cost_computed",  # the cost is unit cost × quantity
    "no_cost",  # the cost is unknown
    "no_order",  # belongs to no order
    "repeated",  # not the first row of its key
    "currency_marked",  # the currency was read from a sign in the money cell
)
BIT = {name: 1 << index for index, name in enumerate(NOTES)}


def packed(conditions: dict[str, str]) -> str:
    """SQL for the bits of the conditions that hold."""
    terms = [f"CASE WHEN {condition} THEN {BIT[name]} ELSE 0 END" for name, condition in conditions.items()]
    return f"CAST({' + '.join(terms) or '0'} AS INTEGER)"
