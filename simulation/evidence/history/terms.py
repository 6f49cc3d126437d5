"""Contract terms on whole columns of days: calendar months from an anchor, the day clipped to its month."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["add_months", "next_due"]

Days = npt.NDArray[np.datetime64]


def add_months(day: Days, months: npt.NDArray[Any] | int) -> Days:
    """Days (datetime64[D]) plus calendar months; always from the anchor, as `simulation.model.dates` does."""
    month = day.astype("M8[M]")
    goal = month + months
    length = ((goal + 1).astype("M8[D]") - goal.astype("M8[D]")).astype(np.int64)
    within = np.minimum((day - month.astype("M8[D]")).astype(np.int64), length - 1)
    result: Days = goal.astype("M8[D]") + within
    return result


def next_due(anchor: Days, term: npt.NDArray[Any], after: Days, *, least: int = 1) -> Days:
    """The first end of a term on or after a day.

    Parameters
    ----------
    anchor
        First day of the contract; NaT gives NaT.
    term
        Months, at least 1.
    after
        The day.
    least
        How many terms must have passed at the least: 0 allows the anchor itself.
    """
    months = (after.astype("M8[M]") - anchor.astype("M8[M]")).astype(np.int64)
    gone = np.where(np.isnat(anchor) | np.isnat(after), 0, months)
    terms = np.maximum(gone // np.maximum(term, 1), least)
    due = add_months(anchor, terms * term)
    result: Days = np.where(due < after, add_months(anchor, (terms + 1) * term), due)
    return result
