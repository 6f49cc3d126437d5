"""What a calibration was asked and what it found: known facts beside what the draws give, and the unknowns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.unknowns import Unknown
from simulation.shown import Shown

if TYPE_CHECKING:
    from simulation.scenario.schema import Known, Scenario

__all__ = ["Aim", "Calibration", "Fact", "Found"]

Float = npt.NDArray[np.float64]
STAYS = 0.9
"""An unknown keeps its prior when this share of its standard deviation is left."""
SHARE_FLOOR, OTHER_FLOOR = 0.005, 0.01
"""Standard deviation at least given to a known: of a share, and relative of anything else."""
WIDE = 1.25
"""How many times the stated spread counts as wider."""
AMOUNTS = ("nrr", "grr")
"""Shares that are ratios of amounts, and may be above 1."""
FAR_OFF = 0.02
"""Share of its middle, and of what a share's middle leaves to 1, below which nothing counts as less."""


@dataclass(frozen=True)
class Aim:
    """What a stated range is taken to mean: its middle, and a spread of which 2 reach its ends.

    Facts are handled on a scale on which unknowns move them evenly: the logit of a share, the logarithm of an amount,
    a count, a time or a ratio of amounts. The middle of a share is halfway; of the others it is so by factors, so that
    "2 to 100 days" is about 14 days and not 51. Nothing is known to the last digit: even a single value has a spread.

    Attributes
    ----------
    scale
        "logit", "log" or "plain"; plain is what may be 0.
    middle, tolerance
        Base units: the middle, and the spread (standard deviation) near it.
    """

    scale: str
    middle: float
    tolerance: float

    @classmethod
    def of(cls, path: str, known: Known) -> Aim:
        """Read a known."""
        from simulation.scenario.quantities import SHARE
        from simulation.scenario.schema.objective import KNOWN_MEASURES

        low, high, measure = known.low, known.high, path.rpartition(".")[2]
        if KNOWN_MEASURES[measure] is SHARE and measure not in AMOUNTS:
            middle = min(max((low + high) / 2, SHARE_FLOOR), 1 - SHARE_FLOOR)
            return cls("logit", middle, max((high - low) / 4, SHARE_FLOOR))
        floor = SHARE_FLOOR if measure in AMOUNTS else OTHER_FLOOR * max(abs(low), abs(high), 1e-9)
        if low <= 0.0:
            return cls("plain", (low + high) / 2, max((high - low) / 4, floor))
        middle = math.sqrt(low * high)
        return cls("log", middle, max(middle * math.log(high / low) / 4, floor))

    def away(self, values: Float) -> Float:
        """How many spreads values lie from the middle, on the scale."""
        if self.scale == "plain":
            return np.asarray((values - self.middle) / self.tolerance)
        least = FAR_OFF * self.middle
        if self.scale == "log":
            return np.asarray(np.log(np.maximum(values, least) / self.middle) * self.middle / self.tolerance)
        rest = 1 - self.middle
        values = np.clip(values, least, 1 - FAR_OFF * rest)
        size = self.tolerance / (self.middle * rest)
        return np.asarray((np.log(values / (1 - values)) - math.log(self.middle / rest)) / size)

    def lifted(self, variance: float) -> float:
        """How much luck of a variance on the scale, in spreads, lifts the mean of the values above that of the scale.

        The scale is curved, so luck does not cancel on it: half the variance times the curvature.
        """
        curvature = {"plain": 0.0, "log": 1 / self.middle,
                     "logit": (1 - 2 * self.middle) / (self.middle * (1 - self.middle))}[self.scale]  # fmt: skip
        return 0.5 * variance * curvature * self.tolerance


@dataclass(frozen=True)
class Fact:
    """A known beside what is simulated, in base units.

    Attributes
    ----------
    path, source
        Of the known.
    low, high
        Its range; equal for a single value, which counts as reproduced within two standard deviations `tolerance`.
    before
        Simulated where the scenario starts.
    after, error
        Mean over futures of the joint draws, as a run of the overlay simulates them; and its standard error.
    p10, p90
        8 of 10 of these futures lie between: what is not known, and luck.
    spread, spread_low
        Standard deviation of what is not known alone, without luck; and the least that it is, with 95% confidence.
    alone
        What is simulated when this fact is all that counts; None where it is reproduced together with the others.
    """

    path: str
    source: str
    low: float
    high: float
    tolerance: float
    before: float
    after: float
    error: float
    p10: float
    p90: float
    spread: float
    spread_low: float
    alone: float | None = None

    def outside(self, value: float) -> float:
        """How far outside of the range a value is; 0 within."""
        slack = 2 * self.tolerance if self.low == self.high else 0.0
        return max(self.low - slack - value, value - self.high - slack, 0.0)

    @property
    def misfit(self) -> float:
        """How far outside of the range the mean comes out; 0 within."""
        return self.outside(self.after)

    @property
    def reproduced(self) -> bool:
        """Whether the simulated mean lies within the range."""
        return self.misfit == 0.0

    @property
    def too_wide(self) -> bool:
        """Whether the draws are clearly less sure of it than was stated."""
        return self.spread_low > WIDE * self.tolerance


@dataclass(frozen=True)
class Found:
    """An unknown: before, what was found and its 90% range (base units), and the share of the prior's spread left."""

    unknown: Unknown
    before: float
    value: float
    low: float
    high: float
    left: float

    @property
    def stays_prior(self) -> bool:
        """Whether the known facts say next to nothing about it."""
        return self.left > STAYS


@dataclass(frozen=True, eq=False)
class Calibration(Shown):
    """What was found.

    Attributes
    ----------
    facts, found
        The known facts and the unknowns.
    draws
        float64[D, K]: joint draws of the unknowns, base units; the middle row is the point they lie about.
    simulations
        How many futures it took.
    checked
        On how many futures of the draws, none of which was used to find them, the facts were read.
    """

    scenario: Scenario
    facts: list[Fact]
    found: list[Found]
    draws: Float
    simulations: int
    checked: int
