"""`membersim store`, and what commands do with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., tuple[int, str, str]]


def test_runs_are_kept_and_cleared(call: Call, plan: Path, store_of_the_test: Path) -> None:
    status, out, _ = call("run", plan, "--replications", 4, "--out", "one", "--json")
    assert status == 0 and json.loads(out)["replications"] == 4
    status, out, _ = call("store", "--json")
    shown = json.loads(out)
    assert (status, shown["runs"], shown["folder"]) == (0, 1, store_of_the_test.as_posix())
    assert shown["size"] > 0
    assert call("run", plan, "--replications", 4, "--out", "two")[0] == 0
    assert Path("one/forecast.nc").read_bytes() == Path("two/forecast.nc").read_bytes()
    status, out, _ = call("store", "--clear")
    assert status == 0 and out.startswith("Removed 1 runs, ")
    assert json.loads(call("store", "--json")[1])["runs"] == 0


def test_no_store_keeps_nothing(call: Call, plan: Path, store_of_the_test: Path) -> None:
    assert call("run", plan, "--replications", 2, "--no-store")[0] == 0
    assert not store_of_the_test.exists()


def test_a_store_that_cannot_be_used_is_a_warning(call: Call, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text("")
    monkeypatch.setenv("MEMBERSIM_STORE", "file")
    status, _, said = call("run", plan, "--replications", 2)
    assert status == 0 and said.count("warning: The store at file cannot be written") == 1


def test_what_a_check_simulated_a_run_finds(call: Call, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.engine import replicate

    asked: list[int] = []
    real = replicate.run_replications

    def run_replications(*arguments: Any, **options: Any) -> Any:
        asked.extend(options["replications"])
        return real(*arguments, **options)

    monkeypatch.setattr(replicate, "run_replications", run_replications)
    assert call("check", plan, "--replications", 4)[0] == 0
    assert call("run", plan, "--replications", 6)[0] == 0
    assert asked == list(range(6))
