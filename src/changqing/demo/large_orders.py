"""The orders of a large book: who buys how often, what and how much; what comes back.

Order documents are drawn first, whole: about ten bytes each, so that they can be put in the order of
their days. Their lines are drawn and written half a million at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from changqing.base.days import months_back
from changqing.demo.columns import keys
from changqing.demo.columns import money as money_of
from changqing.demo.workdays import workdays

Ints = npt.NDArray[np.int64]

LINES_PER_ORDER = 5
RETURNED = 0.01
AT_ONCE = 500_000
YEARS = 5
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Size:
    """How many accounts and order lines a book has; one line in a hundred is a return."""

    accounts: int
    lines: int

    @property
    def sold(self) -> int:
        return self.lines - int(self.lines * RETURNED)


@dataclass(frozen=True)
class Habits:
    """How each account buys, one entry an account: ``worth`` of a line, ``orders``, ``evenness`` of the
    gaps between orders (1 = by chance, 60 = like clockwork), first and last position in the five years."""

    worth: npt.NDArray[np.float64]
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


def _habits(size: Size, rng: np.random.Generator, documents: int) -> Habits:
    """One account in twenty never buys, one in seven has stopped, two in three are regular."""
    count = size.accounts
    worth = np.exp(rng.normal(0, 1.25, count))
    weight = np.sqrt(worth) * np.exp(rng.normal(0, 0.5, count)) * (rng.random(count) >= 0.05)
    edges = np.floor(np.cumsum(weight) / weight.sum() * documents + 0.5).astype(np.int64)
    first = np.where(rng.random(count) < 0.6, 0.0, rng.random(count) * 0.9)
    stopped = rng.random(count) < 1 / 7
    last = np.where(stopped, first + (1 - first) * rng.random(count), 1.0)
    evenness = np.where(rng.random(count) < 2 / 3, rng.uniform(15, 80, count), rng.uniform(0.4, 1.5, count))
    return Habits(worth, np.diff(edges, prepend=0), evenness, first, last)


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


def _documents(size: Size, rng: np.random.Generator, habits: Habits, today: date) -> Documents:
    """Documents with the line each begins at; the last entry of ``begins`` is the number of sold lines."""
    last = date.fromordinal(today.toordinal() - 1)
    days = np.array([day.toordinal() for day in workdays(months_back(last, 12 * YEARS), last)], np.int32)
    drawn = _days(habits, rng, days)
    count = len(drawn.day)
    weight = np.cumsum(rng.standard_exponential(count))
    extra = np.floor(weight / weight[-1] * (size.sold - count) + 0.5).astype(np.int64)
    begins = np.concatenate([[0], extra + np.arange(1, count + 1)])
    return Documents(drawn.account, drawn.day, begins)


def order_tables(
    rng: np.random.Generator, size: Size, money: tuple[Ints, Ints], today: date
) -> Iterator[pa.Table]:
    """Half a million sold lines at a time, then the lines that came back of them.

    ``money`` is list price and unit cost by product, in fen.
    """
    habits = _habits(size, rng, max(1, min(size.sold, size.lines // LINES_PER_ORDER)))
    documents = _documents(size, rng, habits, today)
    last, given = int(documents.day[-1]), 0
    cuts = np.searchsorted(documents.begins, np.arange(0, size.sold + AT_ONCE, AT_ONCE))
    cuts = np.unique(np.minimum(cuts, len(documents.day)))
    for start, end in pairwise(cuts):
        lines = _lines(rng, (habits, documents), money, (int(start), int(end)))
        yield _table(lines, "SO")
        due = (size.lines - size.sold) * int(documents.begins[end]) // size.sold - given
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
    quantity = 1 + (habits.worth[account] * rng.standard_exponential(len(document)) * 4).astype(np.int64)
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
            "订单号": keys(prefix, lines["document"], width=9),
            "行号": lines["row"],
            "订单日期": pa.array((lines["day"] - EPOCH).astype(np.int32)).view(pa.date32()),
            "客户编码": keys("C", lines["account"]),
            "产品编码": keys("P", lines["product"]),
            "数量": lines["quantity"],
            "未税单价": money_of(lines["price"]),
            "未税金额": money_of(lines["price"] * lines["quantity"]),
            "成本金额": money_of(lines["cost"]),
        }
    )
