"""Which accounts were merged into which, and can be taken apart again."""

from __future__ import annotations

from django.db.models import QuerySet

from changqing.accounts.models import Account
from changqing.accounts.queries import visible_to
from changqing.dossier.models import AccountMerge
from changqing.people.permissions import Principal


def merges_into(to: Principal, account: Account) -> QuerySet[AccountMerge]:
    """The accounts that are now part of ``account``, the newest first."""
    rows = visible_to(to, AccountMerge.objects.filter(kept=account, unmerged_at=None))
    return rows.select_related("lost", "by").order_by("-pk")


def merge_with_id(to: Principal, pk: int) -> AccountMerge | None:
    """The merge ``pk``, when ``to`` may see the account that was kept."""
    return visible_to(to, AccountMerge.objects.filter(pk=pk)).select_related("kept", "lost").first()
