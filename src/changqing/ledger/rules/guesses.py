"""What a refused cell most likely meant: offered beside it, never written by itself."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from difflib import get_close_matches
from typing import NamedTuple

from changqing.ledger.rules.words import CURRENCIES

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_DIGITS |= {digit: value for value, digit in enumerate("壹贰叁肆伍陆柒捌玖", start=1)} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_LOOKS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "，": ",", "。": ".", "、": ","})
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_DAY = re.compile(r"(\d{2,4})\D+(\d{1,2})\D+(\d{1,2})")


class CellGuess(NamedTuple):
    """``text`` to write instead, and how likely it is, 0 to 1."""

    text: str
    likeness: float


def cell_guess(code: str, value: str, detail: str = "") -> CellGuess | None:
    """The likeliest meaning of a cell refused for ``code``; None where none is likely.

    >>> cell_guess("number", "七百二十")
    CellGuess(text='720', likeness=0.9)
    >>> cell_guess("number", "1O0.5")
    CellGuess(text='100.5', likeness=0.9)
    >>> cell_guess("day", "2026-02-30")
    CellGuess(text='2026-02-28', likeness=0.5)
    >>> cell_guess("number", "待定") is None
    True
    """
    if code == "number":
        return _number(value)
    if code in ("day", "day_two", "day_range"):
        return _day(value)
    if code in ("above_price", "sign_differs") and detail:
        return CellGuess(detail, 0.6)
    if code == "currency":
        near = get_close_matches(value.strip().upper(), CURRENCIES, n=1, cutoff=0.6)
        return CellGuess(CURRENCIES[near[0]] or near[0], 0.7) if near else None
    return None


def _number(value: str) -> CellGuess | None:
    text = unicodedata.normalize("NFKC", value).strip()
    spoken = _spoken(text)
    if spoken is not None:
        return CellGuess(str(spoken), 0.9)
    looks = text.translate(_LOOKS).replace(" ", "")
    if looks != text and _NUMBER.fullmatch(looks):
        return CellGuess(looks, 0.9)
    found = _NUMBER.findall(looks)
    return CellGuess(found[0], 0.6) if len(found) == 1 and len(found[0]) * 2 >= len(looks) else None


def _spoken(text: str) -> int | None:
    """A number in Chinese words: 一千二百万 → 12000000."""
    words = text.removesuffix("元").removesuffix("整").removesuffix("圆")
    if not words or any(ch not in _DIGITS and ch not in _UNITS and ch not in _LARGE for ch in words):
        return None
    total, part, digit = 0, 0, 0
    for ch in words:
        if ch in _DIGITS:
            digit = digit * 10 + _DIGITS[ch] if digit and not part else _DIGITS[ch]
        elif ch in _UNITS:
            part, digit = part + (digit or 1) * _UNITS[ch], 0
        else:
            total, part, digit = (total + part + digit) * _LARGE[ch], 0, 0
    return total + part + digit


def _day(value: str) -> CellGuess | None:
    found = _DAY.search(unicodedata.normalize("NFKC", value).translate(_LOOKS))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    year += 2000 if year < 100 else 0
    if not 1970 <= year <= 2099:
        return None
    if month > 12 >= day:
        month, day = day, month
    if not 1 <= month <= 12 or day < 1:
        return None
    last = monthrange(year, month)[1]
    return CellGuess(f"{year:04d}-{month:02d}-{min(day, last):02d}", 0.8 if day <= last else 0.5)
