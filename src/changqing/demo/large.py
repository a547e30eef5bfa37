"""A large book of the same shape as a real one, written as CSV in bounded memory, for benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from pyarrow import csv

from changqing.demo.actions import Watchers, check_is_empty, settle_large
from changqing.demo.columns import keys, money
from changqing.demo.large_orders import Ints, Size, order_tables
from changqing.demo.places import company_names, industries, regions
from changqing.demo.signins import password, write_signins
from changqing.journeys.import_ledger import bring_in
from changqing.people.permissions import Principal

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


def tell_large(
    *, by: Principal, accounts: int, lines: int, seed: int = 20, say: Callable[[str], None] = print
) -> Watchers:
    """Make a large book, bring its files into this instance's empty book and give it its people.

    The files stay in the data folder. Refused when somebody already works in this book.
    """
    check_is_empty(by=by)
    book = make_large(Path(settings.FOLDER.path) / "demo-files", accounts=accounts, lines=lines, seed=seed)
    for kind, path in (
        ("accounts", book.accounts_csv),
        ("products", book.products_csv),
        ("orders", book.orders_csv),
    ):
        say(path.name)
        if path.exists():
            bring_in(by=by, kind=kind, path=path)
    secret = password()
    watchers = settle_large(by=by, password=secret)
    for one in write_signins([(name, secret, role) for name, role in watchers.roles]):
        say(f"{one.username}\t{one.password}\t{one.role}")
    return watchers


def _write_accounts(book: LargeBook) -> None:
    """One account in nine belongs to the group of another, whose key is a multiple of ten."""
    index = np.arange(book.accounts)
    has_parent = (index % 9 == 4) & (index % 10 != 0)
    parents = pc.if_else(pa.array(has_parent), keys("C", index - index % 10), pa.scalar(""))
    table = pa.table(
        {
            "客户编码": keys("C", index),
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
            "产品编码": keys("P", index),
            "产品名称": pc.binary_join_element_wise(pa.scalar("产品"), pa.array(index).cast(pa.string()), ""),
            "产品大类": pa.array([f"大类{number:02d}" for number in index % 12]),
            "标准成本": money(costs),
        }
    )
    csv.write_csv(table, book.products_csv, UNQUOTED)
    return prices, costs


def _write_orders(
    book: LargeBook, rng: np.random.Generator, prices_and_costs: tuple[Ints, Ints], today: date
) -> None:
    writer = None
    for table in order_tables(rng, Size(book.accounts, book.lines), prices_and_costs, today):
        writer = writer or csv.CSVWriter(book.orders_csv, table.schema, write_options=UNQUOTED)
        writer.write_table(table)
    if writer:
        writer.close()
