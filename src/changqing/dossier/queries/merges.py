"""Which accounts were merged into which, and can be taken apart again."""

from __future__ import annotations

from changqing.accounts.models import Account
from changqing.accounts.queries import seen_rows, visible_to
from changqing.base.compiled import Compiled
from changqing.dossier.models import AccountMerge
from changqing.people.permissions import Principal

MERGES = Compiled(
    lambda account: (
        AccountMerge.objects.filter(kept=account, unmerged_at=None)
        .select_related("lost", "by")
        .order_by("-pk")
    )
)


def merges_into(to: Principal, account: Account) -> list[AccountMerge]:
    """The accounts that are now part of ``account``, the newest first."""
    return seen_rows(to, account, MERGES)


def merge_with_id(to: Principal, pk: int) -> AccountMerge | None:
    """The merge ``pk``, when ``to`` may see the account that was kept."""
    return visible_to(to, AccountMerge.objects.filter(pk=pk)).select_related("kept", "lost").first()
