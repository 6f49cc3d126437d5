"""Pictures and tables of a sweep: small multiples, a panel a measure."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import means, percentiles
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    drawn,
    legend,
    new_figure,
    png,
    title,
    value_axis,
)
from simulation.report.words import money_unit, path_words

if TYPE_CHECKING:
    from simulation.experiment.sweep import Axis, Sweep

__all__ = ["multiples", "write_sweep"]

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY)
MARKS = "osD^vP"
PANELS = 12
"""Panels of a figure; the table has all."""
ACROSS = 2


def write_sweep(sweep: Sweep, folder: Path) -> list[Path]:
    """Write sweep.csv and sweep.png, and return the files."""
    files = [folder / "sweep.csv"]
    write_csv(files[0], sweep.table())
    figure = multiples(sweep)
    if figure is not None:
        files.append(folder / "sweep.png")
        write_bytes(files[1], png(figure))
    return files


@drawn
def multiples(sweep: Sweep) -> Figure | None:
    """Draw the mean of each measure with its 95% interval, and P10 to P90; None when no cell was finished.

    The longest axis runs to the right, the second longest in lines of a colour each, the others in panels.
    """
    if not sweep.futures:
        return None
    order = sorted(range(len(sweep.axes)), key=lambda place: -len(sweep.axes[place].values))
    across, lines = order[0], next(iter(order[1:2]), None)
    rest = [place for place in order[2:] if len(sweep.axes[place].values) > 1]
    fixed = list(itertools.product(*(range(len(sweep.axes[place].values)) for place in rest)))
    panels = list(itertools.product(sweep.measures, fixed))[:PANELS]
    columns = min(ACROSS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = new_figure(0.9 + 2.5 * rows, 3.9 * columns)
    every = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (measure, at) in zip(every, panels, strict=False):
        _panel(ax, sweep, measure, across, lines, dict(zip(rest, at, strict=True)))
    for ax in every[len(panels) :]:
        ax.set_visible(False)
    for ax in every[max(0, len(panels) - columns) : len(panels)]:
        ax.set_xlabel(path_words(sweep.axes[across].path, 44))
    title(figure, f"{sweep.name}: mean with its 95% interval; band: P10 to P90")
    if lines is not None and len(sweep.axes[lines].values) > 1:
        every[0].plot([], [], " ", label=f"{path_words(sweep.axes[lines].path)}:")
        legend(figure, every[0], columns=4)
    return figure


def _panel(ax: Axes, sweep: Sweep, measure: str, across: int, lines: int | None, fixed: dict[int, int]) -> None:
    what, right = measure_named(measure), sweep.axes[across]
    marks = range(len(sweep.axes[lines].values)) if lines is not None else range(1)
    for number in marks:
        cells = {}
        for place in range(len(right.values)):
            at = {**fixed, across: place, **({lines: number} if lines is not None else {})}
            cell = tuple(at.get(axis, 0) for axis in range(len(sweep.axes)))
            if cell in sweep.futures:
                cells[_at(right, place)] = sweep.futures[cell][measure]
        if not cells:
            continue
        values = np.stack([cells[x] for x in sorted(cells)], axis=1)
        mean, low, high, _ = means(values, sweep.groups)
        xs, colour = sorted(cells), COLOURS[number % len(COLOURS)]
        ends = percentiles(values, (10, 90))
        ax.fill_between(xs, ends[0], ends[1], color=colour, alpha=0.22 if len(marks) == 1 else 0.1, linewidth=0)
        label = None if lines is None else str(sweep.axes[lines].labels[number])
        ax.errorbar(
            xs, mean, [mean - low, high - mean], color=colour, marker=MARKS[number % len(MARKS)], markersize=4,
            linewidth=1.6, capsize=2.5, label=label,
        )  # fmt: skip
    unit = money_unit(sweep.currency, what.unit)
    heading = f"{what.title} ({unit})" if unit and unit.lower() not in what.title.lower() else what.title
    said = ", ".join(
        f"{path_words(sweep.axes[one].path)} {sweep.axes[one].labels[place]}" for one, place in fixed.items()
    )
    ax.set_title(f"{heading}\n{said}" if said else heading, fontsize=9.5, color=INK)
    value_axis(ax, what.unit, sweep.currency, ticks=5)
    ax.set_xticks([_at(right, place) for place in _some(len(right.values))])
    ax.set_xticklabels([str(right.labels[place]) for place in _some(len(right.values))])


def _at(axis: Axis, place: int) -> float:
    """Where a value stands: at its size, but side by side where sizes lie too unevenly to be told apart."""
    values = sorted(axis.values)
    gaps = np.diff(values)
    if len(gaps) and gaps.min() * 8 * len(gaps) < values[-1] - values[0]:
        return float(values.index(axis.values[place]))
    return float(axis.values[place])


def _some(count: int, most: int = 7) -> list[int]:
    """Places of at most so many labels, evenly chosen."""
    step = math.ceil(count / most)
    return list(range(0, count, step))
