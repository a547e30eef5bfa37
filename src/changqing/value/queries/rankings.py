"""Questions to the current rankings: an account's place, the list of accounts, and the book as columns.

A place (rank, class, band) is of the whole book; which places a person gets to see is ``visible_to``'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    FilteredRelation,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from changqing.accounts.models import Account as Account
from changqing.accounts.queries import (
    Part,
    accounts,
    counted,
    holds,
    kept_of,
    rule_for,
    seen_only,
    seen_rows,
    sight,
    sight_of,
    visible_to,
)
from changqing.base import lookups
from changqing.base.once import once
from changqing.base.packs import Pack, parse
from changqing.base.written import Written
from changqing.ledger.models import AccountMonth, Import
from changqing.ledger.models import AccountTotals as AccountTotals
from changqing.people.permissions import Principal, along, sees_the_whole_book
from changqing.value.models import AccountRank as AccountRank
from changqing.value.models import Ranking as Ranking
from changqing.value.queries.places import RankedAccount as RankedAccount
from changqing.value.queries.places import order_of, orders_of, ranked
from changqing.value.rules import ConcentrationMethod

# the lookup ``among``
assert lookups
PERIODS: tuple[str, ...] = tuple(Ranking.Period.values)
# What a list may be sorted by; anything else in a request is not a column. Money needs a place in the
# ranking, so these lists come in two parts: accounts with a place, then those without.
BY_PLACE = ("rank", "revenue", "margin")
BY_ACCOUNT = ("name", "last")
FEW = 1_000
MANY = 10_000
MARGIN = AccountRank._meta.get_field("margin")
RANKS = Written(lambda account: AccountRank.objects.filter(account=account))


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


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """Which accounts a list shall hold: each field narrows, an empty one does not."""

    words: str = ""
    abc: tuple[str, ...] = ()
    band: tuple[str, ...] = ()
    industry: str = ""
    region: str = ""
    owner: int | None = None
    department: int | None = None
    is_loss_making: bool = False
    never_bought: bool = False
    silent_since: date | None = None
    unassigned: bool = False
    tags: tuple[str, ...] = ()
    is_archived: bool | None = False
    # where somebody has looked for the words already: how many accounts meet all this but for a place, and
    # which, unless they are many
    held: int | None = None
    among: tuple[int, ...] | None = None

    @property
    def parts(self) -> frozenset[Part]:
        """What a reader must be let into on an account for this to be asked of it."""
        money = self.abc or self.band or self.never_bought or self.silent_since
        asked = {Part.BASIC} | ({Part.REVENUE} if money or self.is_loss_making else set())
        return frozenset(asked | ({Part.MARGIN} if self.is_loss_making else set()))

    @property
    def needs_a_place(self) -> bool:
        return bool(self.abc or self.band or self.is_loss_making)

    @property
    def is_of_the_archive(self) -> bool:
        """Whether it asks of accounts only what the archive notes every change of (``accounts.seen``)."""
        others = (self.words, self.department, self.never_bought, self.silent_since)
        return not any(others) and not self.needs_a_place

    def account_rule(self) -> Q:
        if self.among is not None:
            return Q(pk__among=self.among)
        rule = holds(self.words)
        for field in ("industry", "region", "owner"):
            if getattr(self, field):
                rule &= Q((field, getattr(self, field)))
        if self.department:
            rule &= Q(department__path__contains=f"/{self.department}/")
        if self.tags:
            rule &= Q(tags__contains=list(self.tags))
        if self.is_archived is not None:
            rule &= Q(archived_at__isnull=not self.is_archived)
        if self.unassigned:
            rule &= Q(owner=None)
        if self.never_bought:
            rule &= Q(totals__isnull=True)
        if self.silent_since:
            rule &= Q(totals__last_day__lt=self.silent_since)
        return rule

    def place_rule(self, ranking: Ranking | None) -> Q:
        rule = order_of(ranking).of_class(self.abc) if self.abc else Q()
        if self.band:
            rule &= Q(band__in=self.band)
        return rule & Q(margin__lt=0) if self.is_loss_making else rule


@dataclass(frozen=True)
class Composition:
    """Of a list: how many accounts have a place, how many of them are A, how many lose money."""

    placed: int
    a: int
    loss_making: int


@once
def current_ranking(period: str) -> Ranking | None:
    """The ranking of the whole book that counts now for ``period``, with its method."""
    return Ranking.objects.select_related("method").filter(period=period, is_current=True).first()


@once
def book_as_of() -> date | None:
    """The last day that the newest ranking of the whole book knows of."""
    newest = Ranking.objects.filter(period=Ranking.Period.ALL, is_current=True)
    return newest.values_list("as_of", flat=True).first()


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


TOLD_OF_PAST = ("revenue", "top20_share", "accounts_to_80")


@dataclass(frozen=True)
class PastRanking:
    """One ranking as it was made: of its results those that are told of a past one; ``undone`` are the
    imports it stood on that are undone now."""

    made_at: datetime
    as_of: date | None
    method: str
    results: Mapping[str, Any]
    undone: tuple[int, ...]


def past_rankings(to: Principal, period: str, *, limit: int = 12) -> list[PastRanking]:
    """The newest rankings of ``period``, for readers of the whole book: judgements stay, marked."""
    if not sees_the_whole_book(to):
        return []
    undone_ones = Import.objects.filter(state=Import.State.UNDONE, number__isnull=False)
    undone = {number for number in undone_ones.values_list("number", flat=True) if number is not None}
    # of each ranking a few words: all it holds of a large book would be read twelve times over
    rows = Ranking.objects.filter(period=period, as_of__isnull=False).order_by("-made_at")
    told = rows.values_list(
        *("made_at", "as_of", "method__pack", "method__version", "inputs__imports"),
        *(f"results__{name}" for name in TOLD_OF_PAST),
    )
    return [
        PastRanking(
            made_at=made_at,
            as_of=day,
            method=f"{pack} v{version}",
            results=dict(zip(TOLD_OF_PAST, results, strict=True)),
            undone=tuple(sorted(undone & set(imports))),
        )
        for made_at, day, pack, version, imports, *results in told[:limit]
    ]


def _rows_in(ranking: Ranking | None) -> QuerySet[AccountRank]:
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
    rankings = list(Ranking.objects.select_related("method").filter(is_current=True, period__in=rows))
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
        visible_to(to, _rows_in(ranking))
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


def _wanted(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> QuerySet[Account]:
    """Visible accounts narrowed to ``wanted``, with their place in ``ranking`` as ``place``."""
    here = Q(ranks__period=ranking.period if ranking else "")
    rows = visible_to(to, Account.objects.all(), *wanted.parts)
    rows = rows.annotate(place=FilteredRelation("ranks", condition=here))
    return rows.filter(wanted.account_rule() & along("place", wanted.place_rule(ranking)))


def _wanted_places(
    to: Principal, ranking: Ranking | None, wanted: Narrowing, *parts: Part
) -> QuerySet[AccountRank]:
    """The places narrowed to ``wanted`` that ``to`` may read, with ``parts`` where more is asked of them."""
    asked = {*wanted.parts, Part.REVENUE, *parts}
    rows = visible_to(to, _rows_in(ranking), *asked)
    return rows.filter(along("account", wanted.account_rule()) & wanted.place_rule(ranking))


def looked_up(to: Principal, wanted: Narrowing) -> Narrowing:
    """``wanted`` with what was found for its words, where it asks for any.

    Names are read once: who then counts, sorts or shows what holds the words need not read them again.
    """
    if not wanted.words:
        return wanted
    told = Case(When(LessThanOrEqual(Count("pk"), MANY), then=ArrayAgg("pk")))
    rows = visible_to(to, Account.objects.all(), *wanted.parts).filter(wanted.account_rule())
    found = rows.aggregate(held=Count("pk"), among=told)
    ids = found["among"] if found["held"] else []
    return replace(wanted, held=found["held"], among=None if ids is None else tuple(ids))


def keys_of(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> list[str]:
    """The keys of all accounts that a list holds."""
    return list(_wanted(to, ranking, wanted).order_by("pk").values_list("key", flat=True))


def count_of(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> int:
    """How many accounts a list holds, exactly."""
    if wanted.needs_a_place:
        return _wanted_places(to, ranking, wanted).count()
    if wanted.held is not None:
        return wanted.held
    if wanted.is_of_the_archive:
        return kept_of(to, "count", lambda: _counted(to, wanted), wanted)
    return _counted(to, wanted)


def _counted(to: Principal, wanted: Narrowing) -> int:
    return counted(to, Account.objects.filter(wanted.account_rule()), *wanted.parts)


def composition_of(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> Composition:
    """What a list holds, exactly; joins all of it with its places."""
    if ranking is None or not wanted.is_of_the_archive:
        return _composition(to, ranking, wanted)
    parts = (Part.BASIC, Part.REVENUE, Part.MARGIN)
    asked = (ranking.pk, ranking.made_at, wanted)
    return kept_of(to, "composition", lambda: _composition(to, ranking, wanted), *asked, parts=parts)


def _composition(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> Composition:
    rows = _wanted_places(to, ranking, wanted).annotate(seen=seen_only(to, Part.MARGIN, "margin", MARGIN))
    in_a = order_of(ranking).of_class("A")
    found = rows.aggregate(
        placed=Count("pk"), a=Count("pk", filter=in_a), loss_making=Count("pk", filter=Q(seen__lt=0))
    )
    return Composition(**found)


@dataclass(frozen=True)
class Cut:
    """Which part of a list, in which order. ``sort`` is one of ``BY_PLACE`` or ``BY_ACCOUNT``."""

    start: int
    stop: int
    sort: str = "rank"
    is_descending: bool = False


def listed(to: Principal, ranking: Ranking | None, wanted: Narrowing, cut: Cut, total: int) -> list[int]:
    """The ids of the accounts that ``cut`` takes from a list of ``total``, in order, in at most 3 queries."""
    if cut.sort in BY_ACCOUNT:
        rows = _wanted(to, ranking, wanted).order_by(*_account_order(to, cut, total))
        return _window(rows.values_list("pk", flat=True), cut.start, cut.stop, total)
    ids, count = _with_place(to, ranking, wanted, cut, total)
    if wanted.needs_a_place or len(ids) == cut.stop - cut.start or cut.stop <= count:
        return ids
    start = max(cut.start - count, 0)
    return ids + list(_without_place(to, ranking, wanted, cut)[start : cut.stop - count])


def _with_place(
    to: Principal, ranking: Ranking | None, wanted: Narrowing, cut: Cut, total: int
) -> tuple[list[int], int]:
    """What ``cut`` takes of the accounts that have a place, and how many those are, where one must know."""
    if (known := _by_rank(to, ranking, wanted, cut)) is not None:
        return known[cut.start : cut.stop], len(known)
    placed = _placed(to, ranking, wanted, cut, total)
    if cut.stop <= total // 2:
        # most often all asked for have a place, and nobody need count those that have
        ids = list(placed[cut.start : cut.stop])
        if len(ids) == cut.stop - cut.start:
            return ids, total
    count = total if wanted.needs_a_place else placed.count()
    return _window(placed, cut.start, cut.stop, count), count


def _by_rank(to: Principal, ranking: Ranking | None, wanted: Narrowing, cut: Cut) -> list[int] | None:
    """Those looked up that have a place, in the order of ranks; None where only the tables can tell."""
    if wanted.among is None or wanted.needs_a_place or cut.sort == "margin":
        return None
    if rule_for(to, Part.REVENUE) != rule_for(to):
        return None
    ids = np.array(wanted.among, np.int64)
    ranks = order_of(ranking).ranks_of(ids)
    ids, ranks = ids[ranks > 0], ranks[ranks > 0]
    order = np.argsort(ranks)
    found: list[int] = ids[order[::-1] if _falls(cut) else order].tolist()
    return found


def _placed(
    to: Principal, ranking: Ranking | None, wanted: Narrowing, cut: Cut, total: int
) -> QuerySet[Any, int]:
    rows = _wanted_places(to, ranking, wanted, *_part_of(cut)).order_by(*_place_order(cut, total))
    return (rows.none() if wanted.never_bought else rows).values_list("account_id", flat=True)


def _part_of(cut: Cut) -> tuple[Part, ...]:
    return (Part.MARGIN,) if cut.sort == "margin" else ()


def _without_place(to: Principal, ranking: Ranking | None, wanted: Narrowing, cut: Cut) -> QuerySet[Any, int]:
    """Accounts without a place, or with one that ``to`` may not read: they come last, by name."""
    here = _rows_in(ranking).filter(account=OuterRef("pk"))
    here = visible_to(to, here, Part.REVENUE, *_part_of(cut))
    rows = visible_to(to, Account.objects.all(), *wanted.parts).filter(wanted.account_rule())
    rows = rows.filter(~Exists(here))
    return rows.order_by("pinyin", "pk").values_list("pk", flat=True)


def _steady(column: str, total: int) -> F | Coalesce:
    """``column`` to sort by. In a short list out of a long book it is wrapped, so that the database finds the
    few accounts and sorts them, instead of walking the whole index in order until it has met them all.
    """
    return Coalesce(F(column), F(column)) if total <= FEW else F(column)


def _place_order(cut: Cut, total: int) -> list[OrderBy]:
    """Rank 1 is the largest revenue: revenue that falls, then ties that rise, is the order of ranks."""
    revenue, tie = _steady("revenue", total), F("tie")
    if cut.sort == "margin":
        return [_sorted(F("margin"), cut), revenue.desc(), tie.asc()]
    return [revenue.asc(), tie.desc()] if _falls(cut) else [revenue.desc(), tie.asc()]


def _falls(cut: Cut) -> bool:
    """Whether the last rank comes first."""
    return cut.is_descending if cut.sort == "rank" else not cut.is_descending


def _account_order(to: Principal, cut: Cut, total: int) -> list[OrderBy]:
    by_day = seen_only(to, Part.REVENUE, "totals__last_day", DateField(), "")
    column = _steady("pinyin", total) if cut.sort == "name" else by_day
    return [_sorted(column, cut), F("pk").asc()]


def _sorted(column: F | Coalesce | Cast, cut: Cut) -> OrderBy:
    return column.desc(nulls_last=True) if cut.is_descending else column.asc(nulls_last=True)


def _window(rows: QuerySet[Any, int], start: int, stop: int, total: int) -> list[int]:
    """``rows[start:stop]``; past the middle it is read from the end, so that no page costs a whole walk."""
    stop = min(stop, total)
    if start >= stop:
        return []
    if start <= total // 2:
        return list(rows[start:stop])
    return list(rows.reverse()[total - stop : total - start])[::-1]


def rows_of(to: Principal, ids: Sequence[int]) -> dict[int, Account]:
    """The accounts of a list with owner, department and totals."""
    rows = accounts(to).filter(pk__in=ids).select_related("owner", "department", "totals")
    return {row.pk: row for row in rows}


def places_among(
    to: Principal, ranking: Ranking | None, among: Collection[Account]
) -> dict[int, RankedAccount]:
    """The places that ``to`` may read of accounts ``among``, by account; margin only where it is due."""
    sights = sight_of(to, among)
    seen = [pk for pk, each in sights.items() if each.reads(Part.REVENUE)]
    if ranking is None or not seen:
        return {}
    rows = list(_rows_in(ranking).filter(account__in=seen))
    for row in rows:
        if not sights[row.account_id].reads(Part.MARGIN):
            row.margin = None
    return ranked(ranking, rows)


def monthly_revenue(to: Principal, among: Collection[Account], since: date) -> dict[int, dict[date, Decimal]]:
    """Revenue by month from ``since`` on of those ``among`` whose revenue ``to`` may read, by account."""
    seen = [pk for pk, each in sight_of(to, among).items() if each.reads(Part.REVENUE)]
    rows = AccountMonth.objects.filter(account__in=seen, month__gte=since)
    found: dict[int, dict[date, Decimal]] = {}
    for account, month, revenue in rows.values_list("account_id", "month").annotate(Sum("revenue")):
        found.setdefault(account, {})[month] = revenue
    return found


def ranking_breaches() -> Iterator[str]:
    """Whether the ranking of the whole book adds up to the rollups, as sentences; it must."""
    ranking = current_ranking("all")
    if ranking is None:
        return
    told = _rows_in(ranking).aggregate(sum=Sum("revenue"), n=Count("pk"))
    rolled = AccountTotals.objects.aggregate(sum=Sum("revenue"), n=Count("pk"))
    if (told["sum"] or 0, told["n"]) != (rolled["sum"] or 0, rolled["n"]):
        yield _("排名的合计与账本不符：%(ranked)s，应为 %(rolled)s。请运行 changqing rank。") % {
            "ranked": told["sum"],
            "rolled": rolled["sum"],
        }
