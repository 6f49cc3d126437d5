"""What must be true: the smallest sets of conditions on assumptions under which an objective is met often enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from simulation.forecast.statistics import Float, Groups, Probability, proportion

__all__ = ["Condition", "ConditionSet", "Requirements", "requirements"]

Flags = npt.NDArray[np.bool_]
Int = npt.NDArray[np.int64]
Ladder = list[list["Condition"]]

MOST_CONDITIONS = 3
BINS = 20
"""Thresholds are looked for at every twentieth of an assumption's draws."""
CAUSES = 25
"""Assumptions considered: those that move the objective most."""
LEAST_POINTS = 10
"""A set of conditions must hold at so many assumption points of either half."""
CANDIDATES = 4
"""Sets of each size that are judged on the held-out futures."""
WORTH = 1.25
"""A larger set is worth stating when it is so much likelier than the smaller ones that it contains."""
MARGINS = (0.5, 0.35, 0.2, 0.1, 0.0)
"""By which part of the way to certainty the bound in the search exceeds what is asked for, rung by rung."""
LEVEL = 0.95


@dataclass(frozen=True)
class Condition:
    """An assumption is at least, or at most, a threshold (base units)."""

    path: str
    at_least: bool
    threshold: float

    def holds(self, assumptions: Mapping[str, Float]) -> Flags:
        """In which futures it holds: bool[R]."""
        column = assumptions[self.path]
        return np.asarray(column >= self.threshold if self.at_least else column <= self.threshold, np.bool_)


@dataclass(frozen=True)
class ConditionSet:
    """Conditions that hold together.

    Attributes
    ----------
    conditions
        One to three.
    chance
        Share of the held-out futures in which they hold that meet the objective, with its interval (level of the
        `Requirements`).
    likely
        Share of all futures in which they hold: how likely they are today.
    """

    conditions: tuple[Condition, ...]
    chance: Probability
    likely: float

    def holds(self, assumptions: Mapping[str, Float]) -> Flags:
        """In which futures all of them hold: bool[R]."""
        return np.asarray(np.all([one.holds(assumptions) for one in self.conditions], axis=0), np.bool_)


@dataclass(frozen=True)
class Requirements:
    """What must be true for an objective.

    Attributes
    ----------
    probability
        What is asked for.
    today
        Chance to meet the objective without any condition, over all futures.
    sets
        Sets that suffice: the lower end of their chance on held-out futures reaches the probability. Few conditions
        first, then the likelier ones.
    best
        Of the sets that were judged, the one with the highest lower end; None when none holds often enough.
    judged
        How many sets were judged.
    level
        Of the intervals of the chances: with all sets judged, one lower end in twenty is wrong at most.
    """

    probability: float
    today: Probability
    sets: tuple[ConditionSet, ...]
    best: ConditionSet | None
    judged: int
    level: float

    @property
    def already(self) -> bool:
        """Whether the objective is surely met often enough without any condition: the lower end of today's chance."""
        return self.today.low >= self.probability

    @property
    def unsure(self) -> bool:
        """Whether the objective seems to be met often enough without any condition, and may not be."""
        return self.today.value >= self.probability and not self.already


