"""What must be true: the chance to meet an objective by each assumption, and where the plan fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from simulation.app.figures.look import BLUE, GREEN, GREY, ORANGE, RED, SKY, figure, plain, tint

__all__ = ["chance", "weakness"]


def chance(panel: Mapping[str, Any], probability: float) -> go.Figure:
    """Draw the chance to meet the objective in each tenth of the futures by the value of an assumption.

    Parameters
    ----------
    panel
        label, table (value, chance, low, high), ends (of the condition), span, places and text of the ticks.
    probability
        What is asked for.
    """
    table = panel["table"]
    made = figure(x=panel["label"], y="chance to meet it", height=270, hover="closest")
    left, right = panel["ends"]
    made.add_vrect(x0=left, x1=right, fillcolor=tint(GREEN, 0.16), line_width=0)
    made.add_hline(y=probability, line={"color": ORANGE, "width": 1.6, "dash": "dash"})
    made.add_scatter(
        x=table["value"], y=table["chance"], mode="markers", marker={"size": 9, "color": BLUE},
        name="a tenth of the futures, with 95% interval", customdata=table[["low", "high"]],
        error_y={"type": "data", "array": table["high"] - table["chance"],
                 "arrayminus": table["chance"] - table["low"], "color": BLUE, "thickness": 1.5, "width": 0},
        hovertemplate="met in %{y:.0%} of the futures<br>95% interval %{customdata[0]:.0%} to %{customdata[1]:.0%}"
        "<extra></extra>",
    )  # fmt: skip
    for name, mark in (
        ("condition", {"symbol": "square", "size": 12, "color": tint(GREEN, 0.35)}),
        ("asked for", {"symbol": "line-ew-open", "size": 14, "color": ORANGE, "line": {"width": 2}}),
    ):
        made.add_scatter(x=[None], y=[None], mode="markers", marker=mark, name=name)
    made.update_xaxes(**_axis(panel))
    made.update_yaxes(range=[-0.03, 1.03], tickvals=[0, 0.5, 1], tickformat=".0%")
    return made


def weakness(box: Mapping[str, Any]) -> go.Figure:
    """Draw the futures by the assumptions that a box limits, met and missed, with the box.

    Parameters
    ----------
    box
        axes, one or two with label, ends, span, places and text; dots, a table with x, y and met.
    """
    sides, dots = box["axes"], box["dots"]
    across, up = sides[0], sides[1] if len(sides) > 1 else None
    made = figure(x=across["label"], y=up["label"] if up else "", height=360, hover="closest")
    for met, colour, symbol, strength, name in ((True, SKY, "circle", 0.7, "met"), (False, RED, "x", 1.0, "missed")):
        part = dots[dots["met"] == met]
        made.add_scattergl(
            x=part["x"], y=part["y"], mode="markers", name=f"{name} ({len(part):,})", hoverinfo="skip",
            marker={"color": colour, "symbol": symbol, "size": 6, "opacity": strength},
        )  # fmt: skip
    left, right = across["ends"]
    bottom, top = up["ends"] if up else (0.0, 1.0)
    made.add_shape(type="rect", x0=left, x1=right, y0=bottom, y1=top, line={"color": GREY, "width": 2})
    made.update_xaxes(**_axis(across))
    made.update_yaxes(**(_axis(up) if up else {"tickvals": [], "range": [-0.04, 1.04]}))
    return made


def _axis(side: Mapping[str, Any]) -> dict[str, Any]:
    low, high = side["span"]
    room = 0.04 * ((high - low) or 1.0)
    text = [plain(one) for one in side["text"]]
    return {"range": [low - room, high + room], "tickvals": side["places"], "ticktext": text, "showgrid": False}
