"""Lifetime profit: what an account will bring, by which model, with an interval, and from which lever.

An account's future orders come from its own rhythm (regular), from BG/NBD (irregular) or, after one purchase
only, from what the book's one-time buyers did (a stated prior). Each order is worth the account's expected
spend, times its shrunken margin rate less its cost to serve. The interval is predictive: drawn from how
orders, spend, rates and leaving vary, from the same draws for every account, so that the same book gives
the same interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from changqing.engine.computable import Floats, Integers
from changqing.engine.rhythm import Rhythms
from changqing.value.rules.facts import YEAR, Facts, Gaps, Histories, facts_of, gaps_of, number_of
from changqing.value.rules.fits import (
    LEAST_TAUGHT,
    NARROWEST,
    WIDEST,
    Fitted,
    fit_models,
    own_margins,
    repeat_history,
    rhythms_by,
    spend_of,
    year_before,
)
from changqing.value.rules.judge import refer
from changqing.value.rules.worth_method import Lifetime

MODELS = ("regular", "irregular", "prior", "none")
DRAWS = 128
BLOCK = 1_000
PARTS = (0.5, 0.75, 1.0)
SEED = 20_200_531


@dataclass(frozen=True, eq=False)
class Rhythm:
    """When each account orders; NaN where it never bought. Days count from 1970-01-01."""

    model: Integers
    alive: Floats
    every: Floats
    variation: Floats
    low: Floats
    expected: Floats
    high: Floats
    stretch: Floats
    tail: Floats


@dataclass(frozen=True, eq=False)
class Forecast:
    """Of each account: orders a year, revenue an order, contribution rate, and what the years bring.

    ``by_year`` is expected contribution of each year, not discounted; ``profit`` its present value,
    between ``low`` and ``high``; ``revenue`` the present value of revenue (VAL-06 sets CLV beside CLP).
    """

    orders: Floats
    stays: Floats
    spend: Floats
    rate: Floats
    rate_sd: Floats
    serve: Floats
    by_year: Floats
    profit: Floats
    low: Floats
    high: Floats
    revenue: Floats
    gross: Floats


def rhythm_of(
    book: Histories, as_of: date, fitted: Fitted, method: Lifetime, *, with_bands: bool = True
) -> tuple[Rhythm, Rhythms | None]:
    """The rhythm of each account, and which model speaks for it; ``with_bands``, also when it orders next."""
    gaps = gaps_of(book)
    bought = gaps.purchases > 0
    silence = np.nan_to_num(number_of(as_of) - gaps.last, nan=1.0)
    nothing = np.full(book.size, np.nan)
    if fitted.law is None or not gaps.flat.size:
        model = np.where(bought, MODELS.index("prior"), MODELS.index("none"))
        return Rhythm(model, np.where(bought, 0.5, 0.0), *(nothing.copy() for _ in range(7))), None
    found = rhythms_by(fitted.law, gaps, silence)
    regular = (found.cv < float(method.regular_below.value)) & (gaps.purchases > 2)
    names = np.select(
        [gaps.purchases == 0, gaps.purchases == 1, regular], [3, 2, 0], default=MODELS.index("irregular")
    )
    alive = np.array(found.probability_alive)
    if fitted.bgnbd is not None:
        x, t_x, end = repeat_history(gaps, as_of)
        rows = names == MODELS.index("irregular")
        if rows.any():
            told = fitted.bgnbd.probability_alive(frequency=x[rows], recency=t_x[rows], T=end[rows])
            alive[rows] = told
    start = np.nan_to_num(gaps.last)
    hide = ~bought
    bands = [nothing.copy() for _ in range(4)]
    if with_bands:
        band = found.next_order(float(method.interval.value))
        late = found.stretch(float(method.interval.value))
        bands = [start + band.low, start + band.expected, start + band.high, late]
    low, expected, high, stretch = bands

    def shown(values: Floats) -> Floats:
        return np.where(hide, np.nan, values)

    return (
        Rhythm(
            model=names,
            alive=np.where(hide, 0.0, alive),
            every=shown(found.mean),
            variation=shown(found.cv),
            low=shown(low),
            expected=shown(expected),
            high=shown(high),
            stretch=shown(stretch),
            tail=shown(found.tail),
        ),
        found,
    )


def forecast(
    book: Histories,
    as_of: date,
    fitted: Fitted,
    method: Lifetime,
    *,
    facts: Facts,
    rhythm: tuple[Rhythm, Rhythms | None],
    years: int | None = None,
    discount: float | None = None,
    with_interval: bool = True,
) -> Forecast:
    """What each account will bring in ``years`` from ``as_of`` on; ``with_interval``, also between what."""
    years = years or method.years.value
    discount = float(method.discount.value) if discount is None else discount
    gaps = gaps_of(book)
    seen, found = rhythm
    yearly, stays, spread = _orders(gaps, as_of, fitted, seen, found, years)
    spend, spend_spread = _spend(book, gaps, fitted)
    rate, rate_sd = fitted.margins.of(*own_margins(book, as_of))
    serve = _serving(facts)
    per_order = spend * (1 - np.clip(np.nan_to_num(facts["return_rate"]), 0, 0.5))
    worth = yearly * per_order[:, None]
    factors = (1 + discount) ** -(np.arange(years) + 0.5)
    has_margin = ~np.isnan(facts["contribution"]) | (own_margins(book, as_of)[1] > 0)
    by_year = np.where(has_margin[:, None], worth * (rate - serve)[:, None], np.nan)
    profit = by_year @ factors
    revenue = worth @ factors
    rate_sd = np.sqrt(rate_sd**2 + fitted.drift**2)
    spread = np.sqrt(spread**2 + fitted.volume**2)
    spreads = _Spreads(seen.alive, stays, yearly.sum(axis=1), spread, spend_spread, rate_sd)
    present = np.divide(revenue, worth.sum(axis=1), out=np.ones(book.size), where=worth.sum(axis=1) > 0)
    low, high = profit, profit
    if with_interval:
        low, high = _interval(spreads, per_order * present, rate - serve, method)
    low, high = profit - (profit - low) * fitted.widen, profit + (high - profit) * fitted.widen
    unknown = np.isnan(profit)
    return Forecast(
        orders=yearly[:, 0],
        stays=stays,
        spend=spend,
        rate=rate,
        rate_sd=rate_sd,
        serve=serve,
        by_year=by_year,
        profit=profit,
        low=np.where(unknown, np.nan, np.minimum(low, profit)),
        high=np.where(unknown, np.nan, np.maximum(high, profit)),
        revenue=revenue,
        gross=np.where(unknown, np.nan, revenue * rate),
    )


def _serving(facts: Facts) -> Floats:
    """Cost to serve and financing per money of revenue, as in the last twelve months; unknown parts are 0."""
    cost = np.nan_to_num(facts["cost"]) + np.nan_to_num(facts["financing"])
    rate = np.divide(cost, facts["revenue"], out=np.zeros(cost.shape), where=facts["revenue"] > 0)
    return np.clip(rate, 0, 2)


def _orders(
    gaps: Gaps, as_of: date, fitted: Fitted, seen: Rhythm, found: Rhythms | None, years: int
) -> tuple[Floats, Floats, Floats]:
    """Expected orders by year (accounts × years), the chance to stay after an order, and the relative spread
    of the number of orders of an account that stays."""
    size = gaps.purchases.size
    if found is None:
        # one purchase each and nobody came back yet: as if every second came back once a year
        rate = np.where(gaps.purchases > 0, 0.5, 0.0)
        return np.repeat(rate[:, None], years, axis=1) * 0.5 ** np.arange(years), rate, np.ones(size)
    each = np.maximum(np.asarray(found.next_gap.mean), 1.0)
    stays = np.asarray(found.book.stays(found.gaps + 1))
    passed = YEAR * np.arange(years + 1)[None, :] / each[:, None]
    kept = (1 - stays[:, None] ** passed) / (1 - stays[:, None])
    cumulative = seen.alive[:, None] * kept
    spread = np.sqrt(found.cv**2 * each / YEAR + 1 / np.maximum(found.gaps + 2, 1))
    irregular = seen.model == MODELS.index("irregular")
    if fitted.bgnbd is not None and irregular.any():
        x, t_x, end = (part[irregular] for part in repeat_history(gaps, as_of))
        for year in range(1, years + 1):
            cumulative[irregular, year] = fitted.bgnbd.conditional_expected_purchases(
                float(YEAR * year), frequency=x, recency=t_x, T=end
            )
        spread[irregular] = np.sqrt(1 / (fitted.bgnbd.r + x))
    cumulative[gaps.purchases == 0] = 0
    return np.diff(cumulative, axis=1), stays, spread


def _spend(book: Histories, gaps: Gaps, fitted: Fitted) -> tuple[Floats, Floats]:
    """Expected revenue an order and its relative spread from order to order.

    By Gamma-Gamma; where it could not be fitted, by the law of logarithms: the account's own mean, drawn to
    the book's as much as its orders scatter.
    """
    mean, bought = spend_of(book, gaps), gaps.purchases > 0
    found = np.zeros(mean.size)
    if fitted.spend is not None and bought.any():
        found[bought] = fitted.spend.expected_spend(
            frequency=gaps.purchases[bought], monetary_value=mean[bought]
        )
        return found, np.full(mean.size, np.sqrt(1 / fitted.spend.p))
    law = fitted.spends
    noise = law.within / np.maximum(gaps.purchases[bought], 1)
    share = law.between / (law.between + noise)
    found[bought] = np.exp(share * np.log(mean[bought]) + (1 - share) * law.mean)
    return found, np.full(mean.size, np.sqrt(law.within))


@dataclass(frozen=True, eq=False)
class _Spreads:
    alive: Floats
    stays: Floats
    orders: Floats
    spread: Floats
    spend: Floats
    rate: Floats


def _interval(spreads: _Spreads, per_order: Floats, rate: Floats, method: Lifetime) -> tuple[Floats, Floats]:
    """Lower and upper quantile of what may come, by the same draws for every account."""
    size = spreads.alive.size
    low, high = np.empty(size), np.empty(size)
    tails = (1 - float(method.interval.value)) / 2
    draws = _draws()
    for begin in range(0, size, BLOCK):
        rows = slice(begin, begin + BLOCK)
        outcome = _outcomes(spreads, rows, draws) * per_order[rows, None]
        outcome *= rate[rows, None] + spreads.rate[rows, None] * draws["rate"]
        cuts = np.quantile(outcome, [tails, 1 - tails], axis=1)
        low[rows], high[rows] = cuts
    return low, high


def _outcomes(spreads: _Spreads, rows: slice, draws: Mapping[str, Floats]) -> Floats:
    """Orders times relative spend: accounts × draws. Who is alive buys as long as it does not leave."""
    alive, stays = spreads.alive[rows, None], np.clip(spreads.stays[rows, None], 1e-6, 1 - 1e-9)
    expected = np.divide(spreads.orders[rows, None], alive, out=np.zeros(alive.shape), where=alive > 1e-9)
    # the expectation already holds leaving; without it an account that stays buys more
    longest = np.log(np.maximum(1 - np.minimum(expected, 0.999 / (1 - stays)) * (1 - stays), 1e-6)) / np.log(
        stays
    )
    number = np.maximum(longest * np.exp(spreads.spread[rows, None] * draws["orders"]), 0.0)
    leaves = np.log(draws["leaves"]) / np.log(stays)
    number = np.floor(np.minimum(number, leaves) + draws["rounding"])
    number = np.where(draws["alive"] < alive, number, 0.0)
    noise = spreads.spend[rows, None] / np.sqrt(np.maximum(number, 1.0))
    return np.asarray(number * np.exp(noise * draws["spend"] - noise**2 / 2), np.float64)


def _draws() -> dict[str, Floats]:
    """One Latin hypercube: each of the draws' dimensions is spread evenly, in its own order."""
    from scipy.special import ndtri

    source = np.random.default_rng(SEED)
    even = {
        name: (source.permutation(DRAWS) + 0.5) / DRAWS
        for name in ("alive", "orders", "leaves", "rounding", "spend", "rate")
    }
    return even | {name: ndtri(even[name]) for name in ("orders", "spend", "rate")}


