"""The fan: how a measure may develop. A median, and the bands that hold half and four fifths of the futures."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    date_axis,
    figure,
    plain,
    tint,
    unit_words,
    value_axis,
)
from simulation.forecast.measures import measure_named
from simulation.report.words import number

__all__ = ["COLOURS", "fan"]

COLOURS = {"expansion": GREEN, "churn": RED, "contribution": PURPLE, "members": ORANGE}
BANDS = (("P10", "P90", 0.18, "8 of 10 futures"), ("P25", "P75", 0.32, "half of the futures"))


def fan(bands: pd.DataFrame, measure: str, *, currency: str, periods: str, height: int = 300) -> go.Figure:
    """Draw a fan.

    Parameters
    ----------
    bands
        Index date; columns P10, P25, P50, P75, P90 in the unit of the measure (`simulation.forecast.courses.bands`).
    measure
        A key of `simulation.forecast.MEASURES`.
    currency
        Code of the currency.
    periods
        What a period is: month, quarter or week.
    """
    what = measure_named(measure)
    colour = COLOURS.get(measure, BLUE)
    flow = f" a {periods}" if what.nature == "flow" else ""
    when = "end of each" if what.nature == "stock" else "in each"
    made = figure(x=f"{when} {periods}", y=unit_words(what.title, what.unit, currency) + flow, height=height)
    known = bands.dropna()
    dates = list(known.index)
    edge: dict[str, Any] = {"x": dates, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    for low, high, strength, words in BANDS:
        made.add_scatter(y=known[high], showlegend=False, **edge)
        made.add_scatter(y=known[low], name=words, fill="tonexty", fillcolor=tint(colour, strength), **edge)
    made.add_scatter(
        x=dates, y=known["P50"], name="middle", mode="lines" if len(dates) > 1 else "markers",
        line={"color": colour, "width": 2.5}, marker={"color": colour, "size": 9},
        customdata=[_told(row, what.unit, currency) for _, row in known.iterrows()],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    if dates:
        made.update_xaxes(date_axis(dates[0], dates[-1]), hoverformat="%-d %B %Y")
    values = [*known["P10"], *known["P90"]]
    made.update_yaxes(value_axis(values, what.unit, currency, zero=what.nature == "flow"))
    return made


def _told(row: pd.Series, unit: str, currency: str) -> str:
    """What the fan says at one date."""
    spread = float(row["P90"] - row["P10"])
    middle, low, high = (plain(number(float(row[one]), unit, currency, spread)) for one in ("P50", "P10", "P90"))
    return f"<b>{middle}</b> in the middle<br>{low} to {high} in 8 of 10 futures"
