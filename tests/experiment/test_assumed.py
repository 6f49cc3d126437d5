"""Futures at chosen assumption values are the very futures that a run would have had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.assumed import Settings, paths_of, run_at
from simulation.progress import Interrupted
from simulation.scenario.draws import _uniform

PLAN = """\
name: Small
start: 2027-01-01
horizon: 12 months
periods: quarter
segments:
  people:
    desired_outcome: {required: works}
    arr: 100
    arrivals: {per_month: 8}
    population: {members: 20}
    journey: {start: {stage: adoption, after: 1 month}}
    renewal: {probability: 80%}
assumptions:
  segments.people.arrivals.per_month: {uniform: {low: 4, high: 12}}
  fitted: {joint: draws.csv, columns: {p: segments.people.renewal.probability, m: segments.people.journey.start.after}}
"""
DRAWS = "p,m\n70%,3\n80%,2\n90%,1\n95%,0.5\n"


@pytest.fixture
def scenario(tmp_path: Path) -> Any:
    (tmp_path / "small.yaml").write_text(PLAN)
    (tmp_path / "draws.csv").write_text(DRAWS)
    return sim.load(tmp_path / "small.yaml")


def settings_of_run(scenario: Any, replications: int, seed: int) -> Settings:
    names = tuple(scenario.assumptions)
    levels = [[_uniform(seed, number // 2, name) for name in names] for number in range(replications)]
    return Settings(names, np.array(levels), np.arange(replications, dtype=np.int64))


def test_at_the_draws_of_a_run_the_futures_are_those_of_the_run(scenario: Any) -> None:
    run = sim.run(scenario, replications=6, seed=3)
    futures = run_at(scenario, settings_of_run(scenario, 6, 3), seed=3)
    assert futures.equals(run)
    assert futures.points == run.points


def test_threads_change_nothing(scenario: Any) -> None:
    settings = settings_of_run(scenario, 6, 1)
    assert run_at(scenario, settings, workers=1).equals(run_at(scenario, settings, workers=2))


def test_a_joint_group_is_one_assumption_whose_row_stays_together(scenario: Any) -> None:
    assert {name: len(paths) for name, paths in paths_of([scenario]).items()} == {
        "segments.people.arrivals.per_month": 1,
        "fitted": 2,
    }
    settings = Settings(
        ("segments.people.arrivals.per_month", "fitted"), np.array([[0.5, 0.1], [0.25, 0.9]]), np.array([0, 0])
    )
    values = settings.values([scenario])
    assert values["segments.people.arrivals.per_month"].tolist() == [8, 6]
    assert values["segments.people.renewal.probability"].tolist() == [0.7, 0.95]
    assert values["segments.people.journey.start.after"].tolist() == [3, 0.5]


def test_only_the_missing_futures_are_run(scenario: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of_run(scenario, 8, 1)
    half = run_at(scenario, settings[:4], seed=1)
    asked: list[tuple[int, int]] = []
    whole = run_at(scenario, settings, seed=1, kept=half, progress=lambda done, total: asked.append((done, total)))
    assert asked[-1] == (4, 4)
    assert whole.equals(run_at(scenario, settings, seed=1))
    other = run_at(scenario, settings[:4], seed=2)
    assert run_at(scenario, settings, seed=1, kept=other).equals(whole)


def test_kept_futures_of_other_levels_are_not_taken(scenario: Any) -> None:
    settings = settings_of_run(scenario, 4, 1)
    moved = Settings(settings.names, settings.levels * 0.5, settings.luck)
    assert run_at(scenario, settings, kept=run_at(scenario, moved)).equals(run_at(scenario, settings))


def test_an_interruption_hands_over_what_had_finished(scenario: Any) -> None:
    settings = settings_of_run(scenario, 12, 1)

    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        run_at(scenario, settings, workers=1, progress=stop)
    part = caught.value.forecast
    assert part is not None and part.result.replications == [0, 1, 2, 3, 4]
    assert run_at(scenario, settings, kept=part).equals(run_at(scenario, settings))
