"""Trials: histories simulated at many points of the unknowns, and their summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.engine.crew import Crew
from simulation.evidence.fit.summaries import Summaries
from simulation.evidence.observables import lives_of_memory
from simulation.evidence.unknowns import Unknown, at, scenario_at, values
from simulation.progress import Progress
from simulation.scenario import Scenario

if TYPE_CHECKING:
    from simulation.scenario.book import Book

__all__ = ["Trials", "simulated"]

Float = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trials:
    """Simulated histories.

    Attributes
    ----------
    z
        float64[N, K], where each was simulated, on the scale of the priors.
    summaries
        float64[N, S].
    names
        Of the summaries.
    """

    z: Float
    summaries: Float
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.z)

    def __getitem__(self, rows: slice | npt.NDArray[np.int64]) -> Trials:
        """Return some of them."""
        return Trials(self.z[rows], self.summaries[rows], self.names)


def simulated(
    scenario: Scenario,
    unknowns: Sequence[Unknown],
    z: Float,
    reader: Summaries,
    *,
    book: Book | None = None,
    first: int = 0,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Trials:
    """Simulate a history at each point, each with its own luck.

    Parameters
    ----------
    scenario
        The design: what is simulated but for the unknowns.
    z
        float64[N, K].
    book
        Members at the start.
    first
        Number of the first future.
    workers
        Threads; None for one a core. The result does not depend on it.
    """
    crew = _Histories(scenario, unknowns, values(unknowns, z), reader, book, first, seed)
    found: list[dict[str, float]] = [{}] * len(z)
    finished = 0

    def done(part: tuple[int, dict[str, float]]) -> None:
        nonlocal finished
        row, found[row] = part
        finished += 1
        if progress is not None:
            progress(finished, len(z))

    crew.share_out(range(len(z)), done, workers=workers)
    names = tuple(dict.fromkeys(name for one in found for name in one))
    return Trials(z, np.array([[one.get(name, np.nan) for name in names] for one in found]), names)


class _Histories(Crew[int, tuple[int, dict[str, float]]]):
    """Simulates the history of a row and summarises it."""

    def __init__(
        self, scenario: Scenario, unknowns: Sequence[Unknown], rows: Float, reader: Summaries, book: Book | None,
        first: int, seed: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.scenario, self.unknowns, self.rows, self.reader, self.book = scenario, unknowns, rows, reader, book
        self.first, self.seed = first, seed

    def work(self, item: int) -> tuple[int, dict[str, float]]:
        """Simulate a row; its number comes along."""
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import make_engine

        trial = scenario_at(self.scenario, at(self.unknowns, self.rows[item]))
        plan = make_plan(trial, self.book)
        engine = getattr(self.mine, "engine", None)
        if engine is None:
            engine = self.mine.engine = make_engine("compiled", plan, log=True)
        else:
            engine.load(plan)
        memory = engine.run(self.seed, self.first + item)
        noise = self.first + item if self.reader.usage else None
        return item, self.reader.of(lives_of_memory(memory, plan, trial, usage_seed=noise, vectors=False))
