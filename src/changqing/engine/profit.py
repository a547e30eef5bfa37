"""What a customer brings over a lifetime, what serving one costs, and where the list price goes.

Amounts are floats of one currency; the caller keeps the exact decimals. Each formula names its source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from changqing.engine.computable import Floats, NotComputable, Values, floats, none_negative, read_only


@dataclass(frozen=True)
class LifetimeProfit:
    """Both sums of CLP at their present value."""

    margin: float
    contact_cost: float

    @property
    def profit(self) -> float:
        return self.margin - self.contact_cost


def lifetime_profit(
    margins: Values,
    *,
    purchases_per_year: float,
    discount_rate: float,
    contacts: ArrayLike = (),
    unit_costs: ArrayLike = (),
) -> LifetimeProfit:
    """CLP of one customer: Σ_y CM_y/(1+d)^(y/f) − Σ_l Σ_m c_lm·x_lm/(1+d)^(l−1).

    ``margins`` = contribution of purchase y = 1, 2 …, f = ``purchases_per_year``; ``contacts`` x = number
    in year l (rows) by channel m (columns), paid at the year's beginning; ``unit_costs`` c = price of one
    contact, by channel or by year and channel.
    Source: Venkatesan & Kumar (2004), A Customer Lifetime Value Framework for Customer Selection and
    Resource Allocation Strategy, Journal of Marketing 68(4), 106-125.
    Errors: those of ``floats``; negative_value for counts and costs; unequal_lengths for shapes that do
    not fit; inconsistent for a rate below 0 or no purchases a year.
    """
    margin = floats(margins, name="margins")
    rate = _above(discount_rate, "the discount rate", or_at=True)
    per_year = _above(purchases_per_year, "purchases_per_year")
    at = np.arange(1, margin.size + 1) / per_year
    yearly = _yearly_contact_cost(contacts, unit_costs)
    return LifetimeProfit(
        margin=math.fsum((margin * (1 + rate) ** -at).tolist()),
        contact_cost=math.fsum((yearly * (1 + rate) ** -np.arange(float(yearly.size))).tolist()),
    )


def _yearly_contact_cost(contacts: ArrayLike, unit_costs: ArrayLike) -> Floats:
    numbers = np.asarray(contacts, np.float64)
    if not numbers.size:
        return np.zeros(0)
    prices = np.asarray(unit_costs, np.float64)
    if numbers.ndim != 2 or prices.shape not in (numbers.shape, numbers.shape[1:]):
        raise NotComputable("unequal_lengths", "contacts are years by channels; unit_costs must fit them")
    for array, name in ((numbers, "contacts"), (prices, "unit_costs")):
        none_negative(floats(array.ravel(), name=name), name=name)
    return np.asarray((numbers * prices).sum(axis=1), np.float64)


@dataclass(frozen=True)
class Base:
    """A customer base: how many customers, how many years each stays, what each brings a year."""

    customers: float
    years: float
    profit_per_year: float

    @property
    def profit(self) -> float:
        return self.customers * self.years * self.profit_per_year


@dataclass(frozen=True)
class Levers:
    """What a change of lifetime profit comes from; the three add up to the change."""

    more: float
    longer: float
    deeper: float


def more_longer_deeper(before: Base, after: Base) -> Levers:
    """Split the change of customers × years × profit a year among its three factors.

    Each gets what it adds, averaged over the orders in which the three may change, so the parts add up and
    no order is favoured. Source: Shapley (1953), A Value for n-Person Games; for decompositions Shorrocks
    (2013), J. of Economic Inequality 11, 99-126. The reading of the three levers is this project's.
    Errors: inconsistent for numbers that are not finite, or customers or years below 0.
    """
    for base in (before, after):
        _above(base.customers, "customers", or_at=True)
        _above(base.years, "years", or_at=True)
        if not math.isfinite(base.profit_per_year):
            raise NotComputable("inconsistent", f"profit_per_year is {base.profit_per_year}")
    n, t, p = ((getattr(before, f), getattr(after, f)) for f in ("customers", "years", "profit_per_year"))
    return Levers(more=_lever(n, t, p), longer=_lever(t, n, p), deeper=_lever(p, n, t))


def _lever(own: tuple[float, float], one: tuple[float, float], two: tuple[float, float]) -> float:
    """The change of ``own`` times the average of the others' product over the six orders."""
    still, moved = one[0] * two[0], one[1] * two[1]
    return (own[1] - own[0]) * (2 * still + one[0] * two[1] + one[1] * two[0] + 2 * moved) / 6


