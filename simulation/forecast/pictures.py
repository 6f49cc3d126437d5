"""A forecast at a glance: the fan of a measure, and the table that a notebook shows."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.forecast.futures import Futures
from simulation.forecast.measures import MEASURES, measure_named
from simulation.forecast.selection import Selection
from simulation.forecast.spans import spans_of
from simulation.forecast.statistics import percentiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BANDS = ((10, 90), (25, 75))
HEADLINES = ("members", "arr", "nrr", "grr", "expansion", "churn", "cost", "contribution")


def fan(futures: Futures, name: str, selection: Selection, ax: Any = None) -> Axes:
    """Draw the fan of a measure over the periods: median, P25 to P75, P10 to P90."""
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(figsize=(8, 4.5), layout="constrained").add_subplot()
    frame, measure = futures.counts.frame, measure_named(name)
    values = futures.values(name, spans_of(frame, by="period"), selection)
    days = [one.end_day for one in frame.periods]
    if f"{name}_open" in MEASURES:
        opening = futures.values(f"{name}_open", spans_of(frame), selection)
        values, days = np.concatenate([opening, values], axis=1), [0, *days]
    times: Any = [frame.start + timedelta(days=day) for day in days]
    for (low, high), strength in zip(BANDS, (0.2, 0.35), strict=True):
        lower, upper = percentiles(values, (low, high))
        label = f"P{low} to P{high}"
        ax.fill_between(times, lower, upper, color="C0", alpha=strength, linewidth=0, label=label)
    ax.plot(times, percentiles(values, (50,))[0], color="C0", linewidth=2, label="median (P50)")
    unit = frame.currency if measure.unit == "money" else ""
    ax.set_ylabel(f"{measure.title}{f', {unit}' if unit else ''}")
    where = ", ".join(selection.given().values())
    ax.set_title(f"{measure.title}{f' ({where})' if where else ''}: {len(values)} futures", loc="left")
    if measure.unit == "share":
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    elif measure.nature != "ratio":
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
    ax.tick_params(axis="x", labelrotation=30)
    result: Axes = ax
    return result


def glance(futures: Futures, table: pd.DataFrame, title: str) -> str:
    """Return a small HTML table of the headline measures at the horizon."""
    rows = []
    for name, numbers in zip(HEADLINES, table[["P10", "P50", "P90"]].to_numpy(np.float64), strict=True):
        measure = measure_named(name)
        cells = "".join(f"<td>{shown(one, measure.unit)}</td>" for one in numbers)
        rows.append(f"<tr><th style='text-align:left'>{escape(measure.title)}</th>{cells}</tr>")
    frame = futures.counts.frame
    note = f"{escape(title)}: {len(futures.points)} futures, {frame.days} days from {frame.start}"
    head = "<tr><th></th><th>P10</th><th>P50</th><th>P90</th></tr>"
    return (
        f"<table><caption>{note}, money in {escape(frame.currency)}</caption>"
        f"<thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    )


def shown(value: float, unit: str) -> str:
    """Return a number as people read it."""
    if np.isnan(value):
        return "&ndash;"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if unit in ("money", "members", "count") else f"{value:,.2f}"
