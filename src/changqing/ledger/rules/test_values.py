"""Every writing of numbers, days, texts and currencies, each with what it must be read as."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from changqing.ledger.rules import currencies, days, numbers, texts
from changqing.ledger.rules.sql import literal

D = Decimal
NBSP, THIN, WIDE = "\u00a0", "\u2009", "\u3000"

US = {
    "0": "0", "1": "1", "-1": "-1", "+1": "1", "1.5": "1.5", ".5": "0.5", "5.": "5", "-.5": "-0.5",
    "007": "7", " 12 ": "12",
    "1,234": "1234", "1,234.56": "1234.56", "1,234,567.89": "1234567.89", "-1,234.50": "-1234.5",
    "12.5-": "-12.5",
    "1,234.50-": "-1234.5", "(1,234.50)": "-1234.5", "( 12 )": "-12", "（１２．５）": "-12.5",
    "－３": "-3", "−3": "-3", "–3": "-3",
    "１，２３４．５６": "1234.56", "１２３": "123", "¥1,234.50": "1234.5", "￥１２": "12", "¥ 12": "12",
    "-¥12": "-12", "¥-12": "-12",
    "(¥12)": "-12", "$12.50": "12.5", "US$ 1,000": "1000", "HK$5": "5", "€5.25": "5.25", "£5": "5",
    "RMB 88": "88", "CNY88.5": "88.5",
    "88.5 CNY": "88.5", "88 USD": "88", "人民币100": "100", "100元": "100", "100.5 元": "100.5",
    "1,000圆": "1000", "100元整": "100",
    "1.2万": "12000", "1.2万元": "12000", "3亿": "300000000", "-2.5 万": "-25000", "5千": "5000",
    "1百万": "1000000", "1 234.5": "1234.5",
    f"1{NBSP}234{NBSP}567.8": "1234567.8", f"1{THIN}234": "1234", "1'234.50": "1234.5",
    "1’234’567": "1234567", f"{WIDE}8{WIDE}": "8",
    "\t9\n": "9", "1.2E+05": "120000", "1.5e3": "1500", "1E-3": "0.001", "-2.5E2": "-250",
    "1.23456789": "1.2346",
    "0.00005": "0", "0.00015": "0.0002", "0.00025": "0.0002", "0.00035": "0.0004", "-0.00025": "-0.0002",
    "-0.00015": "-0.0002",
    "0.000250000000000000000001": "0.0003", "0.30000000000000004": "0.3", "2.675": "2.675",
    "1234567.89012345": "1234567.8901",
    "99999999999999.9999": "99999999999999.9999", "-99999999999999.9999": "-99999999999999.9999",
    "0.00": "0", "-0": "0",
    "000000000000000000000000012.50": "12.5", "12.5万元": "125000", "１．５亿": "150000000",
    "12.3456789万": "123456.789",
}  # fmt: skip
NO_US = (
    "abc", "1,23", "1,2345", "12,34,567", "1.2.3", "--5", "(-5)",
    "(5", "5)", "1_000", "0x1A", "0,125", "1,234E+02", "1e", "e5",
    "1e400", "nan", "NaN", "inf",
    "-Infinity", "1/2", "5%", "12 34", "1,234.567.8", "1.234,56", "一百", "¥", "元", "-", "12a", "12 kg",
    "#REF!", "#VALUE!", "TRUE",
    "99999999999999.99995", "100000000000000", "1E15", "99999999999999999999999999999999999999999",
    "12元5", "5--", "+-5", "1..2", ",5",
    "2026-01-05", "10:30", "∞", "½", "'; DROP TABLE staged; --", "1,,234", "1e5万", "$$5", "()", "1. 5",
    "😀", "٣",
)  # fmt: skip
EU = {
    "1.234,56": "1234.56", "1.234": "1234", "1234,5": "1234.5", "0,5": "0.5", ",5": "0.5",
    "-1.234.567,8": "-1234567.8", "12": "12",
    "1 234,50": "1234.5", "(1.000,00)": "-1000", "12,5-": "-12.5", "€ 1.234,50": "1234.5",
    "1,2E+05": None, "1.234E+05": "123400", "1.2E+05": "120000",
    "1,234.5": None, "1,2345": "1.2345", "12,34567": "12.3457", "1.23": None, "1'234,5": "1234.5",
    "1,5万": "15000",
}  # fmt: skip
MIXED = {
    "1.234,56": "1234.56", "1,234.56": "1234.56", "12.5": "12.5", "12,5": "12.5", "1.234": None,
    "1,234": None, "1234": "1234", "0.125": "0.125", "0,125": "0.125", "1234.567": "1234.567",
}  # fmt: skip
SHARES = {
    "13%": "0.13",
    "１３％": "0.13",
    "13": "13",
    "0.13": "0.13",
    "6.00%": "0.06",
    "0": "0",
    "-5%": "-0.05",
    "0.5 %": "0.005",
}


def read_numbers(
    written: list[str], style: numbers.Style, *, scale: int = 4, exponent: int = 0, shares: bool = False
) -> dict[str, Decimal | None]:
    cells = ", ".join(f"({index}, {literal(text)})" for index, text in enumerate(written))
    fast = numbers.fast("c", style, scale) if not exponent else "NULL"
    wide = numbers.wide("c", style, exponent=exponent, shares=shares)
    query = (
        f"SELECT coalesce(f, {numbers.even('w', scale)}) FROM (SELECT i, {fast} AS f, {wide} AS w "
        f"FROM (VALUES {cells}) t(i, c)) ORDER BY i"
    )
    return dict(zip(written, (row[0] for row in duckdb.execute(query).fetchall()), strict=True))


@pytest.mark.parametrize(
    ("writings", "style", "shares"),
    [(US, "us", False), (EU, "eu", False), (MIXED, "mixed", False), (SHARES, "us", True)],
    ids=["us", "eu", "mixed", "shares"],
)
def test_numbers_are_read_exactly(
    writings: dict[str, str | None], style: numbers.Style, shares: bool
) -> None:
    expected = {text: None if value is None else D(value) for text, value in writings.items()}
    assert read_numbers(list(writings), style, shares=shares) == expected


def test_what_is_no_number_is_not_read_as_one() -> None:
    assert {text: value for text, value in read_numbers(list(NO_US), "us").items() if value is not None} == {}


def test_headers_in_ten_thousands_scale_their_cells() -> None:
    read = read_numbers(["1.5", "0.00000001", "(2)", "1E+2", "12.345678905"], "us", exponent=4)
    assert list(read.values()) == [D("15000"), D("0.0001"), D("-20000"), D("1000000"), D("123456.789")]


def test_prices_keep_eight_decimals() -> None:
    read = read_numbers(
        ["0.00000125", "0.000000005", "0.000000015", "9999999999.99999999", "10000000000"], "us", scale=8
    )
    assert list(read.values()) == [D("0.00000125"), D(0), D("0.00000002"), D("9999999999.99999999"), None]


JAN5 = date(2026, 1, 5)
DAYS = {
    **dict.fromkeys(
        (
            "2026-01-05", "2026-1-5", "2026/1/5", "2026/01/05", "2026.1.5", "2026.01.05", "20260105",
            "2026年1月5日", "2026年01月05日",
            "2026年1月5号", "2026 年 1 月 5 日", "2026-01-05 13:45:00", "2026-01-05T13:45:00",
            "2026-01-05T13:45:00Z", "2026-01-05 00:00",
            "2026-01-05T23:30:00-08:00", "2026-01-05 13:45:00.123", "2026/1/5 0:00", "2026/1/5 0:00:00",
            "2026.1.5 9:30", "20260105101112",
    "2026年1月5日 13:45", "2026年1月5日 下午 1:45",
    "2026年1月5日 13时45分", "２０２６-０１-０５", "２０２６／１／５",
            "2026－01－05",
            " 2026-01-05 ", "\t2026-01-05\n", "2026-1-5 星期一", "2026年1月5日（星期一）", "5-Jan-2026",
            "05-JAN-2026", "5 January 2026", "05JAN2026",
            "Jan 5, 2026", "January 5 2026", "5th Jan 2026", "Mon, 5 Jan 2026", "05-JAN-26", "20260105.0",
            "2026 1 5", "2026_01_05",
        ),
        JAN5,
    ),
    "2024-02-29": date(2024, 2, 29), "2099-12-31": date(2099, 12, 31), "1970-01-01": date(1970, 1, 1),
    "1-Mar-71": date(1971, 3, 1),
    "13/05/2026": date(2026, 5, 13), "05/13/2026": date(2026, 5, 13), "7.7.2026": date(2026, 7, 7),
}  # fmt: skip
NO_DAYS = (
    "2025-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "26-01-05", "05/01/26", "26年1月5日",
    "2026-01", "2026年1月", "2026", "45931",
    "05/01/2026", "05.01.2026", "31/02/2026", "1969-12-31", "2100-01-01", "0044-03-15", "-2026-01-01",
    "12026-01-05", "infinity", "epoch",
    "today", "now", "昨天", "2026-01-05x", "x2026-01-05", "2026-01-05 garbage", "99999999", "20261301",
    "1e5", "Q1 2026", "5-Foo-2026",
    "'; DROP TABLE staged; --", "2026-01-05 25:99", "2026/1-5/", "一月五日",
)  # fmt: skip


def read_days(written: list[str], first: days.First = "", *, serials: bool = False) -> dict[str, date | None]:
    cells = ", ".join(f"({index}, {literal(text)})" for index, text in enumerate(written))
    day = f"coalesce({days.fast('c')}, {days.slow('c', first, serials=serials)})"
    query = (
        f"SELECT CASE WHEN {days.in_range('d')} THEN d END FROM "
        f"(SELECT i, {day} AS d FROM (VALUES {cells}) t(i, c)) ORDER BY i"
    )
    return dict(zip(written, (row[0] for row in duckdb.execute(query).fetchall()), strict=True))


def test_days_are_read_in_every_writing() -> None:
    assert read_days(list(DAYS)) == DAYS


def test_what_is_no_sure_day_is_not_read_as_one() -> None:
    assert {text: value for text, value in read_days(list(NO_DAYS)).items() if value is not None} == {}


def test_day_or_month_first_as_the_column_says() -> None:
    written = ["05/01/2026", "5-1-2026", "05.01.2026", "13/01/2026", "01/13/2026"]
    assert list(read_days(written, "day").values()) == [JAN5, JAN5, JAN5, date(2026, 1, 13), None]
    may1 = date(2026, 5, 1)
    assert list(read_days(written, "month").values()) == [may1, may1, may1, None, date(2026, 1, 13)]


def test_spreadsheet_day_numbers_count_from_1900() -> None:
    written = ["45931", "45931.75", "46027", "60", "2026-01-05"]
    expected = [date(2025, 10, 1), date(2025, 10, 1), JAN5, None, JAN5]
    assert list(read_days(written, serials=True).values()) == expected


TEXTS = {
    "abc": "abc", " abc ": "abc", f"{WIDE}客户{NBSP}": "客户", "\ufeffC01": "C01",
    "C01\t": "C01", '="00123"': "00123", '="a""b"': 'a"b',
    '=""': None,
    "'=1+1": "=1+1", "'-5": "-5", "'@x": "@x", "''quoted": "'quoted", "'plain": "'plain", "O'Neil": "O'Neil",
    "NULL": None, "null": None, " Null ": None, "N/A": None, "#N/A": None, "-": None, "—": None,
    "——": None, "无": None, "空": None,
    "nan": None, "None": None, "\\N": None, "": None, "  ": None, "NA": "NA", "无锡": "无锡",
    "空调": "空调", "0": "0", "00": "00",
    "-5": "-5", "a\nb": "a\nb", "鸿图": "鸿图", "Null Ltd": "Null Ltd", "Ｃ０１": "Ｃ０１", "😀": "😀",
    "'; DROP TABLE staged; --": "'; DROP TABLE staged; --",
    "a;b": "a;b", "{x}": "{x}", "%s": "%s", "c0": "c0", "NOTHING": "NOTHING", "/": None, "a/b": "a/b",
    "1,234": "1,234",
}  # fmt: skip


def read_texts(written: list[str], expression: str) -> list[Any]:
    cells = ", ".join(f"({index}, {literal(text)})" for index, text in enumerate(written))
    rows = duckdb.execute(f"SELECT {expression} FROM (VALUES {cells}) t(i, c) ORDER BY i").fetchall()
    return [row[0] for row in rows]


def test_texts_are_trimmed_and_unwrapped() -> None:
    assert dict(zip(TEXTS, read_texts(list(TEXTS), texts.text_of("c")), strict=True)) == TEXTS


def test_keys_lose_only_the_separator() -> None:
    assert read_texts(["A\x1fB", " 007 ", "a b"], texts.key_of("c")) == ["AB", "007", "a b"]


def test_keys_that_lost_digits_are_found_out() -> None:
    written = [
        "1.23E+11",
        "1.23456E+15",
        "6E+08",
        "1E05",
        "E05",
        "1.2E",
        "SE+11",
        "12E4",
        "#REF!",
        "12345678901234567",
    ]
    faults = [
        "digits_lost",
        "digits_lost",
        "digits_lost",
        "digits_lost",
        None,
        None,
        None,
        None,
        "excel_error",
        None,
    ]
    assert read_texts(written, texts.key_fault("c")) == faults


CODES = {
    "CNY": "CNY", "rmb": "CNY", "人民币": "CNY", "¥": "CNY", "￥": "CNY", "USD": "USD", "美元": "USD",
    "US$": "USD", "$": "USD", "美金": "USD",
    "HKD": "HKD", "港币": "HKD", "EUR": "EUR", "欧元": "EUR", "€": "EUR", "JPY": "JPY", "日元": "JPY",
    "ＵＳＤ": "USD", " usd ": "USD", "本币": None,
    "XYZ": None, "PRE001": "CNY", "英镑": "GBP", "": None, "US Dollar": None,
}  # fmt: skip


def test_currencies_become_codes() -> None:
    assert dict(zip(CODES, read_texts(list(CODES), currencies.code_of("c")), strict=True)) == CODES


def test_unknown_currencies_are_told_from_the_books_own() -> None:
    written = ["XYZ", "本币", "USD", "-"]
    code = currencies.code_of("c")
    assert read_texts(written, currencies.is_unknown("c", f"({code})")) == [True, False, False, False]


def test_signs_in_money_cells() -> None:
    written = ["$5", "5 USD", "¥1,234", "RMB5", "5", "12元", "€ 1.234,50"]
    assert read_texts(written, currencies.mark_in("c")) == ["USD", "USD", "CNY", "CNY", None, None, "EUR"]
