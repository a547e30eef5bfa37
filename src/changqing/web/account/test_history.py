"""What happened to an account, on its page, as far as the reader may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from changqing.accounts.actions import add_contact, assign
from changqing.accounts.models import Account, Contact, TeamMembership
from changqing.base.history import acting
from changqing.people.permissions import operator
from changqing.records.models import Change
from changqing.reports.conftest import People, accounts_come

BY = operator(because="夜间整理")


def history(user: Any, asked: str = "", key: str = "A1") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/accounts/{key}/?part=history{asked}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def another_deed() -> None:
    """What follows is another deed, as if the transaction of the test had ended here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('changqing.deed', '', true)")


@pytest.fixture
def edited(small_book: People) -> People:
    """Assigned and given a contact by Mei in a page, and changed past the program."""
    with acting(door="web", user=small_book.mei.pk):
        another_deed()
        assign(by=small_book.mei, accounts=["A1"], backup=small_book.bo)
        another_deed()
        add_contact(
            by=small_book.mei,
            account="A1",
            person="王伟",
            title="采购科长",
            phone="021-5550",
            purpose="合同联络",
        )
    another_deed()
    Account.objects.filter(key="A1").update(industry="特种钢")
    return small_book


@pytest.mark.row(
    "ARC-12", shows="every edit on one timeline with author, door and was → became; filter, search"
)
def test_the_timeline_says_who_when_what_and_by_which_door(edited: People, client: Client) -> None:
    told = history(edited.mei)
    assert "最近一次是 不明 在" in told and "行业 钢铁 → 改为 特种钢" in told and "直接改了数据库" in told
    assert "分配负责人" in told and "· 梅雪 · 网页" in told
    assert f"后备负责人 – → 改为 {edited.bo}" in told
    assert "登记联系人" in told and "职务 采购科长" in told and "工作电话 021-5550" in told
    assert "industry" not in told and "owner_id" not in told
    assert "特种钢" not in history(edited.mei, "&q=021-5550")
    assert "021-5550" not in history(edited.mei, "&kind=Account")
    assert "没有这样的变更" in history(edited.mei, "&q=nothing-like-it")
    assert "没有这样的变更" in history(edited.mei, "&to=2020-01-01")


def test_the_timeline_hides_what_the_reader_may_not_see(edited: People) -> None:
    account = Account.objects.get(key="A1")
    TeamMembership.objects.create(account=account, user=edited.bo, role="x", since=date(2020, 1, 1))
    Account.objects.filter(key="A1").update(backup=None)
    told = history(edited.bo)
    assert "特种钢" in told
    for hidden in ("021-5550", "王伟", "合同联络", "采购科长"):
        assert hidden not in told
        assert hidden not in history(edited.bo, f"&q={hidden}").replace(f'value="{hidden}"', "")
    assert "任职" not in told


def test_an_account_of_others_in_the_history_stays_unnamed(edited: People) -> None:
    foreign = Account.objects.get(key="C3")
    with acting(door="web", user=edited.mei.pk):
        Account.objects.filter(key="A1").update(parent=foreign)
    told = history(edited.mei)
    assert "一家您看不到的客户" in told and foreign.name not in told


def test_what_books_bring_is_not_in_the_timeline(small_book: People) -> None:
    Change.objects.all().delete()
    accounts_come([("A1", "金陵特钢集团", "钢铁", "江苏")])
    assert "还没有人改过这家客户" in history(small_book.mei)


def test_a_timeline_asks_the_same_questions_whatever_its_length(
    edited: People, django_assert_max_num_queries: Any
) -> None:
    with acting(door="web", user=edited.mei.pk):
        for number in range(40):
            Contact.objects.update(title=f"职务 {number}")
    client = Client()
    client.force_login(edited.mei)
    with django_assert_max_num_queries(16):
        assert b"39" in client.get("/accounts/A1/?part=history").content


def test_a_foreign_timeline_is_as_good_as_none(edited: People) -> None:
    client = Client()
    client.force_login(edited.mei)
    assert client.get("/accounts/C3/?part=history").status_code == 404
    assert client.get("/accounts/A1/?part=history&page=x&to=y&kind=z").status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_timeline_in_a_browser(edited: People, pictures: Callable[..., None]) -> None:
    pictures("account-history", "/accounts/A1/#history", user=edited.mei)
