"""Was what the model said true? Chances against what happened, and bands against where things fell.

Fit to a past date, ask for chances and bands, and give here what came after: nothing of it may have been
known to the fit. Sources: Brier (1950), Monthly Weather Review 78, 1-3; Murphy (1973), J. Applied
Meteorology 12, 595-600 (its parts); Wilson (1927), J. Am. Stat. Assoc. 22, 209-212 (intervals of shares).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Bin:
    """Accounts whose chances lie together: what was said on average, what share happened, and between
    which shares chance alone leaves it (95 %, Wilson). ``lift`` = that share ÷ the share of all."""

    accounts: int
    said: float
    happened: float
    low: float
    high: float
    lift: float | None

    @property
    def is_kept(self) -> bool:
        """What was said lies within what chance alone allows."""
        return self.low <= self.said <= self.high


@dataclass(frozen=True)
class Calibration:
    """``bins`` from the least to the most likely. ``brier`` = mean squared error of the chances, ``base`` =
    that of saying the overall share to everyone, ``skill`` = 1 − brier ÷ base; ``gap`` = mean |said −
    happened| over bins."""

    accounts: int
    said: float
    happened: float
    brier: float
    base: float
    gap: float
    bins: tuple[Bin, ...]

    @property
    def skill(self) -> float | None:
        return 1 - self.brier / self.base if self.base else None


@dataclass(frozen=True)
class Coverage:
    """``share`` of what came that fell in its band, with a 95 % interval, and the shares beside it."""

    accounts: int
    promised: float
    share: float
    low: float
    high: float
    below: float
    above: float

    @property
    def is_kept(self) -> bool:
        return self.low <= self.promised <= self.high


def calibration(chances: Values, happened: Values, *, bins: int = 10) -> Calibration:
    """Sort by chance, cut into bins of equal size (ties kept in order given), compare.

    ``happened`` is 0 or 1. Errors: those of ``floats``; unequal_lengths; bad_share for chances outside 0 to
    1; inconsistent for other outcomes; too_few_points for fewer accounts than bins.
    """
    said, came = floats(chances, name="chances"), floats(happened, name="happened")
    if said.size != came.size:
        raise NotComputable("unequal_lengths", "chances and what happened must be of one length")
    if ((said < 0) | (said > 1)).any():
        raise NotComputable("bad_share", "chances lie between 0 and 1")
    if not np.isin(came, (0.0, 1.0)).all():
        raise NotComputable("inconsistent", "what happened is 0 or 1")
    if said.size < bins or bins < 1:
        raise NotComputable("too_few_points", f"{said.size} accounts do not fill {bins} bins")
    order = np.argsort(said, kind="stable")
    overall = float(came.mean())
    found = tuple(_bin(said[rows], came[rows], overall) for rows in np.array_split(order, bins))
    return Calibration(
        accounts=said.size,
        said=float(said.mean()),
        happened=overall,
        brier=float(((said - came) ** 2).mean()),
        base=overall * (1 - overall),
        gap=sum(part.accounts * abs(part.said - part.happened) for part in found) / said.size,
        bins=found,
    )


def _bin(said: Floats, came: Floats, overall: float) -> Bin:
    share = float(came.mean())
    low, high = wilson(float(came.sum()), came.size)
    return Bin(came.size, float(said.mean()), share, low, high, share / overall if overall else None)


def wilson(hits: float, of: int) -> tuple[float, float]:
    """Between which shares the true one lies (95 %) after ``hits`` of ``of``."""
    if of < 1 or not 0 <= hits <= of:
        raise NotComputable("inconsistent", f"{hits} of {of} is no share")
    share, square = hits / of, Z95**2
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, centre - half), min(1.0, centre + half)


def coverage(came: Values, low: Values, high: Values, *, promised: float = 0.80) -> Coverage:
    """The share of what came that lies in its band, ends included. Errors: those of ``floats``;
    unequal_lengths; inconsistent for a band whose ends are swapped."""
    value, lower, upper = floats(came, name="came"), floats(low, name="low"), floats(high, name="high")
    if not value.size == lower.size == upper.size:
        raise NotComputable("unequal_lengths", "came, low and high must be of one length")
    if (lower > upper).any():
        raise NotComputable("inconsistent", f"band {int(np.argmax(lower > upper))} ends before it begins")
    inside = (value >= lower) & (value <= upper)
    between = wilson(float(inside.sum()), inside.size)
    return Coverage(
        accounts=value.size,
        promised=promised,
        share=float(inside.mean()),
        low=between[0],
        high=between[1],
        below=float((value < lower).mean()),
        above=float((value > upper).mean()),
    )


def lift(chances: Values, happened: Values, *, share: float = 0.10) -> float:
    """How many times more often it happened among the ``share`` of highest chances than among all.

    Errors: those of ``calibration``; zero_total when it happened to nobody.
    """
    found = calibration(chances, happened, bins=1)
    if not found.happened:
        raise NotComputable("zero_total", "it happened to nobody")
    said, came = floats(chances), floats(happened)
    first = np.argsort(-said, kind="stable")[: max(1, math.floor(share * said.size))]
    return float(came[first].mean()) / found.happened
