"""Pictures of a backtest: fans against what came, PIT, coverage, and skill against the baselines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from simulation.evidence.backtest.casts import BASELINES, MODEL
from simulation.evidence.backtest.observed import MEASURES
from simulation.evidence.backtest.scores import LEVELS, pit_histogram
from simulation.evidence.backtest.verdict import rivals
from simulation.report.style import BLUE, GREEN, INK, MUTED, ORANGE, RED, drawn, legend, new_figure, title, value_axis
from simulation.report.words import date_ticks, money_unit

if TYPE_CHECKING:
    from simulation.evidence.backtest.casts import Backtest

__all__ = ["coverage", "fan_against_actuals", "pit", "skill"]


def _heading(found: Backtest, measure: str) -> str:
    watched = MEASURES[measure]
    unit = money_unit(found.currency, watched.unit) if watched.unit == "money" else ""
    per = "" if watched.nature == "stock" else f" per {found.step} months" if found.step != 1 else " per month"
    return f"{watched.title}{per}" + (f" ({unit})" if unit else "")


@drawn
def fan_against_actuals(found: Backtest, measure: str) -> Figure:
    """Draw what came, and each origin's forecast as a fan."""
    figure = new_figure(3.2)
    ax: Any = figure.subplots()  # its stubs know no dates
    table = found.table()
    own = table[(table["measure"] == measure) & (table["method"] == MODEL)]
    days, values = found.past[measure]
    for number, origin in enumerate(found.origins):
        one = own[own["origin"] == origin].sort_values("step")
        if one.empty:
            continue
        at = list(one["day"])
        low, mid, high = one[["low_80%", "median", "high_80%"]].to_numpy(float).T
        wide = one[["low_95%", "high_95%"]].to_numpy(float).T
        start = _value_at(days, values, origin)
        if start is not None and MEASURES[measure].nature == "stock":
            at = [origin, *at]
            low, mid, high = (np.concatenate([[start], each]) for each in (low, mid, high))
            wide = np.concatenate([[[start], [start]], wide], axis=1)
        colour = (BLUE, ORANGE, GREEN, RED)[number % 4] if len(found.origins) > 1 else BLUE
        first = number == 0
        ax.fill_between(
            at, wide[0], wide[1], color=colour, alpha=0.14, linewidth=0, label="95% band" if first else None
        )
        ax.fill_between(at, low, high, color=colour, alpha=0.28, linewidth=0, label="80% band" if first else None)
        ax.plot(at, mid, color=colour, linewidth=1.6, label="forecast, median" if first else None)
        ax.axvline(origin, color=MUTED, linewidth=0.7, linestyle=":")
    ax.plot(list(days), values, color=INK, marker="o", markersize=3.2, linewidth=1.1, label="what came")
    seen = np.concatenate([values[-(found.steps + 6) :], own[["low_95%", "high_95%"]].to_numpy(float).ravel()])
    room = float(np.ptp(seen)) or 1.0
    ax.set_ylim(max(0.0, seen.min() - 0.08 * room), seen.max() + 0.12 * room)
    shown = [day for day, value in zip(days, values, strict=True) if value <= seen.max() + 0.12 * room]
    ax.set_xlim(min(shown[-(found.steps + 8) :][0], found.origins[0]), days[-1] + 0.02 * (days[-1] - found.origins[0]))
    value_axis(ax, MEASURES[measure].unit, found.currency)
    ticks = date_ticks(shown[-(found.steps + 8) :][0], days[-1], 6)
    ax.set_xticks(list(ticks), list(ticks.values()))
    title(figure, _heading(found, measure))
    legend(figure, ax, columns=4)
    return figure


def _value_at(days: tuple[date, ...], values: np.ndarray, day: date) -> float | None:
    return float(values[days.index(day)]) if day in days else None


