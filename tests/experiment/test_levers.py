"""An allocation is a scenario, and its overlay says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

import simulation as sim
from simulation.engine.replicate import run_replications
from simulation.experiment.levers import Levels, Levers
from simulation.scenario import ScenarioError, from_mapping

REFERENCE = Path(__file__).parents[2] / "scenarios" / "reference.yaml"
PLAN = """\
name: Small
start: 2027-01-01
horizon: 12 months
segments:
  people:
    desired_outcome: {required: works}
    arr: 100
    arrivals: {per_month: 5}
    population: {members: 40}
    vector: {direction: {typical: 30 deg, spread: 30 deg}, interactions: 3 per month}
    journey: {start: {stage: adoption, after: 1 month}}
    renewal: {probability: {value: {beta: {a: 8, b: 2}}, source: Finance}}
teams:
  care: {people: 1, hours_per_month: 100, cost_per_month: 500, hires: [{date: 2027-06-01, people: 1}]}
interventions:
  welcome:
    when: {joined: 3 days}
    team: care
    effort: 1 hour
    effects: [{turn_toward: {value: 30%, source: Guess}}, {magnitude: {factor: 1.1}}]
    cost: {per_delivery: 10, one_off: 700}
  tips:
    when: {every: 30 days}
    who: {coverage: {value: 50%, evidence: prior}}
    effects: [{turn_toward: 5%}]
    cost: {per_month: 20}
assumptions:
  interventions.tips.effects.0.turn_toward: {uniform: {low: 0%, high: 10%}}
