"""Who is alike: RFM quintiles, ABC by value, the value × potential matrix, the four-part value score.

Pure functions of arrays, one entry an account. Thresholds are arguments: method packs hold them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

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
from changqing.engine.concentration import REACHED, rank

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rfm:
    """Scores 1 (worst) to 5 (best); ``cell`` = 100·R + 10·F + M, so 555 is the best."""

    recency: Integers
    frequency: Integers
    monetary: Integers

    @property
    def cell(self) -> Integers:
        return 100 * self.recency + 10 * self.frequency + self.monetary


def rfm(*, silence: Values, orders: Values, money: Values, groups: int = 5) -> Rfm:
    """Quintiles of time since the last order (short is good), number of orders, and money.

    Each by itself over the whole book; accounts with equal figures get equal scores, that of the middle of
    their ranks. Source: Hughes (1994), Strategic Database Marketing (independent quintiles).
    Errors: those of ``floats``; negative_value for silence and orders; unequal_lengths.
    """
    days, count, sums = (
        floats(silence, name="silence"),
        floats(orders, name="orders"),
        floats(money, name="money"),
    )
    if not days.size == count.size == sums.size:
        raise NotComputable("unequal_lengths", "silence, orders and money must be of one length")
    none_negative(days, name="silence")
    none_negative(count, name="orders")
    return Rfm(*(read_only(_quantile_score(figure, groups)) for figure in (-days, count, sums)))


def _quantile_score(figure: Floats, groups: int) -> Integers:
    """1 to ``groups`` by mid-rank."""
    _, which, times = np.unique(figure, return_inverse=True, return_counts=True)
    below = np.concatenate(([0], np.cumsum(times)))[:-1]
    middle = (below + (times - 1) / 2 + 0.5) / figure.size
    return (np.floor(middle[which] * groups).clip(0, groups - 1) + 1).astype(np.int64)


def abc_by_value(values: Values, *, upto: tuple[Share, ...] = (0.80, 0.95)) -> Integers:
    """0 for the accounts that together reach the first share of the total, 1 up to the next …, then the rest.

    The account that crosses a bound still belongs before it. Accounts at or below zero are of the last
    class. Errors: those of ``floats``; zero_total, negative_total, bad_share; bad_edges unless rising.
    """
    array = floats(values)
    edges = [float(exact_share(share)) for share in upto]
    if sorted(set(edges)) != edges:
        raise NotComputable("bad_edges", "shares must rise strictly")
    total = positive_total(array)
    order = rank(array).order
    before = np.concatenate(([0.0], np.cumsum(array[order])[:-1])) / total
    of = np.empty(array.size, np.int64)
    of[order] = np.searchsorted(np.array(edges) - REACHED, before, side="right")
    of[array <= 0] = len(edges)
    return read_only(of)


class MatrixClass(IntEnum):
    """The four classes of value × potential; OTHER holds what fits none of the four definitions."""

    CORE = 0
    HIGH_POTENTIAL = 1
    MAINTAIN = 2
    IMPROVE = 3
    OTHER = 4


@dataclass(frozen=True)
class MatrixCuts:
    """``top`` = share of accounts with core value; ``middle`` = from which to which share of ranks, counted
    from the smallest, value is medium; ``stable`` = highest CV of quarterly revenue; ``fast`` = growth from
    which potential is high."""

    top: float = 0.10
    middle: tuple[float, float] = (0.50, 0.90)
    stable: float = 0.50
    fast: float = 0.10


@dataclass(frozen=True, eq=False)
class Matrix:
    """``of`` = MatrixClass of each account; ``standing`` = share of accounts with less value (ties: middle
    rank); ``unknown`` where growth or stability is missing and would have decided."""

    of: Integers
    standing: Floats
    unknown: Flags


def matrix(
    value: Values, *, growth: Values, variation: Values, has_need: NDArray[np.bool_], cuts: MatrixCuts
) -> Matrix:
    """Core: top share of value and stable. High potential: value in the middle or above, fast growth.
    Maintain: value in the middle or above, stable, slow. To improve: less value, and a need known.

    ``growth`` and ``variation`` may be nan (unknown): the account is then classed without that rule, and
    marked where it would have mattered. Errors: those of ``floats`` for ``value``; unequal_lengths.
    """
    worth = floats(value, name="value")
    grows, varies = (np.asarray(part, np.float64) for part in (growth, variation))
    need = np.asarray(has_need, bool)
    if not worth.size == grows.size == varies.size == need.size:
        raise NotComputable("unequal_lengths", "value, growth, variation and has_need must be of one length")
    position = rank(worth)
    top = position.rank <= math.floor(cuts.top * worth.size)
    standing = _standing(worth)
    medium = standing >= cuts.middle[0]
    fast, stable = grows >= cuts.fast, varies <= cuts.stable
    of = np.full(worth.size, int(MatrixClass.OTHER))
    of[~medium & need] = MatrixClass.IMPROVE
    of[medium & stable] = MatrixClass.MAINTAIN
    of[medium & fast] = MatrixClass.HIGH_POTENTIAL
    of[top & stable] = MatrixClass.CORE
    unknown = (np.isnan(varies) & medium & ~fast) | (np.isnan(grows) & medium & ~(top & stable))
    return Matrix(read_only(of.astype(np.int64)), read_only(standing), read_only(unknown))


def _standing(worth: Floats) -> Floats:
    _, which, times = np.unique(worth, return_inverse=True, return_counts=True)
    below = np.concatenate(([0], np.cumsum(times)))[:-1]
    return np.asarray((below + (times - 1) / 2)[which] / max(worth.size - 1, 1), np.float64)


@dataclass(frozen=True, eq=False)
class Score:
    """``total`` on the scale of the parts, ``known`` = share of the weight that was known; nan without any.
    ``parts`` = each part's weighted contribution, so that they add up to the total."""

    total: Floats
    known: Floats
    parts: Mapping[str, Floats]


