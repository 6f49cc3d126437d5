"""How the horizon is laid out in time: cells, periods and windows."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

SHORT_WINDOWS = (30, 60, 90)
"""Days of the windows to manage against."""


@dataclass(frozen=True)
class Period:
    """One period of the plan: days [start_day, end_day) since the start, and the cells it holds."""

    label: str
    start_day: int
    end_day: int
    first_cell: int
    last_cell_exclusive: int


@dataclass(frozen=True)
class Window:
    """One window of a closed cohort: days [start_day, end_day) since the start, and the cells it holds."""

    name: str
    start_day: int
    end_day: int
    first_cell: int
    last_cell_exclusive: int


def make_cells(
    start: date,
    days: int,
    periods: str = "month",
    fiscal_year_starts: int = 1,
    extra: Iterable[int] = (),
) -> tuple[npt.NDArray[np.int64], tuple[Period, ...], tuple[Window, ...]]:
    """Lay out the cells, the periods and the windows of a run.

    Parameters
    ----------
    start
        First day of the run.
    days
        Whole days of the horizon.
    periods
        ``"month"`` (calendar, '2027-01'), ``"quarter"`` (of the fiscal year, 'FY27 Q1'; a fiscal year is
        named after the calendar year in which it ends) or ``"week"`` (ISO, '2027-W01'). The first and the
        last are clipped.
    fiscal_year_starts
        Number of the month in which the fiscal year starts.
    extra
        Lengths in days of more windows from the start, such as those of the objectives; those beyond the
        horizon are left out.

    Returns
    -------
    cell_edges
        int64[C+1], days since `start`.
    periods
        The periods, in order; together they cover the horizon.
    windows
        '30 days', '60 days', '90 days' and the extra ones where they fit, 'horizon', 'P:<label>' for
        each period, and the trailing twelve calendar months 'T12:<label>' up to each period's end where they
        fit.

    Raises
    ------
    ValueError
        When the horizon is not positive, the kind of period is unknown, or the month is not 1 to 12.
    """
    if days < 1:
        raise ValueError(f"the horizon must be at least one day, not {days}")
    if not 1 <= fiscal_year_starts <= 12:
        raise ValueError(f"fiscal_year_starts must be a month from 1 to 12, not {fiscal_year_starts}")
    spans: list[tuple[str, int, int]] = []
    day = 0
    while day < days:
        label, following = _period_of(start + timedelta(days=day), periods, fiscal_year_starts)
        end = min((following - start).days, days)
        spans.append((label, day, end))
        day = end

    lengths = sorted({*SHORT_WINDOWS, *(int(length) for length in extra)})
    cohorts = [(f"{length} days", 0, length) for length in lengths if 0 < length <= days]
    cohorts.append(("horizon", 0, days))
    cohorts += [(f"P:{label}", first, last) for label, first, last in spans]
    for label, _, last in spans:
        first = (_add_months(start + timedelta(days=last), -12) - start).days
        if first >= 0:
            cohorts.append((f"T12:{label}", first, last))

    edges = sorted({edge for _, first, last in spans + cohorts for edge in (first, last)})
    at = {edge: cell for cell, edge in enumerate(edges)}
    return (
        np.array(edges, np.int64),
        tuple(Period(label, first, last, at[first], at[last]) for label, first, last in spans),
        tuple(Window(name, first, last, at[first], at[last]) for name, first, last in cohorts),
    )


def _period_of(day: date, periods: str, fiscal_year_starts: int) -> tuple[str, date]:
    """Return the label of the period that holds the day, and the first day after it."""
    if periods == "month":
        return f"{day:%Y-%m}", _add_months(day.replace(day=1), 1)
    if periods == "quarter":
        months = (day.month - fiscal_year_starts) % 12  # whole months since the fiscal year started
        first = _add_months(day.replace(day=1), -(months % 3))
        ends = _add_months(_add_months(day.replace(day=1), -months), 11)
        return f"FY{ends.year % 100:02d} Q{months // 3 + 1}", _add_months(first, 3)
    if periods == "week":
        year, week, weekday = day.isocalendar()
        return f"{year}-W{week:02d}", day + timedelta(days=8 - weekday)
    raise ValueError(f"periods must be month, quarter or week, not {periods!r}")


def _add_months(day: date, months: int) -> date:
    """Move by calendar months; the day is clipped to the month's length."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def objective_day(objective: Any, start: date) -> int | None:
    """Return the day, counted from the start, at which an objective is read; None = the end of the horizon.

    `within` is rounded to whole days; `by` a date is read at the start of that day.
    """
    if objective.within is not None:
        return max(1, round(float(objective.within)))
    if objective.by is not None:
        return int((objective.by - start).days)
    return None


def objective_days(objectives: Mapping[str, Any], start: date) -> tuple[int, ...]:
    """Return the days at which the objectives are read, for `make_cells(..., extra=)`."""
    days = {objective_day(one, start) for one in objectives.values()}
    return tuple(sorted(day for day in days if day is not None))
