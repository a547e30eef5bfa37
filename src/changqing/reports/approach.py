"""One account: how to go about it, how its value grew, which streams its profit comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from changqing.accounts.queries import Account, Part, account_by_key, contacts_of, sight
from changqing.base.days import FiscalYear
from changqing.ledger.queries import MonthMoney, as_of, months_of
from changqing.organisation.queries import organisation_settings
from changqing.people.permissions import Principal
from changqing.reports.growth import by_band
from changqing.reports.months import whole_months
from changqing.value.queries import places_of
from changqing.value.queries.growth import WorthPlaces, places_by_worth, staffed
from changqing.value.queries.methods import approach_pack, growth_pack
from changqing.value.queries.worth import AccountWorth, ratings_of, worth_of
from changqing.value.rules.approach import ApproachMethod, IndustryCard, Sign, SuggestedWay, card_for, suggest
from changqing.value.rules.growth import GrowthMethod, Template, ValueGrowth, value_growth

YEAR = 12
MOST_YEARS = 12
PAST_YEARS = 3


@dataclass(frozen=True, kw_only=True)
class StreamMoney:
    """One stream's margin by calendar year, and its share of the years that are foreseen."""

    code: str
    name: str
    is_core: bool
    past: tuple[Decimal, ...]
    share: float
    future: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Staff:
    tier: str
    needed: int
    hands: int


@dataclass(frozen=True, kw_only=True)
class ApproachPage:
    """``growth`` is of margin where the reader may see it and costs are known, else of revenue; None: less
    than two whole years. ``streams`` are empty where the margin is not this reader's, or not known."""

    account: Account
    suggestion: SuggestedWay | None
    card: IndustryCard | None
    approach: ApproachMethod
    staff: Staff | None
    growth: ValueGrowth | None
    growth_is_margin: bool
    template: Template
    years: tuple[FiscalYear, ...]
    streams: list[StreamMoney]
    places: WorthPlaces | None
    worth: AccountWorth | None
    method: GrowthMethod
    methods: tuple[str, str]
    as_of: date | None
    currency: str

    def as_json(self) -> dict[str, Any]:
        """What ``changqing account KEY --json`` adds."""
        return {
            "approach": _suggestion_json(self.suggestion),
            "industry_card": self.card.code if self.card else None,
            "staffing": vars(self.staff) if self.staff else None,
            "growth": _growth_json(self.growth, is_margin=self.growth_is_margin),
            "streams": [
                {
                    "code": one.code,
                    "past": [float(money) for money in one.past],
                    "share": one.share,
                    "future": list(one.future),
                }
                for one in self.streams
            ],
            "lifetime_places": vars(self.places) if self.places else None,
        }


def _suggestion_json(found: SuggestedWay | None) -> dict[str, Any] | None:
    if found is None:
        return None
    signs = {
        name: {"says": says, "value": value and float(value)} for name, (says, value) in found.signs.items()
    }
    return {"process": found.process.code if found.process else None, "signs": signs}


def _growth_json(found: ValueGrowth | None, *, is_margin: bool) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "of": "margin" if is_margin else "revenue",
        "baseline": float(found.baseline),
        "current": float(found.current),
        "growth": found.growth,
        "months": len(found.curve),
    }


def approach_page(to: Principal, key: str) -> ApproachPage | None:
    """None when ``to`` may not see account ``key``; each part only as far as ``to`` reads it."""
    account = account_by_key(to, key)
    if account is None:
        return None
    seen, ways, grows, last = sight(to, account), approach_pack(), growth_pack(), as_of()
    money = months_of(to, account) if seen.reads(Part.REVENUE) else []
    is_margin = seen.reads(Part.MARGIN) and any(row.margin for row in money)
    worth = worth_of(to, account)
    years = _years(last)
    return ApproachPage(
        account=account,
        suggestion=_suggested(to, account, ways.method) if seen.reads(Part.SCORE) else None,
        card=card_for(account.industry or "", method=ways.method),
        approach=ways.method,
        staff=_staff(to, account),
        growth=_grown(money, last, is_margin=is_margin),
        growth_is_margin=is_margin,
        template=grows.method.in_use,
        years=years,
        streams=_streams(money, grows.method.in_use, years, last, worth) if is_margin and last else [],
        places=places_by_worth(worth) if worth else None,
        worth=worth,
        method=grows.method,
        methods=(f"{ways.name} v{ways.version}", f"{grows.name} v{grows.version}"),
        as_of=last,
        currency=settings.BOOK_CURRENCY,
    )


def _suggested(to: Principal, account: Account, method: ApproachMethod) -> SuggestedWay:
    reads = sight(to, account).reads
    values: dict[Sign, Decimal | int | None] = {"participants": None, "amount": None, "layers": None}
    if reads(Part.NAMES):
        # nobody known says nothing about how many take part
        values["participants"] = (
            len({one.person_id for one in contacts_of(to, account) if one.until is None}) or None
        )
    year = places_of(to, account).get("12m") if reads(Part.REVENUE) else None
    if year is not None and year.orders and method.signs.currency.value == settings.BOOK_CURRENCY:
        values["amount"] = year.revenue / year.orders
    chain = ratings_of(to, account).get("chain")
    values["layers"] = chain.rating if chain else None
    return suggest(values, method=method)


def _staff(to: Principal, account: Account) -> Staff | None:
    scheme = by_band()
    found = staffed(to, account, scheme)
    if found is None:
        return None
    tier = scheme.tier(found[0])
    return Staff(tier=str(tier.name) if tier else found[0], needed=found[1], hands=found[2])


def _grown(money: Sequence[MonthMoney], last: date | None, *, is_margin: bool) -> ValueGrowth | None:
    if last is None:
        return None
    values: dict[date, Decimal] = defaultdict(Decimal)
    for row in money:
        values[row.month] += row.margin if is_margin else row.revenue
    return value_growth(whole_months(last, MOST_YEARS * YEAR), values)


def _years(last: date | None) -> tuple[FiscalYear, ...]:
    """The last fiscal years up to the one of ``last``."""
    if last is None:
        return ()
    now = FiscalYear.of(last, organisation_settings().fiscal_month)
    return tuple(FiscalYear(now.year - back, now.first_month) for back in reversed(range(PAST_YEARS)))


def _streams(
    money: Sequence[MonthMoney],
    template: Template,
    years: Sequence[FiscalYear],
    last: date,
    worth: AccountWorth | None,
) -> list[StreamMoney]:
    """Margin by stream and year; what is foreseen is split as the margin of the last twelve months was."""
    recent = set(whole_months(last, YEAR))
    first = years[-1].first_month
    past: dict[str, dict[FiscalYear, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    now: dict[str, Decimal] = defaultdict(Decimal)
    for row in money:
        code = template.stream_of(row.family).code
        past[code][FiscalYear.of(row.month, first)] += row.margin
        if row.month in recent:
            now[code] += row.margin
    total = sum(now.values(), Decimal(0))
    foreseen = worth.by_year if worth and worth.profit is not None and total > 0 else []
    return [
        StreamMoney(
            code=one.code,
            name=str(one.name),
            is_core=one.kind == "core",
            past=tuple(past[one.code][year] for year in years),
            share=float(now[one.code] / total) if total > 0 else 0.0,
            future=tuple(float(value or 0.0) * float(now[one.code] / total) for value in foreseen),
        )
        for one in template.streams
        if one.code in past
    ]
