"""Is an account drifting? Each rule compares the newest with what was before, at a stated false-alarm rate.

A rule looks when something new has come (an order, a payment), so its budget of false alarms a year is
divided by the looks a year of that account (``per_look``). Chance is measured against what the account
itself did before, its scatter and its rates shrunken to those of the book (empirical Bayes).
Sources: Smyth (2004), Statistical Applications in Genetics and Molecular Biology 3(1), Article 3 (the
moderated t); Skellam (1948), J. Royal Stat. Soc. B 10, 257-261 (the beta-binomial law).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from changqing.engine.computable import (
    Floats,
    Integers,
    NotComputable,
    Values,
    floats,
    none_negative,
    read_only,
)
from changqing.engine.ragged import bounds_of
from changqing.engine.rhythm import Rhythms
from changqing.engine.special import digamma, log_beta, log_gamma, trigamma

Flags = NDArray[np.bool_]

# Orders compared with: enough for a scatter, few enough to be of the present.
BEFORE = 48
FEWEST_BEFORE = 6
# Newest orders looked at: one that stands out much, or two that stand out together.
WINDOWS = (1, 2)
# A book's rates are held at least as loosely and at most as firmly as after so many orders.
LOOSEST, FIRMEST = 0.5, 200.0


@dataclass(frozen=True, eq=False)
class Signals:
    """One entry an account. ``chance`` = how often a steady account shows as much; ``is_raised`` where that
    is below what its budget allows; ``seen`` and ``usual`` = the figures to tell. nan: nothing can be said.
    """

    is_raised: Flags
    chance: Floats
    seen: Floats
    usual: Floats


def per_look(false_per_year: float, looks_per_year: Values) -> Floats:
    """The chance of a false alarm that one look may have, for each account; at most 1/2."""
    if not 0 < false_per_year < 1:
        raise NotComputable("bad_share", f"false alarms a year: {false_per_year} is not between 0 and 1")
    looks = floats(looks_per_year, name="looks_per_year")
    none_negative(looks, name="looks_per_year")
    return np.asarray(np.minimum(false_per_year / np.maximum(looks, 1e-9), 0.5), np.float64)


def overdue(rhythms: Rhythms, *, false_per_year: float, year: float = 365.25) -> Signals:
    """Silent beyond the control limit of its own rhythm: ``seen`` = silence, ``usual`` = the limit."""
    limits = rhythms.control_limits(false_per_year=false_per_year, year=year)
    return Signals(
        is_raised=read_only(rhythms.silence > limits.limit),
        chance=rhythms.tail,
        seen=rhythms.silence,
        usual=limits.limit,
    )


def shifted(
    values: Values, offsets: ArrayLike, *, worse: Literal["higher", "lower"], allowed: Values
) -> Signals:
    """Are the newest one or two of each account's values worse than up to 48 before them?

    ``values[offsets[i]:offsets[i + 1]]`` are account i's, oldest first: days to pay (better their logarithm),
    margin rates, prices. Student's t with each account's variance shrunken to the book's; the two windows
    share the ``allowed`` chance. ``seen`` = mean of the newest, ``usual`` = mean of those before.
    Errors: those of ``floats``; inconsistent for offsets that do not fit.
    """
    flat, bounds = floats(values, name="values"), bounds_of(offsets)
    if bounds[-1] != flat.size:
        raise NotComputable("inconsistent", "offsets must end at the number of values")
    budget = _allowed(allowed, bounds.size - 1)
    sign = 1.0 if worse == "higher" else -1.0
    best = Signals(*(np.full(budget.size, fill) for fill in (False, np.nan, np.nan, np.nan)))
    for window in WINDOWS:
        found = _window(flat * sign, bounds, window)
        better = ~(best.chance <= found.chance) & ~np.isnan(found.chance)
        for name in ("chance", "seen", "usual"):
            getattr(best, name)[better] = getattr(found, name)[better]
    chance = np.minimum(best.chance * len(WINDOWS), 1.0)
    return Signals(
        is_raised=read_only(chance < budget),
        chance=read_only(chance),
        seen=read_only(best.seen * sign),
        usual=read_only(best.usual * sign),
    )


def _window(values: Floats, bounds: Integers, window: int) -> Signals:
    """The moderated t of the newest ``window`` values of each account against those before."""
    sizes = np.diff(bounds)
    split = bounds[1:] - window
    begin = np.maximum(bounds[:-1], split - BEFORE)
    before = split - begin
    rows = np.flatnonzero((sizes >= window) & (before >= FEWEST_BEFORE))
    out = Signals(*(np.full(sizes.size, fill) for fill in (False, np.nan, np.nan, np.nan)))
    if not rows.size:
        return out
    count = before[rows].astype(np.float64)
    usual, squares = _moments(values, begin[rows], split[rows])
    seen, _ = _moments(values, split[rows], bounds[1:][rows])
    variance, freedom = _moderated(squares, count - 1, usual)
    t = (seen - usual) / np.sqrt(variance * (1 / window + 1 / count))
    out.chance[rows], out.seen[rows], out.usual[rows] = _student_tail(t, freedom), seen, usual
    return out


def _moments(values: Floats, begin: Integers, end: Integers) -> tuple[Floats, Floats]:
    """Mean and sum of squared deviations of each slice."""
    sizes = end - begin
    starts = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    within = np.arange(sizes.sum()) - np.repeat(starts, sizes)
    chosen = values[np.repeat(begin, sizes) + within]
    means = np.add.reduceat(chosen, starts) / sizes
    deviations = chosen - np.repeat(means, sizes)
    return means, np.add.reduceat(deviations**2, starts)


def _moderated(squares: Floats, freedom: Floats, means: Floats) -> tuple[Floats, Floats]:
    """Variances shrunken to their book, and their degrees of freedom (Smyth 2004, section 6.2)."""
    rounding = np.maximum((1e-9 * means) ** 2, 1e-300)
    variance = np.maximum(squares / freedom, rounding)
    logs = np.log(variance) - digamma(freedom / 2) + np.log(freedom / 2)
    spread = float(np.var(logs, ddof=1) - trigamma(freedom / 2).mean()) if logs.size > 2 else 2.0
    prior = 2 * _trigamma_inverse(spread) if spread > 0.02 else 100.0
    typical = math.exp(float(logs.mean()) + float(digamma(prior / 2)) - math.log(prior / 2))
    total = freedom + prior
    return (freedom * variance + prior * typical) / total, total


def _trigamma_inverse(value: float) -> float:
    """x with ψ′(x) = value, by Newton's method on 1/ψ′, which is nearly straight."""
    x = 0.5 + 1 / value
    for _ in range(50):
        here = float(trigamma(x))
        slope = -2 * _zeta3(x)
        x = max(x + here * (1 - here / value) / slope, 1e-6)
    return x


