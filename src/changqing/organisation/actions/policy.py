"""What the organisation decides about itself, checked against what others decided meanwhile."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.organisation.actions.sessions import end_sessions_of_roles
from changqing.organisation.models import OrganisationSettings
from changqing.organisation.queries import (
    has_second_factor,
    locked_settings,
    users_with_second_factor,
)
from changqing.people.models import Role, User
from changqing.people.permissions import Principal, check_may
from changqing.people.queries import people_of_role
from changqing.records.actions import write_audit

FIELDS = {
    "keep settings": frozenset(
        {"name", "fiscal_month", "language", "second_factor_roles", "idle_hours", "longest_days", "tries"}
    ),
    "guard personal data": frozenset({"retention_months"}),
}


@transaction.atomic
def change_settings(*, by: Principal, version: int, door: str, **decided: Any) -> OrganisationSettings:
    """Put these settings in force; Refused when somebody changed any since ``version``, with what is now."""
    for verb, fields in FIELDS.items():
        if fields & set(decided):
            check_may(by, verb)
    if unknown := set(decided) - frozenset().union(*FIELDS.values()):
        raise KeyError(f"there is no setting {sorted(unknown)}")
    row = locked_settings()
    if row.version != version:
        raise Refused(_("您打开以后有人改过设置，没有保存。请看过现在的设置再改。"))
    _check_roles(by, decided.get("second_factor_roles"))
    was = {name: getattr(row, name) for name in decided}
    changed = {name: [was[name], value] for name, value in decided.items() if was[name] != value}
    if not changed:
        return row
    for name, value in decided.items():
        setattr(row, name, value)
    row.version += 1
    row.full_clean()
    row.save()
    write_audit(by=by, verb="change settings", subject=("organisation", 1), door=door, **changed)
    if "second_factor_roles" in changed:
        _end_what_lacks_a_factor(by, sorted(row.second_factor_roles))
    return row


def _check_roles(by: Principal, roles: list[str] | None) -> None:
    if roles is None:
        return
    if unknown := set(roles) - set(Role.values):
        raise Refused(
            _("没有角色“%(role)s”。可用：%(known)s")
            % {"role": sorted(unknown)[0], "known": "、".join(Role.values)},
            field="second_factor_roles",
        )
    if isinstance(by, User) and by.role in roles and not has_second_factor(by):
        raise Refused(
            _("您自己还没有第二步验证，这样改会把您锁在外面。请先在“我的账号”里加一个。"),
            field="second_factor_roles",
        )


def _end_what_lacks_a_factor(by: Principal, roles: list[str]) -> None:
    """Who must have a factor now and has none meets the question at the door."""
    people = [user.pk for role in roles for user in people_of_role(role)]
    protected = users_with_second_factor(people)
    end_sessions_of_roles(
        by=by, roles=roles, with_factor=protected, because="the role needs a second factor now"
    )
