"""Pictures of what must be true: the chance by assumption, and where the plan fails."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulation.experiment.conditions import Condition
from simulation.experiment.discovery import Weakness
from simulation.experiment.must_be_true import MustBeTrue, objective_met
from simulation.forecast.statistics import proportion
from simulation.report.amounts import amount_ticks
from simulation.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    RED,
    SKY,
    drawn,
    legend,
    new_figure,
    title,
    value_axis,
)
from simulation.report.words import path_words

__all__ = ["MOST", "chance_by_value", "chances", "extent", "futures_in", "holds_within", "weakness"]

PARTS = 10
"""The chance is drawn for every tenth of the futures by the value of the assumption."""
MOST = 4
APART = "apart"
DOTS = 800
"""Futures in the picture of a weakness."""


@drawn
def chances(found: MustBeTrue, conditions: list[Condition]) -> Figure | None:
    """Draw the chance to meet the objective by the value of each assumption that a condition names, a panel each."""
    conditions = conditions[:MOST]
    if not conditions:
        return None
    currency = found.forecast.frame.currency
    figure = new_figure(0.9 + 2.35 * len(conditions))
    panels = figure.subplots(len(conditions), 1, squeeze=False)[:, 0]
    for ax, condition in zip(panels, conditions, strict=True):
        first, kind = ax is panels[0], found.evidence[condition.path].kind
        table = chance_by_value(found, condition.path)
        ax.vlines(table["value"], table["low"], table["high"], color=BLUE, linewidth=1.4)
        label = "a tenth of the futures, with 95% interval" if first else ""
        ax.plot(table["value"], table["chance"], "o", color=BLUE, markersize=6, label=label)
        ends = holds_within(found, condition)
        ax.axvspan(*ends, color=GREEN, alpha=0.16, linewidth=0, label="condition" if first else "")
        ax.axhline(
            found.requirements.probability, color=ORANGE, linewidth=1.3, linestyle="--",
            label="asked for" if first else "",
        )  # fmt: skip
        ax.set_xticks(*amount_ticks(*extent(found, condition.path), kind, currency), fontsize=9)
        ax.set_ylim(-0.03, 1.03)
        value_axis(ax, "share", "", ticks=4)
        ax.grid(visible=False, axis="x")
        ax.set_xlabel(path_words(condition.path), loc="right")
    title(figure, "Chance to meet the objective, by assumption")
    legend(figure, panels[0], columns=2)
    return figure


def extent(found: MustBeTrue, path: str) -> tuple[float, float]:
    """The smallest and the largest value of an assumption in any future, base units."""
    values = found.forecast.assumption_values[path]
    return float(values.min()), float(values.max())


def holds_within(found: MustBeTrue, condition: Condition) -> tuple[float, float]:
    """The values of its assumption, of those in any future, between which a condition holds."""
    low, high = extent(found, condition.path)
    return (condition.threshold, high) if condition.at_least else (low, condition.threshold)


def chance_by_value(found: MustBeTrue, path: str) -> pd.DataFrame:
    """The chance to meet the objective in each tenth of the futures by the value of an assumption.

    Returns
    -------
    DataFrame
        value (the median of the tenth, base units), chance, low and high (95% interval).
    """
    forecast = found.forecast
    _, met = objective_met(forecast, str(found.objective["name"]))
    groups, values = np.asarray(forecast.points, np.int64), forecast.assumption_values[path]
    rows = []
    for part in np.array_split(np.argsort(values, kind="stable"), min(PARTS, len(values))):
        one = proportion(met[part].astype(np.float64), met[part], groups[part])
        rows.append((float(np.median(values[part])), one.value, one.low, one.high))
    return pd.DataFrame(rows, columns=["value", "chance", "low", "high"])


def futures_in(found: MustBeTrue, box: Weakness) -> tuple[list[str], pd.DataFrame, dict[str, tuple[float, float]]]:
    """Futures by the first two assumptions that a box limits, or the one.

    Returns
    -------
    paths
        The assumptions.
    table
        A row a future, at most `DOTS`: a column an assumption (base units), and met. Where there is one assumption, a
        column `APART` of random numbers from 0 to 1 comes second, so that dots do not lie on each other.
    ends
        By assumption: where the box begins and ends, within what is drawn.
    """
    forecast = found.forecast
    _, met = objective_met(forecast, str(found.objective["name"]))
    rows = np.arange(min(DOTS, forecast.replications))
    paths = list(dict.fromkeys(limit.path for limit in box.limits))[:2]
    table = pd.DataFrame({path: forecast.assumption_values[path][rows] for path in paths})
    if len(paths) == 1:
        table[APART] = np.random.default_rng(1).random(len(table))
    table["met"] = met[rows]
    ends = {path: (float(table[path].min()), float(table[path].max())) for path in paths}
    for limit in box.limits:
        if limit.path in ends:
            low, high = ends[limit.path]
            ends[limit.path] = (limit.value, high) if limit.at_least else (low, limit.value)
    return paths, table, ends


@drawn
def weakness(found: MustBeTrue, box: Weakness) -> Figure:
    """Draw the futures by the first two limited assumptions of a box (or the one), met and missed, with its limits."""
    currency = found.forecast.frame.currency
    paths, table, ends = futures_in(found, box)
    met = table["met"].to_numpy(bool)
    values = [table[column].to_numpy() for column in table.columns[:2]]
    figure = new_figure(3.9)
    ax = figure.add_subplot()
    for part, colour, mark, label in ((met, SKY, "o", "met"), (~met, RED, "x", "missed")):
        ax.plot(
            values[0][part],
            values[1][part],
            mark,
            color=colour,
            markersize=4,
            alpha=0.75,
            linestyle="none",
            label=label,
        )
    (left, right), (bottom, top) = [*ends.values(), (float(values[1].min()), float(values[1].max()))][:2]
    ax.plot(
        [left, right, right, left, left], [bottom, bottom, top, top, bottom], color=INK, linewidth=1.6, label="the box"
    )
    for axis, place in ((ax.xaxis, 0), (ax.yaxis, 1)):
        if place < len(paths):
            kind = found.evidence[paths[place]].kind
            span = float(values[place].min()), float(values[place].max())
            axis.set_ticks(*amount_ticks(*span, kind, currency), fontsize=9)
            axis.set_label_text(path_words(paths[place]))
        else:
            axis.set_ticks([])
    ax.xaxis.set_label_coords(1, -0.12)
    ax.xaxis.label.set_horizontalalignment("right")
    ax.grid(visible=False)
    ax.spines["left"].set_color(MUTED)
    title(figure, "Where the plan fails")
    legend(figure, ax)
    return figure
