"""Questions about methods in force and the audit."""

from __future__ import annotations

from datetime import datetime

from changqing.people.models import User
from changqing.records.models import AuditLine, MethodVersion


def method_in_force(pack: str) -> MethodVersion:
    """The version of ``pack`` that counts now; MethodVersion.DoesNotExist before the first start."""
    return MethodVersion.objects.get(pack=pack, in_force=True)


def knows_method(pack: str, digest: str) -> bool:
    """Whether this content of ``pack`` has ever been entered."""
    return MethodVersion.objects.filter(pack=pack, digest=digest).exists()


def audit_times(kind: str, key: str, *, verb: str, since: datetime) -> list[datetime]:
    """When ``verb`` was done to the subject (``kind``, ``key``) after ``since``, oldest first."""
    lines = AuditLine.objects.filter(subject_kind=kind, subject_key=key, verb=verb, at__gt=since)
    return list(lines.order_by("at").values_list("at", flat=True))


def audit_count(user: User, *, verb: str, since: datetime) -> int:
    """How often ``user`` did ``verb`` after ``since``."""
    return AuditLine.objects.filter(user=user, verb=verb, at__gt=since).count()


def has_audit_detail(user: User, *, verb: str, since: datetime, **details: str) -> bool:
    """Whether ``user`` did ``verb`` after ``since`` with these details."""
    return AuditLine.objects.filter(user=user, verb=verb, at__gt=since, details__contains=details).exists()


def method_versions(pack: str) -> list[MethodVersion]:
    """Every version of ``pack``, newest first."""
    return list(MethodVersion.objects.filter(pack=pack).order_by("-version"))


def method_version(pack: str, version: int) -> MethodVersion | None:
    return MethodVersion.objects.filter(pack=pack, version=version).first()


def publishers(pack: str) -> dict[int, str]:
    """Who published which version of ``pack``; those that shipped have nobody."""
    lines = AuditLine.objects.filter(subject_kind="method", subject_key=pack, verb="publish method")
    rows = lines.select_related("user").order_by("at")
    return {line.details["version"]: str(line.user or line.principal) for line in rows}
