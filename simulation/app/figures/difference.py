"""Differences to the base: how they run over time, and how large they are in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import (
    GREY,
    SERIES,
    date_axis,
    figure,
    label,
    plain,
    row_axis,
    tint,
    unit_words,
    value_axis,
)
from simulation.forecast.measures import measure_named
from simulation.report.comparison_words import amount, interval, lower_first
from simulation.report.words import name

__all__ = ["colour_of", "courses", "sizes"]


def colour_of(place: int) -> str:
    """Colour of an alternative by its place."""
    return SERIES[place % len(SERIES)]


def courses(tables: Mapping[str, pd.DataFrame], measure: str, *, currency: str, periods: str) -> go.Figure:
    """Draw how the difference of a measure develops: a middle and the band of eight of ten futures each.

    Parameters
    ----------
    tables
        By alternative; index date, columns P10, P50, P90 (`simulation.experiment.courses.difference_bands`).
    measure
        A key of `simulation.forecast.MEASURES`.
    """
    what = measure_named(measure)
    flow = "" if what.nature == "stock" else f" a {periods}"
    when = "end of each" if what.nature == "stock" else "in each"
    title = unit_words(lower_first(what.title), what.unit, currency)
    made = figure(x=f"{when} {periods}", y=f"Difference in {title}{flow}", height=320)
    values = [0.0]
    dates: list[Any] = []
    for place, (alternative, table) in enumerate(tables.items()):
        known = table.dropna()
        dates, colour = list(known.index), colour_of(place)
        values += [*known["P10"], *known["P90"]]
        edge: dict[str, Any] = {"x": dates, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        made.add_scatter(y=known["P90"], showlegend=False, **edge)
        made.add_scatter(y=known["P10"], showlegend=False, fill="tonexty", fillcolor=tint(colour, 0.18), **edge)
        said = [_told(row, what.unit, currency) for _, row in known.iterrows()]
        made.add_scatter(
            x=dates, y=known["P50"], name=plain(name(alternative)), line={"color": colour, "width": 2.5},
            mode="lines" if len(dates) > 1 else "markers", customdata=said, hovertemplate="%{customdata}",
        )  # fmt: skip
    made.add_hline(0, line={"color": GREY, "width": 1, "dash": "dash"})
    if dates:
        made.update_xaxes(date_axis(dates[0], dates[-1]), hoverformat="%-d %B %Y")
    made.update_yaxes(value_axis(values, what.unit, currency))
    return made


def sizes(table: pd.DataFrame, measure: str, *, currency: str) -> go.Figure:
    """Draw the difference of a measure for each alternative: its mean, how sure that is, and where futures lie.

    Parameters
    ----------
    table
        Columns alternative, measure, mean, low, high, P10, P90 (`Comparison.table`).
    """
    what = measure_named(measure)
    rows = table[table["measure"] == measure].reset_index(drop=True)
    made = figure(x=f"Difference in {unit_words(lower_first(what.title), what.unit, currency)}",
                  height=110 + 48 * len(rows), hover="closest")  # fmt: skip
    values = [0.0]
    for place, row in rows.iterrows():
        colour = colour_of(int(str(place)))
        values += [float(row[one]) for one in ("low", "high", "P10", "P90")]
        told = f"{amount(float(row['mean']), what.unit, currency, float(row['high'] - row['low']))} on average"
        sure = f"95% interval {interval(float(row['low']), float(row['high']), what.unit, currency)}"
        spread = f"eight of ten futures {interval(float(row['P10']), float(row['P90']), what.unit, currency)}"
        hover = {"hovertemplate": plain(told) + "<br>" + plain(sure) + "<br>" + plain(spread) + "<extra></extra>"}
        for ends, width, strength in ((("P10", "P90"), 9, 0.35), (("low", "high"), 3, 1.0)):
            made.add_scatter(
                x=[row[ends[0]], row[ends[1]]], y=[place, place], mode="lines", showlegend=False,
                line={"color": tint(colour, strength), "width": width}, **hover,
            )  # fmt: skip
        made.add_scatter(
            x=[row["mean"]], y=[place], mode="markers", showlegend=False,
            marker={"color": colour, "size": 11}, **hover,
        )  # fmt: skip
    made.add_vline(0, line={"color": GREY, "width": 1, "dash": "dash"})
    made.update_xaxes(value_axis(values, what.unit, currency, ticks=2))
    made.update_yaxes(row_axis([label(name(str(one))) for one in rows["alternative"]]))
    return made


def _told(row: pd.Series, unit: str, currency: str) -> str:
    """What the course says at one date."""
    spread = float(row["P90"] - row["P10"])
    middle = amount(float(row["P50"]), unit, currency, spread)
    return plain(f"{middle} ({interval(float(row['P10']), float(row['P90']), unit, currency)})")
