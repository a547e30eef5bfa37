"""Every code that the SQL can give has its sentence, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from changqing.ledger.rules.choices import Told
from changqing.ledger.rules.kinds import KINDS
from changqing.ledger.rules.notes import NOTES
from changqing.ledger.rules.wording import (
    field_title,
    kind_title,
    note_sentence,
    reason_sentence,
    told_sentence,
)

HERE = Path(__file__).parent
CODES = {
    code
    for name in ("faults", "orders", "documents", "reference", "texts")
    for code in re.findall(
        r"(?:Fault\(\"'|THEN '|ELSE ')([a-z]+(?:_[a-z]+)*)'", (HERE / f"{name}.py").read_text()
    )
} - {"sale", "return", "credit", "rebate", "invoice", "other", "same"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_reason_has_its_sentence(code: str) -> None:
    said = reason_sentence(code, {"column": "金额", "value": "%s{x}", "detail": "5", "other": 7})
    assert "金额" in said and "%(" not in said


def test_reasons_name_column_and_value() -> None:
    assert reason_sentence("number", {"column": "金额", "value": "五"}) == "“金额”里的“五”不是数字"
    with translation.override("en"):
        assert (
            reason_sentence("number", {"column": "金额", "value": "五"}) == "“五” in “金额” is not a number"
        )
        assert (
            reason_sentence("missing", {"column": "C", "value": None})
            == "“C” is empty, and every row must say it"
        )


def test_notes_and_decisions() -> None:
    for note in (*NOTES, "totals", "blanks", "same"):
        assert note_sentence(note, 3).startswith("3 行")
    mixed = Told("day_writings", "date", {"iso": 2, "cn": 1})
    assert (
        told_sentence(mixed, {"date": "日期"}.__getitem__)
        == "“日期”里有几种日期写法：2026-01-05 × 2、2026年1月5日 × 1"
    )
    style = Told("style", "amount", {"style": "eu", "us": 0, "eu": 5})
    assert told_sentence(style, {"amount": "金额"}.__getitem__) == "“金额”的小数写法：1.234,56"
    with translation.override("en"):
        order = Told("day_order", "date", {"first": "day", "count": 4})
        said = told_sentence(order, {"date": "Date"}.__getitem__)
        assert said == "4 dates in “Date” begin with day and month: day first"


def test_kinds_and_fields_have_names_in_both_languages() -> None:
    assert (kind_title("orders"), field_title("orders", "amount")) == ("订单行", "金额（不含税）")
    with translation.override("en"):
        assert (kind_title("orders"), field_title("orders", "amount")) == (
            "order lines",
            "amount, net of tax",
        )
    for kind in KINDS.values():
        assert len(set(kind.names)) == len(kind.names) and all(f.zh and f.en and f.what for f in kind.fields)
