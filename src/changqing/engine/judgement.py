"""Forecasts that people make, as structured inputs: each gives a range and is judged like any other.

Buyers' intentions, the sales force's composite, experts in rounds (Delphi), a market test, a market factor.
Ranges hold 80 % if the inputs are right; ``forecast.accuracy`` says later whether they did.
Sources: Malcolm, Roseboom, Clark & Fazar (1959), Operations Research 7, 646-669 (three points); Dalkey &
Helmer (1963), Management Science 9, 458-467 (Delphi); Infosino (1986), Marketing Science 5, 372-391 (stated
intentions overstate).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from changqing.engine.computable import Floats, NotComputable, Values, floats, none_negative

Z80 = 1.2815515655446004


@dataclass(frozen=True)
class Judgement:
    """What is expected, and between what it lies in 80 % of cases if the inputs are right."""

    low: float
    expected: float
    high: float


def _around(expected: float, deviation: float) -> Judgement:
    return Judgement(max(0.0, expected - Z80 * deviation), expected, expected + Z80 * deviation)


def buyer_intentions(amounts: Values, chances: Values, *, kept: float = 1.0) -> Judgement:
    """Σ amount × stated chance × ``kept`` (the share of stated intentions that came true before).

    Purchases are independent: the variance is Σ amount² · p · (1 − p).
    """
    money, said = _pair(amounts, chances, "amounts", "chances")
    chance = said * kept
    if ((said < 0) | (said > 1)).any() or not 0 <= kept <= 1:
        raise NotComputable("bad_share", "chances and the share kept lie between 0 and 1")
    return _around(float(money @ chance), math.sqrt(float(money**2 @ (chance * (1 - chance)))))


def sales_composite(
    low: Values, likely: Values, high: Values, *, bias: Values | None = None, together: float = 0.0
) -> Judgement:
    """Sum of what each seller expects: (low + 4·likely + high)/6, deviation (high − low)/6.

    ``bias`` = forecast ÷ outcome of each seller so far, divided out; ``together`` = correlation between
    sellers, 0 (errors cancel) to 1 (they all err alike).
    """
    least, mode = _pair(low, likely, "low", "likely")
    most = floats(high, name="high")
    if most.size != least.size or (least > mode).any() or (mode > most).any():
        raise NotComputable("inconsistent", "each seller gives low ≤ likely ≤ high")
    if not 0 <= together <= 1:
        raise NotComputable("bad_share", "the correlation lies between 0 and 1")
    factor = np.ones(least.size) if bias is None else floats(bias, name="bias")
    if factor.size != least.size or (factor <= 0).any():
        raise NotComputable("inconsistent", "each seller's bias is above 0")
    means, deviations = (least + 4 * mode + most) / 6 / factor, (most - least) / 6 / factor
    variance = (1 - together) * float((deviations**2).sum()) + together * float(deviations.sum()) ** 2
    return _around(math.fsum(means.tolist()), math.sqrt(variance))


@dataclass(frozen=True)
class Delphi:
    """The last round: its median, its middle 80 %, and how far the experts have come together: spread of the
    last round ÷ that of the first (quartiles; None where the first had none)."""

    judgement: Judgement
    convergence: float | None
    rounds: int

    @property
    def has_converged(self) -> bool:
        """The spread has halved, or there never was one."""
        return self.convergence is None or self.convergence <= 0.5


def delphi(rounds: ArrayLike) -> Delphi:
    """Rows = rounds, columns = experts; all answer every round. Errors: unequal_lengths; not_finite;
    too_few_points with fewer than three experts."""
    table = np.asarray(rounds, np.float64)
    if table.ndim != 2 or not len(table):
        raise NotComputable("unequal_lengths", "rounds by experts, each round as long as the first")
    if not np.isfinite(table).all():
        raise NotComputable("not_finite", "an answer is not finite")
    if table.shape[1] < 3:
        raise NotComputable("too_few_points", f"{table.shape[1]} experts are no panel")
    spreads = np.quantile(table, 0.75, axis=1) - np.quantile(table, 0.25, axis=1)
    low, middle, high = np.quantile(table[-1], (0.1, 0.5, 0.9)).tolist()
    ratio = float(spreads[-1] / spreads[0]) if spreads[0] > 0 else None
    return Delphi(Judgement(low, middle, high), ratio, len(table))


def market_test(sold: Values, *, tested: Values, market: float) -> Judgement:
    """Sales ÷ size of each test place, scaled to the market; the places' scatter gives the range.

    Errors: too_few_points with one place: it has no scatter.
    """
    units, size = _pair(sold, tested, "sold", "tested")
    if (size <= 0).any() or not (math.isfinite(market) and market > 0):
        raise NotComputable("inconsistent", "test places and the market have a size above 0")
    if units.size < 2:
        raise NotComputable("too_few_points", "one test place says nothing about the scatter of places")
    rate = float(units.sum() / size.sum())
    residual = units - rate * size
    places = units.size
    error = math.sqrt(places / (places - 1) * float((residual**2).sum())) / float(size.sum())
    return _around(rate * market, error * market)


def market_factor(factor: Values, sales: Values, *, coming: float) -> Judgement:
    """Sales = coefficient × factor (permits, output, head-count), by least squares through the origin.

    Errors: too_few_points with fewer than three periods; inconsistent without a factor above 0.
    """
    cause, effect = _pair(factor, sales, "factor", "sales")
    if cause.size < 3:
        raise NotComputable("too_few_points", f"{cause.size} periods do not fix a coefficient and its error")
    if (cause <= 0).any() or not (math.isfinite(coming) and coming > 0):
        raise NotComputable("inconsistent", "the factor is above 0")
    slope = float(cause @ effect / (cause @ cause))
    variance = float(((effect - slope * cause) ** 2).sum()) / (cause.size - 1)
    return _around(slope * coming, math.sqrt(variance * (1 + coming**2 / float(cause @ cause))))


def _pair(one: Values, two: Values, first: str, second: str) -> tuple[Floats, Floats]:
    a, b = floats(one, name=first), floats(two, name=second)
    if a.size != b.size:
        raise NotComputable("unequal_lengths", f"{first} and {second} must be of one length")
    none_negative(a, name=first)
    none_negative(b, name=second)
    return a, b
