"""Fans: how a measure may develop. A median with the bands that hold half and four fifths of the futures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.forecast.courses import course
from simulation.forecast.measures import MEASURES, measure_named
from simulation.forecast.selection import Part
from simulation.forecast.statistics import Float, percentiles
from simulation.report.style import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PURPLE,
    RED,
    bands_legend,
    drawn,
    legend,
    new_figure,
    title,
    value_axis,
)
from simulation.report.words import date_ticks, money_unit, name

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["courses", "fan", "period_word", "retention", "stages", "team_fan"]

COLOURS = {"expansion": GREEN, "churn": RED, "contribution": PURPLE, "members": ORANGE}
STAGES = {
    "in_adoption": "adoption", "in_value": "value", "in_growth": "growth", "journey_complete": "complete",
}  # fmt: skip
COURSES = {"on_track": "on track", "drifting": "drifting", "away": "away"}
STATE_COLOURS = (ORANGE, BLUE, GREEN, PURPLE)
COURSE_COLOURS = (GREEN, ORANGE, RED)
FLAT = 0.08
"""Least height of an axis relative to its values, so that noise does not look like news."""


@drawn
def fan(forecast: Forecast, measure: str = "arr", **where: Unpack[Part]) -> Figure:
    """Draw the fan of a measure over the periods; levels start with today's.

    Parameters
    ----------
    measure
        A key of `simulation.forecast.MEASURES`.
    where
        segment, milestone, kind, intervention, team: only this one.
    """
    figure = new_figure()
    ax = figure.add_subplot()
    what = measure_named(measure)
    times, values = course(forecast, measure, **where)
    bands(ax, times, values, COLOURS.get(measure, BLUE))
    value_axis(ax, what.unit, forecast.frame.currency)
    flow = "" if what.nature == "stock" else f" a {period_word(forecast)}"
    unit = money_unit(forecast.frame.currency, what.unit)
    ax.set_ylabel(unit if unit == what.title.lower() else f"{what.title}, {unit}{flow}")
    parts = [name(str(one), 24) for one in where.values() if one is not None]
    title(figure, f"{what.title}{flow}" + (f": {', '.join(parts)}" if parts else ""))
    _dates(ax, forecast, times, what.nature == "stock")
    legend(figure, ax)
    return figure


@drawn
def retention(forecast: Forecast) -> Figure | None:
    """Draw net and gross revenue retention of the trailing twelve months; None for shorter horizons."""
    windows = [one for one in forecast.frame.windows if one.name.startswith("T12:")]
    if not windows:
        return None
    figure = new_figure(4.4)
    axes = figure.subplots(2, 1, sharex=True)
    times = [forecast.frame.start + timedelta(days=one.end_day) for one in windows]
    for ax, measure, colour in zip(axes, ("nrr", "grr"), (BLUE, GREEN), strict=True):
        whole = forecast.measure(measure, by="window")
        values = whole.sel(window=[one.name for one in windows]).to_numpy()
        bands(ax, times, values, colour, label=measure == "nrr")
        value_axis(ax, "share", "", ticks=5)
        ax.set_ylabel(f"{measure.upper()}, %")
        ax.set_title(f"{MEASURES[measure].title}, trailing 12 months")
    _dates(axes[-1], forecast, times, True)
    legend(figure, axes[0])
    return figure


@drawn
def stages(forecast: Forecast, segment: str | None = None) -> Figure:
    """Draw the members in each stage of the journey over time."""
    return _states(forecast, STAGES, STATE_COLOURS, "Members by stage of the journey", segment)


@drawn
def courses(forecast: Forecast, segment: str | None = None) -> Figure:
    """Draw the members on track, drifting and away over time."""
    return _states(forecast, COURSES, COURSE_COLOURS, "Members on track, drifting and away", segment)


@drawn
def team_fan(forecast: Forecast, measure: str = "utilisation", teams: Sequence[str] | None = None) -> Figure | None:
    """Draw a measure of the teams over the periods, one panel a team; None when there is nothing to draw.

    Parameters
    ----------
    measure
        "utilisation", "wait" (mean of those that started in the period), "queue_mean" or "hours".
    teams
        By default all. Those for which the measure is zero or undefined in every future are left out.
    """
    what = measure_named(measure)
    values = {
        team: forecast.measure(measure, by="period", team=team).to_numpy()
        for team in (forecast.frame.teams if teams is None else teams)
    }
    values = {team: one for team, one in values.items() if np.nan_to_num(one).any()}
    if not values:
        return None
    figure = new_figure(1.4 + 1.7 * len(values))
    axes = figure.subplots(len(values), 1, sharex=True, squeeze=False)[:, 0]
    times = _middles(forecast)
    for place, (ax, (team, futures)) in enumerate(zip(axes, values.items(), strict=True)):
        bands(ax, times, futures, BLUE, label=place == 0)
        ax.set_title(f"{what.title}: {name(team, 32)}")
        value_axis(ax, what.unit, "", ticks=4)
        ax.set_ylim(0, max(ax.get_ylim()[1], {"share": 1.05}.get(what.unit, 0.5)))
        if what.unit == "share":
            ax.axhline(1, color=RED, linewidth=1, linestyle=(0, (4, 3)))
        ax.set_ylabel(money_unit("", what.unit))
    _dates(axes[-1], forecast, times, False)
    legend(figure, axes[0])
    return figure


def bands(ax: Axes, times: Sequence[date], values: Float, colour: str, *, label: bool = True) -> None:
    """Draw bands and median of values [replication, time]; a bar and a dot when there is one time only."""
    low, lower, middle, upper, high = percentiles(np.where(np.isinf(values), np.nan, values), (10, 25, 50, 75, 90))
    words = ("P10 to P90", "P25 to P75", "median") if label else ("", "", "")
    days: Any = list(times)
    if len(days) == 1:
        ax.vlines(days, low, high, color=colour, alpha=0.25, linewidth=26, label=words[0])
        ax.vlines(days, lower, upper, color=colour, alpha=0.45, linewidth=26, label=words[1])
        ax.plot(days, middle, "o", color=colour, label=words[2])
        ax.margins(x=0.5)
    else:
        mark = "o" if np.isfinite(middle).sum() == 1 else None
        ax.fill_between(days, low, high, color=colour, alpha=0.2, linewidth=0, label=words[0])
        ax.fill_between(days, lower, upper, color=colour, alpha=0.35, linewidth=0, label=words[1])
        ax.plot(days, middle, color=colour, linewidth=2, marker=mark, label=words[2])
        ax.margins(x=0.02)
    _breathe(ax, low, high)


def period_word(forecast: Forecast) -> str:
    """Return "month", "quarter" or "week": what the periods of a forecast are."""
    label = forecast.frame.periods[0].label
    return "quarter" if label.startswith("FY") else "week" if "-W" in label else "month"


def _states(
    forecast: Forecast, states: dict[str, str], colours: Sequence[str], words_of_all: str, segment: str | None
) -> Figure:
    """Draw one panel a state, each on its own scale: the bands of a large state would flatten a small one."""
    columns = 2 if len(states) > 3 else 1
    rows = -(-len(states) // columns)
    figure = new_figure(1.2 + (1.5 if columns > 1 else 1.25) * rows)
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for ax, (measure, words), colour in zip(axes.flat, states.items(), colours, strict=False):
        times, values = course(forecast, measure, segment=segment)
        bands(ax, times, values, colour, label=False)
        ax.set_title(words, fontsize=10, color=MUTED)
        value_axis(ax, "members", "", ticks=4)
    for ax in axes[:, 0]:
        ax.set_ylabel("members")
    for ax in axes[-1]:
        _dates(ax, forecast, times, True, most=6 if columns == 1 else 4)
    title(figure, words_of_all + (f": {name(segment, 20)}" if segment else ""))
    bands_legend(figure)
    return figure


def _middles(forecast: Forecast) -> list[date]:
    """Middles of the periods."""
    frame = forecast.frame
    return [frame.start + timedelta(days=(one.start_day + one.end_day) // 2) for one in frame.periods]


def _dates(ax: Axes, forecast: Forecast, times: Sequence[date], level: bool, most: int = 6) -> None:
    ticks = date_ticks(times[0], times[-1], most)
    ax.set_xticks(list(ticks), list(ticks.values()))  # type: ignore[arg-type]
    ax.set_xlabel(f"{'end of each' if level else 'in each'} {period_word(forecast)}")


def _breathe(ax: Axes, low: Float, high: Float) -> None:
    """Widen an axis that would show next to nothing full size."""
    known = np.concatenate([low, high])[np.isfinite(np.concatenate([low, high]))]
    if not known.any():
        ax.set_ylim(0, 1)
        return
    middle, span = (known.max() + known.min()) / 2, known.max() - known.min()
    least = FLAT * np.abs(known).max()
    if span < least:
        ax.set_ylim(middle - least / 2, middle + least / 2)
    elif known.min() >= 0 and known.min() < 0.35 * known.max():
        ax.set_ylim(bottom=0)
