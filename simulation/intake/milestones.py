"""Milestones of exports brought into the order of the journey."""

from __future__ import annotations

import datetime as dt

from simulation.intake.happened import Row
from simulation.intake.misfit import Misfit

__all__ = ["in_order"]


def in_order(rows: list[Row], journey: tuple[str, ...], joined: dt.date) -> tuple[list[Row], list[Misfit]]:
    """The rows of a member with its milestones in order.

    Parameters
    ----------
    rows
        Everything of the member.
    journey
        Its milestones.
    joined
        When it joined: a milestone cannot have been reached before.

    Returns
    -------
    rows : list of Row
        Of each milestone the first row. Who reached a later milestone has reached the earlier ones by then: one
        that is missing or dated later gets that day, and the first day on which it can have been.
    misfits : list of Misfit
        Milestones that another segment has.
    """
    others = [row for row in rows if row.event != "milestone"]
    first: dict[str, Row] = {}
    misfits = []
    for row in sorted((row for row in rows if row.event == "milestone"), key=lambda one: (one.date, one.line)):
        if row.name not in journey:
            text = f"there is no milestone {row.name!r} in the journey of the member's segment"
            misfits.append(Misfit(row.file, row.line, "", "milestone of another segment", text))
        else:
            first.setdefault(row.name, row)
    latest: Row | None = None
    placed: dict[str, Row] = {}
    for name in reversed(journey):
        own = first.get(name)
        if latest is not None and (own is None or own.date > latest.date):
            placed[name] = latest._replace(name=name, low=joined)
        elif own is not None:
            placed[name] = own
            latest = own
    result: list[Row] = []
    low = joined
    for name in journey:
        if name in placed:
            row = placed[name]
            if row.low is not None:
                row = row._replace(low=low) if low < row.date else row._replace(low=None)
            result.append(row)
            low = row.date
    return others + result, misfits
