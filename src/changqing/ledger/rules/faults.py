"""Why a row is refused: a fault is a code, the field it is about, and the SQL under which it holds."""

from __future__ import annotations

from dataclasses import dataclass

from changqing.ledger.rules import days, numbers, rows
from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.currencies import is_unknown
from changqing.ledger.rules.kinds import Field
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.sql import among, any_of, let, matches
from changqing.ledger.rules.texts import is_blank, key_fault
from changqing.ledger.rules.words import DAY_BLANKS, EXCEL_ERRORS, VALUE_BLANKS


@dataclass(frozen=True, slots=True)
class Fault:
    """``code``: SQL for the code (a literal, or a CASE that tells more); ``condition``: when it holds."""

    code: str
    field: str
    condition: str
    #: SQL for a figure that the sentence names
    detail: str = "NULL"
    #: SQL for another row that the sentence names
    other: str = "NULL"


def cell_faults(mapping: Mapping, choices: Choices) -> list[Fault]:
    """Cells that say something that cannot be understood, whatever the kind means by it."""
    faults = []
    for f in _open(mapping, choices, "day"):
        unread = f"CASE WHEN v_{f.name} IS NULL THEN NOT {is_blank(f'r_{f.name}', DAY_BLANKS)} ELSE false END"
        faults.append(Fault(_day_code(f.name, choices), f.name, unread))
    for f in _open(mapping, choices, "key"):
        faults.append(Fault(key_fault(f"t_{f.name}"), f.name, f"{key_fault(f't_{f.name}')} IS NOT NULL"))
    for f in _open(mapping, choices, *rows.SCALES):
        unread = (
            f"CASE WHEN v_{f.name} IS NULL THEN NOT {is_blank(f'r_{f.name}', VALUE_BLANKS)} ELSE false END"
        )
        faults.append(Fault(_number_code(f.name, choices), f.name, unread))
    for f in rows.mapped(mapping, "currency"):
        faults.append(Fault("'currency'", f.name, is_unknown(f"t_{f.name}", f"v_{f.name}")))
    return faults


def _open(mapping: Mapping, choices: Choices, *types: str) -> list[Field]:
    """Fields some of whose cells may not be understood."""
    return [f for f in rows.mapped(mapping, *types) if f.name not in choices.plain]


def missing(mapping: Mapping, field: str) -> Fault:
    """A field that every row must say is blank."""
    type_ = mapping.of.field(field).type
    if type_ == "day":
        return Fault("'missing'", field, f"({is_blank(f'r_{field}', DAY_BLANKS)} AND v_{field} IS NULL)")
    return Fault("'missing'", field, f"t_{field} IS NULL")


def missing_customer(mapping: Mapping) -> Fault:
    field = "customer" if "customer" in mapping else "customer_name"
    return Fault("'missing'", field, "(t_customer IS NULL AND t_customer_name IS NULL)")


def rounded_condition(mapping: Mapping, choices: Choices) -> str:
    """Some number of the row had more decimals than are kept."""
    names = [f.name for f in _open(mapping, choices, *rows.SCALES)]
    return any_of(f"w_{name} <> v_{name}" for name in names)


def unread_condition(mapping: Mapping, choices: Choices, *names: str) -> str:
    """Some cell of these fields could not be read."""
    return any_of(f.condition for f in cell_faults(mapping, choices) if f.field in names)


def _day_code(name: str, choices: Choices) -> str:
    written = days.shape(f"r_{name}")
    return (
        f"CASE WHEN d_{name} IS NOT NULL THEN 'day_range' ELSE CASE {written} WHEN 'either' THEN 'day_order' "
        f"WHEN 'points' THEN 'day_order' WHEN 'two' THEN 'day_two' WHEN 'serial' THEN 'day_serial' "
        f"ELSE 'day' END END"
    )


def _number_code(name: str, choices: Choices) -> str:
    text = f"upper(trim(r_{name}))"
    style = choices.styles.get(name, "us")

    def by_shape(shape: str) -> str:
        either = f"{shape} IN ('comma', 'dot')" if style == "mixed" else "false"
        large = f"{shape} IN ('plain', '{style}', 'comma', 'dot')"
        return f"CASE WHEN {either} THEN 'number_style' WHEN {large} THEN 'range' ELSE 'number' END"

    return (
        f"CASE WHEN {matches(text, '[-+]?(INF|INFINITY|1[.]#INF|∞)')} THEN 'not_finite' "
        f"WHEN {among(text, EXCEL_ERRORS)} THEN 'excel_error' WHEN w_{name} IS NOT NULL THEN 'range' "
        f"ELSE {let('z', numbers.shape(f'r_{name}'), by_shape)} END"
    )
