"""The AdventureWorks reseller export, taken with no mapping by hand, against facts known beforehand."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from changqing.ledger.rules.columns import guess_kind
from changqing.ledger.rules.conftest import Reading, read_rows

ROOT = Path(__file__).resolve().parents[4]
SHARED = [Path(os.environ["CHANGQING_SHARED"])] if "CHANGQING_SHARED" in os.environ else []
FOLDERS = [
    base / "data" / "adventureworks-resellers"
    for base in (*SHARED, ROOT.parent / "shared", ROOT.parent.parent / "shared")
]
FOLDER = next((folder for folder in FOLDERS if folder.is_dir()), None)

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="the AdventureWorks export is not beside the repository"
)


def read_file(kind: str, name: str) -> Reading:
    assert FOLDER is not None
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert guess_kind(header, rows[:20])[0][0] == kind
    return read_rows(kind, header, rows)


def test_order_lines() -> None:
    reading = read_file("orders", "order_lines.csv")
    told = {name: reading.summary[name] for name in ("rows", "orders", "customers", "amount", "margin")}
    assert told == {
        "rows": 57_851,
        "orders": 3_616,
        "customers": 632,
        "amount": Decimal("77548570.2000"),
        "margin": Decimal("999494.5700"),
    }
    assert (reading.refused, reading.skipped, reading.notes) == ([], {}, {"cost_computed": 76})
    assert len({row["line_key"] for row in reading.good}) == 57_851


def test_accounts_and_products() -> None:
    accounts, products = read_file("accounts", "resellers.csv"), read_file("products", "products.csv")
    assert (len(accounts.good), accounts.refused, len(products.good), products.refused) == (701, [], 397, [])
    assert accounts.of("key", "name", "industry", "region")[0] == (
        "1",
        "A Bike Store",
        "Value Added Reseller",
        "United States / Washington / Seattle",
    )
    assert products.of("key", "name", "family", "subfamily", "unit_cost")[0] == (
        "210",
        "HL Road Frame - Black, 58",
        "Components",
        "Road Frames",
        Decimal("868.63"),
    )
