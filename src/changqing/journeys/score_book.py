"""The book is fitted and scored: on demand, monthly, nightly; after an import only what it touched."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date

from django.db import transaction
from procrastinate.contrib.django import app as queue

from changqing.ledger.actions import lock_the_book
from changqing.ledger.queries import as_of, buying_accounts
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import write_audit
from changqing.retention.actions import look_at_the_book
from changqing.value.actions.scoring import fit_the_book, read_book, score_the_book
from changqing.value.queries.methods import is_judged_later, needs_a_fit

log = logging.getLogger(__name__)


@transaction.atomic
def fit(*, by: Principal, because: str = "", day: date | None = None) -> int:
    """Fit the whole book anew and score it by the new version; how many rows changed."""
    check_may(by, "rank the book")
    lock_the_book()
    last = as_of()
    book = read_book(last) if last else None
    made = fit_the_book(by=by, because=because, day=day, book=None if day else book)
    changed = score_the_book(by=by, book=book)
    look_at_the_book(by=by, book=book)
    day_told = made.as_of.isoformat() if made else None
    write_audit(by=by, verb="fit", subject=("book", "all"), as_of=day_told, changed=changed)
    return changed


@transaction.atomic
def score(*, by: Principal) -> int:
    """Score all accounts by the version in force; how many rows changed, 0 when nothing moved."""
    check_may(by, "rank the book")
    lock_the_book()
    last = as_of()
    book = read_book(last) if last else None
    changed = score_the_book(by=by, book=book)
    look_at_the_book(by=by, book=book)
    write_audit(by=by, verb="score", subject=("book", "all"), changed=changed)
    return changed


def after_import(*, by: Principal, touched: Collection[int]) -> None:
    """In the import's transaction: score what it touched; a book that was never fitted, or has outgrown its
    fit, is fitted first and scored whole. Of a large book that is left to ``judge_what_is_owed``."""
    last, accounts = as_of(), buying_accounts()
    if is_judged_later(accounts=accounts, last=last):
        # whoever commits the import judges next; should they die in between, the queue does
        queue.configure_task("book:judge").defer()
        return
    if needs_a_fit(accounts=accounts, last=last):
        only, book = None, read_book(last) if last else None
        fit_the_book(by=by, book=book)
    else:
        only, book = touched, read_book(last, touched) if last and touched else None
    score_the_book(by=by, only=only, book=book)
    look_at_the_book(by=by, only=only, book=book)


@transaction.atomic
def judge_what_is_owed() -> bool:
    """Fit and score a large book whose import has left that for later; whether anything was owed."""
    if not is_judged_later(accounts=buying_accounts(), last=as_of()):
        return False
    lock_the_book()
    # who held the lock until now may have done it
    if is_judged_later(accounts=buying_accounts(), last=as_of()):
        fit(by=operator(because="the book is new or has grown"))
    return True


def judge_now() -> None:
    """``judge_what_is_owed`` for who has just committed an import: what goes wrong here is left to the queue,
    for the import is in the book."""
    try:
        judge_what_is_owed()
    except Exception:
        log.exception("the book is in force and ranked; to fit and score it failed and is tried again")


def nightly() -> None:
    """What the queue does every night: a month-old fit is made anew, then all accounts are scored."""
    by = operator(because="the nightly run")
    if as_of() is None:
        return
    if needs_a_fit(accounts=buying_accounts(), last=as_of()):
        fit(by=by, because="a month has passed or the book has grown")
    else:
        score(by=by)
