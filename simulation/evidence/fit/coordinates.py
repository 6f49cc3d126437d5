"""What of a segment can be told at all: functions of its assumptions that a history narrows, and the rest.

Neither the scale nor the sign of the vector can be told: a member twice as fast with twice the work behaves alike. So
the typical magnitude is 1 and the typical direction lies within 0 and 90 degrees, and what is well identified are
tau = work / mean velocity, CV = sd / mean of the velocity, D = CV sqrt(integrated correlation time), the renewal
logit at mean velocity and its slope times mean velocity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.evidence.unknowns import Unknown
from simulation.scenario import Scenario
from simulation.scenario.units import MONTH

__all__ = ["Coordinates", "Velocity", "velocity"]

Float = npt.NDArray[np.float64]
SHORTEST, LONGEST = 1e-3, 14.0
"""Lags, in units of the longer memory, between which the correlation of the velocity is summed up (Gauss-Legendre on
the logarithm of the lag; before the shortest it is taken as full)."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
HALF = np.log(LONGEST / SHORTEST) / 2
LAGS = np.exp(HALF * (NODES + 1)) * SHORTEST


@dataclass(frozen=True)
class Velocity:
    """Mean, coefficient of variation and integrated correlation time (months) of the untouched velocity."""

    mean: Float
    cv: Float
    correlation_time: Float

    @property
    def drift_noise(self) -> Float:
        """D = CV sqrt(integrated correlation time), square root of months."""
        return np.asarray(self.cv * np.sqrt(self.correlation_time))


def velocity(typical: Float, spread: Float, memory: Float, magnitude: Float, magnitude_memory: Float) -> Velocity:
    """Moments of magnitude x cos(direction), both of them stationary Ornstein-Uhlenbeck processes (see Notes).

    Parameters
    ----------
    typical, spread, memory
        Of the direction: radians, and days.
    magnitude, magnitude_memory
        Spread of the logarithm of the magnitude, whose median is 1, and days.

    Notes
    -----
    E[v] = e^(s^2/2) cos(T) e^(-S^2/2) and, with r and q the correlations of direction and log magnitude at a lag,
    E[v0 vt] = e^(s^2 (1+q)) (e^(-S^2 (1-r)) + cos(2T) e^(-S^2 (1+r))) / 2, from cos a cos b and the mean of the
    cosine of a normal variable.
    """
    mean = np.exp(magnitude**2 / 2 - spread**2 / 2) * np.cos(typical)
    longest = np.maximum(memory, magnitude_memory) / MONTH
    days = LAGS * longest[..., None] * MONTH
    r, q = (np.exp(-days / one[..., None]) for one in (memory, magnitude_memory))
    s2, m2, turn = (one[..., None] for one in (spread**2, magnitude**2, np.cos(2 * typical)))
    together = np.exp(m2 * (1 + q)) * (np.exp(-s2 * (1 - r)) + turn * np.exp(-s2 * (1 + r))) / 2
    whole = np.exp(2 * magnitude**2) * (1 + np.cos(2 * typical) * np.exp(-2 * spread**2)) / 2
    variance = np.maximum(whole - mean**2, 1e-12)
    total = ((together - mean[..., None] ** 2) * (WEIGHTS * HALF * LAGS)).sum(axis=-1) + SHORTEST * variance
    time = np.maximum(longest * total / variance, 1e-3)
    return Velocity(mean, np.sqrt(variance) / mean, time)


class Coordinates:
    """Maps values of unknowns to coordinates in which a history speaks nearly linearly.

    Parameters
    ----------
    scenario
        Gives the values of what is no unknown.
    unknowns
        The columns of the values.
    """

    def __init__(self, scenario: Scenario, unknowns: Sequence[Unknown]) -> None:
        self.scenario, self.unknowns = scenario, unknowns
        self.place = {one.path: number for number, one in enumerate(unknowns)}

    def of(self, z: Float, values: Float) -> Float:
        """Coordinates, one for each unknown: float64[N, K].

        Parameters
        ----------
        z
            float64[N, K] on the scale of the priors: the coordinate of whatever is seen as it is.
        values
            The same points in base units.
        """
        found = z.copy()
        for name in self.scenario.segments:
            path = f"segments.{name}"
            v = self.velocity(name, values)
            size = np.log(v.mean)
            vector = f"{path}.vector"
            spreads = [f"{vector}.{one}.spread" for one in ("magnitude", "direction")]
            memories = [f"{vector}.{one}.memory" for one in ("magnitude", "direction")]
            for candidates, column in ((spreads, np.log(v.cv)), (memories, np.log(v.drift_noise))):
                own = [self.place[one] for one in candidates if one in self.place]
                if own:
                    found[:, own[0]] = column
            for one, number in self.place.items():
                if one.startswith(f"{path}.journey.") and one.endswith(".after"):
                    found[:, number] = np.log(values[:, number]) - size
                elif one == f"{path}.renewal.sensitivity":
                    found[:, number] = np.log(np.abs(values[:, number])) + size
        return found

    def velocity(self, segment: str, values: Float) -> Velocity:
        """Moments of the velocity of a segment: float64[N] each."""
        vector = self.scenario.segments[segment].vector
        stated = {
            "direction.typical": abs(vector.direction.typical), "direction.spread": vector.direction.spread,
            "direction.memory": vector.direction.memory, "magnitude.spread": vector.magnitude.spread,
            "magnitude.memory": vector.magnitude.memory,
        }  # fmt: skip
        parts = []
        for one, value in stated.items():
            number = self.place.get(f"segments.{segment}.vector.{one}")
            parts.append(np.full(len(values), value) if number is None else values[:, number])
        return velocity(*parts)

    def identified(self, values: Float) -> dict[str, Float]:
        """What a history can tell, by name: float64[N] each (months; square root of months; logit)."""
        found: dict[str, Float] = {}
        for name, segment in self.scenario.segments.items():
            path, v = f"segments.{name}", self.velocity(name, values)
            if any(one.startswith(f"{path}.vector.") for one in self.place):
                found |= {f"{name}: CV of velocity": v.cv, f"{name}: D": v.drift_noise}
            for milestone in segment.journey:
                number = self.place.get(f"{path}.journey.{milestone}.after")
                if number is not None:
                    found[f"{name}: tau of {milestone}"] = values[:, number] / v.mean
            found |= self._renewal(name, path, values, v)
        return found

    def _renewal(self, name: str, path: str, values: Float, v: Velocity) -> dict[str, Float]:
        found: dict[str, Float] = {}
        place = self.place.get(f"{path}.renewal.probability")
        if place is not None:
            share = values[:, place]
            found[f"{name}: renewal logit at mean velocity"] = np.log(share / (1 - share))
        a, b = (self.place.get(f"{path}.renewal.probability.beta.{one}") for one in "ab")
        if a is not None and b is not None:
            found[f"{name}: renewal logit at mean velocity"] = np.log(values[:, a] / values[:, b])
        place = self.place.get(f"{path}.renewal.sensitivity")
        if place is not None:
            found[f"{name}: renewal slope x mean velocity"] = values[:, place] * v.mean
        return found
