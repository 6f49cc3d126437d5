"""How a measure runs over the periods: its dates, all futures, and the percentiles between which they lie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.engine.ledger import OPEN
from simulation.forecast.measures import MEASURES, measure_named
from simulation.forecast.statistics import Float, percentiles

if TYPE_CHECKING:
    from simulation.forecast.forecast import Forecast

__all__ = ["BANDS", "bands", "course"]

BANDS = (10, 25, 50, 75, 90)
"""Percentiles of a fan: the median, and the ends of the half and of the four fifths in the middle."""
_OPENED_AS = {
    "in_adoption": "adoption", "in_value": "value", "in_growth": "growth", "journey_complete": "complete",
}  # fmt: skip


def course(forecast: Forecast, measure: str, **where: Any) -> tuple[list[date], Float]:
    """Dates and futures [replication, date] of a measure; a level starts with today's.

    Parameters
    ----------
    measure
        A key of `MEASURES`.
    where
        A selection, as of `Forecast.measure`; a level that starts with today's knows only segments.

    Returns
    -------
    dates
        For a level the start and the ends of the periods, for anything else the middles of the periods.
    values
        float64[R, D], in the unit of the measure.
    """
    what, frame = measure_named(measure), forecast.frame
    values = forecast.measure(measure, by="period", **where).to_numpy().astype(np.float64)
    if what.nature != "stock" or not where.keys() <= {"segment"}:
        return [frame.start + timedelta(days=(one.start_day + one.end_day) // 2) for one in frame.periods], values
    if f"{measure}_open" in MEASURES:
        start = forecast.measure(f"{measure}_open", **where).to_numpy().astype(np.float64)
    else:
        start = _opening(forecast, measure, where.get("segment"))
    dates = [frame.start, *(frame.start + timedelta(days=one.end_day) for one in frame.periods)]
    return dates, np.concatenate([start[:, None], values], axis=1)


def bands(forecast: Forecast, measure: str, *, at: Sequence[float] = BANDS, **where: Any) -> pd.DataFrame:
    """Percentiles of a measure over the periods; parameters as of `course`.

    Returns
    -------
    DataFrame
        Index date; columns P10, P25, P50, P75 and P90 (or those asked for). NaN where no future defines it.
    """
    dates, values = course(forecast, measure, **where)
    found = percentiles(np.where(np.isinf(values), np.nan, values), tuple(at))
    return pd.DataFrame(found.T, pd.Index(dates, name="date"), [f"P{one:g}" for one in at])


def _opening(forecast: Forecast, measure: str, segment: str | None) -> Float:
    """Members in a state at the start: the ledger's opening, over the segments asked for."""
    place = OPEN.index(_OPENED_AS.get(measure, measure))
    opening = forecast.ledger.opening[:, :, place]
    places = slice(None) if segment is None else [forecast.frame.segments.index(segment)]
    total: Float = opening[:, places].sum(axis=1).astype(np.float64)
    return total
