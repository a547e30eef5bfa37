"""What is kept over the accounts in view is never older than the accounts are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from changqing.accounts.models import NOTED, Account, AccountStamp
from changqing.accounts.queries import facets, searched
from changqing.accounts.seen import kept_of, newest_stamp
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People


def test_the_database_notes_each_change_of_what_is_kept_by_and_no_other(small_book: People) -> None:
    one = Account.objects.get(key="A1")
    changes: dict[str, Any] = {
        "department": None,
        "owner": small_book.gao,
        "backup": small_book.mei,
        "is_sealed": True,
        "archived_at": timezone.now(),
        "withdrawn": True,
        "merged_into": Account.objects.get(key="B2"),
        "industry": "另一行业",
        "region": "另一地区",
        "tags": ["新"],
    }
    assert set(changes) == set(NOTED)
    for name, value in changes.items():
        before = newest_stamp()
        Account.objects.filter(pk=one.pk).update(**{name: value})
        assert newest_stamp() != before, name
        before = newest_stamp()
        Account.objects.filter(pk=one.pk).update(**{name: value})
        assert newest_stamp() == before, f"{name} is what it was"
    before = newest_stamp()
    Account.objects.filter(pk=one.pk).update(name="改名", website="x.test", version=9)
    assert newest_stamp() == before


def test_a_statement_is_one_note_however_many_accounts_it_changes(small_book: People) -> None:
    before = AccountStamp.objects.count()
    assert Account.objects.all().update(region="都改") > 2
    Account.objects.bulk_create(Account(key=f"N{n}", name=f"新{n}") for n in range(3))
    assert AccountStamp.objects.count() == before + 2


def test_old_notes_go_and_what_is_kept_is_another_all_the_same(small_book: People) -> None:
    AccountStamp.objects.update(at=F("at") - timedelta(days=2))
    before = newest_stamp()
    Account.objects.filter(key="A1").update(region="别处")
    assert AccountStamp.objects.count() == 1
    assert newest_stamp() != before


def test_who_sees_others_is_told_others(small_book: People) -> None:
    def keys(to: User) -> list[str]:
        return facets(to).industries

    whole, own = keys(small_book.gao), keys(small_book.mei)
    assert set(own) <= set(whole)
    Account.objects.filter(key="A1").update(industry="独一家")
    assert "独一家" in keys(small_book.gao)
    seen = "独一家" in keys(small_book.mei)
    Account.objects.filter(key="A1").update(owner=None, backup=None, department=None)
    assert seen and "独一家" not in keys(small_book.mei)


def test_a_reader_is_asked_once_and_work_without_a_person_each_time(small_book: People) -> None:
    asked: list[int] = []

    def make() -> int:
        asked.append(1)
        return len(asked)

    name = "test_a_reader_is_asked_once"
    assert [kept_of(small_book.gao, name, make) for _ in range(3)] == [1, 1, 1]
    assert kept_of(small_book.mei, name, make) == 2
    assert kept_of(small_book.gao, name, make, "more") == 3
    assert [kept_of(operator(because="a test"), name, make) for _ in range(2)] == [4, 5]


@pytest.mark.parametrize(
    "word",
    [
        *("特钢", "钢", "钢特", "陵特", "特_", "%钢", "_", "钢'", "钢\\", "Ａ1", "é", "a钢", "一钢"),
        *("金陵特钢", "钢钢", "公司", "1公司", "x-9", "9x", "x", "x-", "-%", "co.", "acme特"),
        *("co", "me", "9%", "k9", "z~"),
    ],
)
def test_a_word_finds_what_holds_it(small_book: People, word: str) -> None:
    names = ["金陵特钢", "特别的钢", "钢特厂", "一钢_特%钢", "é'钢\\", "Ａ1公司", "a钢", "ACME特X-9%Co."]
    names.append("9z\nk9\n9z~")
    for at, name in enumerate(names):
        Account.objects.create(key=f"S{at}", name=name, search=name.lower())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = searched(Account.objects.all(), word).values_list("name", flat=True)
    held = Account.objects.values_list("name", "search")
    assert sorted(found) == sorted(name for name, search in held if word.lower() in search)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("word", "index"),
    [("特钢", "account_characters"), ("金陵特钢厂", "account_characters"), ("a钢", "account_characters")]
    + [(word, "account_search") for word in ("tegang", "jltg", "k-1", "tg", "k1")],
)
def test_each_kind_of_word_has_an_index(word: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert f"Bitmap Index Scan on {index} " in searched(Account.objects.all(), word).explain()


@pytest.mark.django_db
def test_what_nearly_every_name_holds_is_looked_up_in_no_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "account_characters" not in searched(Account.objects.all(), "有限公司").explain()
    assert "'{钢}'" in searched(Account.objects.all(), "钢公司").explain()
