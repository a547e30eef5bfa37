"""The people of a large book: forty departments, three hundred users, and three who see different shares."""

from __future__ import annotations

import pytest

from changqing.accounts.models import Account
from changqing.accounts.queries import accounts
from changqing.base.refused import Refused
from changqing.demo.actions import settle_large
from changqing.people.models import Department, User
from changqing.people.permissions import operator
from changqing.people.queries import user_named
from changqing.records.models import AuditLine

TELLER = operator(because="a test")
PASSWORD = "qing-song-bai-4711"


@pytest.mark.django_db
def test_three_see_all_a_third_and_twelve() -> None:
    Account.objects.bulk_create(Account(key=f"C{n:07d}", name=f"客户 {n}") for n in range(3_600))
    watchers = settle_large(by=TELLER, password=PASSWORD)
    assert (Department.objects.count(), User.objects.count()) == (40, 300)
    seen = {name: accounts(user_named(name)).count() for name in (watchers.all, watchers.third, watchers.few)}
    assert seen[watchers.all] == 3_600
    assert seen[watchers.few] == 12
    assert 1_180 <= seen[watchers.third] <= 1_224
    assert not Account.objects.filter(owner=None).exists()
    assert user_named(watchers.few).check_password(PASSWORD)
    assert AuditLine.objects.get(verb="settle").details == {"users": 300}


@pytest.mark.django_db
def test_nobody_is_added_to_a_book_in_use() -> None:
    User.objects.create_user("li", "x", full_name="李")
    with pytest.raises(Refused):
        settle_large(by=TELLER, password=PASSWORD)
    assert (Department.objects.count(), User.objects.count()) == (0, 1)