def weighted_score(parts: Mapping[str, Values], weights: Mapping[str, float]) -> Score:
    """Σ weight × part ÷ Σ weight of the parts known; nan in a part means unknown, never zero.

    For the four-part value (current, potential, relationship, strategic) or any other. Errors: inconsistent
    for weights that do not fit, are negative or add up to nothing; unequal_lengths; out_of_range.
    """
    if set(parts) != set(weights) or not parts:
        raise NotComputable("inconsistent", "parts and weights must have the same names")
    if any(not math.isfinite(weight) or weight < 0 for weight in weights.values()) or not sum(
        weights.values()
    ):
        raise NotComputable("inconsistent", "weights are at or above 0 and not all 0")
    names = list(parts)
    columns = [np.asarray(parts[name], np.float64) for name in names]
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise NotComputable("unequal_lengths", "all parts must be of one length")
    table, weight = np.stack(columns, axis=1), np.array([weights[name] for name in names])
    if np.isinf(table).any():
        raise NotComputable("not_finite", "a part is infinite")
    seen = ~np.isnan(table)
    heard = (seen * weight).sum(axis=1)
    shares = np.where(seen, table, 0.0) * weight / np.where(heard > 0, heard, np.nan)[:, None]
    return Score(
        total=read_only(np.asarray(shares.sum(axis=1), np.float64)),
        known=read_only(heard / weight.sum()),
        parts={name: read_only(shares[:, at].copy()) for at, name in enumerate(names)},
    )


@dataclass(frozen=True, eq=False)
class Steadiness:
    """How firm a ranking is when weights move: best and worst rank of each account."""

    best: Integers
    worst: Integers


def steadiness(
    parts: Mapping[str, Values], weights: Mapping[str, float], *, move: float = 0.20
) -> Steadiness:
    """Ranks when each weight by itself is raised and lowered by ``move``.

    Errors: those of ``weighted_score``; not_finite when an account has no part known.
    """
    tried = [dict(weights)]
    for name in weights:
        tried += [{**weights, name: weights[name] * (1 + sign * move)} for sign in (1, -1)]
    ranks = np.stack([rank(weighted_score(parts, each).total).rank for each in tried])
    return Steadiness(best=read_only(ranks.min(axis=0)), worst=read_only(ranks.max(axis=0)))
