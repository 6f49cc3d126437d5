"""How the difference between two scenarios runs over the periods: the percentiles of the paired futures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.forecast.courses import BANDS
from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import percentiles

if TYPE_CHECKING:
    from simulation.experiment.comparison import Comparison

__all__ = ["difference_bands"]


def difference_bands(
    comparison: Comparison, measure: str, alternative: str, *, at: Sequence[float] = BANDS, **where: Any
) -> pd.DataFrame:
    """Percentiles of the difference of a measure, alternative less base, over the periods.

    Parameters
    ----------
    measure, alternative, where
        As of `Comparison.difference`.
    at
        Which percentiles.

    Returns
    -------
    DataFrame
        Index date: for a level the start, where nothing differs yet, and the ends of the periods; for anything else
        the middles of the periods. Columns P10, P25, ... in the unit of the measure; NaN where no future defines it.
    """
    frame = comparison.base.frame
    values = comparison.difference(measure, alternative, by="period", **where).to_numpy().astype(np.float64)
    if measure_named(measure).nature == "stock":
        dates = [frame.start, *(frame.start + timedelta(days=one.end_day) for one in frame.periods)]
        values = np.concatenate([np.zeros((len(values), 1)), values], axis=1)
    else:
        dates = [frame.start + timedelta(days=(one.start_day + one.end_day) // 2) for one in frame.periods]
    found = percentiles(np.where(np.isinf(values), np.nan, values), tuple(at))
    return pd.DataFrame(found.T, pd.Index(dates, name="date"), [f"P{one:g}" for one in at])
