"""What the text of a column's header says: its bare name, net or with tax, unit, scale, currency."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from changqing.ledger.rules.words import CURRENCIES

Tax = Literal["net", "gross", ""]

_NET = re.compile(
    r"不含税|未含税|未税|无税|除税|去税|税前|不含增值税"
    r"|excl(?:uding|usive|\.)?[\s_]*(?:of[\s_]*)?(?:tax|vat|gst)?"
    r"|(?:before|without|pre|ex)[\s_.-]*(?:tax|vat|gst)"
)
_GROSS = re.compile(
    r"价税合计|含增值税|含税|税后"
    r"|incl(?:uding|usive|\.)?[\s_]*(?:of[\s_]*)?(?:tax|vat|gst)?"
    r"|(?:with|after|plus)[\s_.-]*(?:tax|vat|gst)|\bgross\b|gross(?=[\s_]|[a-z])|brutto"
)
_NET_WORD = re.compile(r"\bnet\b|\bnet(?=[\s_])|netto|净额|净值|净价值|净价")
_SCALES = {"千元": 3, "万元": 4, "百万元": 6, "千万元": 7, "亿元": 8, "万": 4, "亿": 8, "百万": 6, "千": 3}
_SCALE_WORD = re.compile(
    r"(?:[(/:_\s\[【]|^)(?:单位[:：]?)?(?:人民币|rmb|cny)?(百万元|千万元|千元|万元|亿元|百万|万|亿|千)(?=[)\]】\s]|$)"
)
_BRACKETS = re.compile(r"[(\[{【<〔][^)\]}】>〕]*[)\]}】>〕]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOISE = re.compile(r"^(?:本位币|本币|原币|人民币|\*+)+(?=.)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A header, understood. ``exponent``: cells count in units of 10**exponent (万元 → 4)."""

    text: str
    names: tuple[str, ...]
    tax: Tax
    exponent: int
    currency: str
    percent: bool


def squash(text: str) -> str:
    """The text without case, width, spaces and punctuation: how names are compared.

    >>> squash("Country_Region"), squash("ＶＢＥＬＮ "), squash("客户 编码*")
    ('countryregion', 'vbeln', '客户编码')
    """
    return "".join(ch for ch in unicodedata.normalize("NFKC", text).lower() if ch.isalnum() or ch == "%")


@lru_cache(maxsize=4096)
def heading(text: str) -> Heading:
    """Read a header: ``heading("含税金额（万元）")`` → gross, exponent 4, bare names 含税金额 and 金额."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("﻿")
    spoken = _CAMEL.sub(" ", plain).lower()
    return Heading(
        text=text,
        names=_bare_names(plain, spoken),
        tax=_tax_of(spoken),
        exponent=_exponent_of(plain.lower()),
        currency=_currency_of(plain),
        percent="%" in plain,
    )


def _tax_of(spoken: str) -> Tax:
    if _NET.search(spoken):
        return "net"
    if _GROSS.search(spoken):
        return "gross"
    return "net" if _NET_WORD.search(spoken) else ""


def _exponent_of(lowered: str) -> int:
    found = _SCALE_WORD.search(lowered)
    return _SCALES[found.group(1)] if found else 0


def _currency_of(plain: str) -> str:
    """The currency in brackets or after a separator, as an ISO code: 金额(USD), Amount USD, 金额/人民币."""
    parts = re.split(r"[()\[\]【】/:,;_\s]+", plain)
    for part in parts[1:]:
        code = CURRENCIES.get(part.upper(), "")
        if code and len(part) > 1:
            return code
    return ""


def _bare_names(plain: str, spoken: str) -> tuple[str, ...]:
    """Ways to look the header up, the most literal first."""
    open_text = _BRACKETS.sub("", plain)
    without_unit = re.sub(
        r"[/:_\s]+(?:百万元|千万元|千元|万元|亿元|元|rmb|cny|usd|eur|hkd)$", "", open_text, flags=re.I
    )
    untaxed = _GROSS.sub("", _NET.sub("", _CAMEL.sub(" ", _BRACKETS.sub("", without_unit)).lower()))
    candidates = [plain, open_text, without_unit, untaxed]
    candidates += [_NOISE.sub("", squash(candidate)) for candidate in candidates]
    names = dict.fromkeys(squash(candidate) for candidate in candidates)
    return tuple(name for name in names if name)
