"""In which rhythm an account buys: the days between its purchases, in a few words."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median, quantiles

# With fewer gaps than this a median says nothing about the next one.
ENOUGH_GAPS = 3


@dataclass(frozen=True)
class Rhythm:
    """``every`` is the median number of days between purchases, over ``gaps`` gaps, half of which lie between
    ``low`` and ``high``; None with fewer than three gaps. ``since`` is days from the last purchase to as-of.
    """

    purchases: int
    gaps: int
    every: int | None
    low: int | None
    high: int | None
    since: int | None

    @property
    def is_late(self) -> bool:
        """Whether the wait since the last purchase is longer than three of four gaps were."""
        return (
            self.since is not None and self.high is not None and self.since > max(self.high, self.every or 0)
        )


def rhythm_of(days: Sequence[date], as_of: date | None) -> Rhythm:
    """The rhythm of purchases on ``days``, oldest first and each day once.

    >>> days = [date(2026, 1, 1), date(2026, 1, 31), date(2026, 3, 2), date(2026, 4, 1)]
    >>> rhythm_of(days, date(2026, 4, 11))
    Rhythm(purchases=4, gaps=3, every=30, low=30, high=30, since=10)
    """
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(days)]
    since = (as_of - days[-1]).days if as_of and days else None
    if len(gaps) < ENOUGH_GAPS:
        return Rhythm(len(days), len(gaps), None, None, None, since)
    low, _middle, high = quantiles(gaps, n=4, method="inclusive")
    return Rhythm(len(days), len(gaps), round(median(gaps)), round(low), round(high), since)
