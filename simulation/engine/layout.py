"""From scenario to frame: names, cells, periods and windows."""

from __future__ import annotations

from simulation.engine.cells import make_cells, objective_days
from simulation.engine.ledger import Frame, MilestoneKey
from simulation.scenario.schema import Scenario


def intervention_names(scenario: Scenario) -> list[str]:
    """Names in the order in which simultaneous interventions go: (priority, name)."""
    return sorted(scenario.interventions, key=lambda name: (scenario.interventions[name].priority, name))


def make_frame(scenario: Scenario) -> Frame:
    """Lay out the axes of a run; no assumption can change them."""
    days = (scenario.horizon.end(scenario.start) - scenario.start).days
    edges, periods, windows = make_cells(
        scenario.start,
        days,
        scenario.periods,
        scenario.fiscal_year_starts,
        extra=objective_days(scenario.objectives, scenario.start),
    )
    return Frame(
        name=scenario.name,
        currency=scenario.currency,
        start=scenario.start,
        days=days,
        segments=tuple(scenario.segments),
        milestones=milestone_keys(scenario),
        interventions=tuple(sorted(scenario.interventions)),  # not by priority, which may be assumed
        teams=tuple(sorted(scenario.teams)),
        cell_edges=edges,
        periods=periods,
        windows=windows,
    )


def milestone_keys(scenario: Scenario) -> tuple[MilestoneKey, ...]:
    """Milestones of all segments, segment by segment, in the order of their journeys."""
    return tuple(
        (segment, name, one.stage, one.opportunity.kind if one.opportunity else None)
        for segment, plan in scenario.segments.items()
        for name, one in plan.journey.items()
    )
