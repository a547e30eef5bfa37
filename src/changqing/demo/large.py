"""A large book of the same shape as a real one, written as CSV in bounded memory, for benchmarks.

Order documents are drawn first, whole: about ten bytes each, so that they can be put in the order of
their days. Their lines are drawn and written half a million at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from changqing.base.days import months_back
from changqing.demo.places import company_names, industries, regions
from changqing.demo.workdays import workdays

Ints = npt.NDArray[np.int64]

LINES_PER_ORDER = 5
RETURNED = 0.01
AT_ONCE = 500_000
YEARS = 5
EPOCH = date(1970, 1, 1).toordinal()
UNQUOTED = csv.WriteOptions(quoting_style="none")


@dataclass(frozen=True)
class LargeBook:
    """The three files of a large book and how many rows each holds."""

    accounts_csv: Path
    products_csv: Path
    orders_csv: Path
    accounts: int
    products: int
    lines: int


@dataclass(frozen=True)
class Habits:
    """How each account buys, one entry an account: ``size`` of a line, ``orders``, ``evenness`` of the
    gaps between orders (1 = by chance, 60 = like clockwork), first and last position in the five years."""

    size: npt.NDArray[np.float64]
    orders: Ints
    evenness: npt.NDArray[np.float64]
    first: npt.NDArray[np.float64]
    last: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Documents:
    """Order documents by day: whose, when (an ordinal), and at which line of the book each begins."""

    account: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    begins: Ints


def make_large(
    folder: Path,
    *,
    accounts: int = 100_000,
    lines: int = 10_000_000,
    seed: int = 20,
    today: date | None = None,
) -> LargeBook:
    """Write accounts.csv, products.csv and orders.csv into ``folder``; the same arguments, the same bytes."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    products = min(20_000, max(60, accounts // 5))
    book = LargeBook(
        folder / "accounts.csv",
        folder / "products.csv",
        folder / "orders.csv",
        accounts,
        products,
        lines,
    )
    _write_accounts(book)
    prices, costs = _write_products(book, rng)
    _write_orders(book, rng, (prices, costs), today or date.today())
    return book


def _write_accounts(book: LargeBook) -> None:
    """One account in nine belongs to the group of another, whose key is a multiple of ten."""
    index = np.arange(book.accounts)
    has_parent = (index % 9 == 4) & (index % 10 != 0)
    parents = pc.if_else(pa.array(has_parent), _keys("C", index - index % 10), pa.scalar(""))
    table = pa.table(
        {
            "客户编码": _keys("C", index),
            "客户名称": pa.array(company_names(book.accounts)),
            "行业": pa.array(industries(index)),
            "地区": pa.array(regions(index)),
            "上级客户编码": parents,
        }
    )
    csv.write_csv(table, book.accounts_csv, UNQUOTED)


