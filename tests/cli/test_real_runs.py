"""The commands with the real engine: what one run keeps for the next, and what cannot end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.model import quantiles
from simulation.progress import Interrupted

RUNAWAY = """\
name: Runaway
start: 2027-01-01
horizon: 3 months
segments:
  a:
    desired_outcome: {required: "More of it"}
    arr: 100
    population: {members: 3}
    journey: {g: {stage: growth, after: 1 months}}
    cycle: true
    renewal: {probability: 90%}
interventions:
  i: {when: {reached: g}, effects: [{advance: 2 months}]}
"""
TABULATED = """\
name: Tabulated
start: 2027-01-01
horizon: 3 months
segments:
  a:
    desired_outcome: {required: "More of it"}
    arr: {gamma: {a: 3, scale: 100}}
    arrivals: {per_month: 20}
    journey: {}
    renewal: {probability: {beta: {a: 18, b: 2}}}
assumptions:
  segments.a.renewal.probability.beta.b: {beta: {a: 2, b: 3, loc: 1, scale: 2}}
"""
HARSH = """\
name: Harsh
start: 2027-01-01
horizon: 1 months
book: book.csv
segments:
  a: {desired_outcome: {required: "More"}, arr: 100, journey: {}, renewal: {probability: 0%}}
"""
HARSH_BOOK = """\
member_id,segment,arr,joined,renews_on
new,a,100,2026-03-01,2027-03-01
old,a,100,2016-03-01,2027-03-01
"""


@pytest.fixture
def runaway(tmp_path: Path) -> str:
    (tmp_path / "runaway.yaml").write_text(RUNAWAY)
    return "runaway.yaml"


@pytest.fixture
def tabulated(tmp_path: Path) -> str:
    (tmp_path / "tabulated.yaml").write_text(TABULATED)
    return "tabulated.yaml"


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_endless_events_are_one_message(call: Any, runaway: str, engine: str) -> None:
    earlier = Path("reports/runaway/mine.txt")
    earlier.parent.mkdir(parents=True)
    earlier.write_text("keep")
    status, out, err = call("run", runaway, "--replications", 2, "--engine", engine)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1 and "Traceback" not in err
    assert "cannot be simulated to its end" in err and "feeds its own trigger" in err and "cooldown" in err
    assert [path.name for path in earlier.parent.iterdir()] == ["mine.txt"]


def test_check_names_the_endless_scenario_and_goes_on(call: Any, runaway: str, tabulated: str) -> None:
    status, out, err = call("check", runaway, tabulated, "--replications", 2, "--json")
    assert status == 2 and "runaway.yaml: this scenario cannot be simulated" in err
    first, second = json.loads(out)["files"]
    assert "feeds its own trigger" in first["problems"][0]["message"] and not second["problems"]


def test_a_rerun_draws_from_the_tables_of_the_run(call: Any, tabulated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("run", tabulated, "--replications", 4)[0] == 0
    folder = Path("reports/tabulated")
    with np.load(folder / "quantiles.npz", allow_pickle=False) as file:
        families = sorted(json.loads(name)[0] for name in file["distributions"])
    assert families == ["beta", "beta", "beta", "gamma"]  # the assumption, what it makes of two points, ARR
    assert "quantiles.npz" in json.loads((folder / "run.json").read_text())["files"]

    def newer(distribution: Any) -> Any:
        raise AssertionError("scipy was asked")

    quantiles._compile_one.cache_clear()
    monkeypatch.setattr(quantiles, "_quantiles", newer)
    status, out, _ = call("rerun", folder, "--out", "again")
    assert status == 0 and "Reproduced" in out
    assert Path("again/quantiles.npz").read_bytes() == (folder / "quantiles.npz").read_bytes()


def test_a_rerun_needs_the_tables(call: Any, tabulated: str) -> None:
    call("run", tabulated, "--replications", 2)
    Path("reports/tabulated/quantiles.npz").write_bytes(b"PK")
    status, _, err = call("rerun", "reports/tabulated")
    assert status == 2 and "quantiles.npz" in err
    Path("reports/tabulated/quantiles.npz").unlink()
    status, _, err = call("rerun", "reports/tabulated")
    assert status == 2 and "quantiles.npz" in err


def test_an_interrupted_run_goes_on_with_its_tables(call: Any, tabulated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sim.run

    def half(scenario: Any, *, replications: int, **options: Any) -> Any:
        stop = Interrupted()
        stop.forecast = whole(scenario, replications=replications // 2, **options)
        raise stop

    monkeypatch.setattr(sim, "run", half)
    assert call("run", tabulated, "--replications", 4)[0] == 130
    monkeypatch.setattr(sim, "run", whole)
    quantiles._compile_one.cache_clear()
    made: list[str] = []
    ask = quantiles._quantiles
    monkeypatch.setattr(quantiles, "_quantiles", lambda one: (made.append(one.family), ask(one))[1])
    assert call("run", tabulated, "--replications", 4)[0] == 0
    assert made == ["beta"]  # of the point that the interruption left out
    assert call("rerun", "reports/tabulated")[0] == 0


def test_members_without_a_likely_past_are_named_everywhere(call: Any, tmp_path: Path) -> None:
    """Nobody renews in this plan, and a member of its book says that she did, ten times."""
    (tmp_path / "harsh.yaml").write_text(HARSH)
    (tmp_path / "book.csv").write_text(HARSH_BOOK)
    status, out, err = call("check", "harsh.yaml", "--replications", 2, "--json")
    found = json.loads(out)["files"][0]
    assert status == 0
    assert found["lines_without_past"] == [3]
    assert "lines 3." in err and any(one.startswith("About 1 of 2 members (50.0%)") for one in found["warnings"])
    status, out, err = call("run", "harsh.yaml", "--replications", 2, "--json")
    assert status == 0
    assert any(one.startswith("About 1 of 2 members") for one in json.loads(out)["warnings"])
    assert "warning: About 1 of 2 members (50.0%)" in err
    assert "About 1 of 2 members (50.0%)" in Path("reports/harsh/report.html").read_text()
    status, out, err = call("rerun", "reports/harsh")
    assert (status, "identical" in out) == (0, True)
