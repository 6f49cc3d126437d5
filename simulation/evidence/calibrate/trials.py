"""Trials of a calibration: futures at points of the unknowns, and what is known read off them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.engine.crew import Crew
from simulation.evidence.unknowns import Unknown, at, joint_middle, scenario_at, values
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.quantities import Quantity
    from simulation.scenario.schema import Scenario

__all__ = ["Trials"]

Float = npt.NDArray[np.float64]


Item = tuple[int, Float, range]


class Trials:
    """Simulates trials, and reads what is known off them."""

    def __init__(
        self, scenario: Scenario, book: Book | None, unknowns: list[Unknown], paths: list[str], seed: int,
        workers: int, progress: Progress | None, expected: int,
    ) -> None:  # fmt: skip
        self.crew = _Points(scenario, book, unknowns, paths, seed)
        self.scenario, self.unknowns, self.paths = scenario, unknowns, paths
        self.middle: Mapping[str, Quantity] = joint_middle(scenario)
        self.plain, self.counted = self.crew.plain, self.crew.counted
        self.workers, self.progress, self.expected = workers, progress, expected
        self.done = 0

    def means(self, z: Float, luck: range) -> Float:
        """Means over futures, of several points: [P, K]."""
        found: dict[int, Float] = {}

        def done(part: tuple[int, Float]) -> None:
            found[part[0]] = part[1].mean(axis=-1)
            self._told(len(luck))

        self.crew.share_out([(place, one, luck) for place, one in enumerate(z)], done, workers=self.workers)
        return np.stack([found[place] for place in range(len(z))])

    def run(self, z: Float, luck: range) -> Float:
        """The knowns at one point, in each future, base units: [K, R]."""
        _, found = self.crew.work((0, z, luck))
        self._told(len(luck))
        return found

    def _told(self, futures: int) -> None:
        self.done += futures
        if self.progress is not None:
            self.progress(min(self.done, self.expected), self.expected)


class _Points(Crew[Item, tuple[int, Float]]):
    """Simulates points of the unknowns; an item is its place, the point and the futures."""

    def __init__(
        self, scenario: Scenario, book: Book | None, unknowns: list[Unknown], paths: list[str], seed: int
    ) -> None:
        from simulation.forecast.facts import ScenarioFacts
        from simulation.forecast.measures import MEASURES
        from simulation.forecast.stated import FIRST_VALUE, KNOWN_AS

        super().__init__()
        self.scenario, self.book, self.unknowns, self.seed = scenario, book, unknowns, seed
        self.paths = paths
        self.plain = scenario_at(scenario, {})
        self.facts = ScenarioFacts.of(self.plain)
        names = [KNOWN_AS.get(path.rpartition(".")[2], path.rpartition(".")[2]) for path in paths]
        self.counted = [name in MEASURES or name == FIRST_VALUE for name in names]

    def work(self, item: Item) -> tuple[int, Float]:
        """The knowns at one point, in each future, base units: [K, R]; its place comes along."""
        from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import ledger_rows, make_engine
        from simulation.evidence.observables import lives_of_memory, observables

        place, z, luck = item
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
        return place, np.array(columns).T

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
