"""A fact as a smooth function of the unknowns, learned from simulated futures.

A Gaussian process (Kennedy & O'Hagan 2001): a plane, plus a smooth departure with one length for each unknown, plus
what all trials with the same luck share, plus noise. The shared part takes most of the luck out: trials that meet the
same luck differ mainly by their unknowns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["Surface"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
TUNED_ON, STEPS = 800, 60
"""Trials that lengths are found on, since more add little and cost their cube; and steps of the search."""
LEVEL = 10.0
"""Prior standard deviation of the level, in those of the outcomes."""
USUAL, LOOSE, LIMITS = np.log([0.2, 0.3, 0.5, 0.3, 0.3]), 0.05, (-6.0, 2.0)
"""Inverse length, slope, departure, shared luck, noise: usual logarithms, how weakly they are held, and limits."""


@dataclass(frozen=True, eq=False)
class Surface:
    """A fitted surface.

    Attributes
    ----------
    scaled
        Logarithms: of the inverse lengths of the K unknowns, then of slope, departure, shared luck and noise.
    """

    x: Float
    scaled: Float
    centre: float
    size: float
    weights: Float
    lower: Float

    @classmethod
    def fit(cls, x: Float, luck: Int, outcome: Float, start: Surface | None = None) -> Surface:
        """Learn from trials.

        Parameters
        ----------
        x
            Unknowns of each trial: [N, K].
        luck
            int64[N], which luck each met.
        outcome
            float64[N].
        start
            A surface of the same fact whose lengths are near already.
        """
        centre, size = float(outcome.mean()), float(outcome.std()) + 1e-12
        y = (outcome - centre) / size
        scaled = _tuned(x, luck, y, None if start is None else start.scaled)
        lower = np.asarray(np.linalg.cholesky(_covariance(x, luck, scaled)[0]), np.float64)
        return cls(x, scaled, centre, size, np.asarray(_solved(lower, y), np.float64), lower)

    def mean(self, z: Float) -> Float:
        """Expected outcome at points [P, K]: [P]."""
        return np.asarray(self.centre + self.size * (self._between(z) @ self.weights))

    def slopes(self, z: Float) -> Float:
        """Derivatives of the mean at points [P, K]: [P, K]."""
        k = self.x.shape[1]
        inverse, slope = np.exp(2 * self.scaled[:k]), np.exp(2 * self.scaled[k])
        near = self._departure(z) * self.weights
        pulled = near @ self.x - near.sum(axis=1)[:, None] * z
        return np.asarray(self.size * (slope * (self.weights @ self.x) + pulled * inverse))

    @property
    def luck(self) -> float:
        """Variance of an outcome at one point: of the shared luck and of what is its own."""
        return float(self.size**2 * np.exp(2 * self.scaled[-2:]).sum())

    def raised(self, by: float) -> Surface:
        """The same surface, higher."""
        return replace(self, centre=self.centre + by)

    def variance(self, z: Float) -> Float:
        """Variance of the mean as an estimate, at points [P, K]: [P]."""
        from scipy.linalg import solve_triangular

        k = self.x.shape[1]
        white = solve_triangular(self.lower, self._between(z).T, lower=True)
        own = LEVEL**2 + np.exp(2 * self.scaled[k]) * (z**2).sum(axis=1) + np.exp(2 * self.scaled[k + 1])
        return np.asarray(self.size**2 * np.maximum(own - (white**2).sum(axis=0), 0.0))

    def _departure(self, z: Float) -> Float:
        k = self.x.shape[1]
        inverse = np.exp(self.scaled[:k])
        return np.asarray(np.exp(2 * self.scaled[k + 1]) * _near(z * inverse, self.x * inverse))

    def _between(self, z: Float) -> Float:
        slope = np.exp(2 * self.scaled[self.x.shape[1]])
        return np.asarray(LEVEL**2 + slope * (z @ self.x.T) + self._departure(z))


def _near(a: Float, b: Float) -> Float:
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.exp(-0.5 * np.maximum(square, 0.0)))


def _solved(lower: Float, y: Float) -> Float:
    from scipy.linalg import cho_solve

    return np.asarray(cho_solve((lower, True), y))


def _covariance(x: Float, luck: Int, scaled: Float) -> tuple[Float, list[Float]]:
    """The covariance of the outcomes, and its parts: plane, departure, shared luck, noise."""
    k = x.shape[1]
    inverse, (slope, departure, shared, noise) = np.exp(scaled[:k]), np.exp(2 * scaled[k:])
    parts = [slope * (x @ x.T), departure * _near(x * inverse, x * inverse),
             shared * (luck[:, None] == luck), noise * np.eye(len(x))]  # fmt: skip
    return LEVEL**2 + 1e-8 * np.eye(len(x)) + sum(parts), parts


def _tuned(x: Float, luck: Int, y: Float, start: Float | None) -> Float:
    """The logarithms that make the outcomes most likely."""
    from scipy.linalg import cho_solve
    from scipy.optimize import minimize

    some = np.linspace(0, len(x) - 1, min(len(x), TUNED_ON)).astype(int)
    x, luck, y = x[some], luck[some], y[some]
    k = x.shape[1]
    usual = np.concatenate([np.full(k, USUAL[0]), USUAL[1:]])

    def loss(scaled: Float) -> tuple[float, Float]:
        covariance, parts = _covariance(x, luck, scaled)
        try:
            lower = np.asarray(np.linalg.cholesky(covariance), np.float64)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros(len(scaled))
        weights = _solved(lower, y)
        pull = np.outer(weights, weights) - cho_solve((lower, True), np.eye(len(x)))
        bent = pull * parts[1]
        lengths = (bent.sum(axis=1) @ x**2 - np.einsum("ik,ik->k", x, bent @ x)) * np.exp(2 * scaled[:k])
        slope = np.concatenate([lengths, [-float((pull * part).sum()) for part in parts]])
        value = 0.5 * float(y @ weights) + float(np.log(np.diag(lower)).sum())
        return value + LOOSE * float(((scaled - usual) ** 2).sum()), slope + 2 * LOOSE * (scaled - usual)

    first = usual if start is None else start
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=[LIMITS] * len(usual),
                     options={"maxiter": STEPS if start is None else STEPS // 2})  # fmt: skip
    return np.asarray(found.x, np.float64)
