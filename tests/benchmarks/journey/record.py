"""What every contender reports of one run, and how two contenders are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.journey.specification import Journey, Start

Contender = Callable[[Journey, Start, int], "Record"]
"""(journey, members at the start, seed) -> one run."""


@dataclass(frozen=True)
class Record:
    """One run.

    Attributes
    ----------
    cpu : float
        CPU seconds of the run alone: not of reading, compiling or writing out.
    interactions, taken, due, renewed, requested : int
        Counts.
    reached : tuple of int
        Members that reached each milestone.
    waits : float64 array
        Days from each request to its call, of the calls that have started.
    busy : float
        Share of the team's time that is worked.
    events : int
        Rows that the event log has, or would have: each interaction, milestone, offer, answer, renewal, leaving,
        request (and its withdrawal), start and end of a call.
    """

    cpu: float
    interactions: int
    reached: tuple[int, ...]
    taken: int
    due: int
    renewed: int
    requested: int
    waits: NDArray[np.float64]
    busy: float
    events: int

    def measures(self) -> dict[str, float]:
        """Name and value of all that is compared."""
        quantiles = np.quantile(self.waits, (0.5, 0.9, 0.99)) if len(self.waits) else np.full(3, np.nan)
        return {
            "interactions": self.interactions,
            **{f"reached {n + 1}": float(count) for n, count in enumerate(self.reached)},
            "taken": self.taken,
            "due": self.due,
            "renewed": self.renewed,
            "requested": self.requested,
            "wait mean": float(self.waits.mean()) if len(self.waits) else float("nan"),
            "wait P50": float(quantiles[0]),
            "wait P90": float(quantiles[1]),
            "wait P99": float(quantiles[2]),
            "busy": self.busy,
            "events": self.events,
        }


@dataclass(frozen=True)
class Difference:
    """One measure of a contender beside that of the reference: means of runs, and the z of their difference."""

    measure: str
    reference: float
    value: float
    z: float

    @property
    def bias(self) -> float:
        """Difference as a share of the reference."""
        return self.value / self.reference - 1.0


def differences(reference: Sequence[Record], runs: Sequence[Record]) -> list[Difference]:
    """Compare two contenders run by run, measure by measure.

    Runs of the same place start with the same members, so the standard error is that of the paired differences.
    """
    a, b = [one.measures() for one in reference], [one.measures() for one in runs]
    result = []
    for name in a[0]:
        x, y = np.array([one[name] for one in a]), np.array([one[name] for one in b])
        error = float((y - x).std(ddof=1) / np.sqrt(len(x)))
        z = float((y - x).mean()) / error if error > 0.0 else 0.0
        result.append(Difference(name, float(x.mean()), float(y.mean()), z))
    return result
