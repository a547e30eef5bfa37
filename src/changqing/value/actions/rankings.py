"""Ranking the book: once over all of it, in the transaction of what changed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction

from changqing.accounts.models import Account
from changqing.base.bulk import copy_columns
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
    accounts = sums.accounts
    ids = accounts["account_id"].to_pylist()
    revenue, margin = accounts["revenue"], accounts["margin"]
    named = pa.array([industry_of.get(pk, "") for pk in ids], pa.string())
    by_industry = pa.table({"name": named, "revenue": revenue}).group_by("name")
    return BookFacts(
        keys=[keys[account] for account in ids],
        revenue=accounts["each_revenue"].to_numpy(),
        margin=accounts["each_margin"].to_numpy(),
        margin_known=margin.is_valid().to_numpy(),
        annual=accounts["annual"].to_numpy(),
        industries={
            row["name"]: row["revenue_sum"] for row in by_industry.aggregate([("revenue", "sum")]).to_pylist()
        },
        families=sums.families,
        accounts=len(people),
        orders=_sum(accounts["orders"], 0),
        lines=_sum(accounts["lines"], 0),
        total_revenue=_sum(revenue),
        total_margin=_sum(margin),
        revenue_without_cost=_sum(accounts["revenue_without_cost"]),
        revenue_converted=_sum(accounts["revenue_converted"]),
        currency=settings.BOOK_CURRENCY,
        period=period,
        as_of=last,
    )


def _sum(column: pa.ChunkedArray, nothing: Any = Decimal(0)) -> Any:
    """The exact sum of what is known; ``nothing`` where there are no rows."""
    found = pc.sum(column).as_py()
    return nothing if found is None else found


def _write_ranks(ranking: Ranking, sums: BookSums, result: RankingResult) -> None:
    places = result.places
    if places is None:
        return
    size = len(places.rank)
    shares = pa.nulls(size, pa.float64()) if places.cumulative_share is None else places.cumulative_share
    made = {
        "ranking_id": pa.repeat(pa.scalar(ranking.pk, pa.int64()), size),
        "rank": pa.array(places.rank),
        "cumulative_share": pa.array(shares, pa.float64()),
        "abc": pa.array(places.abc, pa.string()),
        "band": pa.array(places.band, pa.string()),
    }
    columns = {name: made[name] if name in made else sums.accounts[name] for name in RANK_COLUMNS}
    copy_columns(AccountRank._meta.db_table, pa.table(columns))
