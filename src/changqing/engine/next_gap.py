"""The law of an account's next gap: how many intervals it spans, and how long they are.

A gap that spans m intervals of shape k is scale · BetaPrime(k·m, strength): a gamma variable whose rate is
itself Gamma(strength). ``weights`` are the chances of the spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from changqing.engine.computable import Floats, Integers
from changqing.engine.threads import shared_out

# Intervals that a gap may span; the larger ones stand for those around them.
SPANS = np.array([1.0, 2, 3, 4, 5, 6, 8, 11, 16, 24, 40, 80])
# The first number of skipped intervals that a span stands for.
SKIPPED_FROM = np.array([0.0, 1, 2, 3, 4, 5, 6, 9, 13, 19, 31, 59])
TINY = 1e-15


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

    def among(self, rows: Integers) -> NextGap:
        """The law of the accounts at ``rows`` only."""
        return NextGap(self.shape[rows], self.strength[rows], self.scale[rows], self.weights[rows])

    def longer_than(self, time: Floats) -> Floats:
        """P(gap > time) for each account; spans surely longer or shorter are not computed."""
        from changqing.engine.span_law import tails

        found, times, (law, spans) = np.empty(time.size), np.asarray(time, np.float64), self._parts
        shared_out(lambda at: tails(times[at], *(part[at] for part in law), spans, found[at]), time.size)
        return found

    def passed_by(self, tail: Floats) -> Floats:
        """The time t with P(gap > t) = tail, for each account."""
        from changqing.engine.span_law import NEARLY_ONE, moments

        goal = np.clip(tail, TINY, NEARLY_ONE)
        found, starts, (law, spans) = np.empty(goal.size), self._guess(goal), self._parts

        def solve(at: slice) -> None:
            moments(goal[at], starts[at], *(part[at] for part in law), spans, found[at])

        shared_out(solve, goal.size)
        return found

    @property
    def _parts(self) -> tuple[tuple[Floats, ...], Floats]:
        """The law of each account, and the spans of all."""
        parts = (self.shape, self.strength, self.scale, self.weights)
        return tuple(np.ascontiguousarray(part, np.float64) for part in parts), SPANS

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
