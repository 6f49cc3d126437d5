"""The arguments of `run` and `events`: wrong ones are refused before anything is loaded or simulated."""

from __future__ import annotations

from typing import Any

import pytest

import simulation as sim


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
