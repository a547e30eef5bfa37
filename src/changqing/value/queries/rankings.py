"""Questions to the current rankings: an account's place, and the book as columns.

A place (rank, class, band) is of the whole book; which places a person gets to see is ``visible_to``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import (
    Count,
    FloatField,
    QuerySet,
    Sum,
)
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from changqing.accounts.models import Account as Account
from changqing.accounts.queries import (
    Part,
    rule_for,
    seen_only,
    seen_rows,
    sight,
    visible_to,
)
from changqing.base.compiled import WORD, Compiled
from changqing.base.kept import Kept
from changqing.base.once import once
from changqing.base.packs import Pack, parse
from changqing.ledger.models import AccountTotals as AccountTotals
from changqing.ledger.models import Import
from changqing.people.permissions import Principal, along, sees_the_whole_book
from changqing.value.models import AccountRank as AccountRank
from changqing.value.models import Ranking as Ranking
from changqing.value.queries.places import RankedAccount as RankedAccount
from changqing.value.queries.places import order_of, orders_of, ranked
from changqing.value.rules import ConcentrationMethod

PERIODS: tuple[str, ...] = tuple(Ranking.Period.values)
# A ranking says for good what it says, at length where the book is large.
RANKINGS = Kept[Ranking](most=6)
MARGIN = AccountRank._meta.get_field("margin")
# of past rankings a few words are told: all they hold of a large book would be read twelve times over
TOLD_OF_PAST = ("revenue", "top20_share", "accounts_to_80")
MOST_PAST = 12
RANKS = Compiled(lambda account: AccountRank.objects.filter(account=account))
PAST: Compiled[tuple[Any, ...]] = Compiled(
    lambda period: (
        Ranking.objects.filter(period=period, as_of__isnull=False)
        .order_by("-made_at")
        .values_list(
            *("made_at", "as_of", "method__pack", "method__version", "inputs__imports"),
            *(f"results__{name}" for name in TOLD_OF_PAST),
        )[:MOST_PAST]
    ),
    WORD,
)
NUMBERS_IN: Compiled[int | None] = Compiled(
    lambda state: Import.objects.filter(state=state, number__isnull=False).values_list("number", flat=True),
    WORD,
)


@dataclass(frozen=True)
class Slice:
    """What the visible accounts of one class, band and industry hold."""

    abc: str
    band: str
    industry: str
    accounts: int
    revenue: Decimal
    margin: Decimal
    revenue_without_cost: Decimal
    revenue_converted: Decimal
    orders: int
    lines: int
    # of those whose margin the reader may not see; their money is in no figure about margins
    withheld: int
    withheld_revenue: Decimal


@dataclass(frozen=True, eq=False)
class BookColumns:
    """One entry a visible account of a ranking, in any order, and their exact sums by slice.

    ``ranks`` are the whole book's; ``margin`` is 0 where it is not known or not shown. What nobody knows
    and what is withheld from this reader are told apart by ``Slice.withheld``.
    """

    ranks: list[int]
    revenue: NDArray[np.float64]
    margin: NDArray[np.float64]
    margin_known: NDArray[np.bool_]
    slices: list[Slice]


@once
def _current() -> dict[str, tuple[int, datetime, date | None]]:
    """Which rankings count now, by period: number, when it was made, and until which day it knows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT period, id, made_at, as_of FROM {Ranking._meta.db_table} WHERE is_current"  # noqa: S608
        )
        return {period: (pk, made_at, as_of) for period, pk, made_at, as_of in cursor.fetchall()}


def current_ranking(period: str) -> Ranking | None:
    """The ranking of the whole book that counts now for ``period``, with its method."""
    if (now := _current().get(period)) is None:
        return None
    pk, made_at, _as_of = now
    return RANKINGS.get((pk, made_at), partial(Ranking.objects.select_related("method").get, pk=pk))


def book_as_of() -> date | None:
    """The last day that the newest ranking of the whole book knows of."""
    now = _current().get(Ranking.Period.ALL)
    return now[2] if now else None


def ranked_in() -> str | None:
    """The currency in which the newest ranking of the whole book counted; None before there is any."""
    newest = Ranking.objects.filter(period=Ranking.Period.ALL, is_current=True, as_of__isnull=False)
    return newest.values_list("inputs__currency", flat=True).first()


@lru_cache(maxsize=8)
def _pack(name: str, version: int, text: str) -> Pack[ConcentrationMethod]:
    return parse(name, text, ConcentrationMethod, version=version)


