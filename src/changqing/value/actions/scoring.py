"""Scoring: the book is fitted, all accounts or those an import touched are scored, in bulk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from django.db import connection, transaction

from changqing.base.days import months_back
from changqing.engine.computable import Integers
from changqing.ledger.columns import (
    accounts_without_days,
    breadth,
    day_columns,
    flow_columns,
    rows_of,
)
from changqing.ledger.queries import as_of
from changqing.ledger.rollups import refresh_missing_days
from changqing.people.permissions import Principal, check_may
from changqing.records.queries import method_in_force
from changqing.value.actions.storing import forget, store
from changqing.value.models import AccountStanding, BookFit, FactorRating, TierDecision
from changqing.value.queries.methods import fit_in_force, fitted_of, methods_in_force
from changqing.value.rules.facts import Histories, facts_of
from changqing.value.rules.fits import Fitted
from changqing.value.rules.judge import RATED, judge
from changqing.value.rules.lifetime import fit_book, rhythm_of
from changqing.value.rules.schemes import cut_book
from changqing.value.rules.score import Known, Methods, score
from changqing.value.rules.settle import NONE


@transaction.atomic
def fit_the_book(
    *, by: Principal, day: date | None = None, because: str = "", book: Histories | None = None
) -> BookFit | None:
    """Fit the whole book as of ``day`` (its last), which comes into force; None for an empty book.

    ``book`` is ``read_book`` of that day, where somebody has read it already.
    """
    check_may(by, "rank the book")
    last = day or as_of()
    if last is None:
        return None
    methods = methods_in_force()
    book = book or read_book(last)
    if not book.size:
        return None
    fitted = fit_with_cuts(book, last, methods)
    BookFit.objects.filter(in_force=True).update(in_force=False)
    return BookFit.objects.create(
        as_of=last,
        method=method_in_force("worth"),
        parameters=fitted.as_json(),
        accounts=book.size,
        because=because or getattr(by, "because", ""),
    )


def fit_with_cuts(book: Histories, day: date, methods: Methods) -> Fitted:
    """The fit of ``book`` with the amounts at which each scheme cuts it."""
    fitted = fit_book(book, day, methods.worth.lifetime)
    return replace(fitted, reference=replace(fitted.reference, cuts=cuts_of(book, day, fitted, methods)))


def cuts_of(book: Histories, day: date, fitted: Fitted, methods: Methods) -> dict[str, list[float]]:
    """The amounts at which each scheme of ``methods`` cuts ``book``, by the grids of ``fitted``."""
    facts = facts_of(book, day, yearly_rate=float(methods.worth.lifetime.capital.value))
    facts["alive"] = rhythm_of(book, day, fitted, methods.worth.lifetime, with_bands=False)[0].alive
    judged = judge(facts, fitted.reference, methods.worth, ratings={}, currency=methods.currency)
    return {scheme.code: cut_book(scheme, judged) for scheme in methods.tiers.schemes}


@transaction.atomic
def score_the_book(
    *, by: Principal, only: Collection[int] | None = None, book: Histories | None = None
) -> int:
    """Score all accounts, or ``only`` those, by the fit and methods in force; how many rows changed.

    ``book`` is ``read_book`` of the same accounts on the book's last day, where it has been read already.
    """
    check_may(by, "rank the book")
    fit, last = fit_in_force(), as_of()
    if only is not None and not only:
        return 0
    book = book or (read_book(last, only) if fit and last else None)
    if fit is None or last is None or book is None or not book.size:
        forget(only, last)
        return 0
    methods, fitted = methods_in_force(), fitted_of(fit)
    return store(score(book, last, fitted, methods, known_of(book, last, methods)), fit, only)


def read_book(last: date, only: Collection[int] | None = None) -> Histories:
    """The histories of all accounts, or of ``only`` those, up to ``last``."""
    missing = accounts_without_days()
    if missing:
        refresh_missing_days(missing)
    days = day_columns(only)
    since = months_back(last, 11).replace(day=1)
    before = months_back(last, 23).replace(day=1)
    families = np.full((days.accounts.size, 2), np.nan)
    told = np.array(breadth(since=since, before=before, accounts=only), np.int64).reshape(-1, 3)
    rows, found = rows_of(told[:, 0], days.accounts)
    families[rows] = told[found, 1:]
    matrices, first_month = _by_month(only, days.accounts)
    book = Histories(
        accounts=days.accounts,
        of=days.of,
        days=days.days,
        revenue=days.revenue,
        margin=days.margin,
        without_cost=days.without_cost,
        returned=days.returned,
        bought=days.bought,
        families=families,
        first_month=first_month,
        **matrices,
    )
    return book.until(last)


def _by_month(
    only: Collection[int] | None, accounts: Integers
) -> tuple[dict[str, np.ndarray[Any, Any]], int]:
    """Costs, invoices with openings, and receipts as matrices of accounts by month; empty without any."""
    flows = flow_columns(only)
    if not flows.months.size:
        return {}, 0
    first, last = int(flows.months.min()), int(flows.months.max())
    rows, here = rows_of(flows.accounts, accounts)
    shape = (accounts.size, last - first + 1)
    found = {name: np.zeros(shape) for name in ("cost", "invoiced", "received")}
    columns = {"costs": "cost", "invoices": "invoiced", "openings": "invoiced", "receipts": "received"}
    for kind, name in columns.items():
        these = flows.kinds[here] == kind
        at = (rows[these], flows.months[here][these] - first)
        np.add.at(found[name], at, flows.amounts[here][these])
    return found, first


def known_of(book: Histories, last: date, methods: Methods) -> Known:
    """Ratings, tiers held and tiers set by hand of the accounts of ``book``."""
    place = {account: at for at, account in enumerate(book.accounts.tolist())}
    size = book.size
    ratings = {name: np.full(size, np.nan) for name in RATED}
    newest = FactorRating.objects.order_by("account_id", "factor", "-at", "-pk").distinct(
        "account_id", "factor"
    )
    for account, factor, rating in newest.values_list("account_id", "factor", "rating"):
        if account in place:
            ratings[factor][place[account]] = rating
    scheme, steps = methods.tiers.governs, methods.tiers.hysteresis
    codes = {code: at for at, code in enumerate(scheme.codes)}
    held = np.full(size, NONE)
    settled = settled_of(scheme.code, book.accounts if size < FEW else None)
    rows, here = rows_of(np.array([row[0] for row in settled], np.int64), book.accounts)
    tiers = np.array([codes.get(row[1], NONE) for row in settled], np.int64)
    held[rows] = tiers[here]
    override = np.full(size, NONE)
    for account, kind, tier in decisions(scheme.code, last):
        if account in place and kind == TierDecision.Kind.OVERRIDE and tier in codes:
            override[place[account]] = codes[tier]
    refused = np.full(size, NONE)
    since = months_back(last, steps.periods.value * steps.period_months.value)
    turned_down = TierDecision.objects.filter(
        kind=TierDecision.Kind.REFUSED, scheme=scheme.code, at__date__gte=since
    )
    for account, tier in turned_down.order_by("at", "pk").values_list("account_id", "tier"):
        if account in place and tier in codes:
            refused[place[account]] = codes[tier]
    return Known(ratings, held, override, refused)


FEW = 5_000


def settled_of(scheme: str, accounts: Integers | None) -> list[tuple[int, str]]:
    """The tier of ``scheme`` that accounts, or ``accounts`` only, have held so far."""
    narrowed = "" if accounts is None else " AND account_id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT account_id, settled FROM {AccountStanding._meta.db_table} "
            f"WHERE is_current AND scheme = %s{narrowed}",
            [scheme, *([] if accounts is None else [accounts.tolist()])],
        )
        return cursor.fetchall()


def decisions(scheme: str, day: date) -> list[tuple[int, str, str]]:
    """The newest override or lifting of each account that still holds on ``day``: (account, kind, tier)."""
    kinds = (TierDecision.Kind.OVERRIDE, TierDecision.Kind.LIFTED)
    rows = TierDecision.objects.filter(scheme=scheme, kind__in=kinds).order_by("account_id", "-at", "-pk")
    newest = rows.distinct("account_id").values_list("account_id", "kind", "tier", "expires")
    return [
        (account, kind, tier) for account, kind, tier, expires in newest if expires is None or expires >= day
    ]


@transaction.atomic
def recut_the_book(*, by: Principal) -> BookFit | None:
    """The fit in force with the amounts at which the schemes now in force cut the book."""
    check_may(by, "rank the book")
    fit, last = fit_in_force(), as_of()
    if fit is None or last is None:
        return None
    methods, fitted = methods_in_force(), fitted_of(fit)
    cuts = cuts_of(read_book(last), last, fitted, methods)
    fitted = replace(fitted, reference=replace(fitted.reference, cuts=cuts))
    BookFit.objects.filter(in_force=True).update(in_force=False)
    return BookFit.objects.create(
        as_of=fit.as_of,
        method=method_in_force("worth"),
        parameters=fitted.as_json(),
        accounts=fit.accounts,
        because=getattr(by, "because", "")[:200],
    )
