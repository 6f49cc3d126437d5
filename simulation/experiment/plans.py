"""Allocations measured on the same futures: their gain, their spend, and what the next step of a lever brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.experiment.criterion import Criterion
from simulation.experiment.levers import Levels
from simulation.experiment.pairs import difference_of_chances, mean_difference
from simulation.experiment.trials import Outcome, Trials
from simulation.forecast.statistics import Float, means, percentiles, proportion
from simulation.progress import Progress

__all__ = ["Estimate", "Measuring", "Plan", "Step"]


@dataclass(frozen=True)
class Estimate:
    """A mean over futures with its 95% interval, from the means over assumption points."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Plan:
    """An allocation, measured.

    Attributes
    ----------
    levels
        Steps of each lever.
    score
        What is maximised.
    spend
        Cost over the horizon above that of nothing bought, currency units.
    gain
        Score above that of nothing bought, future by future.
    p10, p50, p90
        Percentiles over the futures of the gain in the measure; NaN for the chance of an objective.
    """

    levels: Levels
    score: Estimate
    spend: Estimate
    gain: Estimate
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class Step:
    """What one step more of a lever brings.

    Attributes
    ----------
    place
        Number of the lever.
    levels
        The allocation with it; None when the lever is at its most, and the numbers are NaN.
    gain, spend
        Above the allocation without it.
    per_unit
        Gain for each currency unit of spend; NaN when it costs nothing or saves.
    """

    place: int
    levels: Levels | None
    gain: Estimate
    spend: Estimate
    per_unit: Estimate


NOTHING = Estimate(np.nan, np.nan, np.nan)


class Measuring:
    """Measures allocations on a fixed set of futures.

    Parameters
    ----------
    trials
        What is tried.
    criterion
        What is maximised.
    numbers
        The futures.
    thresholds
        Where the worst futures of an allocation end, known from other futures.
    """

    def __init__(
        self, trials: Trials, criterion: Criterion, numbers: Sequence[int], thresholds: Callable[[Levels], float]
    ) -> None:
        self.trials, self.criterion, self.numbers, self.thresholds = trials, criterion, list(numbers), thresholds
        self.groups = np.asarray(self.numbers, np.int64) // 2

    def outcome(self, levels: Levels, progress: Progress | None = None) -> tuple[Outcome, Float]:
        """The outcome of an allocation, and its scores."""
        found = self.trials.at(levels, self.numbers, progress)
        return found, self.criterion.scores(found.value, self.thresholds(levels))

    def estimate(self, values: Float) -> Estimate:
        """Mean of [R] with its interval."""
        mean, low, high, _ = means(values[:, None], self.groups)
        return Estimate(float(mean[0]), float(low[0]), float(high[0]))

    def plan(self, levels: Levels, nothing: Levels) -> Plan:
        """Measure an allocation beside nothing bought."""
        (mine, score), (zero, without) = self.outcome(levels), self.outcome(nothing)
        shown = np.full(3, np.nan)
        if self.criterion.objective is None:
            shown = percentiles((mine.value - zero.value)[:, None], (10, 50, 90))[:, 0]
        return Plan(
            levels,
            self._score(score),
            self.estimate(mine.cost - zero.cost),
            self._gain(score - without),
            *(float(one) for one in shown),
        )

    def step(self, place: int, levels: Levels, after: Levels | None) -> Step:
        """Measure one step more of a lever."""
        if after is None:
            return Step(place, None, NOTHING, NOTHING, NOTHING)
        (mine, score), (more, higher) = self.outcome(levels), self.outcome(after)
        gain, spend = higher - score, more.cost - mine.cost
        return Step(place, after, self._gain(gain), self.estimate(spend), self._quotient(gain, spend))

    def _score(self, values: Float) -> Estimate:
        """Mean score: of a chance with Wilson's interval, else with that of a mean."""
        if self.criterion.objective is None:
            return self.estimate(values)
        chance = proportion(values, values > 0.5, self.groups)
        return Estimate(chance.value, chance.low, chance.high)

    def difference(self, levels: Levels, other: Levels, several: int) -> Estimate:
        """Score above that of another allocation; its interval is one of so many that hold together (Bonferroni)."""
        return self._gain(self.outcome(levels)[1] - self.outcome(other)[1], several)

    def _gain(self, values: Float, several: int = 1) -> Estimate:
        """Mean difference of scores, with an interval that is one of `several` which hold together."""
        between = mean_difference if self.criterion.objective is None else difference_of_chances
        return Estimate(*between(values, self.groups, several))

    def _quotient(self, top: Float, bottom: Float) -> Estimate:
        """Mean of the one by mean of the other, with the interval of the linearised quotient.

        What a chance costs is hardly uncertain beside the chance, so its interval is that of the gain.
        """
        below = float(bottom.mean())
        if below <= 0.0:
            return NOTHING
        if self.criterion.objective is not None:
            gain = self._gain(top)
            return Estimate(gain.mean / below, gain.low / below, gain.high / below)
        value = float(top.mean()) / below
        rest = self.estimate(top - value * bottom)
        return Estimate(value, value + rest.low / below, value + rest.high / below)
