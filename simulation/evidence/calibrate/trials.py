"""Trials of a calibration: futures at points of the unknowns, and what is known read off them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.unknowns import Unknown, at, joint_middle, scenario_at, values
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.quantities import Quantity
    from simulation.scenario.schema import Scenario

__all__ = ["Trials"]

Float = npt.NDArray[np.float64]


class Trials:
    """Simulates trials, and reads what is known off them."""

    def __init__(
        self, scenario: Scenario, book: Book | None, unknowns: list[Unknown], paths: list[str], seed: int,
        workers: int, progress: Progress | None, expected: int,
    ) -> None:  # fmt: skip
        from simulation.forecast.facts import ScenarioFacts
        from simulation.forecast.measures import MEASURES
        from simulation.forecast.stated import FIRST_VALUE, KNOWN_AS

        self.scenario, self.book, self.unknowns, self.seed = scenario, book, unknowns, seed
        self.paths = paths
        self.middle: Mapping[str, Quantity] = joint_middle(scenario)
        self.plain = scenario_at(scenario, {})
        self.facts = ScenarioFacts.of(self.plain)
        names = [KNOWN_AS.get(path.rpartition(".")[2], path.rpartition(".")[2]) for path in paths]
        self.counted = [name in MEASURES or name == FIRST_VALUE for name in names]
        self.workers, self.progress, self.expected = workers, progress, expected
        self.done = 0
        self.lock, self.mine = threading.Lock(), threading.local()

    def means(self, z: Float, luck: range) -> Float:
        """Means over futures, of several points: [P, K]."""
        with ThreadPoolExecutor(self.workers) as pool:
            return np.stack(list(pool.map(lambda one: self.run(one, luck).mean(axis=-1), z)))

    def run(self, z: Float, luck: range) -> Float:
        """The knowns at one point, in each future, base units: [K, R]."""
        from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import ledger_rows, make_engine
        from simulation.evidence.observables import lives_of_memory, observables

        trial = scenario_at(self.scenario, at(self.unknowns, values(self.unknowns, z)))
        plan = make_plan(trial, self.book)
        engine = getattr(self.mine, "engine", None)
        if engine is None:
            engine = self.mine.engine = make_engine("compiled", plan, log=not all(self.counted))
        else:
            engine.load(plan)
        columns = []
        for number in luck:
            memory = engine.run(self.seed, number)
            rows = ledger_rows(memory, plan)
            ledger = Ledger(**{name: rows[name][None] for name in LEDGER_ARRAYS})
            found = self._counted(RunResult(plan.frame, ledger, self.seed, [number], [number // 2]))
            if not all(self.counted):
                told = observables(lives_of_memory(memory, plan, trial, usage_seed=number))
                found |= {path: one.value for path, one in told.items() if path not in found}
            columns.append([found.get(path, np.nan) for path in self.paths])
            with self.lock:
                self.done += 1
                if self.progress is not None:
                    self.progress(min(self.done, self.expected), self.expected)
        return np.array(columns).T

    def _counted(self, result: object) -> dict[str, float]:
        """What the ledger tells, exactly as reports show it, base units."""
        from simulation import __version__
        from simulation.engine.ledger import RunResult
        from simulation.forecast import Forecast

        assert isinstance(result, RunResult)
        if not any(self.counted):
            return {}
        from simulation.forecast.stated import MONTH_DAYS

        scale = {"money": 100.0, "months": MONTH_DAYS}
        forecast = Forecast(result, self.facts, __version__)
        rows = forecast.stated_beside_simulated()
        paths = [one.path for one in self.facts.stated]
        return {
            path: float(row["simulated"]) * scale.get(str(row["unit"]), 1.0)
            for path, (_, row) in zip(paths, rows.iterrows(), strict=True)
            if path in self.paths
        }
