"""Pareto/NBD: how many purchases to expect from customers who may leave unnoticed at any time.

The data are histories (``changqing.engine.histories``), one entry a customer.
Sources: Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1), 1-24;
Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related Expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from changqing.engine.computable import Floats, Values
from changqing.engine.counts import leaving_at_any_time
from changqing.engine.estimated import Estimated
from changqing.engine.histories import Purchases, fit_in_mean_spans, purchases, span_of
from changqing.engine.lifetime_value import LEAVES_ANY_TIME, Valued
from changqing.engine.pareto_likelihood import Likelihood, probability_alive, probability_of_order

START = np.array([0.7, 0.7, 0.7, 0.7])
ALMOST_NOTHING = 1e-8


@dataclass(frozen=True, eq=False)
class ParetoNbd(Estimated, Valued):
    """Purchase rates vary as Gamma(r, α), rates of leaving as Gamma(s, β).

    ``log_likelihood`` and ``covariance`` (order r, alpha, s, beta) are None unless fitted.
    """

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float | None = None
    covariance: Floats | None = None
    leaves: ClassVar[int] = LEAVES_ANY_TIME

    @property
    def params(self) -> Mapping[str, float]:
        """In the papers' order."""
        return {"r": self.r, "alpha": self.alpha, "s": self.s, "beta": self.beta}

    @classmethod
    def fit(cls, *, frequency: Values, recency: Values, T: Values) -> ParetoNbd:  # noqa: N803 - the papers' name
        """Maximum likelihood with analytic gradient and Hessian.

        Errors: those of ``purchases``; no_repeat when nobody bought twice; at_boundary when the data do
        not determine a parameter (one customer, nobody ever silent, …); no_convergence.
        """
        found = fit_in_mean_spans(
            purchases(frequency, recency, T), Likelihood, START, times=(False, True, False, True)
        )
        r, alpha, s, beta = found.params
        return cls(r, alpha, s, beta, found.log_likelihood, found.covariance)

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(still a customer at T), below 1 for all whose observation goes on after the last purchase."""
        return probability_alive(self._vector, purchases(frequency, recency, T))

    def conditional_expected_purchases(
        self,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
    ) -> Floats:
        """E[purchases in (T, T + horizon] | history]: P(alive) · (r + x)(β + T) ÷ ((α + T)(s − 1)) ·
        [1 − ((β + T)/(β + T + horizon))^(s−1)]."""
        data = purchases(frequency, recency, T)
        return self._expected(span_of(horizon), data) * probability_alive(self._vector, data)

    def probability_of_order(self, within: float, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(at least one purchase in (T, T + within] | history)."""
        data = purchases(frequency, recency, T)
        found = probability_of_order(self._vector, span_of(within), data)
        found *= probability_alive(self._vector, data)
        return found

    def expected_purchases(self, horizon: float) -> float:
        """E[repeat purchases in (0, horizon]] of a customer just won."""
        nothing = Purchases(np.zeros(1), np.zeros(1), np.zeros(1))
        return float(self._expected(span_of(horizon), nothing)[0])

    def expected_customers(self, most: int, *, T: Values) -> Floats:  # noqa: N803
        """Expected customers with 0, 1 … ``most`` repeat purchases, by spans ``T``."""
        return leaving_at_any_time((self.r, self.alpha, self.s, self.beta), most, T)

    @property
    def _vector(self) -> Floats:
        return np.array([self.r, self.alpha, self.s, self.beta])

    def _expected(self, horizon: float, data: Purchases) -> Floats:
        """Of those alive at T. [1 − e^(−(s−1)l)]/(s − 1) has a removable pole at s = 1, where it is l."""
        since = self.beta + data.end
        length, over = np.log1p(horizon / since), self.s - 1
        if abs(over) < ALMOST_NOTHING:
            discounted = length * (1 - over * length / 2)
        else:
            discounted = -np.expm1(-over * length) / over
        return (self.r + data.x) * since / (self.alpha + data.end) * discounted
