"""How the page's figures look: the reports' palette, light and dark, axes with the reports' numbers."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go

from simulation.report.palette import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, RED, SKY, YELLOW
from simulation.report.words import date_ticks, money_unit, short, two_lines

__all__ = [
    "BLUE", "CONFIG", "FONT", "GREEN", "MUTED", "ORANGE", "PURPLE", "RED", "SKY", "SPAN", "YELLOW", "Look",
    "date_axis", "dressed", "label", "label_axis", "look", "plain", "tinted", "unit_words", "value_axis",
]  # fmt: skip

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
"""Nothing to zoom: on a phone a finger on a figure scrolls the page."""
SPAN = 0.94
"""How much of an axis the values may fill."""


@dataclass(frozen=True)
class Look:
    """Colours of everything that is not data."""

    ink: str
    muted: str
    grid: str
    card: str


LIGHT = Look(INK, MUTED, GRID, "#ffffff")
DARK = Look("#e6edf3", "#a3adb8", "#39424d", "#1c2229")


def look(dark: bool) -> Look:
    """Return the colours of a light or a dark page."""
    return DARK if dark else LIGHT


def plain(text: str) -> str:
    """Return free text as Plotly takes it: nothing in a name is markup."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def label(text: str, width: int = 26) -> str:
    """Return a name as the label of a row: at most two lines."""
    return plain(two_lines(text, width))


def tinted(colour: str, share: float) -> str:
    """Return a colour that lets this share of itself be seen."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def dressed(figure: go.Figure, *, dark: bool, height: int, legend: bool = True, left: int = 8) -> go.Figure:
    """Give a figure the page's look: transparent, the page's font, legend above, nothing to drag.

    Parameters
    ----------
    height
        Pixels.
    left
        Least margin at the left, pixels; labels make it wider.
    """
    colours = look(dark)
    figure.update_layout(
        height=height,
        margin={"l": left, "r": 14, "t": 34 if legend else 10, "b": 46},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": colours.ink},
        showlegend=legend,
        legend={
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "font": {"size": 12},
            "bgcolor": "rgba(0,0,0,0)", "itemclick": False, "itemdoubleclick": False,
        },
        hoverlabel={"font": {"family": FONT, "size": 13}, "align": "left"},
        hovermode="closest",
        dragmode=False,
        separators=".,",
    )  # fmt: skip
    axis = {
        "fixedrange": True, "showline": False, "zeroline": False, "gridcolor": colours.grid, "automargin": True,
        "tickfont": {"size": 12, "color": colours.ink}, "title_font": {"size": 12, "color": colours.muted},
    }  # fmt: skip
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def value_axis(
    values: Iterable[float], unit: str, currency: str = "", *, words: str = "", zero: bool = False, ticks: int = 5
) -> dict[str, Any]:
    """Return an axis that holds these values, with round ticks in the unit of a measure.

    Parameters
    ----------
    values
        What must be seen; what is not finite does not count.
    unit, currency
        As in `simulation.report.words.number`.
    words
        Title of the axis.
    zero
        Whether it starts at zero.
    ticks
        About how many.
    """
    known = [float(one) for one in values if math.isfinite(one)] or [0.0]
    low, high = min(known), max(known)
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    if high <= low:
        room = abs(high) * 0.1 or 1.0
        low, high = low - (0.0 if zero and low == 0 else room), high + room
    room = (high - low) * (1 - SPAN)
    ends = [low if zero and low == 0 else low - room, high if zero and high == 0 else high + room]
    places = _round_places(ends[0], ends[1], ticks, whole=unit in ("members", "count"))
    step = places[1] - places[0] if len(places) > 1 else 0.0
    size = max((abs(one) for one in places), default=0.0) * (1 + 1e-9)
    shown = unit if unit in ("share", "money") else "count"
    text = [short(one, shown, currency, step, size) for one in places]
    return {
        "range": ends,
        "tickvals": places,
        "ticktext": [plain(one) for one in text],
        "title": {"text": plain(words)},
    }


def label_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Return a vertical axis of rows, the first at the top; the rows are at 0, 1, 2 ..."""
    return {
        "tickvals": list(range(len(labels))), "ticktext": list(labels), "range": [len(labels) - 0.4, -0.6],
        "showgrid": False,
    }  # fmt: skip


def date_axis(first: date, last: date, *, most: int = 6) -> dict[str, Any]:
    """Return an axis of days with round dates."""
    ticks = date_ticks(first, last, most)
    return {
        "range": [first.isoformat(), last.isoformat()],
        "tickvals": [one.isoformat() for one in ticks],
        "ticktext": [plain(text) for text in ticks.values()],
        "type": "date",
    }


def unit_words(title: str, unit: str, currency: str) -> str:
    """Return a measure with its unit, where its name does not say it."""
    return title if unit in ("members", "count") else f"{title}, {money_unit(currency, unit)}"


def _round_places(low: float, high: float, about: int, *, whole: bool) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten within two ends."""
    rough = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1.0, 2.0, 2.5, 5.0, 10.0) if one * power >= rough * 0.999)
    if whole:
        step = max(1.0, step if step >= 10 else float(round(step)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [one * step for one in range(first, last + 1)]
