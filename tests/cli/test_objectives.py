"""The command `objectives`, on an engine that only pretends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., tuple[int, str, str]]


def test_it_prints_every_window_and_writes_the_page(call: Call, plan: Path, engine: Any) -> None:
    status, out, _ = call("objectives", plan, "--replications", 4, "--no-store")
    assert status == 0 and all(f"Within {days} days" in out for days in (30, 60, 90)) and "first value" in out
    folder = Path("reports/small-objectives")
    assert {"objectives.csv", "report.html", "objectives.json"} <= {path.name for path in folder.iterdir()}
    status, out, _ = call("objectives", plan, "--replications", 4, "--no-store", "--days", "90,3000", "--json")
    said = json.loads(out)
    assert status == 0 and {row["days"] for row in said["objectives"]} == {90}


def test_a_finished_run_needs_no_simulation(call: Call, plan: Path, engine: Any) -> None:
    assert call("run", plan, "--replications", 4, "--no-store", "--out", "done")[0] == 0
    engine.asked = {}
    status, out, _ = call("objectives", "done", "--json")
    assert status == 0 and json.loads(out)["replications"] == 4 and not engine.asked


@pytest.mark.parametrize(("words", "expected"), [
    (("--days", "soon"), "expects whole days"),
    (("--days", "0"), "1 day or more"),
    (("--days", "3000"), "the run ends after"),
    (("--days", "45"), "not counted apart"),
])  # fmt: skip
def test_bad_windows(call: Call, plan: Path, engine: Any, words: tuple[str, ...], expected: str) -> None:
    status, _, err = call("objectives", plan, "--replications", 2, "--no-store", *words)
    assert status == 2 and expected in err and "Traceback" not in err


def test_no_run(call: Call, at_work: Path) -> None:
    (at_work / "empty").mkdir()
    status, _, err = call("objectives", "empty")
    assert status == 2 and "holds no finished run" in err
