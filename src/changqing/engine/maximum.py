"""Maximum likelihood for a handful of positive parameters: Newton's method on their logarithms.

The models give value, gradient and Hessian analytically, so a fit takes about ten passes over the data
and the observed information, hence the covariance, comes with the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from changqing.engine.computable import Floats, NotComputable

# (value, gradient, Hessian) of the mean log-likelihood at positive parameters
Likelihood = Callable[[Floats], tuple[float, Floats, Floats]]

STEPS = 60
LONGEST_STEP = 1.5
FARTHEST, FAR = 14.0, 8.0
FLATTEST = 1e-9
RIDGE = 1e-4


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the mean log-likelihood is highest; ``curvature`` is minus its Hessian in the parameters."""

    params: Floats
    value: float
    curvature: Floats


def maximise(likelihood: Likelihood, start: Floats) -> Maximum:
    """Climb from ``start`` until another step would gain less than 1e-15 per observation.

    Errors: no_convergence; at_boundary when a parameter runs off beyond e^±14 of its scale, the climb gets
    lost on a ridge that rises without end, or the top is flat: the data do not determine a parameter.
    """
    theta = np.log(start)
    value, gradient, hessian = _on_logs(likelihood, theta)
    for _ in range(STEPS):
        step, gain = _newton_step(gradient, hessian)
        if gain < 1e-15 * (1 + abs(value)):
            return _summit(np.exp(theta), step, (value + gain, gradient, hessian))
        higher = _climb(likelihood, theta, value, step, gain)
        if higher is None:
            break
        theta, value, gradient, hessian = higher
        if np.abs(theta).max() > FARTHEST:
            raise NotComputable("at_boundary", "a parameter runs off without end: the data do not fix it")
    curvatures = np.linalg.eigvalsh(-hessian)
    if curvatures.min() <= RIDGE * curvatures.max() or np.abs(theta).max() > FAR:
        raise NotComputable("at_boundary", "the likelihood rises along a flat ridge: the data do not fix it")
    raise NotComputable("no_convergence", f"no maximum found in {STEPS} steps")


def _on_logs(likelihood: Likelihood, theta: Floats) -> tuple[float, Floats, Floats]:
    params = np.exp(theta)
    value, gradient, hessian = likelihood(params)
    slope = gradient * params
    return value, slope, np.diag(slope) + hessian * np.outer(params, params)


def _newton_step(gradient: Floats, hessian: Floats) -> tuple[Floats, float]:
    """A step uphill, also where the hill is not concave, and the gain that a parabola would promise."""
    curvatures, axes = np.linalg.eigh(-hessian)
    steepness = np.maximum(np.abs(curvatures), FLATTEST * max(1e-300, float(np.abs(curvatures).max())))
    step: Floats = axes @ ((axes.T @ gradient) / steepness)
    gain = float(gradient @ step) / 2
    length = float(np.abs(step).max())
    return step * min(1.0, LONGEST_STEP / max(length, 1e-300)), gain


def _climb(
    likelihood: Likelihood, theta: Floats, value: float, step: Floats, gain: float
) -> tuple[Floats, float, Floats, Floats] | None:
    """The first of step, step/2, step/4 … that climbs (or stays level within rounding), if any does."""
    noise = 1e-14 * (1 + abs(value))
    for halving in range(40):
        there = theta + step * 0.5**halving
        found = _on_logs(likelihood, there)
        if found[0] >= value + min(1e-4 * gain * 0.5**halving, 0.0) - noise and np.isfinite(found[0]):
            return (there, *found)
    return None


def _summit(params: Floats, step: Floats, found: tuple[float, Floats, Floats]) -> Maximum:
    """The last step, of about 1e-8, is taken on paper: the curvature changes by no more than that."""
    value, slope, hessian = found
    if np.linalg.eigvalsh(-hessian).min() <= 1e-10 * max(1.0, float(np.abs(hessian).max())):
        raise NotComputable("at_boundary", "the likelihood is flat at its top: the data do not fix it")
    curvature = (np.diag(slope) - hessian) / np.outer(params, params)
    return Maximum(params=params * np.exp(step), value=value, curvature=curvature)


def covariance_of(found: Maximum, observations: float) -> Floats:
    """Covariance of the estimates: the inverse of the observed information."""
    inverse = np.linalg.inv(found.curvature * observations)
    symmetric: Floats = (inverse + inverse.T) / 2
    symmetric.setflags(write=False)
    return symmetric
