"""BG/NBD: how many purchases to expect from customers who may leave unnoticed.

The data are histories (``changqing.engine.histories``), one entry a customer.
Source: Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2),
275-284; equation numbers below are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from changqing.engine.computable import Floats, Values
from changqing.engine.counts import leaving_at_purchases
from changqing.engine.estimated import Estimated
from changqing.engine.geometric_answers import Story, alive, expected
from changqing.engine.geometric_dropout import START, Likelihood
from changqing.engine.histories import fit_in_mean_spans, purchases, span_of
from changqing.engine.lifetime_value import LEAVES_AT_REPEATS, Valued


@dataclass(frozen=True, eq=False)
class BgNbd(Estimated, Valued):
    """Purchase rates vary as Gamma(r, α), dropout after each repeat purchase as Beta(a, b).

    ``log_likelihood`` and ``covariance`` (order r, alpha, a, b) are None unless fitted.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float | None = None
    covariance: Floats | None = None
    leaves: ClassVar[int] = LEAVES_AT_REPEATS

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @classmethod
    def fit(cls, *, frequency: Values, recency: Values, T: Values) -> BgNbd:  # noqa: N803 - the papers' name
        """Maximum likelihood (equation 6), exact to about 1e-9 in the parameters.

        Errors: those of ``purchases``; no_repeat when nobody bought twice; at_boundary when the data do
        not determine a parameter (one customer, nobody ever silent, …); no_convergence.
        """
        found = fit_in_mean_spans(
            purchases(frequency, recency, T),
            lambda data: Likelihood(data, at_first=False),
            START,
            times=(False, True, False, False),
        )
        r, alpha, a, b = found.params
        return cls(r, alpha, a, b, found.log_likelihood, found.covariance)

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(still a customer at T). 1 for those without a repeat purchase, as the model has it: nobody can
        drop out before a repeat purchase. (Fader, Hardie & Lee 2008, note "Computing P(alive) …".)
        """
        return alive(self._story, purchases(frequency, recency, T))

    def conditional_expected_purchases(
        self,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
    ) -> Floats:
        """E[purchases in (T, T + horizon] | history], equation 10."""
        data = purchases(frequency, recency, T)
        found = expected(self._story, span_of(horizon), data.x, data.end)
        found *= alive(self._story, data)
        return found

    def expected_purchases(self, horizon: float) -> float:
        """E[repeat purchases in (0, horizon]] of a customer just won, equation 9."""
        return float(expected(self._story, span_of(horizon), np.zeros(1), np.zeros(1))[0])

    def expected_customers(self, most: int, *, T: Values) -> Floats:  # noqa: N803
        """Expected customers with 0, 1 … ``most`` repeat purchases, by spans ``T`` (equation 8)."""
        return leaving_at_purchases((self.r, self.alpha, self.a, self.b), False, most, T)

    @property
    def _story(self) -> Story:
        return Story(self.r, self.alpha, self.a, self.b, at_first=False)
