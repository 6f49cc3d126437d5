"""What came: the measures of a history over time, as a forecast would count them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from simulation.evidence.history import CODE, History

__all__ = ["MEASURES", "Observed", "Watched", "is_there", "observed"]

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Watched:
    """A measure that both a history and a forecast have.

    Attributes
    ----------
    title, unit
        On screens; "members", "count" or "money".
    nature
        "stock": on the morning of a day; "flow": from one day to the next.
    events
        Rows that it counts, or whose money it sums.
    assumption
        What of the scenario it mainly rests on.
    needs_arr
        Whether it needs money in the history.
    """

    title: str
    unit: Literal["members", "count", "money"]
    nature: Literal["stock", "flow"]
    events: tuple[str, ...]
    assumption: str
    needs_arr: bool = False


MEASURES: dict[str, Watched] = {
    "members": Watched("Members", "members", "stock", (), "all assumptions together"),
    "arr": Watched("ARR", "money", "stock", (), "all assumptions together", True),
    "joined": Watched("Members joined", "count", "flow", ("joined",), "arrivals"),
    "left": Watched("Members left", "count", "flow", ("left",), "renewal and leaving"),
    "renewals_won": Watched("Renewals won", "count", "flow", ("renewed", "recovered"), "renewal and leaving"),
    "returned": Watched("Members returned", "count", "flow", ("returned",), "returning (win_back)"),
    "new": Watched("New ARR", "money", "flow", ("joined",), "ARR of new members", True),
    "churn": Watched("Churned ARR", "money", "flow", ("left",), "renewal and leaving", True),
    "taken": Watched("Opportunities taken", "count", "flow", ("taken",), "take rates and milestones"),
    "expansion": Watched(
        "Expansion", "money", "flow", ("taken", "push_taken", "expanded"), "take rates and milestones", True
    ),
}
"""Every measure that can be scored, by the name that a forecast has for it."""


@dataclass(frozen=True)
class Observed:
    """Values of the measures at some days.

    Attributes
    ----------
    days
        The first is where the first flow begins.
    values
        By measure: of a stock on each day but the first, of a flow up to each day but the first.
    """

    days: tuple[dt.date, ...]
    values: dict[str, Float]


def is_there(history: History, measure: str) -> bool:
    """Whether a history says anything of a measure: a count that never occurs is no measurement of 0."""
    watched = MEASURES[measure]
    if watched.needs_arr and not (history.levels > 0).any():
        return False
    if watched.nature == "stock":
        return True
    return bool(np.isin(history.codes, [CODE[event] for event in watched.events]).any())


def observed(history: History, days: Sequence[dt.date], measures: Sequence[str]) -> Observed:
    """Count what came.

    Parameters
    ----------
    history
        With everything that is known by now; or `as_of` a day, when only that may be known.
    days
        In order, at least 2.
    measures
        Keys of `MEASURES`.
    """
    settled = history.settled()
    moments = np.array(days, "M8[D]").astype("M8[us]")
    date = settled.frame["date"].to_numpy()
    place = np.searchsorted(moments, date, side="right") - 1
    standing = settled.standing(list(days[1:])).groupby("day")[["members", "arr"]].sum()
    values: dict[str, Float] = {}
    for measure in measures:
        watched = MEASURES[measure]
        if watched.nature == "stock":
            row = standing[measure].reindex(list(days[1:]), fill_value=0).to_numpy(np.float64)
            values[measure] = row / 100 if watched.unit == "money" else row
            continue
        rows = np.isin(settled.codes, [CODE[event] for event in watched.events])
        rows &= (place >= 0) & (place < len(days) - 1)
        weight = _money(settled, watched, rows) if watched.unit == "money" else None
        values[measure] = np.bincount(place[rows], weight, minlength=len(days) - 1).astype(np.float64)
    return Observed(tuple(days), values)


def _money(history: History, watched: Watched, rows: npt.NDArray[np.bool_]) -> Float:
    """Money of some rows, a year."""
    if watched.events == ("left",):
        at = np.flatnonzero(rows)
        before: Float = history.levels[np.maximum(at - 1, 0)] / 100
        return before
    value: Float = np.nan_to_num(history.frame["value"].to_numpy()[rows])
    return value
