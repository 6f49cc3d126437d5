"""A small plan, and an engine and a report that only pretend: these tests are about the commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from simulation.engine.ledger import Ledger, RunResult
from simulation.progress import Interrupted

PLAN = """\
name: Small
start: 2027-01-01
horizon: 24 months
segments:
  individual:
    desired_outcome: {required: "A growing practice"}
    arr: 320
    arrivals: {per_month: 9}
    population: {members: 50}
    journey:
      first_value: {stage: adoption, after: 2 months}
      certified:
        stage: value
        after: 4 months
        opportunity: {kind: add_on, arr: 120, take: 60%, window: 60 days}
    renewal: {probability: 93%}
objectives:
  q1: {measure: expansion, within: 90 days, at_least: 1000}
"""
BOOK_PLAN = PLAN.replace("    population: {members: 50}\n", "").replace("segments:", "book: data/book.csv\nsegments:")
BOOK = """\
member_id,segment,arr,joined,renews_on
Zoe-4711,individual,320,2025-03-01,2027-03-01
Max-0815,individual,400,2026-05-01,2027-05-01
"""


@pytest.fixture(autouse=True)
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own, with the user's own data there too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    # What is said must not depend on whether the model was compiled before the tests.
    monkeypatch.setattr("simulation.cli.outcome._is_compiled", lambda: True)
    return tmp_path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan without a book."""
    path = tmp_path / "small.yaml"
    path.write_text(PLAN)
    return path.relative_to(tmp_path)


@pytest.fixture
def book_plan(tmp_path: Path) -> Path:
    """A plan with a book of two members."""
    path = tmp_path / "plans" / "small.yaml"
    (path.parent / "data").mkdir(parents=True)
    path.write_text(BOOK_PLAN)
    (path.parent / "data" / "book.csv").write_text(BOOK)
    return path.relative_to(tmp_path)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: status, standard output, standard error."""
    from simulation.cli import main

    def run(*words: object) -> tuple[int, str, str]:
        status = main([str(word) for word in words])
        return (status, *capsys.readouterr())

    return run


class Engine:
    """What the pretended engine was asked, and what it shall do."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.stop_after: int | None = None
        self.another_seed = 0
        self.report_error: Exception | None = None

    def run_replications(self, scenario: Any, **options: Any) -> RunResult:
        from simulation.engine.layout import make_frame

        self.asked = {"scenario": scenario, **options}
        frame, seed = make_frame(scenario), options["seed"] + self.another_seed

        def result(size: int) -> RunResult:
            ledger = Ledger.zeros(frame, size)
            numbers = list(options["replications"])[:size]
            ledger.events[:] = [seed + number for number in numbers]
            return RunResult(frame, ledger, options["seed"], numbers, [number // 2 for number in numbers], {})

        if self.stop_after is not None:
            raise Interrupted(result(self.stop_after) if self.stop_after else None)
        size = len(options["replications"])
        options["progress"](size, size)
        return result(size)

    def event_log(self, scenario: Any, **options: Any) -> pd.DataFrame:
        return pd.DataFrame({"time": [0.5, 1.0, 2.0], "member": ["7f", "7f", "9a"], "kind": ["joined"] * 3})

    def write_report(self, forecast: Any, folder: Path, **_: Any) -> list[Path]:
        if self.report_error is not None:
            raise self.report_error
        (folder / "tables").mkdir()
        for path in (folder / "report.html", folder / "tables" / f"of_{forecast.replications}.csv"):
            path.write_text(forecast.facts.name)
        return []


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put the pretended engine and report in the place of the real ones."""
    pretended = Engine()
    for name, functions in {
        "simulation.engine.replicate": {"run_replications": pretended.run_replications},
        "simulation.engine.events": {"event_log": pretended.event_log},
    }.items():
        module = ModuleType(name)
        for key, function in functions.items():
            setattr(module, key, function)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("simulation.report.write_report", pretended.write_report)
    return pretended