def _zeta3(x: float) -> float:
    from scipy.special import zeta

    return float(zeta(3.0, x))


def _student_tail(t: Floats, freedom: Floats) -> Floats:
    from scipy.special import stdtr

    return np.asarray(stdtr(freedom, -t), np.float64)


@dataclass(frozen=True, eq=False)
class RateLaw:
    """Beta(a, b): how rates differ over a book."""

    a: float
    b: float


def rate_law(hits: Values, of: Values) -> RateLaw:
    """The Beta law of a book's rates, by moments of hits out of trials (Kleinman 1973, JASA 68, 46-54)."""
    x, n = _counts(hits, of)
    seen = n > 0
    x, n = x[seen], n[seen]
    total = float(n.sum())
    mean = (float(x.sum()) + 0.5) / (total + 1)
    rates = x / np.maximum(n, 1)
    scatter = float((n * (rates - mean) ** 2).sum())
    chance = mean * (1 - mean)
    spread = total - float((n**2).sum()) / max(total, 1e-9)
    told = spread - (n.size - 1)
    between = (scatter - chance * (n.size - 1)) / told if told > 1 else 0.0
    share = min(max(between / chance, 1e-6), 1 - 1e-6)
    firm = min(max(1 / share - 1, LOOSEST), FIRMEST)
    return RateLaw(mean * firm, (1 - mean) * firm)


