"""MBG/CNBD-k and BG/CNBD-k: customers who leave unnoticed, and order more evenly than chance would have it.

As MBG/NBD and BG/NBD, but the time between purchases is Erlang-k: k = 1 is pure chance, and the larger k,
the more regular. k is estimated with the rest, as the whole number of highest likelihood.
Source: Reutterer, Platzer & Schröder (2021), Leveraging Purchase Regularity for Predicting Customer Behavior
the Easy Way, Int. J. of Research in Marketing 38(1), 194-215.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats
from changqing.engine.geometric_dropout import Story, expected
from changqing.engine.histories import Purchases, purchases, span_of
from changqing.engine.special import log_beta, log_gamma

MOST_REGULAR = 24
FARTHEST = 12.0


@dataclass(frozen=True, eq=False)
class MbgCnbd:
    """Rates vary as Gamma(r, α) per stage, k stages make a purchase; dropout as Beta(a, b), at the first
    purchase too unless ``at_first`` is False (BG/CNBD-k). ``log_likelihood`` is None unless fitted."""

    k: int
    r: float
    alpha: float
    a: float
    b: float
    at_first: bool = True
    log_likelihood: float | None = None

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order."""
        return {"k": float(self.k), "r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @classmethod
    def fit(
        cls,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803 - the papers' name
        log_gaps: Values,
        k: int | None = None,
        at_first: bool = True,
    ) -> MbgCnbd:
        """``log_gaps`` = Σ ln(time between purchases) of each customer, 0 without a repeat purchase; without
        ``k`` it is sought upwards from 1 until the likelihood falls.

        Errors: those of ``purchases``; no_repeat; at_boundary when a parameter runs off; no_convergence.
        """
        data, logs = purchases(frequency, recency, T), floats(log_gaps, name="log_gaps")
        if logs.size != data.x.size:
            raise NotComputable("unequal_lengths", "log_gaps must be as long as frequency")
        if not data.x.any():
            raise NotComputable(
                "no_repeat", "nobody bought a second time, so nothing says how often they buy"
            )
        if k is not None:
            return cls._at(k, data, logs, at_first, None)
        best = cls._at(1, data, logs, at_first, None)
        for more in range(2, MOST_REGULAR + 1):
            found = cls._at(more, data, logs, at_first, best)
            if (found.log_likelihood or -math.inf) < (best.log_likelihood or -math.inf):
                break
            best = found
        return best

    @classmethod
    def _at(cls, k: int, data: Purchases, logs: Floats, at_first: bool, near: MbgCnbd | None) -> MbgCnbd:
        from scipy.optimize import minimize

        unit = float(data.end.mean())
        scaled = Purchases(data.x, data.t_x / unit, data.end / unit)
        logs = logs - data.x * math.log(unit)

        def missed(theta: Floats) -> float:
            r, alpha, a, b = np.exp(theta).tolist()
            alive, gone = _parts(k, r, alpha, a, b, scaled, at_first)
            told = np.logaddexp(alive, gone) + (k - 1) * logs - scaled.x * math.lgamma(k)
            return -float(told.mean())

        begin = near or cls(1, 1.0, unit * float(data.end.mean() / max(data.end.sum(), 1e-300)), 1.0, 3.0)
        start = np.log([begin.r, begin.alpha / unit if near else 0.3, begin.a, begin.b])
        bounds = [(-FARTHEST, FARTHEST)] * 4
        found = minimize(missed, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
        if not np.isfinite(found.fun):
            raise NotComputable("no_convergence", f"no maximum found for k = {k}")
        if (np.abs(found.x) > FARTHEST - 0.5).any():
            raise NotComputable("at_boundary", "a parameter runs off without end: the data do not fix it")
        r, alpha, a, b = np.exp(found.x).tolist()
        value = -float(found.fun) * data.x.size - float(data.x.sum()) * math.log(unit)
        return cls(k, r, alpha * unit, a, b, at_first, value)

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(still a customer at T)."""
        data = purchases(frequency, recency, T)
        alive, gone = _parts(self.k, self.r, self.alpha, self.a, self.b, data, self.at_first)
        return np.asarray(1 / (1 + np.exp(np.clip(gone - alive, -700, 700))), np.float64)

    def conditional_expected_purchases(
        self,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
    ) -> Floats:
        """E[purchases in (T, T + horizon] | history], to within half a purchase for large k.

        The living buy at rate λ/k on average; where in its interval an account stands is left out, as the
        paper's approximation leaves it.
        """
        data = purchases(frequency, recency, T)
        shape: Any = self.r + (self.k - 1) * data.x
        story = Story(shape, self.alpha, self.a, self.b, self.at_first)
        living = expected(story, span_of(horizon) / self.k, data.x, data.end)
        return living * self.probability_alive(frequency=frequency, recency=recency, T=T)

    def probability_of_order(self, within: float, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(at least one purchase in (T, T + within] | history), exact.

        Those alive stand before stage j + 1 of k with weights from their silence; from there k − j stages
        are missing, and their number in a span is negative binomial.
        """
        from scipy.special import betainc

        data = purchases(frequency, recency, T)
        span, shape = span_of(within), self.r + self.k * data.x
        stages = _stages(self.k, self.alpha, shape, data)
        weights = np.exp(stages - np.logaddexp.reduce(stages, axis=0))
        z = span / (self.alpha + data.end + span)
        reached = [betainc(self.k - stage, shape + stage, z) for stage in range(self.k)]
        living = (weights * np.array(reached)).sum(axis=0)
        return np.asarray(
            living * self.probability_alive(frequency=frequency, recency=recency, T=T), np.float64
        )


def _stages(k: int, alpha: float, shape: Floats, data: Purchases) -> Floats:
    """Logarithm of the chance to have been silent since the last purchase in stage 0 … k − 1 (rows)."""
    late, silent = np.log(alpha + data.end), data.end - data.t_x
    log_silent = np.log(np.maximum(silent, 1e-300))
    return np.stack(
        [
            log_gamma(shape + stage) - math.lgamma(stage + 1) - (shape + stage) * late + stage * log_silent
            for stage in range(k)
        ]
    )


def _parts(
    k: int, r: float, alpha: float, a: float, b: float, data: Purchases, at_first: bool
) -> tuple[Floats, Floats]:
    """Logarithms of the likelihood with the customer alive and gone, but for what only the gaps tell."""
    chances = data.x + at_first
    shape = r + k * data.x
    rate = r * math.log(alpha) - math.lgamma(r) - log_beta(a, b)
    waiting = np.logaddexp.reduce(_stages(k, alpha, shape, data), axis=0)
    alive = rate + log_beta(a, b + chances) + waiting
    left = rate + log_beta(a + 1, b + np.maximum(chances, 1) - 1) + log_gamma(shape)
    gone = np.where(chances > 0, left - shape * np.log(alpha + data.t_x), -np.inf)
    return alive, np.asarray(gone, np.float64)