def fit_book(book: Histories, as_of: date, method: Lifetime) -> Fitted:
    """Fit the whole book as of a day: the models, then what the last year would have taught them."""
    facts = facts_of(book, as_of, yearly_rate=float(method.capital.value))
    fitted = fit_models(book, as_of, refer(facts, population=facts["revenue_all"] > 0))
    taught = _taught(book, as_of, method)
    notes = {**fitted.notes, **taught.pop("notes", {})}
    return replace(fitted, **taught, notes=notes)


def _taught(book: Histories, as_of: date, method: Lifetime) -> dict[str, Any]:
    """Fit a year earlier, foresee the year, and see: was more bought, and did the intervals hold 80 %?"""
    earlier = year_before(as_of)
    past = book.until(earlier)
    if past.size < LEAST_TAUGHT or gaps_of(past).flat.size < LEAST_TAUGHT:
        return {}
    facts = facts_of(past, earlier, yearly_rate=float(method.capital.value))
    fitted = fit_models(past, earlier, refer(facts, population=facts["revenue_all"] > 0))
    rhythm = rhythm_of(past, earlier, fitted, method, with_bands=False)
    orders, revenue, margin = came_after(book, past, earlier, as_of)
    known: dict[str, Any] = {"facts": facts, "rhythm": rhythm, "years": 1, "discount": 0.0}
    plain = forecast(past, earlier, fitted, method, **known, with_interval=False)
    again = (revenue > 0) & (plain.orders > 0) & ~np.isnan(plain.profit)
    if again.sum() < LEAST_TAUGHT:
        return {}
    drift = _spread(margin[again] / revenue[again] - plain.rate[again])
    volume = _spread(np.log(revenue[again] / (plain.orders * plain.spend)[again]))
    keep = again
    share, part = float(method.interval.value), 1.0
    for part in PARTS:
        # as little wandering as it takes for the intervals to have held, yet half of it: a year is one sample
        learned = replace(fitted, drift=part * drift, volume=part * volume)
        foreseen = forecast(past, earlier, learned, method, **known)
        scaled = _missed(margin, foreseen)[keep]
        if (scaled <= 1).mean() >= share:
            break
    widen = float(np.clip(np.quantile(scaled, share), NARROWEST, WIDEST))
    drift, volume = part * drift, part * volume
    return {
        "drift": drift,
        "volume": volume,
        "widen": widen,
        "taught": int(keep.sum()),
        "notes": {"foreseen_orders": float(plain.orders.sum()), "orders_came": float(orders.sum())},
    }


