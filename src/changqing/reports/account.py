"""One account: who it is, what it brought, when it buys, whom we know there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from changqing.accounts.queries import (
    Account,
    Contact,
    Kin,
    Part,
    Sight,
    account_by_key,
    contacts_of,
    group_of,
    sight,
)
from changqing.base.days import first_of_month, months_back
from changqing.base.refused import Refused
from changqing.ledger.lines import OrderLine, Origin, PurchaseDay, imports_of, order_lines, purchase_days
from changqing.ledger.queries import (
    MonthMoney,
    as_of,
    months_of,
    totals_of,
)
from changqing.people.permissions import Principal, may
from changqing.reports.accounts import band_names
from changqing.reports.months import change, whole_months
from changqing.reports.rhythm import Rhythm, rhythm_of
from changqing.value.queries import AccountTotals, RankedAccount, book_as_of, places_of

YEAR = 12
LINES_A_PAGE = 20
ZERO = Decimal(0)


@dataclass(frozen=True)
class Month:
    """One month's money beside that of a year before; ``is_whole`` says the book covers it to its end."""

    month: date
    revenue: Decimal
    margin: Decimal | None
    year_before: Decimal
    is_whole: bool


@dataclass(frozen=True)
class FamilyMoney:
    """Twelve whole months of one product family; ``margin`` is None when no cost is known."""

    family: str
    revenue: Decimal
    margin: Decimal | None
    share: float
    year_before: Decimal
    change: float | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """The account's place in one ranking of the whole book; ``of`` accounts bought in that period."""

    period: str
    from_day: date | None
    as_of: date | None
    rank: int
    of: int
    revenue: Decimal
    margin: Decimal | None
    orders: int
    lines: int
    abc: str
    band: str
    cumulative_share: float | None
    method: str


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """``year_revenue`` and ``year_before`` are of the last twelve whole months and the twelve before."""

    account: Account
    group: Kin
    contacts: list[Contact]
    places: dict[str, Place]
    totals: AccountTotals | None
    months: list[Month]
    families: list[FamilyMoney]
    year_revenue: Decimal
    year_before: Decimal
    year_change: float | None
    bands_because: str
    band_name: str
    as_of: date | None
    currency: str
    sight: Sight

    @property
    def hidden(self) -> frozenset[Part]:
        """The parts that this reader may not see; their figures are None and their lists empty."""
        return frozenset(Part) - self.sight.parts

    @property
    def days_since_order(self) -> int | None:
        return (self.as_of - self.totals.last_day).days if self.totals and self.as_of else None

    def as_json(self) -> dict[str, Any]:
        """What ``changqing account KEY --json`` prints."""
        who = self.account
        return {
            "key": who.key,
            "name": who.name,
            "kind": who.kind,
            "industry": who.industry,
            "region": who.region,
            "owner": who.owner.username if who.owner else None,
            "department": who.department.name if who.department else None,
            "parent": self.group.parent.key if self.group.parent else None,
            "as_of": self.as_of and self.as_of.isoformat(),
            "currency": self.currency,
            "totals": _totals_json(self.totals),
            "places": {period: _place_json(place) for period, place in self.places.items()},
            "months": [[m.month.isoformat(), _number(m.revenue), _number(m.margin)] for m in self.months],
            "contacts": len(self.contacts),
            "withheld": sorted(self.hidden),
        }


@dataclass(frozen=True, kw_only=True)
class PurchaseTrack:
    """When the account bought, newest day first, in which rhythm, and one page of the lines behind."""

    account: Account
    days: list[PurchaseDay]
    rhythm: Rhythm
    as_of: date | None
    currency: str
    hides_margin: bool


@dataclass(frozen=True, kw_only=True)
class LinesPage:
    account: Account
    lines: list[OrderLine]
    day: date | None
    page: int
    pages: int
    total: int
    currency: str
    imports: list[Origin]
    sees_imports: bool
    hides_margin: bool

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def account_page(to: Principal, key: str) -> AccountPage | None:
    """All that the page of account ``key`` shows but its order lines; None when ``to`` may not see it."""
    account = account_by_key(to, key)
    if account is None:
        return None
    found = places_of(to, account)
    newest = next(iter(found.values()), None)
    totals = totals_of(to, account)
    last = newest.ranking.as_of if newest else book_day()
    money = months_of(to, account)
    whole = whole_months(last, 2 * YEAR) if last else []
    this_year, last_year = _sum(money, whole[YEAR:]), _sum(money, whole[:YEAR])
    return AccountPage(
        account=account,
        group=group_of(to, account),
        contacts=contacts_of(to, account),
        places={period: _place(row) for period, row in found.items()},
        totals=totals,
        months=_months(money, last),
        families=_families(money, whole),
        year_revenue=this_year,
        year_before=last_year,
        year_change=change(this_year, last_year),
        bands_because=newest.ranking.results["bands"]["because"] if newest else "",
        band_name=band_names(newest.ranking).get(newest.band, "") if newest else "",
        as_of=last,
        currency=settings.BOOK_CURRENCY,
        sight=sight(to, account),
    )


