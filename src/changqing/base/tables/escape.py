"""Cells that a spreadsheet program would run as formulas, made harmless in CSV and brought back exactly.

``shield`` puts one ``'`` before such a cell and ``unshield`` takes exactly that one away. Both judge a
cell by what follows its leading ``'``, so each is the other's inverse for every text.
"""

from __future__ import annotations

import re

# What may hide before the sign: blanks, control characters, BOM, zero-width and no-break spaces.
_HIDDEN = r"[\s\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufeff]*"
_SIGNS = "=+\\-@\t\r\n＝＋－＠"
_FORMULA = re.compile(rf"'*(?:[\t\r\n]|{_HIDDEN}[{_SIGNS}])")
# Negative amounts are data, with their thousands separators and currency as they are; ``+86…`` is text.
_NUMBER = re.compile(r"'*-(?:[¥￥$€£]?\d[\d,]*(?:\.\d+)?|\.\d+)%?\Z")


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet might run the cell: ``=1+1``, ``  @x``, ``+86 138``; not ``-12.50``."""
    return _FORMULA.match(text) is not None and _NUMBER.match(text) is None


def shield(text: str) -> str:
    return "'" + text if is_formula_like(text) else text


def unshield(text: str) -> str:
    return text[1:] if text.startswith("'") and is_formula_like(text[1:]) else text
