"""How figures of the page look: the palette of the reports, one font, quiet axes; dark and light by the page's CSS."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from simulation.report.palette import BLUE, GREEN, MUTED, ORANGE, PURPLE, RED, SKY, YELLOW
from simulation.report.words import date_ticks, money_unit, short, two_lines

__all__ = [
    "BLUE", "CONFIG", "GREEN", "GREY", "MUTED", "ORANGE", "PURPLE", "RED", "SERIES", "SKY", "YELLOW", "date_axis",
    "figure", "label", "plain", "row_axis", "tint", "unit_words", "value_axis",
    "whiskers",
]  # fmt: skip

SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)
"""Colours of things side by side, in this order; the first is the base."""
FONT = "Inter, Roboto, system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
QUIET = "rgba(128, 136, 145, 0.25)"
"""Grid lines that are seen on white and on black."""
GREY = "#808891"
"""Lines and dots without a colour of their own, seen on white and on black."""
CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True, "scrollZoom": False}
LINE = 28
"""Letters of a line below an axis: as many as a phone has room for."""
ROOM = 0.05
"""Part of an axis that is left free at an end."""


def figure(*, x: str = "", y: str = "", height: int = 320, title: str = "", hover: str = "x unified") -> go.Figure:
    """Return an empty figure.

    Parameters
    ----------
    x, y
        What the axes show, with its unit.
    height
        Pixels; the width is that of its place on the page.
    hover
        "x unified" tells everything at a date, "closest" one thing alone.
    """
    axis: dict[str, Any] = {
        "gridcolor": QUIET, "zerolinecolor": QUIET, "linecolor": QUIET, "ticks": "outside", "tickcolor": QUIET,
        "automargin": True, "fixedrange": True, "title": {"standoff": 8, "font": {"size": 12}},
    }  # fmt: skip
    made = go.Figure()
    made.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 36 if title else 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12.5, "color": MUTED},
        colorway=list(SERIES),
        xaxis={**axis, "showgrid": False},
        yaxis=axis,
        hoverlabel={"font": {"family": FONT, "size": 12.5}, "align": "left"},
        legend={
            "orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "font": {"size": 12},
            "itemclick": False, "itemdoubleclick": False, "traceorder": "normal",
        },
        hovermode=hover,
        dragmode=False,
        template="none",
    )  # fmt: skip
    if title:
        made.update_layout(title={"text": plain(title), "x": 0, "xref": "paper", "font": {"size": 14}})
    made.update_xaxes(title_text=plain("\n".join(textwrap.wrap(x, LINE))))
    made.update_yaxes(title_text=plain(y))
    made.layout.meta = {"config": CONFIG}
    return made


def tint(colour: str, strength: float) -> str:
    """Return a colour of the palette, let through by so much (0 to 1)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {strength})"


def plain(text: str) -> str:
    """Return free text as Plotly takes it: nothing in a name is markup."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def label(text: str, width: int = 24) -> str:
    """Return a name as the label of a row: at most two lines."""
    return plain(two_lines(text, width))


def unit_words(title: str, unit: str, currency: str) -> str:
    """Return a measure with its unit, where its name does not say it."""
    return title if unit in ("members", "count") else f"{title}, {money_unit(currency, unit)}"


def whiskers(middle: Any, low: Any, high: Any) -> dict[str, Any]:
    """Intervals at the ends of bars, as arrays or columns: `error_x` of bars that end at `middle`."""
    return {"type": "data", "array": high - middle, "arrayminus": middle - low, "color": GREY, "thickness": 1.6,
            "width": 4}  # fmt: skip


def value_axis(
    values: Iterable[float],
    unit: str,
    currency: str = "",
    *,
    zero: bool = False,
    ticks: int = 4,
    room: tuple[float, float] = (ROOM, ROOM),
) -> dict[str, Any]:
    """Return an axis that holds these values, with round ticks as the reports write them ($1.2M, 35%).

    Parameters
    ----------
    values
        What must be seen; what is not finite does not count.
    unit, currency
        As in `simulation.report.words.number`.
    zero
        Whether zero must be seen, too; an end that is zero gets no room.
    ticks
        About how many.
    room
        Parts of the axis that are left free at its low and its high end.
    """
    known = [float(one) for one in values if math.isfinite(one)] or [0.0]
    low, high = min(known), max(known)
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    if high <= low:
        wide = abs(high) * 0.1 or 1.0
        low, high = (low, high + wide) if zero and low == 0 else (low - wide, high + wide)
    span = high - low
    ends = [low if zero and low == 0 else low - span * room[0], high if zero and high == 0 else high + span * room[1]]
    places = _round_places(ends[0], ends[1], ticks, whole=unit in ("members", "count"))
    step = places[1] - places[0] if len(places) > 1 else 0.0
    size = max((abs(one) for one in places), default=0.0) * (1 + 1e-9)
    kind = unit if unit in ("share", "money") else "count"
    text = [plain(short(one, kind, currency, step, size)) for one in places]
    return {"range": ends, "tickvals": places, "ticktext": text, "tickangle": 0, "showgrid": True}


def row_axis(labels: Sequence[str], *, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a vertical axis of rows with the first at the top; the rows are at 0, 1, 2 ..."""
    places = list(range(len(labels)))
    ends = [len(labels) - 0.4, -0.6]
    axis = {"tickvals": places, "ticktext": list(labels), "range": ends, "showgrid": False, "zeroline": False}
    return {**axis, "ticks": "", **(more or {})}


def date_axis(first: date, last: date, *, most: int = 6) -> dict[str, Any]:
    """Return an axis of days with round dates."""
    ticks = date_ticks(first, last, most)
    return {
        "range": [first.isoformat(), last.isoformat()],
        "tickvals": [one.isoformat() for one in ticks],
        "ticktext": [plain(text) for text in ticks.values()],
        "type": "date",
    }


def _round_places(low: float, high: float, about: int, *, whole: bool) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten within two ends."""
    rough = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1.0, 2.0, 2.5, 5.0, 10.0) if one * power >= rough * 0.75)
    if whole:
        step = max(1.0, step if step >= 10 else float(round(step)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [one * step for one in range(first, last + 1)]