@dataclass(frozen=True, eq=False)
class CostToServe:
    """``by_activity`` in the given order; ``unused`` = cost of the capacity that nobody used."""

    rate_per_minute: float
    by_activity: Floats
    unused: float

    @property
    def total(self) -> float:
        return math.fsum(self.by_activity.tolist())


def cost_to_serve(*, cost: float, practical_minutes: float, minutes: Values, counts: Values) -> CostToServe:
    """Time-driven: (capacity cost ÷ practical minutes) × minutes an activity takes × times it was done.

    ``unused`` is negative when more was done than the capacity given holds: then the minutes are wrong.
    Source: Kaplan & Anderson (2004), Time-Driven Activity-Based Costing, Harvard Business Review 82(11).
    Errors: those of ``floats``; unequal_lengths; negative_value; inconsistent without capacity.
    """
    each, times = floats(minutes, name="minutes"), floats(counts, name="counts")
    if each.size != times.size:
        raise NotComputable("unequal_lengths", "minutes and counts must be of one length")
    none_negative(each, name="minutes")
    none_negative(times, name="counts")
    spent = _above(cost, "cost", or_at=True)
    rate = spent / _above(practical_minutes, "practical_minutes")
    by_activity = rate * each * times
    return CostToServe(rate, read_only(by_activity), spent - math.fsum(by_activity.tolist()))


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: what it takes off (negative) or adds, and what is left after it."""

    name: str
    change: float
    left: float


@dataclass(frozen=True)
class Waterfall:
    """From list price through price steps to the pocket price, and through costs to the account's profit."""

    list_price: float
    price_steps: tuple[Step, ...]
    pocket_price: float
    cost_steps: tuple[Step, ...]
    profit: float


def pocket_price_waterfall(
    list_price: float, *, reductions: Mapping[str, float], costs: Mapping[str, float]
) -> Waterfall:
    """List price − discounts and rebates = pocket price; − product cost and cost to serve = profit.

    Both mappings name what is taken off, as amounts above zero (below zero: added), in order.
    Source: Marn & Rosiello (1992), Managing Price, Gaining Profit, Harvard Business Review 70(5), 84-94.
    Errors: inconsistent for a list price below 0 or an amount that is no number.
    """
    start = _above(list_price, "the list price", or_at=True)
    price_steps = _steps(start, reductions)
    pocket = price_steps[-1].left if price_steps else start
    cost_steps = _steps(pocket, costs)
    return Waterfall(
        start, price_steps, pocket, cost_steps, profit=cost_steps[-1].left if cost_steps else pocket
    )


def _steps(start: float, taken: Mapping[str, float]) -> tuple[Step, ...]:
    """Each level is summed anew from the start, so that rounding does not pile up."""
    changes: list[float] = []
    steps: list[Step] = []
    for name, amount in taken.items():
        if not math.isfinite(amount):
            raise NotComputable("inconsistent", f"{name} is {amount}")
        changes.append(-float(amount))
        steps.append(Step(name, changes[-1], math.fsum([start, *changes])))
    return tuple(steps)


def financing_cost(amounts: Values, days: Values, *, yearly_rate: float, days_in_year: int = 365) -> float:
    """What it costs to wait for money: Σ amount × days outstanding ÷ 365 × cost of capital, simple interest.

    ``days`` from the day the money is tied up to the day it is there, each amount its own; negative
    amounts (credit notes) lower the cost.
    Errors: those of ``floats``; unequal_lengths; negative_value for days; inconsistent for the rate.
    """
    amount, waited = floats(amounts, name="amounts"), floats(days, name="days")
    if amount.size != waited.size:
        raise NotComputable("unequal_lengths", "amounts and days must be of one length")
    none_negative(waited, name="days")
    rate = _above(yearly_rate, "the yearly rate", or_at=True)
    return math.fsum((amount * waited).tolist()) / _above(days_in_year, "days_in_year") * rate


def _above(value: float, name: str, *, or_at: bool = False) -> float:
    """A finite number above zero, or at it; else inconsistent."""
    if not (math.isfinite(value) and (value > 0 or (or_at and value == 0))):
        raise NotComputable("inconsistent", f"{name} must be above {'or at ' if or_at else ''}0, not {value}")
    return float(value)
