"""Golden numbers of a real business-to-business ledger, read where it lies beside the project.

57,851 order lines of 632 accounts (the reseller channel of AdventureWorks). The data is not part of the
project; ``CHANGQING_SHARED`` names the folder that holds it, else it is looked for beside the checkout.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from changqing.engine.concentration import abc, bands, gini, hhi, hhi_by, pareto, rank, whale_curve

ROOT = Path(__file__).resolve().parents[3]
LEDGER = Path("data/adventureworks-resellers")


@dataclass(frozen=True)
class Book:
    keys: list[str]
    revenue: list[Decimal]
    margin: list[Decimal]
    industries: list[str]
    orders: int
    lines: int


@cache
def ledger_folder() -> Path | None:
    named = os.environ.get("CHANGQING_SHARED")
    places = [Path(named)] if named else [ROOT.parent / "shared", ROOT.parent.parent / "shared"]
    return next((place / LEDGER for place in places if (place / LEDGER).is_dir()), None)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _cost(line: dict[str, str]) -> Decimal:
    if line["TotalProductCost"] == "NULL":
        return Decimal(line["StandardCost"]) * int(line["OrderQuantity"])
    return Decimal(line["TotalProductCost"])


@cache
def reseller_book() -> Book:
    """The book by account, keys ascending; the calling test is skipped where the data is not there."""
    folder = ledger_folder()
    if folder is None:
        pytest.skip("the real ledger is not here: set CHANGQING_SHARED to the folder that holds data/")
    lines = _rows(folder, "order_lines.csv")
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    margin: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        money = Decimal(line["SalesAmount"])
        revenue[line["ResellerKey"]] += money
        margin[line["ResellerKey"]] += money - _cost(line)
    industry = {row["ResellerKey"]: row["BusinessType"] for row in _rows(folder, "resellers.csv")}
    keys = sorted(revenue)
    return Book(
        keys=keys,
        revenue=[revenue[key] for key in keys],
        margin=[margin[key] for key in keys],
        industries=[industry[key] for key in keys],
        orders=len({line["SalesOrderNumber"] for line in lines}),
        lines=len(lines),
    )


def test_ledger_is_the_one_the_numbers_were_taken_from() -> None:
    book = reseller_book()
    figures = (len(book.keys), book.orders, book.lines, sum(book.revenue), sum(book.margin))
    assert figures == (632, 3616, 57_851, Decimal("77548570.20"), Decimal("999494.57"))


def test_top_fifth_holds_67_percent_and_184_accounts_reach_80() -> None:
    found = pareto(reseller_book().revenue)
    assert (found.accounts, round(found.total, 2), found.head_accounts, found.accounts_to_share) == (
        632,
        77_548_570.20,
        126,
        184,
    )
    assert round(found.head_share, 4) == 0.6716


def test_gini_and_hhi() -> None:
    book = reseller_book()
    assert (round(gini(book.revenue), 4), round(hhi(book.revenue), 6)) == (0.6590, 0.004607)


def test_abc_classes() -> None:
    found = abc(reseller_book().revenue)
    assert found.shares is not None
    assert (found.accounts, [round(100 * share, 2) for share in found.shares]) == (
        (126, 190, 316),
        [67.16, 28.22, 4.62],
    )


def test_whale_curve_peaks_at_2_67_million_and_324_accounts_lose_money() -> None:
    found = whale_curve(reseller_book().margin)
    figures = [round(money, 2) for money in (found.total, found.peak, found.eaten)]
    assert figures == [999_494.57, 2_674_728.67, 1_675_234.10]
    assert (found.accounts, found.peak_accounts, found.loss_making) == (632, 308, 324)
    assert round(float(found.cumulative.max()), 2) == 2_674_728.67
    assert found.peak_ratio is not None
    assert round(found.peak_ratio, 4) == 2.6761


def test_no_account_reaches_the_lowest_amount_band_in_three_years() -> None:
    of = bands(reseller_book().revenue, [5_000_000, 1_000_000])
    assert set(of.tolist()) == {-1}


def test_business_types_add_up_to_the_book() -> None:
    book = reseller_book()
    found = hhi_by(book.industries, book.revenue)
    assert round(sum(group.total for group in found.groups), 2) == 77_548_570.20
    assert [str(group.key) for group in found.groups] == sorted(
        {*book.industries},
        key=lambda name: -sum(m for m, i in zip(book.revenue, book.industries, strict=True) if i == name),
    )


def test_order_of_the_rows_changes_nothing() -> None:
    book = reseller_book()
    shuffled = np.random.default_rng(7).permutation(len(book.keys))
    revenue = [book.revenue[at] for at in shuffled]
    keys = [book.keys[at] for at in shuffled]
    first, second = rank(book.revenue, book.keys), rank(revenue, keys)
    assert [book.keys[at] for at in first.order] == [keys[at] for at in second.order]
    assert (gini(revenue), hhi(revenue)) == (gini(book.revenue), hhi(book.revenue))
    assert pareto(revenue).head_share == pareto(book.revenue).head_share
