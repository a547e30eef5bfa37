"""Saved lists: one's own and those for everybody."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from changqing.dossier.models import SavedList
from changqing.people.models import User


def lists_for(to: User) -> QuerySet[SavedList]:
    """The saved lists that ``to`` may use; what each shows is narrowed when it is opened."""
    rows = SavedList.objects.filter(Q(owner=to) | Q(is_shared=True, owner__is_active=True))
    return rows.select_related("owner").order_by("name", "pk")
