"""How much of a book hangs on how few accounts: Pareto, Gini, HHI, whale curve, ABC, bands.

Shape of the data: one value an account (money in one currency, float64), in any order. ``keys`` breaks
ties, ascending; without keys the order given counts, so pass values already sorted by key. Head-counts
round down. Totals and head shares are correctly rounded sums (``math.fsum``); a running share carries at
most n · 1.1e-16 of relative error, and counts as reaching a target from 1e-12 below it.
Sources: Lorenz, M. O. (1905), J. Am. Stat. Assoc. 9, 209-219 (the curve); further ones at each function.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from changqing.engine.computable import (
    Floats,
    Integers,
    NotComputable,
    Share,
    Values,
    exact_share,
    floats,
    none_negative,
    positive_total,
    read_only,
)

REACHED = 1e-12


@dataclass(frozen=True, eq=False)
class Ranking:
    """``order[i]`` is the position of the account ranked i + 1; ``rank[p]`` is the rank of position p."""

    order: Integers
    rank: Integers


@dataclass(frozen=True, eq=False)
class Pareto:
    """``cumulative[i]`` is the share of the total held by the i + 1 largest accounts."""

    accounts: int
    total: float
    head_accounts: int
    head_share: float
    accounts_to_share: int
    cumulative: Floats
    ranking: Ranking


@dataclass(frozen=True, eq=False)
class WhaleCurve:
    """Cumulative profit from the most to the least profitable account.

    ``peak`` is the sum of all gains, reached after ``peak_accounts``; ``eaten`` = peak − total is what the
    ``loss_making`` accounts take away again; ``peak_ratio`` = peak ÷ total where the total is above zero.
    """

    accounts: int
    total: float
    peak: float
    peak_accounts: int
    peak_ratio: float | None
    loss_making: int
    eaten: float
    cumulative: Floats
    ranking: Ranking


@dataclass(frozen=True, eq=False)
class Classes:
    """Head-count classes: ``of[p]`` is the class number (0 = best) of position p; ``shares`` None without a
    positive total."""

    of: Integers
    accounts: tuple[int, ...]
    shares: tuple[float, ...] | None


@dataclass(frozen=True)
class Group:
    """One industry, family or other group with its sum and its share of the whole."""

    key: Hashable
    total: float
    share: float


@dataclass(frozen=True)
class GroupConcentration:
    """HHI over groups, and the groups from the largest to the smallest."""

    hhi: float
    groups: tuple[Group, ...]


def rank(values: Values, keys: Sequence[Any] | NDArray[Any] | None = None) -> Ranking:
    """Rank 1 is the largest value; ties by key, ascending, so that no two accounts share a rank."""
    array = floats(values)
    by_key = _by_key(array.size, keys)
    order = np.argsort(-array, kind="stable") if by_key is None else _sorted_within(array, by_key)
    ranks = np.empty(array.size, np.int64)
    ranks[order] = np.arange(1, array.size + 1)
    return Ranking(order=read_only(order), rank=read_only(ranks))


def numbered(keys: Sequence[Any]) -> Integers:
    """Numbers in the order of ``keys``, so that a book is sorted by them once and not for each question.

    >>> numbered(["c", "a", "b"]).tolist()
    [2, 0, 1]
    """
    found = np.asarray(keys)
    if found.dtype.kind not in "iu":
        found = np.empty(len(keys), np.int64)
        found[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return found


def _by_key(size: int, keys: Sequence[Any] | NDArray[Any] | None) -> Integers | None:
    if keys is None:
        return None
    if len(keys) != size:
        raise NotComputable("unequal_lengths", f"{size} values but {len(keys)} keys")
    if isinstance(keys, np.ndarray) and keys.dtype != object:
        return np.argsort(keys, kind="stable")
    return np.array(sorted(range(size), key=keys.__getitem__), np.int64)


def _sorted_within(array: Floats, by_key: Integers) -> Integers:
    return by_key[np.argsort(-array[by_key], kind="stable")]


def pareto(
    values: Values,
    *,
    head_share: Share = 0.20,
    value_share: Share = 0.80,
    keys: Sequence[Any] | NDArray[Any] | None = None,
) -> Pareto:
    """The share of the best ``head_share`` of accounts, and how few accounts reach ``value_share``.

    Negative values are allowed while the total is above zero: the running share then passes 1 and falls
    back, and ``accounts_to_share`` is the first n to reach the target. Fewer than five accounts have no
    20 % head (rounded down): its share is 0.
    Errors: empty, not_finite, zero_total, negative_total, bad_share, unequal_lengths.
    """
    array = floats(values)
    total = positive_total(array)
    ranking = rank(array, keys)
    ordered = array[ranking.order]
    cumulative = np.cumsum(ordered) / total
    cumulative[-1] = 1.0
    head = math.floor(exact_share(head_share) * array.size)
    target = float(exact_share(value_share)) - REACHED
    return Pareto(
        accounts=array.size,
        total=total,
        head_accounts=head,
        head_share=math.fsum(ordered[:head].tolist()) / total,
        accounts_to_share=int(np.argmax(cumulative >= target)) + 1,
        cumulative=read_only(cumulative),
        ranking=ranking,
    )


def gini(values: Values) -> float:
    """Gini coefficient of a whole book, 0 (all equal) to (n − 1)/n (one account has everything).

    G = Σ (2i − n − 1)·x_i ÷ (n·Σ x), x ascending: half the relative mean absolute difference over all n²
    pairs (Sen 1973, *On Economic Inequality*, p. 31; Damgaard & Weiner 2000, Ecology 81, 1139-1142, there
    also the factor n/(n − 1) for a sample, which a complete book is not and which we leave out).
    Errors: empty, not_finite, negative_value, zero_total.
    """
    array = floats(values)
    none_negative(array)
    total = positive_total(array)
    size = array.size
    weights = np.arange(1 - size, size, 2, dtype=np.float64)
    spread = math.fsum((weights * np.sort(array)).tolist())
    return min(max(spread / (size * total), 0.0), (size - 1) / size)


def hhi(values: Values) -> float:
    """Herfindahl-Hirschman index, Σ share², 1/n (all equal) to 1 (one has everything); 1 ÷ HHI is the
    number of equal accounts that would be as concentrated (Adelman 1969, Rev. Econ. Stat. 51, 99-101).
    Competition authorities print it × 10,000. Errors: empty, not_finite, negative_value, zero_total.
    """
    array = floats(values)
    none_negative(array)
    total = positive_total(array)
    return min(max(math.fsum((array * array).tolist()) / (total * total), 1 / array.size), 1.0)


def hhi_by(groups: Sequence[Hashable], values: Values) -> GroupConcentration:
    """HHI of the sums by group (industry, product family, region); ties between groups by first appearance.

    A group whose sum is negative makes it NotComputable (negative_value), as for ``hhi``.
    """
    array = floats(values)
    if len(groups) != array.size:
        raise NotComputable("unequal_lengths", f"{array.size} values but {len(groups)} groups")
    places: dict[Hashable, int] = {}
    codes = np.fromiter((places.setdefault(group, len(places)) for group in groups), np.int64, array.size)
    sums = floats(np.bincount(codes, weights=array, minlength=len(places)))
    index, total, names = hhi(sums), positive_total(sums), list(places)
    largest_first = np.argsort(-sums, kind="stable")
    found = tuple(Group(names[at], float(sums[at]), float(sums[at]) / total) for at in largest_first)
    return GroupConcentration(hhi=index, groups=found)


def whale_curve(profits: Values, *, keys: Sequence[Any] | NDArray[Any] | None = None) -> WhaleCurve:
    """Where profit is made and where it is lost again (Kaplan & Narayanan 2001, J. Cost Manage. 15(5)).

    Any signs and any total are allowed; if nobody gains, the peak is 0 after 0 accounts. An account with
    profit 0 neither gains nor loses. Errors: empty, not_finite, unequal_lengths.
    """
    array = floats(profits)
    ranking = rank(array, keys)
    total = math.fsum(array.tolist())
    peak = math.fsum(array[array > 0].tolist())
    cumulative = np.cumsum(array[ranking.order])
    return WhaleCurve(
        accounts=array.size,
        total=total,
        peak=peak,
        peak_accounts=int((array > 0).sum()),
        peak_ratio=peak / total if total > 0 else None,
        loss_making=int((array < 0).sum()),
        eaten=math.fsum((-array[array < 0]).tolist()),
        cumulative=read_only(cumulative),
        ranking=ranking,
    )


def abc(
    values: Values,
    split: Sequence[Share] = (0.20, 0.30, 0.50),
    *,
    keys: Sequence[Any] | NDArray[Any] | None = None,
) -> Classes:
    """Cut the ranked accounts by head-count; the boundaries, not the classes, round down.

    632 accounts at 20/30/50 give 126, 190 and 316: boundaries at ⌊126.4⌋ and ⌊316.0⌋. The split must add
    up to 1. Errors: empty, not_finite, bad_share, unequal_lengths.
    """
    array = floats(values)
    parts = [exact_share(part) for part in split]
    if sum(parts) != 1:
        raise NotComputable("bad_share", f"the split adds up to {float(sum(parts)):g}, not to 1")
    bounds = [math.floor(sum(parts[:upto], Fraction()) * array.size) for upto in range(len(parts) + 1)]
    ranking = rank(array, keys)
    of = np.searchsorted(np.array(bounds[1:]), ranking.rank, side="left").astype(np.int64)
    slices = [array[ranking.order[a:b]].tolist() for a, b in itertools.pairwise(bounds)]
    try:
        total = positive_total(array)
        shares = tuple(math.fsum(part) / total for part in slices)
    except NotComputable:
        shares = None
    return Classes(of=read_only(of), accounts=tuple(map(len, slices)), shares=shares)


def bands(values: Values, edges: Sequence[float]) -> Integers:
    """Number of the band of each value: 0 from ``edges[0]`` up, 1 from ``edges[1]`` up …; −1 below the last.

    Lower edges belong to their band. Errors: empty, not_finite, bad_edges (not strictly falling).
    """
    array, lower = floats(values), floats(edges, name="edges")
    if (np.diff(lower) >= 0).any():
        raise NotComputable("bad_edges", "edges must fall strictly, the highest first")
    above = np.searchsorted(-lower, -array, side="left").astype(np.int64)
    above[above == lower.size] = -1
    return above


def thin(curve: Values, points: int = 200, *, keep: Sequence[int] = ()) -> Integers:
    """Positions of at most ``points`` points that draw ``curve`` (y over 0, 1, 2 …) with even strides.

    Strides are even along the line as drawn (both axes scaled to one), so a steep head keeps its shape. The
    first, the last and all of ``keep`` are always among them: what a page names is on its line.
    Errors: empty, not_finite, too_few_points.
    """
    line = floats(curve, name="curve")
    fixed = {0, line.size - 1, *keep}
    if min(fixed) < 0 or max(fixed) >= line.size or points < len(fixed):
        raise NotComputable("too_few_points", f"{points} points cannot hold {sorted(fixed)} of {line.size}")
    if line.size <= points:
        return np.arange(line.size, dtype=np.int64)
    height = float(np.ptp(line)) or 1.0
    steps = np.abs(np.diff(line)) / height + 1 / (line.size - 1)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    even = np.searchsorted(along, np.linspace(0, along[-1], points - len(fixed) + 2)[1:-1])
    return np.unique(np.concatenate((even, sorted(fixed)))).clip(0, line.size - 1).astype(np.int64)
