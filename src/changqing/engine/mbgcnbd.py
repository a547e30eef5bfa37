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

import numpy as np

from changqing.engine.computable import Floats, NotComputable, Values, floats
from changqing.engine.estimated import Estimated
from changqing.engine.geometric_answers import Story, expected
from changqing.engine.histories import Purchases, fit_in_mean_spans, purchases, span_of
from changqing.engine.special import digamma, log_beta, log_gamma, trigamma

START = np.array([1.0, 0.3, 1.0, 3.0])
MOST_REGULAR = 24
Part = tuple[float, Floats, Floats]


@dataclass(frozen=True, eq=False)
class MbgCnbd(Estimated):
    """Rates vary as Gamma(r, α) per stage, k stages make a purchase; dropout as Beta(a, b), at the first
    purchase too unless ``at_first`` is False (BG/CNBD-k). ``log_likelihood`` and ``covariance`` (order r,
    alpha, a, b, given k) are None unless fitted."""

    k: int
    r: float
    alpha: float
    a: float
    b: float
    at_first: bool = True
    log_likelihood: float | None = None
    covariance: Floats | None = None

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order, but for ``k``, which is a count and has no standard error."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

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
        if k is not None and not (1 <= k <= MOST_REGULAR and k == int(k)):
            raise NotComputable("inconsistent", f"stages are counted from 1 to {MOST_REGULAR}, not {k}")
        if k is not None:
            return cls._at(k, data, logs, at_first)
        best = cls._at(1, data, logs, at_first)
        for more in range(2, MOST_REGULAR + 1):
            found = cls._at(more, data, logs, at_first)
            if (found.log_likelihood or -math.inf) < (best.log_likelihood or -math.inf):
                break
            best = found
        return best

    @classmethod
    def _at(cls, k: int, data: Purchases, logs: Floats, at_first: bool) -> MbgCnbd:
        found = fit_in_mean_spans(
            data,
            lambda scaled: Likelihood(scaled, k=k, at_first=at_first),
            START,
            times=(False, True, False, False),
        )
        repeats, unit = float(data.x.sum()), float(data.end.mean())
        gaps = (k - 1) * (float(logs.sum()) - repeats * math.log(unit)) - repeats * math.lgamma(k)
        r, alpha, a, b = found.params
        return cls(k, r, alpha, a, b, at_first, found.log_likelihood + gaps, found.covariance)

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
        story = Story(self.r, self.alpha, self.a, self.b, self.at_first, self.k)
        living = expected(story, span_of(horizon), data.x, data.end)
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


class Likelihood:
    """Mean log-likelihood with gradient and Hessian in r, α, a, b, but for what only the gaps tell.

    A sum over ends (alive in stage 0 … k − 1, or gone): gradient Σ p ∂, Hessian Σ p (∂² + ∂ ∂ᵀ) −
    (Σ p ∂)(Σ p ∂)ᵀ for each customer, as in BG/BB. Customers alike are one row.
    """

    def __init__(self, data: Purchases, *, k: int, at_first: bool) -> None:
        self.size, self.k, self.at_first = data.x.size, k, at_first
        table, self.weights = np.unique(
            np.column_stack([data.x, data.t_x, data.end]), axis=0, return_counts=True
        )
        self.data = Purchases(table[:, 0], table[:, 1], table[:, 2])
        self.chances = self.data.x + at_first

    def __call__(self, params: Floats) -> Part:
        r, alpha, a, b = params.tolist()
        data, k, n = self.data, self.k, self.chances
        shape = r + k * data.x
        stages = _stages(k, alpha, shape, data)
        stayed = log_beta(a, b + n) - log_beta(a, b)
        left = log_beta(a + 1, b + np.maximum(n, 1) - 1) - log_beta(a, b)
        gone = left + log_gamma(shape) - shape * np.log(alpha + data.t_x)
        logs = np.vstack([stayed + stages, np.where(n > 0, gone, -np.inf)])
        told = np.logaddexp.reduce(logs, axis=0)
        share = np.exp(logs - told) * self.weights
        value = float(told @ self.weights) + self.size * (r * math.log(alpha) - math.lgamma(r))
        rate, leaving = self._of_rate(params, shape), self._of_leaving(params)
        by = np.stack([*rate[0], *leaving[0]])
        mean = (by * share).sum(axis=1) / self.weights
        gradient = (mean * self.weights).sum(axis=1)
        hessian = np.einsum("ike,jke,ke->ij", by, by, share) - (mean * self.weights) @ mean.T
        for at, curved in ((0, rate[1]), (2, leaving[1])):
            own = [float((each * share).sum()) for each in curved]
            hessian[at : at + 2, at : at + 2] += [[own[0], own[1]], [own[1], own[2]]]
        return value / self.size, gradient / self.size, hessian / self.size

    def _of_rate(self, params: Floats, shape: Floats) -> tuple[list[Floats], list[Floats]]:
        """∂ in r and α of each end's logarithm, and ∂² in rr, rα, αα, ends by customers."""
        r, alpha = params[:2].tolist()
        at = shape + np.append(np.arange(self.k), 0.0)[:, None]
        since = alpha + np.vstack([np.tile(self.data.end, (self.k, 1)), self.data.t_x])
        by_r = digamma(at) - float(digamma(r)) + math.log(alpha) - np.log(since)
        by_alpha = r / alpha - at / since
        bend_r = trigamma(at) - float(trigamma(r))
        return [by_r, by_alpha], [bend_r, 1 / alpha - 1 / since, at / since**2 - r / alpha**2]

    def _of_leaving(self, params: Floats) -> tuple[list[Floats], list[Floats]]:
        """∂ in a and b of each end's logarithm, and ∂² in aa, ab, bb, ends by customers."""
        a, b = params[2:].tolist()
        gone = np.append(np.zeros(self.k), 1.0)[:, None]
        n, met = self.chances, np.maximum(self.chances, 1.0)
        first, second = a + gone, b + np.where(gone > 0, met - 1, n)
        slopes, bends = (
            (f(first) - float(f(a)), f(second) - float(f(b)), f(first + second) - float(f(a + b)))
            for f in (digamma, trigamma)
        )
        by = [slopes[0] - slopes[2], slopes[1] - slopes[2]]
        whole = np.zeros((self.k + 1, n.size))
        return [each + whole for each in by], [bends[0] - bends[2], -bends[2], bends[1] - bends[2]]
