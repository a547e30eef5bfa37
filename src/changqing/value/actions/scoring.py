"""Scoring: the book is fitted, all accounts or those an import touched are scored, in bulk."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Model

from changqing.base.bulk import copy_rows
from changqing.base.days import months_back
from changqing.ledger.columns import (
    accounts_without_days,
    breadth,
    day_columns,
    flow_columns,
)
from changqing.ledger.queries import as_of
from changqing.ledger.rollups import refresh_missing_days
from changqing.people.permissions import Principal, check_may
from changqing.records.queries import method_in_force
from changqing.value.models import (
    AccountRhythm,
    AccountStanding,
    AccountWorth,
    BookFit,
    FactorRating,
    TierDecision,
)
from changqing.value.queries.methods import fit_in_force, fitted_of, methods_in_force
from changqing.value.rules.facts import Histories, facts_of
from changqing.value.rules.fits import Fitted
from changqing.value.rules.judge import RATED, judge
from changqing.value.rules.lifetime import fit_book, rhythm_of
from changqing.value.rules.schemes import cut_book
from changqing.value.rules.score import (
    Known,
    Methods,
    Scored,
    rhythm_rows,
    score,
    standing_rows,
    worth_rows,
)
from changqing.value.rules.settle import NONE

MONTH_OF_FIT = 31
GROWN = 1.25
STANDING = (
    "scheme",
    "tier",
    "settled",
    "proposed",
    "pending",
    "reason",
    "matrix",
    "matrix_reason",
    "value_rank",
    "potential",
    "labels",
    "before",
    "inputs",
    "digest",
)
WORTH = (
    "model",
    "because",
    "profit",
    "low",
    "high",
    "at_risk",
    "contribution",
    "by_year",
    "facts",
    "digest",
)
RHYTHM = (
    "model",
    "purchases",
    "alive",
    "every",
    "variation",
    "next_low",
    "next_expected",
    "next_high",
    "silence",
    "stretch",
    "tail",
    "families",
    "families_before",
    "return_rate",
    "return_rate_before",
    "days_to_pay",
    "days_to_pay_before",
    "digest",
)


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
    if fit is None or last is None:
        _forget_those_without_orders(only, kept=set())
        return 0
    methods, fitted = methods_in_force(), fitted_of(fit)
    book = book or read_book(last, only)
    _forget_those_without_orders(only, kept=set(book.accounts.tolist()))
    if not book.size:
        return 0
    scored = score(book, last, fitted, methods, known_of(book, last, methods))
    return _write(scored, fit)


def needs_a_fit(*, accounts: int, last: date | None) -> bool:
    """Whether the fit in force is missing, of another age, or of a book that has grown since."""
    fit = fit_in_force()
    if last is None:
        return False
    if fit is None:
        return True
    return accounts > GROWN * fit.accounts or not 0 <= (last - fit.as_of).days <= 3 * MONTH_OF_FIT


def read_book(last: date, only: Collection[int] | None = None) -> Histories:
    """The histories of all accounts, or of ``only`` those, up to ``last``."""
    missing = accounts_without_days()
    if missing:
        refresh_missing_days(missing)
    days = day_columns(only)
    since = months_back(last, 11).replace(day=1)
    before = months_back(last, 23).replace(day=1)
    place = {account: at for at, account in enumerate(days.accounts.tolist())}
    families = np.full((days.accounts.size, 2), np.nan)
    for account, now, then in breadth(since=since, before=before, accounts=only):
        if account in place:
            families[place[account]] = now, then
    matrices, first_month = _by_month(only, place)
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
    only: Collection[int] | None, place: Mapping[int, int]
) -> tuple[dict[str, np.ndarray[Any, Any]], int]:
    """Costs, invoices with openings, and receipts as matrices of accounts by month; empty without any."""
    flows = flow_columns(only)
    if not flows.months.size:
        return {}, 0
    first, last = int(flows.months.min()), int(flows.months.max())
    rows = np.array([place.get(account, -1) for account in flows.accounts.tolist()])
    shape = (len(place), last - first + 1)
    found = {name: np.zeros(shape) for name in ("cost", "invoiced", "received")}
    columns = {"costs": "cost", "invoices": "invoiced", "openings": "invoiced", "receipts": "received"}
    for kind, name in columns.items():
        these = (flows.kinds == kind) & (rows >= 0)
        np.add.at(found[name], (rows[these], flows.months[these] - first), flows.amounts[these])
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
    rows = AccountStanding.objects.filter(is_current=True, scheme=scheme.code)
    if size < FEW:
        rows = rows.filter(account__in=list(place))
    for account, tier in rows.values_list("account_id", "settled"):
        if account in place and tier in codes:
            held[place[account]] = codes[tier]
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


def decisions(scheme: str, day: date) -> list[tuple[int, str, str]]:
    """The newest override or lifting of each account that still holds on ``day``: (account, kind, tier)."""
    kinds = (TierDecision.Kind.OVERRIDE, TierDecision.Kind.LIFTED)
    rows = TierDecision.objects.filter(scheme=scheme, kind__in=kinds).order_by("account_id", "-at", "-pk")
    newest = rows.distinct("account_id").values_list("account_id", "kind", "tier", "expires")
    return [
        (account, kind, tier) for account, kind, tier, expires in newest if expires is None or expires >= day
    ]


def _forget_those_without_orders(only: Collection[int] | None, *, kept: set[int]) -> None:
    """Accounts whose last order line went: their judgement ends, and is kept as history."""
    for model in (AccountStanding, AccountWorth):
        gone = model.objects.filter(is_current=True)
        if only is not None:
            gone = gone.filter(account__in=list(only))
        ids = [pk for pk, account in gone.values_list("pk", "account_id") if account not in kept]
        if ids:
            ended = model.objects.filter(pk__in=ids)
            ended.update(is_current=False, **({"until": as_of()} if model is AccountStanding else {}))
    rhythms = AccountRhythm.objects.all() if only is None else AccountRhythm.objects.filter(account__in=only)
    ids = [account for account in rhythms.values_list("account_id", flat=True) if account not in kept]
    if ids:
        AccountRhythm.objects.filter(account__in=ids).delete()


def _write(scored: Scored, fit: BookFit) -> int:
    accounts = scored.accounts.tolist()
    changed = _write_standings(scored, fit, accounts)
    changed += _write_worths(scored, fit, accounts)
    return changed + _write_rhythms(scored, fit, accounts)


JUDGED = ("scheme", "tier", "proposed", "pending", "matrix", "labels")


def _write_standings(scored: Scored, fit: BookFit, accounts: list[int]) -> int:
    """New rows where judgement or inputs changed; of a changed judgement the old row stays."""
    versions = (method_in_force("tiers").pk, method_in_force("worth").pk)
    old = AccountStanding.objects.filter(is_current=True)
    if len(accounts) < FEW:
        old = old.filter(account__in=accounts)
    known = {
        row[0]: row for row in old.values_list("account_id", "pk", "digest", "since", *JUDGED).iterator()
    }
    ended: list[int] = []
    replaced: list[int] = []
    fresh: list[Sequence[Any]] = []
    for account, row in zip(accounts, standing_rows(scored), strict=True):
        before, since = known.get(account), scored.as_of
        if before is not None:
            if before[2] == row["digest"]:
                continue
            same = tuple(row[name] for name in JUDGED) == before[4:]
            (replaced if same else ended).append(before[1])
            since = before[3] if same else since
        fresh.append((account, scored.as_of, since, fit.pk, *versions, *_said(row, STANDING), True))
    AccountStanding.objects.filter(pk__in=ended).update(is_current=False, until=scored.as_of)
    _delete(AccountStanding, replaced)
    keys = ("account_id", "as_of", "since", "fit_id", "tiers_method_id", "worth_method_id")
    copy_rows(AccountStanding._meta.db_table, (*keys, *STANDING, "is_current"), fresh)
    return len(fresh)


def _write_worths(scored: Scored, fit: BookFit, accounts: list[int]) -> int:
    old = AccountWorth.objects.filter(is_current=True)
    if len(accounts) < FEW:
        old = old.filter(account__in=accounts)
    known = {row[0]: row for row in old.values_list("account_id", "pk", "digest", "as_of").iterator()}
    month = (scored.as_of.year, scored.as_of.month)
    kept: list[int] = []
    replaced: list[int] = []
    fresh: list[Sequence[Any]] = []
    for account, row in zip(accounts, worth_rows(scored), strict=True):
        before = known.get(account)
        if before is not None:
            if before[2] == row["digest"]:
                continue
            of_this_month = (before[3].year, before[3].month) == month
            (replaced if of_this_month else kept).append(before[1])
        fresh.append((account, scored.as_of, fit.pk, *_said(row, WORTH), True))
    AccountWorth.objects.filter(pk__in=kept).update(is_current=False)
    _delete(AccountWorth, replaced)
    copy_rows(AccountWorth._meta.db_table, ("account_id", "as_of", "fit_id", *WORTH, "is_current"), fresh)
    return len(fresh)


def _write_rhythms(scored: Scored, fit: BookFit, accounts: list[int]) -> int:
    old = AccountRhythm.objects.all()
    if len(accounts) < FEW:
        old = old.filter(account__in=accounts)
    known = dict(old.values_list("account_id", "digest").iterator())
    fresh = [
        (account, scored.as_of, fit.pk, *_said(row, RHYTHM))
        for account, row in zip(accounts, rhythm_rows(scored), strict=True)
        if known.get(account) != row["digest"]
    ]
    _delete(AccountRhythm, [row[0] for row in fresh if row[0] in known])
    copy_rows(AccountRhythm._meta.db_table, ("account_id", "as_of", "fit_id", *RHYTHM), fresh)
    return len(fresh)


_in_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def _said(row: Mapping[str, Any], names: Iterable[str]) -> list[Any]:
    return [
        _in_json(value) if type(value) in (dict, list) else value for value in map(row.__getitem__, names)
    ]


def _delete(model: type[Model], ids: list[int]) -> None:
    if ids:
        rows = model._default_manager.filter(pk__in=ids)
        rows._raw_delete(rows.db)


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
