"""Who may see and change which part of which account: the one rule, for every door.

Everything begins with nothing. Owning an account, standing in for its owner, a place in its team, a role that
answers for the whole book or a department in one's charge each give a level on some parts; grants add up,
restrictions come last: who has left sees nothing, a sealed account is closed to departments, a program sees
no more than who it acts for and than it was declared to need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Case, F, Field, Model, Q, QuerySet, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from changqing.accounts.models import LIVE, Account, TeamMembership
from changqing.accounts.rules import TeamMethod, TeamRole
from changqing.base.compiled import Compiled
from changqing.base.packs import load
from changqing.base.refused import Refused
from changqing.people.models import Role, User
from changqing.people.permissions import (
    OF_THE_BOOK,
    OF_THE_DEPARTMENT,
    OF_THE_OWNER,
    SEES_NOTHING,
    Level,
    Operator,
    Part,
    Principal,
    along,
)

Row = TypeVar("Row", bound=Model)
Told = TypeVar("Told")
NOBODYS = Q(pk__in=[])
PLACES_OF = Compiled(lambda user: TeamMembership.objects.filter(user=user, ended_at=None))
ALL = dict.fromkeys(Part, Level.EDIT)


@dataclass(frozen=True)
class Sight:
    """How far one reader goes in each part of one account; ``parts`` are those that can be read."""

    levels: Mapping[Part, Level]

    def reads(self, part: Part) -> bool:
        return self.levels.get(part, Level.NONE) >= Level.READ

    def edits(self, part: Part) -> bool:
        return self.levels.get(part, Level.NONE) >= Level.EDIT

    @cached_property
    def parts(self) -> frozenset[Part]:
        return frozenset(part for part in Part if self.reads(part))


def memberships(of: User) -> dict[int, TeamMembership]:
    """``of``'s places in teams that count today, by account; remembered for one request."""
    found: dict[int, TeamMembership] | None = of.__dict__.get("_memberships")
    if found is None:
        today = timezone.localdate()
        found = of.__dict__["_memberships"] = {
            row.account_id: row
            for row in PLACES_OF(of.pk)
            if row.since <= today and (row.until is None or row.until >= today)
        }
    return found


def forget_grants(of: User) -> None:
    """``of``'s grants have changed: ask again. Other requests have objects of their own."""
    for name in ("_memberships", "_owns_some", "charges", "departments_below"):
        of.__dict__.pop(name, None)


def _acting(to: Principal, part: Part, level: Level) -> Principal | None:
    """Whose grants count when ``to`` asks for ``part``: a program's are those of whom it acts for."""
    if not isinstance(to, User):
        return to
    if not to.is_active or to.role in SEES_NOTHING:
        return None
    if to.role != Role.INTEGRATION:
        return to
    if level > Level.READ or part not in to.scopes or to.acts_for is None or to.acts_for.acts_for_id:
        return None
    return _acting(to.acts_for, part, level)


def rule_for(to: Principal, part: Part = Part.BASIC, level: Level = Level.READ) -> Q:
    """The one rule, written for accounts: those on which ``to`` has ``level`` in ``part``."""
    acting = _acting(to, part, level)
    if acting is None:
        return NOBODYS
    if isinstance(acting, Operator) or OF_THE_BOOK.get(acting.role, {}).get(part, Level.NONE) >= level:
        return LIVE
    mine, by_department = _of_oneself(acting, part, level), _by_department(acting, part, level)
    if mine and by_department:
        return LIVE & (mine | by_department)
    return LIVE & (mine or by_department) if mine or by_department else NOBODYS


def _of_oneself(to: User, part: Part, level: Level) -> Q:
    """The accounts ``to`` owns, stands in for or has a place on."""
    mine = Q()
    if OF_THE_OWNER.get(part, Level.NONE) >= level:
        mine |= Q(owner=to.pk) | Q(backup=to.pk)
    if teams := sorted(pk for pk, place in memberships(to).items() if place.level(part) >= level):
        mine |= Q(pk__in=teams)
    return mine


def _by_department(to: User, part: Part, level: Level) -> Q:
    """The accounts of the departments in the charge of ``to``."""
    departments = _departments(to, part, level)
    return Q(department__in=departments, is_sealed=False) if departments else Q()


def _departments(to: User, part: Part, level: Level) -> list[int]:
    if OF_THE_DEPARTMENT.get(to.role, {}).get(part, Level.NONE) < level:
        return []
    return sorted(pk for pk, may_edit in to.charges.items() if may_edit or level <= Level.READ)


def visible_to(to: Principal, rows: QuerySet[Row], *parts: Part) -> QuerySet[Row]:
    """``rows`` of any model that names its ``account_path``, narrowed to what ``to`` may see.

    What counts is the right to the model's ``account_part``, or to all of ``parts`` where they are named.
    """
    path = rows.model.account_path  # type: ignore[attr-defined]
    own = Part(rows.model.account_part)  # type: ignore[attr-defined]
    return rows.filter(along(path, _all_of(to, parts or (own,), Level.READ)))


