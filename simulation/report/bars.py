"""Bars and intervals: the way of ARR, what expansion is made of, hours of the teams, luck and ignorance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import Float, percentiles
from simulation.report.evidence import EVIDENCE, evidence_of
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
from simulation.report.words import name, path_words, short, step_of, two_lines

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["assumption_effects", "expansion", "intervention_hours", "luck_and_ignorance", "waterfall"]

STEPS = {
    "open": "ARR at the start", "new": "new", "returned": "returned", "expansion": "expansion",
    "uplift": "price uplift", "contraction": "contraction", "churn": "churn", "close": "ARR at the end",
}  # fmt: skip
ON_BARS = "#101010"
"""Dark on light and dark pages alike: it lies on bars of light colours."""
SPLIT = ("arr", "members", "nrr", "expansion", "churn", "contribution")
EVIDENCE_COLOURS = dict(zip(EVIDENCE, (GREEN, BLUE, ORANGE, MUTED), strict=True))


@drawn
def waterfall(forecast: Forecast, segment: str | None = None) -> Figure:
    """Draw how ARR gets from the start to the end: the mean of each step, with its P10 to P90."""
    table = forecast.waterfall(segment)
    currency = forecast.frame.currency
    figure = new_figure(4.0)
    ax = figure.add_subplot()
    means = table["mean"].to_numpy(np.float64)
    starts = np.concatenate([[0.0], np.cumsum(means[:-1])])
    starts[0] = starts[-1] = 0.0
    rows = np.arange(len(table))[::-1]
    for place, (row, start, size) in enumerate(zip(rows, starts, means, strict=True)):
        total = place in (0, len(rows) - 1)
        colour = BLUE if total else GREEN if size >= 0 else RED
        ax.barh(row, size, left=start, color=colour, height=0.62, alpha=0.85)
        low, high = (float(table[column].iloc[place]) + start for column in ("P10", "P90"))
        if high > low:
            ax.plot([low, high], [row, row], color=INK, linewidth=1.4, solid_capstyle="butt")
            ax.plot([low, high], [row, row], "|", color=INK, markersize=8, markeredgewidth=1.4)
        spread = float(table["P90"].iloc[place] - table["P10"].iloc[place])
        text = short(size, "money", currency, max(step_of(spread, 5), step_of(abs(size), 100)))
        ax.annotate(
            text if total or size <= 0 else f"+{text}",
            (max(start, start + size, high), row), xytext=(5, 0), textcoords="offset points", va="center",
        )  # fmt: skip
        if place < len(rows) - 1:
            ax.plot([start + size] * 2, [row - 0.31, row - 0.69], color=MUTED, linewidth=0.8)
    ax.set_yticks(rows, list(STEPS.values()))
    _from_near(ax, starts, means, table["P10"].to_numpy(np.float64))
    value_axis(ax, "money", currency, axis="x", ticks=5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"ARR, {currency}; whiskers: P10 to P90 of the step", loc="right")
    title(figure, "From today's ARR to the end" + (f": {name(segment, 24)}" if segment else ""))
    return figure


@drawn
def expansion(forecast: Forecast) -> Figure | None:
    """Draw expansion over the horizon by where it comes from; None when no scenario part can give any."""
    parts: dict[str, Float] = {}
    for segment, milestone, _, kind in forecast.frame.milestones:
        if kind is not None:
            words = f"{name(milestone)} ({name(kind)})"
            if len(forecast.frame.segments) > 1:
                words = f"{name(segment)}: {words}"
            chosen = forecast.measure("expansion", milestone=f"{segment}.{milestone}")
            parts[words] = chosen.to_numpy()
    recurring = forecast.measure("expansion", kind="intervention").to_numpy()
    if recurring.any():
        parts["paid interventions"] = recurring
    if not parts:
        return None
    currency = forecast.frame.currency
    return _intervals(parts, "money", currency, "Expansion over the horizon", f"ARR, {currency}", GREEN)


@drawn
def intervention_hours(forecast: Forecast) -> Figure | None:
    """Draw the hours of work of each intervention over the horizon; None when no team works."""
    teams, several = forecast.facts.team_of, len(forecast.frame.teams) > 1
    parts = {
        name(one) + (f" ({name(str(teams[one]))})" if several else ""): forecast.measure(
            "work_hours", intervention=one
        ).to_numpy()
        for one in forecast.frame.interventions
        if teams.get(one) is not None
    }
    if not parts:
        return None
    parts = dict(sorted(parts.items(), key=lambda item: -float(item[1].mean())))
    return _intervals(parts, "hours", "", "Hours of work by intervention", "hours over the horizon", BLUE)


@drawn
def luck_and_ignorance(forecast: Forecast, measures: Sequence[str] = SPLIT) -> Figure | None:
    """Draw how much of each measure's spread is luck and how much is not knowing; None when unknown."""
    if not forecast.has_assumptions:
        return None
    found = [(one, forecast.luck_and_ignorance(one)) for one in measures]
    found = [(one, spread) for one, spread in found if np.isfinite(spread.ignorance_share)]
    if not found:
        return None
    figure = new_figure(1.5 + 0.42 * len(found))
    ax = figure.add_subplot()
    for row, (_, spread) in enumerate(reversed(found)):
        known = spread.ignorance_share
        ax.barh(row, known, color=ORANGE, height=0.6, label="what we do not know" if row == 0 else "")
        ax.barh(row, 1 - known, left=known, color=SKY, height=0.6, label="luck" if row == 0 else "")
        if np.isfinite(spread.share_low):
            ends = [spread.share_low, spread.share_high]
            ax.plot(ends, [row, row], color=ON_BARS, linewidth=1.2)
            ax.plot(ends, [row, row], "|", color=ON_BARS, markersize=8)
    ax.set_yticks(range(len(found)), [measure_named(one).title for one, _ in reversed(found)])
    ax.set_xlim(0, 1)
    value_axis(ax, "share", "", axis="x", ticks=5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("% of the variance; whiskers: 95% interval", loc="right")
    title(figure, "Luck, or not knowing?")
    legend(figure, ax)
    return figure


@drawn
def assumption_effects(forecast: Forecast, measure: str = "arr", most: int = 12) -> Figure | None:
    """Draw which assumption moves a measure: rank correlations, strongest first; None without assumptions."""
    table = forecast.assumption_effects(measure)
    table = table[table["rank_correlation"].notna()].head(most)
    if table.empty:
        return None
    figure = new_figure(1.5 + 0.48 * len(table))
    ax = figure.add_subplot()
    rows = np.arange(len(table))[::-1]
    seen: set[str] = set()
    for row, (path, one) in zip(rows, table.iterrows(), strict=True):
        kind = evidence_of(forecast.facts, str(path))
        label = "" if kind in seen else f"evidence: {kind}"
        seen.add(kind)
        low, high = float(one["low"]), float(one["high"])
        if np.isfinite(low):
            ax.plot([low, high], [row, row], color=MUTED, linewidth=1.4, zorder=2)
        ax.plot(
            one["rank_correlation"],
            row,
            "o",
            color=EVIDENCE_COLOURS[kind],
            markersize=8,
            label=label,
            zorder=3,
            clip_on=False,
        )
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set_yticks(rows, [path_words(str(path), 26) for path in table.index])
    ax.set_xlim(-1.02, 1.02)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlabel("rank correlation (−1 to 1) with 95% interval", loc="right")
    title(figure, f"Which assumption moves {measure_named(measure).title}")
    legend(figure, ax, columns=2)
    return figure


def _intervals(parts: dict[str, Float], unit: str, currency: str, heading: str, label: str, colour: str) -> Figure:
    """Draw a row for each part: P10 to P90, P25 to P75 and the median over the futures."""
    figure = new_figure(1.5 + 0.46 * len(parts))
    ax = figure.add_subplot()
    rows = np.arange(len(parts))[::-1]
    for place, (row, values) in enumerate(zip(rows, parts.values(), strict=True)):
        ends = percentiles(np.asarray(values, np.float64)[:, None], (10, 25, 50, 75, 90))[:, 0]
        words = ("P10 to P90", "P25 to P75", "median") if place == 0 else ("", "", "")
        thick: dict[str, Any] = {"color": colour, "linewidth": 9}
        ax.plot(ends[[0, 4]], [row, row], alpha=0.3, label=words[0], **thick)
        ax.plot(ends[[1, 3]], [row, row], alpha=0.6, label=words[1], **thick)
        ax.plot(ends[2], row, "|", color=INK, markersize=13, markeredgewidth=2, label=words[2])
    ax.set_yticks(rows, [two_lines(words, 24) for words in parts])
    ax.set_ylim(-0.6, len(parts) - 0.4)
    ax.set_xlim(left=0)
    value_axis(ax, unit, currency, axis="x", ticks=5)
    ax.set_xlabel(label, loc="right")
    title(figure, heading)
    legend(figure, ax)
    return figure


def _from_near(ax: Axes, starts: Float, means: Float, low: Float) -> None:
    """Cut the axis of a waterfall off below its steps, when they would be slivers beside the totals."""
    edges = np.concatenate([starts[1:-1], starts[1:-1] + means[1:-1], means[[0, -1]], starts[1:-1] + low[1:-1]])
    lowest, highest = float(edges.min()), float(edges.max())
    left = 0.0
    if 0 < 0.6 * highest < lowest < highest:
        left = max(0.0, lowest - 1.5 * (highest - lowest))
    right = ax.get_xlim()[1]
    ax.set_xlim(left, right + 0.16 * (right - left))
    if left > 0:
        ax.annotate(
            "axis does not start at zero",
            (0, 1),
            xycoords="axes fraction",
            xytext=(2, 1),
            textcoords="offset points",
            fontsize=8,
            color=MUTED,
        )  # noqa: E501
