"""Trials of a calibration: futures at points of the unknowns, and what is known read off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.engine.crew import Crew
from simulation.evidence.unknowns import Unknown, at, scenario_at, values
from simulation.progress import Progress
from simulation.scenario.draws import drawn_kinds, draws, with_values
from simulation.scenario.quantities import Quantity

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["Trials"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Item = tuple[int, Float, Int]


class Trials:
    """Simulates points of the unknowns, and reads what is known off them.

    Attributes
    ----------
    done
        Futures so far.
    """

    def __init__(
        self, scenario: Scenario, book: Book | None, unknowns: list[Unknown], paths: list[str], seed: int,
        workers: int, progress: Progress | None, expected: int,
    ) -> None:  # fmt: skip
        self.crew = _Points(scenario, book, unknowns, paths, seed)
        self.workers, self.progress, self.expected = workers, progress, expected
        self.done = 0

    def run(self, z: Float, futures: Int) -> Float:
        """The knowns in each future, base units; NaN where nobody is counted.

        Parameters
        ----------
        z
            Points [P, K], on the scale of the priors.
        futures
            int64[P, F], which futures each meets. What the scenario assumes beside the unknowns is drawn by the
            first of them.

        Returns
        -------
        ndarray
            [P, F, facts]
        """
        found: dict[int, Float] = {}

        def done(part: tuple[int, Float]) -> None:
            found[part[0]] = part[1]
            self.done += len(part[1])
            if self.progress is not None:
                self.progress(min(self.done, self.expected), self.expected)

        items = [(place, one, numbers) for place, (one, numbers) in enumerate(zip(z, futures, strict=True))]
        self.crew.share_out(items, done, workers=self.workers)
        return np.stack([found[place] for place in range(len(z))])


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
        own = {one.path for one in unknowns}
        rest = {name: one for name, one in scenario.assumptions.items() if name not in own}
        self.others = scenario.model_copy(update={"assumptions": rest})
        self.facts = ScenarioFacts.of(scenario_at(scenario, {}))
        names = [KNOWN_AS.get(path.rpartition(".")[2], path.rpartition(".")[2]) for path in paths]
        self.counted = [name in MEASURES or name == FIRST_VALUE for name in names]

    def work(self, item: Item) -> tuple[int, Float]:
        """The knowns at one point, in each future, base units: [F, facts]; its place comes along."""
        from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import ledger_rows, make_engine
        from simulation.evidence.observables import lives_of_memory, observables

        place, z, futures = item
        trial = self._trial(z, int(futures[0]) // 2)
        plan = make_plan(trial, self.book)
        engine = getattr(self.mine, "engine", None)
        if engine is None:
            engine = self.mine.engine = make_engine("compiled", plan, log=not all(self.counted))
        else:
            engine.load(plan)
        rows_found = []
        for number in map(int, futures):
            memory = engine.run(self.seed, number)
            rows = ledger_rows(memory, plan)
            ledger = Ledger(**{name: rows[name][None] for name in LEDGER_ARRAYS})
            found = self._counted(RunResult(plan.frame, ledger, self.seed, [number], [number // 2]))
            if not all(self.counted):
                told = observables(lives_of_memory(memory, plan, trial, usage_seed=number))
                found |= {path: one.value for path, one in told.items() if path not in found}
            rows_found.append([found.get(path, np.nan) for path in self.paths])
        return place, np.array(rows_found)

    def _trial(self, z: Float, point: int) -> Scenario:
        """The scenario with the unknowns set, and everything else that it assumes drawn, as in a run."""
        rest = draws(self.others, self.seed, point) if self.others.assumptions else {}
        kinds = drawn_kinds(self.others)
        drawn = {path: Quantity(value, kinds[path]) for path, value in rest.items()}
        return with_values(self.scenario, drawn | at(self.unknowns, values(self.unknowns, z)), "at a trial")

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
