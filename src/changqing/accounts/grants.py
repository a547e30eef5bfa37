"""Giving and taking back: places in a team, sponsors, seals, and what happens to the accounts of who leaves.

Nobody gives more than a role's default unless they have it themselves; the money of an account is given by
whoever answers for its department or for the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account, TeamMembership
from changqing.accounts.rights import forget_grants, part_name, sight, team_roles, visible_to
from changqing.accounts.rules import TeamRole
from changqing.base.refused import Refused
from changqing.people.models import Role, User
from changqing.people.permissions import SEES_NOTHING, Level, Operator, Part, Principal, may
from changqing.records.actions import write_audit

Levels = Mapping[Part, Level]


def default_levels(role: TeamRole) -> dict[Part, Level]:
    """How far a place of ``role`` goes unless something else is said."""
    said = {Part(name): Level.READ for name in role.read} | {Part(name): Level.EDIT for name in role.edit}
    return {part: said.get(part, Level.NONE) for part in TeamMembership.PARTS}


def may_give(by: Principal, account: Account) -> bool:
    """Whether ``by`` may give and end places in ``account``'s team: who holds it, or may hand it over."""
    if isinstance(by, Operator):
        return True
    holds = by.is_active and by.pk in (account.owner_id, account.backup_id)
    return sight(by, account).edits(Part.BASIC) and (holds or may(by, "hand accounts over"))


def _taken(by: Principal, key: str) -> Account:
    """The account, locked, or Refused: as missing where ``by`` may not see it."""
    found = visible_to(by, Account.objects.select_for_update(of=("self",))).filter(key=key).first()
    if found is None:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": key})
    if not may_give(by, found):
        raise Refused(
            _("%(name)s 的团队由负责人、后备负责人、部门负责人和运营管理。您可以请他们为您申请。")
            % {"name": found.name}
        )
    return found


def _check_levels(by: Principal, account: Account, role: TeamRole, asked: Levels) -> dict[Part, Level]:
    usual = default_levels(role)
    levels: dict[Part, Level] = {part: Level(asked.get(part, usual[part])) for part in TeamMembership.PARTS}
    if levels[Part.BASIC] == Level.NONE or max(levels[Part.REVENUE], levels[Part.MARGIN]) > Level.READ:
        raise Refused(_("团队成员至少看得到基本信息；收入和毛利只能查看，不能编辑。"))
    own = sight(by, account).levels
    for part, level in levels.items():
        if level > max(usual[part], own.get(part, Level.NONE)):
            raise Refused(
                _("您给不出比自己更大的权限：%(part)s。请部门负责人来授予。") % {"part": part_name(part)}
            )
    if levels[Part.MARGIN] > usual[Part.MARGIN] and not (
        isinstance(by, Operator) or may(by, "hand accounts over")
    ):
        raise Refused(_("毛利和成本由部门负责人或运营授予。"))
    return levels


@transaction.atomic
def give_team_role(
    *,
    by: Principal,
    account: str,
    user: User,
    role: str,
    levels: Levels | None = None,
    since: date | None = None,
    until: date | None = None,
) -> TeamMembership:
    """``user`` has a place in the team of ``account`` (by key); one already held is replaced."""
    found = _taken(by, account)
    known = team_roles().get(role)
    if known is None:
        raise Refused(
            _("没有团队角色“%(role)s”。可用：%(known)s") % {"role": role, "known": "、".join(team_roles())},
            field="role",
        )
    if not user.is_active or user.role in {*SEES_NOTHING, Role.INTEGRATION}:
        raise Refused(
            _("%(name)s 不能进入客户团队：已停用，或角色不看业务数据。") % {"name": user.full_name},
            field="user",
        )
    if user.pk == found.owner_id:
        raise Refused(_("%(name)s 已经是负责人。") % {"name": user.full_name}, field="user")
    if role == TeamMembership.SPONSOR and not (isinstance(by, Operator) or may(by, "hand accounts over")):
        raise Refused(_("发起人由部门负责人或运营指定。"), field="role")
    first = since or timezone.localdate()
    if until is not None and until < first:
        raise Refused(_("最后一天不能早于第一天。"), field="until")
    given = _check_levels(by, found, known, levels or {})
    open_ones = TeamMembership.objects.filter(account=found, ended_at=None)
    open_ones.filter(user=user).update(ended_at=timezone.now())
    if role == TeamMembership.SPONSOR:
        open_ones.filter(role=role).update(ended_at=timezone.now())
    made = TeamMembership.objects.create(
        account=found,
        user=user,
        role=role,
        since=first,
        until=until,
        given_by=by if isinstance(by, User) else None,
        **{str(part): int(level) for part, level in given.items()},
    )
    _touch(by, found, "give team role", user=user.pk, role=role, levels={**given})
    forget_grants(user)
    return made


def name_sponsor(*, by: Principal, account: str, user: User) -> TeamMembership:
    """``user`` stands behind ``account`` from today on, in place of whoever did."""
    return give_team_role(by=by, account=account, user=user, role=TeamMembership.SPONSOR)


@transaction.atomic
def end_team_role(*, by: Principal, account: str, user: User) -> None:
    """``user``'s place in the team of ``account`` ends at once; anyone may give back a place of their own."""
    mine = visible_to(by, Account.objects.select_for_update(of=("self",))).filter(key=account).first()
    is_own = isinstance(by, User) and by.pk == user.pk
    found = mine if is_own and mine is not None else _taken(by, account)
    ended = TeamMembership.objects.filter(account=found, user=user, ended_at=None).update(
        ended_at=timezone.now()
    )
    if not ended:
        raise Refused(_("%(name)s 不在这家客户的团队里。") % {"name": user.full_name})
    _touch(by, found, "end team role", user=user.pk)
    forget_grants(user)


@transaction.atomic
def seal(*, by: Principal, account: str, sealed: bool, because: str) -> None:
    """Close ``account`` to who would see it by department only, or open it again."""
    found = _taken(by, account)
    if not because.strip():
        raise Refused(_("请写明为什么封存或解封。"), field="because")
    if found.is_sealed == sealed:
        raise Refused(_("这家客户已经是这样了。"))
    Account.objects.filter(pk=found.pk).update(is_sealed=sealed)
    _touch(by, found, "seal" if sealed else "unseal", reason=because.strip())


def _touch(by: Principal, account: Account, verb: str, **details: Any) -> None:
    Account.objects.filter(pk=account.pk).update(version=F("version") + 1, touched_at=timezone.now())
    write_audit(by=by, verb=verb, subject=("account", account.key), **details)


def release(*, user: User) -> dict[str, Any]:
    """Take ``user``, who leaves, out of every account, in the transaction of the leaving.

    Accounts go to their backup where that is somebody in office; the rest have no owner from now on and stand
    in their department's list of the unassigned.
    """
    now = timezone.now()
    changed = {"version": F("version") + 1, "touched_at": now}
    owned = Account.objects.filter(owner=user)
    handed = owned.filter(backup__is_active=True).exclude(backup=user)
    handed_on = handed.update(owner=F("backup"), backup=None, **changed)
    return {
        "handed_on": handed_on,
        "unassigned": owned.update(owner=None, **changed),
        "backup_of": Account.objects.filter(backup=user).update(backup=None, **changed),
        "teams": TeamMembership.objects.filter(user=user, ended_at=None).update(ended_at=now),
    }
