"""What the book says of each account on a day: histories as arrays, cut at that day, and facts from them.

A history can be read as of any earlier day; nothing after it is looked at, so a back-test has no hindsight.
Months and quarters are counted back from the day itself. A fact that is not known is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from changqing.engine.computable import Floats, Integers

EPOCH = date(1970, 1, 1)
YEAR = 365
QUARTERS = 12
QUARTER = 91
LEAST_QUARTERS = 4
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Histories:
    """Days with order lines, account after account; ``of`` is the place in ``accounts``.

    ``cost``, ``invoiced``, ``received`` and ``opening`` are by account (rows) and month (columns);
    ``first_month`` is the month of the first column, counted from 0000-01. ``has_invoices`` says whose
    receivables are known. ``families`` counts families bought in the last twelve months and the twelve
    before, as of the book's last day, NaN for accounts it is not known of.
    """

    accounts: Integers
    of: Integers
    days: Integers
    revenue: Floats
    margin: Floats
    without_cost: Floats
    returned: Floats
    bought: Flags
    first_month: int = 0
    cost: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    invoiced: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    received: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    families: Floats = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def size(self) -> int:
        return int(self.accounts.size)

    def until(self, as_of: date) -> Histories:
        """What was known on ``as_of``: days after it are left out, and with them accounts without any."""
        keep = self.days <= number_of(as_of)
        if keep.all():
            return self
        kept = replace(
            self,
            **{
                name: getattr(self, name)[keep]
                for name in ("of", "days", "revenue", "margin", "without_cost", "returned", "bought")
            },
            families=np.full_like(self.families, np.nan),
        )
        return kept.among(np.bincount(kept.of, minlength=self.size) > 0)

    def among(self, rows: Flags) -> Histories:
        """Only the accounts whose flag is set."""
        if rows.all():
            return self
        place = np.cumsum(rows) - 1
        keep = rows[self.of]
        names = ("days", "revenue", "margin", "without_cost", "returned", "bought")
        by_month = {
            name: matrix[rows] if (matrix := getattr(self, name)).size else matrix
            for name in ("cost", "invoiced", "received", "families")
        }
        return replace(
            self,
            accounts=self.accounts[rows],
            of=place[self.of[keep]],
            **{name: getattr(self, name)[keep] for name in names},
            **by_month,
        )


@dataclass(frozen=True, eq=False)
class Gaps:
    """Times between purchases, account after account: ``flat[offsets[i]:offsets[i + 1]]`` are account i's."""

    flat: Floats
    offsets: Integers
    purchases: Integers
    first: Floats
    last: Floats


def number_of(day: date) -> int:
    """Days since 1970-01-01.

    >>> number_of(date(1970, 2, 1))
    31
    """
    return (day - EPOCH).days


def gaps_of(book: Histories) -> Gaps:
    """Gaps between purchases; an account without a purchase has none, and NaN for its days."""
    of, days = book.of[book.bought], book.days[book.bought]
    counts = np.bincount(of, minlength=book.size)
    within = np.diff(of) == 0
    first, last = np.full(book.size, np.nan), np.full(book.size, np.nan)
    last[of] = days
    first[of[::-1]] = days[::-1]
    sizes = np.maximum(counts - 1, 0)
    return Gaps(
        flat=np.diff(days)[within].astype(np.float64),
        offsets=np.concatenate(([0], np.cumsum(sizes))),
        purchases=counts,
        first=first,
        last=last,
    )


def gaps_until(book: Histories, ends: Integers) -> Gaps:
    """The gaps of a book of one account as they were at each of ``ends`` (days since 1970-01-01, from its
    first purchase on), each as if it were an account of its own."""
    days = book.days[book.bought]
    counts = np.searchsorted(days, ends, side="right")
    gaps = np.diff(days).astype(np.float64)
    return Gaps(
        flat=np.concatenate([gaps[: count - 1] for count in counts.tolist()] or [gaps[:0]]),
        offsets=np.concatenate(([0], np.cumsum(counts - 1))),
        purchases=counts,
        first=np.full(counts.size, days[0], np.float64),
        last=days[counts - 1].astype(np.float64),
    )


