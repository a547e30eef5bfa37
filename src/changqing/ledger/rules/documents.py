"""Invoices, receipts, costs to serve and opening balances: what their rows mean."""

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
from changqing.ledger.rules.money import currency_of, rate_of, with_tax
from changqing.ledger.rules.reds import told_kind
from changqing.ledger.rules.rows import CUSTOMER
from changqing.ledger.rules.sql import literal

#: bank and commercial acceptances: money that counts when it falls due
_ACCEPTANCE = r"承兑|汇票|票据|\bBILLS?\b|ACCEPTANCE|DRAFT|\bBA\b|\bCA\b"
_CASH = r"现金|现款|\bCASH\b"
_TRANSFER = r"转账|电汇|银行|网银|汇款|TRANSFER|WIRE|T/T|^TT$|ACH|SEPA|REMIT"


def judged(mapping: Mapping, choices: Choices, rows_sql: str) -> str:
    """Rows with ``amount_`` (signed), ``kind_`` and ``currency_``."""
    told = told_kind(mapping, "kind") if mapping.kind == "invoices" else "CAST(NULL AS VARCHAR)"
    typed = f"SELECT *, {told} AS told, {_written(mapping, choices)} AS written FROM ({rows_sql})"
    signed = "CASE WHEN told IS NULL THEN written ELSE -abs(written) END"
    currency = currency_of(mapping, choices)
    return f"SELECT *, {signed} AS amount_, {currency} AS currency_, {_kind(mapping)} AS kind_ FROM ({typed})"


def _written(mapping: Mapping, choices: Choices) -> str:
    """The amount as written; for invoices with tax, from net and tax where it is not there."""
    if mapping.kind != "invoices":
        return "v_amount"
    return (
        "CASE WHEN v_amount IS NOT NULL THEN v_amount "
        "WHEN v_net_amount IS NOT NULL AND v_tax IS NOT NULL "
        "THEN try_cast(v_net_amount + v_tax AS DECIMAL(18,4)) "
        f"WHEN v_net_amount IS NOT NULL THEN {with_tax('v_net_amount', rate_of(choices))} END"
    )


def _kind(mapping: Mapping) -> str:
    if mapping.kind == "invoices":
        return "CASE WHEN told IS NOT NULL OR written < 0 THEN 'credit' ELSE 'invoice' END"
    if mapping.kind == "receipts":
        method = "upper(t_method)"
        cases = (("acceptance", _ACCEPTANCE), ("cash", _CASH), ("transfer", _TRANSFER))
        found = " ".join(
            f"WHEN regexp_matches({method}, {literal(words)}) THEN '{kind}'" for kind, words in cases
        )
        return f"CASE {found} ELSE 'other' END"
    return "CAST(NULL AS VARCHAR)"


def faults(mapping: Mapping, choices: Choices) -> list[Fault]:
    """Why a row is refused, the most telling first."""
    found = [missing(mapping, "date"), missing_customer(mapping), *cell_faults(mapping, choices)]
    unread = unread_condition(mapping, choices, "amount", "net_amount", "tax", "tax_rate", "minutes")
    if mapping.kind == "costs":
        field = "amount" if "amount" in mapping else "minutes"
        return [
            *found,
            Fault("'missing'", field, f"(amount_ IS NULL AND v_minutes IS NULL AND NOT {unread})"),
        ]
    field = next(name for name in ("amount", "net_amount") if name in mapping)
    code = "CASE WHEN v_net_amount IS NOT NULL THEN 'tax_unknown' ELSE 'missing' END"
    found.append(
        Fault(
            code if mapping.kind == "invoices" else "'missing'", field, f"(amount_ IS NULL AND NOT {unread})"
        )
    )
    if {"amount", "net_amount", "tax"} <= set(mapping.columns):
        near = "greatest(0.02, 0.005 * abs(CAST(v_amount AS DECIMAL(38,4))))"
        apart = f"abs(v_net_amount + v_tax - v_amount) > {near}"
        found.append(Fault("'tax_mismatch'", "net_amount", apart))
    return found


def conditions(mapping: Mapping, choices: Choices) -> dict[str, str]:
    """The notes of a good row."""
    rounded = rounded_condition(mapping, choices)
    notes = {
        "rounded": rounded,
        "turned": "told IS NOT NULL AND written > 0",
    }
    if mapping.kind == "invoices":
        notes["net_computed"] = "v_amount IS NULL"
    if "currency" not in mapping and not choices.currency:
        notes["currency_marked"] = "currency_ IS NOT NULL"
    return notes


_KEY = (("occurrence", "occurrence"), ("line_key", "line_key"), ("date", "v_date"))
_MONEY = (("amount", "amount_"), ("currency", "currency_"))
OUTPUTS: dict[str, tuple[tuple[str, str], ...]] = {
    "invoices": (
        *CUSTOMER,
        ("invoice_no", "t_invoice_no"),
        ("order_no", "t_order_no"),
        *_KEY,
        ("due", "v_due"),
        *_MONEY,
        ("tax", "CASE WHEN told IS NULL THEN v_tax ELSE -abs(v_tax) END"),
        ("kind", "kind_"),
    ),
    "receipts": (
        *CUSTOMER,
        ("receipt_no", "t_receipt_no"),
        ("invoice_no", "t_invoice_no"),
        *_KEY,
        ("due", "v_due"),
        *_MONEY,
        ("method", "t_method"),
        ("method_kind", "kind_"),
    ),
    "costs": (
        *CUSTOMER,
        ("reference", "t_reference"),
        ("category", "t_category"),
        *_KEY,
        *_MONEY,
        ("minutes", "v_minutes"),
    ),
    "openings": (*CUSTOMER, *_KEY, *_MONEY),
}
