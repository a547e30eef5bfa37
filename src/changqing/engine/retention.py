"""How long accounts stay: Kaplan-Meier with intervals, cohorts by count and by revenue, Cox.

An account that is still there is censored: it is known to have stayed so long, not when it leaves.
Sources: Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; Greenwood (1926), Reports on Public Health
33; Kalbfleisch & Prentice (1980), The Statistical Analysis of Failure Time Data (the log-minus-log
interval); Cox (1972), J. Royal Stat. Soc. B 34, 187-220 (fitted by ``lifelines``, ties by Efron).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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

Z95 = 1.959963984540054
FEWEST_LEAVING = 10


@dataclass(frozen=True, eq=False)
class Survival:
    """At each time at which some left: how many were at risk, how many left, the share that stays longer,
    its standard error and 95 % interval (log-minus-log; where nobody is left, 0 to 0)."""

    time: Floats
    at_risk: Integers
    left: Integers
    share: Floats
    error: Floats
    low: Floats
    high: Floats

    def at(self, time: float) -> tuple[float, float, float]:
        """(share, low, high) that stays longer than ``time``."""
        place = int(np.searchsorted(self.time, time, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.share[place]), float(self.low[place]), float(self.high[place])

    @property
    def median(self) -> float | None:
        """The first time by which half have left; None when more than half stay to the end."""
        reached = np.flatnonzero(self.share <= 0.5 + 1e-12)
        return float(self.time[reached[0]]) if reached.size else None


def kaplan_meier(stayed: Values, has_left: ArrayLike) -> Survival:
    """``stayed`` = time each account has been there, ``has_left`` = whether it left at that time.

    Censored accounts count as at risk at their own time. Errors: those of ``floats``; negative_value;
    unequal_lengths; no_repeat when nobody left, so that there is no curve to draw.
    """
    times, ends = _spells(stayed, has_left)
    if not ends.any():
        raise NotComputable("no_repeat", "nobody has left: all that is known is that they stay")
    moments = np.unique(times[ends])
    ordered = np.sort(times)
    at_risk = times.size - np.searchsorted(ordered, moments, side="left")
    left = np.bincount(np.searchsorted(moments, times[ends]), minlength=moments.size)
    share = np.cumprod(1 - left / at_risk)
    with np.errstate(divide="ignore"):
        terms = np.where(at_risk > left, left / (at_risk * np.maximum(at_risk - left, 1)), 0.0)
    greenwood = np.sqrt(np.cumsum(terms))
    low, high = _log_log(np.asarray(share, np.float64), np.asarray(greenwood, np.float64))
    return Survival(
        *(read_only(column) for column in (moments, at_risk, left, share, share * greenwood, low, high))
    )


def _log_log(share: Floats, greenwood: Floats) -> tuple[Floats, Floats]:
    inside = (share > 0) & (share < 1)
    logs = np.log(np.where(inside, share, 0.5))
    width = Z95 * greenwood / np.abs(logs)
    low = np.where(inside, np.exp(logs * np.exp(width)), share)
    high = np.where(inside, np.exp(logs * np.exp(-width)), share)
    return np.asarray(low, np.float64), np.asarray(high, np.float64)


def _spells(stayed: Values, has_left: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    times, ends = floats(stayed, name="stayed"), np.asarray(has_left)
    none_negative(times, name="stayed")
    if ends.shape != times.shape:
        raise NotComputable("unequal_lengths", "stayed and has_left must be of one length")
    return times, ends.astype(bool)


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Rows = cohorts in ascending order, columns = periods since the first (0, 1, …); nan where a period lies
    after the last one known. ``accounts`` and ``revenue`` are sums; ``kept`` and ``kept_revenue`` the shares
    of the cohort's own first period."""

    cohort: Integers
    accounts: Floats
    revenue: Floats
    kept: Floats
    kept_revenue: Floats

    @property
    def net_retention(self) -> Floats:
        """Over all cohorts that have reached a period: its revenue ÷ their revenue of the first one."""
        seen = ~np.isnan(self.revenue)
        firsts = np.where(seen, self.revenue[:, :1], 0.0).sum(axis=0)
        sums = np.nansum(self.revenue, axis=0)
        return np.asarray(
            np.divide(sums, firsts, out=np.full(firsts.size, np.nan), where=firsts > 0), np.float64
        )


