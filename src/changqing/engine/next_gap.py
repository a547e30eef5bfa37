"""The law of an account's next gap: how many intervals it spans, and how long they are.

A gap that spans m intervals of shape k is scale · BetaPrime(k·m, strength): a gamma variable whose rate is
itself Gamma(strength). ``weights`` are the chances of the spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from changqing.engine.computable import Floats, Integers

# Intervals that a gap may span; the larger ones stand for those around them.
SPANS = np.array([1.0, 2, 3, 4, 5, 6, 8, 11, 16, 24, 40, 80])
# The first number of skipped intervals that a span stands for.
SKIPPED_FROM = np.array([0.0, 1, 2, 3, 4, 5, 6, 9, 13, 19, 31, 59])
STEPS, WIDEST, CLOSE = 60, 12.0, 1e-4
TINY, NEGLIGIBLE = 1e-15, 1e-7
# Standard deviations beyond which a span is taken as surely longer or shorter.
SURE = 6.0


@dataclass(frozen=True, eq=False)
class NextGap:
    """One entry an account; ``weights`` has a column for each of SPANS."""

    shape: Floats
    strength: Floats
    scale: Floats
    weights: Floats

    @cached_property
    def mean(self) -> Floats:
        """Expected gap, its longest spans left as they are."""
        interval = self.shape * self.scale / np.maximum(self.strength - 1, 0.5)
        return np.asarray(interval * (self.weights @ SPANS), np.float64)

    def longer_than(self, time: Floats) -> Floats:
        """P(gap > time) for each account."""
        return self._longer(time, np.arange(time.size))

    def passed_by(self, tail: Floats) -> Floats:
        """The time t with P(gap > t) = tail, for each account.

        Secants of the normal quantile of P(gap > t) over ln t, where such a law is nearly straight, kept
        within a bracket.
        """
        from scipy.special import ndtri

        goal = np.clip(tail, TINY, 1 - 1e-9)
        aim = ndtri(goal)
        at, rows = self._guess(goal), np.arange(goal.size)
        low, high = at - WIDEST, at + WIDEST
        slope = -np.sqrt(self.shape * self.strength / (self.shape + self.strength))
        z = ndtri(np.clip(self._longer(np.exp(at), rows), TINY, 1 - TINY))
        for _ in range(STEPS):
            above = z > aim[rows]
            low[rows], high[rows] = (
                np.where(above, at[rows], low[rows]),
                np.where(above, high[rows], at[rows]),
            )
            there = at[rows] + np.clip((aim[rows] - z) / slope, -2, 2)
            middle = (low[rows] + high[rows]) / 2
            there = np.where((there > low[rows]) & (there < high[rows]), there, middle)
            move = there - at[rows]
            at[rows] = there
            going = (np.abs(move) > CLOSE) & (high[rows] - low[rows] > CLOSE)
            if not going.any():
                break
            rows, before, move = rows[going], z[going], move[going]
            z = ndtri(np.clip(self._longer(np.exp(at[rows]), rows), TINY, 1 - TINY))
            secant = (z - before) / move
            slope = np.where(secant < -1e-3, secant, slope[going])
        return np.asarray(np.exp(at), np.float64)

    def _guess(self, tail: Floats) -> Floats:
        """ln t from the span that the tail ends in, by the cube root of a gamma (Wilson-Hilferty)."""
        from scipy.special import ndtri

        beyond = 1 - np.cumsum(self.weights, axis=1)
        column = np.argmax(beyond < tail[:, None] - 1e-9, axis=1)
        weight, rest = (np.take_along_axis(part, column[:, None], 1)[:, 0] for part in (self.weights, beyond))
        share = np.clip((tail - rest) / np.maximum(weight, TINY), 0.001, 0.999)
        size = self.shape * SPANS[column]
        ninth = 1 / (9 * size)
        root = np.maximum(1 - ninth - ndtri(share) * np.sqrt(ninth), 0.1)
        return np.asarray(np.log(size * self.scale / self.strength) + 3 * np.log(root), np.float64)

    def _longer(self, time: Floats, rows: Integers) -> Floats:
        """P(gap > time) of the accounts ``rows``; spans surely longer or shorter are not computed."""
        from scipy.special import betaincc

        shape, strength, scale = self.shape[rows], self.strength[rows], self.scale[rows]
        x = time / (scale + time)
        ratio = np.cbrt(time * strength / (shape * scale))
        total = np.zeros(rows.size)
        for at, span in enumerate(SPANS):
            chance, size = self.weights[rows, at], shape * span
            ninth = 1 / (9 * size)
            z = (ratio / np.cbrt(span) - 1 + ninth) / np.sqrt(ninth + ratio**2 / (9 * strength))
            total += np.where(z < -SURE, chance, 0.0)
            near = np.flatnonzero((np.abs(z) <= SURE) & (chance > NEGLIGIBLE))
            total[near] += chance[near] * betaincc(size[near], strength[near], x[near])
        return np.minimum(total, 1.0)
