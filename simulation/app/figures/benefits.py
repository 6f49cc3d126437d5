"""Who benefits: the effect on ARR for each member, by where members started, and direct beside displaced."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import BLUE, GREY, ORANGE, SKY, figure, label, plain, row_axis, value_axis, whiskers
from simulation.report.words import name, number

__all__ = ["gains", "roles"]


def gains(table: pd.DataFrame, currency: str) -> go.Figure | None:
    """Draw the effect on ARR at the end for each member, by group; None when there is none.

    Parameters
    ----------
    table
        `report.twins.gains`.
    """
    if not len(table) or not table["each"].any():
        return None
    rows: list[tuple[str, dict[Any, Any] | None]] = []
    for heading, part in table.groupby("heading", sort=False):
        rows.append((str(heading), None))
        rows += [(str(one["group"]), one) for one in part.to_dict("records")]
    made = figure(x=f"difference in ARR for each member, {currency}", height=70 + 30 * len(rows), hover="closest")
    shown = [(place, one) for place, (_, one) in enumerate(rows) if one is not None]
    for place, one in shown:
        made.add_scatter(x=[one["each_low"], one["each_high"]], y=[place, place], mode="lines", hoverinfo="skip",
                         line={"color": BLUE, "width": 2.5})  # fmt: skip
    hover = [
        f"{number(one['each'], 'money', currency)} for each of {number(one['affected'], 'members')} members"
        f"<br>95% interval {number(one['each_low'], 'money', currency)} to "
        f"{number(one['each_high'], 'money', currency)}<br>in all {number(one['mean'], 'money', currency, 1e3)}"
        for _, one in shown
    ]
    made.add_scatter(
        x=[one["each"] for _, one in shown], y=[place for place, _ in shown], mode="markers",
        marker={"size": 10, "color": BLUE}, customdata=hover, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    made.add_vline(x=0, line={"color": GREY, "width": 1.2})
    labels = [f"<b>{label(words, 22)}</b>" if one is None else label(name(words), 24) for words, one in rows]
    seen = [one[key] for _, one in shown for key in ("each_low", "each", "each_high")]
    made.update_layout(showlegend=False)
    made.update_xaxes(**value_axis(seen, "money", currency, zero=True, ticks=3))
    made.update_yaxes(**row_axis(labels))
    return made


def roles(table: pd.DataFrame, currency: str) -> go.Figure:
    """Draw how the whole effect on ARR is made up: directly affected, displaced, there in one life only.

    Parameters
    ----------
    table
        words, affected, mean, low and high; the last row is all together.
    """
    made = figure(x=f"difference in ARR at the end, {currency}", height=90 + 40 * len(table), hover="closest")
    colours = [SKY if one == "all" else BLUE if one == "direct" else ORANGE for one in table["role"]]
    hover = [
        f"{number(one['affected'], 'members')} members: "
        f"{number(one['mean'], 'money', currency, one['high'] - one['low'])}"
        f"<br>95% interval {number(one['low'], 'money', currency)} to {number(one['high'], 'money', currency)}"
        for one in table.to_dict("records")
    ]
    made.add_bar(
        x=table["mean"], y=list(range(len(table))), orientation="h", width=0.6, marker={"color": colours},
        customdata=hover, hovertemplate="%{customdata}<extra></extra>",
        error_x=whiskers(table["mean"], table["low"], table["high"]),
    )  # fmt: skip
    made.update_layout(showlegend=False)
    made.update_xaxes(**value_axis([*table["low"], *table["high"]], "money", currency, zero=True, ticks=3))
    made.update_yaxes(**row_axis([label(plain(one), 24) for one in table["words"]]))
    made.add_vline(x=0, line={"color": GREY, "width": 1.2})
    return made
