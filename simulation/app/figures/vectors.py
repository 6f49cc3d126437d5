"""Where the members stand: on track, drifting or away, and their chances."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import BLUE, GREEN, ORANGE, RED, figure, label, row_axis

__all__ = ["chances", "courses"]

COURSES = {"on_track": ("on track", GREEN), "drifting": ("drifting", ORANGE), "away": ("away", RED)}


def courses(table: pd.DataFrame) -> go.Figure:
    """Draw the share of members on each course, by last milestone reached.

    Parameters
    ----------
    table
        `report.vectors.course_shares`.
    """
    made = figure(x="share of the members", height=90 + 40 * len(table), hover="closest")
    rows = list(range(len(table)))
    for column, (words, colour) in COURSES.items():
        shares = table[column].to_numpy()
        made.add_bar(
            x=shares, y=rows, orientation="h", name=words, marker={"color": colour}, width=0.66,
            text=[f"{one:.0%}" if one >= 0.07 else "" for one in shares], textposition="inside", textangle=0,
            insidetextanchor="middle", insidetextfont={"color": "#111111", "size": 11},
            customdata=table["members"] * shares,
            hovertemplate=f"{words}: %{{x:.0%}}, about %{{customdata:,.0f}} members<extra></extra>",
        )  # fmt: skip
    made.update_layout(barmode="stack", legend_traceorder="normal")
    made.update_xaxes(range=[0, 1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    made.update_yaxes(
        **row_axis([label(f"{one['label']} ({one['members']:,})", 26) for one in table.to_dict("records")])
    )
    return made


def chances(table: pd.DataFrame, column: str) -> go.Figure:
    """Draw how many members have which chance.

    Parameters
    ----------
    table
        `report.vectors.chance_counts`.
    column
        "next_90" or "renews".
    """
    words = {"next_90": "next milestone within 90 days", "renews": "renewing next time"}[column]
    words = f"chance of {words}"
    made = figure(x=words, y="members", height=260, hover="closest")
    made.add_bar(
        x=table["low"] + 0.05, y=table[column], width=0.092, marker={"color": BLUE if column == "next_90" else GREEN},
        customdata=table["low"] + 0.1,
        hovertemplate="%{y:,} members with a chance up to %{customdata:.0%}<extra></extra>",
    )  # fmt: skip
    made.update_layout(showlegend=False)
    made.update_xaxes(range=[0, 1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    made.update_yaxes(rangemode="tozero")
    return made
