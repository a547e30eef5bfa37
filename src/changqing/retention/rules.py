"""Who drifts: each rule on all accounts at once, by the thresholds of ``methods/warnings.toml``.

The arithmetic is the engine's (``changqing.engine.drift``); what is decided here is what each rule looks at,
how its budget is spent, what is at stake and by when it wants an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from changqing.base.packs import Method, Part, Sourced
from changqing.engine.computable import Floats, Integers
from changqing.engine.drift import Flags, Signals, missing, more_often, per_look, shifted
from changqing.value.rules.facts import YEAR, Histories, number_of, sums

DAYS_A_YEAR = 365.25
FEWEST_ORDERS = 6


class Budget(Part):
    """False warnings a steady account may cause in a year, by rule."""

    overdue: Sourced[float]
    breadth: Sourced[float]
    returns: Sourced[float]
    margin: Sourced[float]
    #: absent in versions older than the rule: then it does not speak
    payment: Sourced[float] | None = None


class Urgent(Part):
    red_below: Sourced[float]
    red_days: Sourced[int]
    amber_days: Sourced[int]


class Today(Part):
    most: Sourced[int]
    snooze_days: Sourced[int]
    newest_orders: Sourced[int]


class WarningsMethod(Method):
    """The pack ``warnings``."""

    budget: Budget
    urgent: Urgent
    today: Today


@dataclass(frozen=True, eq=False)
class Judged:
    """What value has judged of the same accounts: interval and tail of the rhythm, contribution a year and
    what of it is at risk; NaN where nothing is known."""

    every: Floats
    tail: Floats
    at_risk: Floats


@dataclass(frozen=True, eq=False)
class Families:
    """One entry a pair of account (its place) and product family: the account's orders that held it, its
    orders up to and with the last of those, its orders since, and the family's margin of the year before."""

    of: Integers
    bought: Floats
    orders: Floats
    since: Floats
    margin: Floats


@dataclass(frozen=True, eq=False)
class Payments:
    """One entry an account (its place) and month in which something was settled, account after account,
    oldest first: mean days from invoice to settlement. ``a_day``, one entry an account: what one day's delay
    of a year's invoices costs in capital."""

    of: Integers
    days: Floats
    a_day: Floats


@dataclass(frozen=True)
class Raised:
    """One signal at one account (its place): see ``AccountWarning``."""

    place: int
    cause: str
    chance: float
    allowed: float
    seen: float
    usual: float
    samples: int
    at_stake: float | None


def raised(
    book: Histories,
    as_of: date,
    known: Judged,
    families: Families,
    payments: Payments,
    method: WarningsMethod,
) -> list[Raised]:
    """Every signal that is rarer than its budget allows, by account and cause."""
    looks = np.where(known.every > 0, DAYS_A_YEAR / np.maximum(known.every, 1e-9), 0.0)
    year = number_of(as_of) - book.days < YEAR
    found = [*_overdue(book, known, method)]
    found += _fallen_margins(book, sums(book, book.revenue, year), looks, method)
    found += _grown_returns(book, sums(book, book.revenue, year), looks, method)
    found += _lost_families(book, families, looks, method)
    found += _slower_payment(book, payments, method)
    return sorted(found, key=lambda one: (one.place, one.cause))


def _orders_of(book: Histories) -> Integers:
    return np.bincount(book.of[book.bought], minlength=book.size)


