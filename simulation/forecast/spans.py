"""Spans of time over which a measure is read: the horizon, periods and windows, as ranges of cells."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from simulation.engine.ledger import DAY_SECONDS, Frame, Int


@dataclass(frozen=True)
class Spans:
    """Spans of whole cells.

    Attributes
    ----------
    kind
        "horizon", "period" or "window".
    labels
        Name of each span.
    first, last
        int64[N], first cell and the one after the last.
    cohort
        int64[N], place of the window with the same days among the frame's windows; -1 when there is none.
    seconds
        int64[N], length.
    """

    kind: str
    labels: tuple[str, ...]
    first: Int
    last: Int
    cohort: Int
    seconds: Int


def spans_of(
    frame: Frame,
    *,
    by: str = "horizon",
    period: str | None = None,
    window: str | None = None,
    within: float | None = None,
) -> Spans:
    """Resolve a request for time to spans.

    Parameters
    ----------
    by
        "horizon" (one span), "period" (all periods) or "window" (all windows).
    period, window
        Label of one period, name of one window; they override `by`.
    within
        Days from the start; must be an edge of the run's cells.

    Raises
    ------
    ValueError
        For an unknown name, a day that is not an edge, or more than one of `period`, `window`, `within`.
    """
    if sum(one is not None for one in (period, window, within)) > 1:
        raise ValueError("give only one of period, window and within")
    if period is not None:
        one = frame.periods[_place(period, [each.label for each in frame.periods], "period")]
        return _spans(frame, "period", [(one.label, one.first_cell, one.last_cell_exclusive)])
    if window is not None:
        found = frame.windows[_place(window, [each.name for each in frame.windows], "window")]
        return _spans(frame, "window", [(found.name, found.first_cell, found.last_cell_exclusive)])
    if within is not None:
        return _spans(frame, "window", [(f"{within:g} days", 0, edge(frame, within))])
    if by == "horizon":
        return _spans(frame, "horizon", [("horizon", 0, frame.cells)])
    if by == "period":
        every = [(one.label, one.first_cell, one.last_cell_exclusive) for one in frame.periods]
        return _spans(frame, "period", every)
    if by == "window":
        each = [(one.name, one.first_cell, one.last_cell_exclusive) for one in frame.windows]
        return _spans(frame, "window", each)
    raise ValueError(f"by must be 'horizon', 'period' or 'window', not {by!r}")


def edge(frame: Frame, day: float) -> int:
    """Cell edge at a day since the start.

    Raises
    ------
    ValueError
        When no cell starts or ends on that day.
    """
    place = np.nonzero(frame.cell_edges == day)[0]
    if len(place) == 0 or day <= 0:
        known = ", ".join(str(one) for one in frame.cell_edges[1:])
        raise ValueError(f"day {day:g} is not counted apart in this run; counted days: {known}")
    return int(place[0])


def _spans(frame: Frame, kind: str, ranges: list[tuple[str, int, int]]) -> Spans:
    windows = {(one.first_cell, one.last_cell_exclusive): place for place, one in enumerate(frame.windows)}
    first = np.array([one for _, one, _ in ranges], np.int64)
    last = np.array([one for _, _, one in ranges], np.int64)
    return Spans(
        kind,
        tuple(label for label, _, _ in ranges),
        first,
        last,
        np.array([windows.get((one, end), -1) for _, one, end in ranges], np.int64),
        (frame.cell_edges[last] - frame.cell_edges[first]) * DAY_SECONDS,
    )


def _place(name: str, names: list[str], what: str) -> int:
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names[:12])}"
        raise ValueError(f"unknown {what} {name!r}{hint}")
    return names.index(name)
