"""One-time links: made by who may, shown once, good for one password."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from changqing.base.refused import Refused
from changqing.organisation.models import OneTimeLink
from changqing.organisation.queries import link_digest, no_such_link
from changqing.organisation.rules import LINK_LIVES
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.actions import write_audit


@transaction.atomic
def make_link(*, by: Principal, user: User, now: datetime, door: str = "") -> str:
    """The code of a new link for ``user``; links made before it are dead."""
    cancel_links(user=user, now=now)
    code = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        digest=link_digest(code),
        user=user,
        made_by=by if isinstance(by, User) else None,
        made_at=now,
        ends_at=now + LINK_LIVES,
    )
    write_audit(by=by, verb="make one-time link", subject=("user", user.username), door=door)
    return code


@transaction.atomic
def use_up_link(*, code: str, now: datetime) -> User:
    """Whose link it is, and it is dead now; Refused unless it worked, also when two use it at once."""
    # locked before it is looked at: an update that joins would judge by what it saw before it waited
    link = OneTimeLink.objects.select_for_update().filter(digest=link_digest(code)).first()
    if link is None or link.used_at or link.ends_at <= now or not link.user.is_active:
        raise Refused(no_such_link())
    link.used_at = now
    link.save(update_fields=["used_at"])
    return link.user


def cancel_links(*, user: User, now: datetime) -> int:
    """Every link of ``user`` that still worked is dead."""
    return OneTimeLink.objects.filter(user=user, used_at=None).update(used_at=now)
