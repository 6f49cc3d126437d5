"""Trials: histories simulated at many points of the unknowns, and their summaries."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

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
    rows = values(unknowns, z)
    found: list[dict[str, float]] = [{}] * len(z)
    lock, state, stop = threading.Lock(), {"next": 0, "done": 0}, threading.Event()

    def work() -> None:
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import make_engine

        engine = None
        while not stop.is_set():
            with lock:
                row = state["next"]
                state["next"] = row + 1
            if row >= len(z):
                return
            trial = scenario_at(scenario, at(unknowns, rows[row]))
            plan = make_plan(trial, book)
            if engine is None:
                engine = make_engine("compiled", plan, log=True)
            else:
                engine.load(plan)
            memory = engine.run(seed, first + row)
            noise = first + row if reader.usage else None
            lives = lives_of_memory(memory, plan, trial, usage_seed=noise, vectors=False)
            found[row] = reader.of(lives)
            with lock:
                state["done"] += 1
                if progress is not None:
                    progress(state["done"], len(z))

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        running = {pool.submit(work) for _ in range(workers or os.cpu_count() or 1)}
        try:
            while running:  # short waits, so that Ctrl-C is heard
                ready, running = wait(running, timeout=0.5, return_when=FIRST_EXCEPTION)
                for one in ready:
                    one.result()
        finally:
            stop.set()
    names = tuple(dict.fromkeys(name for one in found for name in one))
    return Trials(z, np.array([[one.get(name, np.nan) for name in names] for one in found]), names)
