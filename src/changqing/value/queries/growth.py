"""How the accounts in view grow: revenue that stayed, families bought, cohorts, hands against what is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, ExtractYear
from django.utils import timezone

from changqing.accounts.models import Account, TeamMembership
from changqing.accounts.queries import visible_to
from changqing.ledger.models import AccountDays, AccountMonth
from changqing.people.permissions import Principal
from changqing.value.models import AccountStanding, AccountWorth
from changqing.value.rules.schemes import Scheme

NOTHING = Decimal(0)


@dataclass(frozen=True)
class TwoYears:
    """One account's revenue and number of families bought, in twelve months and the twelve before."""

    account: int
    now: float
    before: float
    families: int
    families_before: int


def two_years(to: Principal, start: date, middle: date, end: date) -> list[TwoYears]:
    """By account in view: from ``middle`` up to ``end`` (left out), and from ``start`` up to ``middle``."""
    late, early = Q(month__gte=middle), Q(month__lt=middle)
    rows = visible_to(to, AccountMonth.objects.filter(month__gte=start, month__lt=end))
    found = rows.values("account_id").annotate(
        now=Sum("revenue", filter=late, default=NOTHING),
        before=Sum("revenue", filter=early, default=NOTHING),
        families=Count("family", filter=late & Q(revenue__gt=0), distinct=True),
        families_before=Count("family", filter=early & Q(revenue__gt=0), distinct=True),
    )
    return [
        TwoYears(
            row["account_id"],
            float(row["now"]),
            float(row["before"]),
            row["families"],
            row["families_before"],
        )
        for row in found.iterator()
    ]


@dataclass(frozen=True)
class FamilyYear:
    """One family over twelve months: revenue, margin (None where it is not this reader's or no cost is
    known) and the accounts that bought it."""

    family: str
    revenue: Decimal
    margin: Decimal | None
    accounts: frozenset[int]


def family_years(to: Principal, start: date, end: date) -> list[FamilyYear]:
    """By family over the accounts in view; the margin over those whose margin ``to`` may see."""
    rows = visible_to(to, AccountMonth.objects.filter(month__gte=start, month__lt=end))
    money = dict(_margins(to, start, end))
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    buyers: dict[str, set[int]] = defaultdict(set)
    for family, account, amount in rows.values_list("family", "account_id").annotate(sum=Sum("revenue")):
        revenue[family] += amount
        if amount > 0:
            buyers[family].add(account)
    return [
        FamilyYear(family, amount, money.get(family), frozenset(buyers[family]))
        for family, amount in sorted(revenue.items())
    ]


def _margins(to: Principal, start: date, end: date) -> Iterable[tuple[str, Decimal]]:
    seen = visible_to(to, AccountDays.objects.all()).values("account_id")
    rows = AccountMonth.objects.filter(month__gte=start, month__lt=end, account__in=seen)
    known = rows.values("family").annotate(
        sum=Sum("margin"), revenue_=Sum("revenue"), bare=Sum("revenue_without_cost")
    )
    return [(row["family"], row["sum"]) for row in known if row["bare"] < row["revenue_"] or row["sum"]]


def margins_by_account(to: Principal, start: date, end: date) -> dict[int, Decimal]:
    """Margin of the accounts whose margin ``to`` may see."""
    seen = visible_to(to, AccountDays.objects.all()).values("account_id")
    rows = AccountMonth.objects.filter(month__gte=start, month__lt=end, account__in=seen)
    return dict(rows.values_list("account_id").annotate(sum=Sum("margin")))


@dataclass(frozen=True)
class Cohort:
    """The accounts that first ordered in one year: how many still order, and what they are worth."""

    year: int
    accounts: int
    ordering: int
    value: float
    profit: float


def cohorts(to: Principal, since: date) -> list[Cohort]:
    """Lifetime value (before cost to serve) and lifetime profit by the year of the first order; ``ordering``
    are those with an order after ``since``."""
    gross = Cast(KeyTextTransform("future_gross", "facts"), FloatField())
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True, account__totals__isnull=False))
    found = (
        rows.annotate(year=ExtractYear("account__totals__first_day"), gross=gross)
        .values("year")
        .annotate(
            n=Count("pk"),
            ordering=Count("pk", filter=Q(account__totals__last_day__gt=since)),
            value=Sum("gross"),
            sum=Sum("profit"),
        )
        .order_by("year")
    )
    return [
        Cohort(row["year"], row["n"], row["ordering"], row["value"] or 0.0, row["sum"] or 0.0)
        for row in found
    ]


