"""Golden results of every shipped scenario: the same with any threads, engine, chunks, and processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from tests.scenarios.golden import FILE, REPLICATIONS, SEED, SHIPPED, counted, names, told

GOLDEN: dict[str, Any] = json.loads(FILE.read_text())


def test_they_are_of_this_version() -> None:
    assert GOLDEN["version"] == sim.__version__ and GOLDEN["seed"] == SEED
    assert list(GOLDEN["scenarios"]) == names()


@pytest.mark.parametrize("name", names())
def test_what_is_counted_has_not_changed(name: str) -> None:
    """When it is meant to: python -m tests.scenarios.golden."""
    assert counted(name) == GOLDEN["scenarios"][name]


def test_threads_change_nothing() -> None:
    assert counted("saas.yaml", workers=3) == GOLDEN["scenarios"]["saas.yaml"]


def test_chunks_change_nothing() -> None:
    """Each future alone, the last first, then joined."""
    from simulation.engine.ledger import RunResult

    parts = [sim.run(SHIPPED / "saas.yaml", replications=[k], seed=SEED).result for k in reversed(range(REPLICATIONS))]
    assert told(RunResult.together(parts)) == GOLDEN["scenarios"]["saas.yaml"]


@pytest.mark.parametrize("name", ["hundred_members.yaml", "reference.yaml"])
def test_the_readable_engine_counts_the_same(name: str) -> None:
    assert counted(name, engine="simpy") == GOLDEN["scenarios"][name]


def test_another_processor_counts_the_same(tmp_path: Path) -> None:
    """Machine code for a processor without the vector units and fused operations of this one."""
    code = "import sys; sys.argv[1:] = ['hundred_members.yaml']; from tests.scenarios.golden import main; main()"
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | plain,
        cwd=Path(__file__).parents[2],
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == GOLDEN["scenarios"]["hundred_members.yaml"]