def editable_by(by: Principal, rows: QuerySet[Row], *parts: Part) -> QuerySet[Row]:
    """``rows`` narrowed to those that ``by`` may change; parts as for ``visible_to``."""
    path = rows.model.account_path  # type: ignore[attr-defined]
    own = Part(rows.model.account_part)  # type: ignore[attr-defined]
    return rows.filter(along(path, _all_of(by, parts or (own,), Level.EDIT)))


def counted(to: Principal, rows: QuerySet[Account], *parts: Part) -> int:
    """How many ``visible_to`` leaves of ``rows``: what departments give and what is one's own, apart.

    Of a rule with an "or" between columns the database reads every account it finds; each half alone it
    counts from an index.
    """
    rules = [(_acting(to, part, Level.READ), part) for part in parts or (Part.BASIC,)]
    acting, part = rules[0]
    if len(rules) > 1 or not isinstance(acting, User) or OF_THE_BOOK.get(acting.role, {}).get(part):
        return visible_to(to, rows, *parts).count()
    given, own = _by_department(acting, part, Level.READ), _of_oneself(acting, part, Level.READ)
    halves = [given, own & ~given] if given and own else [given or own]
    return sum(rows.filter(LIVE & half).count() for half in halves if half)


def ids_in_sql(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """The ids of ``rows`` as a query with its values, to stand in one written by hand; of no rows too."""
    ids = rows.order_by().values("pk").query
    sql, values = ids.get_compiler(connection=connection, elide_empty=False).as_sql()
    return sql, tuple(values)


def _all_of(to: Principal, parts: Iterable[Part], level: Level) -> Q:
    """The rules of ``parts`` together; most often they are one and the same."""
    rules: list[Q] = []
    for part in parts:
        rule = rule_for(to, part, level)
        if rule not in rules:
            rules.append(rule)
    together = rules[0]
    for rule in rules[1:]:
        together &= rule
    return together


def sight_of(to: Principal, accounts: Iterable[Account]) -> dict[int, Sight]:
    """For each of ``accounts``, which parts ``to`` may read and change: no query per account."""
    return {account.pk: sight(to, account) for account in accounts}


def sight(to: Principal, account: Account) -> Sight:
    """Which parts of ``account`` ``to`` may read and change."""
    if account.withdrawn or account.merged_into_id:
        return Sight({})
    if isinstance(to, Operator):
        return Sight(ALL)
    if to.role == Role.INTEGRATION:
        acting = _acting(to, Part.BASIC, Level.READ)
        seen = sight(acting, account).parts if acting else frozenset()
        return Sight({part: Level.READ for part in seen if part in to.scopes})
    if not to.is_active or to.role in SEES_NOTHING:
        return Sight({})
    place = memberships(to).get(account.pk)
    most = Level.NONE
    if OF_THE_DEPARTMENT.get(to.role) and not account.is_sealed and account.department_id in to.charges:
        most = Level.EDIT if to.charges[account.department_id] else Level.READ
    is_own = to.pk in (account.owner_id, account.backup_id)
    return _given(to.role, is_own, tuple(place.level(part) for part in Part) if place else (), most)


@lru_cache(maxsize=512)
def _given(role: str, is_own: bool, place: tuple[Level, ...], most: Level) -> Sight:
    """All grants together: of a role, an own account, a place in the team and, up to ``most``, a department.
    There are few such combinations, and a list asks for one in every row."""
    given = [OF_THE_BOOK.get(role, {})]
    if is_own:
        given.append(OF_THE_OWNER)
    if place:
        given.append(dict(zip(Part, place, strict=True)))
    if most:
        given.append({part: min(level, most) for part, level in OF_THE_DEPARTMENT[role].items()})
    return Sight({part: max(grant.get(part, Level.NONE) for grant in given) for part in Part})


def seen_rows(to: Principal, account: Account, compiled: Compiled[Told], *parts: Part) -> list[Told]:
    """What ``compiled`` finds for ``account``, if ``to`` may read it; parts as for ``visible_to``. Of one
    account that is there already, the rule of who sees what is known without asking the database.

    ``compiled`` asks by an account's number, of a model whose ``account_path`` is one step.
    """
    model: Any = compiled.model
    if not model.account_path or "__" in model.account_path:
        raise TypeError(f"{model.__name__} does not belong to one account")
    seen = sight(to, account)
    return compiled(account.pk) if all(map(seen.reads, parts or (Part(model.account_part),))) else []


def seen_only(
    to: Principal, part: Part, column: str, kind: Field[Any, Any], path: str = "account"
) -> F | Cast:
    """``column`` of a query over rows that ``to`` may see, NULL of ``kind`` where ``part`` is withheld."""
    rule = rule_for(to, part)
    if rule == rule_for(to):
        return F(column)
    return Cast(Case(When(along(path, rule), then=F(column)), default=None, output_field=kind), kind)


def reads_anywhere(to: Principal, part: Part) -> bool:
    """Whether there can be any account on which ``to`` reads ``part``: else nobody need ask."""
    return rule_for(to, part) != NOBODYS and _has_some(to, part)


def is_withheld(to: Principal, part: Part) -> bool:
    """Whether ``to`` sees accounts, but ``part`` on none of them: a list must not be asked by it."""
    return not reads_anywhere(to, part) and reads_anywhere(to, Part.BASIC)


def _has_some(to: Principal, part: Part) -> bool:
    """For who sees by role, yes; by owning alone, only with an account of one's own."""
    acting = _acting(to, part, Level.READ)
    if not isinstance(acting, User) or OF_THE_BOOK.get(acting.role, {}).get(part):
        return acting is not None
    if any(place.level(part) for place in memberships(acting).values()) or _departments(
        acting, part, Level.READ
    ):
        return True
    return bool(OF_THE_OWNER.get(part)) and _owns_some(acting)


def _owns_some(of: User) -> bool:
    """Whether ``of`` is owner or backup of any account; remembered for one request."""
    found: bool | None = of.__dict__.get("_owns_some")
    if found is None:
        mine = Q(owner=of.pk) | Q(backup=of.pk)
        found = of.__dict__["_owns_some"] = Account.objects.filter(
            mine, withdrawn=False, merged_into=None
        ).exists()
    return found


def why(to: User, account: Account) -> list[str]:
    """Every way by which ``to`` comes to see ``account``, in words; nothing when there is none."""
    if not sight(to, account).parts:
        return []
    found = []
    if to.role == Role.INTEGRATION and to.acts_for:
        return [_("代表 %(name)s，只限声明过的范围") % {"name": to.acts_for}, *why(to.acts_for, account)]
    if to.pk == account.owner_id:
        found.append(_("是负责人"))
    if to.pk == account.backup_id:
        found.append(_("是后备负责人"))
    if place := memberships(to).get(account.pk):
        words = _("在客户团队里：%(role)s，自 %(since)s")
        found.append(words % {"role": role_name_of(place.role), "since": place.since.isoformat()})
    if to.role in OF_THE_BOOK:
        found.append(_("角色是%(role)s，看得到整本账") % {"role": to.get_role_display()})
    if OF_THE_DEPARTMENT.get(to.role) and not account.is_sealed and account.department_id in to.charges:
        words = _("角色是%(role)s，客户在其分管的部门 %(department)s")
        found.append(words % {"role": to.get_role_display(), "department": account.department})
    return found


def reach(seen: Sight) -> str:
    """In words, how far ``seen`` goes."""
    read = [part_name(part) for part in Part if seen.reads(part) and not seen.edits(part)]
    edit = [part_name(part) for part in Part if seen.edits(part)]
    hidden = [part_name(part) for part in Part if not seen.reads(part)]
    said = [
        words % {"parts": _("、").join(parts)}
        for words, parts in (
            (_("可编辑：%(parts)s"), edit),
            (_("可查看：%(parts)s"), read),
            (_("看不到：%(parts)s"), hidden),
        )
        if parts
    ]
    return _("；").join(said)


@lru_cache(maxsize=1)
def team_roles() -> dict[str, TeamRole]:
    """The roles that a team can have, by code, as shipped."""
    return {role.code: role for role in load("team", TeamMethod).method.roles}


def role_name_of(code: str) -> str:
    known = team_roles().get(code)
    return str(known.name) if known else code


def may_edit(by: Principal, account: Account, part: Part) -> bool:
    """Whether ``by`` may change ``part`` of ``account``."""
    return sight(by, account).edits(part)


def check_may_edit(*, by: Principal, accounts: Iterable[Account], part: Part) -> None:
    """Raise Refused unless ``by`` may change ``part`` of each of ``accounts``; asked before all writing.

    One that ``by`` may not even see is spoken of as if it were not there.
    """
    accounts = list(accounts)
    sights = sight_of(by, accounts)
    hidden = [each.key for each in accounts if not sights[each.pk].reads(Part.BASIC)]
    if hidden:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": "、".join(hidden[:10])})
    barred = [each.name for each in accounts if not sights[each.pk].edits(part)]
    if barred:
        raise Refused(
            _("您只能查看、不能改动 %(names)s 的%(part)s。什么都没有改动。请找客户负责人。")
            % {"names": "、".join(barred[:10]), "part": part_name(part)}
        )


def part_name(part: Part) -> str:
    """How people call a part of an account."""
    if part is Part.NAMES:
        return pgettext("part of an account", "联系人姓名和职务")
    return str(TeamMembership._meta.get_field(part).verbose_name)  # type: ignore[union-attr]
