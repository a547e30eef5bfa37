"""Growth and effort over the accounts in view: what stays, what follows, cohorts, hands, return on effort."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from changqing.accounts.queries import Part
from changqing.accounts.rights import reads_anywhere
from changqing.base.days import months_back
from changqing.ledger.queries import as_of, costs_by_activity
from changqing.people.permissions import Principal
from changqing.reports.months import whole_months
from changqing.value.queries import view_of
from changqing.value.queries.growth import (
    Cohort,
    FamilyYear,
    Staffing,
    TwoYears,
    Widened,
    buyers,
    cohorts,
    family_years,
    margins_by_account,
    named,
    staff_counted,
    staffing,
    two_years,
)
from changqing.value.queries.methods import growth_pack, methods_in_force
from changqing.value.rules.growth import (
    ActivityReturn,
    GrowthMethod,
    Retention,
    Stream,
    Template,
    returns_by_activity,
)
from changqing.value.rules.schemes import Scheme

YEAR = 12
LISTED = 10
BY_BAND = "fee"
KINDS = ("core", "follow_on")


@dataclass(frozen=True, kw_only=True)
class StreamYear:
    """One stream over twelve months; ``margin`` None is not known or not this reader's."""

    stream: Stream
    families: tuple[str, ...]
    revenue: Decimal
    margin: Decimal | None
    accounts: int


@dataclass(frozen=True, kw_only=True)
class Growth:
    """``until`` is the first day after the twelve months. ``attach`` is the share of the accounts that bought
    the core which also bought what follows; shares are None where there is nothing to divide by."""

    as_of: date
    start: date
    until: date
    retention: Retention
    expanded: list[Widened]
    widened: int
    multiplied: int
    template: Template
    streams: list[StreamYear]
    attach: float | None
    follow_on_revenue: float | None
    follow_on_margin: float | None
    cohorts: list[Cohort]
    staffing: Staffing
    activities: list[ActivityReturn]
    method: GrowthMethod
    method_name: str
    currency: str
    hides_margin: bool

    @property
    def low(self) -> list[ActivityReturn]:
        edge = float(self.method.returns.low_below.value)
        return [one for one in self.activities if one.net_return < edge]

    def as_json(self) -> dict[str, Any]:
        """What ``changqing growth --json`` prints."""
        return {
            "as_of": self.as_of.isoformat(),
            "from": self.start.isoformat(),
            "method": self.method_name,
            "currency": self.currency,
            "retention": self.retention.as_json(),
            "widened": self.widened,
            "multiplied": self.multiplied,
            "expanded": [asdict(one) | {"multiple": one.multiple} for one in self.expanded],
            "streams": [
                {
                    "code": one.stream.code,
                    "kind": one.stream.kind,
                    "families": list(one.families),
                    "revenue": float(one.revenue),
                    "margin": None if one.margin is None else float(one.margin),
                    "accounts": one.accounts,
                }
                for one in self.streams
            ],
            "attach_rate": self.attach,
            "follow_on_revenue_share": self.follow_on_revenue,
            "follow_on_profit_share": self.follow_on_margin,
            "cohorts": [asdict(one) for one in self.cohorts],
            "staffing": asdict(self.staffing),
            "activities": [
                {
                    "activity": one.activity,
                    "cost": float(one.cost),
                    "accounts": one.accounts,
                    "margin": float(one.margin),
                    "net_return": one.net_return,
                    "at_a_loss": float(one.at_a_loss),
                    "is_low": one in self.low,
                }
                for one in self.activities
            ],
        }


def growth(to: Principal) -> Growth | None:
    """None while the book has no orders, or where ``to`` sees no revenue at all."""
    last = as_of()
    if last is None or not reads_anywhere(to, Part.REVENUE):
        return None
    months = whole_months(last, 2 * YEAR)
    start, middle, end = months[0], months[YEAR], months_back(months[-1], -1)
    pack = growth_pack()
    view, band = view_of(to, hands=True), by_band()

    def of_two_years() -> TwoYears:
        multiple = Decimal(pack.method.expansion.multiple.value)
        return two_years(to, start, middle, end, multiple=multiple, limit=LISTED)

    years = view.kept("two years", of_two_years)
    streams, attach = view.kept("streams", lambda: _streams(to, middle, end, pack.method.in_use))
    counted = view.kept("staff", lambda: staff_counted(to, band))
    return Growth(
        as_of=last,
        start=middle,
        until=end,
        retention=years.retention,
        expanded=named(to, years.first),
        widened=years.widened,
        multiplied=years.multiplied,
        template=pack.method.in_use,
        streams=streams,
        attach=attach,
        follow_on_revenue=_share([(one.stream.kind, one.revenue) for one in streams]),
        follow_on_margin=_share([(one.stream.kind, one.margin) for one in streams]),
        cohorts=view.kept("cohorts", lambda: cohorts(to, months_back(last, YEAR))),
        staffing=staffing(to, band, counted),
        activities=view.kept("activities", lambda: _activities(to, middle, end)),
        method=pack.method,
        method_name=f"{pack.name} v{pack.version}",
        currency=settings.BOOK_CURRENCY,
        hides_margin=not reads_anywhere(to, Part.MARGIN),
    )


def _activities(to: Principal, start: date, end: date) -> list[ActivityReturn]:
    costs = costs_by_activity(to, start)
    margins = margins_by_account(to, start, end, {account for account, _activity, _cost in costs})
    return returns_by_activity(costs, margins)


def by_band() -> Scheme:
    """Tiers by the fee of a year, or those that govern where there are none."""
    tiers = methods_in_force().tiers
    return tiers.scheme(BY_BAND) or tiers.governs


def _streams(
    to: Principal, start: date, end: date, template: Template
) -> tuple[list[StreamYear], float | None]:
    """By stream, and the share of the accounts that bought the core which also bought what follows."""
    held: dict[str, list[FamilyYear]] = defaultdict(list)
    for family in family_years(to, start, end):
        held[template.stream_of(family.family).code].append(family)
    groups = {code: [row.family for row in rows] for code, rows in held.items()}
    for kind in KINDS:
        codes = [stream.code for stream in template.streams if stream.kind == kind]
        groups[f"all_{kind}"] = [family for code in codes for family in groups.get(code, [])]
    core, after = (f"all_{kind}" for kind in KINDS)
    bought, attached = buyers(to, start, end, groups, both=(core, after))
    found = []
    for stream in template.streams:
        if not (rows := held.get(stream.code, [])):
            continue
        known = [row.margin for row in rows if row.margin is not None]
        found.append(
            StreamYear(
                stream=stream,
                families=tuple(row.family for row in rows),
                revenue=sum((row.revenue for row in rows), Decimal(0)),
                margin=sum(known, Decimal(0)) if known else None,
                accounts=bought[stream.code],
            )
        )
    return found, attached / bought[core] if bought.get(core) else None


def _share(parts: list[tuple[str, Decimal | None]]) -> float | None:
    known = [(kind, money) for kind, money in parts if money is not None]
    total = sum((money for _kind, money in known), Decimal(0))
    after = sum((money for kind, money in known if kind == "follow_on"), Decimal(0))
    return float(after / total) if total > 0 else None
