"""The key of a row: what makes it the same row when the file comes again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.sql import literal
from changqing.ledger.rules.texts import UNIT

_SINGLE = ("accounts", "products", "rates")
#: a currency and a day
RATE_KEY = "coalesce(v_currency, '') || ' ' || coalesce(CAST(v_date AS VARCHAR), '')"


@dataclass(frozen=True, slots=True)
class _Key:
    """Parts of a key behind a letter that says which they are; ``when`` it is a row's, if not always."""

    letter: str
    parts: tuple[str, ...]
    when: str = "true"

    @property
    def text(self) -> str:
        return f" || {UNIT} || ".join(
            [literal(self.letter), *(f"coalesce({part}, '')" for part in self.parts)]
        )

    @property
    def digest(self) -> str:
        return f"hash({literal(self.letter)}, {', '.join(self.parts)})"


def key_of_row(mapping: Mapping) -> str:
    """SQL for the canonical text of the row's identity, without its occurrence.

    Its parts stand behind a letter that says which parts they are and are set apart by chr(31), which no part
    holds: so equal texts mean equal keys. orders: order and line number, else order and product, else
    customer, day and product.
    """
    if mapping.kind in _SINGLE:
        return _single(mapping)
    return _first(_KEYS[mapping.kind](mapping), lambda key: key.text)


def digest_of_row(mapping: Mapping) -> str:
    """SQL for a number that is equal where keys are: cheaper to count than texts."""
    if mapping.kind in _SINGLE:
        return f"hash({_single(mapping)})"
    return _first(_KEYS[mapping.kind](mapping), lambda key: key.digest)


def _single(mapping: Mapping) -> str:
    """The key of a row that is the only one of its key."""
    return RATE_KEY if mapping.kind == "rates" else _text(mapping, "key", "name")


def _first(keys: list[_Key], write: Callable[[_Key], str]) -> str:
    """The first key whose condition holds; the last one always does."""
    if len(keys) == 1:
        return write(keys[0])
    cases = " ".join(f"WHEN {key.when} THEN {write(key)}" for key in keys[:-1])
    return f"CASE {cases} ELSE {write(keys[-1])} END"


def _text(mapping: Mapping, *names: str) -> str:
    """The first of the fields that says something."""
    known = [f"t_{name}" for name in names if name in mapping]
    return f"coalesce({', '.join(known)}, '')" if known else "''"


def _loose(mapping: Mapping, *more: str) -> _Key:
    """Rows without a number: customer, day, and what else tells them apart."""
    day = "coalesce(CAST(v_date AS VARCHAR), '')" if "date" in mapping else "''"
    return _Key("c", (_text(mapping, "customer", "customer_name"), day, *more))


def _orders(mapping: Mapping) -> list[_Key]:
    product = _text(mapping, "product", "product_name")
    loose = _loose(mapping, product)
    if "order_no" not in mapping:
        return [loose]
    keys = [_Key("p", ("t_order_no", product), "t_order_no IS NOT NULL"), loose]
    if "line_no" in mapping:
        # 000010 and 10 are one line: exports differ in leading noughts
        line = "coalesce(nullif(ltrim(t_line_no, '0'), ''), '0')"
        keys.insert(0, _Key("l", ("t_order_no", line), "t_order_no IS NOT NULL AND t_line_no IS NOT NULL"))
    return keys


def _invoices(mapping: Mapping) -> list[_Key]:
    return [*_numbered(mapping, "invoice_no", "i"), _loose(mapping)]


def _receipts(mapping: Mapping) -> list[_Key]:
    loose = _loose(mapping, _text(mapping, "invoice_no"), _text(mapping, "method"))
    return [*_numbered(mapping, "receipt_no", "r"), loose]


def _costs(mapping: Mapping) -> list[_Key]:
    return [*_numbered(mapping, "reference", "e"), _loose(mapping, _text(mapping, "category"))]


def _openings(mapping: Mapping) -> list[_Key]:
    return [_loose(mapping, "coalesce(v_currency, '')" if "currency" in mapping else "''")]


def _numbered(mapping: Mapping, number: str, letter: str) -> list[_Key]:
    return [_Key(letter, (f"t_{number}",), f"t_{number} IS NOT NULL")] if number in mapping else []


_KEYS: dict[str, Callable[[Mapping], list[_Key]]] = {
    "orders": _orders,
    "invoices": _invoices,
    "receipts": _receipts,
    "costs": _costs,
    "openings": _openings,
}
