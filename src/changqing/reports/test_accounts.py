"""The list of accounts on the small book of conftest.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from changqing.accounts.queries import Account, TeamMembership
from changqing.people.permissions import Principal
from changqing.people.queries import Department
from changqing.reports.accounts import Asked, account_list, list_composition, list_facets
from changqing.reports.conftest import People, accounts_come, orders_come
from changqing.value.queries import Composition


def keys(to: Principal, **asked: Any) -> list[str]:
    return [row.key for row in account_list(to, replace(Asked(), **asked)).rows]


def test_ranked_accounts_come_first_by_revenue_then_those_without_an_order(small_book: People):
    found = account_list(small_book.gao, Asked())
    assert [(row.key, row.rank, row.revenue, row.margin) for row in found.rows] == [
        ("A1", 1, Decimal("1000.0000"), Decimal("300.0000")),
        ("B2", 2, Decimal("300.0000"), Decimal("-100.0000")),
        ("C3", 3, Decimal("150.0000"), Decimal("75.0000")),
        ("D4", 4, Decimal("50.0000"), Decimal("30.0000")),
        ("F6", None, None, None),
        ("E5", None, None, None),
    ]
    assert (found.total, found.ranked_accounts, found.as_of) == (6, 4, date(2024, 6, 15))
    assert found.composition == Composition(placed=4, a=0, loss_making=1)


def test_the_last_order_is_told_with_its_age(small_book: People):
    rows = account_list(small_book.gao, Asked()).rows
    assert [(row.key, row.days_silent) for row in rows] == [
        ("A1", 5), ("B2", 106), ("C3", 0), ("D4", 41), ("F6", None), ("E5", 1627),
    ]  # fmt: skip


def test_twelve_whole_months_are_compared_with_the_twelve_before(small_book: People):
    rows = {row.key: row for row in account_list(small_book.gao, Asked()).rows}
    # June 2024 is not over: June 2023 to May 2024 against June 2022 to May 2023
    assert rows["A1"].change == pytest.approx(400 / 500 - 1)
    assert rows["B2"].change is None
    assert sum(rows["C3"].months) == 200


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("金陵", ["A1"]),
        ("特钢", ["A1"]),
        ("jinling", ["A1"]),
        ("jltg", ["A1"]),
        ("BCZG", ["C3"]),
        ("d4", ["D4"]),
        ("金陵 a1", ["A1"]),
        ("金陵 b2", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("' OR 1=1 --", []),
        ("不存在的客户", []),
    ],
)
def test_search_by_name_pinyin_initials_two_characters_and_key(
    small_book: People, words: str, expected: list[str]
):
    assert keys(small_book.gao, words=words) == expected


@pytest.mark.parametrize("many", [0, 10_000])
@pytest.mark.parametrize("sort", ["", "-rank", "revenue", "-margin", "name", "-last"])
def test_words_shorten_a_list_and_leave_its_order(
    small_book: People, monkeypatch: pytest.MonkeyPatch, sort: str, many: int
):
    monkeypatch.setattr("changqing.value.queries.lists.MANY", many)
    # one that she sees, but neither its revenue nor its rank
    TeamMembership.objects.create(
        account=Account.objects.get(key="A1"), user=small_book.bo, role="guest", since=date(2020, 1, 1)
    )
    search = dict(Account.objects.values_list("key", "search"))
    narrower: list[dict[str, Any]] = [{}, {"abc": ("B", "C")}, {"is_loss_making": True}]
    for to, more in product((small_book.gao, small_book.bo, small_book.mei), narrower):
        for words in ("g", "gs", "zg", "1", "特"):
            asked = replace(Asked(words=words, sort=sort), **more)
            pages = [account_list(to, replace(asked, page=page), per_page=2) for page in (1, 2, 3)]
            expected = [key for key in keys(to, sort=sort, **more) if words in search[key]]
            told = [row.key for found in pages for row in found.rows]
            assert list(dict.fromkeys(told)) == expected, (to, words, more)
            assert {found.total for found in pages} == {len(expected)}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"is_loss_making": True}, ["B2"]),
        ({"never_bought": True}, ["F6"]),
        ({"industry": "钢铁"}, ["A1", "C3"]),
        ({"region": "江苏"}, ["A1", "B2"]),
        ({"silent_days": 100}, ["B2", "E5"]),
        ({"silent_days": 106}, ["E5"]),
        ({"abc": ("B", "C"), "industry": "风电"}, ["B2", "D4"]),
        ({"band": ("strategic",)}, []),
        ({"period": "all"}, ["A1", "E5", "B2", "C3", "D4", "F6"]),
    ],
)
def test_filters_narrow(small_book: People, asked: dict[str, Any], expected: list[str]):
    assert keys(small_book.gao, **asked) == expected
    assert account_list(small_book.gao, replace(Asked(), **asked)).total == len(expected)


def test_filters_by_owner_and_by_department_with_all_below_it(small_book: People):
    west, root = small_book.bo.department, Department.objects.get(parent=None)
    assert west is not None
    assert keys(small_book.gao, owner=small_book.bo.pk) == ["C3", "D4", "E5"]
    assert keys(small_book.gao, department=west.pk) == ["C3", "D4", "E5"]
    assert len(keys(small_book.gao, department=root.pk)) == 6


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-rank", ["D4", "C3", "B2", "A1", "F6", "E5"]),
        ("-revenue", ["A1", "B2", "C3", "D4", "F6", "E5"]),
        ("revenue", ["D4", "C3", "B2", "A1", "F6", "E5"]),
        ("-margin", ["A1", "C3", "D4", "B2", "F6", "E5"]),
        ("margin", ["B2", "D4", "C3", "A1", "F6", "E5"]),
        ("name", ["C3", "D4", "B2", "A1", "F6", "E5"]),
        ("-last", ["C3", "A1", "D4", "B2", "E5", "F6"]),
    ],
)
def test_sorts(small_book: People, sort: str, expected: list[str]):
    assert keys(small_book.gao, sort=sort) == expected


def test_one_sees_only_what_one_may(small_book: People):
    assert keys(small_book.mei) == ["A1", "B2", "F6"]
    assert keys(small_book.lin) == ["A1", "B2", "F6"]
    assert keys(small_book.bo) == ["C3", "D4", "E5"]
    assert [row.rank for row in account_list(small_book.bo, Asked()).rows] == [3, 4, None]
    assert keys(small_book.bo, words="金陵") == []
    assert list_composition(small_book.mei, Asked()) == Composition(placed=2, a=0, loss_making=1)
    assert list_facets(small_book.bo).industries == ["造纸", "钢铁", "风电"]
    assert [name for _id, name in list_facets(small_book.bo).owners] == ["柏松"]


def test_pages_hold_every_account_once_in_order(small_book: People, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("changqing.reports.accounts.PER_PAGE", 1)
    for sort in ("rank", "-margin", "name", "-last"):
        whole = [keys(small_book.gao, sort=sort, page=page)[0] for page in range(1, 7)]
        assert sorted(whole) == ["A1", "B2", "C3", "D4", "E5", "F6"]
        monkeypatch.setattr("changqing.reports.accounts.PER_PAGE", 4)
        assert keys(small_book.gao, sort=sort, page=1) + keys(small_book.gao, sort=sort, page=2) == whole
        assert keys(small_book.gao, sort=sort, page=99) == whole[4:]
        monkeypatch.setattr("changqing.reports.accounts.PER_PAGE", 1)


def test_an_empty_book_has_no_list(book: None, people: People):
    found = account_list(people.gao, Asked())
    assert (found.rows, found.total, found.pages, found.as_of, found.is_empty_book) == ([], 0, 1, None, True)


@pytest.mark.parametrize("who", ["gao", "lin", "mei"])
def test_queries_do_not_grow_with_rows(small_book: People, who: str, django_assert_max_num_queries):
    to = getattr(small_book, who)
    with django_assert_max_num_queries(16) as few:
        account_list(to, Asked())
    accounts_come([(f"N{n}", f"新客户{n}", "钢铁", "江苏") for n in range(60)])
    orders_come([(f"N{n}", f"X{n}", "2024-05-01", 10 + n, 5, "轴承") for n in range(60)])
    Account.objects.filter(key__startswith="N").update(
        owner=small_book.mei, department=small_book.mei.department
    )
    with django_assert_max_num_queries(len(few)):
        assert len(account_list(to, Asked()).rows) == 50
