"""Was it right before: forecasts of past days as fans, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import plotly.graph_objects as go

from simulation.app.figures.look import BLUE, GREEN, GREY, ORANGE, RED, date_axis, figure, tint, unit_words, value_axis

__all__ = ["against_what_came"]

COLOURS = (BLUE, ORANGE, GREEN, RED)


def against_what_came(fan: Mapping[str, Any], currency: str, step: int) -> go.Figure:
    """Draw each origin's forecast as a fan, and what came as dots.

    Parameters
    ----------
    fan
        title, unit, nature, past (days and values) and casts (origin, day, median and the ends of both bands).
    step
        Months of a step.
    """
    per = "" if fan["nature"] == "stock" else f" per {step} months" if step != 1 else " per month"
    made = figure(y=unit_words(fan["title"], fan["unit"], currency) + per, height=340)
    days, values = [date.fromisoformat(one) for one in fan["past"][0]], fan["past"][1]
    known = dict(zip(days, values, strict=True))
    for place, (origin, part) in enumerate(fan["casts"].groupby("origin", sort=True)):
        colour, part = COLOURS[place % len(COLOURS)], part.sort_values("step")
        start = known.get(origin) if fan["nature"] == "stock" else None
        at = [*([origin] if start is not None else []), *part["day"]]
        edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        for level, strength in (("95%", 0.14), ("80%", 0.28)):
            ends = [[*([start] if start is not None else []), *part[f"{end}_{level}"]] for end in ("high", "low")]
            made.add_scatter(x=at, y=ends[0], showlegend=False, **edge)
            made.add_scatter(x=at, y=ends[1], fill="tonexty", fillcolor=tint(colour, strength),
                             name=f"{level} band", showlegend=place == 0, **edge)  # fmt: skip
        made.add_scatter(
            x=at, y=[*([start] if start is not None else []), *part["median"]], mode="lines",
            line={"color": colour, "width": 2}, name=f"forecast of {origin}", showlegend=False,
            hovertemplate="%{y:,.0f}",
        )  # fmt: skip
        made.add_vline(x=origin.isoformat(), line={"color": GREY, "width": 1, "dash": "dot"})
    first = fan["casts"]["origin"].min()
    since = [day for day in days if day < first][-3:] + [day for day in days if day >= first]
    made.add_scatter(
        x=since, y=[known[day] for day in since], mode="lines+markers", name="what came",
        line={"color": GREY, "width": 1.5}, marker={"size": 7}, hovertemplate="%{y:,.0f}", cliponaxis=False,
    )  # fmt: skip
    seen = [*(known[day] for day in since), *fan["casts"][["low_95%", "high_95%"]].to_numpy().ravel()]
    made.update_xaxes(**date_axis(since[0], max(since[-1], fan["casts"]["day"].max())))
    made.update_yaxes(**value_axis(seen, fan["unit"], currency))
    return made