def more_often(
    newest: Values, of_newest: Values, before: Values, of_before: Values, *, allowed: Values
) -> Signals:
    """Do hits (orders returned, families left out, complaints) come more often than before, by account?

    P(at least as many among the newest) by the beta-binomial law after ``before`` of ``of_before``, the
    book's own rates as prior. Errors: those of ``floats``; negative_value; inconsistent counts.
    """
    y, n = _counts(newest, of_newest)
    x, m = _counts(before, of_before)
    if y.size != x.size:
        raise NotComputable("unequal_lengths", "newest and before must be of one length")
    budget = _allowed(allowed, y.size)
    law = rate_law(x, m)
    chance = _at_least(y, n, law.a + x, law.b + m - x)
    return Signals(
        is_raised=read_only((chance < budget) & (y > 0)),
        chance=read_only(chance),
        seen=read_only(y / np.maximum(n, 1)),
        usual=read_only((law.a + x) / (law.a + law.b + m)),
    )


def _at_least(y: Floats, n: Floats, a: Floats, b: Floats) -> Floats:
    """P(Y ≥ y), Y beta-binomial."""
    total = np.zeros(y.size)
    for k in range(int(n.max()) + 1 if n.size else 0):
        rows = np.flatnonzero((k >= y) & (k <= n))
        if rows.size:
            many = n[rows]
            ways = log_gamma(many + 1) - log_gamma(k + 1.0) - log_gamma(many - k + 1)
            first, second = a[rows], b[rows]
            told = ways + log_beta(k + first, many - k + second) - log_beta(first, second)
            total[rows] += np.exp(told)
    return np.minimum(total, 1.0)


@dataclass(frozen=True, eq=False)
class Missing:
    """Families that an account has stopped buying. ``chance`` for each pair; the rest one entry an account:
    ``is_raised``, ``families`` = how many of its families are missing by more than chance."""

    chance: Floats
    is_missing: Flags
    is_raised: Flags
    families: Integers


def missing(
    account: ArrayLike, *, bought: Values, orders: Values, since: Values, accounts: int, allowed: Values
) -> Missing:
    """Has an account stopped buying a family (or product)? One entry a pair of account and family.

    ``account`` = position of the pair's account; it bought the family in ``bought`` of its ``orders`` up to
    and with the last one that held it, and not in the ``since`` orders after. P(not in ``since`` orders) =
    B(a + x, b + m − x + n) / B(a + x, b + m − x), (a, b) the book's own; an account's families share its
    ``allowed`` chance.
    Errors: those of ``floats``; inconsistent counts or accounts out of range.
    """
    owner = np.asarray(account)
    if owner.dtype.kind not in "iu" or (owner.size and not (owner.min() >= 0 and owner.max() < accounts)):
        raise NotComputable("inconsistent", f"accounts are numbered from 0 to {accounts - 1}")
    x, m = _counts(bought, orders)
    n = floats(since, name="since")
    none_negative(n, name="since")
    if not owner.size == x.size == n.size:
        raise NotComputable("unequal_lengths", "account, bought, orders and since must be of one length")
    budget = _allowed(allowed, accounts)
    law = rate_law(np.maximum(x - 1, 0), np.maximum(m - 1, 0))
    a, b = law.a + np.maximum(x - 1, 0), law.b + (m - x)
    chance = np.exp(log_beta(a, b + n) - log_beta(a, b))
    families = np.bincount(owner, minlength=accounts)
    gone = chance * families[owner] < budget[owner]
    missed = np.bincount(owner[gone], minlength=accounts)
    return Missing(
        chance=read_only(chance),
        is_missing=read_only(gone),
        is_raised=read_only(missed > 0),
        families=read_only(missed.astype(np.int64)),
    )


def _counts(hits: Values, of: Values) -> tuple[Floats, Floats]:
    x, n = floats(hits, name="hits"), floats(of, name="of")
    if x.size != n.size:
        raise NotComputable("unequal_lengths", "hits and trials must be of one length")
    none_negative(x, name="hits")
    if (x > n).any() or (x != np.floor(x)).any() or (n != np.floor(n)).any():
        raise NotComputable("inconsistent", "hits and trials are whole numbers, hits at most as many")
    return x, n


def _allowed(allowed: Values, accounts: int) -> Floats:
    given = floats(np.broadcast_to(np.asarray(allowed, np.float64), (accounts,)), name="allowed")
    if ((given <= 0) | (given > 1)).any():
        raise NotComputable("bad_share", "allowed chances lie above 0 and at most at 1")
    return given
