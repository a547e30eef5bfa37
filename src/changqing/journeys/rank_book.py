"""The book is ranked anew, because somebody asked."""

from __future__ import annotations

from django.db import transaction

from changqing.ledger.actions import lock_the_book
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit
from changqing.value.actions import rank_the_book


@transaction.atomic
def rank_book(*, by: Principal) -> None:
    """Rank all accounts by the method in force, while no import changes what is ranked."""
    check_may(by, "rank the book")
    lock_the_book()
    rankings = rank_the_book(by=by)
    write_audit(by=by, verb="rank", subject=("book", "all"), periods=[one.period for one in rankings])