def _missed(margin: Floats, foreseen: Forecast) -> Floats:
    """How far what came lies from what was foreseen, in half-widths of the interval on that side."""
    away = margin - foreseen.profit
    side = np.where(away < 0, foreseen.profit - foreseen.low, foreseen.high - foreseen.profit)
    far = np.abs(away)
    return np.asarray(np.where(far < 1e-9, 0.0, far / np.maximum(side, 1e-9)), np.float64)


def _spread(values: Floats) -> float:
    """Standard deviation as the middle 80 % tell it, which a few strange accounts do not move."""
    low, high = np.quantile(values, [0.1, 0.9])
    return float((high - low) / 2.5631)


def came_after(book: Histories, past: Histories, day: date, until: date) -> tuple[Floats, Floats, Floats]:
    """Purchases, revenue and margin of the accounts of ``past`` after ``day`` up to ``until``."""
    rows = np.searchsorted(past.accounts, book.accounts[book.of])
    rows = np.minimum(rows, past.size - 1)
    ours = past.accounts[rows] == book.accounts[book.of]
    later = ours & (book.days > number_of(day)) & (book.days <= number_of(until))
    orders = np.bincount(rows[later & book.bought], minlength=past.size).astype(np.float64)
    margin = np.bincount(rows[later], weights=book.margin[later], minlength=past.size)
    revenue = np.bincount(rows[later], weights=book.revenue[later], minlength=past.size)
    return orders, revenue.astype(np.float64), margin.astype(np.float64)
