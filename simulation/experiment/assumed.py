"""Futures at chosen assumption values: what tornado, Sobol indices and the value of information have in common.

A setting is a level of every assumption and the number of a replication, which stands for its luck. The same
number is the same luck at every level and in every scenario, so two settings that differ in one level differ by
the effect of that assumption alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.progress import Interrupted, Progress

if TYPE_CHECKING:
    from simulation.engine.ledger import Frame, RunResult
    from simulation.engine.replicate import Rows
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Settings", "paths_of", "run_at"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Settings:
    """What to run.

    Attributes
    ----------
    names
        The K assumptions; a joint group is one.
    levels
        float64[P, K] within (0, 1): where in its distribution each assumption is; for a joint group the share
        of its file at which its row stands.
    luck
        int64[P], number of the replication.
    """

    names: tuple[str, ...]
    levels: Float
    luck: Int

    def __len__(self) -> int:
        """Return the number of settings."""
        return len(self.luck)

    def __getitem__(self, rows: slice | Int) -> Settings:
        """Return some of the settings."""
        return Settings(self.names, self.levels[rows], self.luck[rows])

    def level(self, row: int) -> dict[str, float]:
        """Level of each assumption of one setting."""
        return dict(zip(self.names, map(float, self.levels[row]), strict=True))

    def points(self) -> Int:
        """Which settings have the same levels: int64[P], numbered in order of first appearance."""
        _, first, inverse = np.unique(self.levels, axis=0, return_index=True, return_inverse=True)
        order: Int = np.argsort(np.argsort(first))[inverse.reshape(-1)]
        return order

    def values(self, scenarios: Sequence[Scenario]) -> dict[str, Float]:
        """Values of the assumptions of several scenarios by path, base units: float64[P] each.

        The first scenario that states an assumption says what its values are.
        """
        from simulation.scenario.draws import values_at

        found: dict[str, Float] = {}
        for scenario in scenarios:
            rows = [values_at(scenario, self.level(row)) for row in range(len(self))]
            for path in rows[0] if rows else ():
                found.setdefault(path, np.array([row[path] for row in rows]))
        return found


def paths_of(scenarios: Sequence[Scenario]) -> dict[str, tuple[str, ...]]:
    """Every assumption of the scenarios by name, with the paths that it sets (several for a joint group)."""
    found: dict[str, tuple[str, ...]] = {}
    for scenario in scenarios:
        for name, one in scenario.assumptions.items():
            found.setdefault(name, one.joint.paths if one.joint is not None else (name,))
    return found


def run_at(
    scenario: Scenario,
    settings: Settings,
    *,
    book: Book | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    kept: Forecast | None = None,
) -> Forecast:
    """Simulate a scenario at settings, one future for each.

    Parameters
    ----------
    scenario
        With assumptions; those of `settings` that it does not state are ignored.
    settings
        Levels and luck.
    book
        Today's members.
    seed
        0 <= seed < 2**32.
    workers
        Threads; None for one a core. The result does not depend on it.
    progress
        Called with (futures done, futures in all).
    kept
        Some of the same futures, from an interrupted or smaller run; those that fit no setting are dropped.

    Returns
    -------
    Forecast
        Its replications are the rows of `settings`, its points the different levels, and its assumption values
        those of the rows.

    Raises
    ------
    ScenarioError
        When a value is impossible in its field.
    Interrupted
        On Ctrl-C (a KeyboardInterrupt); `.forecast` is made of the futures that had finished, if any.
    """
    from simulation.engine.ledger import RunResult
    from simulation.forecast import Forecast

    crew = _Crew(scenario, settings, book, seed)
    parts: list[RunResult] = []
    if kept is not None:
        found = _fitting(kept, crew)
        parts += [] if found is None else [found]
    there = {row for part in parts for row in part.replications}
    missing = [row for row in range(len(settings)) if row not in there]
    try:
        crew.run(missing, workers or os.cpu_count() or 1, progress)
    except KeyboardInterrupt:
        parts += crew.result()
        stop = Interrupted()
        stop.forecast = Forecast.from_result(RunResult.together(parts), scenario) if parts else None
        raise stop from None
    parts += crew.result()
    return Forecast.from_result(RunResult.together(parts), scenario)


class _Crew:
    """Threads that take settings in turn, each with an engine of its own."""

    def __init__(self, scenario: Scenario, settings: Settings, book: Book | None, seed: int) -> None:
        self.scenario, self.settings, self.book, self.seed = scenario, settings, book, seed
        self.points = settings.points()
        self.values = settings.values([scenario]) if scenario.assumptions else {}
        self.finished: dict[int, Rows] = {}
        self.frame: Frame | None = None
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def run(self, rows: Sequence[int], threads: int, progress: Progress | None) -> None:
        """Run settings by row; those of one point go together, because they share a plan."""
        groups: dict[int, list[int]] = {}
        for row in rows:
            groups.setdefault(int(self.points[row]), []).append(row)
        waiting, total = iter(groups.values()), len(rows)

        def work() -> None:
            from simulation.engine.plan import make_plan
            from simulation.engine.replicate import ledger_rows, make_engine

            engine = None
            while not self.stop.is_set():
                with self.lock:
                    group = next(waiting, None)
                if group is None:
                    return
                plan = make_plan(self._scenario_of(group[0]), self.book)
                if engine is None:
                    engine = make_engine("compiled", plan)
                else:
                    engine.load(plan)
                for row in group:
                    if self.stop.is_set():
                        return
                    memory = engine.run(self.seed, int(self.settings.luck[row]))
                    with self.lock:
                        self.finished[row], self.frame = ledger_rows(memory, plan.frame), plan.frame
                        if progress is not None:
                            progress(len(self.finished), total)

        with ThreadPoolExecutor(threads) as pool:
            running = {pool.submit(work) for _ in range(min(threads, len(groups)))}
            try:
                while running:  # short waits, so that Ctrl-C is heard
                    ready, running = wait(running, timeout=0.5, return_when=FIRST_EXCEPTION)
                    for one in ready:
                        one.result()
            finally:
                self.stop.set()

    def result(self) -> list[RunResult]:
        """Return what has finished, if anything has."""
        from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult

        if self.frame is None:
            return []
        rows = sorted(self.finished)
        ledger = Ledger(**{name: np.stack([self.finished[row].pop(name) for row in rows]) for name in LEDGER_ARRAYS})
        values = {path: column[rows] for path, column in self.values.items()}
        return [RunResult(self.frame, ledger, self.seed, rows, [int(self.points[row]) for row in rows], values)]

    def _scenario_of(self, row: int) -> Scenario:
        from simulation.scenario.draws import at_values

        if not self.values:
            return self.scenario
        values: Mapping[str, float] = {path: float(column[row]) for path, column in self.values.items()}
        return at_values(self.scenario, values, f"at setting {row}")


def _fitting(kept: Forecast, crew: _Crew) -> RunResult | None:
    """The kept futures that belong to a row of the settings, with today's numbers of rows and points."""
    from simulation.engine.ledger import Ledger, RunResult

    result = kept.result
    if (
        kept.seed != crew.seed
        or kept.facts.digest != crew.scenario.digest()
        or set(crew.values) != set(result.assumption_values)
    ):
        return None
    size = len(crew.settings)
    rows = [
        place
        for place, row in enumerate(result.replications)
        if row < size
        and all(column[place] == crew.values[path][row] for path, column in result.assumption_values.items())
    ]
    if not rows:
        return None
    numbers = [result.replications[place] for place in rows]
    return RunResult(
        frame=result.frame,
        ledger=Ledger(**{name: array[rows] for name, array in result.ledger.items()}),
        seed=result.seed,
        replications=numbers,
        points=[int(crew.points[number]) for number in numbers],
        assumption_values={path: column[rows] for path, column in result.assumption_values.items()},
    )