levers:
  early: {hire: {team: care, at_most: 2}}
  late: {hire: {team: care, at_most: 1, date: 2027-09-01, lead_time: 1 month, ramp: {from: 50%, over: 1 month}}}
  reach: {change: {path: interventions.tips.who.coverage, from: 50%, to: 100%, step: 25%}}
  turn: {change: {path: interventions.welcome.effects.0.turn_toward, choices: [10%, 0.3, 40%]}}
  pace: {change: {path: interventions.welcome.effects.1.magnitude.factor, from: 1.0, to: 1.2, step: 0.1}}
  renew: {change: {path: segments.people.renewal.probability.beta.b, from: 2, to: 1, step: -0.5}}
  welcome: {switch: welcome, cost: {one_off: 100, per_month: 12.5}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def levers(plan: Path) -> Levers:
    return Levers(sim.load(plan))


def test_the_grid(levers: Levers) -> None:
    assert levers.names == ("early", "late", "reach", "turn", "pace", "renew", "welcome")
    assert levers.tops == (2, 1, 2, 2, 2, 2, 1) and levers.nothing == (0,) * 7
    assert list(levers.written((2, 1, 1, 2, 1, 2, 0)).values()) == [
        "2 people",
        "1 person",
        "75%",
        "40%",
        "1.1",
        "1",
        "off",
    ]
    assert "care" in levers.what(0) and levers.what(2) == "interventions.tips.who.coverage"


def test_what_is_written_is_an_allocation_too(levers: Levers, plan: Path) -> None:
    assert levers.as_written == (0, 0, 0, 1, 1, 0, 1)
    assert levers.scenario_at(levers.as_written) is levers.scenario
    assert (
        Levers(sim.load(plan, overlays=[{"levers": {"turn": {"change": {"choices": ["10%", "20%"]}}}}])).as_written
        is None
    )


def test_an_allocation_sets_what_its_levers_say(levers: Levers) -> None:
    bought = levers.scenario_at((2, 1, 2, 2, 2, 2, 0))
    hires = bought.teams["care"].hires
    assert [(str(one.date), one.people) for one in hires] == [("2027-06-01", 1), ("2027-01-01", 2), ("2027-09-01", 1)]
    assert hires[2].ramp is not None and hires[2].lead_time > 30
    tips, welcome = bought.interventions["tips"], bought.interventions["welcome"]
    assert (tips.who.coverage, welcome.who.coverage) == (1.0, 0.0)
    assert (welcome.cost.one_off, welcome.cost.per_delivery) == (0, 1_000)
    resolved = bought.resolved()
    assert resolved["interventions"]["welcome"]["effects"] == [
        {"turn_toward": "40%"},
        {"magnitude": {"factor": "120%"}},
    ] or (resolved["interventions"]["welcome"]["effects"] == [{"turn_toward": "40%"}, {"magnitude": {"factor": 1.2}}])
    assert resolved["segments"]["people"]["renewal"]["probability"] == {"beta": {"a": 8, "b": 1}}
    # What was measured is not what was bought: the sources of changed numbers have gone, with those numbers only.
    assert set(bought.provenance) == set()
    assert set(levers.scenario.provenance) == {
        "segments.people.renewal.probability", "interventions.welcome.effects.0.turn_toward",
        "interventions.tips.who.coverage",
    }  # fmt: skip


@pytest.mark.parametrize(
    "levels", [(0,) * 7, (2, 1, 2, 2, 2, 2, 1), (1, 0, 1, 0, 1, 0, 0), (0, 1, 0, 1, 0, 1, 1), (0, 0, 0, 1, 1, 0, 1)]
)
def test_the_overlay_makes_the_same_scenario(levers: Levers, plan: Path, levels: Levels) -> None:
    file = plan.with_name("bought.yaml")
    with file.open("w") as stream:
        YAML().dump(levers.overlay(levels), stream)
    if levels == levers.as_written:
        assert levers.overlay(levels) == {}
        return
    laid = sim.load(plan, overlays=[file])
    assert laid.digest() == levers.scenario_at(levels).digest() and laid == levers.scenario_at(levels)


def test_every_allocation_of_the_reference_scenario_loads() -> None:
    levers = Levers(sim.load(REFERENCE))
    rng = np.random.default_rng(1)
    for _ in range(20):
        levels = tuple(int(rng.integers(top + 1)) for top in levers.tops)
        laid = sim.load(REFERENCE, overlays=[levers.overlay(levels)])
        assert laid.digest() == levers.scenario_at(levels).digest()


def test_off_is_as_if_it_were_not_there(plan: Path) -> None:
    # A team of its own decides who waits, so the intervention that is off must not even be asked for.
    scenario = sim.load(plan)
    off = Levers(scenario).scenario_at((0, 0, 0, 1, 1, 0, 0))
    without = sim.load(plan, overlays=[{"interventions": {"welcome": None}, "levers": None}])
    mine, gone = (run_replications(one, replications=4, seed=3, workers=1) for one in (off, without))
    forecasts = [sim.Forecast.from_result(mine, off), sim.Forecast.from_result(gone, without)]
    for measure in ("arr", "members", "contribution", "cost", "expansion", "away"):
        values = [one.measure(measure, by="period") for one in forecasts]
        assert np.array_equal(*values), measure


def test_cost_beside_the_scenario(levers: Levers) -> None:
    assert levers.extra_cost(levers.nothing) == 0.0
    months = 365 / (365.25 / 12)
    assert levers.extra_cost((0, 0, 0, 0, 0, 0, 1)) == pytest.approx(100 + 12.5 * months)
    assert levers.extra_cost((2, 0, 0, 0, 0, 0, 1), days=0) == 100.0


def test_what_cannot_be_bought_together_is_said(tmp_path: Path) -> None:
    text = PLAN.replace("people: 1, hours", "people: 0, hours").replace(
        "hires: [{date: 2027-06-01, people: 1}]", "hires: []"
    )
    text = text.replace("team: care\n    effort: 1 hour\n    effects", "effects") + (
        "  crew: {change: {path: interventions.welcome.accept, from: 100%, to: 50%, step: -50%}}\n"
        "  leave: {hire: {team: care, at_most: 1, date: 2020-01-01}}\n"
    )
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    levers = Levers(sim.load(path))
    with pytest.raises(ScenarioError, match="count them in 'people' .with the levers .*leave = 1 person"):
        levers.scenario_at((0,) * 8 + (1,))


def test_levels_are_checked_and_levers_needed(levers: Levers) -> None:
    with pytest.raises(ValueError, match="levels from"):
        levers.scenario_at((3, 0, 0, 0, 0, 0, 0))
    with pytest.raises(ValueError, match="no 'levers'"):
        Levers(from_mapping({**{key: value for key, value in levers.scenario.resolved().items() if key != "levers"}}))
