"""How much of the spread is luck, and how much is what we do not know."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from simulation.forecast.statistics import Float, Groups, Z


@dataclass(frozen=True)
class Spread:
    """The variance of a measure, split into chance and assumptions.

    Attributes
    ----------
    variance
        luck + ignorance (raw), in squared units of the measure.
    luck
        E[Var(Y | assumptions)] = mean of (Y1 - Y2)^2 / 2 over pairs that share an assumption point.
    ignorance
        Var(E[Y | assumptions]), the ANOVA remainder; an estimate, so it may fall below zero.
    luck_share, ignorance_share
        Shares for display: ignorance clipped at zero, the two adding up to 1.
    share_low, share_high
        95% interval of the ignorance share (jackknife over pairs), clipped to 0..1.
    pairs
        Pairs of replications used.
    skipped
        Replications left out: undefined, or without their twin.
    note
        What to tell the reader.
    """

    variance: float
    luck: float
    ignorance: float
    luck_share: float
    ignorance_share: float
    share_low: float
    share_high: float
    pairs: int
    skipped: int
    note: str

    def to_frame(self) -> pd.DataFrame:
        """Return the split as a table of one row."""
        return pd.DataFrame([asdict(self)])

    def __str__(self) -> str:
        """Return the note."""
        return self.note


def split(values: Float, points: Groups, has_assumptions: bool) -> Spread:
    """Split the variance of values [R] by the assumption point of each replication.

    Only points with exactly two defined replications count. Without assumptions all of the spread is luck.
    """
    known = ~np.isnan(values) & np.isfinite(values)
    if not has_assumptions:
        sample = values[known]
        variance = float(np.var(sample, ddof=1)) if len(sample) > 1 else np.nan
        note = "The scenario states no assumptions: all of the spread is luck."
        return Spread(variance, variance, 0.0, 1.0, 0.0, 0.0, 0.0, 0, int((~known).sum()), note)
    first, second = twins(values, points)
    pairs = len(first)
    skipped = len(values) - 2 * pairs
    if pairs < 2:
        note = "Too few pairs of futures that share their assumptions to tell luck from ignorance."
        nan = float("nan")
        return Spread(nan, nan, nan, nan, nan, nan, nan, pairs, skipped, note)
    half = (first - second) ** 2 / 2
    mean = (first + second) / 2
    luck = float(half.mean())
    between = float(np.var(mean, ddof=1))
    ignorance = between - luck / 2
    share = _share(luck, ignorance)
    low, high = _jackknife(half, mean, share)
    note = (
        f"About {share:.0%} of the variance is what we do not know (95% interval {low:.0%} to {high:.0%}) "
        f"and {1 - share:.0%} is luck, from {pairs} pairs of futures."
    )
    if np.isnan(share):
        note = "The measure is the same in every future: there is no spread to split."
    return Spread(luck + ignorance, luck, ignorance, 1 - share, share, low, high, pairs, skipped, note)


def twins(values: Float, points: Groups) -> tuple[Float, Float]:
    """Return the two values of every point that has exactly two finite ones, in the order of points."""
    known = np.isfinite(values)
    points, values = points[known], values[known]
    order = np.argsort(points, kind="stable")
    unique, first, count = np.unique(points[order], return_index=True, return_counts=True)
    place = first[count == 2]
    ordered = values[order]
    return ordered[place], ordered[place + 1]


def effects(values: Float, points: Groups, assumptions: dict[str, Float]) -> pd.DataFrame:
    """Which assumption moves the measure: rank correlation with the means over points.

    Returns
    -------
    DataFrame
        Index `path`; `rank_correlation` (Spearman) with its 95% interval `low`, `high` (Fisher z, with the
        standard error of Bonett and Wright 2000); `share`, the squared linear correlation. Strongest first.
    """
    rows = []
    known = np.isfinite(values)
    unique, place, inverse = np.unique(points[known], return_index=True, return_inverse=True)
    mean = np.bincount(inverse, values[known]) / np.bincount(inverse) if known.any() else np.empty(0)
    for path, draws in assumptions.items():
        drawn = np.asarray(draws, np.float64)[known][place]
        linear = _correlation(drawn, mean)
        rank = _correlation(_ranks(drawn), _ranks(mean))
        low = high = np.nan
        if len(unique) > 3 and abs(rank) < 1:
            error = Z * np.sqrt((1 + rank**2 / 2) / (len(unique) - 3))
            low, high = np.tanh(np.arctanh(rank) - error), np.tanh(np.arctanh(rank) + error)
        rows.append((path, rank, low, high, linear**2))
    names = ["path", "rank_correlation", "low", "high", "share"]
    table = pd.DataFrame(rows, columns=names).set_index("path")
    return table.sort_values("rank_correlation", key=np.abs, ascending=False)


def _ranks(values: Float) -> Float:
    """Ranks from 1; equal values share the mean of theirs (scipy.stats would take half a second to import)."""
    return np.asarray(pd.Series(values).rank(), np.float64)


def _correlation(left: Float, right: Float) -> float:
    if len(left) < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    return float(np.corrcoef(left, right)[0, 1])


def _share(luck: float, ignorance: float) -> float:
    known = max(ignorance, 0.0)
    return known / (luck + known) if luck + known > 0 else float("nan")


def _jackknife(half: Float, mean: Float, share: float) -> tuple[float, float]:
    """Interval of the (unclipped) share of ignorance by leaving out one pair at a time."""
    pairs = len(half)
    if pairs < 3 or np.isnan(share):
        return float("nan"), float("nan")
    luck = (half.sum() - half) / (pairs - 1)
    rest = mean - mean.mean()
    total = (rest**2).sum()
    between = (total - rest**2 * pairs / (pairs - 1)) / (pairs - 2)
    ignorance = between - luck / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = ignorance / (luck + ignorance)
    error = Z * np.sqrt((pairs - 1) / pairs * ((shares - shares.mean()) ** 2).sum())
    return float(np.clip(share - error, 0, 1)), float(np.clip(share + error, 0, 1))
