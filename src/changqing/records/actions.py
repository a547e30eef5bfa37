"""Writing audit lines and bringing shipped methods into force."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.models import AuditLine, MethodVersion


def write_audit(
    *,
    by: Principal,
    verb: str,
    subject: tuple[str, object],
    door: str = "",
    **details: Any,
) -> AuditLine:
    """One line, in the transaction of the deed: ``subject`` is (kind, key)."""
    kind, key = subject
    return AuditLine.objects.create(
        user=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
        because="" if isinstance(by, User) else by.because,
        door=door,
        verb=verb,
        subject_kind=kind,
        subject_key=str(key),
        details=details,
    )


@transaction.atomic
def ship_method(*, pack: str, text: str, digest: str) -> MethodVersion:
    """Enter the shipped ``text`` of ``pack`` unless known; an operator's own version stays in force."""
    known = MethodVersion.objects.filter(pack=pack, digest=digest).first()
    if known:
        return known
    newest = MethodVersion.objects.select_for_update().filter(pack=pack).order_by("-version").first()
    in_force = MethodVersion.objects.filter(pack=pack, in_force=True).first()
    operators_own = in_force is not None and in_force.because != ""
    if in_force and not operators_own:
        MethodVersion.objects.filter(pk=in_force.pk).update(in_force=False)
    return MethodVersion.objects.create(
        pack=pack,
        version=newest.version + 1 if newest else 0,
        text=text,
        digest=digest,
        in_force=not operators_own,
    )
