"""Adding who may sign in."""

from __future__ import annotations

import getpass
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
        )
        print(_("已新建用户 %(name)s。") % {"name": user.username})
    return 0