def requirements(
    assumptions: Mapping[str, Float], met: Flags, groups: Groups, probability: float = 0.8
) -> Requirements:
    """Find the smallest sets of conditions that suffice.

    Parameters
    ----------
    assumptions
        float64[R] by path: values in each future.
    met
        bool[R], whether the objective is met.
    groups
        int64[R], assumption point of each future.
    probability
        What P(objective | conditions) is to reach, between 0 and 1.

    Returns
    -------
    Requirements

    Raises
    ------
    ValueError
        When the probability is not between 0 and 1.

    Notes
    -----
    Thresholds are sought in the futures of even assumption points: for each one, two or three assumptions and each
    combination of directions the likeliest boxes whose share of futures that meet the objective has a high enough
    lower bound (Wilson, points as trials), by several margins. So each is a ladder of ever likelier boxes. The
    likeliest few ladders of each size are judged in the futures of odd points, which had no part in choosing them:
    from the strictest rung on, as long as the lower bound reaches the probability (a fixed sequence, which needs no
    correction); the last rung that does is stated. A larger set is left out unless it is a quarter likelier than
    every smaller one that it contains. The bounds are one-sided and corrected (Bonferroni) for the number of
    ladders judged.
    """
    if not 0 < probability < 1:
        raise ValueError(f"the probability must lie between 0 and 1, not {probability}")
    today = proportion(met.astype(np.float64), met, groups)
    paths = [path for path, column in assumptions.items() if np.ptp(column) > 0]
    alpha = (1 - LEVEL) / (CANDIDATES * MOST_CONDITIONS)
    nothing = Requirements(probability, today, (), None, 0, 1 - 2 * alpha)
    search, judge = groups % 2 == 0, groups % 2 == 1
    if not paths or len(np.unique(groups[search])) < 2 * LEAST_POINTS or today.value >= probability:
        return nothing
    grid = _Grid.of({path: assumptions[path][search] for path in paths}, met[search], groups[search])
    found, fallback = grid.sufficient(probability, alpha)
    sets, ranked = [], []
    for ladder in (*found, *([one] for one in fallback)):
        last = None
        for rung in ladder:
            one = _judged(rung, assumptions, met, groups, judge, 1 - 2 * alpha)
            if one is None:
                continue
            ranked.append(one)
            if one.chance.low < probability:
                break
            last = one
        sets += [] if last is None else [last]
    return replace(
        nothing,
        sets=tuple(sorted(_worth_stating(sets), key=lambda one: (len(one.conditions), -one.likely))),
        best=max(ranked, key=lambda one: (round(one.chance.low, 2), -len(one.conditions)), default=None),
        judged=len(found) + len(fallback),
    )


