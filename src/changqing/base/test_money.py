"""Money keeps its sign and currency in both languages and never lies by more than its last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changqing.base.money import exact, symbol, written

UNITS = {"亿": 10**8, "万": 10**4, "元": 1, "bn": 10**9, "m": 10**6, "k": 10**3, "": 1}
AMOUNTS = st.decimals(min_value="-1e13", max_value="1e13", places=4, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("amount", "language", "number", "unit"),
    [
        ("0", "zh-hans", "¥0", "元"),
        ("0", "en", "¥0", ""),
        ("-0.004", "zh-hans", "¥0.00", "元"),
        ("12.3", "zh-hans", "¥12.30", "元"),
        ("99.99", "zh-hans", "¥99.99", "元"),
        # from 100 on cents are for the opened arithmetic
        ("99.996", "zh-hans", "¥100", "元"),
        ("101.40", "zh-hans", "¥101", "元"),
        ("9999", "zh-hans", "¥9,999", "元"),
        ("9999.60", "zh-hans", "¥1.00", "万"),
        ("999.60", "en", "¥1.00", "k"),
        ("10000", "zh-hans", "¥1.00", "万"),
        # zeros stand, so that a column lines up
        ("12000", "zh-hans", "¥1.20", "万"),
        ("99951", "zh-hans", "¥10.0", "万"),
        ("200000", "zh-hans", "¥20.0", "万"),
        ("1000000", "zh-hans", "¥100", "万"),
        ("12345", "zh-hans", "¥1.23", "万"),
        ("123456", "zh-hans", "¥12.3", "万"),
        ("77548570.20", "zh-hans", "¥7,755", "万"),
        ("77548570.20", "en", "¥77.5", "m"),
        ("-1234567890", "zh-hans", "−¥12.3", "亿"),
        ("-1234567890", "en", "−¥1.23", "bn"),
        ("1000000", "en", "¥1.00", "m"),
        ("99950000", "zh-hans", "¥9,995", "万"),
        # one more and the larger unit says it shorter
        ("99996000", "zh-hans", "¥1.00", "亿"),
        ("999960", "en", "¥1.00", "m"),
        ("-999999999", "en", "−¥1.00", "bn"),
    ],
)
def test_money_as_people_write_it(amount: str, language: str, number: str, unit: str) -> None:
    assert written(Decimal(amount), "CNY", language) == (number, unit)


@given(AMOUNTS, st.sampled_from(["zh-hans", "en"]))
def test_written_money_is_true_to_its_last_digit(amount: Decimal, language: str) -> None:
    number, unit = written(amount, "CNY", language)
    shown = number.removeprefix("−").removeprefix("¥").replace(",", "")
    _, _, decimals = shown.partition(".")
    step = Decimal(1).scaleb(-len(decimals)) * UNITS[unit]
    assert abs(Decimal(shown) * UNITS[unit] - abs(amount)) <= step / 2
    assert number.startswith("−") == (amount < 0 and Decimal(shown) != 0)
    if UNITS[unit] > 1:
        assert len(decimals) <= 2
        assert len(shown.replace(".", "")) <= 4 or unit in {"亿", "bn"}
        assert Decimal(shown) >= 1


@given(AMOUNTS)
def test_exact_money_is_exact_to_the_cent(amount: Decimal) -> None:
    text = exact(amount, "CNY")
    shown = Decimal(text.replace("−", "-").replace("¥", "").replace(",", ""))
    assert abs(shown - amount) <= Decimal("0.005")
    assert text[-3] == "."
    assert text.startswith("−") == (shown < 0)


@pytest.mark.parametrize(
    ("currency", "said"),
    [("CNY", "¥"), ("USD", "US$"), ("JPY", "JP¥"), ("XAU", "XAU "), ("", " ")],
)
def test_a_currency_is_always_told_apart(currency: str, said: str) -> None:
    assert symbol(currency) == said


def test_exact_money_of_known_figures() -> None:
    assert exact(Decimal("77548570.20"), "CNY") == "¥77,548,570.20"
    assert exact(Decimal("-0.005"), "USD") == "US$0.00"
    assert exact(Decimal("-0.015"), "USD") == "−US$0.02"
    assert exact(Decimal("1234.5"), "CHF") == "CHF 1,234.50"
