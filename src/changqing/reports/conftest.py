"""A small book whose every figure can be worked out by hand.

========  ==========  =======  =====================================================  ========
account   industry    owner    orders (day, amount, cost)                             36 months
========  ==========  =======  =====================================================  ========
A1 金陵   钢铁        mei      2023-02-01 500/300, 2024-02-01 400/300, 2024-06-10 100/?  1000
B2 华曜   风电        mei      2024-03-01 300/400                                         300
C3 北辰   钢铁        bo       2023-06-01 200/100, 2024-06-15 −50/−25                     150
D4 海川   风电        bo       2024-05-05 50/20                                            50
E5 云岭   造纸        bo       2020-01-01 900/100                                           –
F6 天工   –           mei      –                                                            –
========  ==========  =======  =====================================================  ========

As of 2024-06-15. mei and bo are account managers; lin directs mei's department, gao sees the book.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pytest
from django.db import transaction

from changqing.accounts.queries import Account
from changqing.ledger.actions import enter, source_named, write_lines
from changqing.ledger.queries import Import
from changqing.ledger.segments import duck
from changqing.people.actions import add_department
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.value.actions import rank_the_book
from told_once import ToldOnce

AS_OF = date(2024, 6, 15)
NAMED = (
    ("A1", "金陵特钢", "钢铁", "江苏"),
    ("B2", "华曜风电", "风电", "江苏"),
    ("C3", "北辰重工", "钢铁", "辽宁"),
    ("D4", "海川石化", "风电", "浙江"),
    ("E5", "云岭铜业", "造纸", "云南"),
    ("F6", "天工半导体", None, "上海"),
)
ORDERED = (
    ("A1", "O1", "2023-02-01", 500, 300, "轴承"),
    ("A1", "O2", "2024-02-01", 400, 300, "轴承"),
    ("A1", "O3", "2024-06-10", 100, None, "润滑"),
    ("B2", "O4", "2024-03-01", 300, 400, "轴承"),
    ("C3", "O5", "2023-06-01", 200, 100, "润滑"),
    ("C3", "O6", "2024-06-15", -50, -25, "润滑"),
    ("D4", "O7", "2024-05-05", 50, 20, "轴承"),
    ("E5", "O8", "2020-01-01", 900, 100, "轴承"),
)


@dataclass(frozen=True)
class People:
    """Who looks at the small book."""

    gao: User
    lin: User
    mei: User
    bo: User


def literal(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def come(kind: str, names: str, rows: Sequence[Sequence[str | int | None]], *, file_name: str = "") -> Import:
    """Enter ``rows`` as one import of ``kind``, as the journey does from its typed rows on, and rank."""
    source = source_named(code="erp")
    entry = Import.objects.create(
        source=source,
        kind=kind,
        meaning="lines" if kind == "orders" else "",
        file_name=file_name or f"{kind}.csv",
        file_digest="",
        stored_as="",
    )
    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    typed = f"SELECT row_number() OVER () + 1 AS file_row, {names} FROM (VALUES {listed}) AS t"
    with duck() as connection:
        lines = write_lines(entry=entry, connection=connection, query=typed)
        with transaction.atomic():
            enter(entry=entry, connection=connection, lines=lines)
            rank_the_book(by=operator(because="a test"))
    return entry


def accounts_come(rows: Sequence[Sequence[str | int | None]]) -> Import:
    """``rows`` are (key, name, industry, region)."""
    return come("accounts", "col0 AS key, col1 AS name, col2::VARCHAR AS industry, col3 AS region", rows)


def orders_come(rows: Sequence[Sequence[str | int | None]]) -> Import:
    """``rows`` are (customer, order, day, amount, cost, family)."""
    names = (
        "col0 AS customer, NULL::VARCHAR AS customer_name, col1 AS order_no, col1 || '|1' AS line_key, "
        "'P1' AS product, col2::DATE AS date, 1::DECIMAL(18,4) AS quantity, col3::DECIMAL(18,4) AS amount, "
        "col4::DECIMAL(18,4) AS cost, NULL::VARCHAR AS currency, "
        "CASE WHEN col3 < 0 THEN 'return' ELSE 'sale' END AS line_kind, col5 AS family"
    )
    return come("orders", names, rows)


def people_come() -> People:
    root = add_department(name="销售中心")
    east, west = add_department(name="华东区", parent=root), add_department(name="华西区", parent=root)

    def user(name: str, full: str, role: str, department: object = None) -> User:
        return User.objects.create_user(name, None, full_name=full, role=role, department=department)

    return People(
        gao=user("gao", "高建国", "executive"),
        lin=user("lin", "林晓彤", "director", east),
        mei=user("mei", "梅雪", "manager", east),
        bo=user("bo", "柏松", "manager", west),
    )


@pytest.fixture
def people(db: None, told_once: ToldOnce) -> People:
    return told_once(people_come)


def small_book_comes() -> None:
    accounts_come(NAMED)
    orders_come(ORDERED)
    for keys, username in ((("A1", "B2", "F6"), "mei"), (("C3", "D4", "E5"), "bo")):
        owner = User.objects.get(username=username)
        Account.objects.filter(key__in=keys).update(owner=owner, department=owner.department)


@pytest.fixture
def small_book(book: None, people: People, told_once: ToldOnce) -> People:
    told_once(small_book_comes)
    return people
