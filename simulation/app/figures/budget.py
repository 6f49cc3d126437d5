"""A budget: what each spend buys, and what the next step of each lever brings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    figure,
    label,
    plain,
    row_axis,
    tint,
    unit_words,
    value_axis,
)
from simulation.report.comparison_words import lower_first
from simulation.report.words import money_unit, name, number

__all__ = ["frontier", "next_steps"]


def frontier(
    table: pd.DataFrame,
    tried: pd.DataFrame,
    recommended: dict[str, float],
    *,
    spend: float,
    title: str,
    unit: str,
    currency: str,
) -> go.Figure | None:
    """Draw the gain of the best plan for each spend, with its bands; None when nothing can be spent.

    Parameters
    ----------
    table, tried
        `frontier`, with plan (in words), and `tried` of `report.budget.budget_tables`; tried has gain.
    recommended
        spend, gain, low and high of the recommended plan.
    title, unit
        Of what is to be the most.
    """
    if spend <= 0:
        return None
    gain = unit_words(f"gain in {lower_first(title)}", unit, currency)
    made = figure(x=f"spend, {currency}", y=gain, height=400, hover="closest")
    x = table["cap"].to_numpy()
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    seen = [*table["gain_low"], *table["gain_high"], recommended["gain"]]
    for low, high, strength, words in (
        ("gain_P10", "gain_P90", 0.18, "8 of 10 futures"), ("gain_low", "gain_high", 0.38, "95% interval"),
    ):  # fmt: skip
        if np.isfinite(table[low]).all():
            made.add_scatter(x=x, y=table[high], showlegend=False, **edge)
            made.add_scatter(x=x, y=table[low], fill="tonexty", fillcolor=tint(BLUE, strength), name=words, **edge)
            seen += [*table[low], *table[high]]
    near = tried[tried["spend"] <= 1.05 * spend]
    made.add_scatter(
        x=near["spend"], y=near["gain"], mode="markers", name="tried in the search", hoverinfo="skip",
        marker={"size": 5, "color": GREY, "opacity": 0.6},
    )  # fmt: skip
    hover = [
        f"at most {number(one['cap'], 'money', currency)}: {plain(one['plan'])}<br>gain "
        f"{number(one['gain'], unit, currency, one['gain_high'] - one['gain_low'])} for "
        f"{number(round(one['spend']), 'money', currency)}"
        for one in table.to_dict("records")
    ]
    made.add_scatter(
        x=x, y=table["gain"], mode="lines+markers", name="best plan for the spend", customdata=hover,
        line={"color": BLUE, "width": 2.5}, marker={"size": 8}, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    made.add_scatter(
        x=[recommended["spend"]], y=[recommended["gain"]], mode="markers", name="recommended",
        marker={"symbol": "star", "size": 17, "color": ORANGE, "line": {"width": 1, "color": "white"}},
        hovertemplate="the recommended plan<extra></extra>", cliponaxis=False,
    )  # fmt: skip
    seen += near["gain"].tolist()
    made.update_xaxes(**value_axis([*x, *near["spend"]], "money", currency, zero=True))
    made.update_yaxes(**value_axis(seen, unit, currency, zero=True, ticks=5))
    made.add_hline(y=0, line={"color": GREY, "width": 1})
    return made


def next_steps(table: pd.DataFrame, *, per: float, unit: str, currency: str) -> go.Figure | None:
    """Draw the gain of the next step of each lever per unit of spend; None when no step is left.

    Parameters
    ----------
    table
        `next_steps` of `report.budget.budget_tables`.
    per
        The spend to which gains are scaled.
    """
    column = "gain_per_unit_of_spend"
    table = table[np.isfinite(table[column])] if len(table) else table
    if not len(table):
        return None
    of = f"{currency} {per:,.0f}"
    axis = f"gain for {of} more, {money_unit(currency, unit)}"
    made = figure(x=axis, height=90 + 44 * len(table), hover="closest")
    middle, low, high = (per * table[f"{column}{end}"].to_numpy() for end in ("", "_low", "_high"))
    colours = [GREEN if one > 0 else GREY for one in low]
    hover = [
        f"{plain(name(one['lever']))}: from {plain(str(one['now']))} to {plain(str(one['next']))}"
        f"<br>gains {number(each, unit, currency)} for {of}"
        for one, each in zip(table.to_dict("records"), middle, strict=True)
    ]
    for row, (left, right) in enumerate(zip(low, high, strict=True)):
        made.add_scatter(x=[left, right], y=[row, row], mode="lines", line={"color": colours[row], "width": 2.5},
                         hoverinfo="skip")  # fmt: skip
    made.add_scatter(
        x=middle, y=list(range(len(table))), mode="markers", marker={"size": 11, "color": colours}, customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    made.add_vline(x=0, line={"color": GREY, "width": 1.2})
    made.update_layout(showlegend=False)
    made.update_xaxes(**value_axis([*low, *high], unit, currency, zero=True, ticks=2))
    made.update_yaxes(**row_axis([label(name(one)) for one in table["lever"]]))
    return made
