"""The list of accounts: which, in which order, what they brought, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _

from changqing.accounts.queries import (
    Facets,
    Part,
    facets,
    has_archived,
    is_withheld,
    part_name,
)
from changqing.base.refused import Withheld
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, sees_the_whole_book
from changqing.reports.months import change, whole_months
from changqing.value.queries import (
    BY_ACCOUNT,
    BY_PLACE,
    FEW,
    Composition,
    Cut,
    Narrowing,
    RankedAccount,
    Ranking,
    RowOfList,
    composition_of,
    count_of,
    current_ranking,
    keys_of,
    listed,
    looked_up,
    method_of,
    monthly_revenue,
    places_among,
    rows_of,
)
from changqing.value.rules import margin_rate

PER_PAGE = 50
PERIODS = ("36m", "12m", "all")
SORTS = (*BY_PLACE, *BY_ACCOUNT)
TREND_MONTHS = 24
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asks of the list; every field has been checked by the door."""

    period: str = "36m"
    words: str = ""
    abc: tuple[str, ...] = ()
    band: tuple[str, ...] = ()
    industry: str = ""
    region: str = ""
    owner: int | None = None
    department: int | None = None
    is_loss_making: bool = False
    never_bought: bool = False
    silent_days: int | None = None
    unassigned: bool = False
    tags: tuple[str, ...] = ()
    archived: str = ""
    # nothing: by rank for who may see ranks, else by name
    sort: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether anything but period, order and page was asked."""
        return replace(self, period="36m", sort="", page=1) != Asked()


@dataclass(frozen=True, kw_only=True)
class ListedAccount:
    """One account of the list. ``revenue`` and ``margin`` are of the period; None is not known.

    ``change`` compares the last twelve whole months with the twelve before, None without either;
    ``months`` is the revenue of those 24 months, oldest first. ``hidden`` are the parts of this account that
    the reader may not see; their figures are None.
    """

    key: str
    name: str
    industry: str
    region: str
    tags: tuple[str, ...]
    is_archived: bool
    owner: str
    department: str
    abc: str
    band: str
    rank: int | None
    cumulative_share: float | None
    revenue: Decimal | None
    margin: Decimal | None
    revenue_with_cost: Decimal | None
    last_day: date | None
    days_silent: int | None
    months: tuple[Decimal, ...]
    change: float | None
    hidden: frozenset[Part] = frozenset()

    @property
    def margin_rate(self) -> float | None:
        """Margin ÷ revenue whose cost is known; None where there is none."""
        return None if self.revenue_with_cost is None else margin_rate(self.revenue_with_cost, self.margin)


@dataclass(frozen=True, kw_only=True)
class AccountList:
    asked: Asked
    rows: list[ListedAccount]
    total: int
    composition: Composition | None
    pages: int
    from_day: date | None
    as_of: date | None
    letters: list[str]
    band_names: Mapping[str, str]
    ranked_accounts: int
    method: str
    currency: str
    is_whole_book: bool
    hidden: frozenset[Part]

    @property
    def is_empty_book(self) -> bool:
        """Whether there is nothing at all that this person may see."""
        return not self.total and not self.asked.narrows


def account_list(to: Principal, asked: Asked, *, per_page: int | None = None) -> AccountList:
    """One page of the list for ``to``, in a number of queries that does not grow with its rows."""
    size = per_page or PER_PAGE
    asked = askable(to, asked)
    ranking = current_ranking(asked.period)
    today = ranking.as_of if ranking else as_of()
    wanted = looked_up(to, ranking, _wanted(asked, today))
    total = count_of(to, ranking, wanted)
    pages = max(1, -(-total // size))
    asked = replace(asked, page=min(max(asked.page, 1), pages))
    start = (asked.page - 1) * size
    cut = Cut(start, start + size, asked.sort.removeprefix("-"), asked.sort.startswith("-"))
    ids = listed(to, ranking, wanted, cut, total)
    return AccountList(
        asked=asked,
        rows=account_rows(to, ids, ranking, today),
        total=total,
        composition=_composition(to, ranking, asked, wanted, total),
        pages=pages,
        from_day=ranking.from_day if ranking else None,
        as_of=today,
        letters=list(ranking.results["abc"]) if ranking else [],
        band_names=band_names(ranking),
        ranked_accounts=int(ranking.results.get("buying_accounts", 0)) if ranking else 0,
        method=f"{ranking.method.pack} v{ranking.method.version}" if ranking else "",
        currency=settings.BOOK_CURRENCY,
        is_whole_book=sees_the_whole_book(to),
        hidden=frozenset(part for part in (Part.REVENUE, Part.MARGIN) if is_withheld(to, part)),
    )


def askable(to: Principal, asked: Asked) -> Asked:
    """``asked`` in an order that ``to`` may see; Withheld where it sorts or filters by what is nowhere seen.

    Where a part is seen on some accounts only, the others come last and meet no such filter.
    """
    needed = set(_wanted(asked, date.max).parts) - {Part.BASIC}
    by = asked.sort.removeprefix("-")
    if by and by != "name":
        needed.add(Part.MARGIN if by == "margin" else Part.REVENUE)
    for part in sorted(needed):
        if is_withheld(to, part):
            raise Withheld(_("您看不到客户的%(part)s，因此不能按它排序或筛选。") % {"part": part_name(part)})
    if asked.sort:
        return asked
    return replace(asked, sort="name" if is_withheld(to, Part.REVENUE) else "rank")


@dataclass(frozen=True)
class Neighbours:
    """Keys of the accounts before and after one in a list, "" where it ends; ``place`` counts from 0."""

    previous: str
    next: str
    place: int
    total: int


def neighbours(to: Principal, asked: Asked, key: str, place: int) -> Neighbours | None:
    """Who stands around ``key`` at ``place`` of the list asked for; None when it stands there no more, or
    the list asks for what ``to`` may not see."""
    try:
        asked = askable(to, asked)
    except Withheld:
        return None
    ranking = current_ranking(asked.period)
    wanted = looked_up(to, ranking, _wanted(asked, ranking.as_of if ranking else as_of()))
    total = count_of(to, ranking, wanted)
    start = max(place - 1, 0)
    cut = Cut(start, min(place + 2, total), asked.sort.removeprefix("-"), asked.sort.startswith("-"))
    ids = listed(to, ranking, wanted, cut, total) if place < total else []
    found, _seen = rows_of(to, ids)
    keys = [found[pk].key for pk in ids if pk in found]
    at = place - start
    if at >= len(keys) or keys[at] != key:
        return None
    return Neighbours(
        previous=keys[at - 1] if at else "",
        next=keys[at + 1] if at + 1 < len(keys) else "",
        place=place,
        total=total,
    )


def band_names(ranking: Ranking | None) -> dict[str, str]:
    """The amount bands by code, in the reader's language; empty where no account has one."""
    if ranking is None or ranking.results["bands"]["because"]:
        return {}
    return {band.code: str(band.name) for band in method_of(ranking).method.bands.levels}


