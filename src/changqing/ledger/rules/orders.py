"""Order lines: what is sold, returned, credited, rebated; money net of tax; what it cost.

A line's money is its net amount; else its amount with tax less the tax, or divided by 1 + rate; else quantity
× price. Red entries (红字), returns and rebates are negative, however they are written.
"""

from __future__ import annotations

from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.faults import (
    Fault,
    cell_faults,
    missing,
    missing_customer,
    rounded_condition,
    unread_condition,
)
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.money import currency_of, net_of_tax, product_of, rate_of, with_tax
from changqing.ledger.rules.reds import told_kind
from changqing.ledger.rules.rows import CUSTOMER

#: how far quantity × price may lie from the amount: a cent, or half a percent of it
_TOLERANCE = "greatest(0.01, 0.005 * abs(CAST({0} AS DECIMAL(38,4))))"


def judged(mapping: Mapping, choices: Choices, rows_sql: str) -> str:
    """Rows with ``kind``, turned signs ``q_ a_ g_ x_``, ``net``, ``qp``, ``cost_`` and ``currency_``."""
    typed = f"SELECT *, {told_kind(mapping, 'line_type')} AS told FROM ({rows_sql})"
    turned = (
        "SELECT *, "
        + ", ".join(
            f"CASE WHEN told IS NULL THEN v_{name} ELSE -abs(v_{name}) END AS {short}"
            for short, name in (
                ("q_", "quantity"),
                ("a_", "amount"),
                ("g_", "amount_with_tax"),
                ("x_", "tax"),
            )
        )
        + f", {rate_of(choices)} AS rate_ FROM ({typed})"
    )
    priced = f"SELECT *, {_net()} AS net, {_price_product()} AS qp FROM ({turned})"
    kinds = f"SELECT *, {_kind()} AS kind FROM ({priced})"
    return f"SELECT *, {_cost()} AS cost_, {currency_of(mapping, choices)} AS currency_ FROM ({kinds})"


def _net() -> str:
    return (
        "CASE WHEN a_ IS NOT NULL THEN a_ "
        "WHEN g_ IS NOT NULL AND x_ IS NOT NULL THEN try_cast(g_ - x_ AS DECIMAL(18,4)) "
        f"WHEN g_ IS NOT NULL THEN {net_of_tax('g_', 'rate_')} "
        f"WHEN q_ IS NOT NULL AND v_price IS NOT NULL THEN {product_of('q_', 'v_price')} "
        f"WHEN q_ IS NOT NULL AND v_price_with_tax IS NOT NULL THEN "
        f"{net_of_tax(product_of('q_', 'v_price_with_tax'), 'rate_')} END"
    )


def _price_product() -> str:
    """Quantity × price where both are there and neither is nought, to be compared with the amount.

    Where it is the amount to the last digit, as in most rows, nothing need be rounded.
    """
    return (
        "CASE WHEN q_ <> 0 AND v_price <> 0 AND CAST(q_ AS DECIMAL(38,4)) * v_price = a_ THEN a_ "
        f"WHEN q_ <> 0 AND v_price <> 0 THEN {product_of('q_', 'v_price')} "
        f"WHEN q_ <> 0 AND v_price_with_tax <> 0 THEN {product_of('q_', 'v_price_with_tax')} END"
    )


def _kind() -> str:
    return (
        "CASE WHEN told IS NOT NULL THEN told WHEN q_ < 0 THEN 'return' "
        "WHEN net < 0 AND t_order_no IS NULL AND t_product IS NULL AND t_product_name IS NULL THEN 'rebate' "
        "WHEN net < 0 THEN 'credit' ELSE 'sale' END"
    )


def _cost() -> str:
    """Line cost, else unit cost × quantity. Goods that come back bring their cost back; credits without
    goods cost nothing; anything else without a cost is unknown, not nought."""
    return (
        "CASE WHEN v_cost IS NOT NULL "
        "THEN CASE WHEN q_ < 0 OR kind = 'return' THEN -abs(v_cost) ELSE v_cost END "
        f"WHEN v_unit_cost IS NOT NULL AND q_ IS NOT NULL THEN {product_of('q_', 'v_unit_cost')} "
        "WHEN kind IN ('credit', 'rebate') AND q_ IS NULL THEN 0 END"
    )


