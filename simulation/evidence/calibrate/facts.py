"""What a calibration was asked and what it found: known facts beside what is simulated, and the unknowns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.unknowns import Unknown
from simulation.shown import Shown

if TYPE_CHECKING:
    from simulation.scenario.schema import Known, Scenario

__all__ = ["Calibration", "Fact", "Found", "tolerance"]

Float = npt.NDArray[np.float64]
STAYS = 0.9
"""An unknown keeps its prior when this share of its standard deviation is left."""
SHARE_FLOOR, OTHER_FLOOR = 0.005, 0.01
"""Standard deviation at least given to a known: of a share, and relative of anything else."""


@dataclass(frozen=True)
class Fact:
    """A known beside what is simulated, in base units.

    Attributes
    ----------
    path, source
        Of the known.
    low, high
        Its range; equal for a single value, which counts as reproduced within two standard deviations `tolerance`.
    before, after, error
        Simulated at the start; at what was found, with other luck; and the standard error of the latter.
    """

    path: str
    source: str
    low: float
    high: float
    tolerance: float
    before: float
    after: float
    error: float

    @property
    def misfit(self) -> float:
        """How far outside of the range it comes out; 0 within."""
        slack = 2 * self.tolerance if self.low == self.high else 0.0
        return max(self.low - slack - self.after, self.after - self.high - slack, 0.0)

    @property
    def reproduced(self) -> bool:
        """Whether the simulated value lies within the range."""
        return self.misfit == 0.0


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
        float64[D, K]: joint draws of the unknowns, base units; the middle row is the most likely one.
    simulations
        How many futures it took.
    """

    scenario: Scenario
    facts: list[Fact]
    found: list[Found]
    draws: Float
    simulations: int


def tolerance(path: str, known: Known) -> float:
    """Standard deviation of a known: its range holds 95%, but nothing is known to the last digit."""
    from simulation.scenario.quantities import SHARE
    from simulation.scenario.schema.objective import KNOWN_MEASURES

    share = KNOWN_MEASURES[path.rpartition(".")[2]] is SHARE
    floor = SHARE_FLOOR if share else OTHER_FLOOR * max(abs(known.low), abs(known.high), 1e-9)
    return max((known.high - known.low) / 4, floor)
