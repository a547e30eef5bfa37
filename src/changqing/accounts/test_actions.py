"""What people do to the archive is checked first, written once and leaves its line in the audit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from changqing.accounts.actions import (
    FROM_BOOKS,
    BookEntry,
    add_contact,
    assign,
    create_from_books,
    set_parents_from_books,
    update_from_books,
    withdraw,
)
from changqing.accounts.models import Account, Contact, Person
from changqing.base.refused import Refused
from changqing.people.actions import add_department
from changqing.people.models import Role, User
from changqing.people.permissions import operator
from changqing.records.models import AuditLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return User.objects.create_user("manager", None, full_name="Manager", role=Role.MANAGER)


def account(key: str, **fields: Any) -> Account:
    return Account.objects.create(key=key, name=key, **fields)


def test_an_owner_is_given_with_an_audit_line(manager: User) -> None:
    east = add_department(name="华东")
    for key in ("a", "b", "c"):
        account(key)
    changed = assign(by=operator(because="import"), accounts=["a", "b", "a"], owner=manager, department=east)
    assert changed == 2
    told = Account.objects.order_by("key").values_list("key", "owner", "backup", "department", "version")
    assert [*map(tuple, told)] == [
        ("a", manager.pk, None, east.pk, 2),
        ("b", manager.pk, None, east.pk, 2),
        ("c", None, None, None, 1),
    ]
    line = AuditLine.objects.get()
    assert (line.user, line.principal, line.because, line.verb) == (None, "operator", "import", "assign")
    assert line.details == {"accounts": ["a", "b"], "owner": "Manager", "department": "华东"}


@pytest.mark.parametrize("keys", [["other"], ["mine", "other"], ["mine", "nowhere"], ["mine", "withdrawn"]])
def test_one_hidden_account_refuses_the_whole_deed(manager: User, keys: list[str]) -> None:
    account("mine", owner=manager)
    account("other")
    account("withdrawn", owner=manager, withdrawn=True)
    before = list(Account.objects.order_by("pk").values())
    with pytest.raises(Refused) as refused:
        assign(by=manager, accounts=keys, backup=manager)
    assert keys[-1] in refused.value.sentence
    assert list(Account.objects.order_by("pk").values()) == before
    assert not AuditLine.objects.exists()


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.ADMIN])
def test_who_only_reads_changes_nothing(role: Role) -> None:
    account("a")
    reader = User.objects.create_user("reader", None, full_name="Reader", role=role)
    with pytest.raises(Refused):
        assign(by=reader, accounts=["a"], owner=reader)
    with pytest.raises(Refused):
        add_contact(by=reader, account="a", person="王总")
    assert not AuditLine.objects.exists()
    assert not Person.objects.exists()


def test_a_person_takes_a_post(manager: User) -> None:
    account("a", owner=manager)
    made = add_contact(by=manager, account="a", person=" 王小明 ", title="采购经理", since=date(2024, 1, 1))
    person = Person.objects.get()
    assert (person.name, person.pinyin) == ("王小明", "wang xiao ming")
    assert list(Contact.objects.values_list("account__key", "person", "title", "since")) == [
        ("a", person.pk, "采购经理", date(2024, 1, 1))
    ]
    again = add_contact(by=manager, account="a", person=made.person, title="采购总监")
    assert again.person == person
    assert Person.objects.count() == 1
    assert Account.objects.get().touched_at is not None
    assert (
        list(AuditLine.objects.values_list("principal", "verb", "subject_key"))
        == [("manager", "add contact", "a")] * 2
    )


def test_a_post_cannot_end_before_it_begins(manager: User) -> None:
    account("a", owner=manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        add_contact(by=manager, account="a", person="王", since=date(2024, 2, 1), until=date(2024, 1, 1))
    assert not AuditLine.objects.exists()
    assert not Person.objects.exists()


def test_books_do_not_overwrite_what_a_person_has_set() -> None:
    mine = account("a", edited=["industry"], industry="钢铁")
    blank = dict.fromkeys(FROM_BOOKS, "") | {"kind": "customer"}
    said = {mine.pk: blank | {"name": "重庆钢铁", "industry": "矿业", "region": "重庆"}}
    assert update_from_books(said=said) == 1
    mine.refresh_from_db()
    assert (mine.name, mine.industry, mine.region) == ("重庆钢铁", "钢铁", "重庆")
    assert "chongqinggangtie" in mine.search
    assert update_from_books(said=said) == 0


def test_a_circle_of_parents_is_left_out_and_named() -> None:
    a, b, c, d = (account(key) for key in "abcd")

    def parents() -> dict[str, str | None]:
        return dict(Account.objects.values_list("key", "parent__key"))

    ring = set_parents_from_books(parents={a.pk: b.pk, b.pk: a.pk, c.pk: a.pk, d.pk: d.pk})
    assert ring == {a.pk, b.pk, d.pk}
    assert parents() == {
        "a": None,
        "b": None,
        "c": "a",
        "d": None,
    }
    # the circle may also close over what is already there
    assert set_parents_from_books(parents={a.pk: c.pk}) == {a.pk}
    assert set_parents_from_books(parents={c.pk: None, a.pk: c.pk}) == set()
    assert parents() == {
        "a": "c",
        "b": None,
        "c": None,
        "d": None,
    }


def test_a_parent_set_by_hand_stays_and_closes_no_circle() -> None:
    a, b = account("a", edited=["parent"]), account("b")
    Account.objects.filter(pk=a.pk).update(parent=b)
    assert set_parents_from_books(parents={a.pk: None, b.pk: a.pk}) == {b.pk}
    assert dict(Account.objects.values_list("key", "parent__key")) == {"a": "b", "b": None}


def test_withdrawn_accounts_come_back_and_touched_ones_stay(manager: User) -> None:
    made = create_from_books(entries=[BookEntry("a", {}), BookEntry("b", {})], department=None)
    assign(by=operator(because="test"), accounts=["b"], owner=manager)
    assert withdraw(accounts=made, withdrawn=True) == 1
    assert list(Account.objects.filter(withdrawn=True).values_list("key", flat=True)) == ["a"]
    assert withdraw(accounts=made, withdrawn=False) == 1
    assert not Account.objects.filter(withdrawn=True).exists()


@pytest.mark.parametrize("fault", [{"key": ""}, {"name": ""}, {"currency": "cny"}])
def test_the_database_refuses_what_no_verb_should_write(fault: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(**({"key": "k", "name": "n"} | fault))
