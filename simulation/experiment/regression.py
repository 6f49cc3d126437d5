"""Conditional means by Gaussian-process regression: what is expected of an outcome, given some of its causes.

Strong, Oakley & Brennan (2014), "Estimating multiparameter partial expected value of perfect information from a
probabilistic sensitivity analysis sample", Medical Decision Making 34(3): a linear trend plus a smooth departure
with a squared-exponential covariance, one length for each cause, and a nugget for everything else that moves the
outcome. Lengths and nugget maximise the likelihood with trend and scale integrated out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.experiment.assumed import Float

__all__ = ["Fit", "conditional_mean"]

TUNED_ON = 500
"""Observations that lengths and nugget are found on; more add little and cost their cube."""
LOG_LENGTH = (np.log(0.05), np.log(50.0))
"""Lengths, in standard deviations of the cause; 50 is as good as a straight line."""
LOG_NUGGET = (np.log(1e-6), np.log(1e6))
"""Variance of the noise over that of the departure."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted conditional mean at its own observations.

    Attributes
    ----------
    mean
        float64[n].
    root
        float64[n, r], with root @ root.T the covariance of `mean` as an estimate.
    """

    mean: Float
    root: Float

    def draws(self, number: int, rng: np.random.Generator) -> Float:
        """Draw conditional means from what is believed of them: float64[number, n]."""
        drawn: Float = self.mean + rng.standard_normal((number, self.root.shape[1])) @ self.root.T
        return drawn


def conditional_mean(outcome: Float, causes: Float) -> Fit:
    """Estimate E[outcome | causes] at every observation.

    Parameters
    ----------
    outcome
        float64[n], finite, n >= 10.
    causes
        float64[n, d], finite. Columns that do not vary are left out.

    Returns
    -------
    Fit
    """
    size = len(outcome)
    spread = causes.std(axis=0)
    causes = (causes[:, spread > 0] - causes[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    centre, scale = float(outcome.mean()), float(outcome.std())
    if not scale > 0 or causes.shape[1] == 0:
        error = scale / np.sqrt(size) * np.ones((size, 1))
        return Fit(np.full(size, centre), error)
    target = (outcome - centre) / scale
    lengths, nugget = _tuned(target, causes)
    trend = np.column_stack([np.ones(size), causes])
    shape = _shape(causes, lengths)
    upper = np.linalg.cholesky(shape + nugget * np.eye(size))
    white_trend, white_target = _solved(upper, trend), _solved(upper, target)
    gram = white_trend.T @ white_trend
    slope = np.linalg.solve(gram, white_trend.T @ white_target)
    rest = white_target - white_trend @ slope
    variance = float(rest @ rest) / (size - trend.shape[1])
    white_shape = _solved(upper, shape)
    mean = trend @ slope + white_shape.T @ rest
    # Covariance of the estimate: of the departure given the trend, and of the trend (universal kriging).
    drift = trend - white_shape.T @ white_trend
    covariance = variance * (shape - white_shape.T @ white_shape + drift @ np.linalg.solve(gram, drift.T))
    jitter = 1e-9 + 1e-7 * float(np.diag(covariance).mean())  # rounding must not make it indefinite
    return Fit(centre + scale * mean, scale * np.linalg.cholesky(covariance + jitter * np.eye(size)))


def _tuned(target: Float, causes: Float) -> tuple[Float, float]:
    """Return the lengths and the nugget that maximise the likelihood, from an even part of many observations."""
    from scipy.optimize import minimize

    step = max(1, -(-len(target) // TUNED_ON))
    target, causes = target[::step], causes[::step]
    size, d = causes.shape
    trend = np.column_stack([np.ones(size), causes])
    gaps = (causes[:, None, :] - causes[None, :, :]) ** 2

    def loss(logs: Float) -> float:
        shape = np.exp(-0.5 * gaps @ np.exp(-2 * logs[:d]))
        try:
            upper = np.linalg.cholesky(shape + float(np.exp(logs[d])) * np.eye(size))
        except np.linalg.LinAlgError:
            return 1e10
        white_trend, white_target = _solved(upper, trend), _solved(upper, target)
        gram = white_trend.T @ white_trend
        rest = white_target - white_trend @ np.linalg.solve(gram, white_trend.T @ white_target)
        free = size - trend.shape[1]
        _, determinant = np.linalg.slogdet(gram)
        square = max(float(rest @ rest), 1e-300)
        return float(np.log(np.diag(upper)).sum() + 0.5 * determinant + 0.5 * free * np.log(square))

    tried: list[Any] = []
    bounds = [LOG_LENGTH] * d + [LOG_NUGGET]
    for length in (1.0, 5.0):
        start = np.append(np.full(d, np.log(length)), np.log(1.0))
        tried.append(minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}))
    logs = np.asarray(min(tried, key=lambda found: float(found.fun)).x, np.float64)
    return np.exp(logs[:d]), float(np.exp(logs[d]))


def _shape(causes: Float, lengths: Float) -> Float:
    scaled = causes / lengths
    square = (scaled**2).sum(axis=1)
    shape: Float = np.exp(-0.5 * np.maximum(square[:, None] + square[None, :] - 2 * scaled @ scaled.T, 0.0))
    return shape


def _solved(lower: Any, right: Float) -> Float:
    from scipy.linalg import solve_triangular

    found: Float = solve_triangular(lower, right, lower=True, check_finite=False)
    return found
