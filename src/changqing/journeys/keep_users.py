"""People come, change and forget their password: each deed with its audit line, its sessions and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.accounts.grants import release
from changqing.base.refused import Refused
from changqing.organisation.actions.factors import clear_factors
from changqing.organisation.actions.links import cancel_links, make_link, use_up_link
from changqing.organisation.actions.sessions import end_sessions
from changqing.organisation.queries import needs_second_factor, organisation_settings
from changqing.people.actions import (
    change_user,
    end_charges,
    forget_password,
    invite_user,
    put_in_charge,
    set_active,
    set_password,
    set_profile,
)
from changqing.people.permissions import SEES_THE_DEPARTMENT, Principal
from changqing.people.queries import User, department_with_id, user_to_keep
from changqing.records.actions import write_audit


@transaction.atomic
def choose_password(*, user: User, password: str, door: str, this: str = "", now: datetime) -> None:
    """``user`` has a password of their own choice; every other session and link of theirs ends."""
    set_password(user=user, password=password)
    cancel_links(user=user, now=now)
    end_sessions(by=user, user=user, but=this, because="the password changed", door=door)
    write_audit(by=user, verb="change password", subject=("user", user.username), door=door)


@transaction.atomic
def choose_by_link(*, code: str, password: str, now: datetime) -> User:
    """Whoever holds the link chooses; Refused, and the link still good, for a weak password."""
    user = use_up_link(code=code, now=now)
    choose_password(user=user, password=password, door="web", now=now)
    return user


@transaction.atomic
def charge_user(*, by: Principal, pk: int, department: int | None, level: str, door: str) -> None:
    """User ``pk`` answers for ``department`` and all below it too: "read", "edit", or with "" no longer."""
    user = user_to_keep(by, pk)
    found = department_with_id(department) if department else None
    if user is None or found is None:
        raise Refused(_("没有这位用户或这个部门，什么都没有改。"), field="department")
    if level and user.role not in SEES_THE_DEPARTMENT:
        raise Refused(
            _("只有部门负责人、客户服务和财务凭部门看客户；先改角色，再让他分管。"), field="department"
        )
    if level and found.pk == user.department_id:
        raise Refused(_("这是他自己的部门，本来就看得到。"), field="department")
    put_in_charge(by=by, user=user, department=found, may_edit=level == "edit", ends=not level)
    verb = "put in charge" if level else "end charge"
    write_audit(
        by=by, verb=verb, subject=("user", user.username), door=door, department=found.name, level=level
    )


@transaction.atomic
def change_own_profile(*, user: User, full_name: str, email: str, language: str) -> User:
    """What people may say of themselves: name, address, language."""
    before = {"full_name": user.full_name, "email": user.email, "language": user.language}
    after = {"full_name": full_name.strip(), "email": email.strip(), "language": language}
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changed:
        return user
    set_profile(user=user, **after)
    write_audit(by=user, verb="change profile", subject=("user", user.username), door="web", **changed)
    return user


@dataclass(frozen=True)
class Invited:
    """A colleague who may choose a password, and the code of the link to do so; it is told this once."""

    user: User
    code: str


@transaction.atomic
def invite_colleague(
    *,
    by: Principal,
    username: str,
    full_name: str,
    email: str,
    role: str,
    department: int | None,
    now: datetime,
    door: str,
) -> Invited:
    """A new user with a link instead of a password; whoever invites hands the link over."""
    at = department_with_id(department) if department else None
    user = invite_user(
        by=by,
        username=username,
        full_name=full_name,
        email=email,
        role=role,
        department=at,
        language=organisation_settings().language,
    )
    write_audit(
        by=by,
        verb="invite user",
        subject=("user", user.username),
        door=door,
        role=role,
        department=str(at or ""),
    )
    return Invited(user, make_link(by=by, user=user, now=now, door=door))


@transaction.atomic
def edit_user(
    *, by: Principal, pk: int, version: int | None, role: str, department: int | None, door: str
) -> User:
    """Role and department of a user; with another role they sign in anew where it asks for more."""
    at = department_with_id(department) if department else None
    user, changed = change_user(by=by, pk=pk, version=version, role=role, department=at)
    if changed:
        write_audit(by=by, verb="change user", subject=("user", user.username), door=door, **changed)
    if "role" in changed and needs_second_factor(user):
        end_sessions(by=by, user=user, because="the new role needs a second factor", door=door)
    return user


@transaction.atomic
def new_link(*, by: Principal, pk: int, now: datetime, door: str) -> Invited:
    """A link for who forgot the password: the old one is dead at once, and so are all sessions."""
    user = _kept(by, pk)
    if not user.is_active:
        raise Refused(_("%(name)s 已停用。请先恢复，再做链接。") % {"name": user.full_name})
    forget_password(user=user)
    end_sessions(by=by, user=user, because="a new link was made", door=door)
    return Invited(user, make_link(by=by, user=user, now=now, door=door))


@transaction.atomic
def reset_factors(*, by: Principal, pk: int, because: str, door: str) -> User:
    """Take the second factors of somebody who lost them away, and end their sessions."""
    user = _kept(by, pk)
    if isinstance(by, User) and by.pk == user.pk:
        raise Refused(_("自己的第二步验证请在“我的账号”里移除。"))
    if not because.strip():
        raise Refused(_("请写明为什么重置，例如：手机丢了，已当面确认。"), field="because")
    clear_factors(by=by, user=user, because=because.strip()[:200], door=door)
    end_sessions(by=by, user=user, because="second factors were reset", door=door)
    return user


@transaction.atomic
def stop_user(*, by: Principal, pk: int, now: datetime, door: str) -> User:
    """Somebody leaves: sessions, links, grants and programs end, accounts go on, all in one transaction.

    Accounts go to their backup, or have no owner from now on and stand in the list of the unassigned. Work in
    the queue that the person asked for refuses to run.
    """
    user = set_active(by=by, pk=pk, is_active=False)
    cancel_links(user=user, now=now)
    end_sessions(by=by, user=user, because="stopped", door=door)
    end_charges(user=user)
    changed = release(user=user)
    write_audit(by=by, verb="stop user", subject=("user", user.username), door=door, **changed)
    return user


@transaction.atomic
def restore_user(*, by: Principal, pk: int, door: str) -> User:
    user = set_active(by=by, pk=pk, is_active=True)
    write_audit(by=by, verb="restore user", subject=("user", user.username), door=door)
    return user


def _kept(by: Principal, pk: int) -> User:
    user = user_to_keep(by, pk)
    if user is None:
        raise Refused(_("没有这个用户。"))
    return user
