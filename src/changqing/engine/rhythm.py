"""When an account orders next, from few orders of its own and what its book has taught.

An account has an interval of its own; now and then it skips a few; after any order it may leave for good.
Each ordinary interval is Gamma(k, mean 1/λ): k says how regular the account is, λ how often it orders. A
gap spans 1 + N intervals, N geometric; after each order the account leaves with a chance of its own. What
an account is, is drawn from its book: λ ~ Gamma, k from a law without form on a grid, the chance to skip
and the chance to leave ~ Beta. These laws are estimated from the book (empirical Bayes), so an account
with two gaps borrows from its peers and one with twenty speaks for itself. Given N and k, λ stays Gamma,
so the next gap is a beta-prime variable in closed form, with the uncertainty of λ in it.

Sources: Herniter (1971), A Probabilistic Market Model of Purchase Timing and Brand Selection, Management
Science 18(4), 102-113, and Reutterer, Platzer & Schröder (2021), Leveraging Purchase Regularity for
Predicting Customer Behavior the Easy Way, Int. J. of Research in Marketing 38(1), 194-215 (gamma intervals
and leaving after an order); Laird (1978), J. Am. Stat. Assoc. 73, 805-811 (law without form). That gaps
span skipped intervals is this project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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
from changqing.engine.histories import span_of
from changqing.engine.next_gap import NextGap
from changqing.engine.rhythm_book import BookLaw, learn, spoken

REGULAR = 0.6

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Band:
    """Time from the last order: half of the accounts that come back have done so by ``expected``, and the
    stated share of them come back between ``low`` and ``high``."""

    low: Floats
    expected: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class ControlLimits:
    """The gap beyond which silence counts as a signal, and how often a steady account passes it."""

    limit: Floats
    false_per_gap: Floats
    false_per_year: float
    false_per_look: float


@dataclass(frozen=True, eq=False)
class Rhythms:
    """One entry an account, in the order given. ``gaps`` counts an account's own; with none, the book speaks.

    ``mean`` = its ordinary interval, ``shape`` = k, ``cv`` = 1/√k, all after shrinkage; ``skips`` = its
    chance to skip an interval, ``silence`` = time since its last order. ``book`` = what the book has taught.
    """

    gaps: Integers
    silence: Floats
    mean: Floats
    shape: Floats
    skips: Floats
    book: BookLaw
    next_gap: NextGap

    @classmethod
    def fit(
        cls, *, gaps: Values, offsets: ArrayLike, silence: Values, book: BookLaw | None = None
    ) -> Rhythms:
        """``gaps[offsets[i]:offsets[i + 1]]`` are the times between account i's orders, ``silence[i]`` the
        time since its last one, in one unit. ``book`` = the laws of a book learned before; else of this one.

        Errors: those of ``floats``; inconsistent for offsets that do not fit; negative_value; no_repeat when
        nobody ordered twice.
        """
        flat, bounds, since = _checked(gaps, offsets, silence)
        law = book or learn(flat, bounds, since)
        own = spoken(flat, bounds, law)
        return cls(
            gaps=read_only(np.diff(bounds)),
            silence=read_only(since),
            mean=read_only(own.mean),
            shape=read_only(own.shape),
            skips=read_only(own.skips),
            book=law,
            next_gap=own.next_gap,
        )

    @cached_property
    def cv(self) -> Floats:
        """Coefficient of variation of the ordinary interval after shrinkage."""
        return read_only(1 / np.sqrt(self.shape))

    @property
    def is_regular(self) -> Flags:
        """CV below .6 after shrinkage."""
        return self.cv < REGULAR

    @cached_property
    def tail(self) -> Floats:
        """P(a gap of an account that has not left is longer than the present silence): how unusual it is."""
        return read_only(self.next_gap.longer_than(self.silence))

    @cached_property
    def stays(self) -> Floats:
        """P(did not leave after the last order), before the silence since is counted."""
        return read_only(self.book.stays(self.gaps))

    @cached_property
    def probability_alive(self) -> Floats:
        """P(has not left), given the silence."""
        waiting = self.stays * self.tail
        return read_only(waiting / (1 - self.stays + waiting))

    def probability_of_order(self, within: float) -> Floats:
        """P(orders again within that time from now): what can be checked against what came.

        Those who have left count too: they come back at the book's rate of returns.
        """
        later = self.next_gap.longer_than(self.silence + span_of(within))
        share = np.divide(later, self.tail, out=np.ones_like(later), where=self.tail > 0)
        back = -np.expm1(-self.book.returns * within)
        alive = self.probability_alive
        return np.asarray(alive * (1 - np.minimum(share, 1.0)) + (1 - alive) * back, np.float64)

    def next_order(self, share: float = 0.80) -> Band:
        """When the account's next order comes, if it comes back, knowing that it has not come yet."""
        _share(share)
        low, expected, high = (
            self.next_gap.passed_by(still * self.tail) for still in ((1 + share) / 2, 0.5, (1 - share) / 2)
        )
        return Band(*(read_only(np.maximum(gap, self.silence)) for gap in (low, expected, high)))

    def stretch(self, share: float = 0.80) -> Floats:
        """The silence beyond the band, in ordinary intervals; 0 within it.

        The band here is the one an account had on the day of its last order.
        """
        _share(share)
        found, beyond = np.zeros(self.silence.size), (1 - share) / 2
        # only where the silence is as unusual as the band's end, or nearly, can it lie beyond
        late = np.flatnonzero(self.tail < beyond * 1.01)
        upper = self.next_gap.among(late).passed_by(np.full(late.size, beyond))
        found[late] = np.maximum(self.silence[late] - upper, 0) / self.mean[late]
        return found

    def control_limits(
        self, *, false_per_year: float, year: float = 365.25, looks_per_year: float = 52
    ) -> ControlLimits:
        """The gap that a steady account passes ``false_per_year`` times a year (``year`` in the data's unit).

        A false alarm costs one gap, and there are at most year ÷ ordinary interval of them: so much of the
        budget each gap has, however often one looks; ``false_per_look`` is its share of one look.
        """
        if not 0 < false_per_year < 1:
            raise NotComputable(
                "bad_share", f"false alarms a year lie between 0 and 1, not at {false_per_year}"
            )
        per_gap = np.minimum(false_per_year * self.mean / year, 0.5)
        return ControlLimits(
            limit=read_only(self.next_gap.passed_by(per_gap)),
            false_per_gap=read_only(per_gap),
            false_per_year=false_per_year,
            false_per_look=false_per_year / looks_per_year,
        )


def _checked(gaps: Values, offsets: ArrayLike, silence: Values) -> tuple[Floats, Integers, Floats]:
    since = floats(silence, name="silence")
    none_negative(since, name="silence")
    bounds = np.asarray(offsets)
    if bounds.dtype.kind not in "iu" or bounds.shape != (since.size + 1,):
        raise NotComputable("inconsistent", f"offsets must be {since.size + 1} whole numbers")
    flat = np.asarray(gaps, np.float64)
    if flat.ndim == 1 and not flat.size:
        raise NotComputable("no_repeat", "nobody ordered twice, so nothing says how often they order")
    flat = floats(gaps, name="gaps")
    if bounds[0] != 0 or bounds[-1] != flat.size or (np.diff(bounds) < 0).any():
        raise NotComputable("inconsistent", "offsets must rise from 0 to the number of gaps")
    if (flat <= 0).any():
        at = int(np.argmax(flat <= 0))
        raise NotComputable("negative_value", f"gaps[{at}] is {flat[at]}: two orders on one day are one")
    return flat, bounds.astype(np.int64), since


def _share(share: float) -> None:
    if not 0 < share < 1:
        raise NotComputable("bad_share", f"a band holds a share between 0 and 1, not {share}")
