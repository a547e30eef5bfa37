"""One account's value opened to its arithmetic: history by year, levers, P(alive) over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings

from changqing.accounts.queries import Account, account_by_key
from changqing.base.days import FiscalYear, months_back
from changqing.engine.profit import Base, Levers, more_longer_deeper
from changqing.organisation.queries import organisation_settings
from changqing.people.permissions import Principal
from changqing.reports.worth import Judged, judged
from changqing.value.queries.account_book import book_of_account
from changqing.value.queries.methods import fitted_of, methods_in_force, tiers_of
from changqing.value.queries.worth import (
    AccountRhythm,
    AccountStanding,
    FactorRating,
    TierDecision,
    decisions_of,
    ratings_of,
    rhythm_row,
    standings_before,
)
from changqing.value.rules.facts import Histories, gaps_until, number_of
from changqing.value.rules.fits import Fitted, rhythms_by
from changqing.value.rules.schemes import Scheme, TiersMethod
from changqing.value.rules.worth_method import WorthMethod

MONTHS = 24


@dataclass(frozen=True)
class Year:
    """One fiscal year of an account, as far as the books know; None is not known."""

    year: FiscalYear
    revenue: float
    margin: float
    cost: float | None
    financing: float | None
    is_whole: bool

    @property
    def contribution(self) -> float:
        return self.margin - (self.cost or 0.0) - (self.financing or 0.0)


@dataclass(frozen=True, kw_only=True)
class WorthPage:
    """``years``, ``levers`` and the money in ``judged.worth`` are only there for who may see margins."""

    account: Account
    judged: Judged
    scheme: Scheme
    tiers: TiersMethod
    worth_method: WorthMethod
    history: list[AccountStanding]
    decisions: list[TierDecision]
    ratings: dict[str, FactorRating]
    years: list[Year]
    levers: Levers | None
    failed: dict[str, str]
    fit_name: str
    currency: str


def worth_page(to: Principal, key: str) -> WorthPage | None:
    """All that the value part of account ``key`` shows; None when ``to`` may not see the account."""
    account = account_by_key(to, key)
    if account is None:
        return None
    found, methods = judged(to, account), methods_in_force()
    fit = next((row.fit for row in (found.standing, found.worth, found.rhythm) if row is not None), None)
    fitted = fitted_of(fit) if fit else None
    book = book_of_account(to, account) if found.worth else None
    tiers = methods.tiers
    if found.standing is not None:
        tiers = tiers_of(found.standing.tiers_method)
    scheme = tiers.scheme(found.standing.scheme) if found.standing else None
    return WorthPage(
        account=account,
        judged=found,
        scheme=scheme or tiers.governs,
        tiers=tiers,
        worth_method=methods.worth,
        history=standings_before(to, account),
        decisions=decisions_of(to, account),
        ratings=ratings_of(to, account),
        years=_years(book, found) if book is not None and found.worth else [],
        levers=_levers(found, methods.worth.lifetime.years.value),
        failed=dict(fitted.failed) if fitted else {},
        fit_name=f"fit {fit.as_of.isoformat()} · {fit.method}" if fit else "",
        currency=settings.BOOK_CURRENCY,
    )


@dataclass(frozen=True)
class RhythmPage:
    """``rhythm`` None is not known or not this reader's to see; ``alive`` is P(alive) by month."""

    rhythm: AccountRhythm | None
    alive: list[tuple[date, float]]


def rhythm_page(to: Principal, key: str) -> RhythmPage | None:
    """When account ``key`` orders next and how likely it still does; None when ``to`` may not see it."""
    account = account_by_key(to, key)
    if account is None:
        return None
    row = rhythm_row(to, account)
    if row is None:
        return RhythmPage(None, [])
    book = book_of_account(to, account, with_flows=False)
    return RhythmPage(row, _alive(book, row, fitted_of(row.fit)) if book is not None else [])


def _years(book: Histories, found: Judged) -> list[Year]:
    assert found.worth is not None
    last, rate, first = found.worth.as_of, _capital(), organisation_settings().fiscal_month
    # months from 1970 on, shifted so that fiscal years begin where the count divides by twelve
    months = book.days.astype("datetime64[D]").astype("datetime64[M]").astype(int) - (first - 1)
    rows: dict[int, list[float]] = {}
    for at, revenue, margin in zip(
        (months // 12).tolist(), book.revenue.tolist(), book.margin.tolist(), strict=True
    ):
        sums = rows.setdefault(1970 + at, [0.0, 0.0])
        sums[0] += revenue
        sums[1] += margin
    return [
        Year(
            year=year,
            revenue=sums[0],
            margin=sums[1],
            cost=_of_year(book, book.cost, year),
            financing=_financing(book, year, rate),
            is_whole=year.ended_by(last),
        )
        for year, sums in ((FiscalYear(begun, first), sums) for begun, sums in sorted(rows.items()))
    ]


def _capital() -> float:
    return float(methods_in_force().worth.lifetime.capital.value)


def _months_in(book: Histories, year: FiscalYear) -> slice:
    """Where the months of ``year`` stand in a table of ``book``."""
    start, stop = (month - book.first_month for month in (year.months.start, year.months.stop))
    return slice(max(start, 0), max(stop, 0))


def _of_year(book: Histories, table: Any, year: FiscalYear) -> float | None:
    if not table.size or not table.any():
        return None
    return float(table[0, _months_in(book, year)].sum())


def _financing(book: Histories, year: FiscalYear, rate: float) -> float | None:
    """Mean receivables of the year's months that the books know, at the cost of capital."""
    if not book.invoiced.size or not book.invoiced.any():
        return None
    held = np.cumsum(book.invoiced[0] - book.received[0])[_months_in(book, year)]
    return float(max(held.sum() / 12, 0.0) * rate) if held.size else None


def _levers(found: Judged, years: int) -> Levers | None:
    """The change from the last twelve months, had they gone on for as long, to what is foreseen: more orders,
    longer, deeper (contribution an order)."""
    worth, standing = found.worth, found.standing
    if worth is None or standing is None or worth.profit is None or not worth.by_year:
        return None
    orders, future = standing.inputs.get("orders") or 0.0, worth.facts.get("future_orders") or 0.0
    if not orders or not future or not worth.by_year[0] or worth.contribution is None:
        return None
    stays = sum(value or 0.0 for value in worth.by_year) / worth.by_year[0]
    before = Base(customers=orders, years=years, profit_per_year=worth.contribution / orders)
    after = Base(customers=future, years=max(stays, 0.0), profit_per_year=worth.by_year[0] / future)
    return more_longer_deeper(before, after)


def _alive(book: Histories, row: AccountRhythm, fitted: Fitted) -> list[tuple[date, float]]:
    """P(still a customer) at the end of each of the last months, by the fit in force, without hindsight."""
    if fitted.law is None or not book.bought.any():
        return []
    began = book.days[book.bought][0]
    known = (months_back(row.as_of, back) for back in range(MONTHS, -1, -1))
    days = [day for day in known if number_of(day) >= began]
    ends = np.array([number_of(day) for day in days], np.int64)
    gaps = gaps_until(book, ends)
    if row.model == "irregular" and fitted.bgnbd is not None:
        alive = fitted.bgnbd.probability_alive(
            frequency=gaps.purchases - 1.0, recency=gaps.last - gaps.first, T=ends - gaps.first
        )
    else:
        alive = rhythms_by(fitted.law, gaps, ends - gaps.last).probability_alive
    return list(zip(days, np.asarray(alive).tolist(), strict=True))
