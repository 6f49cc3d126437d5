"""The bridge as a waterfall and as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.style import BLUE, GREEN, INK, MUTED, RED, drawn, new_figure, png, title, value_axis
from simulation.report.words import MINUS, day, number

if TYPE_CHECKING:
    from simulation.experiment.bridge import Bridge

__all__ = ["steps", "what_is_bridged", "write_bridge"]

NEAR = 0.25
"""Room below and above the steps, as a share of the range that they take."""


def write_bridge(bridge: Bridge, folder: Path) -> list[Path]:
    """Write bridge.csv, bridge.png and, person by person, bridge_people.csv; return the files."""
    files = [folder / "bridge.csv", folder / "bridge.png"]
    write_csv(files[0], bridge.table())
    write_bytes(files[1], png(steps(bridge)))
    if bridge.people is not None:
        files.append(folder / "bridge_people.csv")
        write_csv(files[-1], bridge.people.table)
        rows = [(*key, cents / 100) for key, cents in bridge.people.groups.items()]
        files.append(folder / "bridge_groups.csv")
        write_csv(files[-1], pd.DataFrame(rows, columns=["group", "segment", "change"]))
    return files


def what_is_bridged(bridge: Bridge) -> str:
    """The measure and its time, in words."""
    if bridge.measure.nature == "stock":
        return f"{bridge.measure.title} on {day(bridge.until)}"
    return f"{bridge.measure.title} from {day(bridge.since)} to {day(bridge.until)}"


@drawn
def steps(bridge: Bridge) -> Figure:
    """Draw the way from the old mean to the new one; whiskers are 95% intervals of the steps."""
    names = [bridge.old_name, *(row.name for row in bridge.rows), bridge.new_name]
    figure = new_figure(1.3 + 0.46 * len(names), 6.4)
    ax = figure.subplots()
    unit, currency = bridge.measure.unit, bridge.currency
    at = bridge.old["all"] / 100
    ends = [at]
    ax.barh(0, at, color=BLUE, height=0.62)
    for place, row in enumerate(bridge.rows, 1):
        ax.barh(place, row.value, left=at, color=GREEN if row.value >= 0 else RED, height=0.62)
        ax.plot([at, at], [place - 1.31, place + 0.31], color=MUTED, linewidth=0.8)
        at += row.value
        if row.low < row.high:
            error = [[row.value - row.low], [row.high - row.value]]
            ax.errorbar([at], [place], xerr=error, color=INK, linewidth=1.1, capsize=2.5)
        ends += [at, at + row.high - row.value, at - (row.value - row.low)]
    last = len(names) - 1
    ax.plot([at, at], [last - 1.31, last + 0.31], color=MUTED, linewidth=0.8)
    ax.barh(last, bridge.new["all"] / 100, color=BLUE, height=0.62)
    low, high = min(ends), max(ends)
    room = (high - low) or abs(high) or 1.0
    left = low - NEAR * room
    ax.set_xlim(left if low > 0 and left > 0 else min(0.0, left), high + 2.2 * NEAR * room)
    for place, name in enumerate(names):
        ax.annotate(
            _value(bridge, place, name), (1.0, place), xycoords=("axes fraction", "data"), ha="right", va="center",
            fontsize=9.5, color=INK,
        )  # fmt: skip
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.invert_yaxis()
    value_axis(ax, unit, currency, axis="x", ticks=5)
    cut = "\n(the axis does not start at 0)" if ax.get_xlim()[0] > 0 else ""
    ax.set_xlabel(f"means of {bridge.replications:,} futures, 95% intervals of the steps{cut}", fontsize=9)
    title(figure, what_is_bridged(bridge))
    return figure


def _value(bridge: Bridge, place: int, name: str) -> str:
    unit, currency = bridge.measure.unit, bridge.currency
    if place == 0:
        return number(bridge.old["all"] / 100, unit, currency)
    if place > len(bridge.rows):
        return number(bridge.new["all"] / 100, unit, currency)
    value = bridge.rows[place - 1].value
    return f"{MINUS if value < 0 else '+' if value > 0 else ''}{number(abs(value), unit, currency)}"