@dataclass(frozen=True)
class WorthPlaces:
    """An account's rank among all by lifetime value and by lifetime profit; ``of`` have both."""

    by_value: int
    by_profit: int
    of: int


def places_by_worth(worth: AccountWorth) -> WorthPlaces | None:
    """None where the lifetime value or profit is not known. Ranks are the whole book's, as on the list."""
    value = worth.facts.get("future_gross")
    if value is None or worth.profit is None:
        return None
    gross = Cast(KeyTextTransform("future_gross", "facts"), FloatField())
    rows = AccountWorth.objects.filter(is_current=True, profit__isnull=False).annotate(gross=gross)
    found = rows.aggregate(
        n=Count("pk"),
        above=Count("pk", filter=Q(profit__gt=worth.profit)),
        richer=Count("pk", filter=Q(gross__gt=value)),
    )
    return WorthPlaces(by_value=found["richer"] + 1, by_profit=found["above"] + 1, of=found["n"])


@dataclass(frozen=True)
class Staffed:
    """One account that has fewer hands than its band asks for."""

    key: str
    name: str
    tier: str
    needed: int
    hands: int


@dataclass(frozen=True)
class Staffing:
    """By tier: accounts and those short of hands; ``short`` names the first. ``unknown`` have no band."""

    tiers: Mapping[str, tuple[int, int]]
    short: list[Staffed]
    unknown: int


def staffing(to: Principal, scheme: Scheme, *, limit: int = 12) -> Staffing:
    """Hands (owner, backup, open places in the team) against what the tier of ``scheme`` asks for."""
    rows = _with_hands(visible_to(to, AccountStanding.objects.filter(is_current=True)), scheme)
    counts = rows.values("band").annotate(n=Count("pk"), short=Count("pk", filter=Q(missing__gt=0)))
    told = {row["band"] or "": (row["n"], row["short"]) for row in counts}
    order = {code: at for at, code in enumerate(scheme.codes)}
    short = rows.filter(missing__gt=0).select_related("account")
    first = sorted(short.order_by("-value_rank", "pk")[:limit], key=lambda row: order.get(row.band, 99))
    return Staffing(
        tiers={code: told.get(code, (0, 0)) for code in scheme.codes},
        short=[Staffed(row.account.key, row.account.name, row.band, row.needed, row.hands) for row in first],
        unknown=told.get("", (0, 0))[0],
    )


def staffed(account: Account, scheme: Scheme) -> tuple[str, int, int] | None:
    """(tier, hands needed, hands there) of one account that the reader sees; None where it has no band."""
    row = _with_hands(AccountStanding.objects.filter(is_current=True, account=account), scheme).first()
    return (row.band, row.needed, row.hands) if row is not None and row.band else None


def _with_hands(rows: QuerySet[AccountStanding], scheme: Scheme) -> QuerySet[Any]:
    """Standings with ``band``, ``needed``, ``hands`` and ``missing``."""
    staff = [When(band=tier.code, then=Value(tier.staff or 0)) for tier in scheme.tiers]
    held = TeamMembership.objects.filter(account=OuterRef("account"), ended_at=None)
    held = held.filter(Q(until=None) | Q(until__gte=timezone.localdate())).order_by()
    places = held.values("account").annotate(n=Count("user", distinct=True)).values("n")
    return rows.annotate(
        band=KeyTextTransform(scheme.code, "labels"),
        needed=Case(*staff, default=Value(0), output_field=IntegerField()),
        hands=_one("account__owner") + _one("account__backup") + Coalesce(Subquery(places), Value(0)),
        missing=F("needed") - F("hands"),
    )


def _one(path: str) -> Case:
    return Case(When(**{f"{path}__isnull": False}, then=Value(1)), default=Value(0))
