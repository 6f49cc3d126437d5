"""Futures at chosen assumption values are the very futures that a run would have had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.assumed import Settings, paths_of, run_at
from simulation.experiment.store import Store
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


def named(settings: Settings, key: str = "a design") -> Settings:
    return replace(settings, key=key)


def test_only_the_missing_futures_are_run(scenario: Any, tmp_path: Path) -> None:
    settings, store = named(settings_of_run(scenario, 20, 1)), Store(tmp_path / "store")
    whole = run_at(scenario, settings, seed=1)
    run_at(scenario, settings[:7], seed=1, store=store)
    asked: list[tuple[int, int]] = []
    again = run_at(scenario, settings, seed=1, store=store, progress=lambda done, total: asked.append((done, total)))
    assert asked[-1] == (13, 13)
    assert again.equals(whole)
    asked.clear()
    third = run_at(scenario, settings, seed=1, store=store, progress=lambda done, total: asked.append((done, total)))
    assert third.equals(whole) and not asked


def test_futures_of_other_settings_are_not_taken(scenario: Any, tmp_path: Path) -> None:
    settings, store = named(settings_of_run(scenario, 4, 1)), Store(tmp_path / "store")
    moved = named(Settings(settings.names, settings.levels * 0.5, settings.luck), "another design")
    run_at(scenario, moved, store=store)
    run_at(scenario, settings, seed=2, store=store)
    sim.run(scenario, replications=4, store=store)
    assert run_at(scenario, settings, store=store).equals(run_at(scenario, settings))


def test_an_interruption_hands_over_what_had_finished(scenario: Any, tmp_path: Path) -> None:
    settings, store = named(settings_of_run(scenario, 12, 1)), Store(tmp_path / "store")

    def stop(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        run_at(scenario, settings, workers=1, progress=stop, store=store)
    part = caught.value.forecast
    # What was under way when the stop was heard may have finished too.
    assert part is not None and part.result.replications in ([0, 1, 2, 3, 4, 5], [*range(7)], [*range(8)])
    asked: list[int] = []
    whole = run_at(scenario, settings, store=store, progress=lambda _, total: asked.append(total))
    assert asked[0] == 12 - part.replications and whole.equals(run_at(scenario, settings))
