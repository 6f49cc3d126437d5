"""The best allocation under a cap on what it costs, with few trials.

All allocations are tried on the same futures, so what is searched is one fixed function on a grid (a sample average;
its noise is met later, on other futures). Few grid points are tried as a whole. On larger grids a surface through
all trials so far says where to try next: cubic radial functions with a linear part, which is exact where returns are
linear, after Regis and Shoemaker (2007), A stochastic radial basis function method for the global optimization of
expensive functions, INFORMS Journal on Computing 19(4), 497-509. Levers that pay only together are looked for in
pairs from the start. At the end every exchange of a step of one lever for steps of another has been looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.experiment.levers import Levels

Float = npt.NDArray[np.float64]
Grid = npt.NDArray[np.int64]

__all__ = ["Point", "Search"]

WHOLE = 20_000
"""Grids up to this size are looked at as a whole (through the surface)."""
WEIGHTS = (1.0, 0.95, 1.0, 0.6)
"""How much the expected score counts against the distance from what was tried, in turn."""
SLACK = 1e-9
"""Share of the cap by which rounding may exceed it."""


@dataclass(frozen=True)
class Point:
    """A trial: its mean score, and its spend above nothing bought."""

    score: float
    spend: float


class Search:
    """The trials of a search, which several caps share.

    Parameters
    ----------
    evaluate
        Tries an allocation. Called once for each.
    tops
        The most steps of each lever.
    """

    def __init__(self, evaluate: Callable[[Levels], Point], tops: Levels) -> None:
        self._evaluate, self.tops = evaluate, tops
        self.points: dict[Levels, Point] = {}
        self._top = np.maximum(np.array(tops, np.int64), 1)
        self._random = np.random.default_rng(20_070_719)  # where to look on large grids; the same in every run

    def best(self, cap: float) -> Levels:
        """The best allocation tried that keeps the cap; of equals the cheaper one."""
        fine = {levels: point for levels, point in self.points.items() if self._fits(point.spend, cap)}
        return max(fine, key=lambda levels: (fine[levels].score, -fine[levels].spend))

    def fits(self, levels: Levels, cap: float) -> bool:
        """Whether an allocation that was tried keeps a cap."""
        return self._fits(self.points[levels].spend, cap)

    def run(self, cap: float, most: int) -> Levels:
        """Look for the best allocation under a cap; return it.

        Parameters
        ----------
        cap
            Spend that must not be exceeded.
        most
            Number of new trials, at most; nothing bought is tried in any case.
        """
        end = len(self.points) + most
        self._try((0,) * len(self.tops), end + 1)
        if prod(top + 1 for top in self.tops) <= most:
            for levels in product(*(range(top + 1) for top in self.tops)):
                self._try(levels, end)
            return self.best(cap)
        if len(self.points) == 1:
            for levels in self._design(cap):
                self._try(levels, end)
        patience, failures = 2 * len(self.tops) + 4, 0
        while len(self.points) < end:
            before = self.points[self.best(cap)].score
            weight = WEIGHTS[(end - len(self.points)) % len(WEIGHTS)]
            chosen = self._next(cap, weight) if failures < patience else None
            chosen = chosen or self._neighbour(cap)
            if chosen is None:
                break
            self._try(chosen, end)
            failures = 0 if self.points[self.best(cap)].score > before else failures + 1
        return self.best(cap)

    def _fits(self, spend: float, cap: float) -> bool:
        return spend <= cap * (1.0 + SLACK) + SLACK

    def _try(self, levels: Levels, end: int) -> None:
        if levels not in self.points and len(self.points) < end:
            self.points[levels] = self._evaluate(levels)

    def _design(self, cap: float) -> Iterator[Levels]:
        """Where to begin: each lever alone, in full and as far as the cap goes, and each two for half the cap."""
        count = len(self.tops)
        for place in range(count):
            yield self._alone({place: self.tops[place]})
        reach = [self._reach(place, cap) for place in range(count)]
        for place in range(count):
            yield self._alone({place: min(reach[place], max(1, self.tops[place] // 2))})
        pairs = list(combinations(range(count), 2))
        self._random.shuffle(pairs)
        for first, second in pairs[: max(12, 2 * count)]:
            half = {place: max(1, self._reach(place, cap / 2)) for place in (first, second) if reach[place]}
            yield self._alone(half)

    def _reach(self, place: int, cap: float) -> int:
        """Steps of a lever that the cap pays for, if each costs the same."""
        full = self.points.get(self._alone({place: self.tops[place]}))
        if full is None or full.spend <= cap:
            return self.tops[place]
        return int(self.tops[place] * cap / full.spend)

    def _alone(self, levels: dict[int, int]) -> Levels:
        return tuple(levels.get(place, 0) for place in range(len(self.tops)))

    def _surfaces(self, where: Grid) -> tuple[Float, Float]:
        """Expected score and spend at allocations [N, D]."""
        from scipy.interpolate import RBFInterpolator

        known = np.array(list(self.points), np.float64) / self._top
        values = np.array([(point.score, point.spend) for point in self.points.values()])
        middle = values.mean(axis=0)
        scale = np.maximum(np.abs(values - middle).max(axis=0), 1e-300)
        # Too few trials for a linear part happen only when the trials run out during the design.
        enough = np.linalg.matrix_rank(np.column_stack([np.ones(len(known)), known])) > len(self.tops)
        form: Any = {"kernel": "cubic", "degree": 1} if enough else {"kernel": "linear", "degree": 0}
        surface = RBFInterpolator(known, (values - middle) / scale, **form)
        found: Float = surface(where / self._top) * scale + middle
        return found[:, 0], found[:, 1]

    def _next(self, cap: float, weight: float) -> Levels | None:
        """What to try next: good by the surface, and not too near to what was tried."""
        where = self._candidates(cap)
        if len(where) == 0:
            return None
        score, spend = self._surfaces(where)
        fine = spend <= cap * (1.0 + 1e-6)
        if not fine.any():
            return None
        where, score = where[fine], score[fine]
        if weight < 1.0:
            from scipy.spatial.distance import cdist

            known = np.array(list(self.points), np.float64) / self._top
            gap = cdist(where / self._top, known, "chebyshev").min(axis=1)
            score = weight * _unit(score) + (1.0 - weight) * _unit(gap)
        return _levels(where[int(score.argmax())])

    def _neighbour(self, cap: float) -> Levels | None:
        """The best-looking exchange around the best allocation that has not been tried."""
        near = [one for one in self._exchanges(self.best(cap)) if one not in self.points]
        if not near:
            return None
        where = np.array(near, np.int64)
        score, spend = self._surfaces(where)
        fine = spend <= cap * 1.02  # the surface may be a little wrong, and the trial decides
        return _levels(where[fine][int(score[fine].argmax())]) if fine.any() else None

    def _exchanges(self, levels: Levels) -> Iterator[Levels]:
        """One step more or less of a lever, alone or against 1, 2, 4, ... steps of another one."""
        count = len(levels)
        for place in range(count):
            for move in (1, -1):
                once = self._moved(levels, place, move)
                if once is None:
                    continue
                yield once
                for other in range(count):
                    size = 1
                    while other != place and size <= self.tops[other]:
                        twice = self._moved(once, other, -move * size)
                        if twice is not None:
                            yield twice
                        size *= 2

    def _moved(self, levels: Levels, place: int, move: int) -> Levels | None:
        level = levels[place] + move
        return (*levels[:place], level, *levels[place + 1 :]) if 0 <= level <= self.tops[place] else None

    def _candidates(self, cap: float) -> Grid:
        """Allocations that have not been tried: all, or on a large grid those near the best and random ones."""
        if prod(top + 1 for top in self.tops) <= WHOLE:
            every = np.indices([top + 1 for top in self.tops]).reshape(len(self.tops), -1).T
            known = np.ravel_multi_index(np.array(list(self.points)).T, [top + 1 for top in self.tops])
            return np.delete(every, known, axis=0)
        best = self.best(cap)
        around = np.array(best) + self._random.integers(-2, 3, (2_000, len(best))) * (
            self._random.random((2_000, len(best))) < 0.5
        )
        anywhere = self._random.integers(0, np.array(self.tops) + 1, (2_000, len(best)))
        # Under a cap most good allocations leave most levers low.
        anywhere = np.floor(anywhere * self._random.random((2_000, 1))).astype(np.int64)
        chosen = {_levels(one) for one in np.clip(np.vstack([around, anywhere]), 0, self.tops)}
        chosen |= set(self._exchanges(best))
        return np.array(sorted(chosen - set(self.points)), np.int64).reshape(-1, len(self.tops))


def _unit(values: Float) -> Float:
    """Values moved and stretched to 0..1; all 1 where they are equal."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.ones_like(values)


def _levels(row: Grid) -> Levels:
    return tuple(int(level) for level in row)
