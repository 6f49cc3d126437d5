"""A sweep: each cell is the scenario with the numbers in the file, on the same futures; finished cells are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.store import Store
from simulation.experiment.sweep import SweepInterrupted, sweep
from tests.experiment.test_store import PLAN

RENEWAL, ARRIVALS = "segments.individual.renewal.probability", "segments.individual.arrivals.per_month"


@pytest.fixture
def plan(tmp_path: Path) -> sim.Scenario:
    path = tmp_path / "small.yaml"
    path.write_text(PLAN)
    return sim.load(path)


def test_each_cell_is_the_scenario_with_the_numbers_in_its_file(plan: sim.Scenario, tmp_path: Path) -> None:
    found = sweep(
        plan, {RENEWAL: ["85%", 0.9], ARRIVALS: [4, "12"]}, measures=["arr", "joined"], replications=6, seed=3
    )
    assert found.cells == 4 and list(found.futures) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    text = PLAN.replace("93%", "90%").replace("per_month: 9}", "per_month: 12}")
    text = "\n".join(line for line in text.splitlines() if "uniform: {low: 5" not in line)
    (tmp_path / "cell.yaml").write_text(text)
    cell = sim.run(tmp_path / "cell.yaml", replications=6, seed=3)
    for measure in ("arr", "joined"):
        np.testing.assert_array_equal(found.futures[1, 1][measure], cell.measure(measure).to_numpy())
    table = found.table()
    assert list(table.columns[:4]) == [RENEWAL, ARRIVALS, "measure", "unit"] and len(table) == 8
    row = table[(table[RENEWAL] == "90%") & (table[ARRIVALS] == 12) & (table["measure"] == "arr")].iloc[0]
    summary = cell.summary(by="horizon", measures=["arr"]).iloc[0]
    for column in ("mean", "low", "high", "P10", "P50", "P90"):
        assert row[column] == pytest.approx(summary[column])


def test_the_same_people_in_every_cell(tmp_path: Path) -> None:
    """Renewal changes nobody's joining: that is what the same futures mean."""
    (tmp_path / "long.yaml").write_text(PLAN.replace("6 months", "18 months"))
    found = sweep(tmp_path / "long.yaml", {RENEWAL: ["50%", "99%"]}, measures=["joined", "left"], replications=4)
    low, high = found.futures[0,], found.futures[1,]
    np.testing.assert_array_equal(low["joined"], high["joined"])
    assert (low["left"] >= high["left"]).all() and (low["left"] > high["left"]).any()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "at least one path"),
        ({RENEWAL: []}, "at least one value"),
        ({"segments.individual.renewal.probabilty": [1]}, "did you mean 'probability'"),
        ({"segments.firms.term": [1]}, "there is no 'segments.firms'"),
        ({"teams": [1]}, "expected the path of a number"),
        ({"segments.individual.term": ["3 parsecs"]}, "parsecs"),
        ({RENEWAL: ["120%"]}, "at most 100%.*in the cell"),
        ({RENEWAL: [i / 10_001 for i in range(1, 10_002)]}, "10,001 cells"),
    ],
)
def test_wrong_settings(plan: sim.Scenario, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sweep(plan, settings, replications=2)
    with pytest.raises(ValueError, match="arr"):
        sweep(plan, {RENEWAL: ["90%"]}, measures=["ar"])


def test_what_is_drawn_jointly_cannot_be_set(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{ARRIVALS}\n11\n12\n")
    (tmp_path / "small.yaml").write_text(PLAN.partition("assumptions:")[0] + "assumptions: {a: {joint: a.csv}}\n")
    with pytest.raises(ValueError, match="drawn together with others by the assumption 'a'"):
        sweep(tmp_path / "small.yaml", {ARRIVALS: [5]}, replications=2)


def test_an_interruption_keeps_the_finished_cells(plan: sim.Scenario, tmp_path: Path) -> None:
    settings: dict[str, list[object]] = {RENEWAL: ["85%", "90%", "95%"]}
    whole = sweep(plan, settings, replications=8)
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 22:
            raise KeyboardInterrupt

    with pytest.raises(SweepInterrupted) as stopped:
        sweep(plan, settings, replications=8, workers=1, progress=stop, store=Store(tmp_path / "kept"))
    some = stopped.value.sweep
    assert list(some.futures) == [(0,), (1,)] and len(some.table()) == 2 * len(some.measures)
    counts = [done for done, _ in seen]
    assert counts == sorted(counts) and counts[:11] == [*range(2, 23, 2)] and {total for _, total in seen} == {24}
    seen.clear()
    again = sweep(plan, settings, replications=8, progress=lambda *at: seen.append(at), store=Store(tmp_path / "kept"))
    assert len(seen) <= 4  # what had not been finished
    for cell, values in whole.futures.items():
        for measure, one in values.items():
            np.testing.assert_array_equal(again.futures[cell][measure], one)
