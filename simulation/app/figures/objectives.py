"""Objectives: the chance to meet each, and what to expect of every milestone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import BLUE, GREEN, GREY, figure, label, plain, row_axis, tint, value_axis
from simulation.report.words import name, number, span

__all__ = ["chances", "expected"]

AXES = {"reach": ("members reach it", "members"), "arr": ("ARR added", "money")}


def chances(wishes: Sequence[Mapping[str, Any]]) -> go.Figure | None:
    """Draw the chance of every objective; None when none can be read.

    Parameters
    ----------
    wishes
        title, target, chance, low, high, expected and likely of each (`report.answer.wishes`).
    """
    known = [one for one in wishes if one["chance"] == one["chance"]]
    if not known:
        return None
    made = figure(x="chance to meet it", height=90 + 50 * len(known), hover="closest")
    rows = list(range(len(known)))
    hover = [
        f"{plain(one['title'])}: {plain(one['target'])}<br>met in {one['chance']:.0%} of the futures<br>"
        f"expected {plain(one['expected'])}, in 8 of 10 futures {plain(one['likely'])}"
        for one in known
    ]
    made.add_bar(x=[1] * len(known), y=rows, orientation="h", width=0.5, marker={"color": tint(GREY, 0.18)},
                 hoverinfo="skip")  # fmt: skip
    made.add_bar(
        x=[one["chance"] for one in known], y=rows, orientation="h", width=0.5, marker={"color": BLUE},
        customdata=hover, hovertemplate="%{customdata}<extra></extra>",
        error_x={"type": "data", "array": [one["high"] - one["chance"] for one in known],
                 "arrayminus": [one["chance"] - one["low"] for one in known], "color": GREY, "thickness": 1.8,
                 "width": 5},
    )  # fmt: skip
    made.update_layout(showlegend=False, barmode="overlay")
    made.update_xaxes(range=[0, 1.02], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    labels = [f"{label(one['title'])}<br><b>{one['chance']:.0%}</b>" for one in known]
    made.update_yaxes(**row_axis(labels))
    return made


def expected(table: pd.DataFrame, quantity: str, currency: str) -> go.Figure | None:
    """Draw what is expected of each milestone within a window, with P10 to P90; None when it is nothing.

    Parameters
    ----------
    table
        Rows of one window of `milestone_objectives` with its index as columns, without its rows of sums.
    quantity
        "reach" or "arr".
    """
    words, unit = AXES[quantity]
    table = table[table[f"{quantity}_P90"] > 0]
    if table.empty:
        return None
    axis = words if unit == "members" else f"{words}, {currency}"
    made = figure(x=axis, height=80 + 36 * len(table), hover="closest")
    colour = BLUE if quantity == "reach" else GREEN
    several = table["segment"].nunique() > 1
    for row, one in enumerate(table.to_dict("records")):
        made.add_scatter(x=[one[f"{quantity}_P10"], one[f"{quantity}_P90"]], y=[row, row], mode="lines",
                         line={"color": tint(colour, 0.45), "width": 9}, hoverinfo="skip")  # fmt: skip
    hover = [
        f"{number(one[quantity], unit, currency, one[f'{quantity}_P90'] - one[f'{quantity}_P10'])} expected<br>"
        f"{span(one[f'{quantity}_P10'], one[f'{quantity}_P90'], unit, currency)} in 8 of 10 futures"
        for one in table.to_dict("records")
    ]
    made.add_scatter(
        x=table[quantity], y=list(range(len(table))), mode="markers", marker={"size": 9, "color": colour},
        customdata=hover, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    labels = [
        label(f"{name(one['segment'])}: {name(one['milestone'])}" if several else name(one["milestone"]))
        for one in table.to_dict("records")
    ]
    made.update_layout(showlegend=False)
    made.update_xaxes(**value_axis([*table[quantity], *table[f"{quantity}_P90"]], unit, currency, zero=True))
    made.update_yaxes(**row_axis(labels))
    return made
