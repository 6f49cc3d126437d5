"""The milestones as a plan states them: how much work lies before each, and what it opens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from simulation.report.amounts import amount
from simulation.report.style import BLUE, GREEN, INK, MUTED, ORANGE, drawn, legend, new_figure, title
from simulation.report.words import name, two_lines

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.schema import Milestone

__all__ = ["work_ahead"]

COLOURS = {"adoption": ORANGE, "value": BLUE, "growth": GREEN}
TENTH = 1.2815515655446004
"""Standard normal quantile of 90%."""
LABEL = 24


@drawn
def work_ahead(scenario: Scenario, segment: str | None = None) -> Figure | None:
    """Draw the work before each milestone of each segment, one bar a milestone; None when there are none.

    Parameters
    ----------
    segment
        Only this one.

    Raises
    ------
    ValueError
        When the scenario has no such segment.
    """
    names = list(scenario.segments) if segment is None else [segment]
    if not set(names) <= set(scenario.segments):
        raise ValueError(f"unknown segment {segment!r}; there are {', '.join(scenario.segments)}")
    rows: list[tuple[str, Milestone | None, float]] = []
    for one in names:
        milestones, at = scenario.segments[one].journey, 0.0
        rows += [(one, None, 0.0)] if len(names) > 1 and milestones else []
        for key, milestone in milestones.items():
            rows.append((key, milestone, at))
            at += milestone.after
    if not rows:
        return None
    figure = new_figure(1.5 + 0.36 * len(rows))
    ax = figure.add_subplot()
    labels, told = [], set()
    for place, (key, step, start) in enumerate(rows):
        y = len(rows) - 1 - place
        labels.append("" if step is None else two_lines(name(key), LABEL))
        if step is None:
            ax.annotate(name(key), (0, y), xycoords=("axes fraction", "data"), xytext=(4, -3),
                        textcoords="offset points", fontsize=9, color=MUTED, weight="bold")  # fmt: skip
            continue
        end, factor = start + step.after, math.exp(TENTH * step.spread)
        ax.barh(y, step.after, left=start, height=0.56, color=COLOURS[step.stage],
                label="" if step.stage in told else step.stage)  # fmt: skip
        told.add(step.stage)
        ax.plot([start + step.after / factor, start + step.after * factor], [y, y], color=INK, linewidth=1.3)
        ax.plot([end, end], [y - 0.28, y + 0.28], color=INK, linewidth=1.3)
        if step.opportunity is not None:
            ax.annotate(_offer(scenario, step), (start + step.after * factor, y), xytext=(5, 0),
                        textcoords="offset points", va="center", fontsize=8.5)  # fmt: skip
    ax.set_yticks(range(len(rows))[::-1], labels)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlim(0, 1.45 * max(start + step.after for _, step, start in rows if step is not None))
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("months of work at the typical pace; line: P10 to P90", loc="right")
    title(figure, "The journey" + (f": {name(names[0], 30)}" if segment and len(scenario.segments) > 1 else ""))
    legend(figure, ax)
    return figure


def _offer(scenario: Scenario, step: Milestone) -> str:
    """What is offered there: its kind, its typical size, and how many take it."""
    assert step.opportunity is not None
    arr = amount(float(step.opportunity.arr.ppf(0.5)), "money", scenario.currency)
    return f"{name(step.opportunity.kind)} {arr}, {amount(step.opportunity.take, 'share')} take"
