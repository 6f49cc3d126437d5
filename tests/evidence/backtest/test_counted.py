"""Counts tell who joins and who stays: what else a scenario says must not get in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.evidence.backtest.counted import LEFT_OUT, as_counted
from simulation.evidence.backtest.counts import history_of_flows
from simulation.evidence.backtest.trial import backtest
from simulation.scenario import from_mapping


def test_flows_are_forecast_whatever_journey_the_scenario_has(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows, members = ["date,joined,left"], 900
    for quarter in range(20):
        joined, left = rng.poisson(60), rng.poisson(members * 0.05)
        members += joined - left
        rows.append(f"{2020 + quarter // 4}-Q{quarter % 4 + 1},{joined},{left}")
    path = tmp_path / "flows.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    segment = {"desired_outcome": {"required": "works"}, "arr": 100, "renewal": {"probability": "85%"}}
    plain = {"name": "P", "start": "2026-01-01", "horizon": "12 months", "segments": {"s": segment}}
    journey = {
        "journey": {"first": {"stage": "adoption", "after": "2 months"}},
        "renewal": {"probability": "85%", "not_adopted": 1.5, "sensitivity": 1.0},
    }
    history = history_of_flows(path, segment="s")
    one = from_mapping(plain)
    assert as_counted(one, history) is one
    rich = from_mapping(plain | {"segments": {"s": segment | journey}})
    assert not as_counted(rich, history).segments["s"].journey
    found = backtest(history, rich, replications=40, workers=1)
    left = found.summary().set_index(["measure", "method"]).loc[("left", "membersim")]
    assert abs(left["bias"]) < 0.3 * 45
    assert all(LEFT_OUT in own for own in found.notes.values())
