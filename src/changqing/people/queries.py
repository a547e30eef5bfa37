"""Questions about users and departments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.models import Charge, Department, Role, User
from changqing.people.permissions import Principal, check_may, may


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


def user_names(pks: Collection[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=pks).values_list("pk", "full_name"))


def department_names(pks: Collection[int]) -> dict[int, str]:
    return dict(Department.objects.filter(pk__in=pks).values_list("pk", "name"))


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


def has_administrator() -> bool:
    return User.objects.filter(role=Role.ADMIN, is_active=True).exists()


def may_keep_users(by: Principal) -> bool:
    """Administrators; and the operator who opened the book, for as long as it has no administrator."""
    if may(by, "add users"):
        return True
    opened_it = isinstance(by, User) and by.is_active and by.role == Role.OPERATOR
    return opened_it and not has_administrator()


def check_may_keep_users(by: Principal) -> None:
    if not may_keep_users(by):
        check_may(by, "add users")


@dataclass(frozen=True)
class UsersAsked:
    """What of the users is asked for."""

    words: str = ""
    role: str = ""
    department: int | None = None
    state: str = "active"
    sort: str = "name"
    page: int = 1


USER_SORTS = {
    "name": ("full_name", "pk"),
    "username": ("username",),
    "role": ("role", "full_name", "pk"),
    "department": ("department__path", "full_name", "pk"),
    "seen": ("last_login", "pk"),
}
USERS_PER_PAGE = 50


def users_asked(by: Principal, asked: UsersAsked) -> tuple[list[User], int]:
    """One page of the users that ``asked`` means, and how many there are."""
    check_may_keep_users(by)
    found = User.objects.select_related("department")
    if asked.words:
        like = Q(full_name__icontains=asked.words) | Q(username__icontains=asked.words)
        found = found.filter(like | Q(email__icontains=asked.words))
    if asked.role:
        found = found.filter(role=asked.role)
    if asked.department:
        found = found.filter(department=asked.department)
    if asked.state != "all":
        found = found.filter(is_active=asked.state == "active")
    falling = asked.sort.startswith("-")
    keys = [F(name) for name in USER_SORTS[asked.sort.removeprefix("-")]]
    ordered = [key.desc(nulls_last=True) if falling else key.asc(nulls_first=True) for key in keys]
    first = (asked.page - 1) * USERS_PER_PAGE
    return list(found.order_by(*ordered)[first : first + USERS_PER_PAGE]), found.count()


def user_to_keep(by: Principal, pk: int) -> User | None:
    """The user ``pk``, here or gone, for who may keep users."""
    check_may_keep_users(by)
    return User.objects.select_related("department").filter(pk=pk).first()


def charges_of(user: User) -> QuerySet[Charge]:
    """The departments that ``user`` answers for beside the own one."""
    return Charge.objects.filter(user=user).select_related("department").order_by("department__path")


@dataclass(frozen=True)
class Branch:
    """A department as it stands in the tree."""

    pk: int
    name: str
    parent_id: int | None
    depth: int
    people: int


def department_tree() -> list[Branch]:
    """Every department, each after its parent, brothers by name, with ``depth`` and ``people``."""
    rows = Department.objects.annotate(people=Count("members", filter=Q(members__is_active=True)))
    below: dict[int | None, list[Any]] = {}
    for row in rows.order_by("name", "pk"):
        below.setdefault(row.parent_id, []).append(row)
    told: list[Branch] = []

    def tell(parent: int | None, depth: int) -> None:
        for row in below.get(parent, []):
            told.append(Branch(row.pk, row.name, row.parent_id, depth, row.people))
            tell(row.pk, depth + 1)

    tell(None, 0)
    return told


def department_with_id(pk: int) -> Department:
    """The department ``pk``, or Refused."""
    found = Department.objects.filter(pk=pk).first()
    if found is None:
        raise Refused(_("没有这个部门，也许已被删除。"))
    return found


def every_user(by: Principal) -> list[User]:
    """All users, here and gone, by name."""
    check_may_keep_users(by)
    return list(User.objects.select_related("department").order_by("username"))


def people_of_role(role: str) -> list[User]:
    """The active users of that role, by name."""
    return list(User.objects.filter(role=role, is_active=True).order_by("full_name", "pk"))
