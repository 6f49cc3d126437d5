"""`run` and `events`: wrong arguments are refused at once, finished replications are not run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.progress import Interrupted
from simulation.scenario.book import load_book

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
    with pytest.raises(ValueError, match="another scenario, book or seed"):
        sim.run(plan, replications=4, seed=4, kept=some)


def test_only_a_run_of_the_same_book_is_extended(plan: sim.Scenario, tmp_path: Path) -> None:
    """The forecast keeps the digest of what was read of the book, also in its file."""
    books = []
    for members in (10, 20):
        path = tmp_path / f"{members}.csv"
        rows = [f"m{n},100,2026-06-01,2027-06-01" for n in range(members)]
        path.write_text("\n".join(["member_id,arr,joined,renews_on", *rows]))
        books.append(load_book(path, plan))
    few, many = books
    some = sim.run(plan, replications=2, book=few)
    some.save(tmp_path / "some.nc")
    for kept in (some, sim.Forecast.load(tmp_path / "some.nc")):
        with pytest.raises(ValueError, match="another scenario, book or seed"):
            sim.run(plan, replications=4, book=many, kept=kept)
        with pytest.raises(ValueError, match="another scenario, book or seed"):
            sim.run(plan, replications=4, kept=kept)
        assert sim.run(plan, replications=4, book=few, kept=kept).replications == 4


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


def test_precision_adds_replications_until_the_interval_is_narrow(plan: sim.Scenario) -> None:
    from simulation.experiment.precision import Rule, pair_means

    watched: list[tuple[int, int]] = []
    forecast = sim.run(
        plan, replications=8, seed=3, precision=0.05, measure="joined", progress=lambda *at: watched.append(at)
    )
    series = pair_means(forecast.measure("joined").to_numpy())
    rule = Rule(0.05, minimum=4)
    assert rule.stop(series) == len(series) == forecast.replications // 2 > 15
    assert forecast.result.replications == list(range(forecast.replications))
    assert [done for done, _ in watched] == sorted(done for done, _ in watched)
    assert all(done <= total for done, total in watched) and len({total for _, total in watched}) > 1
    # the same, however far it had come before
    for size in (3, 40, 400):
        kept = sim.run(plan, replications=size, seed=3)
        again = sim.run(plan, replications=8, seed=3, precision=0.05, measure="joined", kept=kept)
        assert again.equals(forecast)


def test_precision_stops_at_the_most_allowed(plan: sim.Scenario) -> None:
    forecast = sim.run(plan, replications=8, seed=3, precision=0.0001, measure="joined", max_replications=41)
    assert forecast.replications == 40
    with pytest.raises(ValueError, match="max_replications must be 50 or more"):
        sim.run(plan, replications=50, precision=0.01, max_replications=49)
    with pytest.raises(ValueError, match="arr"):
        sim.run(plan, precision=0.01, measure="ar")
    with pytest.raises(ValueError, match="fewest"):
        sim.run(plan, precision=0.01, replications=[1, 2])


def test_a_label_stays_with_the_forecast(plan: sim.Scenario, tmp_path: Path) -> None:
    forecast = sim.run(plan, replications=2, label="3+9")
    assert forecast.label == "3+9"
    assert sim.Forecast.load(forecast.save(tmp_path / "f.nc")).label == "3+9"
    renamed = sim.run(plan, replications=2, kept=forecast, label="Budget")
    assert renamed.label == "Budget" and renamed.equals(forecast)


def test_a_run_with_a_users_own_process(plan: sim.Scenario) -> None:
    scenario, started = plan, []

    def watch(env: Any, population: Any) -> Any:
        started.append(len(population.members()))
        yield env.timeout(30)

    plain = sim.run(scenario, replications=2, seed=7, engine="simpy")
    watched = sim.run(scenario, replications=2, seed=7, engine="simpy", processes=[watch])
    assert watched.ledger.equals(plain.ledger)
    assert watched.facts.digest == f"{plain.facts.digest}+watch", "no forecast of the scenario alone"
    assert set(started) == {50}
    log = sim.events(scenario, seed=7, processes=[watch])
    assert log.equals(sim.events(scenario, seed=7))
    with pytest.raises(ValueError, match='need engine="simpy"'):
        sim.run(scenario, replications=2, processes=[watch])
    with pytest.raises(ValueError, match="no kept forecast"):
        sim.run(scenario, replications=4, seed=7, engine="simpy", processes=[watch], kept=plain)
