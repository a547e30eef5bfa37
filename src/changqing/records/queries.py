"""Questions about methods in force and the audit."""

from __future__ import annotations

from changqing.records.models import MethodVersion


def method_in_force(pack: str) -> MethodVersion:
    """The version of ``pack`` that counts now; MethodVersion.DoesNotExist before the first start."""
    return MethodVersion.objects.get(pack=pack, in_force=True)


def knows_method(pack: str, digest: str) -> bool:
    """Whether this content of ``pack`` has ever been entered."""
    return MethodVersion.objects.filter(pack=pack, digest=digest).exists()
