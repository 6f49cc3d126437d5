"""Statistics of differences between two scenarios that were run on the same futures.

Futures of equal number meet the same people, the same luck and the same draws of the shared assumptions, so they
are subtracted one by one. Those that share an assumption point are not independent: intervals rest on the means
over points.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from simulation.forecast.statistics import LEVEL, Float, Groups, Probability, means, percentiles, proportion

__all__ = [
    "Difference", "Pairing", "difference", "difference_of_chances", "futures_to_settle", "mean_difference", "pairing",
    "point_means",
]  # fmt: skip

POWER = 0.8
"""Chance with which the further futures are to settle what the present ones leave open."""
MOST = 10_000_000
"""Beyond so many futures no number is named."""
FEWEST = 5
"""Points below which no number is named: their standard deviation is hardly known."""


@dataclass(frozen=True)
class Pairing:
    """What pairing has gained: how much smaller it made the variance of the mean difference.

    Attributes
    ----------
    factor, low, high
        Variance unpaired / variance paired with its 95% interval; infinite when the difference is the same in
        every future, NaN when nothing varies.
    paired, unpaired
        Variance of the mean difference as it is, and as it would be with as many unpaired futures.
    """

    factor: float
    low: float
    high: float
    paired: float
    unpaired: float


@dataclass(frozen=True)
class Difference:
    """The distribution of a difference, alternative less base.

    Attributes
    ----------
    mean, low, high
        Mean with its paired 95% interval.
    p10, p50, p90
        Percentiles over the futures.
    better
        Probability that the alternative is better; NaN when the measure has no better side.
    equal
        Share of the futures without any difference.
    pairing
        What pairing has gained.
    futures
        Number of futures in which both are defined.
    further
        Futures to run in addition so that the interval of the mean leaves out zero, with a chance of 80% if the
        difference is what it seems; 0 when it does already, NaN when no number is in sight.
    """

    mean: float
    low: float
    high: float
    p10: float
    p50: float
    p90: float
    better: Probability
    equal: float
    pairing: Pairing
    futures: int
    further: float

    @property
    def settled(self) -> bool:
        """Whether the interval of the mean leaves out zero."""
        return self.low > 0 or self.high < 0


def difference(base: Float, other: Float, groups: Groups, better: int) -> Difference:
    """Describe the difference of two measures, future by future.

    Parameters
    ----------
    base, other
        [R], the measure in each future; futures in which either is undefined are left out.
    groups
        int64[R], which futures are not independent of each other.
    better
        1 where more is better, -1 where less is, 0 where neither.
    """
    gap = _gap(base, other)
    mean, low, high, futures = (one[0] for one in means(gap[:, None], groups))
    known = gap[~np.isnan(gap)]
    p10, p50, p90 = (float(one) for one in percentiles(gap[:, None], (10, 50, 90))[:, 0])
    nothing = Probability(np.nan, np.nan, np.nan, int(futures))
    return Difference(
        float(mean),
        float(low),
        float(high),
        p10,
        p50,
        p90,
        proportion(gap, gap * better > 0, groups) if better else nothing,
        float((known == 0).mean()) if len(known) else np.nan,
        pairing(base, other, groups),
        int(futures),
        futures_to_settle(point_means(gap, groups), futures=int(futures)),
    )


def mean_difference(gaps: Float, groups: Groups, several: int = 1) -> tuple[float, float, float]:
    """Mean of paired differences [R] with its 95% interval, one of `several` that hold together (Bonferroni)."""
    mean, low, high, _ = (float(one[0]) for one in means(gaps[:, None], groups))
    freedom, tail = len(np.unique(groups)) - 1, (1 - LEVEL) / 2
    if several == 1 or freedom < 1:
        return mean, low, high
    wider = float(stdtrit(freedom, 1 - tail / several) / stdtrit(freedom, 1 - tail))
    return mean, mean - wider * (mean - low), mean + wider * (high - mean)


def difference_of_chances(gaps: Float, groups: Groups, several: int = 1) -> tuple[float, float, float]:
    """Mean difference of two paired chances with its 95% interval.

    Parameters
    ----------
    gaps
        [R]: 1 where only the second happened, -1 where only the first did, 0 where both did or neither.
    groups
        int64[R], which futures are not independent of each other.
    several
        The interval is one of so many that hold together (Bonferroni).

    Returns
    -------
    mean, low, high
        NaN without futures.

    Notes
    -----
    Few futures may differ, or none: then the plain interval is too narrow, and it is widened to that of Agresti and
    Min (2005), "Simple improved confidence intervals for comparing matched proportions", Statistics in Medicine
    24(5), 729-740, who add half a future to each of the four outcomes of a pair. Futures of a group may well
    agree, so groups are what counts.
    """
    if not len(gaps):
        return np.nan, np.nan, np.nan
    mean, low, high = mean_difference(gaps, groups, several)
    points = len(np.unique(groups))
    size, more, less = points + 2.0, *(points * float((one > 0).mean()) + 0.5 for one in (gaps, -gaps))
    middle = (more - less) / size
    quantile = float(ndtri(1 - (1 - LEVEL) / 2 / several))
    half = quantile * float(np.sqrt(more + less - (more - less) ** 2 / size)) / size
    low, high = (middle if np.isnan(end) else end for end in (low, high))
    return mean, max(min(low, middle - half), -1.0), min(max(high, middle + half), 1.0)


def pairing(base: Float, other: Float, groups: Groups) -> Pairing:
    """Measure what pairing has gained.

    With the means over points a_i of the base and b_i of the alternative, n of them,

        factor = (var(a) + var(b)) / var(b - a).

    The numerator is what independent runs of equal size would have: it is the mean of var(b_j - a_i) over all
    pairings of different points, up to a part of the order 1 / n. The interval is a jackknife of log(factor).
    """
    known = np.isfinite(base) & np.isfinite(other)
    base, other, groups = base[known], other[known], groups[known]
    first, second = point_means(base, groups), point_means(other, groups)
    n = len(first)
    if n < 2:
        return Pairing(np.nan, np.nan, np.nan, np.nan, np.nan)
    gap = point_means(_gap(base, other), groups)
    paired = float(np.var(gap, ddof=1))
    unpaired = float(np.var(first, ddof=1) + np.var(second, ddof=1))
    whole = _quotient(unpaired, paired)
    low = high = whole
    if n > 2 and np.isfinite(whole) and whole > 0:
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(_without_one(first) + _without_one(second)) - np.log(_without_one(gap))
        error = float(np.sqrt((n - 1) / n * ((logs - logs.mean()) ** 2).sum()))
        half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
        low, high = (whole * float(np.exp(sign * half)) if np.isfinite(half) else np.nan for sign in (-1, 1))
    return Pairing(whole, low, high, paired / n, unpaired / n)


def point_means(values: Float, groups: Groups) -> Float:
    """Mean over the defined futures of each group [G], in the order of the groups; groups without any are dropped."""
    known = ~np.isnan(values)
    _, place = np.unique(groups[known], return_inverse=True)
    mean: Float = np.bincount(place, values[known]) / np.bincount(place)
    return mean


def futures_to_settle(gaps: Float, *, futures: int, level: float = LEVEL, sides: int = 2, pairs: int = 1) -> float:
    """Futures to run in addition so that an interval of the mean difference leaves out zero.

    Parameters
    ----------
    gaps
        [G], means over points of the difference.
    futures
        Futures behind them.
    level, sides, pairs
        Confidence of the interval, whether it has one side or two, and among how many comparisons the error is
        shared (Bonferroni).

    Returns
    -------
    float
        0 when it leaves out zero already; NaN when there is nothing to measure, too little to judge by (fewer than 5
        points) or no end in sight.

    Notes
    -----
    The usual size of a sample for a mean d with standard deviation s (Law 2015, section 10.2; Nelson & Matejcik
    1995 use the same form): the smallest n with n >= ((t + z) s / d)^2 points, t the quantile of the interval with
    n - 1 degrees of freedom and z that of a chance of 80%, here as long as d stays what it is now.
    """
    n = len(gaps)
    if n < 2:
        return float("nan")
    mean, spread = float(np.mean(gaps)), float(np.std(gaps, ddof=1))
    if mean == 0:
        return float("nan")
    share = 1 - (1 - level) / (sides * pairs)
    if abs(mean) > float(stdtrit(n - 1, share)) * spread / np.sqrt(n):
        return 0.0
    if n < FEWEST:
        return float("nan")

    def enough(points: int) -> bool:
        return points >= ((float(stdtrit(points - 1, share)) + float(ndtri(POWER))) * spread / mean) ** 2

    most = max(int(MOST * n / futures), n + 1)
    if not enough(most):
        return float("nan")
    # t falls with n, so that what is enough stays enough: bisection finds the smallest.
    needed = bisect_left(range(n + 1, most + 1), True, key=enough) + n + 1
    return float(np.ceil((needed - n) * futures / n))


def _gap(base: Float, other: Float) -> Float:
    """Difference; two equal infinities differ by nothing."""
    with np.errstate(invalid="ignore"):
        gap: Float = np.asarray(other, np.float64) - np.asarray(base, np.float64)
    return np.where(np.isinf(base) & (base == other), 0.0, gap)


def _without_one(values: Float) -> Float:
    """Variance without each value in turn."""
    n = len(values)
    rest = values - values.mean()
    variance: Float = np.maximum((rest**2).sum() - rest**2 * n / (n - 1), 0.0) / (n - 2)
    return variance


def _quotient(unpaired: float, paired: float) -> float:
    if paired > 0:
        return unpaired / paired
    return float("inf") if unpaired > 0 else float("nan")
