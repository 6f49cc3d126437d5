"""Futures at chosen assumption values: what tornado, Sobol indices and the value of information have in common.

A setting is a level of every assumption and the number of a replication, which stands for its luck. The same
number is the same luck at every level and in every scenario, so two settings that differ in one level differ by
the effect of that assumption alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.engine.crew import Crew
from simulation.engine.layout import make_frame
from simulation.engine.ledger import Frame, Gathering, RunResult
from simulation.progress import Interrupted, Progress

if TYPE_CHECKING:
    from simulation.engine.replicate import Rows
    from simulation.experiment.shelf import Shelf
    from simulation.experiment.store import Store
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
    key
        Tells these settings from others in a store: those of one key begin alike, and differ only in how many there
        are. Empty: they are not kept.
    """

    names: tuple[str, ...]
    levels: Float
    luck: Int
    key: str = ""

    def __len__(self) -> int:
        """Return the number of settings."""
        return len(self.luck)

    def __getitem__(self, rows: slice | Int) -> Settings:
        """Return some of the settings."""
        return Settings(self.names, self.levels[rows], self.luck[rows], self.key)

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
    store: Store | None = None,
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
    store
        Where finished futures are kept: those that are there are read, the others are kept there as they finish.

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
    from simulation.forecast import Forecast

    crew = _Placed(scenario, settings, book, seed)
    shelf = _shelf(store, scenario, book, seed, settings) if store is not None and settings.key else None
    missing = list(range(len(settings)))
    parts: list[RunResult] = []
    if shelf is not None and (found := shelf.read(missing)) is not None:
        parts.append(found)
        missing = sorted(set(missing).difference(found.replications))
    groups: dict[int, list[int]] = {}
    for row in missing:
        groups.setdefault(int(crew.points[row]), []).append(row)
    frame = make_frame(scenario)
    gathering = Gathering(frame, missing)
    try:
        with nullcontext() if shelf is None else shelf.writing(missing) as each:

            def done(group: list[tuple[int, Rows]]) -> None:
                for row, rows in group:
                    if each is not None:
                        each(row, rows, frame)
                    gathering.add(row, rows)
                if progress is not None:
                    progress(len(gathering), len(missing))

            crew.share_out(groups.values(), done, workers=workers)
    except KeyboardInterrupt:
        parts += _result(frame, gathering, seed)
        stop = Interrupted()
        stop.forecast = Forecast.from_result(crew.placed(parts), scenario) if parts else None
        raise stop from None
    return Forecast.from_result(crew.placed([*parts, *_result(frame, gathering, seed)]), scenario)


class _Placed(Crew[list[int], "list[tuple[int, Rows]]"]):
    """Runs settings by row; those of one point go together, because they share a plan."""

    def __init__(self, scenario: Scenario, settings: Settings, book: Book | None, seed: int) -> None:
        super().__init__()
        self.scenario, self.settings, self.book, self.seed = scenario, settings, book, seed
        self.points = settings.points()
        self.values = settings.values([scenario]) if scenario.assumptions else {}

    def work(self, item: list[int]) -> list[tuple[int, Rows]]:
        """Run the settings of one point; return those that were not stopped."""
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import ledger_rows, make_engine

        if self.stop.is_set():
            return []
        plan = make_plan(self._scenario_of(item[0]), self.book)
        engine = getattr(self.mine, "engine", None)
        if engine is None:
            engine = self.mine.engine = make_engine("compiled", plan)
        else:
            engine.load(plan)
        found = []
        for row in item:
            if self.stop.is_set():
                break
            found.append((row, ledger_rows(engine.run(self.seed, int(self.settings.luck[row])), plan)))
        return found

    def placed(self, parts: list[RunResult]) -> RunResult:
        """Join parts, with the points and the values of their settings."""
        whole = RunResult.together([replace(part, assumption_values={}) for part in parts])
        rows = whole.replications
        return replace(
            whole,
            points=[int(self.points[row]) for row in rows],
            assumption_values={path: column[rows] for path, column in self.values.items()},
        )

    def _scenario_of(self, row: int) -> Scenario:
        from simulation.scenario.draws import at_values

        if not self.values:
            return self.scenario
        values: Mapping[str, float] = {path: float(column[row]) for path, column in self.values.items()}
        return at_values(self.scenario, values, f"at setting {row}")


def _result(frame: Frame, gathering: Gathering, seed: int) -> list[RunResult]:
    """What has finished, if anything has."""
    ledger, rows = gathering.gathered()
    return [RunResult(frame, ledger, seed, rows, rows)] if rows else []


def _shelf(store: Store, scenario: Scenario, book: Book | None, seed: int, settings: Settings) -> Shelf:
    """The place in a store for futures at these settings; their numbers are the rows."""
    from simulation.experiment.shelf import Shelf
    from simulation.scenario.draws import at_values

    run = store.shelf(scenario, book, seed).key
    # A shelf notes what its replications drew; here that is in the settings and not in the seed.
    row = {path: float(column[0]) for path, column in settings[:1].values([scenario]).items()}
    plain = at_values(scenario, row, "at the first setting") if row else scenario
    return Shelf(store, hashlib.sha256(f"{run} {settings.key}".encode()).hexdigest(), plain, seed)
