"""What every fitted model says of its own uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import NormalDist

import numpy as np

from changqing.engine.computable import Floats, NotComputable


class Estimated:
    """Standard errors and intervals of ``params``, and of anything computed from them.

    Parameters are positive and their estimates skewed, so intervals are taken on the logarithm.
    Errors everywhere: inconsistent for a model that was made from known parameters, not fitted.
    """

    covariance: Floats | None

    @property
    def params(self) -> Mapping[str, float]:
        raise NotImplementedError

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """Roots of the diagonal of ``covariance``."""
        errors = np.sqrt(np.diag(self._known_covariance()))
        return dict(zip(self.params, errors.tolist(), strict=True))

    def interval(self, level: float = 0.95) -> Mapping[str, tuple[float, float]]:
        """(low, high) of each parameter: exp(ln p ± z · se/p)."""
        z, errors = quantile(level), self.standard_errors
        reach = {name: float(np.exp(z * errors[name] / value)) for name, value in self.params.items()}
        return {name: (value / reach[name], value * reach[name]) for name, value in self.params.items()}

    def drawn(self, draws: int, *, seed: int = 0) -> Floats:
        """``draws`` × parameters: what the parameters may be, normal on their logarithms."""
        values = np.array([*self.params.values()])
        spread = self._known_covariance() / np.outer(values, values)
        normal = np.random.default_rng(seed).multivariate_normal(np.zeros(values.size), spread, draws)
        return np.asarray(values * np.exp(normal), np.float64)

    def interval_of(self, ask: Callable[[Floats], float], level: float = 0.95) -> tuple[float, float]:
        """(low, high) of a figure computed from the parameters, by the delta method.

        ``ask`` takes the parameters in the paper's order and returns one figure; slopes are central
        differences. Example: ``model.interval_of(lambda p: BgNbd(*p).expected_purchases(52))``.
        """
        values = np.array([*self.params.values()])
        slope = np.empty(values.size)
        for at, value in enumerate(values):
            step = np.zeros(values.size)
            step[at] = 1e-5 * value
            slope[at] = (ask(values + step) - ask(values - step)) / (2e-5 * value)
        reach = quantile(level) * float(np.sqrt(slope @ self._known_covariance() @ slope))
        middle = float(ask(values))
        return middle - reach, middle + reach

    def _known_covariance(self) -> Floats:
        if self.covariance is None:
            raise NotComputable("inconsistent", "known parameters have no standard errors; fit the model")
        return self.covariance


def quantile(level: float) -> float:
    """z with ``level`` of the normal distribution between −z and z; bad_share for a level that is none."""
    if not 0 < level < 1:
        raise NotComputable("bad_share", f"a level lies between 0 and 1, not at {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