def _write_products(book: LargeBook, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Write the products; list prices and unit costs in fen, by product."""
    prices = np.maximum(100, np.exp(rng.normal(11.0, 1.4, book.products))).astype(np.int64)
    costs = np.maximum(50, prices * rng.uniform(0.52, 0.9, book.products)).astype(np.int64)
    index = np.arange(book.products)
    table = pa.table(
        {
            "产品编码": _keys("P", index),
            "产品名称": pc.binary_join_element_wise(pa.scalar("产品"), pa.array(index).cast(pa.string()), ""),
            "产品大类": pa.array([f"大类{number:02d}" for number in index % 12]),
            "标准成本": _money(costs),
        }
    )
    csv.write_csv(table, book.products_csv, UNQUOTED)
    return prices, costs


def _habits(book: LargeBook, rng: np.random.Generator, documents: int) -> Habits:
    """One account in twenty never buys, one in seven has stopped, two in three are regular."""
    count = book.accounts
    size = np.exp(rng.normal(0, 1.25, count))
    weight = np.sqrt(size) * np.exp(rng.normal(0, 0.5, count)) * (rng.random(count) >= 0.05)
    edges = np.floor(np.cumsum(weight) / weight.sum() * documents + 0.5).astype(np.int64)
    first = np.where(rng.random(count) < 0.6, 0.0, rng.random(count) * 0.9)
    stopped = rng.random(count) < 1 / 7
    last = np.where(stopped, first + (1 - first) * rng.random(count), 1.0)
    evenness = np.where(rng.random(count) < 2 / 3, rng.uniform(15, 80, count), rng.uniform(0.4, 1.5, count))
    return Habits(size, np.diff(edges, prepend=0), evenness, first, last)


def _days(habits: Habits, rng: np.random.Generator, days: npt.NDArray[np.int32]) -> Documents:
    """Every order's account and day, in the order of the days. ``begins`` is still empty."""
    account = np.repeat(np.arange(len(habits.orders), dtype=np.int32), habits.orders)
    gaps = rng.standard_gamma(habits.evenness[account]) / habits.evenness[account]
    run = np.cumsum(gaps)
    ends = np.cumsum(habits.orders)
    before = np.concatenate([[0.0], run])[ends - habits.orders]
    whole = np.concatenate([[0.0], run])[ends] - before + rng.random(len(ends)) + 1e-9
    place = (run - before[account]) / whole[account]
    place = habits.first[account] + place * (habits.last - habits.first)[account]
    day = days[np.minimum((place * len(days)).astype(np.int64), len(days) - 1)]
    order = np.argsort((day - days[0]).astype(np.uint16), kind="stable")
    return Documents(account[order], day[order], np.empty(0, dtype=np.int64))


def _documents(book: LargeBook, rng: np.random.Generator, habits: Habits, today: date) -> Documents:
    """Documents with the line each begins at; the last entry of ``begins`` is the number of sold lines."""
    last = date.fromordinal(today.toordinal() - 1)
    days = np.array([day.toordinal() for day in workdays(months_back(last, 12 * YEARS), last)], np.int32)
    drawn = _days(habits, rng, days)
    count = len(drawn.day)
    sold = book.lines - int(book.lines * RETURNED)
    weight = np.cumsum(rng.standard_exponential(count))
    extra = np.floor(weight / weight[-1] * (sold - count) + 0.5).astype(np.int64)
    begins = np.concatenate([[0], extra + np.arange(1, count + 1)])
    return Documents(drawn.account, drawn.day, begins)


def _write_orders(book: LargeBook, rng: np.random.Generator, money: tuple[Ints, Ints], today: date) -> None:
    sold = book.lines - int(book.lines * RETURNED)
    habits = _habits(book, rng, max(1, min(sold, book.lines // LINES_PER_ORDER)))
    documents = _documents(book, rng, habits, today)
    writer = None
    for table in _sheets(book, rng, (habits, documents), money):
        writer = writer or csv.CSVWriter(book.orders_csv, table.schema, write_options=UNQUOTED)
        writer.write_table(table)
    if writer:
        writer.close()


def _sheets(
    book: LargeBook,
    rng: np.random.Generator,
    drawn: tuple[Habits, Documents],
    money: tuple[Ints, Ints],
) -> Iterator[pa.Table]:
    """Half a million sold lines at a time, then the lines that came back of them."""
    habits, documents = drawn
    sold, last = int(documents.begins[-1]), int(documents.day[-1])
    back, given = book.lines - sold, 0
    cuts = np.searchsorted(documents.begins, np.arange(0, sold + AT_ONCE, AT_ONCE))
    cuts = np.unique(np.minimum(cuts, len(documents.day)))
    for start, end in pairwise(cuts):
        lines = _lines(rng, (habits, documents), money, (int(start), int(end)))
        yield _table(lines, "SO")
        due = back * int(documents.begins[end]) // sold - given
        given += due
        if due:
            yield _table(_returns(rng, lines, due, last), "RT")


def _lines(
    rng: np.random.Generator,
    drawn: tuple[Habits, Documents],
    money: tuple[Ints, Ints],
    span: tuple[int, int],
) -> dict[str, npt.NDArray[Any]]:
    """The lines of the documents in ``span``; money in fen."""
    habits, documents = drawn
    start, end = span
    counts = np.diff(documents.begins[start : end + 1])
    document = np.repeat(np.arange(start, end), counts)
    account = documents.account[document].astype(np.int64)
    prices, costs = money
    favourite = np.floor(rng.standard_exponential(len(document)) * 3).astype(np.int64)
    product = (account * 7919 + favourite * favourite * 31) % len(prices)
    years = (documents.day[document] - int(documents.day[0])) // 365
    discount = 0.82 + 0.18 * ((account * 2654435761) % 1000) / 1000
    price = np.maximum(1, (prices[product] * discount * (1 + 0.03 * years)).astype(np.int64))
    quantity = 1 + (habits.size[account] * rng.standard_exponential(len(document)) * 4).astype(np.int64)
    return {
        "document": document,
        "row": np.arange(documents.begins[start], documents.begins[end]) - documents.begins[document] + 1,
        "day": documents.day[document],
        "account": account,
        "product": product,
        "quantity": quantity,
        "price": price,
        "cost": costs[product] * quantity,
    }


def _returns(
    rng: np.random.Generator, lines: dict[str, npt.NDArray[Any]], count: int, last: int
) -> dict[str, npt.NDArray[Any]]:
    """``count`` of ``lines`` come back, part or whole, at the price they were sold for."""
    picked = np.sort(rng.choice(len(lines["row"]), size=count, replace=False))
    back = {name: values[picked] for name, values in lines.items()}
    bought = back["quantity"]
    part = 1 + (rng.random(count) * bought).astype(np.int64)
    quantity = np.minimum(part, bought)
    back["day"] = np.minimum(back["day"] + rng.integers(4, 40, count), last).astype(np.int32)
    back["cost"] = -(back["cost"] // bought * quantity)
    back["quantity"] = -quantity
    return back


def _table(lines: dict[str, npt.NDArray[Any]], prefix: str) -> pa.Table:
    return pa.table(
        {
            "订单号": _keys(prefix, lines["document"], width=9),
            "行号": lines["row"],
            "订单日期": pa.array((lines["day"] - EPOCH).astype(np.int32)).view(pa.date32()),
            "客户编码": _keys("C", lines["account"]),
            "产品编码": _keys("P", lines["product"]),
            "数量": lines["quantity"],
            "未税单价": _money(lines["price"]),
            "未税金额": _money(lines["price"] * lines["quantity"]),
            "成本金额": _money(lines["cost"]),
        }
    )


def _keys(prefix: str, numbers: npt.NDArray[Any], *, width: int = 7) -> pa.Array:
    """``prefix`` and a number of ``width`` digits: C0000012."""
    digits = pa.array(numbers.astype(np.int64) + 10**width).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), pc.utf8_slice_codeunits(digits, 1), "")


def _money(fen: npt.NDArray[Any]) -> pa.Array:
    """Whole fen as decimals of two places, without passing through floats."""
    wide = np.empty((len(fen), 2), dtype=np.int64)
    wide[:, 0] = fen
    wide[:, 1] = wide[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(fen), [None, pa.py_buffer(wide)])
