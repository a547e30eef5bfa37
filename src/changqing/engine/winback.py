"""What a lost account would be worth again, whom to win back, and how a basket moves before one is lost.

Sources: Stauss & Friege (1999), J. of Service Research 1(4), 347-361 (second lifetime value, regain profit);
Bhattacharyya (1943), Bulletin of the Calcutta Math. Soc. 35, 99-109, and Hellinger (1909) (distance).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from changqing.engine.computable import Floats, NotComputable, Values, floats, none_negative, read_only


def second_lifetime_value(
    yearly_margin: Values, *, retention: Values, discount_rate: float, years: int, offer_cost: Values
) -> Floats:
    """SLTV = Σ_{t=1..years} margin · r^(t−1) / (1+d)^t − cost of the offer that brings it back.

    The second life is a life of its own: margin and yearly retention are those expected after the return,
    not those of the first life. Margins of a year come at its end. Errors: those of ``floats``;
    unequal_lengths; bad_share for retention outside 0 to 1; inconsistent for the rate or the years.
    """
    margin = floats(yearly_margin, name="yearly_margin")
    stays = floats(np.broadcast_to(np.asarray(retention, np.float64), margin.shape), name="retention")
    cost = floats(np.broadcast_to(np.asarray(offer_cost, np.float64), margin.shape), name="offer_cost")
    if ((stays < 0) | (stays > 1)).any():
        raise NotComputable("bad_share", "retention lies between 0 and 1")
    none_negative(cost, name="offer_cost")
    if not (math.isfinite(discount_rate) and discount_rate >= 0) or years < 1:
        raise NotComputable(
            "inconsistent", "the discount rate is at or above 0, and there is one year at least"
        )
    ratio = stays / (1 + discount_rate)
    powers = np.ones((years, margin.size))
    powers[1:] = np.cumprod(np.broadcast_to(ratio, (years - 1, margin.size)), axis=0)
    return np.asarray(margin / (1 + discount_rate) * powers.sum(axis=0) - cost, np.float64)


@dataclass(frozen=True, eq=False)
class Regain:
    """``profit`` = expected profit of trying, by account; ``order`` = whom to try first; ``worth_trying``
    where the profit is above zero; ``total`` of those."""

    profit: Floats
    order: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    worth_trying: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    @property
    def total(self) -> float:
        return math.fsum(self.profit[self.worth_trying].tolist())


def regain(value: Values, *, chance: Values, attempt_cost: Values) -> Regain:
    """chance × SLTV − cost of trying (paid whether it works or not). Errors: those of ``floats``;
    unequal_lengths; bad_share; negative_value for costs."""
    worth, back, cost = (
        floats(part, name=name)
        for part, name in ((value, "value"), (chance, "chance"), (attempt_cost, "attempt_cost"))
    )
    if not worth.size == back.size == cost.size:
        raise NotComputable("unequal_lengths", "value, chance and attempt_cost must be of one length")
    if ((back < 0) | (back > 1)).any():
        raise NotComputable("bad_share", "chances lie between 0 and 1")
    none_negative(cost, name="attempt_cost")
    profit = back * worth - cost
    return Regain(
        profit=read_only(profit),
        order=read_only(np.argsort(-profit, kind="stable").astype(np.int64)),
        worth_trying=read_only(profit > 0),
    )


@dataclass(frozen=True, eq=False)
class Mix:
    """How each account's basket moved: ``breadth_before`` and ``breadth_now`` = effective number of families
    (1 ÷ Σ share²), ``moved`` = Hellinger distance of the shares, 0 (same) to 1 (nothing in common); nan where
    one of the two is empty."""

    breadth_before: Floats
    breadth_now: Floats
    moved: Floats


def mix(before: ArrayLike, now: ArrayLike) -> Mix:
    """Revenue by account (rows) and family (columns) in two periods; negative sums count as nothing.

    Errors: not_finite; unequal_lengths for tables that do not fit.
    """
    tables = [np.asarray(table, np.float64) for table in (before, now)]
    if tables[0].ndim != 2 or tables[0].shape != tables[1].shape:
        raise NotComputable("unequal_lengths", "before and now are accounts by families, of one shape")
    if not all(np.isfinite(table).all() for table in tables):
        raise NotComputable("not_finite", "a sum is not finite")
    shares = [_shares(np.maximum(table, 0.0)) for table in tables]
    overlap = np.sqrt(shares[0] * shares[1]).sum(axis=1)
    old, new = (_effective(share) for share in shares)
    return Mix(
        breadth_before=read_only(old),
        breadth_now=read_only(new),
        moved=read_only(np.asarray(np.sqrt(np.maximum(1 - overlap, 0.0)), np.float64)),
    )


def _effective(share: Floats) -> Floats:
    return np.asarray(1 / (share**2).sum(axis=1), np.float64)


def _shares(table: Floats) -> Floats:
    sums = table.sum(axis=1, keepdims=True)
    return np.asarray(table / np.where(sums > 0, sums, np.nan), np.float64)
