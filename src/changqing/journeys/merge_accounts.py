"""Two accounts are one company: entries, people, notes and files, and whose customer is whose; and back."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.dossier.actions.merging import merge_entries, unmerge_entries
from changqing.dossier.queries.merges import merge_with_id
from changqing.journeys.score_book import after_import
from changqing.ledger import actions as ledger
from changqing.ledger import owners
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import write_audit
from changqing.value.actions import rank_the_book

if TYPE_CHECKING:
    from changqing.dossier.models import AccountMerge


@transaction.atomic
def merge_accounts(
    *, by: Principal, kept: str, lost: str, take: Collection[str] = (), door: str = ""
) -> AccountMerge:
    """``lost`` goes into ``kept`` with all that hangs on it; the fields ``take`` are taken from it."""
    check_may(by, "edit accounts")
    # before any row: imports hold it too, and touch accounts after it
    ledger.lock_the_book()
    merge = merge_entries(by=by, kept=kept, lost=lost, take=take)
    customers = owners.move_customers(of=merge.lost_id, to=merge.kept_id)
    merge.moved = {**merge.moved, "customers": customers}
    merge.save(update_fields=["moved"])
    if customers:
        _judge_anew({merge.kept_id, merge.lost_id}, because="two accounts were merged")
    write_audit(by=by, verb="merge", subject=("account", kept), door=door, lost=lost, taken=sorted(take))
    return merge


@transaction.atomic
def unmerge_accounts(*, by: Principal, pk: int, door: str = "") -> AccountMerge:
    """Take the merge ``pk`` apart: figures, people, notes and files as if it had not been."""
    check_may(by, "edit accounts")
    ledger.lock_the_book()
    merge = merge_with_id(by, pk)
    if merge is None:
        raise Refused(_("没有您能拆回的合并；若留下的客户又并入了别家，请先拆回那一次。"))
    kept, lost = unmerge_entries(by=by, merge=merge)
    customers = merge.moved.get("customers", [])
    if customers:
        owners.move_customers_back(ids=customers, of=kept.pk, to=lost.pk)
        _judge_anew({kept.pk, lost.pk}, because="two accounts were taken apart")
    write_audit(by=by, verb="unmerge", subject=("account", kept.key), door=door, lost=lost.key)
    return merge


def _judge_anew(touched: set[int], *, because: str) -> None:
    """What hangs on whose orders are whose: ranks, tiers, rhythms."""
    by_itself = operator(because=because)
    rank_the_book(by=by_itself)
    after_import(by=by_itself, touched=touched)
