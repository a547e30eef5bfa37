"""Departments know their place; users come in whole, or not at all and in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from changqing.base.refused import Refused
from changqing.people.actions import add_department, add_user
from changqing.people.models import Department, Role, User
from changqing.people.permissions import operator
from changqing.people.queries import department_named, departments_under, has_users, user_named

pytestmark = pytest.mark.django_db
SETUP = operator(because="setting up")
GOOD = "correct-horse-7"


def add(**changes: Any) -> User:
    asked = {"username": "li.na", "full_name": "李娜", "password": GOOD} | changes
    return add_user(by=asked.pop("by", SETUP), **asked)


def test_a_subtree_of_departments_is_found_by_its_path() -> None:
    sales = add_department(name="销售")
    east, west = add_department(name="华东", parent=sales), add_department(name="华西", parent=sales)
    shanghai = add_department(name="上海", parent=east)
    service = add_department(name="服务")
    assert set(departments_under(sales)) == {sales, east, west, shanghai}
    assert set(departments_under(east)) == {east, shanghai}
    assert set(departments_under(service)) == {service}


def test_a_path_is_no_prefix_of_another_number() -> None:
    tops = [add_department(name=f"部门 {number}") for number in range(12)]
    assert [list(departments_under(top)) for top in tops] == [[top] for top in tops]


def test_a_department_has_its_name_once_below_one_parent() -> None:
    sales = add_department(name="Sales")
    add_department(name="East", parent=sales)
    add_department(name="Sales", parent=sales)
    for again in ({"name": " sales "}, {"name": "EAST", "parent": sales}):
        with pytest.raises(IntegrityError), transaction.atomic():
            add_department(**again)
    assert Department.objects.count() == 3


def test_a_user_comes_in_and_can_sign_in(client: Client) -> None:
    east = add_department(name="华东")
    assert not has_users()
    made = add(username=" Li.Na ", role=Role.DIRECTOR, department=east)
    assert has_users()
    assert (made.username, made.full_name, made.role, made.department) == ("li.na", "李娜", "director", east)
    assert made.check_password(GOOD)
    assert made.password.startswith("pbkdf2_sha256$")
    assert user_named("LI.NA") == made
    assert client.login(username="li.na", password=GOOD)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"username": "LI.NA "}, "username"),
        ({"username": "  "}, "username"),
        ({"username": "wang", "role": "emperor"}, ""),
        ({"username": "wang", "password": "short1"}, "password"),
        ({"username": "wang", "password": "1234567890123"}, "password"),
        ({"username": "wang.xiaoming", "password": "wang.xiaoming"}, "password"),
        ({"username": "wang", "password": "password123"}, "password"),
        ({"username": "x" * 81}, "username"),
        ({"username": "wang", "full_name": "长" * 121}, "full_name"),
        ({"username": "wa\x00ng"}, "username"),
    ],
)
def test_a_faulty_user_is_refused_in_a_sentence_and_leaves_nothing(asked: dict[str, Any], field: str) -> None:
    add()
    with pytest.raises(Refused) as refused, transaction.atomic():
        add(**asked)
    assert refused.value.field == field
    assert refused.value.sentence
    assert User.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_only_administrators_add_users(role: Role) -> None:
    User.objects.create_user("chief", None, full_name="管理员", role=Role.ADMIN)
    with pytest.raises(Refused):
        add(by=User(username="x", full_name="x", role=role), username="new")
    assert User.objects.count() == 1


def test_who_left_and_who_never_was_are_not_named() -> None:
    add()
    User.objects.update(is_active=False)
    for name in ("li.na", "nobody", ""):
        with pytest.raises(Refused):
            user_named(name)


def test_a_department_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused) as none:
        department_named("华东")
    assert "–" in none.value.sentence
    east = add_department(name="华东")
    assert department_named("华东") == east
    with pytest.raises(Refused) as other:
        department_named("华西")
    assert "华东" in other.value.sentence


def test_the_database_refuses_what_no_verb_should_write() -> None:
    for fault in (
        {"username": "Upper", "full_name": "x"},
        {"username": "noname", "full_name": ""},
        {"username": "king", "full_name": "x", "role": "emperor"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.bulk_create([User(**fault)])
