"""Ranking the book: once over all of it, in the transaction of what changed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection, transaction

from changqing.accounts.models import Account
from changqing.base.bulk import columns_from
from changqing.base.days import months_back
from changqing.base.packs import Pack
from changqing.ledger.queries import BookSums, as_of, book_sums, numbers_in_force, rate_on
from changqing.people.permissions import Principal, check_may
from changqing.records.models import MethodVersion
from changqing.records.queries import method_in_force
from changqing.value.actions.placing import RankedPeriod, store_places
from changqing.value.models import AccountRank, JudgementStamp, Ranking, RankOrder
from changqing.value.queries.methods import concentration_pack
from changqing.value.rules import BookFacts, ConcentrationMethod, rank_book
from changqing.value.rules.concentration import Places

PACK = "concentration"


@transaction.atomic
def rank_the_book(*, by: Principal) -> list[Ranking]:
    """Rank all accounts over each period by the method in force and make that the current ranking."""
    check_may(by, "rank the book")
    version = method_in_force(PACK)
    pack = concentration_pack(version.version, version.text)
    last = as_of()
    since = {period: _first_day(period, last, pack.method) for period in Ranking.Period.values}
    sums = book_sums(by, since, annual=_first_day(Ranking.Period.ONE_YEAR, last, pack.method))
    people = columns_from(
        f"SELECT id, key, industry FROM {Account._meta.db_table} "
        "WHERE NOT withdrawn AND merged_into_id IS NULL ORDER BY id",
        [],
        {"id": pa.int64(), "key": pa.string(), "industry": pa.string()},
    )
    made = [_rank_period(period, sums[period], people, pack, (version, last)) for period in since]
    store_places([RankedPeriod(ranking, sums[ranking.period].accounts, places) for ranking, places in made])
    return [ranking for ranking, _places in made]


@transaction.atomic
def rank_where_sums_stand(*, by: Principal) -> list[Ranking]:
    """After a change that moved no order line: rankings that would say what the current ones say, but for how
    many accounts there are and which imports count, are made of these; else the book is ranked.

    The ledger is not read for it, however large it is.
    """
    check_may(by, "rank the book")
    version, last = method_in_force(PACK), as_of()
    current = {row.period: row for row in Ranking.objects.filter(is_current=True)}
    industries = _industries_now()
    stands = set(current) == set(Ranking.Period.values) and all(
        (row.as_of, row.method_id, row.inputs["currency"]) == (last, version.pk, settings.BOOK_CURRENCY)
        and {name: Decimal(money) for name, money in row.inputs["industries"].items()} == industries[period]
        for period, row in current.items()
    )
    if not stands:
        return rank_the_book(by=by)
    accounts = Account.objects.filter(withdrawn=False, merged_into=None).count()
    made = [_gone_on(row, accounts) for row in current.values()]
    JudgementStamp.objects.create()
    return made


def _industries_now() -> dict[str, dict[str, Decimal]]:
    """By period and industry, the revenue of accounts as they are now, by the sums they were ranked by: a
    person may have moved one since, and no import tells of that."""
    ranks, accounts = AccountRank._meta.db_table, Account._meta.db_table
    sums: dict[str, dict[str, Decimal]] = {period: {} for period in Ranking.Period.values}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT period, industry, sum(revenue) FROM {ranks} r LEFT JOIN {accounts} a "
            "ON a.id = r.account_id AND NOT a.withdrawn AND a.merged_into_id IS NULL GROUP BY 1, 2"
        )
        for period, industry, revenue in cursor.fetchall():
            sums[period][industry] = revenue
    return sums


def _gone_on(was: Ranking, accounts: int) -> Ranking:
    """The ranking after ``was`` with its places, of a book of ``accounts`` and the imports in force."""
    Ranking.objects.filter(pk=was.pk).update(is_current=False)
    ranking = Ranking.objects.create(
        period=was.period,
        from_day=was.from_day,
        as_of=was.as_of,
        method_id=was.method_id,
        inputs={**was.inputs, "imports": numbers_in_force()},
        results={**was.results, "accounts": accounts},
    )
    RankOrder.objects.filter(ranking=was).update(ranking=ranking)
    return ranking


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
    people: pa.Table,
    pack: Pack[ConcentrationMethod],
    told: tuple[MethodVersion, date | None],
) -> tuple[Ranking, Places | None]:
    version, last = told
    facts = _facts_of(period, sums, people, last)
    facts = replace(facts, band_rate=_band_rate(pack.method.bands.currency, last))
    result = rank_book(facts, pack=pack)
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
    return ranking, result.places


def _band_rate(currency: str, last: date | None) -> Decimal | None:
    """What one unit of the book's currency is worth in the bands' own, on the book's last day."""
    price = rate_on(currency, last)
    return 1 / price if price else None


def _facts_of(period: str, sums: BookSums, people: pa.Table, last: date | None) -> BookFacts:
    """What the rules ask of a period, from the ledger's sums and the accounts' keys and industries."""
    accounts = sums.accounts
    whose = people.take(pc.index_in(accounts["account_id"].cast(pa.int64()), people["id"].combine_chunks()))
    revenue, margin = accounts["revenue"], accounts["margin"]
    by_industry = pa.table({"name": whose["industry"], "revenue": revenue}).group_by("name")
    return BookFacts(
        keys=whose["key"].to_pylist(),
        revenue=accounts["each_revenue"].to_numpy(),
        margin=accounts["each_margin"].to_numpy(),
        margin_known=margin.is_valid().to_numpy(),
        annual=accounts["annual"].to_numpy(),
        industries={
            row["name"]: row["revenue_sum"] for row in by_industry.aggregate([("revenue", "sum")]).to_pylist()
        },
        families=sums.families,
        accounts=people.num_rows,
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
