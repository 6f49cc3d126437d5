"""Figures of a comparison: differences over time and side by side, what they cost and when they pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import percentiles
from simulation.report.fans import bands, period_word
from simulation.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    drawn,
    legend,
    new_figure,
    title,
    value_axis,
)
from simulation.report.words import MINUS, date_ticks, money_unit, name, number, two_lines

if TYPE_CHECKING:
    from simulation.experiment.best import Best
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.payback import Payback

__all__ = ["best_of_all", "difference_fan", "forest", "gain_and_cost", "hours", "over_spans", "payback_chances"]

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY)
"""Of the alternatives, in their order."""

LARGEST = 12
"""Interventions on the figure of hours; the table has all."""


def colour_of(place: int) -> str:
    """Colour of an alternative."""
    return COLOURS[place % len(COLOURS)]


@drawn
def difference_fan(comparison: Comparison, measure: str, alternatives: Sequence[str] = ()) -> Figure | None:
    """Draw the difference of a measure over the periods, a panel an alternative; None when there is none at all.

    Parameters
    ----------
    alternatives
        Which; by default all.
    """
    what, frame = measure_named(measure), comparison.base.frame
    chosen = alternatives or tuple(comparison.alternatives)
    gaps = {one: comparison.difference(measure, one, by="period").to_numpy() for one in chosen}
    if not any(np.nan_to_num(one).any() for one in gaps.values()):
        return None
    stock = what.nature == "stock"
    figure = new_figure(1.5 + 1.75 * len(gaps))
    axes = figure.subplots(len(gaps), 1, sharex=True, squeeze=False)[:, 0]
    times = [frame.start + timedelta(days=one.end_day) for one in frame.periods]
    if stock:
        times = [frame.start, *times]
    else:
        times = [frame.start + timedelta(days=(one.start_day + one.end_day) // 2) for one in frame.periods]
    for place, (ax, (one, values)) in enumerate(zip(axes, gaps.items(), strict=True)):
        whole = np.concatenate([np.zeros((len(values), 1)), values], axis=1) if stock else values
        bands(ax, times, whole, BLUE, label=place == 0)
        ax.relim()
        ax.autoscale(axis="y")  # a difference has no natural size: show it as large as it is
        if not np.nan_to_num(percentiles(values, (10, 90))).any():
            ax.set_ylim(-1, 1)
        ax.axhline(0, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        ax.set_title(name(one, 48), fontsize=10, color=MUTED)
        value_axis(ax, what.unit, frame.currency, ticks=5)
        ax.set_ylabel(money_unit(frame.currency, what.unit))
    ticks = date_ticks(times[0], times[-1], 6)
    axes[-1].set_xticks(list(ticks), list(ticks.values()))
    word = period_word(comparison.base)
    axes[-1].set_xlabel(f"{'end of each' if stock else 'in each'} {word}")
    title(figure, f"{what.title}{'' if stock else f' a {word}'}: difference to the base")
    legend(figure, axes[0])
    return figure


@drawn
def forest(comparison: Comparison, measures: Sequence[str], alternatives: Sequence[str] = ()) -> Figure | None:
    """Draw the mean difference of each measure in percent of the base, with its paired interval and P10 to P90.

    Parameters
    ----------
    alternatives
        Which; by default all.
    """
    names = list(alternatives or comparison.alternatives)
    table = comparison.table(measures).loc[names]
    base = table["base"].abs()
    table = table[(base > 0) & np.isfinite(table["mean"])]
    rows = [one for one in measures if one in table.index.get_level_values("measure")]
    rows = [one for one in rows if table.xs(one, level="measure")["mean"].ne(0).any()]
    if not rows:
        return None
    height = 0.3 + 0.2 * len(names)
    figure = new_figure(1.5 + height * len(rows))
    ax = figure.add_subplot()
    step = 0.8 / len(names)
    for place, alternative in enumerate(names):
        colour = colour_of(place)
        for row, measure in enumerate(rows):
            if (alternative, measure) not in table.index:
                continue
            one: Any = table.loc[(alternative, measure)]
            y = len(rows) - 1 - row + 0.4 - step * (place + 0.5)
            scale = 100 / abs(float(one["base"]))
            first = row == 0
            ax.plot(
                [one["P10"] * scale, one["P90"] * scale], [y, y], color=colour, alpha=0.35, linewidth=6,
                label="P10 to P90 of the futures" if first and place == 0 else "",
            )  # fmt: skip
            ax.plot(
                [one["low"] * scale, one["high"] * scale], [y, y], color=colour, linewidth=2.2,
                label="95% interval of the mean" if first and place == 0 else "",
            )  # fmt: skip
            ax.plot(
                one["mean"] * scale, y, "o", color=colour, markersize=5.5,
                label=name(alternative, 28) if first and len(names) > 1 else "",
            )  # fmt: skip
            ends = (one["low"] * scale, one["high"] * scale)
            ax.annotate(
                _percent(float(one["mean"]) * scale, *ends),
                (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=INK,
                annotation_clip=False,
            )  # fmt: skip
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.set_yticks(range(len(rows))[::-1], [two_lines(measure_named(one).title, 24) for one in rows])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.xaxis.set_major_formatter(lambda value, _: number(value / 100, "share").replace(".0%", "%"))
    ax.set_xlabel("difference in percent of the base", loc="right")
    title(figure, "Differences over the whole horizon")
    legend(figure, ax, columns=2)
    return figure


def _percent(mean: float, low: float, high: float) -> str:
    """A difference in percent with its interval."""
    places = 2 if max(abs(low), abs(high)) < 1 else 1
    return f"{mean:+.{places}f}% ({low:+.{places}f} to {high:+.{places}f})".replace("-", MINUS)


@drawn
def gain_and_cost(comparison: Comparison, results: Mapping[str, Payback]) -> Figure | None:
    """Draw what each alternative has cost more and brought more by the end of each period; they cross at break-even."""
    moved = {one: each for one, each in results.items() if each.spent.any() or each.cumulative.any()}
    if not moved:
        return None
    frame = comparison.base.frame
    times: Any = [frame.start, *(frame.start + timedelta(days=one.end_day) for one in frame.periods)]
    figure = new_figure(1.5 + 2.1 * len(moved))
    axes = figure.subplots(len(moved), 1, sharex=True, squeeze=False)[:, 0]
    for place, (ax, (one, each)) in enumerate(zip(axes, moved.items(), strict=True)):
        start = np.zeros((len(each.spent), 1))
        gain = np.concatenate([start, each.cumulative + each.spent], axis=1)
        spent = np.concatenate([start, each.spent], axis=1)
        low, middle, high = percentiles(gain, (10, 50, 90))
        first = place == 0
        ax.fill_between(times, low, high, color=BLUE, alpha=0.25, linewidth=0, label="P10 to P90" if first else "")
        ax.plot(times, middle, color=BLUE, linewidth=2, label="revenue and fees gained" if first else "")
        ax.plot(
            times,
            spent.mean(axis=0),
            color=RED,
            linewidth=2,
            linestyle=(0, (5, 2)),
            label="cost added" if first else "",
        )
        ax.axhline(0, color=INK, linewidth=0.9)
        ax.set_title(name(one, 48), fontsize=10, color=MUTED)
        value_axis(ax, "money", frame.currency, ticks=5)
        ax.set_ylabel(frame.currency)
    ticks = date_ticks(times[0], times[-1], 6)
    axes[-1].set_xticks(list(ticks), list(ticks.values()))
    axes[-1].set_xlabel(f"end of each {period_word(comparison.base)}, sums since the start")
    title(figure, "Gain against cost, both over the base")
    legend(figure, axes[0], columns=2)
    return figure


@drawn
def payback_chances(comparison: Comparison, results: Mapping[str, Payback]) -> Figure | None:
    """Draw the chance to be paid back for good by the end of each period; None where nothing ever is."""
    costly = {one: each for one, each in results.items() if each.cost.p90 > 0 and each.within.value > 0}
    if not costly:
        return None
    frame = comparison.base.frame
    times: Any = [frame.start + timedelta(days=one.end_day) for one in frame.periods]
    figure = new_figure(2.9)
    ax = figure.add_subplot()
    for one, each in costly.items():
        colour = colour_of(list(comparison.alternatives).index(one))
        ax.step(times, each.table["by_then"].iloc[:-1], where="post", color=colour, linewidth=2, label=name(one, 28))
    ax.set_ylim(-0.02, 1.02)
    value_axis(ax, "share", "", ticks=5)
    ticks = date_ticks(frame.start, times[-1], 6)
    ax.set_xticks(list(ticks), list(ticks.values()))  # type: ignore[arg-type]
    ax.set_ylabel("share of the futures")
    title(figure, "Paid back for good by …")
    legend(figure, ax, columns=2)
    return figure


@drawn
def best_of_all(comparison: Comparison, best: Best, measure: str) -> Figure:
    """Draw how each scenario stands to the best of the others: joint 95% intervals."""
    what, currency = measure_named(measure), comparison.base.frame.currency
    figure = new_figure(1.5 + 0.45 * len(best.standings))
    ax = figure.add_subplot()
    for row, one in enumerate(best.standings[::-1]):
        colour = BLUE if one.may_be_best else MUTED
        ax.plot([one.low, one.high], [row, row], color=colour, linewidth=5, solid_capstyle="round")
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.set_yticks(range(len(best.standings)), [two_lines(name(one.name), 24) for one in best.standings[::-1]])
    ax.set_ylim(-0.6, len(best.standings) - 0.4)
    value_axis(ax, what.unit, currency, axis="x", ticks=5)
    better = "higher" if what.better > 0 else "lower"
    ax.set_xlabel(f"{what.title} against the best other one: right of 0 is {better}", loc="right")
    title(figure, "Which may be the best (blue), 95% for all at once")
    return figure


@drawn
def hours(comparison: Comparison, work: pd.DataFrame) -> Figure | None:
    """Draw the hours of each intervention that a team delivers, in every scenario."""
    table = work[work.index.get_level_values("team") != ""]
    keys = list(dict.fromkeys((team, one) for _, team, one in table.index))
    keys = [key for key in keys if table["hours"].xs(key, level=("team", "intervention")).max() > 0]
    if not keys:
        return None
    scenarios = list(comparison.forecasts)
    keys.sort(key=lambda key: -float(table["hours"].xs(key, level=("team", "intervention")).max()))
    keys = sorted(keys[:LARGEST], key=lambda key: key[0])
    step = 0.8 / len(scenarios)
    figure = new_figure(1.4 + (0.22 + 0.16 * len(scenarios)) * len(keys))
    ax = figure.add_subplot()
    for place, scenario in enumerate(scenarios):
        values = [float(table["hours"].get((scenario, *key), 0.0)) for key in keys]
        rows = np.arange(len(keys))[::-1] + 0.4 - step * (place + 0.5)
        colour = MUTED if place == 0 else colour_of(place - 1)
        ax.barh(rows, values, step * 0.9, color=colour, label=name(scenario, 28))
    teams = {team for team, _ in keys}
    labels = [f"{name(one)} ({name(team)})" if len(teams) > 1 else name(one) for team, one in keys]
    ax.set_yticks(range(len(keys))[::-1], [two_lines(label, 24) for label in labels])
    ax.set_ylim(-0.6, len(keys) - 0.4)
    value_axis(ax, "hours", "", axis="x", ticks=5)
    ax.set_xlabel("hours over the whole horizon, means", loc="right")
    title(figure, "Where the hours go" + (f": the {LARGEST} largest" if len(keys) == LARGEST else ""))
    legend(figure, ax, columns=2)
    return figure


@drawn
def over_spans(comparison: Comparison, table: pd.DataFrame, measure: str) -> Figure | None:
    """Draw the difference of a measure at the end of each span of time: P10 to P90, median, interval of the mean.

    Parameters
    ----------
    table
        Index span, alternative and measure; columns as of `Comparison.table`.
    """
    part = table.xs(measure, level="measure")
    spans = list(dict.fromkeys(part.index.get_level_values("span")))
    if len(spans) < 2:
        return None
    what, names = measure_named(measure), list(comparison.alternatives)
    step = 0.8 / len(names)
    figure = new_figure(1.6 + (0.22 + 0.2 * len(names)) * len(spans))
    ax = figure.add_subplot()
    for place, alternative in enumerate(names):
        colour = colour_of(place)
        for row, span in enumerate(spans):
            if (span, alternative) not in part.index:
                continue
            one: Any = part.loc[(span, alternative)]
            y = len(spans) - 1 - row + 0.4 - step * (place + 0.5)
            first = row == 0 and place == 0
            ax.plot([one["P10"], one["P90"]], [y, y], color=colour, alpha=0.35, linewidth=7,
                    label="P10 to P90 of the futures" if first else "")  # fmt: skip
            ax.plot([one["low"], one["high"]], [y, y], color=colour, linewidth=2.4,
                    label="95% interval of the mean" if first else "")  # fmt: skip
            ax.plot(one["mean"], y, "o", color=colour, markersize=5.5,
                    label=name(alternative, 28) if row == 0 and len(names) > 1 else "")  # fmt: skip
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.set_yticks(range(len(spans))[::-1], spans)
    ax.set_ylim(-0.6, len(spans) - 0.4)
    value_axis(ax, what.unit, comparison.base.frame.currency, axis="x", ticks=5)
    ax.set_xlabel(f"{what.title}, {money_unit(comparison.base.frame.currency, what.unit)}: difference", loc="right")
    title(figure, f"{what.title} {'after' if what.nature == 'stock' else 'over the first'} …")
    legend(figure, ax, columns=2)
    return figure
