"""Money as people write it: 万 and 亿 in Chinese, k, m and bn in English; always with its currency."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

CENT = Decimal("0.01")
SYMBOLS = {"CNY": "¥", "USD": "US$", "EUR": "€", "HKD": "HK$", "JPY": "JP¥", "GBP": "£"}
_STEPS = {
    "zh": [(Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"), (Decimal(1), "元")],
    "en": [(Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"), (Decimal(1), "")],
}


class Written(NamedTuple):
    """Money ready for the page: ``number`` carries sign and currency, ``unit`` stands in its own column."""

    number: str
    unit: str


def symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} ")


def written(amount: Decimal, currency: str, language: str) -> Written:
    """``amount`` in the reader's units, to two decimals below ten, one below a hundred, else none.

    Zeros stand, so that figures in one column line up; amounts of 100 and more carry no cents.

    >>> written(Decimal("77548570.20"), "CNY", "zh-hans")
    Written(number='¥7,755', unit='万')
    >>> written(Decimal("-1234"), "USD", "en")
    Written(number='−US$1.23', unit='k')
    """
    steps = _STEPS["zh" if language.startswith("zh") else "en"]
    size = abs(amount)
    index = next((index for index, step in enumerate(steps) if size >= step[0]), len(steps) - 1)
    scale, unit = steps[index]
    shown = _rounded(size / scale, is_whole_unit=scale == 1)
    if index and shown * scale >= steps[index - 1][0]:
        # rounding has filled the unit: the one above says it shorter
        scale, unit = steps[index - 1]
        shown = _rounded(Decimal(1), is_whole_unit=False)
    text = f"{shown:,f}"
    sign = "−" if amount < 0 and text.strip("0.,") else ""
    return Written(f"{sign}{symbol(currency)}{text}", unit)


def _rounded(scaled: Decimal, *, is_whole_unit: bool) -> Decimal:
    # judged after rounding: 9.996 is 10.0, not 10.00
    digits = 2 if scaled < Decimal("9.995") else 1 if scaled < Decimal("99.95") else 0
    if is_whole_unit:
        digits = 0 if scaled == scaled.to_integral_value() or scaled >= Decimal("99.995") else 2
    return scaled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def exact(amount: Decimal, currency: str) -> str:
    """``amount`` to the cent with its currency: ¥77,548,570.20."""
    cents = amount.quantize(CENT, ROUND_HALF_EVEN)
    return f"{'−' if cents < 0 else ''}{symbol(currency)}{abs(cents):,f}"
