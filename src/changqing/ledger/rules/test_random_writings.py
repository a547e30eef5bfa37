"""A value written in any supported way is read back as itself."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from changqing.ledger.rules.numbers import Style
from changqing.ledger.rules.test_values import read_days, read_numbers

CENT = Decimal("0.0001")
FULL = str.maketrans("0123456789.,-()", "０１２３４５６７８９．，－（）")

amounts = st.decimals(min_value=-(10**13), max_value=10**13, places=4)
long_amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=10)
dates = st.dates(min_value=date(1970, 1, 1), max_value=date(2099, 12, 31))


def grouped(value: Decimal, style: Style, mark: str) -> str:
    text = f"{abs(value):,}".replace(",", mark) if mark else f"{abs(value)}"
    if style == "eu":
        text = text.replace(".", "\0").replace(",", ".").replace("\0", ",")
    return text


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Decimal], style: Style) -> tuple[str, Decimal]:
    """A decimal in one of its writings: groups, sign, currency, width, spaces."""
    value = draw(values)
    body = grouped(value, style, draw(st.sampled_from(["", ",", " ", "'", "\u00a0"])))
    currency = draw(st.sampled_from(["", "¥", "$", "€", "RMB ", "USD ", "HK$"]))
    suffix = draw(st.sampled_from(["", "元", " CNY", " 元"])) if not currency else ""
    forms = [f"-{currency}{body}{suffix}", f"({currency}{body}{suffix})", f"{currency}{body}{suffix}-"]
    text = draw(st.sampled_from(forms)) if value < 0 else f"{currency}{body}{suffix}"
    text = text.translate(FULL) if draw(st.booleans()) else text
    return draw(st.sampled_from(["", " ", "\t", "\u3000"])) + text + draw(st.sampled_from(["", " "])), value


def to_scale(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_EVEN)


@settings(max_examples=15, deadline=None)
@given(st.lists(written(amounts, "us"), min_size=1, max_size=30))
def test_any_us_writing_is_read_back(pairs: list[tuple[str, Decimal]]) -> None:
    assert read_numbers([text for text, _ in pairs], "us") == dict(pairs)


@settings(max_examples=15, deadline=None)
@given(st.lists(written(amounts, "eu"), min_size=1, max_size=30))
def test_any_eu_writing_is_read_back(pairs: list[tuple[str, Decimal]]) -> None:
    assert read_numbers([text for text, _ in pairs], "eu") == dict(pairs)


@settings(max_examples=15, deadline=None)
@given(st.lists(long_amounts, min_size=1, max_size=30, unique=True))
def test_more_decimals_are_rounded_half_even(values: list[Decimal]) -> None:
    read = read_numbers([format(value, "f") for value in values], "us")
    assert list(read.values()) == [to_scale(value) for value in values]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.decimals(min_value=0, max_value=10**8, places=6), min_size=1, max_size=30, unique=True))
def test_scientific_and_multiples(values: list[Decimal]) -> None:
    scientific = read_numbers([f"{value:E}" for value in values], "us")
    assert list(scientific.values()) == [to_scale(value) for value in values]
    in_wan = read_numbers([f"{value:f}万" for value in values], "us")
    assert list(in_wan.values()) == [to_scale(value * 10_000) for value in values]


DAY_FORMS = (
    "{0:%Y-%m-%d}", "{0.year}-{0.month}-{0.day}", "{0.year}/{0.month}/{0.day}", "{0:%Y/%m/%d}",
    "{0:%Y.%m.%d}", "{0:%Y%m%d}", "{0.year}年{0.month}月{0.day}日", "{0:%Y年%m月%d日}", "{0:%d-%b-%Y}",
    "{0:%B} {0.day}, {0.year}", "{0:%Y-%m-%d} 08:15:00", "{0:%Y-%m-%d}T23:59:59Z",
    "{0.year}/{0.month}/{0.day} 0:00", "{0:%Y%m%d}235959",
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(dates, st.sampled_from(DAY_FORMS), st.booleans()), min_size=1, max_size=30))
def test_any_day_is_read_back(days: list[tuple[date, str, bool]]) -> None:
    pairs = {
        (form.format(day).translate(FULL) if wide else form.format(day)): day for day, form, wide in days
    }
    assert read_days(list(pairs)) == pairs


@settings(max_examples=15, deadline=None)
@given(st.lists(dates, min_size=1, max_size=30, unique=True), st.sampled_from(["/", "-", "."]))
def test_ordered_days_are_read_back(days: list[date], mark: str) -> None:
    day_first = [f"{d.day}{mark}{d.month}{mark}{d.year}" for d in days]
    assert list(read_days(day_first, "day").values()) == days
    month_first = [f"{d.month:02}{mark}{d.day:02}{mark}{d.year}" for d in days]
    assert list(read_days(month_first, "month").values()) == days


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=30, unique=True))
def test_any_text_at_all_is_read_or_not_but_never_breaks(texts: list[str]) -> None:
    kept = [text for text in texts if "\0" not in text and text.isprintable()]
    if kept:
        assert len(read_numbers(kept, "mixed")) == len(read_days(kept)) == len(kept)
