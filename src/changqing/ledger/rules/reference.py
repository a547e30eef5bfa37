"""Accounts, products, exchange rates: the later row of a key counts; one that said otherwise is refused."""

from __future__ import annotations

from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.faults import (
    Fault,
    cell_faults,
    missing,
    rounded_condition,
    unread_condition,
)
from changqing.ledger.rules.identity import RATE_KEY
from changqing.ledger.rules.mapping import Mapping


def judged(mapping: Mapping, choices: Choices, rows_sql: str) -> str:
    """Rows with ``last_row``, the last row of their key, and ``same``: whether it says the same."""
    if not choices.repeats:
        return f"SELECT *, file_row AS last_row, true AS same FROM ({rows_sql})"
    said = f"struct_pack({', '.join(f'{name} := {value}' for name, value in OUTPUTS[mapping.kind])})"
    window = (
        "WINDOW doubles AS (PARTITION BY row_key, fate IS NULL ORDER BY file_row "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )
    last = f"last_value(file_row) OVER doubles AS last_row, last_value({said}) OVER doubles AS last_said"
    seen = f"SELECT *, {said} AS said, {last} FROM ({rows_sql}) {window}"
    compared = (
        f"SELECT * EXCLUDE (fate), said IS NOT DISTINCT FROM last_said AS same, fate AS fate0 FROM ({seen})"
    )
    fate = "CASE WHEN fate0 IS NULL AND same AND last_row <> file_row THEN 'same' ELSE fate0 END"
    return f"SELECT * EXCLUDE (fate0), {fate} AS fate FROM ({compared})"


def faults(mapping: Mapping, choices: Choices) -> list[Fault]:
    if mapping.kind == "rates":
        return _faults_of_rates(mapping, choices)
    field = "key" if "key" in mapping else "name"
    missing = Fault("'missing'", field, "(t_key IS NULL AND t_name IS NULL)")
    double = Fault("'double'", field, "(last_row <> file_row AND NOT same)", other="last_row")
    return [missing, *cell_faults(mapping, choices), double]


def _faults_of_rates(mapping: Mapping, choices: Choices) -> list[Fault]:
    unread = unread_condition(mapping, choices, "rate")
    return [
        missing(mapping, "currency"),
        missing(mapping, "date"),
        Fault("'missing'", "rate", f"(v_rate IS NULL AND NOT {unread})"),
        *cell_faults(mapping, choices),
        Fault("'not_positive'", "rate", "coalesce(v_rate <= 0, false)"),
        *([Fault("'not_positive'", "per", "coalesce(v_per <= 0, false)")] if "per" in mapping else []),
        Fault("'double'", "rate", "(last_row <> file_row AND NOT same)", other="last_row"),
    ]


def conditions(mapping: Mapping, choices: Choices) -> dict[str, str]:
    rounded = rounded_condition(mapping, choices)
    return {"rounded": rounded}


_NAMED = (("key", "coalesce(t_key, t_name)"), ("name", "coalesce(t_name, t_key)"))
OUTPUTS: dict[str, tuple[tuple[str, str], ...]] = {
    "accounts": (
        *_NAMED,
        *((name, f"t_{name}") for name in ("short_name", "parent", "industry", "region")),
        ("currency", "v_currency"),
        *((name, f"t_{name}") for name in ("tax_number", "kind", "owner", "department")),
    ),
    "products": (
        *_NAMED,
        ("family", "t_family"),
        ("subfamily", "t_subfamily"),
        ("unit_cost", "v_unit_cost"),
        ("unit", "t_unit"),
    ),
    "rates": (
        ("key", RATE_KEY),
        ("currency", "v_currency"),
        ("date", "v_date"),
        ("rate", "CAST(v_rate / coalesce(v_per, 1) AS DECIMAL(18,8))"),
        ("said_by", "t_said_by"),
    ),
}
