"""A large book is the same for the same seed, exact in its counts, and shaped like a real one."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest

from changqing.demo.large import LargeBook, make_large

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> LargeBook:
    return make_large(tmp_path_factory.mktemp("large"), accounts=2_000, lines=120_000, seed=3, today=TODAY)


def asked(book: LargeBook, sql: str) -> tuple[object, ...]:
    with duckdb.connect() as base:
        base.execute(f"create view o as from read_csv('{book.orders_csv}', all_varchar=false)")
        base.execute(f"create view a as from read_csv('{book.accounts_csv}')")
        base.execute(f"create view p as from read_csv('{book.products_csv}')")
        row = base.execute(sql).fetchone()
    assert row is not None
    return row


def digests(book: LargeBook) -> list[str]:
    files = [book.accounts_csv, book.products_csv, book.orders_csv]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_the_same_seed_writes_the_same_bytes(book: LargeBook, tmp_path: Path) -> None:
    again = make_large(tmp_path / "again", accounts=2_000, lines=120_000, seed=3, today=TODAY)
    other = make_large(tmp_path / "other", accounts=2_000, lines=120_000, seed=4, today=TODAY)
    assert digests(again) == digests(book)
    assert digests(other)[2] != digests(book)[2]


def test_counts_are_what_was_asked_for(book: LargeBook) -> None:
    assert asked(book, "select count(*), count(distinct 客户编码), count(distinct 客户名称) from a") == (
        2_000, 2_000, 2_000,
    )  # fmt: skip
    assert asked(book, "select count(*), count(*) filter (数量 < 0) from o") == (120_000, 1_200)
    assert asked(
        book, "select count(*) from (select 订单号, 行号 from o group by all having count(*) > 1)"
    ) == (0,)


def test_every_amount_is_quantity_times_price(book: LargeBook) -> None:
    assert asked(
        book, "select count(*) from o where 数量::int * 未税单价::decimal(18,2) <> 未税金额::decimal(18,2)"
    ) == (0,)


def test_every_key_is_known(book: LargeBook) -> None:
    assert asked(book, "select count(*) from o anti join a using (客户编码)") == (0,)
    assert asked(book, "select count(*) from o anti join p using (产品编码)") == (0,)
    assert asked(book, "select count(*) from a left join a b on a.上级客户编码 = b.客户编码 "
                       "where a.上级客户编码 is not null and b.客户编码 is null") == (0,)  # fmt: skip


def test_a_return_never_exceeds_what_was_bought(book: LargeBook) -> None:
    assert asked(book, "select count(*) from o r left join o s on s.订单号 = replace(r.订单号, 'RT', 'SO') "
                       "and s.行号 = r.行号 and s.产品编码 = r.产品编码 "
                       "where r.数量 < 0 and (s.数量 is null or s.数量 < -r.数量)") == (0,)  # fmt: skip


def test_the_book_is_fresh_and_skewed(book: LargeBook) -> None:
    first, last, share = asked(
        book,
        "with by_account as (select 客户编码, sum(未税金额) m, "
        "row_number() over (order by sum(未税金额) desc) n, count(*) over () k from o group by all) "
        "select (select min(订单日期) from o), (select max(订单日期) from o), "
        "sum(m) filter (n <= floor(k * .2)) / sum(m) from by_account",
    )
    assert (first, last) == (date(2021, 11, 22), date(2026, 11, 20))
    assert 0.6 < float(str(share)) < 0.92


@pytest.mark.parametrize(("accounts", "lines"), [(1, 1), (10, 0), (3, 100), (500, 7)])
def test_tiny_books_are_books(tmp_path: Path, accounts: int, lines: int) -> None:
    tiny = make_large(tmp_path, accounts=accounts, lines=lines, today=TODAY)
    assert tiny.accounts_csv.read_text().count("\n") == accounts + 1
    assert asked(tiny, "select count(*) from o") == (lines,) if lines else not tiny.orders_csv.exists()
