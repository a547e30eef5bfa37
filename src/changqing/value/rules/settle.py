"""From what a scheme says now to the tier that holds: two reviews in a row, approval for a step down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Integers

NONE = -1


@dataclass(frozen=True, eq=False)
class Settled:
    """``tier`` holds; ``proposed`` waits for approval (−1: nothing does); ``pending`` is what the scheme says
    now but has not said for long enough (−1: the tier itself)."""

    tier: Integers
    proposed: Integers
    pending: Integers


def first_tiers(reviews: Integers) -> Integers:
    """The tier of accounts that have none yet, from what the scheme said at each review, oldest first.

    It begins with the first known one and moves whenever the following reviews agree on another.
    """
    periods = reviews.shape[0]
    held = reviews[0].copy()
    for at in range(1, periods):
        held = np.where(held == NONE, reviews[at], held)
        agreed = (reviews[at] == reviews[at - 1]) & (reviews[at] != NONE)
        held = np.where(agreed, reviews[at], held)
    return np.asarray(np.where(held == NONE, reviews[-1], held))


def settle(held: Integers, reviews: Integers) -> Settled:
    """The next tier of accounts in ``held`` (−1: none yet), by ``reviews``: one a row, the last is now.

    A step up holds as soon as all reviews agree; a step down that all agree on is proposed.
    Lower numbers are better tiers.
    """
    now = reviews[-1]
    start = np.where(held == NONE, first_tiers(reviews), held)
    all_up = ((reviews < start) & (reviews != NONE)).all(axis=0)
    all_down = (reviews > start).all(axis=0)
    # of several better tiers the least good one was agreed on by all, and so for worse ones
    up, down = reviews.max(axis=0), reviews.min(axis=0)
    tier = np.where(all_up, up, start)
    proposed = np.where(all_down, down, NONE)
    differs = (now != tier) & (now != NONE) & (proposed == NONE)
    return Settled(tier, proposed, np.where(differs, now, NONE))
