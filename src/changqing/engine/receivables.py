"""What is owed, by whom, since when: money that came is set against what was charged, and ages are read off.

Amounts are whole numbers of the smallest unit, so that nothing is lost in rounding: what is charged is what
is settled and what is open, what came is what settled something and what is left over, to the last unit.
Source of the measures: Berk & DeMarzo, Corporate Finance, ch. 26 (accounts receivable days, ageing schedule).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from changqing.engine.computable import Floats, Integers, NotComputable, Values, floats, read_only

# Within one group sums must stay whole numbers that a machine word holds.
MOST = 2**62


@dataclass(frozen=True, eq=False)
class Settled:
    """``amount[i]`` of credit ``credit[i]`` pays charge ``charge[i]``; both are places in what was given.

    ``open`` is what is left of each charge, ``left`` of each credit.
    """

    charge: Integers
    credit: Integers
    amount: Integers
    open: Integers
    left: Integers


def matched(
    charge_group: ArrayLike, charges: ArrayLike, credit_group: ArrayLike, credits: ArrayLike
) -> Settled:
    """Set credits against charges of their group, each side in the order given, until one side is used up.

    Laid end to end, the charges of a group and its credits are two rulers; each stretch between two marks of
    either belongs to one charge and one credit. So all groups are settled by one sort.
    Errors: unequal_lengths; negative_value; inconsistent for what is no whole number; out_of_range.

    >>> found = matched([0, 0], [100, 50], [0, 0], [30, 90])
    >>> found.amount.tolist(), found.open.tolist(), found.left.tolist()
    ([30, 70, 20], [0, 30], [0, 0])
    """
    owner, owed = _side(charge_group, charges, "charges")
    payer, paid = _side(credit_group, credits, "credits")
    first, second = np.argsort(owner, kind="stable"), np.argsort(payer, kind="stable")
    group = np.concatenate((owner[first], payer[second]))
    end = np.concatenate((_ends(owner[first], owed[first]), _ends(payer[second], paid[second])))
    order = np.lexsort((end, group))
    group, end, is_charge = group[order], end[order], order < owed.size
    fresh = np.ones(group.size, bool)
    fresh[1:] = group[1:] != group[:-1]
    begin = np.where(fresh, 0, np.concatenate((np.zeros(1, np.int64), end[:-1])) if end.size else end)
    width = end - begin
    at_charge: Integers = np.cumsum(is_charge) - is_charge
    at_credit: Integers = np.cumsum(~is_charge) - ~is_charge
    both = (width > 0) & _is_of(owner[first], at_charge, group) & _is_of(payer[second], at_credit, group)
    charge, credit, amount = first[at_charge[both]], second[at_credit[both]], width[both]
    used, spent = np.zeros(owed.size, np.int64), np.zeros(paid.size, np.int64)
    np.add.at(used, charge, amount)
    np.add.at(spent, credit, amount)
    return Settled(*(read_only(column) for column in (charge, credit, amount, owed - used, paid - spent)))


def allocate(
    charge_group: ArrayLike,
    charges: ArrayLike,
    credit_group: ArrayLike,
    credits: ArrayLike,
    *,
    refers_to: ArrayLike,
) -> Settled:
    """First each credit pays the charge it names, then what is left pays the oldest charges of its group.

    Both sides come oldest first. ``refers_to[j]`` = place of the charge that credit j names, −1 where it
    names none; several credits may name one charge. Errors: those of ``matched``; inconsistent for a
    reference outside the charges or to a charge of another group.
    """
    owner, owed = _side(charge_group, charges, "charges")
    payer, paid = _side(credit_group, credits, "credits")
    named = np.asarray(refers_to, np.int64)
    if named.shape != paid.shape:
        raise NotComputable("unequal_lengths", "refers_to must be as long as the credits")
    naming = np.flatnonzero(named >= 0)
    if naming.size and (named.max() >= owed.size or (owner[named[naming]] != payer[naming]).any()):
        raise NotComputable("inconsistent", "a credit names a charge that is not of its group")
    by_name = matched(np.arange(owed.size), owed, named[naming], paid[naming])
    left = paid.copy()
    left[naming] = by_name.left
    by_age = matched(owner, by_name.open, payer, left)
    return Settled(
        charge=read_only(np.concatenate((by_name.charge, by_age.charge))),
        credit=read_only(np.concatenate((naming[by_name.credit], by_age.credit))),
        amount=read_only(np.concatenate((by_name.amount, by_age.amount))),
        open=by_age.open,
        left=by_age.left,
    )


def bucket_of(days_overdue: ArrayLike, bounds: ArrayLike) -> Integers:
    """Which age bucket each is in: 0 for what is not overdue, k for more than ``bounds[k − 1]`` days.

    ``bounds`` rise from 0: [0, 30, 60, 90] makes not due, 1–30, 31–60, 61–90 and over 90.

    >>> bucket_of([-3, 0, 1, 30, 31, 400], [0, 30, 60, 90]).tolist()
    [0, 0, 1, 1, 2, 4]
    """
    edges = np.asarray(bounds, np.int64)
    if not edges.size or edges[0] != 0 or (np.diff(edges) <= 0).any():
        raise NotComputable("bad_edges", "bounds rise from 0")
    return np.asarray(np.searchsorted(edges, np.asarray(days_overdue, np.int64), side="left"), np.int64)


def days_outstanding(owed: Values, charged: Values, *, days: int) -> Floats:
    """Receivables ÷ what was charged in the last ``days`` × ``days``; nan where nothing was charged.

    Errors: those of ``floats``; unequal_lengths.
    """
    balance, billed = floats(owed, name="owed"), floats(charged, name="charged")
    if balance.size != billed.size:
        raise NotComputable("unequal_lengths", "owed and charged must be of one length")
    nothing = np.full(balance.size, np.nan)
    return np.asarray(np.divide(balance * days, billed, out=nothing, where=billed > 0), np.float64)


def _side(group: ArrayLike, amounts: ArrayLike, name: str) -> tuple[Integers, Integers]:
    owner, amount = np.asarray(group), np.asarray(amounts)
    if owner.shape != amount.shape or owner.ndim != 1:
        raise NotComputable("unequal_lengths", f"{name} and their groups must be of one length")
    if amount.size and (owner.dtype.kind not in "iu" or amount.dtype.kind not in "iu"):
        raise NotComputable("inconsistent", f"{name} and groups are whole numbers")
    owner, amount = owner.astype(np.int64), amount.astype(np.int64)
    if (amount < 0).any():
        raise NotComputable("negative_value", f"{name} are at least 0")
    if float(amount.sum(dtype=np.float64)) >= MOST:
        raise NotComputable("out_of_range", f"{name} are too large to add up")
    return owner, amount


def _ends(group: Integers, amount: Integers) -> Integers:
    """Where each amount ends on the ruler of its group; equal groups stand together."""
    total = np.cumsum(amount)
    fresh = np.ones(group.size, bool)
    fresh[1:] = group[1:] != group[:-1]
    starts = np.flatnonzero(fresh)
    before = np.where(starts > 0, total[starts - 1], 0) if starts.size else starts
    return np.asarray(total - np.repeat(before, np.diff(np.append(starts, group.size))), np.int64)


def _is_of(owner: Integers, at: Integers, group: Integers) -> NDArray[np.bool_]:
    """Whether place ``at`` exists and is of ``group``."""
    if not owner.size:
        return np.zeros(at.size, bool)
    inside = at < owner.size
    return np.asarray(inside & (owner[np.minimum(at, owner.size - 1)] == group))
