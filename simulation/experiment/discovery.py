"""Where a plan fails: boxes of assumptions in which an objective is missed often (scenario discovery)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulation.experiment.prim import LOW, Box, Flags, Float, find_box, quasi_p
from simulation.forecast.statistics import Groups, Probability, proportion

__all__ = ["Discovery", "Limit", "Weakness", "discover"]

MOST = 3
"""Boxes at most."""
LEVEL = 0.95


@dataclass(frozen=True)
class Limit:
    """A limit of one assumption: at least (or else at most) `value`, base units, and its quasi-p-value.

    The quasi-p-value is that of the held-out futures that no earlier box holds.
    """

    path: str
    at_least: bool
    value: float
    quasi_p: float


@dataclass(frozen=True)
class Weakness:
    """A box in which the objective is missed often; its futures are those that no earlier box holds.

    Attributes
    ----------
    limits
        What is true in it.
    density
        Share of the held-out futures in the box that miss, with its interval (level below).
    coverage
        Share of all held-out misses that lie in the box.
    mass
        Share of the held-out futures that lie in it: how likely it is today.
    """

    limits: tuple[Limit, ...]
    density: Probability
    coverage: float
    mass: float


@dataclass(frozen=True)
class Discovery:
    """Where a plan fails.

    Attributes
    ----------
    missed
        Share of all futures that miss.
    weaknesses
        Boxes, the one with the most misses first; none where no box misses more often than all futures do.
    level
        Of the intervals of the densities: 95% for all boxes together.
    """

    missed: Probability
    weaknesses: tuple[Weakness, ...]
    level: float


def discover(assumptions: Mapping[str, Float], met: Flags, groups: Groups) -> Discovery:
    """Find where an objective is missed.

    Parameters
    ----------
    assumptions
        float64[R] by path: values in each future.
    met
        bool[R], whether the objective is met.
    groups
        int64[R], assumption point of each future.

    Returns
    -------
    Discovery

    Notes
    -----
    Boxes are sought (PRIM) in the futures of even points and judged in those of odd ones, so their densities are
    not flattered by the search. A box counts when the lower end of its density, corrected for the number of boxes
    that are looked at, exceeds the share of misses among all futures judged. After a box is found, its futures are
    put aside and the next one is sought among the others.
    """
    paths = [path for path, column in assumptions.items() if np.ptp(column) > 0]
    missed = ~met
    level = 1 - 2 * (1 - LEVEL) / MOST  # one-sided, for as many boxes as there may be
    overall = proportion(missed.astype(np.float64), missed, groups)
    found: list[Weakness] = []
    if paths and missed.any() and met.any():
        x = np.column_stack([assumptions[path] for path in paths])
        search, judge = groups % 2 == 0, groups % 2 == 1
        rest = search.copy()
        judged = judge.copy()
        for _ in range(MOST):
            if not (missed[rest].any() and met[rest].any() and missed[judged].any()):
                break
            box = find_box(x[rest], missed[rest].astype(np.float64))
            inside = box.inside(x)
            here = inside & judged
            if not box.limits() or not here.any():
                break
            density = proportion(missed[here].astype(np.float64), missed[here], groups[here], level)
            if not density.low > float(missed[judge].mean()):
                break
            found.append(_weakness(box, paths, x[judged], missed[judged], density, here, missed, judge))
            rest, judged = rest & ~inside, judged & ~inside
    return Discovery(overall, tuple(found), level)


def _weakness(
    box: Box, paths: list[str], x: Float, missed: Flags, density: Probability, here: Flags, every: Flags, judge: Flags
) -> Weakness:
    hits = missed.astype(np.float64)
    limits = tuple(Limit(paths[one[0]], one[1] == LOW, box.at(one), quasi_p(box, one, x, hits)) for one in box.limits())
    coverage = float(every[here].sum()) / float(every[judge].sum())
    return Weakness(limits, density, coverage, float(here.sum()) / float(judge.sum()))
