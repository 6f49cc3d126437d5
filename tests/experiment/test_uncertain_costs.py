"""An assumption on a cost varies what a plan costs, everywhere: in a run, a file, the store and each experiment.

The plan is constant but for what is assumed: 10 members who never leave, a tech-touch letter for each of them every
month, and a team that nothing asks for. So cost is arithmetic: people x price x months + letters x price +
a fee each month + a fee once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import simulation as sim
from simulation.scenario import Scenario, from_mapping

MONTHS = 365 / (365.25 / 12)
ASSUMED: dict[str, Any] = {
    "teams.care.cost_per_month": {"uniform": {"low": 1_000, "high": 9_000}},
    "teams.care.people": {"empirical": [1, 2, 5]},
    "teams.care.hires.0.people": {"empirical": [1, 2, 4, 8]},
    "interventions.letter.cost.per_delivery": {"uniform": {"low": 1, "high": 50}},
    "interventions.letter.cost.per_month": {"uniform": {"low": 10, "high": 100}},
    "interventions.letter.cost.one_off": {"uniform": {"low": 10, "high": 900}},
}
USUAL = {
    "teams.care.cost_per_month": 400_000,
    "teams.care.people": 2,
    "teams.care.hires.0.people": 1,
    "interventions.letter.cost.per_delivery": 2_000,
    "interventions.letter.cost.per_month": 5_000,
    "interventions.letter.cost.one_off": 30_000,
}
"""What the plan says without assumptions, in base units: money in cents."""
HIRED = 184 / (365.25 / 12)
"""Months from 1 July 2027 to the end of the year."""


def plan(*assumed: str, name: str = "base", **fields: Any) -> Scenario:
    return from_mapping({
        "name": name, "start": "2027-01-01", "horizon": "12 months",
        "segments": {"all": {
            "desired_outcome": {"required": "paid"},
            "arr": 600,
            "arrivals": {"per_month": 0},
            "population": {"members": 10},
            "journey": {"start": {"stage": "adoption", "after": "1 month"}},
            "renewal": {"probability": "100%"},
        }},
        "teams": {"care": {
            "people": 2, "hours_per_month": 100, "cost_per_month": 4_000,
            "hires": [{"date": "2027-07-01", "people": 1}],
        }},
        "interventions": {"letter": {
            "when": {"every": "1 month"}, "cost": {"per_delivery": 20, "per_month": 50, "one_off": 300},
        }},
        "assumptions": {path: ASSUMED[path] for path in assumed},
    } | fields)  # fmt: skip


def in_closed_form(values: dict[str, Any], letters: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Cost over the year, currency units, by replication."""
    v = USUAL | values
    team = v["teams.care.people"] * MONTHS + v["teams.care.hires.0.people"] * HIRED
    own = letters * v["interventions.letter.cost.per_delivery"] + MONTHS * v["interventions.letter.cost.per_month"]
    cents = team * v["teams.care.cost_per_month"] + own + v["interventions.letter.cost.one_off"]
    return np.broadcast_to(cents, letters.shape) / 100


@pytest.mark.parametrize("path", [*ASSUMED, "all"])
def test_cost_and_contribution_follow_the_assumption_exactly(path: str) -> None:
    forecast = sim.run(plan(*(ASSUMED if path == "all" else [path])), replications=12, workers=1)
    values = forecast.result.assumption_values
    cost, letters = forecast.measure("cost").to_numpy(), forecast.measure("delivered").to_numpy()
    assert len(np.unique(cost[::2])) > 1 and letters.min() > 0
    # A price is a whole number of cents; two costs by the month are rounded to the cent at the end of the year.
    np.testing.assert_allclose(cost, in_closed_form(values, letters), rtol=0, atol=0.0101)
    left = forecast.measure("revenue").to_numpy() - cost
    np.testing.assert_allclose(forecast.measure("contribution").to_numpy(), left, rtol=1e-12)
    forecast.ledger.check(forecast.frame)
