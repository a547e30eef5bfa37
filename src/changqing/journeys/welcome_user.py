"""A person gets a way in: department, user, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from changqing.people.actions import add_user, department_called, make_change_password
from changqing.people.permissions import Principal
from changqing.records.actions import write_audit

if TYPE_CHECKING:
    from changqing.people.models import User


@transaction.atomic
def welcome_user(
    *,
    by: Principal,
    username: str,
    full_name: str,
    password: str,
    role: str,
    department: str = "",
    must_change: bool = False,
) -> User:
    """Add a user, in the department of that name, made when there is none yet.

    Whoever makes a password for somebody else knows it: with ``must_change`` its owner chooses another first.
    """
    user = add_user(
        by=by,
        username=username,
        full_name=full_name,
        password=password,
        role=role,
        department=department_called(name=department) if department else None,
    )
    if must_change:
        make_change_password(user=user)
    write_audit(by=by, verb="add user", subject=("user", user.username), role=role, department=department)
    return user
