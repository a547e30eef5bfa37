"""How the accounts in view grow: revenue that stayed, families bought, cohorts, hands against what is due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.contrib.postgres.aggregates import BoolOr
from django.db.models import (
    Case,
    Count,
    F,
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
from django.db.models.functions import Coalesce, ExtractYear, Least
from django.utils import timezone

from changqing.accounts.models import Account, TeamMembership
from changqing.accounts.queries import Part, visible_to
from changqing.base.bulk import columns_from
from changqing.base.compiled import Compiled
from changqing.engine.computable import Floats
from changqing.ledger.models import AccountMonth
from changqing.people.permissions import Principal
from changqing.value.models import AccountStanding, AccountWorth
from changqing.value.queries.views import VIEWS, judged
from changqing.value.queries.worth import standing_of
from changqing.value.rules.growth import Retention
from changqing.value.rules.schemes import Scheme

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Widened:
    """One account that bought more families in twelve months than in the twelve before."""

    key: str
    name: str
    families_before: int
    families: int
    before: float
    now: float

    @property
    def multiple(self) -> float:
        return self.now / self.before


@dataclass(frozen=True)
class TwoYears:
    """Of the accounts in view: what stayed, how many widened and how many reached a multiple; figures of the
    first, who are ``named`` when they are shown."""

    retention: Retention
    widened: int
    multiplied: int
    first: list[dict[str, Any]]


def two_years(
    to: Principal, start: date, middle: date, end: date, *, multiple: Decimal, limit: int
) -> TwoYears:
    """From ``middle`` up to ``end`` (left out) against ``start`` up to ``middle``, summed by the database."""
    late, early = Q(month__gte=middle), Q(month__lt=middle)
    months = visible_to(to, AccountMonth.objects.filter(month__gte=start, month__lt=end))
    rows = months.values("account_id").annotate(
        now=Sum("revenue", filter=late, default=NOTHING),
        before=Sum("revenue", filter=early, default=NOTHING),
        families=Count("family", filter=late & Q(revenue__gt=0), distinct=True),
        families_before=Count("family", filter=early & Q(revenue__gt=0), distinct=True),
    )
    bought, wider = Q(before__gt=0), Q(before__gt=0, families__gt=F("families_before"))
    found = rows.aggregate(
        accounts=Count("account_id", filter=bought),
        was=Sum("before", filter=bought, default=NOTHING),
        is_now=Sum("now", filter=bought, default=NOTHING),
        smaller=Sum(Least("now", "before"), filter=bought, default=NOTHING),
        new=Sum("now", filter=~bought, default=NOTHING),
        lost=Sum("before", filter=bought & Q(now__lte=0), default=NOTHING),
        widened=Count("account_id", filter=wider),
        multiplied=Count("account_id", filter=bought & Q(now__gte=F("before") * multiple)),
    )
    money = (float(found[name]) for name in ("was", "is_now", "smaller", "new", "lost"))
    return TwoYears(
        retention=Retention(found["accounts"], *money),
        widened=found["widened"],
        multiplied=found["multiplied"],
        first=_widened(rows.filter(wider), limit),
    )


def _widened(rows: QuerySet[Any], limit: int) -> list[dict[str, Any]]:
    """Names are asked for afterwards: grouping every month by them costs as much as all sums."""
    ordered = rows.annotate(rise=F("now") - F("before")).order_by("-rise", "account_id")[:limit]
    return list(ordered.values("account_id", "families_before", "families", "before", "now"))


def named(to: Principal, first: Sequence[dict[str, Any]]) -> list[Widened]:
    """The accounts of ``TwoYears.first`` with their names of now."""
    rows = visible_to(to, Account.objects.filter(pk__in=[row["account_id"] for row in first]))
    known = rows.in_bulk()
    return [
        Widened(
            known[row["account_id"]].key,
            known[row["account_id"]].name,
            row["families_before"],
            row["families"],
            float(row["before"]),
            float(row["now"]),
        )
        for row in first
        if row["account_id"] in known
    ]


@dataclass(frozen=True)
class FamilyYear:
    """One family over twelve months: revenue and margin (None where it is not this reader's or no cost is
    known)."""

    family: str
    revenue: Decimal
    margin: Decimal | None


def family_years(to: Principal, start: date, end: date) -> list[FamilyYear]:
    """By family over the accounts in view; the margin over those whose margin ``to`` may see."""
    rows = visible_to(to, AccountMonth.objects.filter(month__gte=start, month__lt=end))
    money = dict(_margins(to, start, end))
    sums = rows.values_list("family").annotate(sum=Sum("revenue")).order_by("family")
    return [FamilyYear(family, amount, money.get(family)) for family, amount in sums]


def buyers(
    to: Principal, start: date, end: date, groups: Mapping[str, Collection[str]], *, both: tuple[str, str]
) -> tuple[dict[str, int], int]:
    """Of each of the ``groups`` of families how many accounts in view bought of it in some month, and how
    many bought of ``both`` of two groups."""
    held = {name: list(families) for name, families in groups.items() if families}
    if not held:
        return {}, 0
    months = AccountMonth.objects.filter(month__gte=start, month__lt=end, revenue__gt=0)
    rows = visible_to(to, months).values("account_id")
    rows = rows.annotate(**{f"in_{name}": BoolOr(Q(family__in=families)) for name, families in held.items()})
    wanted = {name: Q((f"in_{name}", True)) for name in held}
    if set(both) <= set(held):
        wanted["both"] = wanted[both[0]] & wanted[both[1]]
    found = rows.aggregate(**{f"n_{name}": Count("account_id", filter=rule) for name, rule in wanted.items()})
    return {name: found[f"n_{name}"] for name in held}, found.get("n_both", 0)


def _margins(to: Principal, start: date, end: date) -> Iterable[tuple[str, Decimal]]:
    months = AccountMonth.objects.filter(month__gte=start, month__lt=end)
    rows = visible_to(to, months, Part.MARGIN)
    known = rows.values("family").annotate(
        sum=Sum("margin"), revenue_=Sum("revenue"), bare=Sum("revenue_without_cost")
    )
    return [(row["family"], row["sum"]) for row in known if row["bare"] < row["revenue_"] or row["sum"]]


def margins_by_account(to: Principal, start: date, end: date, among: Collection[int]) -> dict[int, Decimal]:
    """Margin of those ``among`` whose margin ``to`` may see."""
    months = AccountMonth.objects.filter(month__gte=start, month__lt=end, account__in=among)
    rows = visible_to(to, months, Part.MARGIN)
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
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True, account__totals__isnull=False))
    found = (
        rows.annotate(year=ExtractYear("account__totals__first_day"))
        .values("year")
        .annotate(
            n=Count("*"),
            ordering=Count("account", filter=Q(account__totals__last_day__gt=since)),
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
    if worth.gross is None or worth.profit is None:
        return None
    profits, values = VIEWS.get(("worths", judged()), _worths)
    return WorthPlaces(
        by_value=_above(values, worth.gross) + 1,
        by_profit=_above(profits, worth.profit) + 1,
        of=profits.size,
    )


def _worths() -> tuple[Floats, Floats]:
    """Every lifetime profit that is known now, and the lifetime values beside it, each from least to most."""
    found = columns_from(
        f"SELECT profit, gross FROM {AccountWorth._meta.db_table} "  # noqa: S608
        "WHERE is_current AND profit IS NOT NULL",
        [],
        {"profit": pa.float64(), "gross": pa.float64()},
    )
    profits, values = (np.sort(found[name].drop_null().to_numpy()) for name in ("profit", "gross"))
    return profits, values


def _above(ordered: Floats, value: float) -> int:
    return int(ordered.size - np.searchsorted(ordered, value, side="right"))


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


def staff_counted(to: Principal, scheme: Scheme) -> dict[str, tuple[int, int]]:
    """By tier of ``scheme`` ("" is unknown): accounts, and those short of hands."""
    rows = _with_hands(visible_to(to, AccountStanding.objects.filter(is_current=True)), scheme)
    counts = rows.values("band").annotate(n=Count("pk"), short=Count("pk", filter=Q(missing__gt=0)))
    return {row["band"] or "": (row["n"], row["short"]) for row in counts.order_by()}


def staffing(
    to: Principal, scheme: Scheme, told: Mapping[str, tuple[int, int]], *, limit: int = 12
) -> Staffing:
    """Hands (owner, backup, open places in the team) against what the tier of ``scheme`` asks for; ``told``
    is ``staff_counted``."""
    rows = _with_hands(visible_to(to, AccountStanding.objects.filter(is_current=True)), scheme)
    order = {code: at for at, code in enumerate(scheme.codes)}
    short = rows.filter(missing__gt=0).select_related("account")
    first = sorted(
        short.order_by(F("value_rank").desc(nulls_last=True), "pk")[:limit],
        key=lambda row: order.get(row.band, 99),
    )
    return Staffing(
        tiers={code: told.get(code, (0, 0)) for code in scheme.codes},
        short=[Staffed(row.account.key, row.account.name, row.band, row.needed, row.hands) for row in first],
        unknown=told.get("", (0, 0))[0],
    )


def staffed(to: Principal, account: Account, scheme: Scheme) -> tuple[str, int, int] | None:
    """(tier, hands needed, hands there) of one account; None where it has no band, or ``to`` sees none."""
    standing = standing_of(to, account)
    band = standing.labels.get(scheme.code) if standing else None
    if not band:
        return None
    tier = scheme.tier(band)
    today = timezone.localdate()
    others = {user for user, until in PLACES(account.pk) if until is None or until >= today}
    hands = (account.owner_id is not None) + (account.backup_id is not None) + len(others)
    return band, (tier.staff or 0) if tier else 0, hands


PLACES = Compiled(
    lambda account: TeamMembership.objects.filter(ended_at=None, account=account).values_list(
        "user_id", "until"
    )
)


def _held() -> QuerySet[TeamMembership]:
    """The places in teams that count today."""
    held = TeamMembership.objects.filter(ended_at=None)
    return held.filter(Q(until=None) | Q(until__gte=timezone.localdate())).order_by()


def _with_hands(rows: QuerySet[AccountStanding], scheme: Scheme) -> QuerySet[Any]:
    """Standings with ``band``, ``needed``, ``hands`` and ``missing``."""
    staff = [When(band=tier.code, then=Value(tier.staff or 0)) for tier in scheme.tiers]
    places = (
        _held()
        .filter(account=OuterRef("account"))
        .values("account")
        .annotate(n=Count("user", distinct=True))
        .values("n")
    )
    return rows.annotate(
        band=KeyTextTransform(scheme.code, "labels"),
        needed=Case(*staff, default=Value(0), output_field=IntegerField()),
        hands=_one("account__owner") + _one("account__backup") + Coalesce(Subquery(places), Value(0)),
        missing=F("needed") - F("hands"),
    )


def _one(path: str) -> Case:
    return Case(When(**{f"{path}__isnull": False}, then=Value(1)), default=Value(0))
