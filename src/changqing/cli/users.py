"""Who may sign in, as what, from which department."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import Namespace

from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _


def add(words: Namespace) -> int:
    """A user with the password typed here, or read from standard input for scripts."""
    if words.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass(_("密码（至少 10 位）："))
    with opened():
        from changqing.journeys.welcome_user import welcome_user

        user = welcome_user(
            by=principal(words),
            username=words.username,
            full_name=words.name or words.username,
            password=password,
            role=words.role,
            department=words.department,
            must_change=not words.own,
        )
        print(_("已新建用户 %(name)s。") % {"name": user.username})
    return 0


def show(words: Namespace) -> int:
    """Who may sign in, a line each."""
    with opened():
        from changqing.organisation.queries import users_with_second_factor
        from changqing.people.queries import every_user

        found = every_user(principal(words))
        protected = users_with_second_factor(user.pk for user in found)
        rows = [
            {
                "username": user.username,
                "name": user.full_name,
                "role": user.role,
                "department": str(user.department or ""),
                "active": user.is_active,
                "second_factor": user.pk in protected,
                "last_sign_in": user.last_login.isoformat() if user.last_login else "",
            }
            for user in found
        ]
    if words.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        state = "" if row["active"] else _("（已停用）")
        print(f"{row['username']}\t{row['name']}{state}\t{row['role']}\t{row['department']}")
    return 0


def role(words: Namespace) -> int:
    """Give a user another role."""
    with opened():
        from changqing.journeys.keep_users import edit_user
        from changqing.people.queries import user_named

        user = user_named(words.username)
        edit_user(
            by=principal(words),
            pk=user.pk,
            version=None,
            role=words.role,
            department=user.department_id,
            door="cli",
        )
        print(_("%(name)s 的角色现在是 %(role)s。") % {"name": user.username, "role": words.role})
    return 0


def stop(words: Namespace) -> int:
    """Somebody has left: no sign-in, no session, no link works any more."""
    with opened():
        from django.utils import timezone

        from changqing.journeys.keep_users import stop_user
        from changqing.people.queries import user_named

        user = user_named(words.username)
        stop_user(by=principal(words), pk=user.pk, now=timezone.now(), door="cli")
        print(_("%(name)s 已停用，他的登录和链接都已结束。") % {"name": user.username})
    return 0


def link(words: Namespace) -> int:
    """A one-time link to choose a password; it is printed this once."""
    with opened():
        from django.urls import reverse
        from django.utils import timezone

        from changqing.journeys.keep_users import new_link
        from changqing.people.queries import user_named

        user = user_named(words.username)
        made = new_link(by=principal(words), pk=user.pk, now=timezone.now(), door="cli")
        print(words.base.rstrip("/") + reverse("join", args=[made.code]))
    return 0


def reset_factors(words: Namespace) -> int:
    """Take the second factors of somebody who lost them away."""
    with opened():
        from changqing.journeys.keep_users import reset_factors as reset
        from changqing.people.queries import user_named

        user = user_named(words.username)
        reset(by=principal(words), pk=user.pk, because=words.because, door="cli")
        print(_("%(name)s 的第二步验证已重置。") % {"name": user.username})
    return 0


def departments(words: Namespace) -> int:
    """The tree of departments."""
    with opened():
        from changqing.people.queries import check_may_keep_users, department_tree

        check_may_keep_users(principal(words))
        for one in department_tree():
            print("  " * one.depth + one.name)
    return 0


def add_department(words: Namespace) -> int:
    with opened():
        from changqing.journeys.keep_departments import add_department as add_one
        from changqing.people.queries import department_named

        parent = department_named(words.under).pk if words.under else None
        made = add_one(by=principal(words), name=words.name, parent=parent, door="cli")
        print(_("已新建部门 %(name)s。") % {"name": made.name})
    return 0


def move_department(words: Namespace) -> int:
    with opened():
        from changqing.journeys.keep_departments import move_department as move
        from changqing.people.queries import department_named

        pk = department_named(words.name).pk
        to = department_named(words.under).pk if words.under else None
        moved = move(by=principal(words), pk=pk, to=to, door="cli")[0]
        under = moved.parent.name if moved.parent else _("最上层")
        print(_("%(name)s 已移到 %(under)s。") % {"name": moved.name, "under": under})
    return 0
