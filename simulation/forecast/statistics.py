"""Statistics over futures: percentiles, and intervals that know of shared assumption points.

Replications that share an assumption point are not independent, so every interval is computed from sums over
points (clusters); without assumptions each replication is its own cluster.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

LEVEL = 0.95
Z = 1.959963984540054
"""Normal quantile of (1 + LEVEL) / 2."""


@dataclass(frozen=True)
class Probability:
    """A probability with its Monte Carlo interval; `float()` gives the value.

    Attributes
    ----------
    value
        Share of the futures, where defined.
    low, high
        95% interval (Wilson 1927, with the effective number of futures when some share assumptions).
    futures
        Number of futures in which the measure is defined.
    undefined
        Number of futures left out, because the measure is 0/0 there.
    """

    value: float
    low: float
    high: float
    futures: int
    undefined: int = 0

    def __float__(self) -> float:
        """Return the value."""
        return self.value

    def __str__(self) -> str:
        """Return the value with its interval, in percent."""
        text = f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%}, {self.futures} futures"
        return text + (f", undefined in {self.undefined})" if self.undefined else ")")


def ratio(top: npt.ArrayLike, bottom: npt.ArrayLike) -> Float:
    """Quotient; 0/0 is NaN, x/0 is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Float = np.asarray(top, np.float64) / np.asarray(bottom, np.float64)
    return quotient


def percentiles(values: Float, wanted: tuple[float, ...]) -> Float:
    """Percentiles [len(wanted), N] over the futures of values [R, N]; NaN is skipped, all NaN gives NaN.

    Linear between order statistics; where a future is infinite, the order statistic itself.
    """
    shares = np.asarray(wanted, np.float64) / 100
    out = np.full((len(shares), values.shape[1]), np.nan)
    missing = np.isnan(values)
    infinite = np.asarray(np.isinf(values).any(axis=0))
    plain = np.asarray(~missing.any(axis=0)) & ~infinite
    if plain.any():
        out[:, plain] = np.quantile(values[:, plain], shares, axis=0)
    for column in np.nonzero(~plain & ~missing.all(axis=0))[0]:
        known = values[~missing[:, column], column]
        method = "inverted_cdf" if infinite[column] else "linear"
        out[:, column] = np.quantile(known, shares, method=method)  # type: ignore[call-overload]
    return out


def means(values: Float, groups: Groups) -> tuple[Float, Float, Float, npt.NDArray[np.int64]]:
    """Mean over futures of values [R, N], with a 95% interval from the sums over groups.

    Returns
    -------
    mean, low, high, futures
        Each [N]; `futures` is the number of futures that are defined. With fewer than two groups the interval
        is NaN. With groups of equal size this is the t interval of the group means.
    """
    from scipy.special import stdtrit  # heavy

    known = ~np.isnan(values)
    count = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        mean = filled.sum(axis=0) / count
        error = np.sqrt(_cluster_square(np.where(known, values - mean, 0.0), groups)) / count
        clusters = (_sums(known.astype(np.float64), groups) > 0).sum(axis=0)
        half = stdtrit(np.maximum(clusters - 1, 1), (1 + LEVEL) / 2) * error
    return mean, mean - half, mean + half, count


def share(top: Float, bottom: Float, groups: Groups) -> Probability:
    """Ratio of sums over all futures, sum(top) / sum(bottom), as a share with its interval.

    The error is that of the ratio estimator over groups; it is turned into an effective number of trials (at
    most sum(bottom)) for Wilson's interval, which stays within 0 and 1. `futures` is sum(bottom), the trials.
    """
    trials = float(bottom.sum())
    if trials <= 0:
        return Probability(np.nan, np.nan, np.nan, 0)
    value = float(top.sum()) / trials
    residual = (top - value * bottom)[:, None]
    square = float(_cluster_square(residual, groups)[0]) / trials**2
    if np.isnan(square):
        return Probability(value, np.nan, np.nan, round(trials))
    if not 0 <= value <= 1:
        half = Z * float(np.sqrt(square))
        return Probability(value, value - half, value + half, round(trials))
    effective = min(value * (1 - value) / square, trials) if square > 0 else trials
    return Probability(value, *_wilson(value, effective), round(trials))


def proportion(values: Float, hits: npt.NDArray[np.bool_], groups: Groups, level: float = LEVEL) -> Probability:
    """Share of the defined futures that are hits, with Wilson's interval at a level.

    The effective number of futures lies between the number of groups and the number of futures.
    """
    known = ~np.isnan(values)
    futures = int(known.sum())
    undefined = len(values) - futures
    if futures == 0:
        return Probability(np.nan, np.nan, np.nan, 0, undefined)
    groups = groups[known]
    hit = hits[known].astype(np.float64)
    value = float(hit.mean())
    clusters = len(np.unique(groups))
    square = float(_cluster_square((hit - value)[:, None], groups)[0]) / futures**2
    effective = float(clusters)
    if square > 0:  # false for NaN too
        effective = min(max(value * (1 - value) / square, clusters), futures)
    return Probability(value, *_wilson(value, effective, level), futures, undefined)


def _wilson(value: float, trials: float, level: float = LEVEL) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927)."""
    z = Z if level == LEVEL else NormalDist().inv_cdf((1 + level) / 2)
    centre = (value + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(value * (1 - value) / trials + z**2 / (4 * trials**2))
    low = 0.0 if value <= 0 else max(0.0, float(centre - half))
    high = 1.0 if value >= 1 else min(1.0, float(centre + half))
    return low, high


def _sums(values: Float, groups: Groups) -> Float:
    """Sum values [R, N] over the members of each group: [G, N]."""
    order = np.argsort(groups, kind="stable")
    starts = np.nonzero(np.diff(groups[order], prepend=groups[order[0]] - 1))[0]
    total: Float = np.add.reduceat(values[order], starts, axis=0)
    return total


def _cluster_square(residuals: Float, groups: Groups) -> Float:
    """Variance of the sum of residuals [R, N], from the sums over groups; NaN with fewer than two groups."""
    sums = _sums(residuals, groups)
    clusters = len(sums)
    if clusters < 2:
        return np.full(residuals.shape[1], np.nan)
    square: Float = (sums**2).sum(axis=0) * (clusters / (clusters - 1))
    return square