def faults(mapping: Mapping, choices: Choices) -> list[Fault]:
    """Why an order line is refused, the most telling first."""
    found = [missing(mapping, "date"), missing_customer(mapping), *cell_faults(mapping, choices)]
    if "order_no" in mapping:
        found.append(Fault("'missing'", "order_no", "(t_order_no IS NULL AND kind IN ('sale', 'return'))"))
    found += [_no_amount(mapping, choices), *_tax_fault(mapping)]
    if choices.check_price and "amount" in mapping and ("price" in mapping or "price_with_tax" in mapping):
        found += _price_faults(mapping)
    return found


def _no_amount(mapping: Mapping, choices: Choices) -> Fault:
    money = ("amount", "amount_with_tax", "price", "price_with_tax")
    field = next(name for name in money if name in mapping)
    code = (
        "CASE WHEN rate_ IS NULL AND (g_ IS NOT NULL OR v_price_with_tax IS NOT NULL AND q_ IS NOT NULL) "
        "THEN 'tax_unknown' WHEN g_ IS NOT NULL THEN 'range' "
        "WHEN q_ IS NOT NULL AND v_price IS NOT NULL THEN 'range' ELSE 'missing' END"
    )
    # a cell that could not be read is told as such, not as missing
    unread = unread_condition(mapping, choices, *money, "quantity", "tax", "tax_rate")
    return Fault(code, field, f"(net IS NULL AND NOT {unread})")


def _tax_fault(mapping: Mapping) -> list[Fault]:
    """Net + tax must be the amount with tax: else one of the columns is not what its name says."""
    if not {"amount", "tax", "amount_with_tax"} <= set(mapping.columns):
        return []
    return [
        Fault(
            "'tax_mismatch'",
            "amount",
            "abs(a_ + x_ - g_) > greatest(0.02, 0.005 * abs(CAST(g_ AS DECIMAL(38,4))))",
        )
    ]


def _price_faults(mapping: Mapping) -> list[Fault]:
    """An amount above quantity × price, or of the other sign, has no plausible explanation.

    Below is a discount. A price that was written with tax explains an amount with tax.
    """
    above = f"abs(a_) > abs(qp) + {_TOLERANCE.format('a_')}"
    return [
        Fault("'sign_differs'", "amount", _unlike("sign(qp) * sign(a_) < 0"), "CAST(qp AS VARCHAR)"),
        Fault("'above_price'", "amount", _unlike(above), "CAST(qp AS VARCHAR)"),
    ]


def _unlike(condition: str) -> str:
    """``condition``, which cannot hold of an amount that is quantity × price: most rows are not asked."""
    return f"CASE WHEN qp = a_ THEN false ELSE {condition} END"


def conditions(mapping: Mapping, choices: Choices) -> dict[str, str]:
    """The notes of a good line."""
    rounded = rounded_condition(mapping, choices)
    below = f"abs(a_) < abs(qp) - {_TOLERANCE.format('a_')}"
    near_gross = f"abs(abs(qp) - abs(g_)) <= {_TOLERANCE.format('g_')}"
    near_rate = f"abs(abs(qp) - abs({with_tax('a_', 'rate_')})) <= {_TOLERANCE.format('a_')}"
    discounted = f"{below} AND NOT coalesce({near_gross}, false) AND NOT coalesce({near_rate}, false)"
    turned = "told IS NOT NULL AND (v_amount > 0 OR v_amount_with_tax > 0 OR v_quantity > 0)"
    return {
        "filled_down": "is_more",
        "rounded": rounded,
        "discounted": _unlike(discounted),
        "turned": turned,
        "net_computed": "a_ IS NULL",
        "cost_computed": "v_cost IS NULL AND cost_ IS NOT NULL AND v_unit_cost IS NOT NULL",
        "no_cost": "cost_ IS NULL",
        "no_order": "t_order_no IS NULL",
        **(
            {"currency_marked": "currency_ IS NOT NULL"}
            if "currency" not in mapping and not choices.currency
            else {}
        ),
    }


OUTPUT = (
    *CUSTOMER,
    ("product", "coalesce(t_product, t_product_name)"),
    ("product_name", "t_product_name"),
    ("order_no", "t_order_no"),
    ("line_no", "t_line_no"),
    ("occurrence", "occurrence"),
    ("line_key", "line_key"),
    ("date", "v_date"),
    ("quantity", "q_"),
    ("amount", "net"),
    ("cost", "CAST(cost_ AS DECIMAL(18,4))"),
    ("currency", "currency_"),
    ("line_kind", "kind"),
    ("family", "t_family"),
    ("salesperson", "t_salesperson"),
)
