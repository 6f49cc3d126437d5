"""The best allocations of a search, sampled anew on futures that the search has not seen, until one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.experiment.criterion import Criterion
from simulation.experiment.levers import Levels
from simulation.experiment.plans import Estimate
from simulation.experiment.selection import Selection, select
from simulation.forecast.statistics import Float

__all__ = ["Contender", "Scores", "choose", "observation"]

Scores = Callable[[Levels, Sequence[int]], Float]
"""Scores of an allocation in futures, by their numbers."""
POINTS = {"mean": 1, "chance": 5, "tail": 10}
"""Assumption points whose scores make one observation, so that it is near enough to normal."""
FIRST = {"mean": 20, "chance": 12, "tail": 12}
"""Observations of the first stage."""
BLOCK = 10
"""Observations that are simulated at a time."""


@dataclass(frozen=True)
class Contender:
    """An allocation that was sampled anew.

    Attributes
    ----------
    levels
        Steps of each lever.
    difference
        Score above that of the chosen one, in the futures that both were sampled in; its interval holds together with
        those of the other contenders (Bonferroni, 95% in all). For a plan that was dropped it is a little too narrow,
        because the number of its futures depends on what was seen.
    told_apart
        Whether it was dropped as worse; what was not dropped cannot be told apart from the chosen one.
    futures
        In how many futures it was sampled.
    """

    levels: Levels
    difference: Estimate
    told_apart: bool
    futures: int


def observation(criterion: Criterion) -> int:
    """Futures of one observation of the choice; even, so that an assumption point is never split."""
    return 2 * POINTS[criterion.kind]


def choose(
    scores: Scores,
    listed: Sequence[Levels],
    criterion: Criterion,
    *,
    start: int,
    most: int,
    zone: float,
    level: float,
) -> tuple[list[Contender], Selection]:
    """Choose the best of several allocations.

    Parameters
    ----------
    scores
        Samples them.
    listed
        The contenders.
    criterion
        What is maximised.
    start
        Number of the first future to use, even.
    most
        Futures of each, at most; never fewer than the first stage needs.
    zone, level
        As in `select`.

    Returns
    -------
    contenders
        The chosen one first.
    selection
        How the choice went.
    """
    size, first = observation(criterion), FIRST[criterion.kind]
    seen: list[list[float]] = [[] for _ in listed]

    def sample(plans: Sequence[int], begin: int, end: int) -> Float:
        numbers = range(start + begin * size, start + end * size)
        rows = [scores(listed[plan], numbers).reshape(end - begin, size).mean(axis=1) for plan in plans]
        for plan, row in zip(plans, rows, strict=True):
            seen[plan].extend(row.tolist())
        return np.array(rows)

    found = select(sample, len(listed), zone=zone, level=level, first=first, most=max(first, most // size), block=BLOCK)
    several = max(1, len(listed) - 1)
    contenders = [
        Contender(
            levels,
            _difference(seen[plan], seen[found.best], int(found.observations[plan]), several),
            plan not in found.left,
            int(found.observations[plan]) * size,
        )
        for plan, levels in enumerate(listed)
    ]
    best = contenders.pop(found.best)
    contenders = [best, *sorted(contenders, key=lambda one: (one.told_apart, -one.difference.mean))]
    return contenders, found


def _difference(mine: list[float], best: list[float], size: int, several: int) -> Estimate:
    from scipy.special import stdtrit

    gap = np.array(mine[:size]) - np.array(best[:size])
    mean, error = float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(size))
    half = float(stdtrit(size - 1, 1.0 - 0.025 / several)) * error
    return Estimate(mean, mean - half, mean + half)
