"""A simulated plan with diminishing returns whose best allocation follows from arithmetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.experiment.answer import Effort
from simulation.experiment.budget import BudgetInterrupted
from simulation.experiment.contenders import Contender
from simulation.experiment.criterion import criterion_of
from simulation.experiment.plans import Estimate
from simulation.scenario import from_mapping

# Two hundred members ask for a check of 10 hours with a fee of 100 every 10 months: about 20 a month, so 200 hours.
# A person works 100 hours a month: one person makes 10 checks a month, two make all of them, and a third one has
# nothing to do. A second person costs 500 a month and brings 1,000; so exactly one is worth hiring, however much may
# be spent. Advertising brings 12 x 600 for 2,000 a step, without end.
PLAN: dict[str, Any] = {
    "name": "Checks",
    "start": "2027-01-01",
    "horizon": "12 months",
    "segments": {
        "members": {
            "desired_outcome": {"required": "checked"},
            "arr": 1200,
            "arrivals": {"per_month": 1},
            "population": {"members": 200, "tenure": {"uniform": {"low": "0 months", "high": "10 months"}}},
            "journey": {"start": {"stage": "adoption", "after": "1 month"}},
            "renewal": {"probability": "100%"},
        }
    },
    "teams": {"care": {"people": 1, "hours_per_month": 100, "cost_per_month": 500}},
    "interventions": {
        "check": {"when": {"every": "10 months"}, "team": "care", "effort": "10 hours", "price": {"fee": 100}}
    },
    "levers": {
        "people": {"hire": {"team": "care", "at_most": 3}},
        "advertising": {
            "change": {"path": "segments.members.arrivals.per_month", "from": 1, "to": 4, "step": 1},
            "cost": {"one_off": 2000},
        },
    },
}
QUICK = Effort(allocations=20, screening=8, choosing=80, measuring=20)


@pytest.fixture(scope="module")
def found() -> sim.Budget:
    return sim.budget(from_mapping(PLAN), spend=10_500, zone=500, effort=QUICK, workers=1)


def test_one_person_and_what_is_left_for_advertising(found: sim.Budget) -> None:
    assert found.levers.written(found.answer.recommended.levels) == {"people": "1 person", "advertising": "3"}
    assert found.answer.recommended.spend.mean == pytest.approx(12 * 500 + 2 * 2_000, rel=0.01)


def test_the_next_person_brings_nothing_and_the_next_step_of_advertising_does(found: sim.Budget) -> None:
    person, advertising = found.answer.steps
    assert person.gain.high < 0 and person.per_unit.high < -0.5
    assert advertising.per_unit.low > 0.5
    assert person.spend.mean == pytest.approx(6_000, rel=0.01) and advertising.spend.mean == 2_000


def test_the_recommended_scenario_is_the_plan(found: sim.Budget) -> None:
    scenario = found.recommended
    assert scenario.segments["members"].arrivals.per_month == 3 and scenario.levers == {}
    forecast = sim.run(scenario, replications=list(range(8, 28)), workers=1)
    assert forecast.result.replications == list(range(8, 28))
    net = forecast.measure("contribution").mean().item() - 2 * 2_000
    assert net == pytest.approx(found.answer.recommended.score.mean)


def test_the_same_seed_gives_the_same_answer(found: sim.Budget, tmp_path: Path) -> None:
    again = sim.budget(
        from_mapping(PLAN), spend=10_500, zone=500, effort=QUICK, workers=2, store=sim.Store(tmp_path / "store")
    )
    assert again.answer.recommended == found.answer.recommended and again.answer.tried == found.answer.tried
    assert again.answer.frontier == found.answer.frontier


def test_an_interruption_carries_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation import runs

    real, calls = runs.run, 0

    def run(*arguments: Any, **options: Any) -> sim.Forecast:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(runs, "run", run)
    with pytest.raises(BudgetInterrupted) as caught:
        sim.budget(from_mapping(PLAN), spend=10_500, zone=500, effort=QUICK, workers=1)
    stopped = caught.value.budget
    assert stopped is not None and len(stopped.answer.tried) == 5 and not stopped.answer.fresh


def test_what_can_be_maximised() -> None:
    wishes = {
        "arr": {"measure": "members", "within": "90 days", "at_least": 200},
        "fees": {"measure": "fees", "within": "90 days", "at_least": 2000},
    }
    scenario = from_mapping({**PLAN, "objectives": {**wishes, "big": wishes["fees"]}})
    assert criterion_of(scenario, "arr").kind == "mean" and criterion_of(scenario, "arr").unit == "money"
    assert criterion_of(scenario, "objectives.arr").kind == "chance"
    big = criterion_of(scenario, "big")
    assert (big.measure, big.unit, big.title) == ("fees", "share", "Chance to meet big")
    worst = criterion_of(scenario, "arr", 0.1)
    assert worst.title == "Mean ARR of the worst 10% of futures"
    for wrong, said in [("ar", "did you mean"), ("churn", "not better"), ("hours", "not better")]:
        with pytest.raises(ValueError, match=said):
            criterion_of(scenario, wrong)
    for share in (0.0, 1.0):
        with pytest.raises(ValueError, match="above 0 and below 1"):
            criterion_of(scenario, "arr", share)


def test_the_headline_says_when_the_plan_costs_more_than_the_cap(found: sim.Budget) -> None:
    from simulation.report.budget_words import answer

    assert "above the cap" not in answer(found)
    spent = found.answer.recommended.spend.mean
    tight = replace(found, spend=spent - 40)
    assert "That is $40 above the cap" in answer(tight)


def test_a_plan_that_was_dropped_is_not_called_worse(found: sim.Budget) -> None:
    from simulation.report.budget_words import points, verdict

    best = Contender(found.answer.recommended.levels, Estimate(0.0, 0.0, 0.0), False, 80)
    other = next(one for one in found.answer.tried if one != best.levels)
    close = Contender(other, Estimate(-5.0, -20.0, 10.0), True, 60)
    worse = Contender(other, Estimate(-50.0, -70.0, -30.0), True, 60)
    seen = replace(found, answer=replace(found.answer, contenders=[best, close, worse]))
    assert [verdict(seen, place) for place in range(3)] == [
        "recommended", "cannot be told apart (dropped, not worth more sampling)", "worse",
    ]  # fmt: skip
    assert any(one.startswith("Cannot be told apart from it: ") for one in points(seen))
