"""Currencies: words and signs to ISO codes."""

from __future__ import annotations

from changqing.ledger.rules.numbers import CURRENCY, halved
from changqing.ledger.rules.sql import among, let, literal
from changqing.ledger.rules.words import BLANKS, CURRENCIES


def code_of(text: str) -> str:
    """The ISO code that the text means; NULL for nothing, for 本币 (the book's own) and for unknown words."""

    def looked_up(s: str) -> str:
        cases = " ".join(
            f"WHEN {literal(word)} THEN {literal(code)}" for word, code in CURRENCIES.items() if code
        )
        return f"CASE {s} {cases} END"

    return f"CASE WHEN {text} IS NOT NULL THEN {let('s', halved(text), looked_up)} END"


def is_unknown(text: str, code: str) -> str:
    """The text says something, but no currency."""
    silent = (*BLANKS, *(word for word, code in CURRENCIES.items() if not code))
    return f"({text} IS NOT NULL AND {code} IS NULL AND NOT {among(f'upper({text})', silent)})"


def mark_in(cell: str) -> str:
    """The ISO code of the sign or word in front of or behind a number, else NULL."""
    found = f"regexp_extract({halved(cell)}, {literal(CURRENCY)})"
    return code_of(f"nullif({found}, '')")


def is_marked(cell: str) -> str:
    """The cell holds a currency sign or word."""
    return f"regexp_matches({halved(cell)}, {literal(CURRENCY)})"
