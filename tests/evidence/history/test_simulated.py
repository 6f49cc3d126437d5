"""A simulated future as a history: it says as much as the ledger, to the cent, and no vector."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.evidence.history import History, read_history, write_history
from simulation.runs import todays_members
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


@pytest.mark.parametrize("name", MECHANISMS)
def test_what_the_engine_does_is_never_an_impossible_history(name: str, tmp_path: Path) -> None:
    scenario = from_mapping(MECHANISMS[name][0])
    history = History.from_events(sim.events(scenario, seed=22, engine="compiled"), scenario, usage_seed=1)
    write_history(history, tmp_path / "history.parquet")
    assert read_history(tmp_path / "history.parquet", scenario=scenario, exported=scenario.end) == history


def test_the_book_tells_when_its_members_joined_and_renew() -> None:
    scenario = sim.load(SCENARIOS / "hundred_members.yaml")
    book = todays_members(scenario)
    assert book is not None
    history = History.from_events(sim.events(scenario, seed=1), scenario)
    frame = history.frame
    due = frame.loc[frame["event"] == "due", "name"].astype(str).sort_values().tolist()
    told = sorted((scenario.start + dt.timedelta(days=int(day))).isoformat() for day in book.renews_on)
    assert due == told
    joined = frame.loc[frame["event"] == "joined", "date"].dt.date.sort_values().tolist()[: len(book)]
    assert joined == sorted(scenario.start + dt.timedelta(days=int(day)) for day in book.joined)
    standing = history.standing([scenario.start])
    assert (standing["members"].sum(), standing["arr"].sum()) == (len(book), book.total_arr)
