"""A group of any depth is rolled up over what the reader may see, in a constant number of queries."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from changqing.accounts.actions import add_contact
from changqing.accounts.queries import Account
from changqing.dossier.actions.editing import create_account, edit_account
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People
from changqing.reports.group import group_tree, ranked_groups

BY = operator(because="a test")


def hang(child: str, parent: str) -> None:
    account = Account.objects.get(key=child)
    above = Account.objects.get(key=parent)
    edit_account(by=BY, key=child, version=account.version, fields={"parent": above.pk})


@pytest.fixture
def group(small_book: People) -> People:
    """A1 over C3 over B2 and D4; mei does not see C3 and D4."""
    for child, parent in (("C3", "A1"), ("B2", "C3"), ("D4", "C3")):
        hang(child, parent)
    add_contact(by=BY, account="B2", person="王磊")
    add_contact(by=BY, account="D4", person="赵敏")
    return small_book


def told(to: Any, key: str) -> list[tuple[Any, ...]]:
    found = group_tree(to, key)
    assert found is not None
    return [(c.key, c.depth, c.all_revenue, c.all_margin, c.all_people, c.companies) for c in found.companies]


def test_the_whole_tree_is_rolled_up(group: People) -> None:
    assert told(group.gao, "D4") == [
        ("A1", 0, Decimal(1500), Decimal(305), 2, 4),
        ("C3", 1, Decimal(500), Decimal(5), 2, 3),
        ("D4", 2, Decimal(50), Decimal(30), 1, 1),
        ("B2", 2, Decimal(300), Decimal(-100), 1, 1),
    ]


@pytest.mark.parametrize(("more", "counted"), [(0, 0), (1, 3)])
def test_what_one_may_not_see_is_in_no_sum_and_counted_only_where_it_stays_unknown(
    group: People, more: int, counted: int
) -> None:
    for number in range(more):
        hidden = create_account(by=BY, fields={"name": f"暗{number}"})
        hang(hidden.key, "C3")
    assert told(group.mei, "B2") == [
        ("A1", 0, Decimal(1300), Decimal(200), 1, 2),
        ("B2", 1, Decimal(300), Decimal(-100), 1, 1),
    ]
    client = Client()
    client.force_login(group.mei)
    said = client.get("/account-group/B2/").content.decode()
    assert "您看到集团里的 2 家公司" in said
    assert ("另有 3 家不显示" in said) == bool(counted) and not re.search("另有 [12] 家", said)
    assert not re.search("北辰|海川|C3|D4|赵敏|暗", said)
    assert client.get("/account-group/C3/").status_code == 404
    page = client.get("/groups/").content.decode()
    assert "1 个集团" in page and not re.search("北辰|海川|暗|另有 [12] 家", page)
    assert ("另有 3 家不显示" in page) == bool(counted)


@pytest.mark.parametrize("role", ["service", "finance", "compliance", "admin", "auditor"])
def test_who_sees_no_money_or_no_account_gets_an_answer_too(group: People, role: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user(role, None, full_name=role, role=role))
    said = client.get("/groups/").content.decode()
    assert ("1 个集团" if role == "compliance" else "还没有集团") in said and "1,500" not in said


def test_groups_are_ranked_by_what_the_reader_sees(group: People) -> None:
    def ranks(to: Any) -> list[tuple[Any, ...]]:
        found, _total = ranked_groups(to)
        return [(each.key, each.sums.seen, each.sums.hidden, each.sums.revenue) for each in found]

    hang("F6", "E5")
    assert ranks(group.gao) == [("A1", 4, 0, Decimal(1500)), ("E5", 2, 0, Decimal(900))]
    # F6 alone below one that mei may not see is no group to her; bo sees it from the middle
    assert ranks(group.mei) == [("A1", 2, 0, Decimal(1300))]
    assert ranks(group.bo) == [("C3", 2, 0, Decimal(200))]


def test_a_deep_group_costs_no_more_queries(group: People, django_assert_max_num_queries: Any) -> None:
    client = Client()
    client.force_login(group.gao)
    client.get("/account-group/A1/")
    with django_assert_max_num_queries(20) as few:
        client.get("/account-group/A1/")
    above = "D4"
    for number in range(30):
        parent = Account.objects.get(key=above).pk
        above = create_account(by=BY, fields={"name": f"孙{number}", "parent": parent}).key
    with django_assert_max_num_queries(len(few)):
        assert "集团里有 34 家公司" in client.get("/account-group/A1/").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(group: People, pictures: Any) -> None:
    pictures("groups", "/groups/", user=group.mei)
