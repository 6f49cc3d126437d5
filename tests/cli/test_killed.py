"""kill -9 at any moment: the same command again gives the result of a run that was left alone, byte by byte."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import PLAN

COMMAND = [sys.executable, "-c", "import sys; from simulation.cli import main; sys.exit(main())"]
OPTIONS = ["--replications", "96", "--json"]
PATIENCE = 600.0

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


@pytest.fixture(autouse=True)
def slow_plan(at_work: Path) -> None:
    """A plan of which a block takes a moment."""
    text = PLAN.replace("members: 50", "members: 3000")
    text += "assumptions:\n  segments.individual.renewal.probability: {uniform: {low: 90%, high: 95%}, source: prior}\n"
    (at_work / "small.yaml").write_text(text)


def start(out: Path, store: Path) -> subprocess.Popen[bytes]:
    out.parent.mkdir(exist_ok=True)
    return subprocess.Popen(  # the folder has one name in all runs, for the report names it
        [*COMMAND, "run", str(out.parents[1] / "small.yaml"), *OPTIONS, "--out", out.name],
        cwd=out.parent,
        stdout=subprocess.DEVNULL,
        stderr=store.with_suffix(".said").open("wb"),
        env={**os.environ, "MEMBERSIM_STORE": str(store)},
    )


def finished(out: Path, store: Path) -> dict[str, bytes]:
    """Run to the end: every file by name, and of the record what does not tell the time."""
    process = start(out, store)
    assert process.wait(PATIENCE) == 0, store.with_suffix(".said").read_text()
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    record = json.loads(files.pop("run.json"))
    for name in ("finished", "seconds", "command", "root"):
        record.pop(name)
    return {**files, "run.json": json.dumps(record).encode()}


def kill(out: Path, store: Path, after: float) -> None:
    """Kill a run so many seconds after it began to write, or at its end."""
    process = start(out, store)
    deadline = time.monotonic() + PATIENCE
    before = len(list(store.rglob("*")))
    while process.poll() is None and len(list(store.rglob("*"))) == before and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(after)
    process.kill()
    process.wait(PATIENCE)


def test_three_kills(tmp_path: Path) -> None:
    whole = finished(tmp_path / "whole" / "out", tmp_path / "one")
    assert {"forecast.nc", "report.html"} <= whole.keys()
    out, store, luck = tmp_path / "killed" / "out", tmp_path / "other", random.Random(1)
    for _ in range(3):
        kill(out, store, luck.uniform(0, 0.3))
    again = finished(out, store)
    assert [name for name in whole if again.get(name) != whole[name]] == []
    assert again.keys() == whole.keys()


@pytest.mark.soak
def test_twenty_kills(tmp_path: Path) -> None:
    began = time.monotonic()
    whole = finished(tmp_path / "whole" / "out", tmp_path / "one")
    took = time.monotonic() - began
    luck = random.Random(2)
    for number in range(20):
        out, store = tmp_path / f"killed {number}" / "out", tmp_path / f"store {number}"
        process = start(out, store)
        time.sleep(luck.uniform(0, took))
        process.kill()
        process.wait(PATIENCE)
        again = finished(out, store)
        assert [name for name in whole if again.get(name) != whole[name]] == []
        assert again.keys() == whole.keys()
