"""Who may: the mechanism behind every read and every deed.

An account has parts, and a role, an own account or a grant gives a level on each: that table stands here.
Each model names its path to the account in ``account_path`` and its part in ``account_part``; the rule that
reads the table stands in ``accounts/rights.py`` and every other room follows its path. Deeds are named verbs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.models import Role, User


@dataclass(frozen=True)
class Operator:
    """Work without a person: the operator of the machine or a nightly run, with the reason it runs."""

    because: str
    name: str = "operator"

    def __str__(self) -> str:
        return self.name


Principal = User | Operator

SEES_THE_BOOK: frozenset[str] = frozenset({Role.EXECUTIVE, Role.OPERATOR})
SEES_THE_DEPARTMENT: frozenset[str] = frozenset({Role.DIRECTOR, Role.SERVICE, Role.FINANCE})
SEES_NOTHING: frozenset[str] = frozenset({Role.ADMIN, Role.AUDITOR})


class Part(StrEnum):
    """What an account consists of for who may see it; a table names its own in ``account_part``."""

    BASIC = "basic"
    # who is there: name and post only
    NAMES = "names"
    CONTACTS = "contacts"
    ACTIVITIES = "activities"
    FILES = "files"
    PLAN = "plan"
    SCORE = "score"
    REVENUE = "revenue"
    MARGIN = "margin"


class Level(IntEnum):
    NONE = 0
    READ = 1
    EDIT = 2


Levels = Mapping[Part, Level]


def levels(read: str = "", edit: str = "") -> Levels:
    """Parts by name with their level; a part nobody names is not seen."""
    given = {Part(name): Level.READ for name in read.split()}
    return given | {Part(name): Level.EDIT for name in edit.split()}


EVERYTHING = " ".join(Part)
# Fewer hidden accounts than these are not spoken of: a figure over one or two gives them away.
FEWEST_HIDDEN = 3
# The table of design: what each may see and change of an account. Default is nothing; grants add up.
# Through an account of one's own, as its owner or backup:
OF_THE_OWNER = levels(read="score revenue margin", edit="basic names contacts activities files plan")
# Who reads about people at every account without being named at any: each reading leaves an audit line.
READS_ARE_LOGGED: frozenset[str] = frozenset({Role.COMPLIANCE, Role.PRIVACY})
# Of every account of the book, by role:
OF_THE_BOOK: dict[str, Levels] = {
    Role.EXECUTIVE: levels(read=EVERYTHING),
    Role.OPERATOR: levels(read="score revenue margin", edit="basic names contacts"),
    Role.COMPLIANCE: levels(read="basic names contacts"),
    Role.PRIVACY: levels(read="basic names contacts activities files"),
}
# Of the accounts of the departments in one's charge, by role; a sealed account is closed to these:
OF_THE_DEPARTMENT: dict[str, Levels] = {
    Role.DIRECTOR: levels(read="names contacts plan score revenue margin", edit="basic activities files"),
    Role.SERVICE: levels(read="basic names contacts activities files score"),
    Role.FINANCE: levels(read="basic names revenue margin"),
}

# Roles that people have; a program is given its own by whom it acts for.
ROLES: tuple[tuple[str, Any], ...] = tuple(
    (role.value, role.label) for role in Role if role != Role.INTEGRATION
)

MAY: dict[str, frozenset[str]] = {
    "bring in files": frozenset({Role.OPERATOR}),
    "see imports": frozenset({Role.OPERATOR, Role.EXECUTIVE}),
    "edit accounts": frozenset({Role.MANAGER, Role.DIRECTOR, Role.OPERATOR, Role.SERVICE}),
    "add users": frozenset({Role.ADMIN}),
    "keep settings": frozenset({Role.ADMIN}),
    "guard personal data": frozenset({Role.ADMIN, Role.PRIVACY}),
    # who may hand accounts over and give more of them than a role's default
    "hand accounts over": frozenset({Role.DIRECTOR, Role.OPERATOR}),
    "keep the book": frozenset({Role.OPERATOR}),
    "rank the book": frozenset({Role.OPERATOR}),
    "read methods": frozenset({Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE, Role.OPERATOR}),
    "change methods": frozenset({Role.OPERATOR}),
    "decide tiers": frozenset({Role.DIRECTOR, Role.EXECUTIVE, Role.OPERATOR}),
    "answer warnings": frozenset({Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE, Role.SERVICE, Role.OPERATOR}),
    "review accounts": frozenset({Role.DIRECTOR, Role.EXECUTIVE}),
    "rate accounts": frozenset({Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE, Role.OPERATOR}),
    "read the audit": frozenset({Role.ADMIN, Role.AUDITOR}),
    "answer subject requests": frozenset({Role.PRIVACY}),
}


def operator(*, because: str) -> Operator:
    """The named principal of work that no person asked for."""
    return Operator(because=because)


def sees_the_whole_book(by: Principal) -> bool:
    return isinstance(by, Operator) or (by.is_active and by.role in SEES_THE_BOOK)


def may(by: Principal, verb: str) -> bool:
    """Whether ``by`` may do ``verb`` at all; KeyError on a verb nobody declared."""
    allowed = MAY[verb]
    return isinstance(by, Operator) or (by.is_active and by.role in allowed)


def check_may(by: Principal, verb: str) -> None:
    """Raise Refused unless ``by`` may do ``verb``; asked before anything is written."""
    if not may(by, verb):
        raise Refused(_("您的角色（%(role)s）不能做这件事。请联系系统管理员。") % {"role": role_name(by)})


def role_name(by: Principal) -> str:
    return str(Role(by.role).label) if isinstance(by, User) else by.name


def along(path: str, rule: Q) -> Q:
    """``rule``, written for accounts, for a model that reaches its account by ``path``."""
    if not path or not rule:
        return rule
    moved = Q(_connector=rule.connector, _negated=rule.negated)
    for child in rule.children:
        if isinstance(child, Q):
            moved.children.append(along(path, child))
        else:
            name, value = child  # type: ignore[misc]
            moved.children.append((f"{path}__{name}", value))
    return moved