def method_of(ranking: Ranking) -> Pack[ConcentrationMethod]:
    """The thresholds that ``ranking`` was made by."""
    return _pack(ranking.method.pack, ranking.method.version, ranking.method.text)


@dataclass(frozen=True)
class PastRanking:
    """One ranking as it was made: of its results those that are told of a past one; ``undone`` are the
    imports it stood on that are undone now."""

    made_at: datetime
    as_of: date | None
    method: str
    results: Mapping[str, Any]
    undone: tuple[int, ...]


def past_rankings(to: Principal, period: str) -> list[PastRanking]:
    """The newest rankings of ``period``, for readers of the whole book: judgements stay, marked."""
    if not sees_the_whole_book(to):
        return []
    undone = {number for number in NUMBERS_IN(Import.State.UNDONE) if number is not None}
    return [
        PastRanking(
            made_at=made_at,
            as_of=day,
            method=f"{pack} v{version}",
            results=dict(zip(TOLD_OF_PAST, results, strict=True)),
            undone=tuple(sorted(undone & set(imports))),
        )
        for made_at, day, pack, version, imports, *results in PAST(period)
    ]


def rows_in(ranking: Ranking | None) -> QuerySet[AccountRank]:
    """The accounts' own sums in the period of ``ranking``."""
    return AccountRank.objects.filter(period=ranking.period if ranking else "")


@once
def places_of(to: Principal, account: Account) -> dict[str, RankedAccount]:
    """``account``'s place in every current ranking, by period."""
    rows = {row.period: row for row in seen_rows(to, account, RANKS)}
    if not rows:
        return {}
    if not sight(to, account).reads(Part.MARGIN):
        for row in rows.values():
            row.margin = None
    rankings = [each for each in map(current_ranking, rows) if each]
    orders_of(rankings)
    found = {ranking.period: ranked(ranking, [rows[ranking.period]]) for ranking in rankings}
    return {period: places[account.pk] for period, places in found.items() if places}


def columns_of(to: Principal, ranking: Ranking | None) -> BookColumns:
    """The visible rows of ``ranking`` as arrays with exact sums, in one query."""
    held = ("abc", "band", "account__industry")
    order = order_of(ranking)
    margin_seen = seen_only(to, Part.MARGIN, "margin", MARGIN)
    shown = along("account", rule_for(to, Part.MARGIN))
    rows = (
        visible_to(to, rows_in(ranking))
        .annotate(abc=order.classes())
        .values_list(*held)
        .annotate(
            accounts=Count("pk"),
            revenues=Sum("revenue"),
            margins=Sum(margin_seen, default=Decimal(0)),
            without_cost=Sum("revenue_without_cost", filter=shown, default=Decimal(0)),
            converted=Sum("revenue_converted"),
            all_orders=Sum("orders"),
            all_lines=Sum("lines"),
            withheld=Count("pk", filter=~shown),
            withheld_revenue=Sum("revenue", filter=~shown, default=Decimal(0)),
            ids=ArrayAgg("account_id"),
            each_revenue=ArrayAgg(Cast("revenue", FloatField())),
            each_margin=ArrayAgg(Cast(margin_seen, FloatField())),
        )
    )
    parts = list(rows)
    ids, revenue, margins = ([each for part in parts for each in part[at]] for at in (-3, -2, -1))
    margin = np.array(margins, dtype=np.float64)
    return BookColumns(
        ranks=order.ranks_of(ids).tolist(),
        revenue=np.array(revenue, dtype=np.float64),
        margin=np.nan_to_num(margin, nan=0.0),
        margin_known=~np.isnan(margin),
        slices=[Slice(*part[:-3]) for part in parts],
    )


def ranking_breaches() -> Iterator[str]:
    """Whether the ranking of the whole book adds up to the rollups, as sentences; it must."""
    ranking = current_ranking("all")
    if ranking is None:
        return
    told = rows_in(ranking).aggregate(sum=Sum("revenue"), n=Count("pk"))
    rolled = AccountTotals.objects.aggregate(sum=Sum("revenue"), n=Count("pk"))
    if (told["sum"] or 0, told["n"]) != (rolled["sum"] or 0, rolled["n"]):
        yield _("排名的合计与账本不符：%(ranked)s，应为 %(rolled)s。请运行 changqing rank。") % {
            "ranked": told["sum"],
            "rolled": rolled["sum"],
        }
