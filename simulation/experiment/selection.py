"""Choosing the best of several plans with a promised probability: the procedure of Kim and Nelson (2001).

All plans are sampled with the same random numbers, so what counts is the variance of the *difference* of each two
plans. After a first stage the plans are sampled one observation at a time, and a plan is dropped as soon as it is
too far behind another one; so clear cases are cheap and only close ones are sampled long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Sample = Callable[[Sequence[int], int, int], Float]
"""Called with (plans, first, last): their observations first..last-1, [plans, last - first], larger is better."""

__all__ = ["Sample", "Selection", "continuation", "select"]


@dataclass(frozen=True, eq=False)
class Selection:
    """What the procedure found.

    Attributes
    ----------
    best
        The plan that is chosen.
    settled
        Whether it was chosen by the procedure, so that the promise holds; False when `most` came first.
    left
        The plans that were still there at the end, the best first.
    observations
        int64[K], observations of each plan until it was dropped or the procedure ended.
    means
        float64[K], mean of those observations.
    needed
        The most observations of one plan that the procedure could have asked for.
    """

    best: int
    settled: bool
    left: tuple[int, ...]
    observations: npt.NDArray[np.int64]
    means: Float
    needed: int


def continuation(plans: int, first: int, level: float) -> float:
    """The constant h squared of the procedure, 2 eta (first - 1).

    ``eta = ((2 alpha / (k - 1)) ** (-2 / (n0 - 1)) - 1) / 2`` for k plans, a first stage of n0 observations and
    level 1 - alpha: equation (3) of Kim and Nelson (2001) with c = 1, which is right also for plans that share
    random numbers.
    """
    alpha = 1.0 - level
    eta = 0.5 * ((2.0 * alpha / (plans - 1)) ** (-2.0 / (first - 1)) - 1.0)
    return float(2.0 * eta * (first - 1))


def select(
    sample: Sample, plans: int, *, zone: float, level: float = 0.95, first: int = 20, most: int = 10_000, block: int = 1
) -> Selection:
    """Choose the plan with the largest mean.

    If the best plan is at least `zone` better than every other one, it is chosen with probability `level` or more.
    Plans that are closer to the best may be chosen in its place; by the meaning of the zone that is no loss.

    Parameters
    ----------
    sample
        Gives observations: normally distributed, independent of each other; those of one number share random
        numbers between plans. Called for every observation once.
    plans
        Number of plans K, at least 1.
    zone
        The indifference zone: smaller differences do not matter. In the unit of the observations, more than 0.
    level
        1 / K < level < 1.
    first
        Observations of the first stage, at least 2. Variances are estimated from them alone.
    most
        Where to stop in any case; then nothing is promised.
    block
        How many observations are asked for at a time; the result does not depend on it.

    Returns
    -------
    Selection

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    With r observations so far, plan i is dropped when its mean is below that of another plan l that is left by more
    than ``W = max(0, zone / (2 r) * (h2 S2[i, l] / zone ** 2 - r))``, where S2[i, l] is the first-stage variance of
    the differences of i and l; by r = max(h2 S2 / zone ** 2) + 1 only the best mean counts.
    S2 is kept as a full matrix: with its diagonal left out and the rest in one row, the place of (i, l) is not the
    same for l < i as for l > i, and an index that forgets this compares plans by the variances of others.

    References
    ----------
    Kim, S.-H., and Nelson, B. L. (2001). A fully sequential procedure for indifference-zone selection in
    simulation. ACM Transactions on Modeling and Computer Simulation 11(3), 251-273.
    """
    if plans < 1 or zone <= 0.0 or first < 2 or block < 1 or most < first:
        raise ValueError("plans, block >= 1, zone > 0 and 2 <= first <= most are needed")
    if plans > 1 and not 1.0 / plans < level < 1.0:
        raise ValueError(f"level must be above 1 / {plans} and below 1, got {level}")
    start = np.asarray(sample(range(plans), 0, first), np.float64)
    means, observations = start.mean(axis=1), np.full(plans, first)
    if plans == 1:
        return Selection(0, True, (0,), observations, means, first)
    spread = _variances(start) * (continuation(plans, first, level) / zone**2)
    end = int(np.floor(spread.max()))
    left, sums, r = list(range(plans)), start.sum(axis=1), first
    ahead = np.empty((plans, 0))
    while True:
        means[left], observations[left] = sums[left] / r, r
        left = _kept(left, means, spread, r, zone) if r <= end else left
        settled = len(left) == 1 or r > end
        if settled or r >= most:
            order = tuple(sorted(left, key=lambda plan: -means[plan]))
            return Selection(order[0], settled, order, observations, means, max(first, end + 1))
        if ahead.shape[1] == 0:
            last = min(r + block, most)
            ahead = np.empty((plans, last - r))
            ahead[left] = sample(left, r, last)
        sums[left] += ahead[left, 0]
        ahead, r = ahead[:, 1:], r + 1


def _variances(start: Float) -> Float:
    """First-stage variances of the differences of each two plans, [K, K]."""
    differences = start[:, None, :] - start[None, :, :]
    variances: Float = differences.var(axis=2, ddof=1)
    return variances


def _kept(left: list[int], means: Float, spread: Float, r: int, zone: float) -> list[int]:
    """The plans that are not too far behind any other one that is left; all are judged before any is dropped."""
    width = np.maximum(0.0, zone / (2.0 * r) * (spread[np.ix_(left, left)] - r))
    behind = (means[left][None, :] - means[left][:, None] > width).sum(axis=1)
    return [plan for plan, times in zip(left, behind, strict=True) if times == 0]