def sums(book: Histories, values: Floats, where: Flags) -> Floats:
    """Per account, the sum of ``values`` over the days ``where``."""
    found = np.bincount(book.of[where], weights=values[where], minlength=book.size)
    return found.astype(np.float64)


def facts_of(book: Histories, as_of: date, *, yearly_rate: float) -> dict[str, Floats]:
    """Facts by name, one entry an account; ``book`` is already cut at ``as_of``.

    ``contribution`` = margin − cost to serve − cost of financing receivables, of the last twelve months;
    what of the last two is not known is taken as none, and ``financing`` is then NaN.
    """
    age = number_of(as_of) - book.days
    year, before = age < YEAR, (age >= YEAR) & (age < 2 * YEAR)
    found: dict[str, Floats] = {}
    for name, values in (("revenue", book.revenue), ("margin", book.margin), ("returned", book.returned)):
        found[name] = sums(book, values, year)
        found[f"{name}_before"] = sums(book, values, before)
    found["revenue_all"] = sums(book, book.revenue, age >= 0)
    found["without_cost"] = sums(book, book.without_cost, year)
    found["orders"] = np.bincount(book.of[year & book.bought], minlength=book.size).astype(np.float64)
    found |= _flows(book, as_of, yearly_rate)
    cost = np.nan_to_num(found["cost"])
    is_known = (found["without_cost"] < found["revenue"]) | (found["revenue"] <= 0)
    found["contribution"] = np.where(
        is_known, found["margin"] - cost - np.nan_to_num(found["financing"]), np.nan
    )
    gaps = gaps_of(book)
    found["purchases"] = gaps.purchases.astype(np.float64)
    found["silence"] = number_of(as_of) - gaps.last
    found["tenure"] = number_of(as_of) - gaps.first
    found["stability"] = _quarterly_variation(book, as_of, found["tenure"])
    found |= _growth(book, age, found)
    found["return_rate"] = _ratio(found["returned"], found["revenue"] + found["returned"])
    found["return_rate_before"] = _ratio(
        found["returned_before"], found["revenue_before"] + found["returned_before"]
    )
    found["half_trend"] = _half_trend(book, age, found["tenure"])
    if book.families.shape[0] == book.size:
        found["families"], found["families_before"] = book.families[:, 0], book.families[:, 1]
    else:
        found["families"] = found["families_before"] = np.full(book.size, np.nan)
    bought_for = sums(book, book.revenue, book.bought)
    found["spend"] = _ratio(bought_for, found["purchases"])
    return found


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


def _change(now: Floats, then: Floats) -> Floats:
    return _ratio(now, then) - 1


