"""Ending sessions: the row goes, and with it whoever was signed in there, at their next click."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.organisation.models import SignedInSession
from changqing.organisation.queries import handle_of
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.actions import write_audit


@transaction.atomic
def end_session(*, user: User, handle: str, door: str = "web") -> None:
    """Sign ``user`` out in one of their browsers; Refused where there is no such session any more."""
    keys = SignedInSession.objects.filter(user=user).values_list("session_key", flat=True)
    key = next((key for key in keys if handle_of(key) == handle), None)
    if key is None:
        raise Refused(_("这次登录已经结束了。"))
    SignedInSession.objects.filter(session_key=key).delete()
    write_audit(by=user, verb="end session", subject=("user", user.username), door=door, sessions=1)


@transaction.atomic
def end_sessions(*, by: Principal, user: User, but: str = "", because: str = "", door: str = "") -> int:
    """Sign ``user`` out everywhere, ``but`` in the session of that key; how many there were."""
    gone, _counted = SignedInSession.objects.filter(user=user).exclude(session_key=but).delete()
    if gone:
        write_audit(
            by=by,
            verb="end sessions",
            subject=("user", user.username),
            door=door,
            sessions=gone,
            reason=because,
        )
    return gone


@transaction.atomic
def end_sessions_of_roles(*, by: Principal, roles: list[str], with_factor: set[int], because: str) -> int:
    """Sign everybody of these roles out who is not among ``with_factor``."""
    rows = SignedInSession.objects.filter(user__role__in=roles).exclude(user__in=with_factor)
    gone, _counted = rows.delete()
    if gone:
        write_audit(
            by=by, verb="end sessions", subject=("roles", ",".join(roles)), sessions=gone, reason=because
        )
    return gone


def sweep_sessions(*, now: datetime) -> int:
    """Delete the rows of sessions that are over; how many."""
    gone, _counted = SignedInSession.objects.filter(expire_date__lt=now).delete()
    return gone
