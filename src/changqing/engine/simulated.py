"""Books of orders that never were, with drifts planted where one knows them: what warnings are judged on.

Each account orders at gamma intervals, buys each of its families in a share of its orders, sends some back,
pays after some days and leaves some margin. A planted drift changes one of these from a known day on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from changqing.engine.computable import Floats, Integers

Flags = NDArray[np.bool_]

FAMILIES = 5
DAYS_WATCHED = 365.0


class Drift(StrEnum):
    """What is planted."""

    SILENT = "silent"
    NARROWER = "narrower"
    RETURNING = "returning"
    SLOWER = "slower"
    CHEAPER = "cheaper"


@dataclass(frozen=True, eq=False)
class Orders:
    """One entry an order, accounts one after another, oldest first: account i has those from ``offsets[i]``
    to ``offsets[i + 1]``. ``families`` has a column for each family; ``paid_after`` counts days."""

    offsets: Integers
    day: Floats
    families: Flags
    returned: Flags
    paid_after: Floats
    margin: Floats


@dataclass(frozen=True, eq=False)
class Book:
    """``drift[i]`` and ``since[i]``: what was planted in account i, from which day on (None, inf: steady).
    ``interval`` = its true mean gap. Watching begins on day 0; before it lie up to ``history`` days."""

    orders: Orders
    drift: tuple[Drift | None, ...]
    since: Floats
    interval: Floats


def simulated_book(seed: int, *, accounts: int = 80, drifting: float = 0.25, history: float = 1095.0) -> Book:
    """A book with that share of its accounts drifting from some day of the first half year of watching."""
    chance = np.random.default_rng(seed)
    kinds = list(Drift)
    drift = [kinds[at % len(kinds)] if at < drifting * accounts else None for at in range(accounts)]
    since = np.where([kind is None for kind in drift], np.inf, chance.uniform(30, 180, accounts))
    interval = 21 * np.exp(chance.normal(0, 0.3, accounts))
    parts = [
        _account(chance, drift[at], float(since[at]), float(interval[at]), history) for at in range(accounts)
    ]
    day, families, returned, paid, margin = (np.concatenate(column) for column in zip(*parts, strict=True))
    offsets = np.concatenate(([0], np.cumsum([len(part[0]) for part in parts])))
    return Book(
        Orders(offsets, day, families, returned, paid, margin),
        tuple(drift),
        since,
        interval,
    )


def _account(
    chance: np.random.Generator, drift: Drift | None, since: float, interval: float, history: float
) -> tuple[Floats, Flags, Flags, Floats, Floats]:
    """Days, families, returned, days to pay and margin rate of one account's orders."""
    shape = 9 * np.exp(chance.normal(0, 0.3))
    most = int((history + DAYS_WATCHED) / interval * 2) + 20
    day = chance.uniform(-history, -history / 2) + np.cumsum(chance.gamma(shape, interval / shape, most))
    day = day[day < DAYS_WATCHED]
    after = day >= since
    rates = chance.uniform(0.5, 0.95, FAMILIES)
    families = chance.random((day.size, FAMILIES)) < rates
    returned = chance.random(day.size) < chance.uniform(0.005, 0.03)
    paid = np.exp(np.log(chance.uniform(25, 60)) + 0.15 * chance.normal(size=day.size))
    margin = chance.uniform(0.15, 0.35) + 0.02 * chance.normal(size=day.size)
    if drift is Drift.NARROWER:
        families[after, 1:] = False
    elif drift is Drift.RETURNING:
        returned[after] = chance.random(int(after.sum())) < 0.9
    elif drift is Drift.SLOWER:
        paid[after] *= 2
    elif drift is Drift.CHEAPER:
        margin[after] -= 0.1
    kept = ~after if drift is Drift.SILENT else np.ones(day.size, bool)
    return day[kept], families[kept], returned[kept], paid[kept], margin[kept]