@drawn
def pit(found: Backtest, measures: tuple[str, ...]) -> Figure:
    """Draw the non-randomised PIT histogram of the model's forecasts."""
    table = found.table()
    own = table[(table["method"] == MODEL) & table["measure"].isin(measures)]
    bins = 10 if len(own) >= 40 else 5
    heights = pit_histogram(own["pit_low"], own["pit_high"], bins)
    figure = new_figure(2.9)
    ax = figure.subplots()
    ax.bar((np.arange(bins) + 0.5) / bins, heights, 0.94 / bins, color=BLUE)
    ax.axhline(1.0, color=INK, linewidth=1.1)
    ax.set_xlabel("place of the value among the futures (0 lowest, 1 highest)")
    ax.set_ylabel("times as often as it should")
    ax.set_xlim(0, 1)
    title(figure, f"Where the {len(own)} values fell (flat at 1 is right)")
    return figure


@drawn
def coverage(found: Backtest) -> Figure:
    """Draw how often each band held the value, by measure."""
    table = found.table()
    own = table[table["method"] == MODEL]
    figure = new_figure(3.2)
    ax = figure.subplots()
    ax.plot([45, 100], [45, 100], color=MUTED, linewidth=1.0, label="as promised")
    colours, marks = (BLUE, ORANGE, GREEN, RED, INK, MUTED), "osD^vP"
    for number, measure in enumerate(found.measures):
        one = own[own["measure"] == measure]
        if one.empty or float(one["actual"].abs().sum()) == 0:
            continue
        shares = [100 * float(one[f"inside_{level:.0%}"].mean()) for level in LEVELS]
        ax.plot(
            [100 * level for level in LEVELS], shares, color=colours[number % 6], marker=marks[number % 6],
            markersize=4.5, linewidth=1.1, label=MEASURES[measure].title,
        )  # fmt: skip
    ax.set_xticks([100 * level for level in LEVELS])
    ax.set_ylim(-4, 104)
    ax.set_xlabel("band, %")
    ax.set_ylabel("values inside, %")
    title(figure, "Coverage: how many values the bands held")
    legend(figure, ax, columns=3)
    return figure


@drawn
def skill(found: Backtest, measure: str) -> Figure | None:
    """Draw the mean CRPS of the model and every baseline; None when there is no baseline."""
    table = found.table()
    own = table[table["measure"] == measure]
    pairs = rivals(own)
    if not pairs:
        return None
    names = sorted(pairs, key=lambda name: pairs[name][0])
    ours = float(own[own["method"] == MODEL]["crps"].mean())
    made = own["method"].value_counts()
    few = {one: f" on {made[one]} of {made[MODEL]}" if made[one] < made[MODEL] else "" for one in names}
    figure = new_figure(1.3 + 0.3 * (len(names) + 1))
    ax = figure.subplots()
    labels = ["membersim", *(BASELINES[name] for name in names)]
    values = [ours, *(pairs[name][0] for name in names)]
    ax.barh(range(len(labels)), values, color=[BLUE, *[MUTED] * len(names)], height=0.62)
    for place in range(len(labels)):
        theirs, same = pairs[names[place - 1]] if place else (0.0, 0.0)  # `same`: on the forecasts that both made
        text = f" {100 * (theirs / same - 1):+,.0f}%{few[names[place - 1]]}" if place and same > 0 else ""
        ax.annotate(text, (values[place], place), va="center", fontsize=9, color=INK)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.invert_yaxis()
    ax.set_xlim(0, max(values) * 1.16 or 1.0)
    value_axis(ax, MEASURES[measure].unit, found.currency, axis="x", ticks=5)
    watched = MEASURES[measure]
    unit = money_unit(found.currency, watched.unit) if watched.unit == "money" else watched.title.lower()
    ax.set_xlabel(f"mean CRPS{f', {unit}' if unit else ''}; shorter is better")
    title(figure, f"{MEASURES[measure].title}: the model and its baselines")
    return figure
