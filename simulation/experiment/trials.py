"""Allocations tried on the same futures; what has been tried is not tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulation.experiment.levers import Levels, Levers
from simulation.forecast.statistics import Float
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.experiment.criterion import Criterion
    from simulation.experiment.store import Store
    from simulation.scenario.book import Book

__all__ = ["Outcome", "Trial", "Trials", "simulated"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of an allocation, future by future.

    Attributes
    ----------
    value
        float64[R], the measure that the criterion is made of.
    cost
        float64[R], all cost over the horizon in currency units, with what the scenario does not count.
    """

    value: Float
    cost: Float


Trial = Callable[[Levels, Sequence[int], Progress | None], Outcome]
"""Tries an allocation on futures, by their numbers."""


def simulated(
    levers: Levers,
    criterion: Criterion,
    *,
    seed: int = 1,
    workers: int | None = None,
    book: Book | None = None,
    store: Store | None = None,
) -> Trial:
    """Return the trial that simulates the scenario of an allocation; arguments as in `simulation.run`."""
    from simulation.runs import run

    def trial(levels: Levels, numbers: Sequence[int], progress: Progress | None) -> Outcome:
        scenario = levers.scenario_at(levels)
        forecast = run(
            scenario, replications=list(numbers), seed=seed, workers=workers, progress=progress, book=book, store=store
        )
        value = criterion.values(forecast, lambda day: levers.extra_cost(levels, day))
        cost = forecast.measure("cost").to_numpy() + levers.extra_cost(levels)
        return Outcome(value, np.asarray(cost, np.float64))

    return trial


class Trials:
    """Outcomes by allocation and number of the future.

    Parameters
    ----------
    trial
        What tries an allocation.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._known: dict[Levels, dict[int, tuple[float, float]]] = {}
        self.futures = 0
        """Futures tried, over all allocations."""

    def at(self, levels: Levels, numbers: Sequence[int], progress: Progress | None = None) -> Outcome:
        """The outcome of an allocation in these futures, in their order.

        Raises
        ------
        Interrupted
            On Ctrl-C; allocations that were tried before stay known.
        """
        known = self._known.setdefault(levels, {})
        missing = [number for number in numbers if number not in known]
        if missing:
            new = self._trial(levels, missing, progress)
            known.update(zip(missing, zip(new.value.tolist(), new.cost.tolist(), strict=True), strict=True))
            self.futures += len(missing)
        pairs = np.array([known[number] for number in numbers], np.float64).reshape(len(numbers), 2)
        return Outcome(pairs[:, 0], pairs[:, 1])
