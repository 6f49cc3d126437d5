"""The journey: members by stage and course, and milestones reached, at a moment and over time."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    QUIET,
    RED,
    date_axis,
    figure,
    label,
    row_axis,
    tint,
    value_axis,
    whiskers,
)
from simulation.report.words import day, end_of, name

__all__ = ["moments_of", "moves", "over_time"]

STAGES = {"adoption": ORANGE, "value": BLUE, "growth": GREEN, "complete": PURPLE}
COURSES = {"on_track": GREEN, "drifting": ORANGE, "away": RED}
WORDS = {"complete": "journey complete"}
ROW, GAP, HEAD, FOOT = 32, 62, 30, 54
"""Pixels of a row, between panels, above the first panel, and of the ticks below the last."""
GLIDE = 350
"""Milliseconds in which bars go from one moment to the next."""


def moments_of(table: pd.DataFrame) -> list[tuple[date, str]]:
    """Return the moments of a journey in order, each with what to call it: the start, and the end of every period."""
    days = _moments(_wide(table, "stage"))
    words = [f"Start, {day(days[0])}", *(f"End of {end_of(one).removeprefix('the end of ')}" for one in days[1:])]
    return list(zip(days, words, strict=True))


def moves(table: pd.DataFrame, stages: dict[str, str], periods: str, at: int) -> go.Figure:
    """Draw where the members are at a moment, on axes that hold every moment.

    Parameters
    ----------
    table
        Index what, name and moment, columns P10, P50, P90 (`Forecast.journey` of a segment).
    stages
        Milestone -> its stage.
    periods
        What a period is: month, quarter or week.
    at
        Number of the moment, 0 for the start.
    """
    panels = [
        ("stage", "Members by stage of their journey", STAGES),
        ("course", "Members by course", COURSES),
        ("reached", f"Reached it in the {periods}", stages),
    ]
    parts = {what: _wide(table, what) for what, _, _ in panels}
    panels = [one for one in panels if len(parts[one[0]]["P50"])]
    rows = [len(parts[what]["P50"]) for what, _, _ in panels]
    inner = sum(rows) * ROW + GAP * (len(panels) - 1)
    made = figure(height=HEAD + inner + FOOT, hover="closest")
    made.update_layout(
        showlegend=False, margin={"t": HEAD, "b": FOOT, "l": 8, "r": 34},
        transition={"duration": GLIDE, "easing": "cubic-in-out"},
    )  # fmt: skip
    top, layout = 0.0, {}
    for place, (what, heading, _) in enumerate(panels):
        wide, axis = parts[what], "" if place == 0 else str(place + 1)
        ends = 1 - top / inner, 1 - (top + rows[place] * ROW) / inner
        top += rows[place] * ROW + GAP
        values = value_axis(wide["P90"].to_numpy().ravel(), "members", zero=True, room=(0.0, 0.12))
        quiet: dict[str, Any] = {"gridcolor": QUIET, "zerolinecolor": QUIET, "fixedrange": True, "automargin": True}
        labels = [label(name(WORDS.get(one, one)), 18) for one in wide["P50"].index]
        layout[f"xaxis{axis}"] = values | quiet | {"anchor": f"y{axis}", "ticks": ""}
        layout[f"yaxis{axis}"] = row_axis(labels) | quiet | {"anchor": f"x{axis}", "domain": [ends[1], ends[0]]}
        made.add_annotation(
            text=f"<b>{heading}</b>", x=0, xref="paper", y=ends[0], yref="paper", yanchor="bottom", yshift=3,
            showarrow=False, font={"size": 13},
        )  # fmt: skip
    layout[f"xaxis{axis}"]["title"] = {"text": "members", "standoff": 6, "font": {"size": 12}}
    made.update_layout(**layout)
    moments = _moments(parts["stage"])
    made.add_traces(_traces(panels, parts, moments[at], moments[0]))
    return made


def over_time(table: pd.DataFrame, what: str, periods: str) -> go.Figure:
    """Draw the members of each stage or course over time: medians, with P10 to P90.

    Parameters
    ----------
    table
        As in `moves`.
    what
        "stage" or "course".
    """
    made = figure(x=f"end of each {periods}", y="members", height=330)
    wide = _wide(table, what)
    moments = _moments(wide)
    for one, colour in (STAGES if what == "stage" else COURSES).items():
        middle, low, high = (wide[key].loc[one].to_numpy() for key in ("P50", "P10", "P90"))
        if not high.any():
            continue
        words = name(WORDS.get(one, one))
        edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        made.add_scatter(x=moments, y=high, **edge)
        made.add_scatter(x=moments, y=low, fill="tonexty", fillcolor=tint(colour, 0.2), **edge)
        made.add_scatter(
            x=moments, y=middle, name=words, line={"color": colour, "width": 2.5}, mode="lines",
            customdata=np.column_stack([low, high]),
            hovertemplate="%{y:,.0f} (%{customdata[0]:,.0f} to %{customdata[1]:,.0f})",
        )  # fmt: skip
    made.update_xaxes(**date_axis(moments[0], moments[-1]))
    made.update_yaxes(**value_axis(wide["P90"].to_numpy().ravel(), "members", zero=True))
    return made


def _wide(table: pd.DataFrame, what: str) -> dict[str, pd.DataFrame]:
    """P10, P50 and P90 with a row for each name, in order, and a column for each moment."""
    if what not in table.index.get_level_values("what"):
        return {str(key): pd.DataFrame() for key in table.columns}
    part = table.xs(what, level="what")
    names = list(dict.fromkeys(part.index.get_level_values("name")))
    return {str(key): part[key].unstack("moment").loc[names] for key in part.columns}


def _moments(wide: dict[str, pd.DataFrame]) -> list[date]:
    days: list[Any] = wide["P50"].columns.tolist()
    return days


def _traces(
    panels: list[tuple[str, str, dict[str, str]]], parts: dict[str, dict[str, pd.DataFrame]], moment: date, first: date
) -> list[Any]:
    """Bars with whiskers of one moment, and marks of where the levels were at the start."""
    traces: list[Any] = []
    for place, (what, _, colours) in enumerate(panels):
        wide, axis = parts[what], "" if place == 0 else str(place + 1)
        names = list(wide["P50"].index)
        there = moment in wide["P50"].columns
        low, middle, high = (
            wide[key].loc[:, moment].to_numpy() if there else np.zeros(len(names)) for key in ("P10", "P50", "P90")
        )
        shades = [STAGES.get(colours[one], colours[one]) for one in names]
        traces.append(
            go.Bar(
                x=middle, y=list(range(len(names))), orientation="h", width=0.62, marker={"color": shades},
                xaxis=f"x{axis}", yaxis=f"y{axis}", customdata=np.column_stack([low, high]),
                error_x=whiskers(middle, low, high),
                hovertemplate="%{x:,.0f} in the middle future<br>%{customdata[0]:,.0f} to %{customdata[1]:,.0f} in "
                "8 of 10<extra></extra>",
            )
        )  # fmt: skip
        if what != "reached":
            traces.append(
                go.Scatter(
                    x=wide["P50"].loc[:, first], y=list(range(len(names))), mode="markers", xaxis=f"x{axis}",
                    yaxis=f"y{axis}", marker={"symbol": "line-ns-open", "size": 21, "color": GREY, "line_width": 2},
                    hovertemplate="%{x:,.0f} at the start<extra></extra>",
                )
            )  # fmt: skip
    return traces