def _overdue(book: Histories, known: Judged, method: WarningsMethod) -> list[Raised]:
    """Silent longer than a steady account would be: the tail of its own rhythm below its budget a gap."""
    share = float(method.budget.overdue.value)
    allowed = np.minimum(share * known.every / DAYS_A_YEAR, 0.5)
    orders = _orders_of(book)
    rows = np.flatnonzero((known.tail < allowed) & (orders >= FEWEST_ORDERS // 2))
    last = np.full(book.size, -np.inf)
    np.maximum.at(last, book.of[book.bought], book.days[book.bought])
    latest = float(book.days.max()) if book.days.size else 0.0
    return [
        Raised(
            place=int(at),
            cause="overdue",
            chance=float(known.tail[at]),
            allowed=float(allowed[at]),
            seen=float(latest - last[at]),
            usual=float(known.every[at]),
            samples=int(orders[at]),
            at_stake=_known(known.at_risk[at]),
        )
        for at in rows
    ]


def _fallen_margins(book: Histories, revenue: Floats, looks: Floats, method: WarningsMethod) -> list[Raised]:
    """Margin rates of the newest orders below those before; days of which a line's cost is not known are
    left out."""
    clean = book.bought & (book.without_cost == 0) & (book.revenue > 0)
    rates = book.margin[clean] / book.revenue[clean]
    counts = np.bincount(book.of[clean], minlength=book.size)
    if not rates.size:
        return []
    allowed = per_look(float(method.budget.margin.value), looks)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    told = shifted(rates, offsets, worse="lower", allowed=allowed)
    lost: Floats = (told.usual - told.seen) * revenue
    return _told("margin", told, allowed, counts, lost)


def _slower_payment(book: Histories, payments: Payments, method: WarningsMethod) -> list[Raised]:
    """Money of the newest months took longer than before; on logarithms, since days to pay are skewed. A
    month is a look. ``seen`` and ``usual`` = days."""
    budget = method.budget.payment
    if budget is None or not payments.of.size:
        return []
    counts = np.bincount(payments.of, minlength=book.size)
    allowed = per_look(float(budget.value), np.full(book.size, 12.0))
    offsets = np.concatenate(([0], np.cumsum(counts)))
    told = shifted(np.log1p(payments.days), offsets, worse="higher", allowed=allowed)
    signals = Signals(told.is_raised, told.chance, np.expm1(told.seen), np.expm1(told.usual))
    lost: Floats = (signals.seen - signals.usual) * payments.a_day
    return _told("payment", signals, allowed, counts, lost)


def _grown_returns(book: Histories, revenue: Floats, looks: Floats, method: WarningsMethod) -> list[Raised]:
    """Days with returned goods come more often among the newest orders than before."""
    newest = int(method.today.newest_orders.value)
    day_rank = _from_newest(book.of)
    recent = day_rank < newest
    hit = book.returned > 0
    y, n = (_count(book, recent & hit), _count(book, recent))
    x, m = (_count(book, ~recent & hit), _count(book, ~recent))
    if not m.any():
        return []
    allowed = per_look(float(method.budget.returns.value), looks)
    told = more_often(y, n, x, m, allowed=allowed)
    enough = m >= FEWEST_ORDERS
    flags = Signals(told.is_raised & enough, told.chance, told.seen, told.usual)
    back = sums(book, book.returned, recent)
    return _told("returns", flags, allowed, m + n, back)


def _lost_families(
    book: Histories, families: Families, looks: Floats, method: WarningsMethod
) -> list[Raised]:
    """Product families that an account bought and buys no more; ``seen`` = how many, ``usual`` = families."""
    if not families.of.size:
        return []
    allowed = per_look(float(method.budget.breadth.value), looks)
    told = missing(
        families.of,
        bought=families.bought,
        orders=families.orders,
        since=families.since,
        accounts=book.size,
        allowed=allowed,
    )
    rarest = np.ones(book.size)
    np.minimum.at(rarest, families.of[told.is_missing], told.chance[told.is_missing])
    gone = told.is_missing
    stake: Floats = np.zeros(book.size)
    np.add.at(stake, families.of[gone], families.margin[gone])
    per_account = np.bincount(families.of, minlength=book.size)
    signals = Signals(
        is_raised=np.asarray(told.is_raised),
        chance=rarest,
        seen=told.families.astype(np.float64),
        usual=per_account.astype(np.float64),
    )
    return _told("breadth", signals, allowed, _orders_of(book), stake)


def _told(
    cause: str, signals: Signals, allowed: Floats, samples: Integers | Floats, stake: Floats
) -> list[Raised]:
    return [
        Raised(
            place=int(at),
            cause=cause,
            chance=float(signals.chance[at]),
            allowed=float(allowed[at]),
            seen=float(signals.seen[at]),
            usual=float(signals.usual[at]),
            samples=int(samples[at]),
            at_stake=_known(max(float(stake[at]), 0.0)),
        )
        for at in np.flatnonzero(signals.is_raised)
    ]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _count(book: Histories, where: Flags) -> Floats:
    return np.bincount(book.of[where & book.bought], minlength=book.size).astype(np.float64)


def _from_newest(of: Integers) -> Integers:
    """For entries account after account, oldest first: 0 for the newest of its account, 1 for the one before.

    >>> _from_newest(np.array([0, 0, 0, 1])).tolist()
    [2, 1, 0, 0]
    """
    sizes = np.bincount(of) if of.size else np.zeros(0, np.int64)
    ends = np.cumsum(sizes)
    return np.asarray(np.repeat(ends, sizes) - 1 - np.arange(of.size), np.int64)


def is_red(signal: Raised, method: WarningsMethod) -> bool:
    """Whether chance explains so little of it that it wants an answer within a day."""
    return signal.chance < float(method.urgent.red_below.value) * signal.allowed


def answer_until(today: date, *, red: bool, method: WarningsMethod) -> date:
    """By when the owner should have answered."""
    days = method.urgent.red_days if red else method.urgent.amber_days
    return today + timedelta(days=int(days.value))


def urgency(until: date, today: date, *, red: bool) -> float:
    """1 for what is due today or overdue, less the longer it can wait; twice as much for a red signal."""
    left = max((until - today).days, 0)
    return (2.0 if red else 1.0) / (1 + left)
