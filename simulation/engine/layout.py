"""From scenario to frame: cells, periods and windows, and the cost and capacity that are known beforehand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.engine.cells import make_cells, objective_days
from simulation.engine.ledger import DAY_SECONDS, Frame, MilestoneKey
from simulation.model.state import MONTH
from simulation.scenario.schema import Intervention, Scenario, Team

Int = npt.NDArray[np.int64]
Servers = list[tuple[float, float, float, float]]
"""Of each server of a team: first day, end, share of full speed on the first day, days of ramp."""


def intervention_names(scenario: Scenario) -> list[str]:
    """Names in the order in which simultaneous interventions go: (priority, name)."""
    return sorted(scenario.interventions, key=lambda name: (scenario.interventions[name].priority, name))


def make_frame(scenario: Scenario) -> Frame:
    """Lay out the static facts of a run."""
    days = (scenario.horizon.end(scenario.start) - scenario.start).days
    edges, periods, windows = make_cells(
        scenario.start,
        days,
        scenario.periods,
        scenario.fiscal_year_starts,
        extra=objective_days(scenario.objectives, scenario.start),
    )
    names = intervention_names(scenario)
    plans = [scenario.interventions[name] for name in names]
    teams = sorted(scenario.teams)
    crews = [servers_of(scenario, scenario.teams[name]) for name in teams]
    cells = len(edges) - 1
    return Frame(
        name=scenario.name,
        currency=scenario.currency,
        start=scenario.start,
        days=days,
        segments=tuple(scenario.segments),
        milestones=milestone_keys(scenario),
        interventions=tuple(names),
        teams=tuple(teams),
        cell_edges=edges,
        periods=periods,
        windows=windows,
        team_cost=_stack(
            [
                spread(
                    sum((_days(edges, *one[:2]) for one in crew), np.zeros(cells)), scenario.teams[name].cost_per_month
                )
                for name, crew in zip(teams, crews, strict=True)
            ],
            cells,
        ),
        team_seconds=_stack(
            [
                np.rint(sum((_days(edges, *one[:2]) for one in crew), np.zeros(cells)) * DAY_SECONDS).astype(np.int64)
                for crew in crews
            ],
            cells,
        ),
        intervention_cost_per_delivery=np.array([plan.cost.per_delivery for plan in plans], np.int64),
        intervention_fixed_cost=_stack([_fixed_cost(plan, edges) for plan in plans], cells),
    )


def milestone_keys(scenario: Scenario) -> tuple[MilestoneKey, ...]:
    """Milestones of all segments, segment by segment, in the order of their journeys."""
    return tuple(
        (segment, name, one.stage, one.opportunity.kind if one.opportunity else None)
        for segment, plan in scenario.segments.items()
        for name, one in plan.journey.items()
    )


def servers_of(scenario: Scenario, team: Team) -> Servers:
    """List a team's people as servers; those who leave are the ones hired last among the present."""
    servers: Servers = [(-np.inf, np.inf, 1.0, 0.0)] * team.people
    for hire in sorted(team.hires, key=lambda one: one.date):
        first = (hire.date - scenario.start).days + hire.lead_time
        ramp = (hire.ramp.start, hire.ramp.over) if hire.ramp else (1.0, 0.0)
        servers += [(float(first), np.inf, *ramp)] * hire.people
    for leaver in sorted(team.leavers, key=lambda one: one.date):
        end = float((leaver.date - scenario.start).days + 1)
        for _ in range(leaver.people):
            present = [n for n, one in enumerate(servers) if one[0] < end and one[1] == np.inf]
            last = max(present, key=lambda n: (servers[n][0], n))
            servers[last] = (servers[last][0], end, *servers[last][2:])
    return servers


def spread(days: npt.NDArray[np.float64], per_month: int) -> Int:
    """Cost in cents of `days` in each cell at a monthly price, rounded so that the sum has no drift."""
    total = np.rint(np.cumsum(days) / MONTH * per_month)
    return np.diff(total, prepend=0.0).astype(np.int64)


def _days(edges: Int, first: float, end: float) -> npt.NDArray[np.float64]:
    days: npt.NDArray[np.float64] = np.minimum(edges[1:], end) - np.maximum(edges[:-1], first)
    return np.maximum(days, 0.0)


def _fixed_cost(plan: Intervention, edges: Int) -> Int:
    cost = spread(np.diff(edges).astype(float), plan.cost.per_month)
    cost[0] += plan.cost.one_off
    return cost


def _stack(rows: list[Int], cells: int) -> Int:
    return np.array(rows, np.int64).reshape(len(rows), cells)
