"""The book of the demo: the same for the same seed, sound in its sums, and telling what it should."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path

import pytest

from changqing.base.days import months_back
from changqing.demo.book import SEED, Book, draw
from changqing.demo.customers import CUSTOMERS
from changqing.demo.files import write_exports
from changqing.demo.flows import BILL, TAX
from changqing.demo.trade import Line, Paper
from changqing.demo.workdays import SPRING_FESTIVAL

TODAY = date(2026, 11, 21)
CENT = Decimal("0.01")
COOLING, UNPROFITABLE, GROWING, HOLLOW, SHRINKING = "K1001", "K1010", "K1040", "K1070", "K1080"


@cache
def drawn(today: date, seed: int) -> Book:
    """A book that several tests look at, drawn once."""
    return draw(today=today, seed=seed)


@pytest.fixture
def book() -> Book:
    return drawn(TODAY, SEED)


def money(
    lines: list[Line], when: Callable[[date], bool], of: Callable[[Line], Decimal]
) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if when(line.day) and line.currency == "CNY":
            sums[line.customer] += of(line)
    return dict(sums)


def margin(line: Line) -> Decimal:
    return line.amount - (line.cost or Decimal(0))


def test_the_same_seed_writes_the_same_bytes(book: Book, tmp_path: Path) -> None:
    def digests(place: str, book: Book) -> dict[str, str]:
        exports = write_exports(book, tmp_path / place)
        return {e.path.name: hashlib.sha256(e.path.read_bytes()).hexdigest() for e in exports}

    first = digests("one", book)
    assert digests("two", draw(today=TODAY, seed=SEED)) == first
    other = digests("three", drawn(TODAY, 21))
    assert other.keys() == first.keys()
    assert other["订单明细_历年.csv"] != first["订单明细_历年.csv"]


@pytest.mark.parametrize(("today", "seed"), [(TODAY, 20), (date(2026, 2, 17), 9), (date(2044, 1, 1), 10)])
def test_top_fifth_holds_about_seventy_percent(today: date, seed: int) -> None:
    book = drawn(today, seed)
    since = months_back(book.span.last, 36)
    sums = sorted(money(book.lines, lambda day: day > since, lambda line: line.amount).values(), reverse=True)
    top = sums[: len(sums) // 5]
    assert 0.66 <= float(sum(top) / sum(sums)) <= 0.76
    assert 40 <= len(sums) <= 43


@pytest.mark.parametrize("seed", [20, 21])
def test_each_customer_becomes_what_the_story_says(seed: int) -> None:
    book = drawn(TODAY, seed)
    last = book.span.last
    year, before = months_back(last, 12), months_back(last, 24)
    now = money(book.lines, lambda day: day > year, lambda line: line.amount)
    then = money(book.lines, lambda day: before < day <= year, lambda line: line.amount)
    earned = money(book.lines, lambda day: day > year, margin)
    earned_then = money(book.lines, lambda day: before < day <= year, margin)
    losing = {key for key, value in earned.items() if value < 0}
    assert losing >= {UNPROFITABLE, "K1210", "K1350"} and len(losing) <= 5
    assert now[UNPROFITABLE] > sorted(now.values())[-4]
    assert now[COOLING] < then[COOLING] * Decimal("0.88")
    assert now[SHRINKING] < then[SHRINKING] * Decimal("0.8")
    assert now[GROWING] > then[GROWING] * Decimal("1.1")
    assert now[HOLLOW] > then[HOLLOW]
    assert earned[HOLLOW] / now[HOLLOW] < earned_then[HOLLOW] / then[HOLLOW] * Decimal("0.75")


def test_a_return_never_exceeds_what_was_bought(book: Book) -> None:
    held: dict[tuple[str, str], int] = defaultdict(int)
    returned = 0
    for line in sorted(book.lines, key=lambda line: line.day):
        held[line.customer, line.product] += line.quantity or 0
        returned += line.paper is Paper.RETURN
        assert held[line.customer, line.product] >= 0
    assert returned > 30


def test_lines_are_sound(book: Book) -> None:
    keys = [(line.order_no, line.line_no) for line in book.lines if line.order_no]
    assert len(keys) == len(set(keys))
    for line in book.lines:
        assert book.span.first <= line.day <= book.span.last
        assert line.day.weekday() < 5
        if line.paper in (Paper.SALE, Paper.RETURN):
            assert line.price is not None and line.quantity
            assert line.amount == (line.price * line.quantity).quantize(CENT, ROUND_HALF_EVEN)
            assert (line.amount > 0) == (line.paper is Paper.SALE)
        else:
            assert line.amount < 0 and line.quantity is None and not line.product
        assert bool(line.order_no) == (line.paper is not Paper.REBATE)


def test_nobody_orders_around_the_spring_festival(book: Book) -> None:
    for year in range(book.span.first.year, book.span.last.year + 1):
        eve = SPRING_FESTIVAL[year]
        still = (eve - timedelta(days=6), eve + timedelta(days=10))
        assert [line for line in book.lines if still[0] <= line.day <= still[1]] == []


def test_invoices_match_orders_and_tax(book: Book) -> None:
    documents: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in book.lines:
        documents[line.customer, line.order_no] += line.amount
    invoiced = [invoice for invoice in book.invoices if invoice.order_no]
    assert len({invoice.number for invoice in book.invoices}) == len(book.invoices)
    for invoice in invoiced:
        assert invoice.net == documents[invoice.customer, invoice.order_no]
        rate = TAX if invoice.currency == "CNY" else Decimal(0)
        assert invoice.amount == invoice.net + (invoice.net * rate).quantize(CENT, ROUND_HALF_EVEN)
        assert invoice.day <= invoice.due
    open_yet = documents.keys() - {(invoice.customer, invoice.order_no) for invoice in book.invoices}
    days = {(line.customer, line.order_no): line.day for line in book.lines}
    assert min(days[document] for document in open_yet) > book.span.last - timedelta(days=30)


def test_nobody_pays_more_than_they_owe(book: Book) -> None:
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for opening in book.openings:
        owed[opening.customer] += opening.amount
    for invoice in book.invoices:
        owed[invoice.customer] += invoice.amount
    for receipt in book.receipts:
        owed[receipt.customer] -= receipt.amount
        assert receipt.amount > 0
        assert (receipt.falls_due is not None) == (receipt.method == BILL)
    assert min(owed.values()) >= Decimal("-50000")
    assert owed[HOLLOW] == max(owed[key] for key in owed if key not in (COOLING, UNPROFITABLE, "K1020"))


def test_costs_are_spent_on_accounts_that_bought(book: Book) -> None:
    bought = {line.customer for line in book.lines}
    assert {cost.customer for cost in book.costs} == bought
    assert all(cost.amount > 0 and book.span.first <= cost.day <= book.span.last for cost in book.costs)


def test_five_years_up_to_yesterday(book: Book) -> None:
    days = [line.day for line in book.lines]
    assert (book.span.first, book.span.last) == (date(2021, 11, 1), date(2026, 11, 20))
    assert min(days) <= date(2021, 11, 5) and max(days) >= date(2026, 11, 17)
    assert {c.key for c in CUSTOMERS if c.yearly} == {line.customer for line in book.lines}


# The festival's eve, the first of a year, a month whose days so far were all holidays.
@pytest.mark.parametrize(
    ("today", "seed"), [(date(2026, 2, 17), 9), (date(2044, 1, 1), 10), (date(2025, 10, 5), SEED)]
)
def test_files_are_written_for_any_today(tmp_path: Path, today: date, seed: int) -> None:
    exports = write_exports(drawn(today, seed), tmp_path)
    assert [export.kind for export in exports[:3]] == ["accounts", "products", "openings"]
    assert sum(export.undone for export in exports) == 1
    assert sum("更正" in export.path.name for export in exports) == 1
    assert len({export.path for export in exports}) == len(exports)
