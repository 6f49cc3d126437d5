"""`membersim run` and `membersim rerun`, with an engine that only pretends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import simulation as sim


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_writes_the_folder_of_the_run(call: Any, plan: Path, engine: Any) -> None:
    status, out, err = call("run", plan, "--replications", 6, "--seed", 3)
    assert (status, err) == (0, "")
    folder = Path("reports/small")
    assert files(folder) == {"forecast.nc", "report.html", "tables/of_6.csv", "run.json"}
    assert [path.name for path in folder.parent.iterdir()] == ["small"]
    assert "6 futures" in out and "Net revenue retention, last 12 months" in out and "report.html" in out
    assert "q1" in out
    record = json.loads((folder / "run.json").read_text())
    assert (record["seed"], record["replications"], record["interrupted"]) == (3, 6, False)
    assert record["root"] == "../.." and record["data"] == []
    assert sim.Forecast.load(folder / "forecast.nc").seed == 3


def test_json_is_one_object(call: Any, plan: Path, engine: Any) -> None:
    status, out, _ = call("run", plan, "--replications", 2, "--json")
    assert status == 0
    result = json.loads(out)
    assert result["files"][-1] == "reports/small/run.json"
    assert {"measure", "mean", "P10", "P50", "P90"} <= set(result["summary"][0])
    assert "NaN" not in out
    assert result["objectives"][0]["objective"] == "q1"


def test_a_later_run_replaces_its_own_files_only(call: Any, plan: Path, engine: Any) -> None:
    folder = Path("reports/small")
    call("run", plan, "--replications", 6, "--events")
    (folder / "my notes.txt").write_text("keep")
    call("run", plan, "--replications", 2)
    assert files(folder) == {"forecast.nc", "report.html", "tables/of_2.csv", "run.json", "my notes.txt"}


def test_overlays_have_a_folder_of_their_own(call: Any, plan: Path, engine: Any) -> None:
    Path("shorter.yaml").write_text("horizon: 12 months\n")
    status, out, _ = call("run", plan, "--overlay", "shorter.yaml", "--replications", 2, "--json")
    assert status == 0
    assert json.loads(out)["folder"] == "reports/small+shorter"
    assert engine.asked["scenario"].days == 365


def test_events_of_the_first_futures(call: Any, plan: Path, engine: Any) -> None:
    assert call("run", plan, "--replications", 3, "--events", 2, "--out", "two")[0] == 0
    log = pd.read_parquet("two/events.parquet")
    assert log["replication"].tolist() == [0] * 3 + [1] * 3
    call("run", plan, "--replications", 3, "--out", "one", "--events")
    assert pd.read_parquet("one/events.parquet")["replication"].tolist() == [0] * 3
    call("run", plan, "--replications", 3, "--events", 99, "--out", "all")
    assert pd.read_parquet("all/events.parquet")["replication"].nunique() == 3


def test_an_interruption_keeps_what_had_finished(call: Any, plan: Path, engine: Any) -> None:
    engine.stop_after = 4
    status, out, err = call("run", plan, "--replications", 10, "--json")
    assert status == 130
    assert "4 of 10 futures are finished and kept" in err and "membersim run small.yaml --replications 10" in err
    result = json.loads(out)
    assert (result["interrupted"], result["replications"]) == (True, 4)
    record = json.loads(Path("reports/small/run.json").read_text())
    assert (record["interrupted"], record["asked"], record["replications"]) == (True, 10, 4)


def test_the_same_command_goes_on_from_there(call: Any, plan: Path, engine: Any) -> None:
    call("run", plan, "--replications", 10, "--out", "whole")
    engine.stop_after = 4
    assert call("run", plan, "--replications", 10)[0] == 130
    status, _, err = call("rerun", "reports/small")
    assert status == 2 and "finish it first with: membersim run small.yaml" in err
    engine.stop_after = 0
    assert call("run", plan, "--replications", 10)[0] == 130
    engine.stop_after = None
    status, out, err = call("run", plan, "--replications", 10)
    assert status == 0 and "4 of 10 futures are there already" in err
    assert engine.asked["replications"] == [4, 5, 6, 7, 8, 9]
    assert sim.Forecast.load("reports/small/forecast.nc").equals(sim.Forecast.load("whole/forecast.nc"))
    assert not json.loads(Path("reports/small/run.json").read_text())["interrupted"]


@pytest.mark.parametrize("other", [["--seed", 2], ["--engine", "simpy"], ["--quarantine"]])
def test_another_run_does_not_go_on_from_there(call: Any, plan: Path, engine: Any, other: list[Any]) -> None:
    engine.stop_after = 4
    call("run", plan, "--replications", 10)
    engine.stop_after = None
    status, _, err = call("run", plan, "--replications", 10, *other)
    assert (status, err) == (0, "")
    assert len(engine.asked["replications"]) == 10


def test_an_early_interruption_writes_nothing(call: Any, plan: Path, engine: Any) -> None:
    engine.stop_after = 0
    status, out, err = call("run", plan, "--json")
    assert (status, json.loads(out)["replications"]) == (130, 0)
    assert files(Path("reports")) == set()


def test_a_failing_report_leaves_the_earlier_run(call: Any, plan: Path, engine: Any) -> None:
    call("run", plan, "--replications", 6)
    before = {name: Path("reports/small", name).read_bytes() for name in files(Path("reports/small"))}
    engine.report_error = OSError(28, "No space left on device")
    status, _, err = call("run", plan, "--replications", 2)
    assert status == 2 and "No space left" in err
    assert {name: Path("reports/small", name).read_bytes() for name in files(Path("reports/small"))} == before
    assert [path.name for path in Path("reports").iterdir()] == ["small"]


def test_out_must_be_a_folder(call: Any, plan: Path, engine: Any) -> None:
    status, _, err = call("run", plan, "--out", plan)
    assert status == 2 and "is a file" in err
    assert engine.asked == {}


def test_the_folder_holds_no_member_id(call: Any, book_plan: Path, engine: Any) -> None:
    assert call("run", book_plan, "--replications", 2, "--events", "--out", "here")[0] == 0
    assert len(engine.asked["book"]) == 2
    for path in Path("here").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"4711" not in content and b"0815" not in content, path


def test_a_finished_run_is_reproduced(call: Any, book_plan: Path, engine: Any) -> None:
    call("run", book_plan, "--replications", 4, "--seed", 9)
    status, out, err = call("rerun", "reports/small")
    assert (status, err) == (0, "") and "Reproduced: all 4 futures are identical." in out
    assert (engine.asked["seed"], len(engine.asked["replications"]), len(engine.asked["book"])) == (9, 4, 2)
    status, out, _ = call("rerun", "reports/small/run.json", "--out", "again", "--json")
    result = json.loads(out)
    assert status == 0 and result["identical"] and "again/run.json" in result["files"]


def test_a_changed_result_is_named(call: Any, plan: Path, engine: Any) -> None:
    call("run", plan, "--replications", 4, "--seed", 9)
    engine.another_seed = 1
    status, out, _ = call("rerun", "reports/small", "--json")
    assert (status, json.loads(out)["differing"]) == (1, ["events"])


def test_the_book_of_a_rerun_is_verified(call: Any, book_plan: Path, engine: Any) -> None:
    call("run", book_plan, "--replications", 2)
    book, moved = book_plan.parent / "data" / "book.csv", Path("elsewhere.csv")
    shutil.move(book, moved)
    status, _, err = call("rerun", "reports/small")
    assert status == 2 and "no such file" in err and "--book" in err
    assert call("rerun", "reports/small", "--book", moved)[0] == 0
    moved.write_text(moved.read_text().replace("320", "321"))
    status, _, err = call("rerun", "reports/small", "--book", moved)
    assert status == 2 and "SHA-256" in err


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_record_is_bad_input(call: Any, text: str) -> None:
    Path("run.json").write_text(text)
    status, _, err = call("rerun", ".")
    assert status == 2 and "run.json" in err and "Traceback" not in err
