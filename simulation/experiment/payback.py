"""What an alternative costs more, what it brings, and when it has paid for itself: as distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.experiment.pairs import Difference
from simulation.forecast.statistics import Float, Probability, means, percentiles, proportion, ratio

if TYPE_CHECKING:
    from simulation.experiment.comparison import Comparison

__all__ = ["Payback", "payback", "payback_periods"]

NEVER = -1
"""Not within the horizon."""


@dataclass(frozen=True)
class Payback:
    """Cost, contribution, return and payback of an alternative, over the base.

    Attributes
    ----------
    cost, contribution
        Distribution of the difference over the horizon.
    roi, roi_low, roi_high
        Mean incremental contribution over mean incremental cost, with the 95% interval of a ratio (Fieller 1954);
        NaN when the alternative does not cost more on average, or when the interval has no ends.
    roi_p10, roi_p50, roi_p90
        Percentiles over those futures in which it costs more; `roi_futures` is their number.
    table
        Index period; chance (of being paid back first at its end), low and high, and by_then (the sum so far). The
        last row, "not within the horizon", completes the chances to 1. A future is paid back at the end of the
        first period from which on the cumulative incremental contribution stays at zero or above.
    median
        Period by whose end half of the futures are paid back; None when fewer ever are.
    cumulative
        [R, N] cumulative incremental contribution at the end of each period, and `spent` likewise the cost.
    """

    cost: Difference
    contribution: Difference
    roi: float
    roi_low: float
    roi_high: float
    roi_p10: float
    roi_p50: float
    roi_p90: float
    roi_futures: int
    table: pd.DataFrame
    median: str | None
    cumulative: Float
    spent: Float
    within: Probability


LATE = "not within the horizon"


def payback(comparison: Comparison, alternative: str) -> Payback:
    """Return what an alternative costs and brings over the base, in currency units; see `Payback`."""
    cost, gain = (comparison.difference(one, alternative, by="period") for one in ("cost", "contribution"))
    whole = {one: comparison.difference(one, alternative).to_numpy() for one in ("cost", "contribution")}
    cumulative = _whole_cents(np.cumsum(gain.to_numpy(), axis=1))
    place = payback_periods(cumulative)
    labels = [str(one) for one in gain["period"].to_numpy()]
    rows = []
    for period, label in [*enumerate(labels), (NEVER, LATE)]:
        chance = proportion(np.zeros(len(place)), place == period, comparison.groups)
        rows.append((label, chance.value, chance.low, chance.high))
    table = pd.DataFrame(rows, columns=["period", "chance", "low", "high"]).set_index("period")
    table.insert(1, "by_then", table["chance"].cumsum().clip(upper=1.0))
    before_end = table["by_then"].iloc[:-1]
    reached = before_end[before_end >= 0.5]
    extra = whole["cost"] > 0
    each = ratio(whole["contribution"], whole["cost"])[extra]
    p10, p50, p90 = percentiles(each[:, None], (10, 50, 90))[:, 0] if len(each) else (np.nan,) * 3
    return Payback(
        comparison.describe("cost", alternative),
        comparison.describe("contribution", alternative),
        *fieller(whole["contribution"], whole["cost"], comparison.groups),
        float(p10),
        float(p50),
        float(p90),
        int(extra.sum()),
        table,
        str(reached.index[0]) if len(reached) else None,
        cumulative,
        np.cumsum(cost.to_numpy(), axis=1),
        proportion(np.zeros(len(place)), place != NEVER, comparison.groups),
    )


def payback_periods(cumulative: Float) -> npt.NDArray[np.int64]:
    """First period from whose end on the cumulative gain stays at zero or above.

    Parameters
    ----------
    cumulative
        [R, N], at the end of each period.

    Returns
    -------
    int64[R]
        Number of the period, from 0; -1 where it is not within the horizon.
    """
    below = cumulative < 0
    periods = cumulative.shape[1]
    last = periods - 1 - np.argmax(below[:, ::-1], axis=1)  # last period that ends below zero
    after = np.where(below.any(axis=1), last + 1, 0)
    return np.where(after < periods, after, NEVER).astype(np.int64)


def fieller(top: Float, bottom: Float, groups: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """Ratio of two means of paired values with Fieller's 95% interval.

    Returns
    -------
    value, low, high
        NaN where the mean of `bottom` is not positive; the ends are NaN where `bottom` is not clearly so, for then
        the interval has no ends.

    Notes
    -----
    The ends are the ratios r at which the mean of top - r bottom has an interval that just touches zero: the roots
    of (b^2 - h_bb) r^2 - 2 (a b - h_ab) r + (a^2 - h_aa) = 0 with h the squared half widths (Fieller 1954).
    """
    if not bottom.mean() > 0:
        return float("nan"), float("nan"), float("nan")

    def square(values: Float) -> float:
        mean, low, _, _ = means(values[:, None], groups)
        return float((mean - low)[0]) ** 2

    a, b = float(top.mean()), float(bottom.mean())
    h_aa, h_bb = square(top), square(bottom)
    h_ab = (square(top + bottom) - h_aa - h_bb) / 2
    lead, middle, rest = b**2 - h_bb, a * b - h_ab, a**2 - h_aa
    inside = middle**2 - lead * rest
    if not lead > 0 or not inside >= 0:
        return a / b, float("nan"), float("nan")
    root = float(np.sqrt(inside))
    return a / b, (middle - root) / lead, (middle + root) / lead


def _whole_cents(values: Float) -> Float:
    """Sums without the dust of binary fractions, so that zero is zero."""
    return np.round(values, 2) + 0.0
