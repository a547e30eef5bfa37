"""Standard errors and intervals of fitted models, on CDNOW and on simulated customers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import NotComputable
from changqing.engine.conftest import Columns
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.sbg import Sbg
from changqing.engine.test_bgnbd import CDNOW, simulated


def test_intervals_are_taken_on_the_logarithm(cdnow: Columns) -> None:
    fitted = BgNbd.fit(**{name: cdnow[name] for name in ("frequency", "recency", "T")})
    errors, interval = fitted.standard_errors, fitted.interval(0.95)
    assert list(errors) == list(interval) == ["r", "alpha", "a", "b"]
    for name, value in fitted.params.items():
        low, high = interval[name]
        assert math.sqrt(low * high) == pytest.approx(value)
        assert math.log(high / value) == pytest.approx(1.959964 * errors[name] / value, rel=1e-6)
    assert errors["r"] == pytest.approx(0.01258, rel=0.02)


def test_known_parameters_have_no_errors() -> None:
    for ask in (lambda: CDNOW.standard_errors, lambda: CDNOW.interval(), lambda: CDNOW.drawn(3)):
        with pytest.raises(NotComputable) as refused:
            ask()
        assert refused.value.code == "inconsistent"


def test_every_model_has_them(cdnow: Columns) -> None:
    spend = GammaGamma.fit(frequency=cdnow["frequency"], monetary_value=cdnow["monetary_value"])
    renewals = Sbg.fit([1000, 869, 743, 653, 593, 551, 517, 491])
    for fitted in (spend, renewals):
        assert all(0 < error < 5 for error in fitted.standard_errors.values())
        assert all(low < fitted.params[name] < high for name, (low, high) in fitted.interval().items())


def test_an_interval_of_a_figure_covers_the_truth() -> None:
    """95 % intervals of E[purchases of a new customer in a year] hold 93 to 97 times in 100."""
    truth, inside = CDNOW.expected_purchases(52.0), 0
    for seed in range(300):
        fitted = BgNbd.fit(**simulated(CDNOW, 2000, 1000 + seed))
        low, high = fitted.interval_of(lambda p: BgNbd(*p.tolist()).expected_purchases(52.0))
        inside += low <= truth <= high
    assert 0.92 <= inside / 300 <= 0.98


def test_drawn_parameters_spread_as_the_covariance_says(cdnow: Columns) -> None:
    fitted = BgNbd.fit(**{name: cdnow[name] for name in ("frequency", "recency", "T")})
    logs = np.log(fitted.drawn(20_000, seed=1))
    relative = [fitted.standard_errors[name] / value for name, value in fitted.params.items()]
    assert logs.std(axis=0).tolist() == pytest.approx(relative, rel=0.03)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, math.nan])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(NotComputable):
        Sbg.fit([1000, 869, 743, 653]).interval(level)
