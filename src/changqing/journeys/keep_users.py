"""People come, change and forget their password: each deed with its audit line, its sessions and links."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from changqing.organisation.actions.links import cancel_links, use_up_link
from changqing.organisation.actions.sessions import end_sessions
from changqing.people.actions import set_password, set_profile
from changqing.people.queries import User
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
