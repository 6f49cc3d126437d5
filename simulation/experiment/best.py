"""The best of several scenarios, said only when it is established: multiple comparisons with the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from simulation.experiment.pairs import futures_to_settle
from simulation.forecast.statistics import LEVEL, Float

__all__ = ["Best", "best_of"]


@dataclass(frozen=True)
class Standing:
    """How one scenario stands to the best of the others.

    Attributes
    ----------
    mean
        Mean of the measure.
    low, high
        Joint 95% interval of its mean less that of the best other one, in the unit of the measure; above zero is
        better, whichever side of the measure that is. It holds for all scenarios at once.
    """

    name: str
    mean: float
    low: float
    high: float

    @property
    def may_be_best(self) -> bool:
        """Whether this one may still be the best."""
        return self.high > 0


@dataclass(frozen=True)
class Best:
    """Which scenario is best by the mean of a measure.

    Attributes
    ----------
    leader
        The one with the best mean in these futures.
    established
        Whether it is the best at 95%, all scenarios taken together.
    standings
        One of each scenario, the best mean first.
    further
        Futures to run in addition that settle it with a chance of 80%, if the means are what they seem; 0 when it
        is established, NaN when no number is in sight.
    """

    leader: str
    established: bool
    standings: tuple[Standing, ...]
    further: float

    @property
    def rivals(self) -> tuple[str, ...]:
        """Others that may still be the best."""
        return tuple(one.name for one in self.standings if one.may_be_best and one.name != self.leader)


def best_of(samples: Mapping[str, Float], better: int, *, futures: int, level: float = LEVEL) -> Best:
    """Compare every scenario with the best of the others, with joint confidence.

    Parameters
    ----------
    samples
        By scenario, [G]: independent observations that are paired across scenarios, here the means over assumption
        points.
    better
        1 where more is better, -1 where less is.
    futures
        Futures behind the observations, for `further`.
    level
        Confidence of all intervals together.

    Raises
    ------
    ValueError
        With fewer than two scenarios or two observations, or a measure without a better side.

    Notes
    -----
    For scenarios i and l with means m_i and m_l over n observations, S_il the standard deviation of their
    difference and w_il = t(1 - (1 - level) / (k - 1), n - 1) S_il / sqrt(n),

        max_i = max(0, min over l != i of (m_i - m_l + w_il)),
        min_i = 0 if i is the only one that may be best (max_i > 0),
                else min over those l != i that may be best of (m_i - m_l - w_il), at most 0,

    hold jointly for the mean of i less that of the best other one: Hsu's constrained intervals under common random
    numbers, theorem 1 of Nelson & Matejcik (1995), "Using common random numbers for indifference-zone selection and
    multiple comparisons in simulation", Management Science 41(12), 1935-1945. Of their two procedures this is the
    one with Clark & Yang's Bonferroni bound. The other pools one variance over all pairs and is shorter only where
    all differences vary alike (sphericity), and a scenario close to the base differs from it far less than from a
    distant one. With two scenarios both are the same.
    """
    if better == 0 or len(samples) < 2:
        raise ValueError("the best needs two scenarios or more, and a measure with a better side")
    names = list(samples)
    values = np.stack([np.asarray(samples[name], np.float64) for name in names])
    k, n = values.shape
    if n < 2:
        raise ValueError("the best needs two observations or more of each scenario")
    mean = values.mean(axis=1)
    gaps = better * (values[:, None, :] - values[None, :, :])
    gap = gaps.mean(axis=2)
    quantile = float(stdtrit(n - 1, 1 - (1 - level) / (k - 1)))
    width = quantile * gaps.std(axis=2, ddof=1) / np.sqrt(n)
    off = ~np.eye(k, dtype=bool)
    high = np.array([max(0.0, float((gap[i] + width[i])[off[i]].min())) for i in range(k)])
    candidates = high > 0
    if not candidates.any():  # all are equal in every future
        candidates[:] = True
    low = np.zeros(k)
    for i in range(k):
        rivals = candidates & off[i]
        if rivals.any():
            low[i] = min(0.0, float((gap[i] - width[i])[rivals].min()))
    order = np.argsort(-better * mean, kind="stable")
    leader = int(order[0])
    established = bool(candidates[leader]) and not (candidates & off[leader]).any()
    further = 0.0
    if not established:
        needed = [
            futures_to_settle(gaps[leader, rival], futures=futures, level=level, sides=1, pairs=k - 1)
            for rival in np.nonzero(candidates & off[leader])[0]
        ]
        further = float(np.max(needed))
    standings = tuple(Standing(names[i], float(mean[i]), float(low[i]), float(high[i])) for i in order)
    return Best(names[leader], established, standings, further)
