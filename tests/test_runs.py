"""`run` and `events`: wrong arguments are refused at once, finished replications are not run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.progress import Interrupted

PLAN = """\
name: Small
start: 2027-01-01
horizon: 12 months
segments:
  individual:
    desired_outcome: {required: "A growing practice"}
    arr: 320
    arrivals: {per_month: 9}
    population: {members: 50}
    journey: {first_value: {stage: adoption, after: 2 months}}
    renewal: {probability: 93%}
assumptions:
  segments.individual.arrivals.per_month: {uniform: {low: 5, high: 15}, source: prior}
"""


@pytest.fixture
def plan(tmp_path: Path) -> sim.Scenario:
    path = tmp_path / "small.yaml"
    path.write_text(PLAN)
    return sim.load(path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"replications": 0}, "replications must be 1 or more, got 0"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"seed": 2**32}, "seed must be 0 or more"),
        ({"engine": "quick"}, "one of compiled, simpy, got 'quick'"),
        ({"workers": 0}, "workers must be 1 or more"),
    ],
)
def test_wrong_arguments_of_run(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sim.run("never read.yaml", **wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"replication": -1}, "replication must be 0 or more, got -1"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"engine": "quick"}, "one of compiled, simpy, got 'quick'"),
    ],
)
def test_wrong_arguments_of_events(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sim.events("never read.yaml", **wrong)


def test_a_path_is_loaded() -> None:
    with pytest.raises(sim.ScenarioError, match="no such file"):
        sim.run("no such plan.yaml")


def test_a_forecast_is_extended(plan: sim.Scenario) -> None:
    asked: list[int] = []
    whole = sim.run(plan, replications=10, seed=3)
    some = sim.run(plan, replications=5, seed=3)
    extended = sim.run(plan, replications=10, seed=3, kept=some, progress=lambda _, total: asked.append(total))
    assert set(asked) == {5}
    assert extended.equals(whole)
    assert sim.run(plan, replications=10, seed=3, kept=whole) is whole


def test_only_the_same_run_is_extended(plan: sim.Scenario) -> None:
    some = sim.run(plan, replications=2, seed=3)
    with pytest.raises(ValueError, match="another scenario or seed"):
        sim.run(plan, replications=4, seed=4, kept=some)


def test_an_interruption_brings_what_had_finished(plan: sim.Scenario) -> None:
    def stop(done: int, _: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        sim.run(plan, replications=1000, seed=3, workers=1, progress=stop)
    kept = stopped.value.forecast
    assert kept is not None and 4 <= kept.replications < 1000
    whole = sim.run(plan, replications=10, seed=3)
    assert sim.run(plan, replications=10, seed=3, kept=kept).equals(whole)
