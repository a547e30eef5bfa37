"""The list of accounts: which it holds, how many they are, and which of them a page shows in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
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
    OuterRef,
    Q,
    QuerySet,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import LessThanOrEqual

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, counted, holds, kept_of, rule_for, seen_only, visible_to
from changqing.base import lookups
from changqing.people.permissions import Principal, along
from changqing.value.models import AccountRank, Ranking
from changqing.value.queries.places import order_of
from changqing.value.queries.rankings import MARGIN, rows_in

# the lookup ``among``
assert lookups
# What a list may be sorted by; anything else in a request is not a column. Money needs a place in the
# ranking, so these lists come in two parts: accounts with a place, then those without.
BY_PLACE = ("rank", "revenue", "margin")
BY_ACCOUNT = ("name", "last")
FEW = 1_000
MANY = 10_000


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
    # where somebody has looked for the words already: how many accounts meet all this, and which, unless
    # they are many
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
    rows = visible_to(to, rows_in(ranking), *asked)
    return rows.filter(along("account", wanted.account_rule()) & wanted.place_rule(ranking))


def looked_up(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> Narrowing:
    """``wanted`` with what was found for its words, where it asks for any.

    Names are read once: who then counts, sorts or shows what holds the words need not read them again.
    """
    if not wanted.words:
        return wanted
    rows: QuerySet[Any]
    if wanted.needs_a_place:
        rows, account = _wanted_places(to, ranking, wanted), "account_id"
    else:
        rows = visible_to(to, Account.objects.all(), *wanted.parts).filter(wanted.account_rule())
        account = "pk"
    told = Case(When(LessThanOrEqual(Count("pk"), MANY), then=ArrayAgg(account)))
    found = rows.aggregate(held=Count("pk"), among=told)
    ids = found["among"] if found["held"] else []
    return replace(wanted, held=found["held"], among=None if ids is None else tuple(ids))


def keys_of(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> list[str]:
    """The keys of all accounts that a list holds."""
    return list(_wanted(to, ranking, wanted).order_by("pk").values_list("key", flat=True))


def count_of(to: Principal, ranking: Ranking | None, wanted: Narrowing) -> int:
    """How many accounts a list holds, exactly."""
    if wanted.held is not None:
        return wanted.held
    if wanted.needs_a_place:
        return _wanted_places(to, ranking, wanted).count()
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
    if wanted.among is None or cut.sort == "margin":
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
    here = rows_in(ranking).filter(account=OuterRef("pk"))
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
