"""A cluster gives what threads give, bit for bit, and a worker that dies costs only what it had in hand."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.engine import cluster as module
from simulation.engine.cluster import ClusterError, on_cluster
from simulation.experiment.store import Store
from simulation.progress import Interrupted
from simulation.scenario import Scenario, from_mapping
from tests.futures import scenario, segment

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

JOURNEY = {"first": {"stage": "adoption", "after": "2 months"}}
TRAINING = {"when": {"joined": "3 days"}, "team": "success", "effort": "2 hours", "effects": [{"turn_toward": "40%"}]}
TEAM: dict[str, Any] = {
    "teams": {"success": {"people": 1, "hours_per_month": 20, "cost_per_month": 1000}},
    "interventions": {"training": TRAINING},
}
RENEWAL = "segments.members.renewal.probability"
UNSURE: dict[str, Any] = {"assumptions": {RENEWAL: {"triangular": {"low": 0.7, "likely": 0.8, "high": 0.9}}}}


def scenario_of(*, population: int, **fields: Any) -> Scenario:
    """A year of a segment called members."""
    whole = {name: fields.pop(name) for name in ("teams", "interventions", "assumptions", "known") if name in fields}
    renewal = {"probability": 0.8, "sensitivity": 1}
    one = segment(population={"members": population}, arrivals={"per_month": 5}, renewal=renewal) | fields
    return from_mapping(scenario(days=365, segments={"members": one}, **whole))


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """Two worker processes of this machine and a client of theirs."""
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, silence_logs=50) as local, distributed.Client(local) as client:
        yield client


@pytest.fixture
def plan() -> Scenario:
    return scenario_of(population=120, journey=JOURNEY, **TEAM, **UNSURE)


def test_a_cluster_gives_what_threads_give(workers: Any, plan: Scenario) -> None:
    here = sim.run(plan, replications=13, seed=4)
    assert sim.run(plan, replications=13, seed=4, cluster=workers).equals(here)
    with on_cluster(workers.scheduler.address):
        assert sim.run(plan, replications=[3, 12, 5], seed=4).result.ledger.equals(
            here.result.select([3, 5, 12]).ledger
        )


def test_what_it_did_is_in_the_store(workers: Any, plan: Scenario, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    there = sim.run(plan, replications=20, seed=5, store=store, cluster=workers)
    seen: list[int] = []
    again = sim.run(plan, replications=20, seed=5, store=store, progress=lambda done, _: seen.append(done))
    assert there.equals(again) and not seen
    assert there.equals(sim.run(plan, replications=20, seed=5))


def test_experiments_go_the_same_way(workers: Any, plan: Scenario) -> None:
    from simulation.experiment.assumed import Settings, run_at
    from simulation.experiment.twins import twins

    other = scenario_of(population=120, journey=JOURNEY, **UNSURE)
    settings = Settings((RENEWAL,), np.array([[0.1], [0.1], [0.9], [0.5]]), np.array([0, 1, 0, 7]))

    def found() -> tuple[Any, Any, Any]:
        compared = sim.compare(other, {"plan": plan}, replications=8)
        return run_at(plan, settings), twins(other, plan, replications=6), compared

    here = found()
    with on_cluster(workers):
        there = found()
    assert there[0].equals(here[0])
    assert np.array_equal(there[1].sums, here[1].sums)
    assert np.array_equal(there[2].difference("arr", "plan"), here[2].difference("arr", "plan"))


def test_a_worker_that_is_killed_costs_only_its_own_part(workers: Any, plan: Scenario) -> None:
    here = sim.run(plan, replications=60, seed=6)
    pids = list(workers.run(os.getpid).values())
    done: list[int] = []

    def kill(finished: int, _: int) -> None:
        if not done:
            os.kill(pids[0], signal.SIGKILL)
        done.append(finished)

    assert sim.run(plan, replications=60, seed=6, cluster=workers, progress=kill).equals(here)
    assert done == list(range(2, 61, 2))  # nothing that was finished is done again


def test_ctrl_c_keeps_what_is_finished(workers: Any, plan: Scenario) -> None:
    def stop(done: int, _: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        sim.run(plan, replications=200, seed=7, cluster=workers, progress=stop)
    kept = stopped.value.forecast
    assert kept is not None and 4 <= kept.replications < 200
    assert kept.result.ledger.equals(sim.run(plan, replications=kept.result.replications, seed=7).result.ledger)


def test_other_tables_than_ours_are_not_taken(plan: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose processor computes a quantile table differently: its part is simulated here."""
    from simulation.model import quantiles

    gamma = scenario_of(population=50, journey=JOURNEY, arr={"gamma": {"a": 4, "scale": 80}})
    here = sim.run(gamma, replications=4)
    monkeypatch.setattr(module, "_digest", lambda numbers, own=module._digest: own(numbers) + _mark())
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as local, distributed.Client(local) as client, quantiles.keeping({}):
        monkeypatch.setattr(module, "_tables", quantiles._kept)
        assert sim.run(gamma, replications=4, cluster=client).equals(here)


def _mark() -> bytes:
    """What makes the digests of a worker's thread different from ours."""
    return b"" if threading.current_thread() is threading.main_thread() else b"other"


def test_a_fault_of_the_scenario_is_told_as_it_is_here(workers: Any) -> None:
    from simulation.engine.world import RunawayError

    endless = scenario_of(
        population=5,
        journey={"first": {"stage": "growth", "after": "2 months"}},
        interventions={"loop": {"when": {"reached": "first"}, "effects": [{"advance": "900 months"}]}},
        cycle=True,
    )
    with pytest.raises(RunawayError):
        sim.run(endless, replications=2)
    with pytest.raises(RunawayError):
        sim.run(endless, replications=2, cluster=workers)


def test_nobody_there() -> None:
    with (
        pytest.raises(ClusterError, match="no Dask scheduler answers at tcp://127.0.0.1:9"),
        on_cluster("tcp://127.0.0.1:9"),
    ):
        pass  # pragma: no cover


def test_another_version_is_refused(workers: Any, plan: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "program_version", lambda: "another version")
    with pytest.raises(ClusterError, match="another version of membersim"), on_cluster(workers):
        pass  # pragma: no cover


def test_a_cluster_without_workers_is_given_up(plan: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as local,
        distributed.Client(local) as client,
        pytest.raises(ClusterError, match="has no workers"),
    ):
        sim.run(plan, replications=2, cluster=client)


def test_calibration_goes_the_same_way(workers: Any) -> None:
    from simulation.evidence.calibrate.calibrate import unknowns_for
    from simulation.evidence.calibrate.trials import Trials

    known = {"segments.members.renewal_year_1": {"between": [0.5, 0.7]}, "segments.members.first_value_90": 0.6}
    plan = scenario_of(population=60, journey=JOURNEY, known=known)
    unknowns, paths = unknowns_for(plan, ()), list(plan.known)

    def found() -> Any:
        trials = Trials(plan, None, unknowns, paths, 1, 2, None, 8)
        return trials.run(np.array([[0.0] * len(unknowns), [0.3] * len(unknowns)]), np.arange(6).reshape(2, 3))

    here = found()
    with on_cluster(workers):
        there = found()
    assert np.array_equal(here, there, equal_nan=True) and np.isfinite(here).any()
