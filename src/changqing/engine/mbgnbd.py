"""MBG/NBD: BG/NBD for books where many buy once and never again.

The data are histories (``changqing.engine.histories``), one entry a customer.
Source: Batislam, Denizel & Filiztekin (2007), Empirical Validation and Comparison of Models for Customer
Base Analysis, Int. J. of Research in Marketing 24(3), 201-209 (the same model independently: Hoppe &
Wagner 2007, Marketing JRM 29(2), 75-90, as CBG/NBD).
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
from changqing.engine.lifetime_value import LEAVES_AT_EACH, Valued


@dataclass(frozen=True, eq=False)
class MbgNbd(Estimated, Valued):
    """Purchase rates vary as Gamma(r, α), dropout at each purchase, the first too, as Beta(a, b).

    ``log_likelihood`` and ``covariance`` (order r, alpha, a, b) are None unless fitted.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float | None = None
    covariance: Floats | None = None
    leaves: ClassVar[int] = LEAVES_AT_EACH

    @property
    def params(self) -> Mapping[str, float]:
        """In the paper's order."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @classmethod
    def fit(cls, *, frequency: Values, recency: Values, T: Values) -> MbgNbd:  # noqa: N803 - the papers' name
        """Maximum likelihood, exact to about 1e-9 in the parameters.

        Errors: those of ``purchases``; no_repeat when nobody bought twice; at_boundary when the data do
        not determine a parameter (one customer, nobody ever silent, …); no_convergence.
        """
        found = fit_in_mean_spans(
            purchases(frequency, recency, T),
            lambda data: Likelihood(data, at_first=True),
            START,
            times=(False, True, False, False),
        )
        r, alpha, a, b = found.params
        return cls(r, alpha, a, b, found.log_likelihood, found.covariance)

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats:  # noqa: N803
        """P(still a customer at T), also for those who bought once: silence lowers it."""
        return alive(self._story, purchases(frequency, recency, T))

    def conditional_expected_purchases(
        self,
        horizon: float,
        *,
        frequency: Values,
        recency: Values,
        T: Values,  # noqa: N803
    ) -> Floats:
        """E[purchases in (T, T + horizon] | history]."""
        data = purchases(frequency, recency, T)
        found = expected(self._story, span_of(horizon), data.x, data.end)
        found *= alive(self._story, data)
        return found

    def expected_purchases(self, horizon: float) -> float:
        """E[repeat purchases in (0, horizon]] of a customer just won, who stays with b/(a + b) at all."""
        stays = self.b / (self.a + self.b)
        return stays * float(expected(self._story, span_of(horizon), np.zeros(1), np.zeros(1))[0])

    def expected_customers(self, most: int, *, T: Values) -> Floats:  # noqa: N803
        """Expected customers with 0, 1 … ``most`` repeat purchases, by spans ``T``."""
        return leaving_at_purchases((self.r, self.alpha, self.a, self.b), True, most, T)

    @property
    def _story(self) -> Story:
        return Story(self.r, self.alpha, self.a, self.b, at_first=True)