def list_composition(to: Principal, asked: Asked) -> Composition:
    """What the list asked for holds."""
    asked = askable(to, asked)
    ranking = current_ranking(asked.period)
    return composition_of(to, ranking, _wanted(asked, ranking.as_of if ranking else as_of()))


def _composition(
    to: Principal, ranking: Ranking | None, asked: Asked, wanted: Narrowing, total: int
) -> Composition | None:
    """What the list holds where that is known or cheap; None for a long one: the page asks later."""
    if ranking and sees_the_whole_book(to) and not asked.narrows and not has_archived(to):
        said = ranking.results
        in_a = next(iter(said["abc"].values()))["accounts"]
        return Composition(said["buying_accounts"], in_a, said["loss_making"] or 0)
    return composition_of(to, ranking, wanted) if total <= FEW else None


def _wanted(asked: Asked, today: date | None) -> Narrowing:
    silent = today - timedelta(days=asked.silent_days) if today and asked.silent_days is not None else None
    return Narrowing(
        words=asked.words,
        abc=asked.abc,
        band=asked.band,
        industry=asked.industry,
        region=asked.region,
        owner=asked.owner,
        department=asked.department,
        is_loss_making=asked.is_loss_making,
        never_bought=asked.never_bought,
        unassigned=asked.unassigned,
        silent_since=silent,
        tags=asked.tags,
        is_archived={"only": True, "with": None}.get(asked.archived, False),
    )


def account_rows(
    to: Principal, ids: Sequence[int], ranking: Ranking | None, today: date | None, *, with_trend: bool = True
) -> list[ListedAccount]:
    """The accounts ``ids`` in their order, with place, totals and, if wanted, trend: two or three queries."""
    found, seen = rows_of(to, ids)
    placed = places_among(seen, ranking)
    months = whole_months(today, TREND_MONTHS) if today and with_trend else []
    money = monthly_revenue(seen, months[0]) if months else {}

    def of_months(pk: int) -> list[Decimal]:
        by_month = money.get(pk, {})
        return [by_month.get(month, ZERO) for month in months]

    return [
        _row(found[pk], placed.get(pk), of_months(pk), today, _hidden(seen[pk].parts))
        for pk in ids
        if pk in found
    ]


@cache
def _hidden(parts: frozenset[Part]) -> frozenset[Part]:
    """All but ``parts``; in every row of a list they are nearly always the same."""
    return frozenset(Part) - parts


def _row(
    account: RowOfList,
    place: RankedAccount | None,
    months: list[Decimal],
    today: date | None,
    hidden: frozenset[Part],
) -> ListedAccount:
    last = account.last_day if Part.REVENUE not in hidden else None
    return ListedAccount(
        key=account.key,
        name=account.name,
        industry=account.industry,
        region=account.region,
        tags=tuple(account.tags),
        is_archived=account.archived_at is not None,
        owner=account.owner or "",
        department=account.department or "",
        abc=place.abc if place else "",
        band=place.band if place else "",
        rank=place.rank if place else None,
        cumulative_share=place.cumulative_share if place else None,
        revenue=place.revenue if place else None,
        margin=place.margin if place else None,
        revenue_with_cost=place.revenue - place.revenue_without_cost if place else None,
        last_day=last,
        days_silent=(today - last).days if today and last else None,
        months=tuple(months),
        change=change(sum(months[12:], ZERO), sum(months[:12], ZERO)),
        hidden=hidden,
    )


def keys_listed(to: Principal, asked: Asked) -> list[str]:
    """The keys of every account of the list asked for, whatever its page."""
    ranking = current_ranking(asked.period)
    return keys_of(to, ranking, _wanted(asked, ranking.as_of if ranking else as_of()))


def list_facets(to: Principal) -> Facets:
    """What the list can be narrowed by."""
    return facets(to)
