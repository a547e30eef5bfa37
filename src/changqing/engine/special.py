"""Special functions, loaded at first use so that importing the engine stays fast."""

from __future__ import annotations

from typing import Any

import numpy as np

from changqing.engine.computable import Floats


def log_gamma(x: Any) -> Floats:
    """ln Γ(x)."""
    from scipy.special import gammaln

    return np.asarray(gammaln(x), np.float64)


def log_beta(a: Any, b: Any) -> Floats:
    """ln B(a, b)."""
    from scipy.special import betaln

    return np.asarray(betaln(a, b), np.float64)


def digamma(x: Any) -> Floats:
    """ψ(x) = d ln Γ(x) / dx."""
    from scipy.special import digamma as psi

    return np.asarray(psi(x), np.float64)


def trigamma(x: Any) -> Floats:
    """ψ′(x), as ζ(2, x)."""
    from scipy.special import zeta

    return np.asarray(zeta(2.0, x), np.float64)


def hyp2f1(a: Any, b: Any, c: Any, z: Any) -> Floats:
    """Gauss's ₂F₁(a, b; c; z)."""
    from scipy.special import hyp2f1 as gauss

    return np.asarray(gauss(a, b, c, z), np.float64)