def cohorts(account: ArrayLike, period: ArrayLike, revenue: Values, *, last: int | None = None) -> Cohorts:
    """Retention by count and by revenue of accounts grouped by the period of their first revenue.

    One entry an account and period (whole numbers: months, quarters, years); several are added up. An account
    is there in a period when its revenue is above zero. ``last`` = last period known, else the last given.
    Errors: those of ``floats``; unequal_lengths; inconsistent for periods that are no whole numbers;
    zero_total when nobody ever bought.
    """
    money, who, when = floats(revenue, name="revenue"), np.asarray(account), np.asarray(period)
    if not who.shape == when.shape == money.shape:
        raise NotComputable("unequal_lengths", "account, period and revenue must be of one length")
    if when.dtype.kind not in "iu":
        raise NotComputable("inconsistent", "periods are whole numbers")
    _, owner = np.unique(who, return_inverse=True)
    first_period, final = int(when.min()), int(when.max() if last is None else last)
    table = np.zeros((int(owner.max()) + 1, final - first_period + 1))
    known = when <= final
    np.add.at(table, (owner[known], when[known] - first_period), money[known])
    bought = table > 0
    table, bought = table[bought.any(axis=1)], bought[bought.any(axis=1)]
    if not len(table):
        raise NotComputable("zero_total", "nobody has bought for more than nothing")
    start = bought.argmax(axis=1)
    shown = np.unique(start)
    width = table.shape[1] - int(shown[0])
    counts, sums = np.full((shown.size, width), np.nan), np.full((shown.size, width), np.nan)
    for row, begins in enumerate(shown):
        mine = start == begins
        reach = table.shape[1] - int(begins)
        counts[row, :reach] = bought[mine, begins:].sum(axis=0)
        sums[row, :reach] = table[mine, begins:].sum(axis=0)
    return Cohorts(
        cohort=read_only((shown + first_period).astype(np.int64)),
        accounts=read_only(counts),
        revenue=read_only(sums),
        kept=read_only(counts / counts[:, :1]),
        kept_revenue=read_only(sums / sums[:, :1]),
    )


@dataclass(frozen=True)
class Effect:
    """What one unit more of a fact does to the hazard of leaving: ``ratio`` and its 95 % interval."""

    coefficient: float
    error: float
    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Cox:
    """``concordance`` = share of comparable pairs of accounts ranked rightly (on the data fitted)."""

    effects: Mapping[str, Effect]
    log_likelihood: float
    concordance: float
    accounts: int
    left: int


def cox(stayed: Values, has_left: ArrayLike, facts: Mapping[str, Values]) -> Cox:
    """Proportional hazards by ``lifelines`` (ties by Efron), without penalty.

    Errors: those of ``floats``; unequal_lengths; too_few_points with fewer than ten leavers for each fact;
    no_convergence (a fact without scatter, or one that tells leavers apart perfectly).
    """
    times, ends = _spells(stayed, has_left)
    columns = {name: floats(values, name=name) for name, values in facts.items()}
    if not columns or any(column.size != times.size for column in columns.values()):
        raise NotComputable("unequal_lengths", "every fact must be as long as stayed, and one is needed")
    leaving = int(ends.sum())
    if leaving < FEWEST_LEAVING * len(columns):
        needed = FEWEST_LEAVING * len(columns)
        raise NotComputable("too_few_points", f"{leaving} have left; {len(columns)} facts need {needed}")
    for name, column in columns.items():
        if np.ptp(column) == 0:
            raise NotComputable("no_convergence", f"{name} is the same for all")
    return _fitted(times, ends, columns)


def _fitted(times: Floats, ends: NDArray[np.bool_], columns: Mapping[str, Floats]) -> Cox:
    import warnings

    import pandas as pd  # type: ignore[import-untyped]
    from lifelines import CoxPHFitter  # type: ignore[import-untyped]
    from lifelines.exceptions import ConvergenceError  # type: ignore[import-untyped]

    table = pd.DataFrame({f"x{at}": column for at, column in enumerate(columns.values())})
    table["stayed"], table["left"] = times, ends.astype(int)
    fitter = CoxPHFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            fitter.fit(table, duration_col="stayed", event_col="left")
        except (ConvergenceError, Warning, np.linalg.LinAlgError) as fault:
            raise NotComputable("no_convergence", f"Cox: {fault}".splitlines()[0]) from None
    effects = {}
    for at, name in enumerate(columns):
        slope, error = float(fitter.params_.iloc[at]), float(fitter.standard_errors_.iloc[at])
        effects[name] = Effect(
            slope,
            error,
            math.exp(slope),
            math.exp(slope - Z95 * error),
            math.exp(slope + Z95 * error),
            math.erfc(abs(slope / error) / math.sqrt(2)),
        )
    return Cox(
        effects=effects,
        log_likelihood=float(fitter.log_likelihood_),
        concordance=float(fitter.concordance_index_),
        accounts=times.size,
        left=int(ends.sum()),
    )
