"""What a 95 % interval promises it keeps, for every model: books drawn from known parameters, fitted again.

BG/NBD has its own test beside the model, and the 80 % predictive intervals beside lifetime value.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from changqing.engine.bgbb import BgBb
from changqing.engine.estimated import Estimated
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.mbgcnbd import MbgCnbd
from changqing.engine.mbgnbd import MbgNbd
from changqing.engine.pareto_nbd import ParetoNbd
from changqing.engine.sbg import Sbg

# `make coverage` draws four times the books, so that chance is a third of the two points that are allowed;
# every run of the suite a tenth of them, and allows chance its part
ALL = bool(os.environ.get("CHANGQING_COVERAGE"))
CUSTOMERS, OBSERVED = 1500, 40.0
Chance = np.random.Generator


def leaving_at_purchases(chance: Chance, truth: Any, k: int = 1) -> dict[str, Any]:
    """Histories of customers who may leave at each purchase, the first too, with Σ ln gaps."""
    rate = chance.gamma(truth.r, 1 / truth.alpha, CUSTOMERS)
    leave = chance.beta(truth.a, truth.b, CUSTOMERS)
    x, recency, now, logs = np.zeros((4, CUSTOMERS))
    there = np.flatnonzero(chance.random(CUSTOMERS) >= leave)
    while there.size:
        gap = chance.gamma(k, 1 / rate[there])
        now[there] += gap
        came = now[there] <= OBSERVED
        there, gap = there[came], gap[came]
        x[there], recency[there], logs[there] = x[there] + 1, now[there], logs[there] + np.log(gap)
        there = there[chance.random(there.size) >= leave[there]]
    return {"frequency": x, "recency": recency, "T": np.full(CUSTOMERS, OBSERVED), "log_gaps": logs}


def mbgnbd(chance: Chance, truth: MbgNbd) -> MbgNbd:
    book = leaving_at_purchases(chance, truth)
    del book["log_gaps"]
    return MbgNbd.fit(**book)


def mbgcnbd(chance: Chance, truth: MbgCnbd) -> MbgCnbd:
    return MbgCnbd.fit(**leaving_at_purchases(chance, truth, truth.k), k=truth.k)


def pareto_nbd(chance: Chance, truth: ParetoNbd) -> ParetoNbd:
    rate = chance.gamma(truth.r, 1 / truth.alpha, CUSTOMERS)
    until = chance.exponential(1 / chance.gamma(truth.s, 1 / truth.beta, CUSTOMERS))
    lived = np.minimum(until, OBSERVED)
    x = chance.poisson(rate * lived)
    # the last of x points at random in a span has the law of its largest order statistic
    recency = np.where(x > 0, lived * chance.random(CUSTOMERS) ** (1 / np.maximum(x, 1)), 0.0)
    return ParetoNbd.fit(frequency=x, recency=recency, T=np.full(CUSTOMERS, OBSERVED))


def bgbb(chance: Chance, truth: BgBb) -> BgBb:
    use, leave = chance.beta(truth.alpha, truth.beta, 4000), chance.beta(truth.gamma, truth.delta, 4000)
    lived = np.minimum(chance.geometric(np.maximum(leave, 1e-12)) - 1, 8)
    used = (chance.random((4000, 8)) < use[:, None]) & (np.arange(8) < lived[:, None])
    recency = np.where(used.any(axis=1), 8 - np.argmax(used[:, ::-1], axis=1), 0)
    return BgBb.fit(frequency=used.sum(axis=1), recency=recency, periods=np.full(4000, 8))


def gamma_gamma(chance: Chance, truth: GammaGamma) -> GammaGamma:
    x = chance.integers(1, 8, CUSTOMERS)
    scale = 1 / chance.gamma(truth.q, 1 / truth.v, CUSTOMERS)
    return GammaGamma.fit(frequency=x, monetary_value=chance.gamma(truth.p * x, scale) / x)


def sbg(chance: Chance, truth: Sbg) -> Sbg:
    lived = chance.geometric(np.maximum(chance.beta(truth.alpha, truth.beta, 4000), 1e-12))
    return Sbg.fit([int((lived > renewals).sum()) for renewals in range(9)])


@pytest.mark.parametrize(
    ("fitted", "truth", "books"),
    [
        (mbgnbd, MbgNbd(0.9, 5.0, 0.9, 2.5), 400),
        (mbgcnbd, MbgCnbd(2, 1.5, 3.0, 0.9, 3.5), 300),
        (pareto_nbd, ParetoNbd(1.2, 5.0, 1.1, 14.0), 400),
        (bgbb, BgBb(1.2, 0.75, 0.9, 3.0), 400),
        (gamma_gamma, GammaGamma(6.25, 3.74, 15.44), 500),
        (sbg, Sbg(0.9, 2.4), 1000),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_95_percent_interval_holds_the_truth_95_times_in_100(
    fitted: Callable[[Chance, Any], Estimated], truth: Estimated, books: int
) -> None:
    books = 4 * books if ALL else books // 10
    held = np.zeros(len(truth.params))
    for seed in range(books):
        intervals = fitted(np.random.default_rng(seed), truth).interval(0.95).values()
        pairs = zip(intervals, truth.params.values(), strict=True)
        held += [low <= value <= high for (low, high), value in pairs]
    # what chance allows each parameter beside the two points: three standard errors of a share of 95 %
    chance = 0.0 if ALL else 3 * (0.95 * 0.05 / books) ** 0.5
    assert abs(float(held.mean()) / books - 0.95) <= 0.02 + chance / 2, held / books
    assert (np.abs(held / books - 0.95) <= max(0.02, chance)).all(), held / books
