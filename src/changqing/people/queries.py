"""Questions about users and departments."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.models import Department, User


def user_named(username: str) -> User:
    """The active user of that name, or Refused."""
    user = User.objects.select_related("department").filter(username=username.lower(), is_active=True).first()
    if user is None:
        raise Refused(_("没有名为 %(name)s 的在职用户。") % {"name": username})
    return user


def user_with_id(pk: int) -> User:
    """The active user ``pk``, or Refused: who has left does nothing any more."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise Refused(_("发起人已停用，没有执行。"))
    return user


def colleagues(*, everybody: bool = False) -> list[tuple[int, str]]:
    """(id, name) of those who are here, or of everybody who ever was, by name."""
    rows = User.objects.all() if everybody else User.objects.filter(is_active=True)
    return [(user.pk, str(user)) for user in rows.only("full_name", "username").order_by("full_name")]


def department_choices() -> list[tuple[int, str]]:
    """(id, name) of all departments, the tree in order."""
    return list(Department.objects.order_by("path").values_list("pk", "name"))


def department_by_id(pk: int) -> Department:
    """The department ``pk``, or Refused."""
    found = Department.objects.filter(pk=pk).first()
    if found is None:
        raise Refused(_("没有这个部门。"))
    return found


def has_users() -> bool:
    return User.objects.exists()


def departments_under(department: Department) -> QuerySet[Department]:
    """``department`` and everything below it."""
    return Department.objects.filter(path__startswith=department.path)


def department_named(name: str) -> Department:
    """The department of that name, or Refused."""
    found = Department.objects.filter(name__iexact=name).first()
    if found is None:
        known = "、".join(Department.objects.order_by("path").values_list("name", flat=True)[:20])
        raise Refused(_("没有部门“%(name)s”。现有部门：%(known)s") % {"name": name, "known": known or "–"})
    return found


def known_user(username: str) -> User | None:
    """Whoever has that name, here or gone; for the audit of tries alone."""
    return User.objects.filter(username=username.strip().lower()[:80]).first()


def user_vouched_for(*, username: str = "", email: str = "") -> User | None:
    """The one active user of that name or address; None for none and for several."""
    found = User.objects.filter(is_active=True)
    if email:
        found = found.filter(email__iexact=email.strip())
    elif username:
        found = found.filter(username=username.strip().lower())
    else:
        return None
    first_two = list(found[:2])
    return first_two[0] if len(first_two) == 1 else None
