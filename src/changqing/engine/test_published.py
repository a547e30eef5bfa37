"""Every model fitted to the data of its paper: parameters, likelihood, predictions to the printed digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from changqing.engine.bgbb import BgBb
from changqing.engine.bgnbd import BgNbd
from changqing.engine.conftest import Columns
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.mbgnbd import MbgNbd
from changqing.engine.pareto_nbd import ParetoNbd

HISTORY = ("frequency", "recency", "T")


def histories(columns: Columns) -> dict[str, Any]:
    return {name: columns[name] for name in HISTORY}


def published(model: Any, log_likelihood: float, **params: float) -> None:
    """Parameters to the last digit given, log-likelihood to 1e-4."""
    assert [*model.params] == [*params]
    for name, value in params.items():
        digits = len(f"{value:.10f}".rstrip("0").partition(".")[2])
        assert model.params[name] == pytest.approx(value, abs=0.5001 * 10**-digits), name
    assert model.log_likelihood == pytest.approx(log_likelihood, abs=1e-4)


def test_bgnbd_on_cdnow(cdnow: Columns) -> None:
    """Fader, Hardie & Lee (2005), table 2 and p. 280: .243, 4.414, .793, 2.426, LL -9582.4; 1.226."""
    model = BgNbd.fit(**histories(cdnow))
    published(model, -9582.42556, r=0.242593, alpha=4.413532, a=0.792886, b=2.425753)
    one: dict[str, Any] = {"frequency": [2], "recency": [30.43], "T": [38.86]}
    assert model.conditional_expected_purchases(39, **one).round(5).tolist() == [1.22591]
    assert model.probability_alive(**one).round(3).tolist() == [0.727]


def test_bgnbd_standard_errors_on_cdnow(cdnow: Columns) -> None:
    """By the inverse Hessian; the same as those of a numerical Hessian of the likelihood."""
    model = BgNbd.fit(**histories(cdnow))
    assert model.covariance is not None
    assert np.sqrt(np.diag(model.covariance)).round(3).tolist() == [0.013, 0.378, 0.186, 0.705]


def test_mbgnbd_on_cdnow(cdnow: Columns) -> None:
    """Batislam, Denizel & Filiztekin (2007): .525, 6.183, .891, 1.614."""
    model = MbgNbd.fit(**histories(cdnow))
    published(model, -9582.13268, r=0.52484, alpha=6.18299, a=0.89136, b=1.61400)


def test_gamma_gamma_on_cdnow(cdnow: Columns) -> None:
    """Fader & Hardie (2013): 6.25, 3.74, 15.44, over the 946 customers with a repeat purchase."""
    model = GammaGamma.fit(frequency=cdnow["frequency"], monetary_value=cdnow["monetary_value"])
    published(model, -4055.92324, p=6.24880, q=3.74459, v=15.44775)


def test_pareto_nbd_on_cdnow(cdnow: Columns) -> None:
    """Fader & Hardie (2005): .553, 10.578, .606, 11.669, LL -9594.976; 25.46 and .9979 for (26, 30.86, 31).

    The last two digits of the refit that is often quoted (10.57763, 11.66792) are those of an optimiser
    that stopped early: lifetimes' own likelihood is higher, by 3e-10, and flat at these.
    """
    model = ParetoNbd.fit(**histories(cdnow))
    published(model, -9594.97393, r=0.553276, alpha=10.57761, s=0.606214, beta=11.66791)
    one: dict[str, Any] = {"frequency": [26], "recency": [30.86], "T": [31.0]}
    assert model.conditional_expected_purchases(52, **one).round(3).tolist() == [25.457]
    assert model.probability_alive(**one).round(5).tolist() == [0.99792]


def test_pareto_nbd_prediction_at_the_quoted_refit() -> None:
    model = ParetoNbd(r=0.553276, alpha=10.57763, s=0.606214, beta=11.66792)
    one: dict[str, Any] = {"frequency": [26], "recency": [30.86], "T": [31.0]}
    assert model.conditional_expected_purchases(52, **one).round(4).tolist() == [25.4565]


def test_bgbb_on_donations(donations: Columns) -> None:
    """Fader, Hardie & Shang (2010): 1.204, .750, .657, 2.783, LL -33225.6; 12,884.2 gifts in five years."""
    model = BgBb.fit(**donations)
    published(model, -33225.58133, alpha=1.20352, beta=0.74972, gamma=0.65672, delta=2.78344)
    history = {name: donations[name] for name in ("frequency", "recency", "periods")}
    expected = model.conditional_expected_purchases(5, **history)
    assert float(expected @ donations["weights"]) == pytest.approx(12884.157, abs=5e-4)


def test_bgbb_predictions_on_donations(donations: Columns) -> None:
    """Their tables, without a gift since the first and with six: alive in 2002 .11 and .93, gifts in 2002 to
    2006 .07 and 3.75."""
    model = BgBb.fit(**donations)
    history: dict[str, Any] = {"frequency": [0, 6], "recency": [0, 6], "periods": [6, 6]}
    assert model.probability_alive(1, **history).round(2).tolist() == [0.11, 0.93]
    assert model.conditional_expected_purchases(5, **history).round(2).tolist() == [0.07, 3.75]
