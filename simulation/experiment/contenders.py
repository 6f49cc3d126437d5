"""The best allocations of a search, sampled anew on futures that the search has not seen, until one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.experiment.criterion import Criterion
from simulation.experiment.levers import Levels
from simulation.experiment.plans import Estimate
from simulation.experiment.selection import Selection, select
from simulation.forecast.statistics import Float

__all__ = ["Contender", "Scores", "choose", "measured", "observation"]

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
        Score above that of the chosen one, in futures that had no part in the choice; its interval holds together
        with those of the other contenders (Bonferroni, 95% in all). Where the work was interrupted before those
        futures it is that of the choice, which is a little too narrow: when a plan is dropped depends on what was
        seen.
    dropped
        Whether the choice stopped to sample it. That does not make it worse: of two equal plans one is dropped too.
    futures
        In how many futures the choice sampled it.
    """

    levels: Levels
    difference: Estimate
    dropped: bool
    futures: int

    @property
    def told_apart(self) -> bool:
        """Whether it is worse than the chosen one: the whole interval of its difference lies below zero."""
        return self.difference.high < 0


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
    return _ordered(best, contenders), found


def measured(
    contenders: Sequence[Contender], differences: Callable[[Levels, Levels, int], Estimate]
) -> list[Contender]:
    """The contenders with their differences from the chosen one, the first, in futures with no part in the choice.

    Parameters
    ----------
    contenders
        The chosen one first.
    differences
        Of one allocation from another, with an interval that holds together with those of so many.
    """
    if not contenders:
        return []
    best, *others = contenders
    found = [replace(one, difference=differences(one.levels, best.levels, len(others))) for one in others]
    return _ordered(best, found)


def _ordered(best: Contender, others: Sequence[Contender]) -> list[Contender]:
    return [best, *sorted(others, key=lambda one: (one.told_apart, -one.difference.mean))]


def _difference(mine: list[float], best: list[float], size: int, several: int) -> Estimate:
    from scipy.special import stdtrit

    gap = np.array(mine[:size]) - np.array(best[:size])
    mean, error = float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(size))
    half = float(stdtrit(size - 1, 1.0 - 0.025 / several)) * error
    return Estimate(mean, mean - half, mean + half)