def _half_trend(book: Histories, age: Integers, tenure: Floats) -> Floats:
    """The last six months against the same six months a year before; NaN for accounts not yet that old."""
    now, then = age < YEAR // 2, (age >= YEAR) & (age < YEAR + YEAR // 2)
    change = _change(sums(book, book.revenue, now), sums(book, book.revenue, then))
    return np.where(tenure >= YEAR + YEAR // 2, change, np.nan)


def _growth(book: Histories, age: Integers, found: Mapping[str, Floats]) -> dict[str, Floats]:
    """Own growth: twelve months against the twelve before; of an account between one and two years old,
    six months against the six before (``growth_is_short`` 1). NaN for a younger one."""
    growth = _change(found["revenue"], found["revenue_before"])
    half, earlier = age < YEAR // 2, (age >= YEAR // 2) & (age < YEAR)
    short = _change(sums(book, book.revenue, half), sums(book, book.revenue, earlier))
    is_young = found["tenure"] < 2 * YEAR - QUARTER
    growth = np.where(is_young, np.where(found["tenure"] >= YEAR - QUARTER, short, np.nan), growth)
    return {"growth": growth, "growth_is_short": (is_young & ~np.isnan(growth)).astype(float)}


def months_of(days: Integers) -> Integers:
    """Months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _quarterly_variation(book: Histories, as_of: date, tenure: Floats) -> Floats:
    """Coefficient of variation of quarterly revenue over the last twelve quarters, or since the first
    purchase when that is shorter; NaN with fewer than four quarters or without revenue. A quarter is three
    calendar months, the last one ends with the month of ``as_of``."""
    last = int(months_of(np.array([number_of(as_of)]))[0])
    at = (last - months_of(book.days)) // 3
    held = at < QUARTERS
    flat = np.bincount(
        book.of[held] * QUARTERS + at[held], weights=book.revenue[held], minlength=book.size * QUARTERS
    )
    table = flat.reshape(book.size, QUARTERS)
    began = np.nan_to_num(number_of(as_of) - tenure, nan=number_of(as_of)).astype(np.int64)
    lived = np.minimum((last - months_of(began)) // 3 + 1, QUARTERS)
    counted = np.arange(QUARTERS) < lived[:, None]
    mean = np.where(counted, table, 0).sum(axis=1) / lived
    spread = np.sqrt(np.where(counted, (table - mean[:, None]) ** 2, 0).sum(axis=1) / lived)
    known = (lived >= LEAST_QUARTERS) & (mean > 0) & ~np.isnan(tenure)
    return np.asarray(np.divide(spread, mean, out=np.full(book.size, np.nan), where=known))


def _flows(book: Histories, as_of: date, yearly_rate: float) -> dict[str, Floats]:
    """Cost to serve, receivables and days to be paid of the last twelve calendar months and those before."""
    nothing = np.full(book.size, np.nan)
    if book.cost.shape[0] != book.size or not book.cost.size:
        return dict.fromkeys(
            ("cost", "financing", "receivable", "days_to_pay", "days_to_pay_before"), nothing
        )
    end = as_of.year * 12 + as_of.month - 1 - book.first_month + 1
    year, before = slice(max(end - 12, 0), max(end, 0)), slice(max(end - 24, 0), max(end - 12, 0))
    balance = np.cumsum(book.invoiced - book.received, axis=1)
    if end > balance.shape[1]:
        # nothing was billed or paid since: what was open stays open
        still = np.repeat(balance[:, -1:], end - balance.shape[1], axis=1)
        balance = np.concatenate([balance, still], axis=1)
    is_known = book.invoiced[:, : max(end, 0)].sum(axis=1) > 0
    mean = balance[:, year].sum(axis=1) / 12
    earlier = balance[:, before].sum(axis=1) / 12
    billed, billed_before = book.invoiced[:, year].sum(axis=1), book.invoiced[:, before].sum(axis=1)
    return {
        "cost": book.cost[:, year].sum(axis=1),
        "financing": np.where(is_known, np.maximum(mean, 0) * yearly_rate, np.nan),
        "receivable": np.where(is_known, balance[:, max(end - 1, 0)] if end > 0 else np.nan, np.nan),
        "days_to_pay": np.where(is_known, _ratio(np.maximum(mean, 0) * YEAR, billed), np.nan),
        "days_to_pay_before": np.where(
            is_known, _ratio(np.maximum(earlier, 0) * YEAR, billed_before), np.nan
        ),
    }


def percentile_of(values: Floats, grid: Floats) -> Floats:
    """Where ``values`` stand between 0 and 1 on a grid of rising quantiles; NaN stays NaN."""
    if grid.size < 2:
        return np.full(values.shape, np.nan)
    below = np.searchsorted(grid, values, side="left")
    above = np.searchsorted(grid, values, side="right")
    middle = (below + above) / 2 / grid.size
    return np.where(np.isnan(values), np.nan, np.clip(middle, 0, 1))


def grid_of(values: Floats, points: int = 401) -> list[float]:
    """Rising quantiles of the known ``values``; all of them when they are few."""
    known = np.sort(values[~np.isnan(values)])
    if known.size <= points:
        return [float(value) for value in known]
    return [float(value) for value in np.quantile(known, np.linspace(0, 1, points))]


Facts = Mapping[str, Floats]
