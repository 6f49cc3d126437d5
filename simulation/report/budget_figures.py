"""Pictures of a budget: what each spend buys, what the next step brings, and which plans cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from simulation.report.budget_words import per
from simulation.report.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    ORANGE,
    drawn,
    legend,
    new_figure,
    title,
    value_axis,
)
from simulation.report.words import money_unit, name, two_lines

if TYPE_CHECKING:
    from simulation.experiment.budget import Budget
    from simulation.experiment.plans import Estimate

__all__ = ["contenders", "frontier", "next_steps"]

LABEL = 26


@drawn
def frontier(found: Budget) -> Figure | None:
    """Draw the gain of the best plan for each spend, with its bands; None when nothing can be spent."""
    answer, unit = found.answer, found.criterion.unit
    if found.spend <= 0:
        return None
    x = np.array([cap for cap, _ in answer.frontier])
    plans = [plan for _, plan in answer.frontier]
    low, high = (np.array([getattr(plan, key) for plan in plans]) for key in ("p10", "p90"))
    gains = {key: np.array([getattr(plan.gain, key) for plan in plans]) for key in ("low", "mean", "high")}
    figure = new_figure(3.9)
    ax = figure.add_subplot()
    base = answer.tried[answer.nothing.levels].score
    tried = np.array([(point.spend, point.score - base) for point in answer.tried.values()])
    within = tried[:, 0] <= 1.05 * found.spend
    ax.scatter(
        tried[within, 0], tried[within, 1], s=11, color=MUTED, alpha=0.55, linewidths=0, label="tried in the search"
    )
    if np.isfinite(low).all():
        ax.fill_between(x, low, high, color=BLUE, alpha=0.13, linewidth=0, label="P10 to P90 of futures")
    ax.fill_between(x, gains["low"], gains["high"], color=BLUE, alpha=0.35, linewidth=0, label="95% interval")
    ax.plot(x, gains["mean"], color=BLUE, linewidth=2, marker="o", markersize=4, label="best plan for the cap")
    chosen = answer.recommended
    ax.scatter([chosen.spend.mean], [chosen.gain.mean], s=95, color=ORANGE, zorder=5, marker="*", label="recommended")
    ax.axhline(0.0, color=INK, linewidth=0.9)
    currency = found.scenario.currency
    value_axis(ax, unit, currency)
    value_axis(ax, "money", currency, axis="x")
    ax.set_xlabel(f"Spend at most (line) and in fact (dots, star), {currency}", loc="right")
    ax.set_ylabel(f"Gain, {money_unit(currency, unit)}")
    title(figure, "What each spend buys")
    legend(figure, ax, columns=3)
    return figure


@drawn
def next_steps(found: Budget) -> Figure | None:
    """Draw the gain of the next step of each lever per unit of spend; None when no step is left."""
    steps = [step for step in found.answer.steps if np.isfinite(step.per_unit.mean)]
    if not steps:
        return None
    scale, currency, unit = per(found), found.scenario.currency, found.criterion.unit
    figure = _forest(
        [name(found.levers.names[step.place]) for step in steps],
        [step.per_unit for step in steps],
        [GREEN if step.per_unit.low > 0 else MUTED for step in steps],
        scale,
    )
    ax = figure.axes[0]
    value_axis(ax, unit if unit != "money" else "ratio", currency, axis="x", ticks=5)
    of = f"{currency} 1" if scale == 1.0 else f"{currency} {scale:,.0f}"
    ax.set_xlabel(f"Gain for {of} more, {money_unit(currency, unit)}; line: 95% interval", loc="right")
    title(figure, "The next step of each lever")
    return figure


@drawn
def contenders(found: Budget) -> Figure | None:
    """Draw how far each plan that was sampled anew is behind the chosen one; None when there was no doubt."""
    others = found.answer.contenders[1:]
    if not others:
        return None
    unit, currency = found.criterion.unit, found.scenario.currency
    figure = _forest(
        [f"plan {number}" for number in range(2, len(others) + 2)],
        [one.difference for one in others],
        [MUTED if one.told_apart else ORANGE for one in others],
        1.0,
    )
    ax = figure.axes[0]
    ax.axvspan(-found.answer.zone, found.answer.zone, color=GRID, alpha=0.6, linewidth=0, zorder=0)
    value_axis(ax, unit, currency, axis="x", ticks=5)
    ax.set_xlabel(f"Above the recommended plan, {money_unit(currency, unit)}; grey: does not matter", loc="right")
    title(figure, "What came closest (orange: cannot be told apart)")
    return figure


def _forest(labels: list[str], estimates: list[Estimate], colours: list[str], scale: float) -> Figure:
    figure = new_figure(1.35 + 0.42 * len(labels))
    ax = figure.add_subplot()
    rows = np.arange(len(labels))[::-1]
    for row, one, colour in zip(rows, estimates, colours, strict=True):
        ax.plot([one.low * scale, one.high * scale], [row, row], color=colour, linewidth=2)
        ax.plot([one.mean * scale], [row], color=colour, marker="o", markersize=7)
    ax.axvline(0.0, color=INK, linewidth=0.9)
    ax.set_yticks(rows, [two_lines(label, LABEL) for label in labels])
    ax.set_ylim(-0.6, len(labels) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.margins(x=0.08)
    return figure
