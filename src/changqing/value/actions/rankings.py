"""Ranking the book: once over all of it, in the transaction of what changed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from changqing.accounts.models import Account
from changqing.base.bulk import copy_rows
from changqing.base.days import months_back
from changqing.base.packs import Pack, parse
from changqing.ledger.queries import BookSums, as_of, book_sums, numbers_in_force, rate_on
from changqing.people.permissions import Principal, check_may
from changqing.records.models import MethodVersion
from changqing.records.queries import method_in_force
from changqing.value.models import AccountRank, Ranking
from changqing.value.rules import BookFacts, ConcentrationMethod, RankingResult, rank_book

PACK = "concentration"
RANK_COLUMNS = (
    "ranking_id",
    "account_id",
    "rank",
    "revenue",
    "margin",
    "revenue_without_cost",
    "revenue_converted",
    "orders",
    "lines",
    "cumulative_share",
    "abc",
    "band",
)


@transaction.atomic
def rank_the_book(*, by: Principal) -> list[Ranking]:
    """Rank all accounts over each period by the method in force and make that the current ranking."""
    check_may(by, "rank the book")
    version = method_in_force(PACK)
    pack = parse(PACK, version.text, ConcentrationMethod, version=version.version)
    last = as_of()
    since = {period: _first_day(period, last, pack.method) for period in Ranking.Period.values}
    sums = book_sums(by, since, annual=_first_day(Ranking.Period.ONE_YEAR, last, pack.method))
    there = Account.objects.filter(withdrawn=False, merged_into=None)
    people = list(there.values_list("pk", "key", "industry"))
    return [_rank_period(period, sums[period], people, pack, (version, last)) for period in since]


def _first_day(period: str, last: date | None, method: ConcentrationMethod) -> date | None:
    """The first day of ``period`` ending on ``last``; None for the whole book."""
    if last is None or period == Ranking.Period.ALL:
        return None
    years = {
        Ranking.Period.THREE_YEARS: method.periods.portfolio_months,
        Ranking.Period.ONE_YEAR: method.periods.annual_months,
    }
    return months_back(last, years[Ranking.Period(period)].value) + timedelta(days=1)


def _rank_period(
    period: str,
    sums: BookSums,
    people: list[tuple[int, str, str]],
    pack: Pack[ConcentrationMethod],
    told: tuple[MethodVersion, date | None],
) -> Ranking:
    version, last = told
    facts = _facts_of(period, sums, people, last)
    facts = replace(facts, band_rate=_band_rate(pack.method.bands.currency, last))
    result = rank_book(facts, pack=pack)
    AccountRank.objects.filter(ranking__period=period, ranking__is_current=True).delete()
    Ranking.objects.filter(period=period, is_current=True).update(is_current=False)
    ranking = Ranking.objects.create(
        period=period,
        from_day=sums.since,
        as_of=last,
        method=version,
        inputs={
            "imports": numbers_in_force(),
            "currency": settings.BOOK_CURRENCY,
            "industries": {name: str(money) for name, money in facts.industries.items()},
            "families": {name: str(money) for name, money in facts.families.items()},
        },
        results=result.as_json(),
    )
    _write_ranks(ranking, sums, result)
    return ranking


def _band_rate(currency: str, last: date | None) -> Decimal | None:
    """What one unit of the book's currency is worth in the bands' own, on the book's last day."""
    price = rate_on(currency, last)
    return 1 / price if price else None


def _facts_of(
    period: str, sums: BookSums, people: list[tuple[int, str, str]], last: date | None
) -> BookFacts:
    """What the rules ask of a period, from the ledger's sums and the accounts' keys and industries."""
    keys = {pk: key for pk, key, _industry in people}
    industry_of = {pk: industry for pk, _key, industry in people}
    ids = sums.accounts["account_id"].to_pylist()
    revenue = sums.accounts["revenue"].to_pylist()
    margin = sums.accounts["margin"].to_pylist()
    industries: dict[str, Decimal] = defaultdict(Decimal)
    for account, money in zip(ids, revenue, strict=True):
        industries[industry_of.get(account, "")] += money
    return BookFacts(
        keys=[keys[account] for account in ids],
        revenue=np.array(revenue, dtype=np.float64),
        margin=np.array([money if money is not None else 0 for money in margin], dtype=np.float64),
        margin_known=np.array([money is not None for money in margin], dtype=bool),
        annual=np.array(sums.accounts["annual"].to_pylist(), dtype=np.float64),
        industries=industries,
        families=sums.families,
        accounts=len(people),
        orders=sum(sums.accounts["orders"].to_pylist()),
        lines=sum(sums.accounts["lines"].to_pylist()),
        total_revenue=sum(revenue, Decimal(0)),
        total_margin=sum((money for money in margin if money is not None), Decimal(0)),
        revenue_without_cost=sum(sums.accounts["revenue_without_cost"].to_pylist(), Decimal(0)),
        revenue_converted=sum(sums.accounts["revenue_converted"].to_pylist(), Decimal(0)),
        currency=settings.BOOK_CURRENCY,
        period=period,
        as_of=last,
    )


def _write_ranks(ranking: Ranking, sums: BookSums, result: RankingResult) -> None:
    places = result.places
    if places is None:
        return
    shares: Any = places.cumulative_share
    columns = [
        sums.accounts[name].to_pylist()
        for name in (
            "account_id",
            *RANK_COLUMNS[RANK_COLUMNS.index("revenue") : RANK_COLUMNS.index("cumulative_share")],
        )
    ]

    def rows() -> Iterator[Sequence[Any]]:
        for row, (account, *figures) in enumerate(zip(*columns, strict=True)):
            share = None if shares is None else float(shares[row])
            place = (int(places.rank[row]), *figures, share)
            yield (ranking.pk, account, *place, places.abc[row], places.band[row])

    copy_rows(AccountRank._meta.db_table, RANK_COLUMNS, rows())
