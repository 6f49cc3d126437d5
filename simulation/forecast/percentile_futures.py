"""Futures at a percentile whose rows add up, for plans that need one number a line.

Percentiles do not add up: the P10 of ARR is not the P10 of what is new less the P10 of churn, for a future that is
poor in one is seldom as poor in the other. What does add up is a future. A percentile future is therefore the mean
of the futures that are nearest to a percentile of one named measure: "what the year looks like when it ends near
the P10 of ARR". It is exact for the measure that it was chosen by, and typical, not extreme, in all others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.engine.ledger import Int
from simulation.forecast.counts import Counts
from simulation.forecast.futures import Futures, headings
from simulation.forecast.selection import Selection
from simulation.forecast.spans import Spans, spans_of
from simulation.forecast.statistics import Float

__all__ = ["COLUMNS", "LEAST", "NEAREST", "nearest_futures", "percentile_futures"]

NEAREST = 0.05
"""Share of the futures that a percentile future is the mean of."""
LEAST = 10
"""Fewest futures that it is the mean of."""
ALL = "all"
MEMBER_FLOWS = {"joined": 1, "returned": 1, "left": -1}
ARR_FLOWS = {"new": 1, "returned_arr": 1, "expansion": 1, "uplift": 1, "contraction": -1, "churn": -1}
LEDGER_NAMES = {"new": "arr_new", "returned_arr": "arr_returned"}
COLUMNS = (
    "members_open", *MEMBER_FLOWS, "members", "arr_open", *ARR_FLOWS, "arr", "revenue", "fees", "cost", "contribution",
)  # fmt: skip


def nearest_futures(values: Float, percentile: float) -> npt.NDArray[np.intp]:
    """Places of the futures that rank nearest to a percentile, in the order of their rank.

    Parameters
    ----------
    values
        float64[R]; futures where it is NaN have no rank.
    percentile
        0 to 100; its rank is percentile / 100 x (R - 1), as `numpy.quantile` has it.

    Returns
    -------
    intp array
        The nearest 5% of the futures, at least 10 or all that there are.
    """
    known = np.nonzero(~np.isnan(values))[0]
    if len(known) == 0:
        return np.empty(0, np.intp)
    order = known[np.argsort(values[known], kind="stable")]
    count = min(max(LEAST, math.ceil(NEAREST * len(order))), len(order))
    middle = percentile / 100 * (len(order) - 1)
    first = min(max(round(middle - (count - 1) / 2), 0), len(order) - count)
    return order[first : first + count]


def percentile_futures(
    futures: Futures, name: str, spans: Spans, selection: Selection, wanted: Sequence[float], by: str
) -> pd.DataFrame:
    """Futures at percentiles of a measure; see `Forecast.percentile_futures`."""
    values = futures.values(name, spans, selection)[:, 0]
    if np.isnan(values).all():
        raise ValueError(f"{name} is undefined in every future, so no future is at a percentile of it")
    frame = futures.counts.frame
    periods = spans_of(frame, by="period")
    parts = []
    for heading, percentile in zip(headings(tuple(wanted)), wanted, strict=True):
        chosen = nearest_futures(values, percentile)
        table = _table(_atoms(futures.counts, chosen, periods), frame.segments, periods.labels, by)
        table.insert(0, "futures", len(chosen))
        table.insert(1, f"{name}_of_these", float(values[chosen].mean()))
        parts.append(pd.concat({heading: table}, names=["future"]))
    return pd.concat(parts)


def _atoms(counts: Counts, chosen: npt.NDArray[np.intp], periods: Spans) -> dict[str, Int]:
    """Means over the chosen futures, in cents and in hundredths of members: [S, N], openings [S], cost [N].

    Rounded where they are smallest, so that every sum of them is exact.
    """
    one = Counts(counts.frame, type(counts.ledger)(**{key: array[chosen] for key, array in counts.ledger.items()}),
                 counts.team_of)  # fmt: skip
    atoms = {key: _rounded(100 * one.flow(key, periods)) for key in MEMBER_FLOWS}
    atoms |= {key: _rounded(one.flow(LEDGER_NAMES.get(key, key), periods)) for key in (*ARR_FLOWS, "fees")}
    atoms["revenue"] = _rounded(one.revenue(periods))
    atoms["cost"] = _rounded(one.intervention_cost(periods).sum(axis=1) + one.team_cost(periods).sum(axis=1))
    atoms["members_open"] = _rounded(100 * one.levels("members")[..., 0])
    atoms["arr_open"] = _rounded(one.levels("arr")[..., 0])
    return atoms


def _rounded(values: Int | Float) -> Int:
    mean: Int = np.rint(np.asarray(values, np.float64).mean(axis=0)).astype(np.int64)
    return mean


def _table(atoms: dict[str, Int], segments: tuple[str, ...], periods: tuple[str, ...], by: str) -> pd.DataFrame:
    """All segments together and, where there are several, each: by period or over the horizon."""
    parts: dict[str, pd.DataFrame] = {ALL: _rows(atoms, list(range(len(segments))), periods, by, whole=True)}
    if len(segments) > 1:
        parts |= {segment: _rows(atoms, [place], periods, by) for place, segment in enumerate(segments)}
    return pd.concat(parts, names=["segment"])


def _rows(
    atoms: dict[str, Int], places: list[int], periods: tuple[str, ...], by: str, whole: bool = False
) -> pd.DataFrame:
    """Rows of some segments: sums of whole numbers, divided by 100 at the very end."""
    columns: dict[str, Int] = {}
    for flows, stock in ((MEMBER_FLOWS, "members"), (ARR_FLOWS, "arr")):
        columns |= {key: atoms[key][places].sum(axis=0) for key in flows}
        change = sum((sign * columns[key] for key, sign in flows.items()), np.zeros(len(periods), np.int64))
        columns[stock] = atoms[f"{stock}_open"][places].sum() + np.cumsum(change)
        columns[f"{stock}_open"] = columns[stock] - change
    columns |= {key: atoms[key][places].sum(axis=0) for key in ("revenue", "fees")}
    if whole:
        columns["cost"] = atoms["cost"]
        columns["contribution"] = columns["revenue"] + columns["fees"] - columns["cost"]
    if by == "horizon":
        ends = {"members_open": 0, "arr_open": 0, "members": -1, "arr": -1}
        columns = {key: one[[ends[key]]] if key in ends else one.sum(keepdims=True) for key, one in columns.items()}
        periods = ("horizon",)
    table = pd.DataFrame({key: one / 100 for key, one in columns.items()}, index=pd.Index(periods, name="period"))
    return table.reindex(columns=list(COLUMNS))  # teams and interventions serve all segments: no cost of one
