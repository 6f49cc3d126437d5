"""A simulated future as a history: it says as much as the ledger, to the cent, and no vector."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.evidence.history import History
from simulation.scenario import from_mapping
from tests.engine.mechanisms import MECHANISMS

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def small(name: str) -> Any:
    """A shipped scenario, small."""
    scenario = sim.load(SCENARIOS / f"{name}.yaml")
    tree = scenario.resolved()
    tree.pop("book", None)
    for segment in tree["segments"].values():
        segment["arrivals"]["per_month"] = 4
        if segment.get("population"):
            segment["population"]["members"] = 60
        elif name == "association":
            segment["population"] = {"members": 150, "tenure": {"exponential": {"mean": "4 years"}}}
    for key in ("assumptions", "objectives", "known"):
        tree.pop(key, None)
    tree["horizon"] = "15 months"
    return from_mapping(tree)


def check_against_the_forecast(scenario: Any, history: History, forecast: sim.Forecast, replication: int) -> None:
    """Members and ARR at the end of every period, by segment, equal those of the forecast exactly."""
    frame = forecast.result.frame
    ledger = forecast.result.ledger
    from simulation.engine.ledger import FLOW, OPEN

    opening = ledger.opening[replication]
    flows = ledger.flows[replication]
    signs = {"arr_new": 1, "arr_returned": 1, "expansion": 1, "uplift": 1, "contraction": -1, "churn": -1}
    arr = sum(sign * flows[..., FLOW.index(name)] for name, sign in signs.items())
    people = sum(
        sign * flows[..., FLOW.index(name)]
        for name, sign in {"joined": 1, "referred": 1, "returned": 1, "left": -1}.items()
    )
    days = [scenario.start + dt.timedelta(days=int(edge)) for edge in frame.cell_edges[1:]]
    standing = history.standing(days)
    for n, segment in enumerate(frame.segments):
        own = standing[standing["segment"] == segment]
        assert own["arr"].tolist() == (opening[n, OPEN.index("arr")] + np.cumsum(arr[n])).tolist()
        assert own["members"].tolist() == (opening[n, OPEN.index("members")] + np.cumsum(people[n])).tolist()


@pytest.mark.parametrize("name", ["association", "saas"])
def test_members_and_arr_reconcile_with_the_forecast(name: str) -> None:
    scenario = small(name)
    forecast = sim.run(scenario, replications=2, seed=5, workers=1)
    log = sim.events(scenario, replication=1, seed=5, engine="compiled")
    history = History.from_events(log, scenario)
    assert {"joined", "present", "renewed", "left", "milestone", "taken"} <= set(history.frame["event"])
    check_against_the_forecast(scenario, history, forecast, 1)


@pytest.mark.parametrize("name", MECHANISMS)
def test_every_mechanism_reconciles(name: str) -> None:
    scenario = from_mapping(MECHANISMS[name][0])
    forecast = sim.run(scenario, replications=1, seed=21, workers=1)
    log = sim.events(scenario, seed=21, engine="compiled")
    check_against_the_forecast(scenario, History.from_events(log, scenario), forecast, 0)