@dataclass(frozen=True, eq=False)
class _Grid:
    """Assumption points between the edges of each assumption, with the share of their futures that meet it.

    Attributes
    ----------
    reached, passed
        int64[N, K]: how many edges a value is at least, and how many it is above. They differ where a value lies on
        an edge, as those of discrete assumptions do.
    edges
        float64[K, BINS - 1].
    low, high
        float64[K], the least and the largest value.
    shares
        float64[N].
    """

    paths: tuple[str, ...]
    reached: Int
    passed: Int
    edges: Float
    low: Float
    high: Float
    shares: Float

    @classmethod
    def of(cls, assumptions: Mapping[str, Float], met: Flags, groups: Groups) -> _Grid:
        _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
        shares = np.bincount(inverse, met.astype(np.float64)) / np.bincount(inverse)
        values = {path: column[first] for path, column in assumptions.items()}
        strongest = sorted(values, key=lambda path: -_strength(values[path], shares))[:CAUSES]
        quantiles = np.arange(1, BINS) / BINS
        edges = np.array([np.quantile(values[path], quantiles) for path in strongest])
        table = np.column_stack([values[path] for path in strongest])
        reached, passed = (
            np.column_stack([np.searchsorted(*one, side=side) for one in zip(edges, table.T, strict=True)])
            for side in ("right", "left")
        )
        return cls(
            tuple(strongest), reached.astype(np.int64), passed.astype(np.int64), edges,
            table.min(axis=0), table.max(axis=0), shares,
        )  # fmt: skip

    def sufficient(self, probability: float, alpha: float) -> tuple[list[Ladder], list[list[Condition]]]:
        """Ladders that suffice here, a few of each size; and the best set of each size where none of it does."""
        from statistics import NormalDist

        z = NormalDist().inv_cdf(1 - alpha)
        chosen: list[Ladder] = []
        fallback: list[list[Condition]] = []
        for size in range(1, MOST_CONDITIONS + 1):
            good: list[tuple[float, Ladder]] = []
            best: tuple[float, list[Condition]] | None = None
            for places, signs in self._choices(size):
                count, hits = self._cumulated(places, signs)
                enough = (count >= LEAST_POINTS) & self._dividing(places, signs)
                if not enough.any():
                    continue
                bound = np.where(enough, _lower(hits, count, z), -1.0)
                ladder: Ladder = []
                likely: list[float] = []
                for margin in MARGINS:
                    fit = bound >= probability + margin * (1 - probability)
                    if fit.any():
                        at = int(np.argmax(np.where(fit, count, -1)))
                        likely.append(float(count.flat[at]))
                        ladder.append(self._conditions(places, signs, at))
                if ladder:
                    good.append((likely[len(likely) // 2], ladder))
                elif best is None or bound.max() > best[0]:
                    best = (float(bound.max()), self._conditions(places, signs, int(np.argmax(bound))))
            good.sort(key=lambda one: -one[0])
            chosen += [one for _, one in good[:CANDIDATES]]
            fallback += [] if good or best is None else [best[1]]
        return chosen, fallback

    def _choices(self, size: int) -> Iterator[tuple[tuple[int, ...], tuple[bool, ...]]]:
        for places in combinations(range(len(self.paths)), size):
            for signs in product((True, False), repeat=size):
                yield places, signs

    def _cumulated(self, places: Sequence[int], signs: Sequence[bool]) -> tuple[Float, Float]:
        """Points, and points that meet it, by box; limit i of "at most" is edge BINS - 2 - i, itself included."""
        shape = (BINS,) * len(places)
        columns = [self.reached[:, place] if sign else BINS - 1 - self.passed[:, place]
                   for place, sign in zip(places, signs, strict=True)]  # fmt: skip
        flat = np.ravel_multi_index(columns, shape)
        size = int(np.prod(shape))
        both = []
        for weights in (None, self.shares):
            counts = np.bincount(flat, weights, minlength=size).astype(np.float64).reshape(shape)
            for axis in range(len(places)):
                counts = np.flip(np.cumsum(np.flip(counts, axis), axis=axis), axis)
            both.append(counts[(slice(1, None),) * len(places)])
        return both[0], both[1]

    def _dividing(self, places: Sequence[int], signs: Sequence[bool]) -> Flags:
        """Which boxes have only conditions that some point does not meet."""
        rows = [
            self.edges[place] > self.low[place] if sign else self.edges[place, ::-1] < self.high[place]
            for place, sign in zip(places, signs, strict=True)
        ]
        return np.asarray(reduce(np.logical_and.outer, rows), np.bool_)

    def _conditions(self, places: Sequence[int], signs: Sequence[bool], at: int) -> list[Condition]:
        limits = [int(one) for one in np.unravel_index(at, (BINS - 1,) * len(places))]
        return [
            Condition(self.paths[place], sign, float(self.edges[place, limit if sign else BINS - 2 - limit]))
            for place, sign, limit in zip(places, signs, limits, strict=True)
        ]


def _judged(
    conditions: Sequence[Condition],
    assumptions: Mapping[str, Float],
    met: Flags,
    groups: Groups,
    judge: Flags,
    level: float,
) -> ConditionSet | None:
    """Conditions with their chance among the held-out futures; None when they hold too seldom there."""
    one = ConditionSet(tuple(conditions), Probability(np.nan, np.nan, np.nan, 0), 0.0)
    holds = one.holds(assumptions)
    here = holds & judge
    if len(np.unique(groups[here])) < LEAST_POINTS:
        return None
    chance = proportion(met[here].astype(np.float64), met[here], groups[here], level)
    return replace(one, chance=chance, likely=float(holds.mean()))


def _worth_stating(sets: Sequence[ConditionSet]) -> list[ConditionSet]:
    """Leave out what a smaller set says nearly as well."""
    kept: list[ConditionSet] = []
    for one in sorted(sets, key=lambda each: (len(each.conditions), -each.likely)):
        mine = {(condition.path, condition.at_least) for condition in one.conditions}
        smaller = [
            other for other in kept if {(condition.path, condition.at_least) for condition in other.conditions} <= mine
        ]
        if all(one.likely >= WORTH * other.likely for other in smaller):
            kept.append(one)
    return kept


def _strength(values: Float, shares: Float) -> float:
    """Difference that the tails of an assumption make to the objective, whatever its form."""
    order = np.argsort(values, kind="stable")
    thirds = [float(part.mean()) for part in np.array_split(shares[order], 3)]
    return max(thirds) - min(thirds)


def _lower(hits: Float, count: Float, z: float) -> Float:
    """Lower score bound of a share (Wilson 1927)."""
    count = np.maximum(count, 1)
    share = hits / count
    centre = share + z**2 / (2 * count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    bound: Float = (centre - half) / (1 + z**2 / count)
    return bound