def purchase_track(to: Principal, key: str) -> PurchaseTrack | None:
    """When account ``key`` bought; None when ``to`` may not see it. Reads the ledger's segments."""
    account = account_by_key(to, key)
    if account is None:
        return None
    check_sees_orders(to, account)
    days, last = purchase_days(to, account), book_day()
    bought = sorted(day.day for day in days if day.is_purchase)
    return PurchaseTrack(
        account=account,
        days=days,
        rhythm=rhythm_of(bought, last),
        as_of=last,
        currency=settings.BOOK_CURRENCY,
        hides_margin=not sight(to, account).reads(Part.MARGIN),
    )


def lines_page(to: Principal, key: str, *, day: date | None = None, page: int = 1) -> LinesPage | None:
    """One page of the account's order lines, newest first, or of those of one ``day``."""
    account = account_by_key(to, key)
    if account is None:
        return None
    check_sees_orders(to, account)
    totals = totals_of(to, account)
    if day:
        total = sum(each.lines for each in purchase_days(to, account) if each.day == day)
    else:
        total = totals.lines if totals else 0
    pages = max(1, -(-total // LINES_A_PAGE))
    page = min(max(page, 1), pages)
    lines = order_lines(to, account, day=day, limit=LINES_A_PAGE, offset=(page - 1) * LINES_A_PAGE)
    return LinesPage(
        account=account,
        lines=lines,
        day=day,
        page=page,
        pages=pages,
        total=total,
        currency=settings.BOOK_CURRENCY,
        imports=imports_of(to, account),
        sees_imports=may(to, "see imports"),
        hides_margin=not sight(to, account).reads(Part.MARGIN),
    )


def check_sees_orders(to: Principal, account: Account) -> None:
    """Refused where ``to`` may see ``account`` but not its money; one it may not see is asked for before."""
    if not sight(to, account).reads(Part.REVENUE):
        raise Refused(_("您看不到这家客户的收入和订单。需要的话，请客户负责人为您申请。"))


def book_day() -> date | None:
    """The last day of the book: the newest ranking's, which was made when the book last changed."""
    return book_as_of() or as_of()


def _sum(money: Sequence[MonthMoney], months: Sequence[date]) -> Decimal:
    wanted = set(months)
    return sum((row.revenue for row in money if row.month in wanted), ZERO)


def _known_margin(rows: Sequence[MonthMoney]) -> Decimal | None:
    """Margin over the lines whose cost is known; None when there are lines and no cost is known at all."""
    without = sum((row.revenue_without_cost for row in rows), ZERO)
    margin = sum((row.margin for row in rows), ZERO)
    return None if rows and without and not margin else margin


def _months(money: Sequence[MonthMoney], last: date | None) -> list[Month]:
    """The last twelve whole months, and the month the book ends in when it is not whole."""
    if last is None:
        return []
    by_month: dict[date, list[MonthMoney]] = defaultdict(list)
    for row in money:
        by_month[row.month].append(row)
    whole = whole_months(last, YEAR)
    broken = [first_of_month(last)] if first_of_month(last) not in whole else []
    return [
        Month(
            month=month,
            revenue=_revenue(by_month[month]),
            margin=_known_margin(by_month[month]),
            year_before=_revenue(by_month[months_back(month, YEAR)]),
            is_whole=month in whole,
        )
        for month in whole + broken
    ]


def _revenue(rows: Sequence[MonthMoney]) -> Decimal:
    return sum((row.revenue for row in rows), ZERO)


def _families(money: Sequence[MonthMoney], whole: Sequence[date]) -> list[FamilyMoney]:
    now, before = set(whole[YEAR:]), set(whole[:YEAR])
    total = _sum(money, whole[YEAR:])
    found = []
    for family in sorted({row.family for row in money}):
        rows = [row for row in money if row.family == family and row.month in now]
        earlier = _revenue([row for row in money if row.family == family and row.month in before])
        revenue = _revenue(rows)
        if rows or earlier:
            share = float(revenue / total) if total > 0 else 0.0
            margin = _known_margin(rows)
            found.append(FamilyMoney(family, revenue, margin, share, earlier, change(revenue, earlier)))
    return sorted(found, key=lambda each: -each.revenue)


def _place(row: RankedAccount) -> Place:
    ranking = row.ranking
    return Place(
        period=ranking.period,
        from_day=ranking.from_day,
        as_of=ranking.as_of,
        rank=row.rank,
        of=ranking.results["buying_accounts"],
        revenue=row.revenue,
        margin=row.margin,
        orders=row.orders,
        lines=row.lines,
        abc=row.abc,
        band=row.band,
        cumulative_share=row.cumulative_share,
        method=f"{ranking.method.pack} v{ranking.method.version}",
    )


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount.quantize(Decimal("0.01")))


def _place_json(place: Place) -> dict[str, Any]:
    return {
        "rank": place.rank,
        "of": place.of,
        "revenue": _number(place.revenue),
        "margin": _number(place.margin),
        "orders": place.orders,
        "lines": place.lines,
        "abc": place.abc,
        "band": place.band,
    }


def _totals_json(totals: AccountTotals | None) -> dict[str, Any] | None:
    if totals is None:
        return None
    return {
        "first_day": totals.first_day.isoformat(),
        "last_day": totals.last_day.isoformat(),
        "orders": totals.orders,
        "purchases": totals.purchases,
        "lines": totals.lines,
        "lines_without_rate": totals.lines_without_rate,
        "lines_converted": totals.lines_converted,
        "revenue": _number(totals.revenue),
        "margin": _number(totals.margin),
    }
