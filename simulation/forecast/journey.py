"""How the population moves through the journey: members by stage and by course over time, milestones reached."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from simulation.engine.ledger import COURSES, STAGES
from simulation.forecast.futures import Futures, headings
from simulation.forecast.spans import spans_of
from simulation.forecast.statistics import Float, percentiles

__all__ = ["EVERYWHERE", "journey"]

EVERYWHERE = "all segments"
"""Segment of the rows of sums; no segment can have such a name."""


def journey(futures: Futures, wanted: tuple[float, ...]) -> pd.DataFrame:
    """Members by stage and course at the start and at the end of every period, milestones reached within each.

    Returns
    -------
    DataFrame
        Index segment (each, and `EVERYWHERE` last where there are several), what ("stage", "course" or "reached"),
        name (of the stage, course or milestone, in order) and moment: a level's day, or the end of the period in
        which milestones were reached. Columns are the percentiles over the futures. A milestone that two segments
        share by name is counted together in the rows of all.
    """
    counts = futures.counts
    frame, spans = counts.frame, spans_of(counts.frame, by="period")
    edges = [0, *spans.last.tolist()]
    moments = [frame.start + timedelta(days=int(frame.cell_edges[edge])) for edge in edges]
    reached = counts.milestone(("reached",), spans)
    parts: list[tuple[str, list[int]]] = [(name, [place]) for place, name in enumerate(frame.segments)]
    if len(parts) > 1:
        parts.append((EVERYWHERE, list(range(len(frame.segments)))))
    rows: list[pd.DataFrame] = []

    def add(segment: str, what: str, name: str, values: Float, days: list[date]) -> None:
        keys: list[Any] = [[segment], [what], [name], days]
        index = pd.MultiIndex.from_product(keys, names=["segment", "what", "name", "moment"])
        rows.append(pd.DataFrame(percentiles(values, wanted).T, index=index, columns=headings(wanted)))

    for segment, places in parts:
        for what, states in (("stage", STAGES), ("course", COURSES)):
            for state in states:
                levels = counts.levels(state)[:, places].sum(axis=1)[:, edges]
                add(segment, what, state, levels.astype(np.float64), moments)
        own = [frame.segments[place] for place in places]
        names = dict.fromkeys(name for its, name, _, _ in frame.milestones if its in own)
        for name in names:
            which = [place for place, one in enumerate(frame.milestones) if one[0] in own and one[1] == name]
            add(segment, "reached", name, reached[:, which].sum(axis=1).astype(np.float64), moments[1:])
    return pd.concat(rows)
