"""What decides a comparison: luck or what we do not know, and which of the assumptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.experiment.comparison import Comparison
from simulation.forecast.facts import evidence_of
from simulation.forecast.spread import Spread, effects, split
from simulation.forecast.statistics import Float

__all__ = ["deciding", "luck_of_difference"]


def luck_of_difference(comparison: Comparison, alternative: str, measure: str, **where: Any) -> Spread:
    """Split the variance of a difference into luck and what we do not know; see `Forecast.luck_and_ignorance`."""
    gap = comparison.difference(measure, alternative, **where).to_numpy()
    points = np.asarray(comparison.base.points, np.int64)
    return split(gap, points, bool(assumption_values(comparison, alternative)))


def deciding(comparison: Comparison, alternative: str, measure: str, **where: Any) -> pd.DataFrame:
    """Which assumption decides a difference, strongest first.

    Parameters
    ----------
    measure, where
        The difference: a measure with a span and a selection as of `Forecast.measure`.

    Returns
    -------
    DataFrame
        Index path; rank_correlation of the assumption with the mean difference at its draw, with low and high (95%);
        share (squared linear correlation); evidence; and for the third of the draws in which the assumption is
        lowest, and that in which it is highest, the mean difference (lowest_mean, highest_mean) and the share of
        futures in which the alternative is better (lowest_better, highest_better).
    """
    gap = comparison.difference(measure, alternative, **where).to_numpy().astype(np.float64)
    values = assumption_values(comparison, alternative)
    table = effects(gap, np.asarray(comparison.base.points, np.int64), values)
    better = comparison.direction(measure)
    rows = [_thirds(gap, values[str(path)], better) for path in table.index]
    names = ["lowest_mean", "highest_mean", "lowest_better", "highest_better"]
    thirds = pd.DataFrame(rows, columns=names, index=table.index, dtype=float)
    facts = [comparison.base.facts, comparison.alternatives[alternative].facts]
    kinds = [next((kind for kind in (evidence_of(one, str(path)) for one in facts[::-1]) if kind != "not stated"),
                  "not stated") for path in table.index]  # fmt: skip
    return table.assign(evidence=kinds).join(thirds)


def assumption_values(comparison: Comparison, alternative: str) -> dict[str, Float]:
    """Draws of the assumptions of the base and of an alternative, by path; what both state is drawn alike.

    Where they state it differently, the draw of the alternative stands.
    """
    return {**comparison.base.assumption_values, **comparison.alternatives[alternative].assumption_values}


def _thirds(gap: Float, draws: Float, better: int) -> tuple[float, float, float, float]:
    low, high = np.quantile(draws, [1 / 3, 2 / 3])
    ends = [gap[chosen & np.isfinite(gap)] for chosen in (draws <= low, draws >= high)]
    if any(len(one) == 0 for one in ends) or low == high:
        return (float("nan"),) * 4
    means = [float(one.mean()) for one in ends]
    shares = [float((one * better > 0).mean()) if better else float("nan") for one in ends]
    return means[0], means[1], shares[0], shares[1]
