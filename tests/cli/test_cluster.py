"""`--cluster`: the same run on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import simulation as sim

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

Call = Callable[..., tuple[int, str, str]]


def test_a_run_on_a_cluster_writes_the_same_forecast(call: Call, plan: Path) -> None:
    assert call("run", plan, "--replications", 6, "--no-store", "--out", "here")[0] == 0
    options = {
        "n_workers": 1,
        "threads_per_worker": 2,
        "processes": False,
        "dashboard_address": ":0",
        "protocol": "tcp://",
    }
    with distributed.LocalCluster(**options) as local:
        where = ["--cluster", local.scheduler_address]
        status, _, said = call("run", plan, "--replications", 6, "--no-store", "--out", "there", "--debug", *where)
        assert status == 0, said
        assert call("rerun", "here", *where)[0] == 0
    here, there = (sim.Forecast.load(Path(folder, "forecast.nc")) for folder in ("here", "there"))
    assert there.equals(here)
    assert Path("here/tables/summary.csv").read_bytes() == Path("there/tables/summary.csv").read_bytes()


def test_nobody_answers(call: Call, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, said = call("run", plan, "--cluster", "somewhere")
    assert status == 2 and "no Dask scheduler answers at somewhere" in said and len(said.splitlines()) == 1


def test_a_command_that_simulates_nothing_has_no_such_option(call: Call) -> None:
    status, _, said = call("schema", "--cluster", "tcp://127.0.0.1:8786")
    assert status == 2 and "--cluster" in said
