"""Texts and keys: what a cell says, trimmed and unwrapped, or NULL when it says nothing."""

from __future__ import annotations

from changqing.ledger.rules.sql import among, literal, matches
from changqing.ledger.rules.words import BLANKS, EXCEL_ERRORS

#: trimmed at both ends: spaces of every kind, line ends, byte order mark, zero width
SPACES = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff\u200b\u2060"
#: between the parts of a line's key; taken out of the parts
UNIT = "chr(31)"
LOST_DIGITS = r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]{2}"


def trimmed(cell: str) -> str:
    return f"trim({cell}, {literal(SPACES)})"


def text_of(cell: str) -> str:
    """The text of a cell: ``="00123"`` is unwrapped, words for nothing are NULL."""
    bare = trimmed(cell)
    wrapped = matches(bare, '="[^"]*"')
    return (
        f"CASE WHEN {is_plain(cell)} THEN {cell} "
        f"WHEN {among(f'upper({bare})', BLANKS)} THEN NULL "
        f"WHEN {wrapped} THEN nullif({bare}[3:-2], '') "
        f"ELSE {bare} END"
    )


def is_plain(cell: str) -> str:
    """Nothing to trim or unwrap, and no word for nothing: told from its ends and length, which is quick.

    No word for nothing starts with a digit, and those that start with a letter are at most six bytes long and
    do not end with a digit.
    """
    return is_plain_between(cell, f"ascii({cell})", f"ascii({cell}[-1])")


def is_plain_between(cell: str, first: str, last: str) -> str:
    """``is_plain`` of a cell whose ``first`` and ``last`` characters' codes are known."""
    letter = f"({first} BETWEEN 65 AND 90 OR {first} BETWEEN 97 AND 122 OR {first} BETWEEN 19968 AND 40959)"
    return (
        f"(({first} BETWEEN 48 AND 57 OR ({letter} AND (strlen({cell}) > 6 OR {last} BETWEEN 48 AND 57))) "
        f"AND ({last} BETWEEN 33 AND 126 OR {last} BETWEEN 19968 AND 40959))"
    )


def key_of(cell: str) -> str:
    """The text of a cell that tells rows apart: as ``text_of``, without the separator of keys."""
    return f"replace({text_of(cell)}, {UNIT}, '')"


def is_blank(cell: str, blanks: tuple[str, ...] = BLANKS) -> str:
    return f"({cell} IS NULL OR {among(f'upper({trimmed(cell)})', blanks)})"


def key_fault(text: str) -> str:
    """The code of what is wrong with a key, or NULL.

    ``digits_lost``: 1.23E+11, a long number that a spreadsheet rounded. ``excel_error``: #REF! and the like.
    """
    has_e = f"(contains({text}, 'E') OR contains({text}, 'e'))"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL "
        f"WHEN {has_e} AND {matches(text, LOST_DIGITS)} THEN 'digits_lost' "
        f"WHEN {among(text, EXCEL_ERRORS)} THEN 'excel_error' END"
    )
