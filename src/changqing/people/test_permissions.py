"""Who may do what: every role against every verb, and how a rule for accounts travels to other tables."""

from __future__ import annotations

import pytest
from django.db.models import Q
from django.utils import translation

from changqing.base.refused import Refused
from changqing.people.models import Role, User
from changqing.people.permissions import (
    MAY,
    Operator,
    along,
    check_may,
    may,
    operator,
    role_name,
    sees_the_whole_book,
)

# One row a verb: who may. A new verb or role fails here until somebody decides.
MATRIX = {
    "bring in files": {Role.OPERATOR},
    "see imports": {Role.OPERATOR, Role.EXECUTIVE},
    "edit accounts": {Role.MANAGER, Role.DIRECTOR, Role.OPERATOR, Role.SERVICE},
    "add users": {Role.ADMIN},
    "keep settings": {Role.ADMIN},
    "guard personal data": {Role.ADMIN, Role.PRIVACY},
    "answer subject requests": {Role.PRIVACY},
    "read the audit": {Role.ADMIN, Role.AUDITOR},
    "hand accounts over": {Role.DIRECTOR, Role.OPERATOR},
    "keep the book": {Role.OPERATOR},
    "rank the book": {Role.OPERATOR},
    "read methods": {Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE, Role.OPERATOR},
    "change methods": {Role.OPERATOR},
    "decide tiers": {Role.DIRECTOR, Role.EXECUTIVE, Role.OPERATOR},
    "rate accounts": {Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE, Role.OPERATOR},
    "answer warnings": {Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE, Role.SERVICE, Role.OPERATOR},
    "review accounts": {Role.DIRECTOR, Role.EXECUTIVE},
}
ROLES = {
    Role.MANAGER,
    Role.DIRECTOR,
    Role.EXECUTIVE,
    Role.OPERATOR,
    Role.SERVICE,
    Role.FINANCE,
    Role.COMPLIANCE,
    Role.PRIVACY,
    Role.ADMIN,
    Role.AUDITOR,
    Role.INTEGRATION,
}
WHOLE_BOOK = {Role.EXECUTIVE, Role.OPERATOR}


def user(role: Role, *, is_active: bool = True) -> User:
    return User(username=role.value, full_name=role.value, role=role, is_active=is_active)


def test_the_matrix_knows_every_role_and_verb() -> None:
    assert set(Role) == ROLES
    assert set(MATRIX) == set(MAY)


@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_matrix_says(role: Role) -> None:
    assert {verb for verb in MAY if may(user(role), verb)} == {
        verb for verb, roles in MATRIX.items() if role in roles
    }
    assert sees_the_whole_book(user(role)) == (role in WHOLE_BOOK)


@pytest.mark.parametrize("role", Role)
def test_who_has_left_may_nothing(role: Role) -> None:
    gone = user(role, is_active=False)
    assert not any(may(gone, verb) for verb in MATRIX)
    assert not sees_the_whole_book(gone)


def test_work_without_a_person_may_everything_under_a_name() -> None:
    nightly = operator(because="nightly ranking")
    assert all(may(nightly, verb) for verb in MATRIX)
    assert sees_the_whole_book(nightly)
    assert (str(nightly), nightly.because, role_name(nightly)) == ("operator", "nightly ranking", "operator")


@pytest.mark.parametrize("by", [user(Role.OPERATOR), operator(because="x")], ids=["user", "operator"])
def test_a_verb_nobody_declared_is_a_mistake(by: User | Operator) -> None:
    with pytest.raises(KeyError):
        may(by, "sell the company")


def test_a_refusal_names_the_role_in_the_readers_language() -> None:
    with translation.override("zh-hans"), pytest.raises(Refused) as refused:
        check_may(user(Role.MANAGER), "add users")
    assert refused.value.sentence == "您的角色（客户经理）不能做这件事。请联系系统管理员。"
    check_may(user(Role.ADMIN), "add users")


@pytest.mark.parametrize(
    ("path", "rule", "moved"),
    [
        ("", Q(owner=1), Q(owner=1)),
        ("account", Q(owner=1), Q(account__owner=1)),
        (
            "contact__account",
            Q(withdrawn=False) & (Q(owner=1) | Q(department__in=[2])),
            Q(contact__account__withdrawn=False)
            & (Q(contact__account__owner=1) | Q(contact__account__department__in=[2])),
        ),
        ("account", ~Q(owner=1), ~Q(account__owner=1)),
        ("account", ~(Q(owner=1) | ~Q(backup=2)), ~(Q(account__owner=1) | ~Q(account__backup=2))),
        ("account", Q(), Q()),
    ],
)
def test_a_rule_travels_along_a_path(path: str, rule: Q, moved: Q) -> None:
    before = rule.deconstruct()
    assert along(path, rule) == moved
    assert rule.deconstruct() == before
