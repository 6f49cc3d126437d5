"""What teams and interventions cost and can do, cell by cell: known from the plan before anything has happened."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.engine.ledger import DAY_SECONDS, Frame
from simulation.model.state import MONTH
from simulation.scenario.schema import Intervention, Scenario, Team

Int = npt.NDArray[np.int64]
Servers = list[tuple[float, float, float, float]]
"""Of each server of a team: first day, end, share of full speed on the first day, days of ramp."""


def known_rows(scenario: Scenario, frame: Frame) -> dict[str, Int]:
    """Rows of the ledger of one replication that follow from the scenario at its assumption point alone.

    Parameters
    ----------
    scenario
        Without open assumptions.
    frame
        Its axes.

    Returns
    -------
    dict
        `team_cost` [T, C] and `fixed_cost` [K, C], cents; `team_seconds` [T, C], server-seconds;
        `cost_per_delivery` [K], cents. A month is 365.25 / 12 days.
    """
    edges, cells = frame.cell_edges, frame.cells
    teams = [scenario.teams[name] for name in frame.teams]
    plans = [scenario.interventions[name] for name in frame.interventions]
    present = [sum((_days(edges, *one[:2]) for one in servers_of(scenario, team)), np.zeros(cells)) for team in teams]
    team_cost = [spread(days, team.cost_per_month) for days, team in zip(present, teams, strict=True)]
    return {
        "team_cost": _stack(team_cost, cells),
        "team_seconds": _stack([np.rint(days * DAY_SECONDS).astype(np.int64) for days in present], cells),
        "cost_per_delivery": np.array([plan.cost.per_delivery for plan in plans], np.int64),
        "fixed_cost": _stack([_fixed_cost(plan, edges) for plan in plans], cells),
    }


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
