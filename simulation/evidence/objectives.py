"""The objectives to manage against: what is expected by milestone within 30, 60 and 90 days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.engine.ledger import MS
from simulation.forecast import Forecast
from simulation.forecast.spans import edge
from simulation.forecast.statistics import Float, percentiles

__all__ = ["ALL", "DAYS", "EVERYWHERE", "QUANTITIES", "milestone_objectives"]

DAYS = (30, 60, 90)
ALL, EVERYWHERE = "all milestones", "all segments"
"""Milestone and segment of the rows of sums; no milestone or segment can have such a name."""
QUANTITIES = ("reach", "take", "arr")
LIMITS = (10.0, 90.0)


def milestone_objectives(forecast: Forecast, days: Sequence[int] = DAYS) -> pd.DataFrame:
    """Expected results by milestone cohort, with what is likely.

    Parameters
    ----------
    forecast
        Of any scenario.
    days
        Lengths of the windows from the start, in days; each must be counted apart in the run, as 30, 60 and 90
        days and those of the scenario's objectives are.

    Returns
    -------
    DataFrame
        Index days, segment and milestone in the order of the journeys, then `ALL` milestones of each segment where it
        has several, and of all segments where there are several. Columns until (the first day outside), stage, kind
        of the opportunity, and of each of `reach` (members reaching the milestone), `take` (opportunities taken) and
        `arr` (the ARR that the takes add, currency units a year): its mean, and P10 and P90 over the futures, as
        `reach`, `reach_P10`, `reach_P90` and so on. Sales pushed for a quota before the milestone are not in it.

    Raises
    ------
    ValueError
        When a window is longer than the run or not counted apart.

    Notes
    -----
    Means add up over the milestones, percentiles do not: the rows of sums have those of the sum in each future.
    """
    frame, ledger = forecast.frame, forecast.ledger.milestones
    places = [MS.index(name) for name in ("reached", "taken", "expansion")]
    several = len(frame.segments) > 1
    rows = []
    for length in days:
        cells = edge(frame, length)
        counts = ledger[:, :, :cells][..., places].sum(axis=2).astype(np.float64)  # [futures, milestone, quantity]
        counts[..., 2] /= 100
        until = frame.start + pd.Timedelta(days=length)
        for segment in frame.segments:
            own = [place for place, key in enumerate(frame.milestones) if key[0] == segment]
            for place in own:
                _, milestone, stage, kind = frame.milestones[place]
                rows.append((length, segment, milestone, until, stage, kind or "", *_figures(counts[:, place])))
            if len(own) > 1:
                rows.append((length, segment, ALL, until, "", "", *_figures(counts[:, own].sum(axis=1))))
        if several:
            rows.append((length, EVERYWHERE, ALL, until, "", "", *_figures(counts.sum(axis=1))))
    figures = [f"{name}{end}" for name in QUANTITIES for end in ("", "_P10", "_P90")]
    columns = ["days", "segment", "milestone", "until", "stage", "kind", *figures]
    return pd.DataFrame(rows, columns=columns).set_index(["days", "segment", "milestone"])


def _figures(counts: Float) -> list[float]:
    """Mean, P10 and P90 of each column."""
    low, high = percentiles(counts, LIMITS)
    return [float(one) for trio in zip(counts.mean(axis=0), low, high, strict=True) for one in trio]
