"""A warning is answered: what will be done, by whom, until when; or that it can wait, or is not so."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal
from changqing.people.queries import user_named
from changqing.retention.actions import answer_warning, take_back
from changqing.retention.queries import AccountWarning


def answer(
    *,
    by: Principal,
    pk: int,
    kind: str,
    version: int,
    words: str = "",
    who: str = "",
    until: date | None = None,
) -> AccountWarning:
    """Answer warning ``pk``; ``who`` is a username, the answerer when empty."""
    if kind == "reopen":
        return take_back(by=by, pk=pk, version=version)
    return answer_warning(
        by=by,
        pk=pk,
        kind=kind,
        version=version,
        today=as_of() or timezone.localdate(),
        words=words,
        who=user_named(who) if who else None,
        until=until,
    )
